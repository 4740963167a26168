//! Connections, spikes and waveforms that a model keeps in files of their own.
//!
//! A table of a model file may name a file in place of its lists; the lists are read and put in its place, so that the
//! resolved model holds everything. Paths are relative to the model file.
//!
//! | table | files | read as |
//! |---|---|---|
//! | `include = ["my_cells.toml"]` of the model | TOML, JSON with kinds of cells | `kinds`, beside those of the model |
//! | `[kinds.NAME]` with `cell = "l5.toml"` | TOML, JSON of a morphological cell | `cell`, and `files` with the text of its morphology |
//! | `connection = { rule = "pairs", file, edges, edge_types }` | CSV with columns `source`, `target` and perhaps `weight` (nS or pA), `delay` (ms), `nsyns`; SONATA edges | `sources`, `targets`; `weight` and `delay` of the projection |
//! | `spikes = { file, population }` of an afferent population | CSV with columns `time_ms`, `neuron` and perhaps `population`; SONATA spikes | `times`, `ids` |
//! | `[[theory.measured]]` with `file` and `inputs = { CLASS = "column" }` | CSV with columns `rate_Hz`, `standard_error_Hz` and perhaps `neurons` (that of the first point), and the columns that `inputs` names (Hz) | `rate`, `standard_error`, `cells`, and the columns in their places |
//! | `[theory.populations.NAME]` with `coefficients = { file }` | NPY, one dimension | `coefficients` |
//! | `{ waveform = "sampled", file }` | CSV with two columns, time (ms, evenly spaced) and value | `start`, `interval`, `values` |
//!
//! A CSV file may have semicolons, tabs or white space between its fields instead of commas, and lines of comments that
//! start with `#`. `edges` and `population` say which of several populations of a file is meant.
//!
//! An edge with `nsyns` is that many synapses, each with the weight and delay of the edge (as in bmtk's BioNet; the sum is the
//! weight times `nsyns` of its PointNet). Properties of SONATA edges that their group lacks are those of their types, in the CSV
//! `edge_types`, by default `a_edge_types.csv` beside `a_edges.h5`.

mod cell_kinds;
mod edges;
mod included;

use std::collections::BTreeSet;
use std::path::Path;

use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::tree::{Node, Value};

pub(crate) use self::edges::{Edges, types_beside};
use crate::delimited::NamedColumns;
use crate::edge_file::EdgeProperty;
use crate::error::FileError;
use crate::npy::read_npy_vector;
use crate::result_file::ResultFile;
use crate::trace_csv::read_trace_csv;

/// Largest difference between two intervals of an evenly spaced waveform, relative to their mean: that of times written
/// with a few digits.
const UNEVEN: f64 = 1e-3;

/// Puts the kinds of cells of the files under `include` among those of a model, and what cell files hold in the place of their
/// names, so that their keys can be set.
pub(crate) fn read_included(root: &mut Node, folder: &Path, faults: &mut Faults) {
    included::read(root, "kinds", folder, cell_kinds::read, faults);
    cell_kinds::read(root, folder, faults);
}

/// Puts the kinds of channels of the files under `include` among those of a cell.
pub(crate) fn read_included_channels(root: &mut Node, folder: &Path, faults: &mut Faults) {
    included::read(root, "kinetics", folder, |_, _, _| {}, faults);
}

/// Replaces every reference to a file in the tree of a model by what the file holds. What cannot be read becomes a fault,
/// and the reference is taken out.
pub fn read_linked_data(root: &mut Node, folder: &Path, faults: &mut Faults) {
    read_included(root, folder, faults);
    visit(root, "", folder, faults);
}

fn visit(node: &mut Node, path: &str, folder: &Path, faults: &mut Faults) {
    match &mut node.value {
        Value::List(items) => {
            for (i, item) in items.iter_mut().enumerate() {
                visit(item, &format!("{path}[{i}]"), folder, faults);
            }
        }
        Value::Table(entries) => {
            let last = path.rsplit('.').next().unwrap_or_default();
            if path.starts_with("theory.populations.") {
                load_coefficients(entries, path, folder, faults);
            }
            if path.starts_with("theory.measured[") && entries.iter().any(|e| e.0 == "file") {
                load_measured(entries, path, folder, faults);
            } else if let Some(kind) = Kind::of(entries, last) {
                load(kind, entries, path, folder, faults);
            }
            for (key, entry) in entries.iter_mut() {
                let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                visit(entry, &inner, folder, faults);
            }
            lift_properties(entries, path, faults);
        }
        _ => {}
    }
}

