//! The cell of a population, from its kind or preset and its parameters; what the kind says about the rest of the model.

use std::sync::Arc;

use super::Population;
use super::equation_kind::{currents_of_cell, with_currents};
use super::judge::{Judge, unknown};
use super::receptor_equations::currents_of_receptors;
use crate::kernel::CellModel;
use crate::model::cell::{Fallback, Parameter, ParameterValues};
use crate::model::cell_library::{CellLibrary, PresetNameError};
use crate::spec::fault::FaultKind;
use crate::spec::nearest::nearest;
use crate::spec::units::Dimension;
use crate::spec::{CellSpec, Distribution, ModelSpec, ParameterText, ReceptorKind};

/// A cell as a model has it.
pub(super) struct Cell {
    /// Name of its kind, and the parameters that has.
    pub kind: String,
    pub table: Vec<Parameter>,
    pub values: ParameterValues,
    /// Parameters that differ between neurons; their means are among the values.
    pub drawn: Vec<(String, Distribution)>,
    pub model: Arc<dyn CellModel>,
}

/// The values of a parameter that differ between neurons.
fn distribution(
    written: &Distribution<ParameterText>,
    parameter: &Parameter,
) -> Result<Distribution, FaultKind> {
    let distribution = written.numbers(parameter.dimension).map_err(FaultKind::Quantity)?;
    if let Some(rule) = distribution.broken_rule() {
        return Err(FaultKind::Combination { rule: rule.to_string() });
    }
    if matches!(&distribution, Distribution::Listed(values) if values.is_empty()) {
        let rule = "is an empty list: a list has one value for each neuron".to_owned();
        return Err(FaultKind::Combination { rule });
    }
    let range = parameter.range;
    let inside = match &distribution {
        Distribution::Listed(values) => values.iter().all(|&x| range.contains(x)),
        // What is drawn outside is drawn again; that must not be the rule.
        other => range.contains(other.mean()),
    };
    if inside {
        return Ok(distribution);
    }
    Err(FaultKind::OutOfRange { allowed: range.describe(parameter.dimension.unit()) })
}

