//! Inputs and reports: given spikes, current clamps, recorded potentials.

use std::path::{Component, Path, PathBuf};

use ntwk_core::spec::tree::{Node, Value};

use super::config::Config;
use super::node_set::node_set;
use super::nodes::{Nodes, text_of};
use super::{Entries, Importer, entry, number, number_of};
use crate::result_file::ResultFile;

pub(super) fn read(config: &Config, nodes: &Nodes, import: &mut Importer) {
    for (name, node) in config.section("inputs").into_iter().flatten() {
        let key = format!("inputs.{name}");
        let Value::Table(keys) = &node.value else {
            import.broken(&key, Some(node), "must be a table");
            continue;
        };
        if keys.iter().any(|(k, n)| k == "enabled" && n.value == Value::Bool(false)) {
            import.note(format!("{key}: left out, it is not enabled"));
            continue;
        }
        match text_of(keys, "input_type").as_deref() {
            Some("spikes") => spikes(&key, keys, config, nodes, import),
            Some("current_clamp") => clamp(&key, keys, config, nodes, import),
            _ => {
                let found = keys.iter().find(|(k, _)| k == "input_type").map(|(_, n)| n);
                let rule = "there is no equivalent of this input; there are: spikes, current_clamp";
                import.broken(&format!("{key}.input_type"), found, rule);
            }
        }
    }
    let silent = import.afferents.iter_mut().filter_map(|(name, node)| match &mut node.value {
        Value::Table(keys) if !keys.iter().any(|(k, _)| k == "spikes") => {
            Some((name.clone(), keys))
        }
        _ => None,
    });
    let mut names = Vec::new();
    for (name, keys) in silent {
        let none = ["times", "ids"].map(|list| entry(list, Node::new(Value::List(Vec::new()))));
        keys.push(entry("spikes", Node::new(Value::Table(none.to_vec()))));
        names.push(name);
    }
    if !names.is_empty() {
        import.note(format!("{}: virtual nodes without an input, silent", names.join(", ")));
    }
    reports(config, nodes, import);
}

fn keys_of(key: &str, keys: &Entries, valid: &[&str], import: &mut Importer) {
    for (name, node) in keys {
        if !valid.contains(&name.as_str()) && name != "enabled" {
            import.unknown(&format!("{key}.{name}"), name, Some(node), valid);
        }
    }
}

fn find<'e>(keys: &'e Entries, name: &str) -> Option<&'e Node> {
    keys.iter().find(|(k, _)| k == name).map(|(_, n)| n)
}

fn spikes(key: &str, keys: &Entries, config: &Config, nodes: &Nodes, import: &mut Importer) {
    keys_of(key, keys, &["input_type", "module", "input_file", "node_set"], import);
    let module = text_of(keys, "module").unwrap_or_default();
    if !["sonata", "h5", "hdf5", "csv"].contains(&module.as_str()) {
        let rule = "there is no reader of this; there are: sonata, h5, csv";
        import.broken(&format!("{key}.module"), find(keys, "module"), rule);
    }
    let Some(file) = text_of(keys, "input_file") else {
        import.broken(&format!("{key}.input_file"), None, "missing; expected a file of spikes");
        return;
    };
    let chosen =
        node_set(&format!("{key}.node_set"), find(keys, "node_set"), (config, nodes), import);
    for (population, ids) in chosen {
        if !population.is_virtual || ids.is_some() {
            let rule = "spikes are those of a whole population of virtual nodes";
            import.broken(&format!("{key}.node_set"), find(keys, "node_set"), rule);
            continue;
        }
        let name = &population.name;
        let path = relative(Path::new(&file), &import.folder);
        let mut spikes = vec![entry("file", Node::text(&path.display().to_string()))];
        if module != "csv" {
            let name = spike_population(Path::new(&file), name);
            spikes.push(entry("population", Node::text(&name)));
        }
        let Some((_, node)) = import.afferents.iter_mut().find(|(other, _)| other == name) else {
            continue;
        };
        let Value::Table(table) = &mut node.value else { continue };
        if table.iter().any(|(k, _)| k == "spikes") {
            import.broken(key, None, format!("{name} has two inputs of spikes"));
        } else {
            table.push(entry("spikes", Node::new(Value::Table(spikes))));
        }
    }
}

/// The name of a population in a file of spikes: its own, or `default` where the file has that in its place.
fn spike_population(file: &Path, name: &str) -> String {
    let groups = ResultFile::open(file).and_then(|f| f.spike_populations()).unwrap_or_default();
    let has = |wanted: &str| groups.iter().any(|g| g == wanted);
    if !has(name) && has("default") { "default".to_owned() } else { name.to_owned() }
}

