//! Connections in a file: pairs of neurons with weights, delays and numbers of synapses.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{is_hdf5, mismatch, one_of};
use crate::delimited::NamedColumns;
use crate::edge_file::EdgeProperty;
use crate::error::FileError;
use crate::hdf5_reader::Hdf5Reader;

/// Synapses, one after the other.
pub(crate) struct Edges {
    pub(crate) sources: Vec<u64>,
    pub(crate) targets: Vec<u64>,
    /// In the unit of the receptor, if the file has them.
    pub(crate) weights: Option<EdgeProperty>,
    /// In ms, if the file has them.
    pub(crate) delays: Option<EdgeProperty>,
}

/// Properties of SONATA edges that make synapses.
const WEIGHT: &str = "syn_weight";
const DELAY: &str = "delay";
const NUMBER: &str = "nsyns";

/// Most synapses of a file.
const MOST_SYNAPSES: f64 = u32::MAX as f64;

impl Edges {
    /// Reads a CSV file or SONATA edges: `chosen` of its populations, with the properties of their types in the file `types`.
    pub(crate) fn read(
        file: &Path,
        chosen: Option<&str>,
        types: Option<&Path>,
    ) -> Result<Self, FileError> {
        if is_hdf5(file) {
            return Self::sonata(file, chosen, types);
        }
        if let Some(edges) = chosen {
            return Err(mismatch(
                file,
                "edges",
                "a file of SONATA edges",
                &format!("CSV ({edges})"),
            ));
        }
        if types.is_some() {
            return Err(mismatch(file, "edge_types", "a file of SONATA edges", "CSV"));
        }
        let table = NamedColumns::read(file)?;
        let column = |names: &[&str]| match table.position(names) {
            Some(_) => table.numbers(names).map(Some),
            None => Ok(None),
        };
        let edges = Self {
            sources: table.ids(&["source", "source_node_id", "pre"])?,
            targets: table.ids(&["target", "target_node_id", "post"])?,
            weights: column(&["weight", WEIGHT])?.map(EdgeProperty::of_values),
            delays: column(&[DELAY, "delay_ms"])?.map(EdgeProperty::of_values),
        };
        edges.repeated(file, column(&[NUMBER])?)
    }

    /// SONATA edges: `/edges/<population>/{source_node_id, target_node_id}`, with the properties `syn_weight`, `delay` and
    /// `nsyns` in their one group, else those of their types (SONATA developer guide, "Representing edges").
    fn sonata(file: &Path, chosen: Option<&str>, types: Option<&Path>) -> Result<Self, FileError> {
        let reader = Hdf5Reader::open(file)?;
        let population = one_of(file, "edges", chosen, &reader.groups("/edges")?)?;
        let base = format!("/edges/{population}");
        let dataset = |name: &str| reader.require(&[format!("{base}/{name}")]);
        let sources = dataset("source_node_id")?.u64s()?;
        let targets = dataset("target_node_id")?.u64s()?;
        let same = |object: String, found: usize| {
            let expected = format!("{} values, as many as source_node_id", sources.len());
            match found == sources.len() {
                true => Ok(()),
                false => Err(mismatch(file, &object, &expected, &format!("{found}"))),
            }
        };
        same(format!("{base}/target_node_id"), targets.len())?;
        let groups = reader.groups(&base)?;
        let mut groups = groups.iter().filter(|g| g.parse::<u32>().is_ok());
        let group = groups.next();
        if groups.next().is_some() {
            return Err(mismatch(file, &base, "edges in one group", "several groups"));
        }
        let of_group = |name: &str| -> Result<Option<Vec<f64>>, FileError> {
            let Some(group) = group else { return Ok(None) };
            let Some(stored) = reader.find(&format!("{base}/{group}/{name}"))? else {
                return Ok(None);
            };
            let values = stored.f64s()?;
            // Where the values of an edge stand in its group; without the list, in the order of the edges.
            let object = format!("{base}/edge_group_index");
            let index = match reader.find(&object)? {
                Some(index) => {
                    let index = index.u64s()?;
                    same(object.clone(), index.len())?;
                    index
                }
                None => {
                    same(format!("{base}/{group}/{name}"), values.len())?;
                    (0..sources.len() as u64).collect()
                }
            };
            let of_edges: Option<Vec<f64>> = index
                .iter()
                .map(|&i| usize::try_from(i).ok().and_then(|i| values.get(i).copied()))
                .collect();
            let of_edges = of_edges.ok_or_else(|| {
                let expected = format!("indices below {}", values.len());
                mismatch(file, &object, &expected, "a larger one")
            })?;
            Ok(Some(of_edges))
        };
        let types = types.map(Path::to_owned).or_else(|| types_beside(file));
        let types = match &types {
            Some(types) => {
                let ids = dataset("edge_type_id")?.u64s()?;
                same(format!("{base}/edge_type_id"), ids.len())?;
                Some((EdgeTypes::read(types)?, ids))
            }
            None => None,
        };
        let values = |name: &str| match (of_group(name)?, &types) {
            (None, Some((types, ids))) => types.of_edges(name, ids),
            (own, _) => Ok(own),
        };
        let (weights, delays) = (
            values(WEIGHT)?.map(EdgeProperty::of_values),
            values(DELAY)?.map(EdgeProperty::of_values),
        );
        let number = values(NUMBER)?;
        Self { sources, targets, weights, delays }.repeated(file, number)
    }