pub(super) fn resolve_cell(
    spec: &CellSpec,
    population: &str,
    whole: &ModelSpec,
    library: &CellLibrary,
    judge: &mut Judge<'_>,
) -> Option<Cell> {
    let path = &format!("populations.{population}.cell");
    let names = [format!("{path}.model"), format!("{path}.preset")];
    // Without the kind nothing else can be judged.
    if names.iter().any(|name| judge.concerns(name)) {
        return None;
    }
    let preset = match &spec.preset {
        None => None,
        Some(name) => match library.named_preset(name) {
            Ok(preset) => Some(preset),
            Err(error) => {
                let kind = match error {
                    PresetNameError::Unknown { nearest } => FaultKind::UnknownName {
                        what: "preset",
                        nearest: nearest.map(str::to_owned),
                        valid: library.presets().map(|p| p.name.to_owned()).collect(),
                    },
                    rest => FaultKind::Combination { rule: rest.to_string() },
                };
                judge.fault_of(format!("{path}.preset"), &format!("\"{name}\""), kind);
                return None;
            }
        },
    };
    let kind_name = match (&spec.model, preset.as_ref().map(|named| named.preset)) {
        (Some(model), Some(preset)) if model != preset.kind => {
            let rule = format!("preset \"{}\" is of kind {}", preset.name, preset.kind);
            judge.broken(format!("{path}.model"), rule);
            return None;
        }
        (Some(model), _) => model.as_str(),
        (None, Some(preset)) => preset.kind,
        (None, None) => return None,
    };
    let Some(kind) = library.kind(kind_name) else {
        // A kind that is declared and at fault is there.
        if judge.concerns(&format!("kinds.{kind_name}")) {
            return None;
        }
        let names: Vec<String> = library.kinds().map(|k| k.name().to_owned()).collect();
        judge.fault(format!("{path}.model"), unknown("cell model", kind_name, &names));
        return None;
    };

    let own;
    let mut added = currents_of_cell(&spec.currents, path, whole, judge)?;
    let of_receptors = currents_of_receptors(whole, population);
    let names = kind.parameters().iter().map(|p| p.name);
    let distributed: Vec<String> = spec
        .distributed
        .iter()
        .map(|(name, _)| name.clone())
        .filter(|name| names.clone().any(|known| known == name))
        .collect();
    let kind = if added.is_empty() && of_receptors.is_empty() && distributed.is_empty() {
        kind
    } else {
        let key = match (of_receptors.first(), distributed.first()) {
            (Some((receptor, _)), _) if added.is_empty() => format!("receptors.{receptor}"),
            (None, Some(name)) if added.is_empty() => format!("{path}.{name}"),
            _ => format!("{path}.currents"),
        };
        if of_receptors.iter().any(|r| judge.concerns(&format!("receptors.{}", r.0))) {
            return None;
        }
        added.extend(of_receptors);
        own = with_currents(kind_name, (&added, &distributed), &key, whole, library, judge)?;
        own.as_ref()
    };
    let table = kind.parameters();
    let written = spec.values.iter().map(|v| &v.0).chain(spec.distributed.iter().map(|d| &d.0));
    for name in written {
        if !table.iter().any(|p| p.name == name) {
            let valid: Vec<String> = ["model", "preset", "currents"]
                .into_iter()
                .chain(table.iter().map(|p| p.name))
                .map(str::to_owned)
                .collect();
            let near = nearest(name, table.iter().map(|p| p.name)).map(str::to_owned);
            judge.fault(format!("{path}.{name}"), FaultKind::UnknownKey { nearest: near, valid });
        }
    }
    let (mut values, mut drawn) = (Vec::new(), Vec::new());
    let mut complete = true;
    for parameter in table {
        let key = format!("{path}.{}", parameter.name);
        if judge.concerns(&key) {
            complete = false;
            continue;
        }
        if let Some((_, written)) = spec.distributed.iter().find(|d| d.0 == parameter.name) {
            match distribution(written, parameter) {
                Ok(distribution) => {
                    values.push((parameter.name, distribution.mean()));
                    drawn.push((parameter.name.to_owned(), distribution));
                }
                Err(kind) => {
                    judge.fault(key, kind);
                    complete = false;
                }
            }
            continue;
        }
        let written = spec.values.iter().find(|v| v.0 == parameter.name).map(|v| &v.1);
        let value = match written {
            Some(ParameterText::Number(x)) => Some(*x),
            Some(ParameterText::Text(text)) => match parameter.dimension.parse(text) {
                Ok(x) => Some(x),
                Err(error) => {
                    judge.fault_of(key, &format!("\"{text}\""), FaultKind::Quantity(error));
                    complete = false;
                    continue;
                }
            },
            None => preset
                .as_ref()
                .and_then(|named| named.get(parameter.name))
                .or(if let Fallback::Value(x) = parameter.default { Some(x) } else { None }),
        };
        match value {
            Some(x) if parameter.range.contains(x) => values.push((parameter.name, x)),
            Some(x) => {
                let allowed = parameter.range.describe(parameter.dimension.unit());
                judge.fault_of(key, &x, FaultKind::OutOfRange { allowed });
                complete = false;
            }
            None if parameter.default == Fallback::Derived => {}
            None => {
                let mut expected = parameter.dimension.expected();
                if !parameter.doc.is_empty() {
                    expected += &format!(" ({})", parameter.doc);
                }
                judge.fault(key, FaultKind::MissingKey { expected });
                complete = false;
            }
        }
    }
    if !complete {
        return None;
    }
    let values = ParameterValues { values };
    match kind.build(&values) {
        Ok(model) => {
            Some(Cell { kind: kind_name.to_owned(), table: table.to_vec(), values, drawn, model })
        }
        Err(broken) => {
            for rule in broken {
                let key = format!("{path}.{}", rule.parameter);
                let kind = FaultKind::Combination { rule: rule.rule };
                match values.get(rule.parameter) {
                    Some(x) => judge.fault_of(key, &x, kind),
                    None => judge.fault(key, kind),
                }
            }
            None
        }
    }
}

/// A notice for each parameter that the model gives and that has no effect beside the others. A
/// population whose cell changes during the run gets none: the change may give it an effect.
pub(super) fn idle_parameters(
    spec: &ModelSpec,
    populations: &[Population],
    library: &CellLibrary,
) -> Vec<String> {
    let mut notices = Vec::new();
    for population in populations {
        let prefix = format!("populations.{}.cell.", population.name);
        let written = spec.populations.get(&population.name).map(|p| &p.cell.values);
        let (Some(kind), Some(written)) = (library.kind(&population.kind), written) else {
            continue;
        };
        if spec
            .events
            .iter()
            .any(|event| event.set.as_ref().is_some_and(|set| set.starts_with(&prefix)))
        {
            continue;
        }
        for (parameter, why) in kind.idle(&population.parameters) {
            if written.iter().any(|v| v.0 == parameter) {
                notices.push(format!("{prefix}{parameter} has no effect: {why}"));
            }
        }
    }
    notices
}

