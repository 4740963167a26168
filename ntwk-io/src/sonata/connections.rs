//! Edges: between each two types of nodes, and by the sign of their weights.

use std::collections::BTreeMap;
use std::path::Path;

use ntwk_core::spec::tree::{Node, Value};

use super::config::Config;
use super::nodes::{NodePopulation, Nodes, Types, listed, parameters, text_of};
use super::{Entries, Importer, entry};
use crate::edge_file::{EdgeList, EdgeProperty};
use crate::error::FileError;
use crate::hdf5_reader::Hdf5Reader;
use crate::model_data::{Edges, types_beside};

/// Edges that are one projection.
pub(super) struct Connection {
    pub list: EdgeList,
}

pub(super) fn read(config: &Config, nodes: &Nodes, import: &mut Importer) -> Vec<Connection> {
    let mut found = Vec::new();
    for (at, files) in listed(config, "edges") {
        let valid = ["edges_file", "edge_types_file"];
        for (key, node) in &files {
            match (key.as_str(), &node.value) {
                ("edges_file" | "edge_types_file" | "source" | "target" | "populations", _)
                | ("enabled", Value::Bool(true)) => {}
                ("enabled", Value::Bool(false)) => {
                    import.note(format!("{at}: left out, it is not enabled"));
                }
                _ => import.unknown(&format!("{at}.{key}"), key, Some(node), &valid),
            }
        }
        if files.iter().any(|(k, n)| k == "enabled" && n.value == Value::Bool(false)) {
            continue;
        }
        let Some(file) = text_of(&files, "edges_file") else {
            import.broken(
                &format!("{at}.edges_file"),
                None,
                "missing; expected an HDF5 file of edges",
            );
            continue;
        };
        let types = text_of(&files, "edge_types_file").filter(|file| file != "NULL");
        let (file, types) = (Path::new(&file), types.as_deref().map(Path::new));
        if let Err(error) = add(&at, file, types, &files, config, nodes, &mut found, import) {
            import.file(&format!("{at}.edges_file"), &error);
        }
    }
    found
}

#[allow(clippy::too_many_arguments)]
fn add(
    at: &str,
    file: &Path,
    types: Option<&Path>,
    files: &Entries,
    config: &Config,
    nodes: &Nodes,
    found: &mut Vec<Connection>,
    import: &mut Importer,
) -> Result<(), FileError> {
    let reader = Hdf5Reader::open(file)?;
    for edges in reader.groups("/edges")? {
        let end = |side: &str| -> Result<String, FileError> {
            let object = format!("/edges/{edges}/{side}_node_id");
            let attribute = reader
                .require(std::slice::from_ref(&object))?
                .attributes()?
                .text("node_population");
            attribute
                .or_else(|| text_of(files, side))
                .ok_or_else(|| reader.missing(format!("{object}@node_population")))
        };
        let (source, target) = (end("source")?, end("target")?);
        let mut population = |name: &str| {
            let known = nodes.population(name);
            if known.is_none() {
                let rule = format!("there is no population of nodes called {name}");
                import.broken(&format!("{at} ({edges})"), None, rule);
            }
            known
        };
        let (Some(source), Some(target)) = (population(&source), population(&target)) else {
            continue;
        };
        if target.is_virtual {
            let rule = "virtual nodes receive nothing";
            import.broken(&format!("{at} ({edges})"), None, rule);
            continue;
        }
        let beside = types_beside(file);
        let types = types.or(beside.as_deref());
        if let Some(types) = types {
            let ids = reader.require(&[format!("/edges/{edges}/edge_type_id")])?.u64s()?;
            judge_types(at, &Types::of(types, "edge_type_id")?, &ids, config, import);
        }
        let of_file = Edges::read(file, Some(&edges), types)?;
        split(&edges, &of_file, source, target, found, at, import);
    }
    Ok(())
}

/// Columns of types of edges that are used, or choose what an edge is between.
const USED: [&str; 10] = [
    "edge_type_id",
    "target_query",
    "source_query",
    "syn_weight",
    "delay",
    "nsyns",
    "dynamics_params",
    "model_template",
    "weight_function",
    "weight_sigma",
];

/// Synapse models other than static ones are faults.
fn judge_types(at: &str, types: &Types, ids: &[u64], config: &Config, import: &mut Importer) {
    let mut used = ids.to_vec();
    used.sort_unstable();
    used.dedup();
    for kind in used {
        let key = format!("{at}[edge_type_id={kind}]");
        if !types.rows.contains_key(&kind) {
            import.broken(&key, None, "there is no such type in edge_types_file");
            continue;
        }
        if let Some(template) = types.get(kind, "model_template") {
            let plain = template.strip_prefix("nest:").unwrap_or(&template);
            if plain != "static_synapse" {
                let rule = "there is no equivalent of this synapse; there is: static_synapse";
                import.broken(&format!("{key}.model_template"), Some(&Node::text(&template)), rule);
            }
        }
        if let Some(file) = types.get(kind, "dynamics_params") {
            let folder = config.component(&["synaptic_models_dir"]).unwrap_or_default();
            let name = format!("{key}.dynamics_params");
            for (parameter, node) in
                parameters(&name, &folder.join(file), import).unwrap_or_default()
            {
                let rule =
                    "a static synapse takes its weight and delay from the edges and their types";
                import.broken(&format!("{name}.{parameter}"), Some(&node), rule);
            }
        }
    }
    let others: Vec<&str> =
        types.header.iter().map(String::as_str).filter(|c| !USED.contains(c)).collect();
    if !others.is_empty() {
        import.note(format!(
            "edge types: {}: left out, no synapse model reads them",
            others.join(", ")
        ));
    }
}

