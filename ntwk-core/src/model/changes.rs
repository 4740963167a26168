//! Changes during a run: each becomes the whole model from its time on.

use std::sync::Arc;

use super::cell_checks::{Cell, resolve_cell};
use super::judge::{Judge, unknown};
use super::receptor_equations::ports;
use super::{Change, Model, Population};
use crate::kernel::CellModel;
use crate::model::cell_library::CellLibrary;
use crate::spec::bound::Bound;
use crate::spec::fault::{FaultKind, Faults};
use crate::spec::key::{KeyValue, Kind, Place, Section, find};
use crate::spec::units::Dimension;
use crate::spec::waveform::Waveform;
use crate::spec::{
    AfferentActivity, AfferentSpec, Distribution, EventSpec, EventValue, Method, PopulationSpec,
    ProjectionSpec, ReceptorKind, ReceptorSpec,
};

/// What is wrong with an event, and where.
type Broken = (&'static str, FaultKind);

/// Resolves the events of `model` in order of time (then of the list).
pub(super) fn resolve_changes(model: &mut Model, library: &CellLibrary, judge: &mut Judge<'_>) {
    if model.spec.events.iter().all(|event| event.set.is_none()) {
        // No copy of long lists of connections.
        return;
    }
    let events = model.spec.events.clone();
    let mut order: Vec<usize> = (0..events.len()).collect();
    order.sort_by(|&a, &b| events[a].time.total_cmp(&events[b].time));
    let mut current = model.clone();
    let mut changes: Vec<Change> = Vec::new();
    for i in order {
        let event = &events[i];
        let Some(set) = &event.set else { continue };
        let path = format!("events[{i}]");
        let step = judge.step_of_event(event.time, model.n_steps, model.dt(), &path);
        let Some(step) = step else { continue };
        match apply(&mut current, set, event, library, &path, judge) {
            Ok(()) => changes.push(Change { step, model: Arc::new(current.clone()) }),
            Err((key, kind)) => judge.fault(format!("{path}.{key}"), kind),
        }
    }
    // Of several changes in one step the last holds them all.
    changes.reverse();
    changes.dedup_by_key(|change| change.step);
    changes.reverse();
    model.changes = changes;
}

fn apply(
    model: &mut Model,
    set: &str,
    event: &EventSpec,
    library: &CellLibrary,
    path: &str,
    judge: &mut Judge<'_>,
) -> Result<(), Broken> {
    let parts: Vec<&str> = set.split('.').collect();
    let (n_steps, dt) = (model.n_steps, model.dt());
    let value_key = format!("{path}.value");
    match parts[..] {
        ["populations", name, key @ "I_e"] => {
            let i = position(model.populations.iter().map(|p| &p.name), name)?;
            let waveform: Waveform = value(event, PopulationSpec::KEYS, key)?;
            judge.finite(&waveform, n_steps, dt, &value_key);
            set_current(&mut model.populations[i], waveform, event)?;
        }
        ["populations", name, "cell", parameter] => {
            let i = position(model.populations.iter().map(|p| &p.name), name)?;
            set_parameter(model, i, parameter, event, library, path, judge)?;
        }
        ["afferents", name, key @ "rate"] => {
            let i = position(model.afferents.iter().map(|a| &a.name), name)?;
            let new: Waveform = value(event, AfferentSpec::KEYS, key)?;
            judge.rate(&new, n_steps, dt, &value_key);
            match &mut model.afferents[i].activity {
                AfferentActivity::Rate { rate, .. } => *rate = new,
                AfferentActivity::Spikes { .. } => {
                    return Err(broken(
                        "set",
                        format!("{name} is given as spikes and has no rate"),
                    ));
                }
            }
        }
        ["projections", name, "weight"] => {
            for i in projections_called(model, name)? {
                let projection = &model.projections[i];
                if projection.weights.constant().is_none() || projection.plasticity.is_some() {
                    let rule = format!(
                        "the weights of {} differ or change: there is no one weight to set",
                        projection.name
                    );
                    return Err(broken("set", rule));
                }
                let dimension = model.receptors[projection.receptor].kind.dimension();
                let bound = match dimension {
                    Dimension::Conductance => Bound::NonNegative,
                    _ => Bound::Any,
                };
                let weight = read(event, &Kind::Quantity(dimension, bound))?;
                model.projections[i].weight = weight;
                model.projections[i].weights = Distribution::Constant(weight);
            }
        }
        ["projections", name, key @ "release_probability"] => {
            for i in projections_called(model, name)? {
                let p: f64 = value(event, ProjectionSpec::KEYS, key)?;
                if model.projections[i].plasticity.is_some() {
                    let rule = "a plastic synapse releases with certainty".to_owned();
                    return Err(broken("set", rule));
                }
                model.projections[i].release_probability = p;
            }
        }
        ["receptors", name, key @ ("E_rev" | "tau_syn")] => {
            let i = position(model.receptors.iter().map(|r| &r.name), name)?;
            set_receptor(model, i, key, event)?;
        }
        _ => {
            return Err(unknown_key(&parts));
        }
    }
    Ok(())
}

/// The new current of all neurons, or of the chosen ones alone.
fn set_current(
    population: &mut Population,
    current: Waveform,
    event: &EventSpec,
) -> Result<(), Broken> {
    let Some(chosen) = &event.neurons else {
        population.current = current;
        population.own_currents.clear();
        return Ok(());
    };
    let Some(neurons) = chosen.numbers(u64::from(population.size)) else {
        let Population { name, size, .. } = population;
        let allowed = format!("neurons of {name}, which has {size}");
        return Err(("neurons", FaultKind::OutOfRange { allowed }));
    };
    for (before, _) in &mut population.own_currents {
        before.retain(|n| neurons.binary_search(n).is_err());
    }
    population.own_currents.retain(|(before, _)| !before.is_empty());
    population.own_currents.push((neurons, current));
    Ok(())
}

fn set_parameter(
    model: &mut Model,
    index: usize,
    parameter: &str,
    event: &EventSpec,
    library: &CellLibrary,
    path: &str,
    judge: &mut Judge<'_>,
) -> Result<(), Broken> {
    let Some(EventValue::Quantity(text)) = &event.value else {
        let allowed = "a number or text with a unit".to_owned();
        return Err(("value", FaultKind::OutOfRange { allowed }));
    };
    if matches!(parameter, "model" | "preset") {
        return Err(unknown_key(&[]));
    }
    let name = model.populations[index].name.clone();
    let Some((_, population)) = model.spec.populations.get_index(index) else { return Ok(()) };
    let mut cell = population.cell.clone();
    cell.values.retain(|v| v.0 != parameter);
    cell.values.push((parameter.to_owned(), text.clone()));
    let mut faults = Faults::default();
    let mut inner = Judge::new(judge.root(), &mut faults);
    let new = resolve_cell(&cell, &name, &model.spec, library, &mut inner);
    model.spec.populations[index].cell = cell;
    let new = new.map(|new| {
        let ports = ports(&model.spec, &name, new.model.as_ref(), &new.values, &mut inner);
        (new, ports)
    });
    // A fault of the new cell is a fault of the event.
    for fault in faults.list {
        let key = if fault.key.ends_with(&format!(".{parameter}")) { "value" } else { "set" };
        judge.fault(format!("{path}.{key}"), fault.kind);
    }
    let Some((Cell { values: parameters, model: cell, .. }, ports)) = new else { return Ok(()) };
    let names = |cell: &dyn CellModel| {
        let names: Vec<&str> = cell.variables().iter().map(|v| v.name).collect();
        names.join(", ")
    };
    let population = &mut model.populations[index];
    let (before, after) = (names(population.cell.as_ref()), names(cell.as_ref()));
    if before != after {
        let rule = format!(
            "would change the state variables of {name} from {before} to {after}, and state variables cannot change \
             during a run; start with a small value that is not zero, such as of a or b, instead of 0"
        );
        return Err(broken("value", rule));
    }
    population.parameters = parameters;
    population.ports = ports;
    population.cell = cell;
    Ok(())
}

fn set_receptor(
    model: &mut Model,
    index: usize,
    key: &str,
    event: &EventSpec,
) -> Result<(), Broken> {
    let (dt, method) = (model.dt(), model.method());
    let new: f64 = value(event, ReceptorSpec::KEYS, key)?;
    let receptor = &mut model.receptors[index];
    if !receptor.kind.decays() {
        let why = match receptor.kind {
            ReceptorKind::Delta => "raises the potential at once and ",
            _ => "",
        };
        let rule = format!("receptor {} {why}has no {key}", receptor.name);
        return Err(broken("set", rule));
    }
    if key == "tau_syn" {
        let least = receptor.tau_rise.unwrap_or(0.0);
        if !(new >= least && (new > dt || method != Method::Euler)) {
            let allowed = format!(
                "> 0 ms, at least tau_rise ({least} ms), and longer than dt under the euler method"
            );
            return Err(("value", FaultKind::OutOfRange { allowed }));
        }
        receptor.tau_syn = new;
        return Ok(());
    }
    match &mut receptor.kind {
        ReceptorKind::Conductance { E_rev } | ReceptorKind::Mixture { E_rev, .. } => *E_rev = new,
        _ => {
            let rule = format!("receptor {} is a current and has no E_rev", receptor.name);
            return Err(broken("set", rule));
        }
    }
    Ok(())
}

/// The projection of a name, or those of all targets of an entry that is called so.
fn projections_called(model: &Model, name: &str) -> Result<Vec<usize>, Broken> {
    let one = position(model.projections.iter().map(|p| &p.name), name);
    let entry = model.spec.projections.iter().find(|p| p.name.as_deref() == Some(name));
    match (one, entry) {
        (Ok(i), _) => Ok(vec![i]),
        (Err(fault), None) => Err(fault),
        (Err(_), Some(entry)) => {
            let name_of = |target: &String| format!("{name}_{target}");
            let names: Vec<String> = entry.target.iter().map(name_of).collect();
            let all = model.projections.iter().enumerate();
            Ok(all.filter(|(_, p)| names.contains(&p.name)).map(|(i, _)| i).collect())
        }
    }
}

fn position<'a>(
    mut names: impl Iterator<Item = &'a String> + Clone,
    name: &str,
) -> Result<usize, Broken> {
    let all = names.clone();
    let kind = || unknown("name in the key of a change", name, all);
    names.position(|n| n == name).ok_or_else(|| ("set", kind()))
}

