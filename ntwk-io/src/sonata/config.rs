//! Configurations: manifests resolved, the circuit joined to the simulation.

use std::path::{Path, PathBuf};

use ntwk_core::spec::tree::{Node, Value};

use super::{Entries, Importer, entry, number, number_of};
use crate::file_kind::read_text;
use crate::model_file::{Notation, parse_tree};

/// A configuration with every path complete.
pub(super) struct Config {
    /// Sections of the simulation, then those of the circuit.
    sections: Entries,
    /// Node sets by name, of both.
    pub node_sets: Entries,
}

/// Keys of both configurations.
const SECTIONS: [&str; 12] = [
    "manifest",
    "run",
    "inputs",
    "reports",
    "output",
    "network",
    "networks",
    "components",
    "conditions",
    "target_simulator",
    "node_sets_file",
    "node_sets",
];

/// Keys of `run` that say how bmtk runs and not what.
const OF_THE_PROGRAM: [&str; 8] = [
    "block_run",
    "block_size",
    "overwrite_output_dir",
    "print_time",
    "n_thread",
    "nsteps_block",
    "precise_times",
    "allow_offgrid_spikes",
];

impl Config {
    pub(super) fn read(path: &Path, root: &Node, import: &mut Importer) -> Option<Self> {
        let mut sections = Entries::new();
        let mut node_sets = Entries::new();
        let circuit = join(path, root, "", &mut sections, &mut node_sets, import);
        if let Some(file) = circuit {
            match json(&file) {
                Ok(tree) => {
                    join(&file, &tree, "network: ", &mut sections, &mut node_sets, import);
                }
                Err(problem) => {
                    let problem = format!("{}: {problem}", file.display());
                    import.broken("network", None, problem);
                }
            }
        }
        let config = Self { sections, node_sets };
        config.run(import);
        if config.section("networks").is_none() {
            import.broken("networks", None, "there is no network: nodes and edges, or \"network\"");
            return None;
        }
        Some(config)
    }

    pub(super) fn section(&self, name: &str) -> Option<&Entries> {
        let found = self.sections.iter().find(|(key, _)| key == name)?;
        if let Value::Table(keys) = &found.1.value { Some(keys) } else { None }
    }

    /// A folder of components, where the configuration names it.
    pub(super) fn component(&self, names: &[&str]) -> Option<PathBuf> {
        let components = self.section("components")?;
        names.iter().find_map(|name| match &components.iter().find(|(k, _)| k == name)?.1.value {
            Value::String(folder) => Some(PathBuf::from(folder)),
            _ => None,
        })
    }

    fn run(&self, import: &mut Importer) {
        let Some(run) = self.section("run") else {
            import.note("run: absent, as in a circuit; 1000 ms with steps of 0.1 ms");
            import.simulation.extend([entry("t_stop", number(1000.0)), entry("dt", number(0.1))]);
            return;
        };
        let mut of_the_program = Vec::new();
        for (key, node) in run {
            let name = format!("run.{key}");
            match key.as_str() {
                "tstop" | "duration" | "dt" => match number_of(node).filter(|x| *x > 0.0) {
                    Some(x) if key == "dt" => import.simulation.push(entry("dt", number(x))),
                    Some(x) => import.simulation.push(entry("t_stop", number(x))),
                    None => import.broken(&name, Some(node), "must be a time > 0 ms"),
                },
                "tstart" if number_of(node) == Some(0.0) => {}
                key if OF_THE_PROGRAM.contains(&key) => of_the_program.push(name),
                "dL" | "spike_threshold" => import.note(format!(
                    "{name} = {}: left out, it is of cells with a morphology",
                    node.display()
                )),
                _ => import.unknown(&name, key, Some(node), &["tstop", "dt", "duration"]),
            }
        }
        if !of_the_program.is_empty() {
            import.note(format!("{}: left out, how bmtk runs", of_the_program.join(", ")));
        }
        for (key, theirs) in [("t_stop", "tstop"), ("dt", "dt")] {
            if !import.simulation.iter().any(|(k, _)| k == key) && !import.faults.concern("run") {
                import.broken(&format!("run.{theirs}"), None, "missing; expected a time in ms");
            }
        }
    }
}

/// A file of JSON, or why it cannot be read.
fn json(file: &Path) -> Result<Node, String> {
    let text = read_text(file).map_err(|e| e.to_string())?;
    parse_tree(&text, Notation::Json).map_err(|faults| faults.to_string())
}