/// Sources, targets, weights and delays of one projection.
#[derive(Default)]
struct Columns {
    sources: Vec<u64>,
    targets: Vec<u64>,
    weights: Vec<f64>,
    delays: Vec<f64>,
}

/// One projection for each pair of types and each sign of the weights.
fn split(
    name: &str,
    edges: &Edges,
    source: &NodePopulation,
    target: &NodePopulation,
    found: &mut Vec<Connection>,
    at: &str,
    import: &mut Importer,
) {
    let Some(weights) = &edges.weights else {
        import.broken(
            &format!("{at}.syn_weight"),
            None,
            format!("the edges {name} have no weights"),
        );
        return;
    };
    if edges.delays.is_none() {
        import.note(format!("{at}: the edges {name} have no delay; 1 ms, the default of NEST"));
    }
    let mut parts: BTreeMap<(usize, usize, bool), Columns> = BTreeMap::new();
    for (k, (s, t)) in edges.sources.iter().zip(&edges.targets).enumerate() {
        let (Some(&(from, i)), Some(&(to, j))) = (source.places.get(s), target.places.get(t))
        else {
            let rule = format!(
                "an edge of {name} is between nodes {s} and {t}, of which one does not exist"
            );
            import.broken(&format!("{at}.edges_file"), None, rule);
            return;
        };
        let weight = weights.of(k).unwrap_or(0.0);
        let delay = edges.delays.as_ref().and_then(|d| d.of(k)).unwrap_or(1.0);
        if !(weight.is_finite() && delay.is_finite() && delay >= 0.0) {
            // Both are of one edge, of which there may be millions: the first says it.
            let (key, value, rule) = match weight.is_finite() {
                false => ("syn_weight", weight, "a finite number"),
                true => ("delay", delay, "a finite time >= 0 ms"),
            };
            let rule = format!(
                "edge {k} of {name}, from node {s} to node {t}, has {value}; needed is {rule}"
            );
            import.broken(&format!("{at}.{key}"), None, rule);
            return;
        }
        let own = parts.entry((from, to, weight < 0.0)).or_default();
        own.sources.push(i);
        own.targets.push(j);
        own.weights.push(weight);
        own.delays.push(delay);
    }
    for ((from, to, inhibitory), mut columns) in parts {
        let (source, target) = (&source.groups[from], &target.groups[to]);
        // A model at fault has been named.
        let Some(end) = &target.target else { continue };
        if end.conductance {
            // The reversal potential makes it inhibitory.
            columns.weights.iter_mut().for_each(|w| *w = w.abs());
        }
        if end.at_once {
            let dt = import.step();
            let sooner = |delay: &mut f64| *delay = ((*delay - dt) * 1e9).round().max(0.0) / 1e9;
            columns.delays.iter_mut().for_each(sooner);
            import.note(format!(
                "{}: delays are shorter by a step ({dt} ms): NEST raises the potential in the step in which an event arrives, here \
                 it is the next one",
                target.name
            ));
        }
        let mut projection = format!("{}_{}", source.name, target.name);
        if found.iter().any(|c| c.list.projection == projection) {
            projection = format!("{projection}_{}", if inhibitory { "in" } else { "ex" });
        }
        if found.iter().any(|c| c.list.projection == projection) {
            projection = format!("{projection}_{name}");
        }
        let list = EdgeList {
            projection,
            source: source.name.clone(),
            target: target.name.clone(),
            receptor: end.receptors[usize::from(inhibitory)].clone(),
            sources: columns.sources,
            targets: columns.targets,
            weights: EdgeProperty::of_values(columns.weights),
            delays: EdgeProperty::of_values(columns.delays),
        };
        found.push(Connection { list });
    }
}

/// The projections of a model, whose pairs are in the file of edges.
pub(super) fn projections(connections: &[Connection], edges_file: &str) -> Vec<Node> {
    let one = |connection: &Connection| {
        let list = &connection.list;
        let pairs = [("rule", "pairs"), ("file", edges_file), ("edges", &list.projection)];
        let pairs = pairs.map(|(key, value)| entry(key, Node::text(value))).to_vec();
        let keys = [
            ("name", &list.projection),
            ("source", &list.source),
            ("target", &list.target),
            ("receptor", &list.receptor),
        ];
        let mut keys = keys.map(|(key, value)| entry(key, Node::text(value))).to_vec();
        keys.push(entry("connection", Node::new(Value::Table(pairs))));
        Node::new(Value::Table(keys))
    };
    connections.iter().map(one).collect()
}
