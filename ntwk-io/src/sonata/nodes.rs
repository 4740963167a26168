//! Nodes: every type of a population is a population of ntwk, a population of virtual nodes an afferent population.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ntwk_core::spec::tree::{Node, Value};

use super::cells::{Cell, cell};
use super::config::Config;
use super::{Entries, Importer, entry, number};
use crate::delimited::NamedColumns;
use crate::error::FileError;
use crate::file_kind::read_text;
use crate::hdf5_reader::Hdf5Reader;
use crate::model_file::{Notation, parse_tree};

/// The nodes of a network.
#[derive(Default)]
pub(super) struct Nodes {
    pub populations: Vec<NodePopulation>,
}

/// A population of nodes.
pub(super) struct NodePopulation {
    pub name: String,
    /// Group and place in it of every node.
    pub places: BTreeMap<u64, (usize, u64)>,
    /// The types of its nodes; one for virtual nodes.
    pub groups: Vec<NodeGroup>,
    pub is_virtual: bool,
}

/// The nodes of one type.
pub(super) struct NodeGroup {
    /// Name of the population of ntwk.
    pub name: String,
    /// Properties of the type, by which node sets choose.
    pub properties: BTreeMap<String, String>,
    /// What receives the edges; `None` for virtual nodes, and for a model at fault.
    pub target: Option<Target>,
}

/// Receptors of a type of nodes.
pub(super) struct Target {
    pub receptors: [String; 2],
    pub conductance: bool,
    /// Whether events act in the step in which they arrive.
    pub at_once: bool,
}

impl Nodes {
    pub(super) fn read(config: &Config, import: &mut Importer) -> Self {
        let mut nodes = Self::default();
        for (at, files) in listed(config, "nodes") {
            let text = |key: &str| text_of(&files, key);
            for key in files.iter().map(|(key, _)| key.as_str()) {
                if !["nodes_file", "node_types_file", "populations"].contains(&key) {
                    let valid = ["nodes_file", "node_types_file"];
                    import.unknown(&format!("{at}.{key}"), key, None, &valid);
                }
            }
            let Some(file) = text("nodes_file") else {
                import.broken(
                    &format!("{at}.nodes_file"),
                    None,
                    "missing; expected an HDF5 file of nodes",
                );
                continue;
            };
            let types = text("node_types_file").filter(|file| file != "NULL");
            if let Err(error) =
                nodes.add(&at, Path::new(&file), types.as_deref().map(Path::new), config, import)
            {
                import.file(&format!("{at}.nodes_file"), &error);
            }
        }
        nodes
    }

    pub(super) fn population(&self, name: &str) -> Option<&NodePopulation> {
        self.populations.iter().find(|p| p.name == name)
    }

    fn add(
        &mut self,
        at: &str,
        file: &Path,
        types: Option<&Path>,
        config: &Config,
        import: &mut Importer,
    ) -> Result<(), FileError> {
        let reader = Hdf5Reader::open(file)?;
        let types = types.map(Types::read).transpose()?;
        for name in reader.groups("/nodes")? {
            let base = format!("/nodes/{name}");
            let type_ids = reader.require(&[format!("{base}/node_type_id")])?.u64s()?;
            let ids = match reader.find(&format!("{base}/node_id"))? {
                Some(ids) => ids.u64s()?,
                None => (0..type_ids.len() as u64).collect(),
            };
            if ids.len() != type_ids.len() {
                let found = format!("{} for {} types", ids.len(), type_ids.len());
                return Err(reader.mismatch(&format!("{base}/node_id"), "one id each", found));
            }
            let mut properties = BTreeSet::new();
            for group in reader.groups(&base)? {
                properties.extend(reader.datasets(&format!("{base}/{group}"))?);
                if reader.groups(&format!("{base}/{group}"))?.iter().any(|g| g == "dynamics_params")
                {
                    import.broken(
                        &format!("{at}: {base}/{group}/dynamics_params"),
                        None,
                        "parameters of single nodes have no equivalent: neurons of a population are identical",
                    );
                }
            }
            if !properties.is_empty() {
                let list: Vec<String> = properties.into_iter().collect();
                import.note(format!(
                    "{name}: {}: left out, no cell model reads them",
                    list.join(", ")
                ));
            }
            let mut of_type: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
            for (&id, &kind) in ids.iter().zip(&type_ids) {
                of_type.entry(kind).or_default().push(id);
            }
            self.add_population(&name, of_type, types.as_ref(), config, import);
        }
        Ok(())
    }