/// Adds the sections of a file; returns the file of the circuit that it names.
fn join(
    path: &Path,
    root: &Node,
    prefix: &str,
    sections: &mut Entries,
    node_sets: &mut Entries,
    import: &mut Importer,
) -> Option<PathBuf> {
    let Value::Table(entries) = &root.value else {
        import.broken(&format!("{prefix}(file)"), Some(root), "must be a table of sections");
        return None;
    };
    // Whole, so that a path with a variable in it is known from one that is relative to the file.
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = &std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let variables = manifest(entries, folder);
    let mut circuit = None;
    for (key, node) in entries {
        let node = resolved(node, &variables);
        match (key.as_str(), &node.value) {
            ("manifest", _) => {}
            ("network", Value::String(file)) => circuit = Some(folder.join(file)),
            // Both files may be in one.
            ("network", Value::Table(inner)) => {
                sections.extend(inner.iter().map(|(k, n)| (k.clone(), complete(n, folder))));
            }
            ("output", _) => {
                import.note(format!("{prefix}output: left out, --out says where results go"));
            }
            ("target_simulator", _) => {}
            ("node_sets", Value::Table(sets)) => node_sets.extend(sets.iter().cloned()),
            ("node_sets" | "node_sets_file", Value::String(file)) => {
                match json(&folder.join(file)) {
                    Ok(Node { value: Value::Table(sets), .. }) => node_sets.extend(sets),
                    Ok(_) => import.broken(
                        &format!("{prefix}{key}"),
                        Some(&node),
                        "expected a table of node sets",
                    ),
                    Err(problem) => import.broken(&format!("{prefix}{key}"), Some(&node), problem),
                }
            }
            (known, _) if SECTIONS.contains(&known) => {
                sections.push((key.clone(), complete(&node, folder)));
            }
            _ => import.unknown(&format!("{prefix}{key}"), key, Some(&node), &SECTIONS),
        }
    }
    circuit
}

/// Variables with their values, longest names first; `${configdir}` is the folder of the file.
fn manifest(entries: &Entries, folder: &Path) -> Vec<(String, String)> {
    let here = folder.display().to_string();
    let mut found = vec![("configdir".to_owned(), here.clone())];
    if let Some((_, Node { value: Value::Table(keys), .. })) =
        entries.iter().find(|(key, _)| key == "manifest")
    {
        for (name, node) in keys {
            if let Value::String(text) = &node.value {
                let value = replaced(text, &found);
                let value = if text.contains('$') {
                    value
                } else {
                    folder.join(value).display().to_string()
                };
                let name = name.trim_start_matches('$').trim_matches(['{', '}']);
                found.push((name.to_owned(), value));
                found.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
            }
        }
    }
    found
}

fn replaced(text: &str, variables: &[(String, String)]) -> String {
    let mut text = text.to_owned();
    for (name, value) in variables {
        text = text.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value);
    }
    text
}

fn resolved(node: &Node, variables: &[(String, String)]) -> Node {
    let value = match &node.value {
        Value::String(text) if text.contains('$') => Value::String(replaced(text, variables)),
        Value::List(items) => Value::List(items.iter().map(|i| resolved(i, variables)).collect()),
        Value::Table(keys) => Value::Table(
            keys.iter().map(|(key, node)| (key.clone(), resolved(node, variables))).collect(),
        ),
        other => other.clone(),
    };
    Node { value, line: node.line }
}

/// Keys that hold a path: those without a variable are relative to the configuration.
fn complete(node: &Node, folder: &Path) -> Node {
    let Value::Table(keys) = &node.value else {
        return match &node.value {
            Value::List(items) => Node {
                value: Value::List(items.iter().map(|i| complete(i, folder)).collect()),
                line: node.line,
            },
            _ => node.clone(),
        };
    };
    let keys = keys.iter().map(|(key, node)| {
        let is_path = key.ends_with("_file") || key.ends_with("_dir");
        let node = match &node.value {
            Value::String(text) if is_path && !text.is_empty() && text != "NULL" => {
                // A path with a variable is whole.
                let path = folder.join(text);
                Node { value: Value::String(path.display().to_string()), line: node.line }
            }
            _ => complete(node, folder),
        };
        (key.clone(), node)
    });
    Node { value: Value::Table(keys.collect()), line: node.line }
}