/// A current into nodes: `amp` (pA, as bmtk gives it to NEST), from `delay` on for `duration` (ms).
fn clamp(key: &str, keys: &Entries, config: &Config, nodes: &Nodes, import: &mut Importer) {
    let valid = ["input_type", "module", "node_set", "amp", "delay", "duration"];
    keys_of(key, keys, &valid, import);
    let mut list = |name: &str| -> Vec<f64> {
        let found = find(keys, name);
        let values: Option<Vec<f64>> = match found.map(|n| &n.value) {
            Some(Value::List(items)) => items.iter().map(number_of).collect(),
            Some(_) => found.and_then(number_of).map(|x| vec![x]),
            None => None,
        };
        values.unwrap_or_else(|| {
            import.broken(&format!("{key}.{name}"), found, "must be a number or a list of numbers");
            Vec::new()
        })
    };
    let (amp, delay, duration) = (list("amp"), list("delay"), list("duration"));
    if amp.len() != delay.len() || amp.len() != duration.len() {
        import.broken(key, None, "amp, delay and duration need as many values each");
        return;
    }
    let pulses = amp.iter().zip(&delay).zip(&duration).map(|((amp, start), length)| {
        let step = [
            entry("waveform", Node::text("step")),
            entry("amplitude", number(*amp)),
            entry("start", number(*start)),
            entry("stop", number(start + length)),
        ];
        Node::new(Value::Table(step.to_vec()))
    });
    let pulses: Vec<Node> = pulses.collect();
    let chosen =
        node_set(&format!("{key}.node_set"), find(keys, "node_set"), (config, nodes), import);
    for (population, ids) in chosen {
        let ids = ids.unwrap_or_else(|| population.places.keys().copied().collect());
        for (group, own) in population.groups.iter().enumerate() {
            let members = ids.iter().filter_map(|id| population.places.get(id));
            let members: Vec<Node> = members
                .filter(|(g, _)| *g == group)
                .map(|(_, index)| Node::new(Value::Integer(*index as i64)))
                .collect();
            if members.is_empty() {
                continue;
            }
            let injections = pulses.iter().map(|pulse| {
                let keys = [
                    entry("neurons", Node::new(Value::List(members.clone()))),
                    entry("current", pulse.clone()),
                ];
                Node::new(Value::Table(keys.to_vec()))
            });
            let injections: Vec<Node> = injections.collect();
            let Some(table) = import.population(&own.name) else { continue };
            match table.iter_mut().find(|(k, _)| k == "injections") {
                Some((_, Node { value: Value::List(all), .. })) => all.extend(injections),
                _ => table.push(entry("injections", Node::new(Value::List(injections)))),
            }
        }
    }
}

/// Reports of the membrane potential: the first neurons of every population, as far as the report reaches.
fn reports(config: &Config, nodes: &Nodes, import: &mut Importer) {
    let mut recorded = 0;
    for (name, node) in config.section("reports").into_iter().flatten() {
        let key = format!("reports.{name}");
        let Value::Table(keys) = &node.value else { continue };
        if keys.iter().any(|(k, n)| k == "enabled" && n.value == Value::Bool(false)) {
            continue;
        }
        let variable = text_of(keys, "variable_name").unwrap_or_default();
        if !["v", "V_m", "Vm", "membrane_potential"].contains(&variable.as_str()) {
            import.note(format!(
                "{key}: left out, only the membrane potential is recorded so ([record] has more)"
            ));
            continue;
        }
        let cells = find(keys, "cells").or_else(|| find(keys, "node_set"));
        for (population, ids) in node_set(&format!("{key}.cells"), cells, (config, nodes), import) {
            let ids = ids.unwrap_or_else(|| population.places.keys().copied().collect());
            let last = ids.iter().filter_map(|id| population.places.get(id)).map(|p| p.1 + 1);
            recorded = recorded.max(last.max().unwrap_or(0));
        }
        if let Some(dt) = find(keys, "dt").and_then(number_of) {
            import.record.retain(|(k, _)| k != "interval");
            import.record.push(entry("interval", number(dt)));
        }
        for left_out in ["start_time", "end_time", "sections", "unit", "file_name"] {
            if find(keys, left_out).is_some_and(|n| n.value != Value::String("soma".to_owned())) {
                import.note(format!(
                    "{key}.{left_out}: left out, whole runs of point neurons are recorded"
                ));
            }
        }
    }
    import.record.insert(0, entry("V_m", Node::new(Value::Integer(recorded as i64))));
    if recorded > 0 {
        import.note(format!(
            "reports: V_m of the first {recorded} neurons of every population is recorded, which holds those asked for"
        ));
    }
}

/// `file` as seen from `folder`, where both are known; else its whole path.
fn relative(file: &Path, folder: &Path) -> PathBuf {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let (Ok(file), Ok(folder)) = (file.canonicalize(), here.canonicalize()) else {
        return std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    };
    let shared = file.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(file.components().skip(shared)).collect()
}