    fn add_population(
        &mut self,
        name: &str,
        mut of_type: BTreeMap<u64, Vec<u64>>,
        types: Option<&Types>,
        config: &Config,
        import: &mut Importer,
    ) {
        of_type.values_mut().for_each(|ids| ids.sort_unstable());
        let property = |kind: u64, key: &str| types.and_then(|t| t.get(kind, key));
        let is_virtual =
            of_type.keys().all(|&kind| property(kind, "model_type").as_deref() == Some("virtual"));
        let mut population = NodePopulation {
            name: name.to_owned(),
            places: BTreeMap::new(),
            groups: Vec::new(),
            is_virtual,
        };
        if is_virtual {
            // Only a number of nodes: their ids are the neurons.
            let mut ids: Vec<u64> = of_type.values().flatten().copied().collect();
            ids.sort_unstable();
            population.places = ids.iter().map(|&id| (id, (0, id))).collect();
            let size = ids.last().map_or(0, |last| last + 1);
            let properties = BTreeMap::new();
            population.groups.push(NodeGroup { name: name.to_owned(), properties, target: None });
            let keys = vec![entry("size", Node::new(Value::Integer(size as i64)))];
            import.afferents.push(entry(name, Node::new(Value::Table(keys))));
            self.populations.push(population);
            return;
        }
        let several = of_type.len() > 1;
        for (kind, ids) in of_type {
            let key = format!("nodes.{name}[node_type_id={kind}]");
            let label = ["pop_name", "model_name"].iter().find_map(|key| property(kind, key));
            let label = label.unwrap_or_else(|| kind.to_string());
            let mut own = if several { format!("{name}_{label}") } else { name.to_owned() };
            if import.populations.iter().any(|(other, _)| *other == own) {
                own = format!("{own}_{kind}");
            }
            let group = population.groups.len();
            let places = ids.iter().zip(0u64..).map(|(&id, index)| (id, (group, index)));
            population.places.extend(places);
            let found = if types.is_some_and(|t| t.rows.contains_key(&kind)) {
                node_type(&key, kind, &property, types, config, import)
            } else {
                import.broken(&key, None, "there is no such type in node_types_file");
                None
            };
            let mut keys = vec![entry("size", Node::new(Value::Integer(ids.len() as i64)))];
            let target = found.map(|cell| {
                keys.extend(cell.keys);
                Target {
                    receptors: cell.receptors,
                    conductance: cell.conductance,
                    at_once: cell.at_once,
                }
            });
            initial_potential(&mut keys, config, import);
            import.note(format!(
                "{own}: nodes {} of {name}, in the order of their numbers",
                ranges(&ids)
            ));
            import.populations.push(entry(&own, Node::new(Value::Table(keys))));
            let header = types.into_iter().flat_map(|t| &t.header);
            let properties =
                header.filter_map(|key| Some((key.clone(), property(kind, key)?))).collect();
            population.groups.push(NodeGroup { name: own, properties, target });
        }
        self.populations.push(population);
    }
}

/// `conditions.v_init` for every cell without a potential of its own.
fn initial_potential(keys: &mut Entries, config: &Config, import: &mut Importer) {
    for (key, node) in config.section("conditions").into_iter().flatten() {
        match (key.as_str(), super::number_of(node)) {
            ("v_init", Some(potential)) => {
                if !keys.iter().any(|(key, _)| key == "initial") {
                    let initial = vec![entry("V_m", number(potential))];
                    keys.push(entry("initial", Node::new(Value::Table(initial))));
                }
            }
            ("celsius", Some(_)) => {
                import.note("conditions.celsius: left out, no point neuron has a temperature");
            }
            _ => {
                let path = format!("conditions.{key}");
                if !import.faults.concern(&path) {
                    import.unknown(&path, key, Some(node), &["v_init", "celsius"]);
                }
            }
        }
    }
}

/// Columns that say what a type is.
const USED: [&str; 6] =
    ["node_type_id", "model_type", "model_template", "dynamics_params", "pop_name", "model_name"];

