//! From a [`ModelSpec`] to a [`Model`]: names, units of cell parameters, combinations.

use std::sync::Arc;

use super::cell_checks::{check_input_of_linear_cells, idle_parameters};
use super::changes::resolve_changes;
use super::connections::{resolve_projections, unused};
use super::{Afferent, Model, Population, Receptor};
use crate::kernel::CellModel;
use crate::model::cell::{Fallback, ParameterValues};
use crate::model::cell_library::{CellLibrary, PresetNameError};
use crate::spec::fault::{FaultKind, Faults, nearest};
use crate::spec::units::Dimension;
use crate::spec::waveform::Waveform;
use crate::spec::{
    AfferentActivity, CellSpec, Distribution, MOST_STEPS, Method, ModelSpec, NeuronsSpec,
    ParameterText, PopulationSpec, SpikeListSpec, Trains,
};

/// Resolves `spec`; the model is meaningful only when no fault was added.
pub(super) fn resolve(spec: ModelSpec, library: &CellLibrary, faults: &mut Faults) -> Model {
    let dt = spec.simulation.dt;
    let steps = (spec.simulation.t_stop / dt).round();
    // A number of steps that is a fault must not be walked through in search of others.
    let n_steps = if steps <= MOST_STEPS { steps.max(1.0) as u32 } else { 1 };
    let mut notices = Vec::new();
    check_simulation(&spec, faults);
    check_measured(&spec, faults);

    let receptors: Vec<Receptor> = spec
        .receptors
        .0
        .iter()
        .map(|(name, r)| Receptor {
            name: name.clone(),
            kind: r.kind,
            tau_syn: r.tau_syn,
            tau_rise: r.tau_rise,
        })
        .collect();
    if spec.simulation.method == Method::Euler {
        for receptor in &receptors {
            let times = [("tau_syn", Some(receptor.tau_syn)), ("tau_rise", receptor.tau_rise)];
            for (key, tau) in times.into_iter().filter_map(|(k, t)| t.map(|t| (k, t))) {
                if tau <= dt {
                    let rule = format!(
                        "must be longer than the step (dt = {dt} ms) under the euler method"
                    );
                    let key = format!("receptors.{}.{key}", receptor.name);
                    let kind = FaultKind::Combination { rule };
                    faults.push(key, Some(tau.to_string()), None, kind);
                }
            }
        }
    }

    if spec.populations.is_empty() {
        let expected = "at least one population".to_owned();
        if faults.is_empty() {
            faults.push("populations", None, None, FaultKind::MissingKey { expected });
        }
    }
    let populations: Vec<Population> = spec
        .populations
        .0
        .iter()
        .filter_map(|(name, population)| {
            resolve_population(name, population, &spec, n_steps, library, faults)
        })
        .collect();
    let afferents: Vec<Afferent> = spec
        .afferents
        .0
        .iter()
        .map(|(name, a)| Afferent {
            name: name.clone(),
            size: a.size as u32,
            activity: a.activity.clone(),
        })
        .collect();
    check_afferents(&spec, n_steps, faults);
    let projections = resolve_projections(&spec, faults);
    check_record(&spec, n_steps, &mut notices, faults);
    notices.extend(unused(&spec));
    notices.extend(idle_parameters(&spec, &populations, library));
    check_input_of_linear_cells(&spec, &populations, faults);
    // Indices in projections refer to the populations as written; when a cell is faulty the model
    // is discarded with its faults, so the lists never disagree in a model that is returned.
    let mut model = Model {
        spec,
        n_steps,
        receptors,
        populations,
        afferents,
        projections,
        changes: Vec::new(),
        notices,
    };
    if faults.is_empty() {
        resolve_changes(&mut model, library, faults);
    }
    model
}

