//! Kinds of cells that a model declares by their equations.

use std::sync::Arc;

use super::intrinsic_currents::{add, vary, written};
use super::judge::Judge;
use crate::equations::{EquationCell, KindFault, System, parameter_units, system};
use crate::kernel::CellModel;
use crate::model::cell::{Bound, BrokenRule, CellKind, Fallback, Parameter, ParameterValues};
use crate::model::cell_library::CellLibrary;
use crate::spec::fault::{Fault, FaultKind, Faults};
use crate::spec::interned::interned;
use crate::spec::key::{KeyValue, Kind, Place, Section};
use crate::spec::tree::{Node, Value};
use crate::spec::units::Dimension;
use crate::spec::{CurrentSpec, KindMethod, KindSpec, ModelSpec, ParameterText};

/// A kind of cell by its equations.
pub struct EquationKind {
    name: &'static str,
    doc: &'static str,
    parameters: Vec<Parameter>,
    method: Option<KindMethod>,
    system: System,
    /// The kind of ntwk that these are the equations of, with currents added.
    base: Option<Arc<dyn CellKind>>,
    declaration: KindSpec,
}

impl EquationKind {
    /// Reads the equations of a kind.
    ///
    /// # Errors
    /// All faults, with the keys below the table of the kind and the lines below their first one.
    fn new(name: &str, spec: &KindSpec, added: &[String]) -> Result<Self, Vec<KindFault>> {
        let checked = system(spec, added);
        let mut faults = Vec::new();
        let units = parameter_units(spec, &mut Vec::new());
        let mut parameters = Vec::new();
        for ((name, parameter), (_, unit)) in spec.parameters.iter().zip(&units) {
            let dimension = unit.dimension();
            let range = match &parameter.range {
                None => Bound::Any,
                Some(text) => bound(text).unwrap_or_else(|| {
                    let rule = format!(
                        "\"{text}\" is no range: \"> 0\", \">= 0\", \"< 0\" or \"low..high\", in {}",
                        dimension.unit()
                    );
                    faults.push((format!("parameters.{name}.range"), None, FaultKind::Combination { rule }));
                    Bound::Any
                }),
            };
            let default = match value(parameter.value.as_ref(), dimension) {
                Ok(default) => default,
                Err(kind) => {
                    faults.push((format!("parameters.{name}"), None, kind));
                    Fallback::Required
                }
            };
            if let Fallback::Value(x) = default
                && !range.contains(x)
            {
                let allowed = range.describe(dimension.unit());
                faults.push((
                    format!("parameters.{name}"),
                    None,
                    FaultKind::OutOfRange { allowed },
                ));
            }
            let doc = interned(parameter.doc.as_deref().unwrap_or_default());
            parameters.push(Parameter { name: interned(name), dimension, default, range, doc });
        }
        match checked {
            Ok(system) if faults.is_empty() => Ok(Self {
                name: interned(name),
                doc: interned(&text_of(spec)),
                parameters,
                method: spec.method,
                system,
                base: None,
                declaration: spec.clone(),
            }),
            Ok(_) => Err(faults),
            Err(more) => {
                faults.extend(more);
                Err(faults)
            }
        }
    }
}

impl EquationKind {
    /// Why its equations cannot be solved by its method, whatever a population gives its parameters.
    fn broken_method(&self) -> Option<String> {
        let usual = |p: &Parameter| match p.default {
            Fallback::Value(x) => x,
            _ => 1.0,
        };
        let values: Vec<f64> = self.parameters.iter().map(usual).collect();
        match EquationCell::new(&self.system, self.method, &values, false, &[]) {
            Err((key, rule)) if key == "method" => Some(rule),
            _ => None,
        }
    }
}

/// The documentation of a kind: its own, then its equations.
fn text_of(spec: &KindSpec) -> String {
    let mut lines: Vec<String> = Vec::new();
    lines.extend(spec.doc.as_deref().map(|doc| doc.trim_end_matches('.').to_owned() + ":"));
    lines.extend(spec.equations().trim().lines().map(|line| line.trim().to_owned()));
    if let Some(spike) = &spec.spike {
        let mut line = format!("at {}: spike", spike.when);
        if let Some(then) = &spike.then {
            line += &format!(", {}", then.trim().replace('\n', "; "));
        }
        if let Some(time) = &spike.refractory {
            line += &format!("; refractory for {time}");
        }
        if let Some(until) = &spike.until {
            line += &format!("; refractory until {until}");
        }
        if let Some(hold) = &spike.hold {
            line += &format!(", held in it: {}", hold.join(", "));
        }
        lines.push(line + ".");
    }
    if let Some(area) = &spec.area {
        lines.push(format!("Per area, of {area} in all."));
    }
    lines.join("\n")
}