/// Weights and delays that a file of pairs gave become those of the projection, which must not have its own.
fn lift_properties(projection: &mut Entries, path: &str, faults: &mut Faults) {
    let Some(connection) = projection.iter_mut().find(|e| e.0 == "connection") else { return };
    let Value::Table(entries) = &mut connection.1.value else { return };
    let given =
        [(WEIGHTS, "weight"), (DELAYS, "delay")].map(|(list, key)| (key, take(entries, list)));
    for (key, values) in given {
        let Some(values) = values else { continue };
        match projection.iter().find(|e| e.0 == key) {
            // The file could not be read, and nothing else is wrong.
            Some(_) if values.value == Value::Null => {}
            None if values.value == Value::Null => {
                projection.push((key.to_owned(), Node::new(Value::Float(0.0))));
            }
            Some((_, own)) => {
                let rule =
                    format!("the file of the connection has a {key} for each pair: leave this out");
                let kind = FaultKind::Combination { rule };
                faults.push(format!("{path}.{key}"), Some(own.display()), own.line, kind);
            }
            None => projection.push((key.to_owned(), values)),
        }
    }
}

/// Where the properties of pairs wait in the table of the connection: no key of a file can have such a name.
const WEIGHTS: &str = "\0weights";
const DELAYS: &str = "\0delays";

type Entries = Vec<(String, Node)>;

/// The tables whose lists may stand in a file.
#[derive(Clone, Copy)]
enum Kind {
    Pairs,
    Spikes,
    Samples,
}

impl Kind {
    fn of(entries: &Entries, key: &str) -> Option<Self> {
        let is = |key: &str, word: &str| text(entries, key).is_some_and(|value| value == word);
        entries.iter().find(|e| e.0 == "file")?;
        if is("rule", "pairs") {
            Some(Self::Pairs)
        } else if is("waveform", "sampled") {
            Some(Self::Samples)
        } else {
            (key == "spikes").then_some(Self::Spikes)
        }
    }

    /// Keys that the file stands for.
    fn lists(self) -> &'static [&'static str] {
        match self {
            Self::Pairs => &["sources", "targets"],
            Self::Spikes => &["times", "ids"],
            Self::Samples => &["start", "interval", "values"],
        }
    }

    /// Key that chooses among the populations of the file.
    fn chooser(self) -> Option<&'static str> {
        match self {
            Self::Pairs => Some("edges"),
            Self::Spikes => Some("population"),
            Self::Samples => None,
        }
    }
}

fn text<'e>(entries: &'e Entries, key: &str) -> Option<&'e str> {
    match entries.iter().find(|e| e.0 == key).map(|e| &e.1.value) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// Puts the content of the file in the place of `file` and of the key that chooses in it.
fn load(kind: Kind, entries: &mut Entries, path: &str, folder: &Path, faults: &mut Faults) {
    let (name, chosen) = (
        text(entries, "file").map(str::to_owned),
        kind.chooser().and_then(|key| text(entries, key)).map(str::to_owned),
    );
    let key = format!("{path}.file");
    let node = take(entries, "file");
    if let Some(chooser) = kind.chooser() {
        take(entries, chooser);
    }
    let types = match kind {
        Kind::Pairs => text(entries, "edge_types").map(|name| folder.join(name)),
        Kind::Spikes | Kind::Samples => None,
    };
    if types.is_some() {
        take(entries, "edge_types");
    }
    let line = node.as_ref().and_then(|n| n.line);
    let shown = node.as_ref().map(Node::display);
    let both = kind.lists().iter().find(|&&list| entries.iter().any(|e| e.0 == list));
    let result = match (&name, both) {
        (None, _) => Err(FaultKind::WrongType {
            expected: "the path of a file".to_owned(),
            found: node.as_ref().map_or("nothing", Node::type_name),
        }),
        (_, Some(list)) => {
            Err(FaultKind::Combination { rule: format!("give either file or {list}") })
        }
        (Some(name), None) => {
            let file = folder.join(name);
            let lists = match kind {
                Kind::Pairs => pairs(&file, chosen.as_deref(), types.as_deref()),
                Kind::Spikes => spikes(&file, chosen.as_deref()),
                Kind::Samples => samples(&file),
            };
            lists.map_err(|error| FaultKind::File { problem: error.to_string() })
        }
    };
    match result {
        Ok(lists) => {
            entries.extend(
                lists.into_iter().map(|(key, value)| (key.to_owned(), Node { value, line })),
            );
        }
        Err(fault) => {
            faults.push(key, shown, line, fault);
            // The reader of the model must not complain of the same absence again.
            let empty = |key: &&'static str| match *key {
                "start" => (key.to_string(), Node::new(Value::Float(0.0))),
                "interval" => (key.to_string(), Node::new(Value::Float(1.0))),
                "values" => {
                    let zero = Node::new(Value::Float(0.0));
                    (key.to_string(), Node::new(Value::List(vec![zero])))
                }
                _ => (key.to_string(), Node::new(Value::List(Vec::new()))),
            };
            entries.retain(|e| !kind.lists().contains(&e.0.as_str()));
            entries.extend(kind.lists().iter().map(empty));
            if let Kind::Pairs = kind {
                entries.push((WEIGHTS.to_owned(), Node::new(Value::Null)));
            }
        }
    }
}

