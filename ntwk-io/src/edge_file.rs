//! Connections as files: SONATA edges with their types, and tables. [`read_linked_data`](crate::read_linked_data) reads both.
//!
//! | path | type and shape | content |
//! |---|---|---|
//! | `/edges/<projection>/source_node_id`, `target_node_id` | u64 `[n]`, attribute `node_population` | neurons, from 0 in their population |
//! | `/edges/<projection>/edge_type_id` | u64 `[n]` | the row of the table of types |
//! | `/edges/<projection>/edge_group_id`, `edge_group_index` | u64 `[n]` | the one group, 0, and the place in it |
//! | `/edges/<projection>/0/syn_weight`, `delay` | f64 `[n]` | where they differ (nS or pA, ms); else they stand in the table |
//!
//! The table of types is that of SONATA, with spaces: `edge_type_id`, `projection`, `receptor`, `syn_weight`, `delay`.

use std::collections::BTreeSet;
use std::path::Path;

use hdf5::FileBuilder;

use crate::atomic;
use crate::delimited::{Column, Field, write_separated, write_table};
use crate::error::{Action, FileError};
use crate::hdf5_writer::{check_name, claim, text};
use crate::run_file::sonata_file;

/// A property of edges.
#[derive(Debug, Clone, PartialEq)]
pub enum EdgeProperty {
    /// The same for all.
    One(f64),
    /// One value each.
    Each(Vec<f64>),
}

impl EdgeProperty {
    /// Values of edges; those that are all the same are one: the weight of a projection then has all its digits, not those of single
    /// precision.
    #[must_use]
    pub fn of_values(values: Vec<f64>) -> Self {
        match values[..] {
            [first, ref rest @ ..] if rest.iter().all(|x| *x == first) => Self::One(first),
            _ => Self::Each(values),
        }
    }

    /// The value of an edge.
    #[must_use]
    pub fn of(&self, edge: usize) -> Option<f64> {
        match self {
            Self::One(value) => Some(*value),
            Self::Each(values) => values.get(edge).copied(),
        }
    }

    fn one(&self) -> Option<f64> {
        if let Self::One(value) = self { Some(*value) } else { None }
    }
}

/// The synapses of a projection.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeList {
    /// Name of the projection.
    pub projection: String,
    /// Population or afferent population of the sources.
    pub source: String,
    /// Population of the targets.
    pub target: String,
    /// Receptor.
    pub receptor: String,
    /// Neuron of each source.
    pub sources: Vec<u64>,
    /// Neuron of each target.
    pub targets: Vec<u64>,
    /// Weights (nS or pA).
    pub weights: EdgeProperty,
    /// Delays (ms).
    pub delays: EdgeProperty,
}

/// Writes projections as one file of SONATA edges, and the table of their types.
///
/// # Errors
/// [`FileError::Name`] and [`FileError::Repeated`] for names that cannot stand in a file, [`FileError::Io`] or [`FileError::Hdf5`].
pub fn write_edges(path: &Path, types: &Path, lists: &[EdgeList]) -> Result<(), FileError> {
    let mut file = sonata_file();
    let mut group = file.create_group("edges");
    let mut used = BTreeSet::new();
    for (id, list) in lists.iter().enumerate() {
        check_name("projection", &list.projection)?;
        claim(&mut used, format!("/edges/{}", list.projection))?;
        let n = list.sources.len();
        let mut own = group.create_group(&list.projection);
        for (name, ids, population) in [
            ("source_node_id", &list.sources, &list.source),
            ("target_node_id", &list.targets, &list.target),
        ] {
            own.create_dataset(name).with_data(ids).set_attr("node_population", text(population));
        }
        own.create_dataset("edge_type_id").with_data(&vec![id as u64; n]);
        own.create_dataset("edge_group_id").with_data(&vec![0u64; n]);
        let places: Vec<u64> = (0..n as u64).collect();
        own.create_dataset("edge_group_index").with_data(&places);
        let mut properties = own.create_group("0");
        for (name, property) in [("syn_weight", &list.weights), ("delay", &list.delays)] {
            if let EdgeProperty::Each(values) = property {
                properties.create_dataset(name).with_data(values);
            }
        }
        own.add_group(properties.finish());
        group.add_group(own.finish());
    }
    file.add_group(group.finish());
    finish(path, file)?;
    let one = |of: fn(&EdgeList) -> &EdgeProperty| {
        lists.iter().map(move |l| match of(l).one() {
            Some(value) => Field::Number(value),
            None => Field::Text("NULL".into()),
        })
    };
    let columns = vec![
        Column::new("edge_type_id", (0..lists.len() as u64).map(Field::Integer)),
        Column::new("projection", lists.iter().map(|l| l.projection.as_str())),
        Column::new("receptor", lists.iter().map(|l| l.receptor.as_str())),
        Column::new("syn_weight", one(|l| &l.weights)),
        Column::new("delay", one(|l| &l.delays)),
    ];
    write_separated(types, columns, b' ')
}

fn finish(path: &Path, file: FileBuilder) -> Result<(), FileError> {
    atomic::replace(path, |out| {
        file.finish_to(out).map_err(|e| FileError::hdf5(Action::Write, path, "/", e))
    })
}

/// Writes a projection as a table: `source`, `target`, `weight`, `delay`.
///
/// # Errors
/// [`FileError::Io`].
pub fn write_edges_csv(path: &Path, list: &EdgeList) -> Result<(), FileError> {
    let each = |property: &'_ EdgeProperty| {
        let property = property.clone();
        (0..list.sources.len()).map_while(move |k| property.of(k))
    };
    let columns = vec![
        Column::new("source", list.sources.iter().copied()),
        Column::new("target", list.targets.iter().copied()),
        Column::new("weight", each(&list.weights)),
        Column::new("delay", each(&list.delays)),
    ];
    write_table(path, columns)
}