fn node_type(
    key: &str,
    kind: u64,
    property: &impl Fn(u64, &str) -> Option<String>,
    types: Option<&Types>,
    config: &Config,
    import: &mut Importer,
) -> Option<Cell> {
    let model_type = property(kind, "model_type").unwrap_or_default();
    if !["point_neuron", "point_process", "point_soma"].contains(&model_type.as_str()) {
        let rule = "is not a point neuron (a population of virtual nodes has no other types)";
        import.broken(&format!("{key}.model_type"), Some(&Node::text(&model_type)), rule);
        return None;
    }
    if let Some(function) = property(kind, "model_processing") {
        let rule = "a function of Python that changes the cell has no equivalent";
        import.broken(&format!("{key}.model_processing"), Some(&Node::text(&function)), rule);
    }
    let others: Vec<&str> = types
        .into_iter()
        .flat_map(|t| t.header.iter().map(String::as_str))
        .filter(|c| !USED.contains(c) && *c != "model_processing")
        .collect();
    if !others.is_empty() {
        import
            .note(format!("node types: {}: left out, no cell model reads them", others.join(", ")));
    }
    let Some(template) = property(kind, "model_template") else {
        import.broken(&format!("{key}.model_template"), None, "missing; expected nest:MODEL");
        return None;
    };
    let parameters = match property(kind, "dynamics_params") {
        None => Entries::new(),
        Some(file) => {
            let names = ["point_neuron_models_dir", "models_dir", "cell_models_dir"];
            let folder = config.component(&names).unwrap_or_default();
            parameters(&format!("{key}.dynamics_params"), &folder.join(file), import)?
        }
    };
    cell(key, &template, &parameters, import)
}

/// The parameters in a JSON file.
pub(super) fn parameters(key: &str, file: &Path, import: &mut Importer) -> Option<Entries> {
    let read = read_text(file)
        .map_err(|e| e.to_string())
        .and_then(|text| parse_tree(&text, Notation::Json).map_err(|faults| faults.to_string()));
    match read {
        Ok(Node { value: Value::Table(keys), .. }) => Some(keys),
        Ok(_) => {
            import.broken(key, None, format!("{}: expected a table of parameters", file.display()));
            None
        }
        Err(problem) => {
            import.broken(key, None, format!("{}: {problem}", file.display()));
            None
        }
    }
}

/// The tables of a list of `networks`, with their paths.
pub(super) fn listed(config: &Config, name: &str) -> Vec<(String, Entries)> {
    let networks = config.section("networks").into_iter().flatten();
    let mut found = Vec::new();
    for (_, node) in networks.filter(|(key, _)| key == name) {
        if let Value::List(items) = &node.value {
            for (i, item) in items.iter().enumerate() {
                if let Value::Table(keys) = &item.value {
                    found.push((format!("networks.{name}[{i}]"), keys.clone()));
                }
            }
        }
    }
    found
}

pub(super) fn text_of(entries: &Entries, key: &str) -> Option<String> {
    match &entries.iter().find(|(k, _)| k == key)?.1.value {
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// A table of types.
pub(super) struct Types {
    pub header: Vec<String>,
    pub rows: BTreeMap<u64, Vec<String>>,
}

impl Types {
    fn read(file: &Path) -> Result<Self, FileError> {
        Self::of(file, "node_type_id")
    }

    /// The table whose types are in the column `id`.
    pub(super) fn of(file: &Path, id: &str) -> Result<Self, FileError> {
        let table = NamedColumns::read(file)?;
        let ids = table.ids(&[id])?;
        let header: Vec<String> = table.header().to_vec();
        let columns: Vec<Vec<String>> =
            (0..header.len()).map(|c| table.texts(c).map(str::to_owned).collect()).collect();
        let row = |r: usize| columns.iter().map(|c| c[r].clone()).collect();
        Ok(Self { rows: ids.iter().enumerate().map(|(r, &id)| (id, row(r))).collect(), header })
    }

    /// A property of a type; `None` where it is absent or NULL.
    pub(super) fn get(&self, kind: u64, name: &str) -> Option<String> {
        let column = self.header.iter().position(|h| h == name)?;
        let field = self.rows.get(&kind)?.get(column)?;
        let empty = ["", "null", "none", "nan"].iter().any(|word| field.eq_ignore_ascii_case(word));
        (!empty).then(|| field.clone())
    }
}

/// `0-79, 100` of ascending numbers.
fn ranges(ids: &[u64]) -> String {
    let mut parts: Vec<(u64, u64)> = Vec::new();
    for &id in ids {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == id => *last = id,
            _ => parts.push((id, id)),
        }
    }
    let part = |(a, b): &(u64, u64)| if a == b { a.to_string() } else { format!("{a}-{b}") };
    let mut shown: Vec<String> = parts.iter().take(6).map(part).collect();
    if parts.len() > shown.len() {
        shown.push("...".to_owned());
    }
    shown.join(", ")
}