fn resolve_population(
    name: &str,
    population: &PopulationSpec,
    spec: &ModelSpec,
    n_steps: u32,
    library: &CellLibrary,
    faults: &mut Faults,
) -> Option<Population> {
    let dt = spec.simulation.dt;
    let path = format!("populations.{name}");
    let (kind, parameters, cell) =
        resolve_cell(&population.cell, &format!("{path}.cell"), library, faults)?;
    let current = population.current.clone().unwrap_or(Waveform::Constant(0.0));
    check_finite(&current, n_steps, dt, &format!("{path}.I_e"), faults);
    let initial = resolve_initial(population, cell.as_ref(), spec, &path, faults);
    let mut numbers = |neurons: &NeuronsSpec, key: String| {
        let size = population.size;
        let inside = neurons.last().is_some_and(|last| last < size);
        let numbers = neurons.numbers().filter(|_| inside);
        if numbers.is_none() {
            let allowed = format!("neuron numbers below the size ({size})");
            faults.push(key, None, None, FaultKind::OutOfRange { allowed });
        }
        numbers.map(|list| list.into_iter().map(|n| n as u32).collect::<Vec<u32>>())
    };
    let mut injections = Vec::new();
    for (i, injection) in population.injections.iter().enumerate() {
        let key = format!("{path}.injections[{i}].neurons");
        if let Some(numbers) = numbers(&injection.neurons, key) {
            injections.push((numbers, injection.current.clone()));
        }
    }
    let voltage_clamp = population.voltage_clamp.as_ref().and_then(|clamp| {
        numbers(&clamp.neurons, format!("{path}.voltage_clamp.neurons"))
            .map(|numbers| (numbers, clamp.V.clone()))
    });
    for (i, injection) in population.injections.iter().enumerate() {
        let key = format!("{path}.injections[{i}].current");
        check_finite(&injection.current, n_steps, dt, &key, faults);
    }
    if let Some(clamp) = &population.voltage_clamp {
        check_finite(&clamp.V, n_steps, dt, &format!("{path}.voltage_clamp.V"), faults);
    }
    Some(Population {
        name: name.to_owned(),
        size: population.size as u32,
        kind,
        parameters,
        cell,
        current,
        space: population.space,
        initial,
        injections,
        voltage_clamp,
    })
}

/// Initial values in numbers, after checking that each variable exists.
fn resolve_initial(
    population: &PopulationSpec,
    cell: &dyn CellModel,
    spec: &ModelSpec,
    path: &str,
    faults: &mut Faults,
) -> Vec<(String, Distribution)> {
    let mut valid: Vec<(String, Dimension)> =
        cell.variables().iter().map(|v| (v.name.to_owned(), v.dimension)).collect();
    valid
        .extend(spec.receptors.0.iter().map(|(name, r)| (format!("g_{name}"), r.kind.dimension())));
    let mut initial = Vec::new();
    for (variable, written) in &population.initial.0 {
        let key = format!("{path}.initial.{variable}");
        let Some((_, dimension)) = valid.iter().find(|v| v.0 == *variable) else {
            let names: Vec<String> = valid.iter().map(|v| v.0.clone()).collect();
            let near = nearest(variable, names.iter().map(String::as_str)).map(str::to_owned);
            faults.push(key, None, None, FaultKind::UnknownKey { nearest: near, valid: names });
            continue;
        };
        match written.numbers(*dimension) {
            Err(error) => faults.push(key, None, None, FaultKind::Quantity(error)),
            Ok(value) => match value.broken_rule() {
                Some(rule) => faults.push(key, None, None, FaultKind::Combination { rule }),
                None => initial.push((variable.clone(), value)),
            },
        }
    }
    initial
}

fn check_simulation(spec: &ModelSpec, faults: &mut Faults) {
    let s = &spec.simulation;
    let positive = [("dt", s.dt), ("t_stop", s.t_stop)];
    for (key, value) in positive {
        if !(value > 0.0 && value.is_finite()) {
            let kind = FaultKind::OutOfRange { allowed: "> 0 ms".to_owned() };
            faults.push(format!("simulation.{key}"), Some(value.to_string()), None, kind);
        }
    }
    // A file says so with its line.
    let known = faults.list.iter().any(|f| f.key == "simulation.t_stop");
    if s.t_stop / s.dt > MOST_STEPS && !known {
        let rule = format!("is more than {MOST_STEPS} steps of {} ms", s.dt);
        let kind = FaultKind::Combination { rule };
        faults.push("simulation.t_stop".to_owned(), Some(s.t_stop.to_string()), None, kind);
    }
    for (name, _) in &spec.populations.0 {
        if spec.afferents.get(name).is_some() {
            let kind = FaultKind::Duplicate { what: "name of a population" };
            faults.push(format!("afferents.{name}"), None, None, kind);
        }
    }
    let windows = [("stationary", spec.compare.stationary), ("transient", spec.compare.transient)];
    for (key, window) in windows {
        if let Some([_, stop]) = window
            && stop > s.t_stop
        {
            let rule = format!("ends at {stop} ms, after the run (t_stop = {} ms)", s.t_stop);
            faults.push(format!("compare.{key}"), None, None, FaultKind::Combination { rule });
        }
    }
}