    /// Each pair as often as it has synapses.
    fn repeated(self, file: &Path, numbers: Option<Vec<f64>>) -> Result<Self, FileError> {
        let Some(numbers) = numbers else { return Ok(self) };
        let wrong = |found: f64| {
            let found = found.to_string();
            Err(mismatch(file, NUMBER, "whole numbers of synapses, not too many", &found))
        };
        if let Some(&n) = numbers.iter().find(|&&n| n < 0.0 || n.fract() != 0.0) {
            return wrong(n);
        }
        let all: f64 = numbers.iter().sum();
        if all > MOST_SYNAPSES {
            return wrong(all);
        }
        let repeated = |property, numbers: &[f64]| match property {
            EdgeProperty::One(_) => property,
            EdgeProperty::Each(values) => EdgeProperty::Each(repeat(&values, numbers)),
        };
        fn repeat<T: Copy>(values: &[T], numbers: &[f64]) -> Vec<T> {
            let times = |(&value, &n): (&T, &f64)| std::iter::repeat_n(value, n as usize);
            values.iter().zip(numbers).flat_map(times).collect()
        }
        Ok(Self {
            sources: repeat(&self.sources, &numbers),
            targets: repeat(&self.targets, &numbers),
            weights: self.weights.map(|weights| repeated(weights, &numbers)),
            delays: self.delays.map(|delays| repeated(delays, &numbers)),
        })
    }
}

/// The file of types of edges where programs that write SONATA put it: `a_edge_types.csv` beside `a_edges.h5`.
pub(crate) fn types_beside(file: &Path) -> Option<PathBuf> {
    let stem = file.file_stem()?.to_str()?.strip_suffix("edges")?;
    let types = file.with_file_name(format!("{stem}edge_types.csv"));
    types.is_file().then_some(types)
}

/// Properties of types of SONATA edges: a CSV with a column `edge_type_id`.
struct EdgeTypes<'p> {
    file: &'p Path,
    table: NamedColumns<'p>,
    /// Row of each type.
    rows: BTreeMap<u64, usize>,
}

impl<'p> EdgeTypes<'p> {
    fn read(file: &'p Path) -> Result<Self, FileError> {
        let table = NamedColumns::read(file)?;
        let ids = table.ids(&["edge_type_id"])?;
        let rows = ids.into_iter().enumerate().map(|(row, id)| (id, row)).collect();
        let types = Self { file, table, rows };
        // What bmtk does to weights by functions of its own.
        for (name, plain) in [("weight_function", &["wmax"][..]), ("weight_sigma", &[])] {
            let fields = types.fields(name).unwrap_or_default();
            if let Some(field) = fields.into_iter().flatten().find(|field| !plain.contains(field)) {
                let expected = format!("weights without {name}, which is not read");
                return Err(mismatch(file, name, &expected, field));
            }
        }
        Ok(types)
    }

    /// The fields of a column; those without a value are `None`.
    fn fields(&self, name: &str) -> Option<Vec<Option<&str>>> {
        let column = self.table.position(&[name])?;
        let empty = |field: &str| {
            ["", "null", "none", "nan"].iter().any(|word| field.eq_ignore_ascii_case(word))
        };
        Some(self.table.texts(column).map(|field| (!empty(field)).then_some(field)).collect())
    }

    /// A property of each edge, whose types are `ids`; `None` where no type has it.
    fn of_edges(&self, name: &str, ids: &[u64]) -> Result<Option<Vec<f64>>, FileError> {
        let fields = self.fields(name).unwrap_or_default();
        if fields.iter().all(Option::is_none) {
            return Ok(None);
        }
        let number = |id: &u64| {
            let row = self.rows.get(id).ok_or_else(|| {
                mismatch(self.file, "edge_type_id", &format!("the type {id} of an edge"), "none")
            })?;
            let field = fields.get(*row).copied().flatten().unwrap_or("nothing");
            field.parse::<f64>().ok().filter(|x| x.is_finite()).ok_or_else(|| {
                let expected = format!("a number for the type {id}");
                mismatch(self.file, name, &expected, field)
            })
        };
        ids.iter().map(number).collect::<Result<_, _>>().map(Some)
    }
}