/// Faults what acts on cells by equations in a way that they have not: input without `I_syn`, conductances and clamps on a
/// potential that is none, and variables with the name of a conductance or current.
pub(super) fn check_input_of_equations(
    spec: &ModelSpec,
    populations: &[Population],
    judge: &mut Judge<'_>,
) {
    for p in populations {
        let onto = |receptor: &dyn Fn(&str) -> bool| {
            spec.projections
                .iter()
                .position(|q| q.target.contains(&p.name) && receptor(&q.receptor))
        };
        let path = format!("populations.{}", p.name);
        if !p.cell.takes_input() {
            let rule = "would do nothing: the equations of its cell do not mention I_syn";
            let needs_input = |name: &str| {
                spec.receptors.get(name).is_some_and(|r| match &r.kind {
                    ReceptorKind::Variable { .. } => false,
                    ReceptorKind::Equations { current, .. } => current.is_some(),
                    _ => true,
                })
            };
            if let Some(i) = onto(&needs_input) {
                judge.broken(format!("projections[{i}].target"), rule);
            }
            if p.current.constant() != Some(0.0) {
                judge.broken(format!("{path}.I_e"), rule);
            }
            if !p.injections.is_empty() {
                judge.broken(format!("{path}.injections"), rule);
            }
        }
        if let Some(why) = p.cell.refuses_clamps().filter(|_| !p.voltage_clamps.is_empty()) {
            judge.broken(format!("{path}.voltage_clamp"), why);
        }
        let potential = p.cell.variables().first().map(|v| v.dimension);
        if potential.is_some_and(|dimension| dimension != Dimension::Voltage) {
            let carries = |name: &str| {
                spec.receptors.get(name).is_some_and(|r| r.kind.coefficients().0 != 0.0)
            };
            if let Some(i) = onto(&carries) {
                let rule = format!(
                    "is a conductance, and the first variable of {} is no voltage: give the receptor kind = \"current\"",
                    p.kind
                );
                judge.broken(format!("projections[{i}].receptor"), rule);
            }
            if !p.voltage_clamps.is_empty() {
                let rule = format!(
                    "clamps a potential, and the first variable of {} is no voltage",
                    p.kind
                );
                judge.broken(format!("{path}.voltage_clamp"), rule);
            }
        }
        for variable in p.cell.variables().iter().chain(p.cell.definitions()) {
            let receptor = ["g_", "I_"].iter().find_map(|start| variable.name.strip_prefix(start));
            if let Some(receptor) = receptor.filter(|name| spec.receptors.contains_key(*name)) {
                let rule = format!(
                    "has {}, the name of a variable of receptor {receptor}: give one of them another name",
                    variable.name
                );
                judge.broken(format!("{path}.cell"), rule);
            }
        }
    }
}

/// Faults every projection of a conductance onto a cell that takes currents only, and every event of one.
pub(super) fn check_input_of_linear_cells(
    spec: &ModelSpec,
    populations: &[Population],
    judge: &mut Judge<'_>,
) {
    let projections = spec.projections.iter().enumerate();
    let projections =
        projections.map(|(i, p)| (format!("projections[{i}]"), &p.receptor, &p.target[..]));
    let events = spec.events.iter().enumerate().filter_map(|(i, event)| {
        let (population, receptor) = (event.population.as_ref()?, event.receptor.as_ref()?);
        Some((format!("events[{i}]"), receptor, std::slice::from_ref(population)))
    });
    for (path, name, targets) in projections.chain(events) {
        let Some(receptor) = spec.receptors.get(name) else { continue };
        if judge.concerns(&format!("receptors.{name}")) {
            continue;
        }
        let (share, _) = receptor.kind.coefficients();
        let cell = |name: &String| populations.iter().find(|p| p.name == *name);
        let is_linear = |p: &Population| p.cell.linear_membrane().is_some();
        if receptor.kind == ReceptorKind::Delta {
            let other = targets.iter().filter_map(cell).find(|p| !is_linear(p));
            if let Some(Population { name, kind, .. }) = other {
                let rule = format!(
                    "raises the potential at once, and {name} is of kind {kind}: the step of the potential is for cells with a \
                     linear membrane (iaf_psc_exp); give the receptor kind = \"current\" with a short tau_syn"
                );
                judge.broken(format!("{path}.receptor"), rule);
            }
        }
        let linear = |name: &&String| cell(name).is_some_and(is_linear);
        if let Some(target) = targets.iter().find(linear)
            && share != 0.0
        {
            let kind = cell(target).map_or("", |p| &p.kind);
            let rule = format!(
                "is a conductance, and {target} is of kind {kind}, which takes currents only: give the receptor \
                 kind = \"current\""
            );
            judge.broken(format!("{path}.receptor"), rule);
        }
    }
}