pub(super) type Cell = (String, ParameterValues, Arc<dyn CellModel>);

/// Transfer functions measured elsewhere: each population once, lists of one length.
fn check_measured(spec: &ModelSpec, faults: &mut Faults) {
    let names = spec.populations.0.iter().map(|p| p.0.as_str());
    for (i, measured) in spec.theory.measured.iter().enumerate() {
        measured.check(i, names.clone(), faults);
        let earlier = &spec.theory.measured[..i];
        if earlier.iter().any(|m| m.population == measured.population) {
            let kind = FaultKind::Duplicate { what: "population" };
            faults.push(format!("theory.measured[{i}].population"), None, None, kind);
        }
    }
}

pub(super) fn resolve_cell(
    spec: &CellSpec,
    path: &str,
    library: &CellLibrary,
    faults: &mut Faults,
) -> Option<Cell> {
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
                faults.push(format!("{path}.preset"), Some(format!("\"{name}\"")), None, kind);
                return None;
            }
        },
    };
    let kind_name = match (&spec.model, preset.as_ref().map(|named| named.preset)) {
        (Some(model), Some(preset)) if model != preset.kind => {
            let rule = format!("preset \"{}\" is of kind {}", preset.name, preset.kind);
            faults.push(
                format!("{path}.model"),
                Some(format!("\"{model}\"")),
                None,
                FaultKind::Combination { rule },
            );
            return None;
        }
        (Some(model), _) => model.as_str(),
        (None, Some(preset)) => preset.kind,
        (None, None) => {
            let expected = "a kind of cell, or preset = \"...\"".to_owned();
            let key = format!("{path}.model");
            if !faults.list.iter().any(|f| f.key == key) {
                faults.push(key, None, None, FaultKind::MissingKey { expected });
            }
            return None;
        }
    };
    let Some(kind) = library.kind(kind_name) else {
        let names: Vec<&str> = library.kinds().map(|k| k.name()).collect();
        faults.push(
            format!("{path}.model"),
            Some(format!("\"{kind_name}\"")),
            None,
            unknown("cell model", kind_name, &names),
        );
        return None;
    };

    let table = kind.parameters();
    for (name, _) in &spec.values {
        if !table.iter().any(|p| p.name == name) {
            let valid: Vec<String> = ["model", "preset"]
                .into_iter()
                .chain(table.iter().map(|p| p.name))
                .map(str::to_owned)
                .collect();
            let near = nearest(name, table.iter().map(|p| p.name)).map(str::to_owned);
            faults.push(
                format!("{path}.{name}"),
                None,
                None,
                FaultKind::UnknownKey { nearest: near, valid },
            );
        }
    }
    let mut values = Vec::new();
    let mut complete = true;
    for parameter in table {
        let key = format!("{path}.{}", parameter.name);
        let written = spec.values.iter().find(|v| v.0 == parameter.name).map(|v| &v.1);
        let value = match written {
            Some(ParameterText::Number(x)) => Some(*x),
            Some(ParameterText::Text(text)) => match parameter.dimension.parse(text) {
                Ok(x) => Some(x),
                Err(error) => {
                    faults.push(key, Some(format!("\"{text}\"")), None, FaultKind::Quantity(error));
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
                faults.push(key, Some(x.to_string()), None, FaultKind::OutOfRange { allowed });
                complete = false;
            }
            None if parameter.default == Fallback::Derived => {}
            None => {
                let expected = format!(
                    "{} in {} ({})",
                    parameter.dimension.name(),
                    parameter.dimension.unit(),
                    parameter.doc
                );
                faults.push(key, None, None, FaultKind::MissingKey { expected });
                complete = false;
            }
        }
    }
    if !complete {
        return None;
    }
    let values = ParameterValues { values };
    match kind.build(&values) {
        Ok(cell) => Some((kind_name.to_owned(), values, cell)),
        Err(broken) => {
            for rule in broken {
                let key = format!("{path}.{}", rule.parameter);
                let value = values.get(rule.parameter).map(|x| x.to_string());
                faults.push(key, value, None, FaultKind::Combination { rule: rule.rule });
            }
            None
        }
    }
}