fn value(written: Option<&ParameterText>, dimension: Dimension) -> Result<Fallback, FaultKind> {
    match written {
        None => Ok(Fallback::Required),
        Some(ParameterText::Number(x)) => Ok(Fallback::Value(*x)),
        Some(ParameterText::Text(text)) => {
            dimension.parse(text).map(Fallback::Value).map_err(FaultKind::Quantity)
        }
    }
}

/// The range that a text means.
fn bound(text: &str) -> Option<Bound> {
    let text = text.trim();
    match text {
        "> 0" | ">0" => return Some(Bound::Positive),
        ">= 0" | ">=0" => return Some(Bound::NonNegative),
        "< 0" | "<0" => return Some(Bound::Negative),
        _ => {}
    }
    let (low, high) = text.split_once("..")?;
    let (low, high) = (low.trim().parse::<f64>().ok()?, high.trim().parse::<f64>().ok()?);
    (low <= high).then_some(Bound::Between(low, high))
}

impl CellKind for EquationKind {
    fn name(&self) -> &'static str {
        self.name
    }

    fn doc(&self) -> &'static str {
        self.doc
    }

    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn declaration(&self) -> Option<&KindSpec> {
        self.base.is_none().then_some(&self.declaration)
    }

    fn build(&self, values: &ParameterValues) -> Result<Arc<dyn CellModel>, Vec<BrokenRule>> {
        let mut start = Vec::new();
        let mut values = values.clone();
        if let Some(base) = &self.base {
            start = base.build(&values)?.rest();
            values = base.complete(&values);
        }
        let numbers: Vec<f64> = self.parameters.iter().map(|p| values.value(p.name)).collect();
        let adapts = ["a", "b"].iter().all(|name| self.parameters.iter().any(|p| p.name == *name));
        match EquationCell::new(&self.system, self.method, &numbers, adapts, &start) {
            Ok(cell) => Ok(Arc::new(cell)),
            Err((key, rule)) => {
                let rule = format!("kinds.{}.{key} {rule}", self.name);
                Err(vec![BrokenRule { parameter: "model", rule }])
            }
        }
    }
}

/// The currents that a cell names.
pub(super) fn currents_of_cell(
    currents: &[String],
    path: &str,
    spec: &ModelSpec,
    judge: &mut Judge<'_>,
) -> Option<Vec<(String, CurrentSpec)>> {
    let mut found = Vec::new();
    for (i, current) in currents.iter().enumerate() {
        if currents[..i].contains(current) {
            judge.broken(format!("{path}.currents"), format!("{current} is listed twice"));
            return None;
        }
        match spec.currents.get(current) {
            Some(written) => found.push((current.clone(), written.clone())),
            None => {
                let names = spec.currents.keys().map(String::as_str);
                let kind = FaultKind::unknown_name("current", current, names);
                judge.fault_of(format!("{path}.currents"), current, kind);
            }
        }
    }
    let complete = found.len() == currents.len();
    let faulty = currents.iter().any(|name| judge.concerns(&format!("currents.{name}")));
    (complete && !faulty).then_some(found)
}

/// A kind with `currents` of its own, and parameters that are variables of each neuron (`distributed`); all come from `key`, where
/// faults are said.
pub(super) fn with_currents(
    name: &str,
    (currents, distributed): (&[(String, CurrentSpec)], &[String]),
    key: &str,
    spec: &ModelSpec,
    library: &CellLibrary,
    judge: &mut Judge<'_>,
) -> Option<Arc<dyn CellKind>> {
    let base = library.shared_kind(name)?;
    let (mut kind, is_own) = match spec.kinds.get(name) {
        Some(kind) if kind.cell.is_some() => {
            let rule = format!(
                "is for point neurons, and {name} is a morphological cell: its currents are the channels of its cell file, its \
                 receptors the synapses there (kind = \"variable\"), and all its cells are equal"
            );
            judge.broken(key, rule);
            return None;
        }
        Some(kind) => (kind.clone(), true),
        None => match written(base.as_ref()) {
            Some(kind) => (kind, false),
            None => {
                judge.broken(key, format!("cells of kind {name} take no currents of their own: it has no equations of that form"));
                return None;
            }
        },
    };
    for (current, _) in currents {
        let what = match (
            kind.variables.0.iter().any(|v| v.0 == *current),
            kind.parameters.contains_key(current),
        ) {
            (true, _) => "variable",
            (_, true) => "parameter",
            _ => continue,
        };
        judge.broken(
            key,
            format!(
                "cells of kind {name} have a {what} called {current}: give the current another name"
            ),
        );
        return None;
    }
    add(&mut kind, currents);
    // Their places among the parameters, and those themselves, which are then called otherwise in the equations.
    let place = |name: &String| kind.parameters.get_index_of(name);
    let places: Vec<(usize, String)> =
        distributed.iter().filter_map(|name| Some((place(name)?, name.clone()))).collect();
    vary(&mut kind, distributed);
    let added: Vec<String> = currents.iter().map(|current| current.0.clone()).collect();
    match EquationKind::new(name, &kind, &added) {
        Ok(mut made) => {
            for (place, name) in places {
                made.parameters[place].name = interned(&name);
            }
            if !is_own {
                // What is derived or has a range in the kind of ntwk is so here.
                for (parameter, own) in made.parameters.iter_mut().zip(base.parameters()) {
                    *parameter = *own;
                }
                made.base = Some(base);
            }
            Some(Arc::new(made))
        }
        Err(faults) => {
            for (_, _, kind) in faults {
                judge.fault(key, kind);
            }
            None
        }
    }
}

