//! The model of a stored run of the Python package, as far as its file holds one.

use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::tree::{Node, Value};

use super::{Import, import_upstream};
use crate::flat_file::FlatFile;
use crate::theory::Attribute;

/// Imports the model of a stored run. Its populations are those of the recording. Keys that are no part of a network are left out
/// with a note; so are the connections where they cannot be understood: what was recorded can be looked at all the same. What a
/// simulation of the model would do otherwise is not said: it has run.
///
/// # Errors
/// All faults, where the cells are not there or wrong.
pub fn import_stored(flat: &FlatFile) -> Result<Import, Faults> {
    let mut entries = entries(flat);
    let mut notes = Vec::new();
    let mut faults = match import(&entries) {
        Ok(found) => return Ok(with_notes(found, notes)),
        Err(faults) => faults,
    };
    let unknown: Vec<String> = faults
        .list
        .iter()
        .filter(|fault| matches!(fault.kind, FaultKind::UnknownKey { .. }))
        .map(|fault| fault.key.clone())
        .collect();
    if !unknown.is_empty() {
        notes.push(format!("{}: left out, no key of a network", unknown.join(", ")));
        entries.retain(|(key, _)| !unknown.contains(key));
        faults = match import(&entries) {
            Ok(found) => return Ok(with_notes(found, notes)),
            Err(faults) => faults,
        };
    }
    notes.push(format!("the connections are left out: {faults}").replace('\n', "; "));
    entries.retain(|(key, _)| !CONNECTIONS.iter().any(|beginning| key.starts_with(beginning)));
    set(&mut entries, "AFF_POPS", Value::List(Vec::new()));
    let import = import(&entries)?;
    Ok(with_notes(import, notes))
}

/// Beginnings of the keys of connections and of afferent populations.
const CONNECTIONS: [&str; 13] = [
    "p_",
    "Q_",
    "psyn_",
    "alpha_",
    "SpatialDecay_",
    "Delay_",
    "Erev_",
    "Tsyn_",
    "F_",
    "Farray_",
    "Faff",
    "V0",
    "rise",
];

fn import(entries: &[(String, Node)]) -> Result<Import, Faults> {
    import_upstream(&Node::new(Value::Table(entries.to_vec())), &[])
}

fn with_notes(import: Import, notes: Vec<String>) -> Import {
    Import { notes, ..import }
}

fn set(entries: &mut Vec<(String, Node)>, key: &str, value: Value) {
    entries.retain(|(other, _)| other != key);
    entries.push((key.to_owned(), Node::new(value)));
}

/// The keys of the file as a dictionary of the package.
fn entries(flat: &FlatFile) -> Vec<(String, Node)> {
    let texts = |texts: &[String]| Value::List(texts.iter().map(|t| Node::text(t)).collect());
    let mut entries: Vec<(String, Node)> = flat
        .parameters
        .iter()
        .map(|(key, value)| {
            let value = match value {
                // A list of one name is stored as an array of one.
                Attribute::Text(name) if key.ends_with("_POPS") => {
                    texts(std::slice::from_ref(name))
                }
                Attribute::Text(text) => Value::String(text.clone()),
                Attribute::Texts(list) => texts(list),
                Attribute::Integer(n) => Value::Integer(*n),
                Attribute::Number(x) => Value::Float(*x),
                Attribute::Numbers(list) => Value::Numbers(list.clone()),
            };
            (key.clone(), Node::new(value))
        })
        .collect();
    let recording = &flat.recording;
    set(&mut entries, "dt", Value::Float(recording.dt));
    set(&mut entries, "tstop", Value::Float(recording.duration()));
    for (population, cell) in recording.populations.iter().zip(&flat.cells) {
        let name = &population.name;
        set(&mut entries, &format!("N_{name}"), Value::Integer(population.size as i64));
        for (key, value) in cell.iter().filter(|(key, _)| key != "N" && key != "name") {
            let key = format!("{name}_{key}");
            if !entries.iter().any(|(other, _)| *other == key) {
                entries.push((key, Node::new(Value::Float(*value))));
            }
        }
    }
    let names: Vec<String> = recording.populations.iter().map(|p| p.name.clone()).collect();
    set(&mut entries, "REC_POPS", texts(&names));
    // What was applied, whatever the keys say.
    for (afferent, rate) in &flat.rates {
        let first = rate.first().copied().unwrap_or(0.0);
        let constant = rate.iter().all(|x| *x == first);
        let (key, other) = (format!("Farray_{afferent}"), format!("F_{afferent}"));
        entries.retain(|(k, _)| *k != key);
        if constant {
            set(&mut entries, &other, Value::Float(first));
        } else {
            set(&mut entries, &key, Value::Numbers(rate.clone()));
        }
        entries.retain(|(k, _)| !k.starts_with(&format!("{afferent}_IncreasingStep")));
    }
    entries
}