pub(super) fn unknown(what: &'static str, name: &str, names: &[&str]) -> FaultKind {
    FaultKind::UnknownName {
        what,
        nearest: nearest(name, names.iter().copied()).map(str::to_owned),
        valid: names.iter().map(|&n| n.to_owned()).collect(),
    }
}

pub(super) fn check_finite(
    waveform: &Waveform,
    n_steps: u32,
    dt: f64,
    key: &str,
    faults: &mut Faults,
) {
    if let Some(t) = first_time(waveform, n_steps, dt, |x| !x.is_finite()) {
        let kind = FaultKind::OutOfRange { allowed: format!("finite (it is not at t = {t} ms)") };
        faults.push(key, None, None, kind);
    }
}

/// The first step time at which the value of `waveform` satisfies `bad`.
fn first_time(
    waveform: &Waveform,
    n_steps: u32,
    dt: f64,
    bad: impl Fn(f64) -> bool,
) -> Option<f64> {
    let steps = if waveform.constant().is_some() { 1 } else { n_steps };
    (0..steps).map(|k| f64::from(k) * dt).find(|&t| bad(waveform.at(t)))
}

fn check_afferents(spec: &ModelSpec, n_steps: u32, faults: &mut Faults) {
    let dt = spec.simulation.dt;
    for (name, afferent) in &spec.afferents.0 {
        let path = format!("afferents.{name}");
        match &afferent.activity {
            AfferentActivity::Rate { rate, trains, .. } => {
                check_rate(rate, n_steps, dt, format!("{path}.rate"), faults);
                if let Trains::PerSource { spikes, .. } = trains {
                    check_spikes(spikes, afferent.size, &path, faults);
                }
            }
            AfferentActivity::Spikes { spikes } => {
                check_spikes(spikes, afferent.size, &path, faults);
            }
        }
    }
}

/// Faults a rate that is negative or not finite at some step.
pub(super) fn check_rate(rate: &Waveform, n_steps: u32, dt: f64, key: String, faults: &mut Faults) {
    // The negation also catches NaN.
    if let Some(t) = first_time(rate, n_steps, dt, |x| !(x >= 0.0 && x.is_finite())) {
        let allowed = format!("a rate >= 0 Hz (it is {} Hz at t = {t} ms)", rate.at(t));
        faults.push(key, None, None, FaultKind::OutOfRange { allowed });
    }
}

fn check_spikes(spikes: &SpikeListSpec, size: u64, path: &str, faults: &mut Faults) {
    if let Some(id) = spikes.ids.iter().find(|&&id| id >= size) {
        let allowed = format!("indices below the size ({size})");
        let key = format!("{path}.spikes.ids");
        faults.push(key, Some(id.to_string()), None, FaultKind::OutOfRange { allowed });
    }
    if let Some(t) = spikes.times.iter().find(|t| !(**t >= 0.0 && t.is_finite())) {
        let key = format!("{path}.spikes.times");
        let kind = FaultKind::OutOfRange { allowed: ">= 0 ms".to_owned() };
        faults.push(key, Some(t.to_string()), None, kind);
    }
}

fn check_record(spec: &ModelSpec, n_steps: u32, notices: &mut Vec<String>, faults: &mut Faults) {
    let record = &spec.record;
    if let Some(interval) = record.interval {
        let duration = f64::from(n_steps) * spec.simulation.dt;
        if interval < 0.5 * spec.simulation.dt || interval > duration {
            let allowed =
                format!("between dt ({} ms) and t_stop ({duration} ms)", spec.simulation.dt);
            let kind = FaultKind::OutOfRange { allowed };
            faults.push("record.interval", Some(interval.to_string()), None, kind);
        }
    }
    let counts = [record.V_m, record.cell_variables, record.conductances, record.currents];
    if !record.spikes && counts.iter().all(|&n| n == 0) {
        notices.push("this run records nothing but spike counts: see [record]".to_owned());
    }
}
