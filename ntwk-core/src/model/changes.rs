//! Changes during a run: each becomes the whole model from its time on.

use std::sync::Arc;

use super::resolve::{check_finite, check_rate, resolve_cell};
use super::{Change, Model};
use crate::kernel::CellModel;
use crate::model::cell_library::CellLibrary;
use crate::spec::fault::{FaultKind, Faults, nearest};
use crate::spec::units::Dimension;
use crate::spec::waveform::Waveform;
use crate::spec::{
    AfferentActivity, Distribution, EventSpec, EventValue, ParameterText, ReceptorKind,
};

/// What is wrong with an event, and where.
type Broken = (&'static str, FaultKind);

/// Resolves the events of `model` in order of time (then of the list).
pub(super) fn resolve_changes(model: &mut Model, library: &CellLibrary, faults: &mut Faults) {
    let events = model.spec.events.clone();
    let mut order: Vec<usize> = (0..events.len()).collect();
    order.sort_by(|&a, &b| events[a].time.total_cmp(&events[b].time));
    let mut current = model.clone();
    let mut changes: Vec<Change> = Vec::new();
    for i in order {
        let event = &events[i];
        let path = format!("events[{i}]");
        let step = (event.time / model.dt()).round();
        if !(event.time >= 0.0 && step < f64::from(model.n_steps)) {
            let allowed = format!("from 0 to before the end of the run ({} ms)", model.t_stop());
            let kind = FaultKind::OutOfRange { allowed };
            faults.push(format!("{path}.time"), Some(event.time.to_string()), None, kind);
            continue;
        }
        match apply(&mut current, event, library, &path, faults) {
            Ok(()) => {
                changes.push(Change { step: step as u32, model: Arc::new(current.clone()) });
            }
            Err((key, kind)) => faults.push(format!("{path}.{key}"), None, None, kind),
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
    event: &EventSpec,
    library: &CellLibrary,
    path: &str,
    faults: &mut Faults,
) -> Result<(), Broken> {
    let parts: Vec<&str> = event.set.split('.').collect();
    let (n_steps, dt) = (model.n_steps, model.dt());
    let value_key = format!("{path}.value");
    match parts[..] {
        ["populations", name, "I_e"] => {
            let i = find(model.populations.iter().map(|p| p.name.as_str()), name)?;
            let waveform = waveform(&event.value, Dimension::Current)?;
            check_finite(&waveform, n_steps, dt, &value_key, faults);
            model.populations[i].current = waveform;
        }
        ["populations", name, "cell", parameter] => {
            let i = find(model.populations.iter().map(|p| p.name.as_str()), name)?;
            let EventValue::Quantity(text) = &event.value else {
                return Err(not_a_number());
            };
            let cell = &mut model.spec.populations.0[i].1.cell;
            if matches!(parameter, "model" | "preset") {
                return Err(unknown_key(&[]));
            }
            cell.values.retain(|v| v.0 != parameter);
            cell.values.push((parameter.to_owned(), text.clone()));
            let before = faults.list.len();
            if let Some((_, parameters, cell)) =
                resolve_cell(cell, &format!("populations.{name}.cell"), library, faults)
            {
                let names = |cell: &dyn CellModel| {
                    let names: Vec<&str> = cell.variables().iter().map(|v| v.name).collect();
                    names.join(", ")
                };
                let (before, after) =
                    (names(model.populations[i].cell.as_ref()), names(cell.as_ref()));
                if before != after {
                    let rule = format!(
                        "would change the variables of the cells of {name} from {before} to {after}; a run keeps its \
                         variables (give a, b or what they hang on a small value where it is zero)"
                    );
                    return Err(("value", FaultKind::Combination { rule }));
                }
                model.populations[i].parameters = parameters;
                model.populations[i].cell = cell;
            }
            // A fault of the new cell is a fault of the event.
            for fault in &mut faults.list[before..] {
                let key =
                    if fault.key.ends_with(&format!(".{parameter}")) { "value" } else { "set" };
                fault.key = format!("{path}.{key}");
            }
        }
        ["afferents", name, "rate"] => {
            let i = find(model.afferents.iter().map(|a| a.name.as_str()), name)?;
            let new = waveform(&event.value, Dimension::Rate)?;
            check_rate(&new, n_steps, dt, value_key, faults);
            match &mut model.afferents[i].activity {
                AfferentActivity::Rate { rate, .. } => *rate = new,
                AfferentActivity::Spikes { .. } => {
                    let rule = format!("{name} is given as spikes and has no rate");
                    return Err(("set", FaultKind::Combination { rule }));
                }
            }
        }
        ["projections", name, "weight"] => {
            let i = find(model.projections.iter().map(|p| p.name.as_str()), name)?;
            let projection = &model.projections[i];
            let dimension = model.receptors[projection.receptor].kind.dimension();
            if projection.weights.constant().is_none() || projection.plasticity.is_some() {
                let rule = format!(
                    "the weights of {name} differ or change: there is no one weight to set"
                );
                return Err(("set", FaultKind::Combination { rule }));
            }
            let weight = number(&event.value, dimension)?;
            if dimension == Dimension::Conductance && weight < 0.0 {
                return Err(out_of_range(">= 0 nS"));
            }
            model.projections[i].weight = weight;
            model.projections[i].weights = Distribution::Constant(weight);
        }
        ["projections", name, "release_probability"] => {
            let i = find(model.projections.iter().map(|p| p.name.as_str()), name)?;
            let p = number(&event.value, Dimension::Number)?;
            if !(0.0..=1.0).contains(&p) {
                return Err(out_of_range("between 0 and 1"));
            }
            if model.projections[i].plasticity.is_some() {
                let rule = "a plastic synapse releases with certainty".to_owned();
                return Err(("set", FaultKind::Combination { rule }));
            }
            model.projections[i].release_probability = p;
        }
        ["receptors", name, key @ ("E_rev" | "tau_syn")] => {
            let i = find(model.receptors.iter().map(|r| r.name.as_str()), name)?;
            set_receptor(model, i, key, &event.value)?;
        }
        _ => {
            return Err(unknown_key(&parts));
        }
    }
    Ok(())
}

fn set_receptor(
    model: &mut Model,
    index: usize,
    key: &str,
    value: &EventValue,
) -> Result<(), Broken> {
    let (dt, method) = (model.dt(), model.method());
    let receptor = &mut model.receptors[index];
    if key == "tau_syn" {
        let tau = number(value, Dimension::Time)?;
        let least = receptor.tau_rise.unwrap_or(0.0);
        let euler = method == crate::spec::Method::Euler;
        if !(tau > 0.0 && tau >= least && (tau > dt || !euler)) {
            return Err(out_of_range(&format!(
                "> 0 ms, at least tau_rise ({least} ms), and longer than dt under the euler method"
            )));
        }
        receptor.tau_syn = tau;
        return Ok(());
    }
    let new = number(value, Dimension::Voltage)?;
    match &mut receptor.kind {
        ReceptorKind::Conductance { E_rev } | ReceptorKind::Mixture { E_rev, .. } => *E_rev = new,
        ReceptorKind::Current => {
            let rule = format!("receptor {} is a current and has no E_rev", receptor.name);
            return Err(("set", FaultKind::Combination { rule }));
        }
    }
    Ok(())
}

fn find<'a>(names: impl Iterator<Item = &'a str> + Clone, name: &str) -> Result<usize, Broken> {
    names.clone().position(|n| n == name).ok_or_else(|| {
        let kind = FaultKind::UnknownName {
            what: "name in the key of a change",
            nearest: nearest(name, names.clone()).map(str::to_owned),
            valid: names.map(str::to_owned).collect(),
        };
        ("set", kind)
    })
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
    let kind = FaultKind::UnknownName {
        what: "key that can change during a run",
        nearest: nearest(&parts.join("."), KEYS).map(str::to_owned),
        valid: KEYS.iter().map(|&k| k.to_owned()).collect(),
    };
    ("set", kind)
}

fn not_a_number() -> Broken {
    ("value", FaultKind::OutOfRange { allowed: "a number or text with a unit".to_owned() })
}

fn out_of_range(allowed: &str) -> Broken {
    ("value", FaultKind::OutOfRange { allowed: allowed.to_owned() })
}

fn number(value: &EventValue, dimension: Dimension) -> Result<f64, Broken> {
    let x = match value {
        EventValue::Quantity(ParameterText::Number(x)) => *x,
        EventValue::Quantity(ParameterText::Text(text)) => {
            dimension.parse(text).map_err(|error| ("value", FaultKind::Quantity(error)))?
        }
        EventValue::Waveform(_) => return Err(not_a_number()),
    };
    if x.is_finite() { Ok(x) } else { Err(out_of_range("finite")) }
}

fn waveform(value: &EventValue, dimension: Dimension) -> Result<Waveform, Broken> {
    match value {
        EventValue::Waveform(waveform) => Ok(waveform.clone()),
        EventValue::Quantity(_) => number(value, dimension).map(Waveform::Constant),
    }
}