fn unknown_key(parts: &[&str]) -> Broken {
    const KEYS: [&str; 7] = [
        "populations.NAME.I_e",
        "populations.NAME.cell.PARAMETER",
        "afferents.NAME.rate",
        "projections.NAME.weight",
        "projections.NAME.release_probability",
        "receptors.NAME.E_rev",
        "receptors.NAME.tau_syn",
    ];
    ("set", FaultKind::unknown_name("key that can change during a run", &parts.join("."), KEYS))
}

fn broken(key: &'static str, rule: String) -> Broken {
    (key, FaultKind::Combination { rule })
}

/// The new value of the key `name`, by the rules of its table.
fn value<T: KeyValue>(
    event: &EventSpec,
    keys: &'static [crate::spec::key::Key],
    name: &str,
) -> Result<T, Broken> {
    find(keys, name).map_or_else(|| Err(unknown_key(&[])), |key| read(event, &key.kind))
}

/// The new value, read and judged as the value of a file.
fn read<T: KeyValue>(event: &EventSpec, kind: &Kind) -> Result<T, Broken> {
    let Some(node) = event.value.as_ref().and_then(KeyValue::write) else {
        return Err(unknown_key(&[]));
    };
    let mut faults = Faults::default();
    let place =
        Place { node: &node, path: String::new(), own: None, root: &node, faults: &mut faults };
    let value = T::read(place, kind);
    faults.list.into_iter().next().map_or(Ok(value), |fault| Err(("value", fault.kind)))
}