/// Says what is wrong with currents that no population has: each must go with some kind.
pub(super) fn check_unused_currents(
    spec: &ModelSpec,
    library: &CellLibrary,
    judge: &mut Judge<'_>,
) {
    for (name, current) in &spec.currents {
        let key = format!("currents.{name}");
        let used = spec.populations.values().any(|p| p.cell.currents.contains(name));
        if used || judge.concerns(&key) {
            continue;
        }
        let written = library.kinds().filter_map(written);
        let mut faults = Vec::new();
        let own = spec.kinds.values().filter(|kind| kind.cell.is_none());
        for mut kind in written.chain(own.cloned()) {
            add(&mut kind, &[(name.clone(), current.clone())]);
            match EquationKind::new(name, &kind, std::slice::from_ref(name)) {
                Ok(_) => {
                    faults.clear();
                    break;
                }
                Err(found) if faults.is_empty() => faults = found,
                Err(_) => {}
            }
        }
        for (_, _, kind) in faults {
            judge.fault(&key, kind);
        }
    }
}

/// The library with the kinds that a tree declares under `kinds`, whatever else it holds.
///
/// # Errors
/// All faults of these kinds.
pub fn library_with_kinds(root: &Node, library: &CellLibrary) -> Result<CellLibrary, Faults> {
    let mut faults = Faults::default();
    let mut spec = ModelSpec::default();
    if let Value::Table(entries) = &root.value
        && let Some((_, node)) = entries.iter().find(|entry| entry.0 == "kinds")
    {
        let path = "kinds".to_owned();
        let place = Place { node, path, own: None, root, faults: &mut faults };
        spec.kinds = KeyValue::read(place, &Kind::Named(KindSpec::KEYS));
    }
    let all = with_kinds(&spec, library, &mut Judge::new(root, &mut faults));
    faults.into_result(all)
}

/// Adds a kind by its cell file, or says its faults.
fn described_kind(
    name: &str,
    kind: &KindSpec,
    library: &CellLibrary,
    all: &mut CellLibrary,
    judge: &mut Judge<'_>,
) {
    let path = format!("kinds.{name}");
    let Some(described) = library.described_cells() else {
        judge.broken(
            format!("{path}.cell"),
            "is a morphological cell, which this program does not know (ntwk::library does)",
        );
        return;
    };
    match described.kind(name, kind) {
        Ok(kind) => all.add_kind(kind),
        Err(faults) => {
            for fault in faults.list {
                let key = format!("{path}.{}", fault.key);
                let (node, exact) = judge.root().locate(&key);
                let value = fault.value.or_else(|| exact.then(|| node.display()));
                judge.add(Fault { value, line: node.line, key, ..fault });
            }
        }
    }
}

/// The library with the kinds that a model declares; faulty ones are left out and their faults said.
pub(super) fn with_kinds(
    spec: &ModelSpec,
    library: &CellLibrary,
    judge: &mut Judge<'_>,
) -> CellLibrary {
    let mut all = library.clone();
    for (name, kind) in &spec.kinds {
        let path = format!("kinds.{name}");
        if library.kind(name).is_some_and(|known| known.declaration().is_none()) {
            judge.broken(
                &path,
                format!("{name} is a kind that ntwk has: give this one a name of its own"),
            );
            continue;
        }
        if kind.cell.is_some() {
            if !judge.concerns(&path) {
                described_kind(name, kind, library, &mut all, judge);
            }
            continue;
        }
        let unreadable = ["equations", "variables", "parameters", "tables", "spike.when"];
        if judge.is_unreadable(&path)
            || unreadable.iter().any(|key| judge.concerns(&format!("{path}.{key}")))
        {
            continue;
        }
        match EquationKind::new(name, kind, &[]) {
            Ok(kind) => match kind.broken_method() {
                Some(rule) => judge.broken(format!("{path}.method"), rule),
                None => all.add_kind(Box::new(kind)),
            },
            Err(faults) => {
                for (key, below, kind) in faults {
                    let key = format!("{path}.{key}");
                    let line = judge.root().locate(&key).0.line;
                    // A text of several lines begins below its key.
                    let line = line.map(|line| line + below.map_or(0, |below| below as u32 + 1));
                    judge.add(Fault { key, value: None, line, kind });
                }
            }
        }
    }
    all
}