/// Puts the columns of a measured transfer function in the places of `file` and of their names.
fn load_measured(entries: &mut Entries, path: &str, folder: &Path, faults: &mut Faults) {
    let name = text(entries, "file").map(str::to_owned);
    let node = take(entries, "file");
    let (line, shown) = (node.as_ref().and_then(|n| n.line), node.as_ref().map(Node::display));
    let mut fault =
        |key: &str, kind| faults.push(format!("{path}.{key}"), shown.clone(), line, kind);
    let lists = ["rate", "standard_error", "cells"];
    if let Some(list) = lists.iter().find(|&&l| entries.iter().any(|e| e.0 == l)) {
        let rule = format!("give either file or {list}");
        fault("file", FaultKind::Combination { rule });
        return;
    }
    let Some(name) = name else {
        let found = node.as_ref().map_or("nothing", Node::type_name);
        fault("file", FaultKind::WrongType { expected: "the path of a file".to_owned(), found });
        entries.extend(["rate", "standard_error"].map(|l| (l.to_owned(), Node::new(numbers([])))));
        return;
    };
    let file = folder.join(name);
    let mut read =
        |key: &str, column: &dyn Fn(&NamedColumns<'_>) -> Result<Vec<f64>, FileError>| {
            NamedColumns::read(&file).and_then(|table| column(&table)).unwrap_or_else(|error| {
                fault(key, FaultKind::File { problem: error.to_string() });
                Vec::new()
            })
        };
    let rate = read("file", &|t| t.numbers(&["rate_Hz"]));
    // One fault for a file that cannot be read at all.
    let found = !rate.is_empty();
    let error =
        if found { read("file", &|t| t.numbers(&["standard_error_Hz"])) } else { Vec::new() };
    let cells = |t: &NamedColumns<'_>| match t.position(&["neurons"]) {
        Some(_) => t.numbers(&["neurons"]),
        None => Ok(vec![1.0]),
    };
    let cells = if found { read("file", &cells).first().map_or(1.0, |n| n.max(1.0)) } else { 1.0 };
    if let Some((_, Node { value: Value::Table(inputs), .. })) =
        entries.iter_mut().find(|e| e.0 == "inputs")
    {
        for (class, column) in inputs {
            if let Value::String(name) = &column.value {
                let key = format!("inputs.{class}");
                let rates =
                    if found { read(&key, &|t| t.numbers(&[name.as_str()])) } else { Vec::new() };
                column.value = numbers(rates);
            }
        }
    }
    for (key, value) in [
        ("rate", numbers(rate)),
        ("standard_error", numbers(error)),
        ("cells", Value::Integer(cells as i64)),
    ] {
        entries.push((key.to_owned(), Node { value, line }));
    }
}

/// Coefficients that stand in a file of NumPy.
fn load_coefficients(entries: &mut Entries, path: &str, folder: &Path, faults: &mut Faults) {
    let Some((_, node)) = entries.iter_mut().find(|e| e.0 == "coefficients") else { return };
    let Value::Table(inner) = &node.value else { return };
    let Some(name) = text(inner, "file") else { return };
    match read_npy_vector(&folder.join(name)) {
        Ok(values) => node.value = numbers(values),
        Err(error) => {
            let kind = FaultKind::File { problem: error.to_string() };
            faults.push(format!("{path}.coefficients"), Some(name.to_owned()), node.line, kind);
            // The fault is said; ten zeros would be another.
            entries.retain(|e| e.0 != "coefficients");
        }
    }
}

