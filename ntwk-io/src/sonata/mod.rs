//! Importer of SONATA networks of point neurons: `circuit_config.json` or `simulation_config.json`, with their nodes, edges, types and
//! inputs (SONATA developer guide; the semantics are those of bmtk's PointNet, which hands them to NEST).
//!
//! | in SONATA | becomes |
//! |---|---|
//! | a type of nodes with `nest:iaf_psc_exp`, `iaf_psc_alpha` | a population of `iaf_psc_exp` with current receptors |
//! | `nest:iaf_psc_delta` | the same with receptors of potential steps |
//! | `nest:iaf_cond_exp`, `iaf_cond_alpha`; `aeif_cond_exp`, `aeif_cond_alpha` | a population of `LIF`; of `AdEx`, with conductances |
//! | a population of virtual nodes | an afferent population with the spikes of its input |
//! | edges between two types of nodes | a projection with its pairs in a file of edges; negative weights act on the inhibitory receptor |
//! | `run`, `conditions.v_init` | the simulation, initial potentials |
//! | `inputs`: `spikes`, `current_clamp` with numbers | given spikes, injected currents |
//! | `node_sets`, in the configuration or its file | what inputs and reports choose by them |
//! | `reports` of the membrane potential | `record` |
//!
//! Any other model, property, input or key is a fault, or named in a note where it cannot change a spike.

mod cells;
mod config;
mod connections;
mod inputs;
mod node_set;
mod nodes;

use std::path::Path;

use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::tree::{Node, Value};

use self::config::Config;
use self::nodes::Nodes;
use crate::edge_file::EdgeList;

/// An imported network.
#[derive(Debug, Clone, PartialEq)]
pub struct SonataImport {
    /// The model, whose projections name the file of edges.
    pub tree: Node,
    /// What belongs into that file.
    pub edges: Vec<EdgeList>,
    /// Which neurons went where, and what was left out.
    pub notes: Vec<String>,
}

/// Imports a configuration. The model will be a file in `folder`, beside a file of edges called `edges_file`.
///
/// # Errors
/// All faults: files that cannot be read, cell models and synapses without an equivalent, keys and properties that are not understood.
pub fn import_sonata(
    path: &Path,
    root: &Node,
    folder: &Path,
    edges_file: &str,
) -> Result<SonataImport, Faults> {
    let mut import = Importer { folder: folder.to_owned(), ..Importer::default() };
    let Some(config) = Config::read(path, root, &mut import) else {
        return Err(import.faults);
    };
    let nodes = Nodes::read(&config, &mut import);
    let edges = connections::read(&config, &nodes, &mut import);
    inputs::read(&config, &nodes, &mut import);
    let projections = connections::projections(&edges, edges_file);
    let lists = edges.into_iter().map(|e| e.list).collect();
    // Their lines are those of other files.
    for fault in &mut import.faults.list {
        if ["network", "nodes."].iter().any(|beginning| fault.key.starts_with(beginning)) {
            fault.line = None;
        }
    }
    let Importer { faults, notes, simulation, receptors, populations, afferents, record, .. } =
        import;
    let sections = [
        ("simulation", simulation),
        ("receptors", receptors.tables()),
        ("populations", populations),
        ("afferents", afferents),
    ];
    let mut entries: Vec<(String, Node)> = sections
        .into_iter()
        .filter(|(_, keys)| !keys.is_empty())
        .map(|(name, keys)| (name.to_owned(), Node::new(Value::Table(keys))))
        .collect();
    if !projections.is_empty() {
        entries.push(("projections".to_owned(), Node::new(Value::List(projections))));
    }
    entries.push(("record".to_owned(), Node::new(Value::Table(record))));
    faults.into_result(SonataImport { tree: Node::new(Value::Table(entries)), edges: lists, notes })
}

/// Entries of a table.
type Entries = Vec<(String, Node)>;

/// What an import has found so far.
#[derive(Debug, Default)]
struct Importer {
    /// Folder of the model.
    folder: std::path::PathBuf,
    faults: Faults,
    notes: Vec<String>,
    simulation: Entries,
    receptors: cells::Receptors,
    populations: Entries,
    afferents: Entries,
    record: Entries,
}

impl Importer {
    fn fault(&mut self, key: &str, node: Option<&Node>, kind: FaultKind) {
        self.faults.push(key, node.map(Node::display), node.and_then(|n| n.line), kind);
    }

    fn broken(&mut self, key: &str, node: Option<&Node>, rule: impl Into<String>) {
        self.fault(key, node, FaultKind::Combination { rule: rule.into() });
    }

    /// A file that cannot be used.
    fn file(&mut self, key: &str, error: &crate::error::FileError) {
        self.fault(key, None, FaultKind::File { problem: error.to_string() });
    }

    fn unknown(&mut self, key: &str, name: &str, node: Option<&Node>, valid: &[&str]) {
        let nearest = ntwk_core::spec::nearest::nearest(name, valid.iter().copied());
        let kind = FaultKind::UnknownKey {
            nearest: nearest.map(str::to_owned),
            valid: valid.iter().map(|&v| v.to_owned()).collect(),
        };
        self.fault(key, node, kind);
    }

    fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The time step of the configuration (ms).
    fn step(&self) -> f64 {
        let dt = self.simulation.iter().find(|(key, _)| key == "dt");
        dt.and_then(|(_, node)| number_of(node)).unwrap_or_default()
    }

    /// The table of a population of the model.
    fn population(&mut self, name: &str) -> Option<&mut Entries> {
        let found = self.populations.iter_mut().find(|(other, _)| other == name)?;
        if let Value::Table(keys) = &mut found.1.value { Some(keys) } else { None }
    }
}

fn number(x: f64) -> Node {
    Node::new(Value::Float(x))
}

fn entry(key: &str, node: Node) -> (String, Node) {
    (key.to_owned(), node)
}

fn number_of(node: &Node) -> Option<f64> {
    match node.value {
        Value::Integer(i) => Some(i as f64),
        Value::Float(x) if x.is_finite() => Some(x),
        _ => None,
    }
}