fn take(entries: &mut Entries, key: &str) -> Option<Node> {
    let at = entries.iter().position(|e| e.0 == key)?;
    Some(entries.remove(at).1)
}

type Lists = Vec<(&'static str, Value)>;

fn numbers(values: impl IntoIterator<Item = f64>) -> Value {
    Value::List(values.into_iter().map(|x| Node::new(Value::Float(x))).collect())
}

fn ids(values: impl IntoIterator<Item = u64>) -> Value {
    let id = |id: u64| i64::try_from(id).map_or(Value::Float(id as f64), Value::Integer);
    Value::List(values.into_iter().map(|x| Node::new(id(x))).collect())
}

fn is_hdf5(file: &Path) -> bool {
    file.extension().is_some_and(|e| e.eq_ignore_ascii_case("h5") || e.eq_ignore_ascii_case("hdf5"))
}

fn pairs(file: &Path, chosen: Option<&str>, types: Option<&Path>) -> Result<Lists, FileError> {
    let Edges { sources, targets, weights, delays } = Edges::read(file, chosen, types)?;
    let mut lists: Lists = vec![("sources", ids(sources)), ("targets", ids(targets))];
    let value = |property| match property {
        EdgeProperty::One(value) => Value::Float(value),
        EdgeProperty::Each(values) => numbers(values),
    };
    lists.extend(weights.map(|weights| (WEIGHTS, value(weights))));
    lists.extend(delays.map(|delays| (DELAYS, value(delays))));
    Ok(lists)
}

fn spikes(file: &Path, chosen: Option<&str>) -> Result<Lists, FileError> {
    let (times, neurons) = if is_hdf5(file) {
        let results = ResultFile::open(file)?;
        let population = one_of(file, "spikes", chosen, &results.spike_populations()?)?;
        let trains = results.spikes(&population)?;
        (trains.timestamps, trains.node_ids)
    } else {
        let table = NamedColumns::read(file)?;
        let times = table.numbers(&["time_ms", "time", "times", "timestamps"])?;
        let neurons = table.ids(&["neuron", "id", "ids", "node_ids", "node_id"])?;
        match table.position(&["population"]) {
            None => match chosen {
                None => (times, neurons),
                Some(_) => return Err(mismatch(file, "the header", "a column population", "none")),
            },
            Some(column) => {
                let names = || table.texts(column);
                let all: BTreeSet<&str> = names().collect();
                let all: Vec<String> = all.into_iter().map(str::to_owned).collect();
                let population = one_of(file, "population", chosen, &all)?;
                let kept = times.into_iter().zip(neurons).zip(names());
                kept.filter(|(_, name)| *name == population).map(|(spike, _)| spike).unzip()
            }
        }
    };
    Ok(vec![("times", numbers(times)), ("ids", ids(neurons))])
}

fn samples(file: &Path) -> Result<Lists, FileError> {
    let (times, values) = read_trace_csv(file, 1)?;
    let interval = (times[times.len() - 1] - times[0]) / (times.len() - 1) as f64;
    if let Some(i) =
        times.windows(2).position(|w| (w[1] - w[0] - interval).abs() > UNEVEN * interval)
    {
        let found = format!("{} ms after {} ms", times[i + 1], times[i]);
        return Err(mismatch(
            file,
            "the time",
            &format!("evenly spaced (by {interval} ms)"),
            &found,
        ));
    }
    Ok(vec![
        ("start", Value::Float(times[0])),
        ("interval", Value::Float(interval)),
        ("values", numbers(values)),
    ])
}

/// The chosen one of the populations of a file, or its only one.
fn one_of(
    file: &Path,
    object: &str,
    chosen: Option<&str>,
    names: &[String],
) -> Result<String, FileError> {
    let listing = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    match (chosen, names) {
        (None, [one]) => Ok(one.clone()),
        (None, _) => Err(mismatch(file, object, "one population, or a chosen one", &listing)),
        (Some(name), _) if names.iter().any(|n| n == name) => Ok(name.to_owned()),
        (Some(name), _) => Err(mismatch(file, object, &format!("a population {name}"), &listing)),
    }
}

fn mismatch(file: &Path, object: &str, expected: &str, found: &str) -> FileError {
    FileError::Mismatch {
        path: file.to_owned(),
        object: object.to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}
