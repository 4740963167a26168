//! From a [`ModelSpec`] to a [`Model`]: names, units of cell parameters, combinations.

use super::cell_checks::{
    check_input_of_equations, check_input_of_linear_cells, idle_parameters, resolve_cell,
};
use super::changes::resolve_changes;
use super::coarse_step::coarse_step;
use super::connections::{resolve_projections, rounded_in_degrees, unused};
use super::equation_kind::{check_unused_currents, with_kinds};
use super::judge::{Judge, unknown};
use super::no_effect::{after_the_run, autapses, doubtful_potentials, drawn_again};
use super::receptor_equations::{check_projections, equations_of_sources, ports};
use super::record::resolve_record;
use super::start::above_threshold;
use super::synapse_equations::equations_of_synapses;
use super::synaptic_events::resolve_synaptic_events;
use super::unused_parameters::check_unused_parameters;
use super::{Afferent, Model, Population, Receptor, VoltageClamp};
use crate::kernel::CellModel;
use crate::model::cell_library::CellLibrary;
use crate::spec::fault::{FaultKind, Faults};
use crate::spec::key::Words;
use crate::spec::nearest::nearest;
use crate::spec::tree::Node;
use crate::spec::units::Dimension;
use crate::spec::waveform::Waveform;
use crate::spec::{
    AfferentActivity, Distribution, MOST_STEPS, Method, ModelSpec, NeuronsSpec, PopulationSpec,
    SpikeListSpec, TheoryModel, Trains,
};

/// Resolves `spec`; the model is meaningful only when there is no fault.
pub(super) fn resolve(
    mut spec: ModelSpec,
    root: &Node,
    library: &CellLibrary,
    faults: &mut Faults,
) -> Model {
    let mut judge = Judge::new(root, faults);
    let library = &with_kinds(&spec, library, &mut judge);
    // A kind that the library has from another file becomes part of the model.
    let named: Vec<String> =
        spec.populations.values().filter_map(|p| p.cell.model.clone()).collect();
    for name in named {
        if let Some(declared) = library.kind(&name).and_then(|kind| kind.declaration())
            && !spec.kinds.contains_key(&name)
        {
            spec.kinds.insert(name, declared.clone());
        }
    }
    let dt = spec.simulation.dt;
    let steps = (spec.simulation.t_stop / dt).round();
    // Where the duration is at fault, what is wrong in the first step is.
    let n_steps = if steps <= MOST_STEPS { steps.max(1.0) as u32 } else { 1 };
    let mut notices = Vec::new();
    check_windows(&spec, &mut judge);
    check_measured(&spec, &mut judge);
    check_published(&spec, &mut judge);
    check_quadratic(&spec, &mut judge);
    let receptors: Vec<Receptor> = spec
        .receptors
        .iter()
        .map(|(name, r)| Receptor {
            name: name.clone(),
            kind: r.kind.clone(),
            tau_syn: r.tau_syn.unwrap_or(0.0),
            tau_rise: r.tau_rise,
        })
        .collect();
    if spec.simulation.method == Method::Euler && !judge.concerns("simulation.method") {
        check_receptors(&receptors, dt, &mut judge);
    }
    let populations: Vec<Population> = spec
        .populations
        .iter()
        .filter_map(|(name, population)| {
            resolve_population(name, population, &spec, n_steps, library, &mut judge)
        })
        .collect();
    if spec.theory.model == TheoryModel::Siegert {
        for other in populations.iter().filter(|p| p.kind != "LIF") {
            let rule = format!(
                "\"siegert\" is for cells of model LIF; those of {} are {}",
                other.name, other.kind
            );
            judge.broken("theory.model", rule);
        }
    }
    let afferents: Vec<Afferent> = spec
        .afferents
        .iter()
        .map(|(name, a)| Afferent {
            name: name.clone(),
            size: a.size as u32,
            activity: a.activity.clone(),
        })
        .collect();
    check_afferents(&spec, n_steps, &mut judge);
    let projections = resolve_projections(&spec, &mut judge);
    check_projections(&spec, &mut judge);
    let source_equations = equations_of_sources(&spec, &mut judge);
    let synapse_equations = equations_of_synapses(&spec, &mut judge);
    notices.extend(notice_of_record(&spec));
    notices.extend(unused(&spec));
    notices.extend(rounded_in_degrees(&spec));
    notices.extend(after_the_run(&spec));
    notices.extend(autapses(&spec));
    notices.extend(drawn_again(&spec));
    notices.extend(doubtful_potentials(&spec));
    notices.extend(coarse_step(&spec, &receptors, &populations));
    notices.extend(above_threshold(&populations));
    notices.extend(idle_parameters(&spec, &populations, library));
    for (name, population) in &spec.populations {
        for (parameter, _) in &population.cell.distributed {
            notices.push(format!(
                "populations.{name}.cell.{parameter} differs between neurons: transfer functions are those of cells with its mean"
            ));
        }
    }
    for population in &populations {
        let mut remarks = population.cell.remarks(dt, spec.simulation.method);
        if population.initial.iter().any(|(name, _)| name == "V_m") {
            remarks.retain(|remark| !remark.starts_with("the potential starts"));
        }
        notices.extend(
            remarks.into_iter().map(|remark| format!("cells of {}: {remark}", population.name)),
        );
    }
    check_unused_currents(&spec, library, &mut judge);
    check_unused_parameters(&spec, &mut judge);
    check_input_of_linear_cells(&spec, &populations, &mut judge);
    check_input_of_equations(&spec, &populations, &mut judge);
    // Indices in projections refer to the populations as written; when a cell is faulty the model
    // is discarded with its faults, so the lists never disagree in a model that is returned.
    let mut model = Model {
        spec,
        n_steps,
        receptors,
        populations,
        afferents,
        projections,
        sampled: Vec::new(),
        recorded_afferents: Vec::new(),
        synaptic_events: Vec::new(),
        source_equations,
        synapse_equations,
        changes: Vec::new(),
        notices,
    };
    resolve_synaptic_events(&mut model, &mut judge);
    resolve_record(&mut model, &mut judge);
    if judge.is_clean() {
        resolve_changes(&mut model, library, &mut judge);
    }
    model
}

/// Under the euler method a time constant must be longer than the step.
fn check_receptors(receptors: &[Receptor], dt: f64, judge: &mut Judge<'_>) {
    for receptor in receptors {
        let times = [("tau_syn", Some(receptor.tau_syn)), ("tau_rise", receptor.tau_rise)];
        for (key, tau) in times.into_iter().filter_map(|(k, t)| t.map(|t| (k, t))) {
            let key = format!("receptors.{}.{key}", receptor.name);
            if tau <= dt && receptor.kind.decays() && !judge.concerns(&key) {
                let rule =
                    format!("must be longer than the step (dt = {dt} ms) under the euler method");
                judge.fault_of(key, &tau, FaultKind::Combination { rule });
            }
        }
    }
}

fn resolve_population(
    name: &str,
    population: &PopulationSpec,
    spec: &ModelSpec,
    n_steps: u32,
    library: &CellLibrary,
    judge: &mut Judge<'_>,
) -> Option<Population> {
    let dt = spec.simulation.dt;
    let path = format!("populations.{name}");
    let own = population.cell.preset.as_ref().and_then(|name| library.named_preset(name).ok());
    let own = own.and_then(|named| named.preset.current).map(|current| current.waveform());
    let current = population.current.clone().or(own).unwrap_or(Waveform::Constant(0.0));
    judge.finite(&current, n_steps, dt, &format!("{path}.I_e"));
    let size_is_known = !judge.concerns(&format!("{path}.size"));
    let numbers = |judge: &mut Judge<'_>, neurons: &NeuronsSpec, key: String| {
        let size = population.size;
        let numbers = neurons.numbers(size);
        if numbers.is_none() && size_is_known && !judge.concerns(&key) {
            let allowed = format!("neuron numbers below the size ({size})");
            judge.fault(key, FaultKind::OutOfRange { allowed });
        }
        numbers
    };
    let mut injections = Vec::new();
    for (i, injection) in population.injections.iter().enumerate() {
        let key = format!("{path}.injections[{i}]");
        if let Some(numbers) = numbers(judge, &injection.neurons, format!("{key}.neurons")) {
            injections.push((numbers, injection.current.clone()));
        }
        judge.finite(&injection.current, n_steps, dt, &format!("{key}.current"));
    }
    let mut voltage_clamps: Vec<VoltageClamp> = Vec::new();
    for (i, clamp) in population.voltage_clamp.0.iter().enumerate() {
        let key = format!("{path}.{}", population.voltage_clamp.key(i));
        judge.finite(&clamp.V, n_steps, dt, &format!("{key}.V"));
        let steps = judge.steps_of(&clamp.span, n_steps, dt, &key);
        let numbers = numbers(judge, &clamp.neurons, format!("{key}.neurons"));
        let (Some(neurons), Some(steps)) = (numbers, steps) else { continue };
        let holds = |other: &VoltageClamp| {
            let together = other.steps.start < steps.end && steps.start < other.steps.end;
            neurons.iter().copied().find(|n| together && other.neurons.binary_search(n).is_ok())
        };
        if let Some(neuron) = voltage_clamps.iter().find_map(holds) {
            let rule = format!("neuron {neuron} is held by another clamp at the same time");
            judge.broken(format!("{key}.neurons"), rule);
        }
        voltage_clamps.push(VoltageClamp { neurons, command: clamp.V.clone(), steps });
    }
    let cell = resolve_cell(&population.cell, name, spec, library, judge)?;
    let ports = ports(spec, name, cell.model.as_ref(), &cell.values, judge);
    let mut initial = resolve_initial(population, cell.model.as_ref(), spec, &path, judge);
    for (parameter, values) in cell.drawn {
        if listed_otherwise(&values, population.size) {
            let rule = format!("a list has one value for each of the {} neurons", population.size);
            judge.broken(format!("{path}.cell.{parameter}"), rule);
        }
        initial.push((parameter, values));
    }
    Some(Population {
        name: name.to_owned(),
        size: population.size as u32,
        kind: cell.kind,
        parameters: cell.values,
        parameter_table: cell.table,
        cell: cell.model,
        current,
        space: population.space,
        initial,
        injections,
        own_currents: Vec::new(),
        voltage_clamps,
        ports,
    })
}

/// Initial values in numbers, after checking that each variable exists.
fn resolve_initial(
    population: &PopulationSpec,
    cell: &dyn CellModel,
    spec: &ModelSpec,
    path: &str,
    judge: &mut Judge<'_>,
) -> Vec<(String, Distribution)> {
    let mut valid: Vec<(String, Option<Dimension>)> =
        cell.variables().iter().map(|v| (v.name.to_owned(), Some(v.dimension))).collect();
    let with_variable = spec.receptors.iter().filter(|(_, r)| r.kind.decays());
    valid.extend(with_variable.map(|(name, r)| {
        let known = !judge.concerns(&format!("receptors.{name}.kind"));
        (format!("g_{name}"), known.then(|| r.kind.dimension()))
    }));
    let mut initial = Vec::new();
    for (variable, written) in &population.initial {
        let key = format!("{path}.initial.{variable}");
        let Some((_, dimension)) = valid.iter().find(|v| v.0 == *variable) else {
            let names: Vec<String> = valid.iter().map(|v| v.0.clone()).collect();
            // Whatever equations call it, the potential is V_m here.
            let kind = population.cell.model.as_ref().and_then(|name| spec.kinds.get(name));
            let own = kind.and_then(|kind| kind.variables.0.first());
            let near = match own.is_some_and(|own| own.0 == *variable)
                || variable.eq_ignore_ascii_case("v")
            {
                true => Some("V_m"),
                false => nearest(variable, names.iter().map(String::as_str)),
            };
            let near = near.map(str::to_owned);
            judge.fault(key, FaultKind::UnknownKey { nearest: near, valid: names });
            continue;
        };
        let Some(dimension) = dimension.filter(|_| !judge.concerns(&key)) else { continue };
        match written.numbers(dimension) {
            Err(error) => judge.fault(key, FaultKind::Quantity(error)),
            Ok(value) => match value.broken_rule() {
                Some(rule) => judge.broken(key, rule),
                None if listed_otherwise(&value, population.size) => {
                    let rule =
                        format!("a list has one value for each of the {} neurons", population.size);
                    judge.broken(key, rule);
                }
                None => initial.push((variable.clone(), value)),
            },
        }
    }
    initial
}

/// Whether a list has not one value for each neuron.
fn listed_otherwise(value: &Distribution, size: u64) -> bool {
    matches!(value, Distribution::Listed(values) if values.len() as u64 != size)
}

fn check_windows(spec: &ModelSpec, judge: &mut Judge<'_>) {
    let (t_stop, dt) = (spec.simulation.t_stop, spec.simulation.dt);
    for name in spec.populations.keys().filter(|name| spec.afferents.contains_key(*name)) {
        let kind = FaultKind::Duplicate { what: "name of a population" };
        judge.fault(format!("afferents.{name}"), kind);
    }
    let windows = [("stationary", spec.compare.stationary), ("transient", spec.compare.transient)];
    for (key, window) in windows {
        let Some([start, stop]) = window else { continue };
        let key = format!("compare.{key}");
        if stop > t_stop {
            let rule = format!("ends at {stop} ms, after the run (t_stop = {t_stop} ms)");
            judge.broken(key, rule);
        } else if (start / dt).round() >= (stop / dt).round() && !judge.concerns(&key) {
            judge.broken(key, format!("holds no step (dt = {dt} ms)"));
        }
    }
}

/// Transfer functions measured elsewhere: each population once.
fn check_measured(spec: &ModelSpec, judge: &mut Judge<'_>) {
    for (i, measured) in spec.theory.measured.iter().enumerate() {
        let key = format!("theory.measured[{i}].population");
        if judge.concerns(&key) {
            continue;
        }
        let name = &measured.population;
        if !spec.populations.contains_key(name) {
            judge.fault(key, unknown("population", name, spec.populations.keys()));
        } else if spec.theory.measured[..i].iter().any(|m| m.population == *name) {
            judge.fault(key, FaultKind::Duplicate { what: "population" });
        }
    }
}

/// The exact mean field of quadratic neurons has its own parameters, and one population.
fn check_quadratic(spec: &ModelSpec, judge: &mut Judge<'_>) {
    const TABLE: &str = "theory.montbrio_pazo_roxin";
    if judge.concerns("theory.model") || judge.concerns(TABLE) {
        return;
    }
    let wanted = spec.theory.model == TheoryModel::MontbrioPazoRoxin;
    match (wanted, spec.theory.montbrio_pazo_roxin.is_some()) {
        (true, false) => {
            let rule = format!("\"montbrio_pazo_roxin\" needs its parameters, [{TABLE}]");
            judge.broken("theory.model", rule);
        }
        (false, true) => {
            judge.broken(TABLE, "belongs to theory.model = \"montbrio_pazo_roxin\"");
        }
        _ => {}
    }
    let n = spec.populations.len();
    if wanted && n > 1 {
        let rule =
            format!("\"montbrio_pazo_roxin\" is for a model with one population; it has {n}");
        judge.broken("theory.model", rule);
    }
}

/// Published transfer functions: populations of the model, one theory.
fn check_published(spec: &ModelSpec, judge: &mut Judge<'_>) {
    for name in spec.theory.populations.keys() {
        let key = format!("theory.populations.{name}");
        if !spec.populations.contains_key(name) {
            judge.fault(key, unknown("population", name, spec.populations.keys()));
        } else if spec.theory.model != TheoryModel::Zerlaut && !judge.concerns("theory.model") {
            let model = spec.theory.model.word();
            judge.broken(key, format!("theory.model = \"{model}\" takes no coefficients"));
        }
    }
}

fn check_afferents(spec: &ModelSpec, n_steps: u32, judge: &mut Judge<'_>) {
    let dt = spec.simulation.dt;
    for (name, afferent) in &spec.afferents {
        let path = format!("afferents.{name}");
        match &afferent.activity {
            AfferentActivity::Rate { rate, trains, .. } => {
                judge.rate(rate, n_steps, dt, &format!("{path}.rate"));
                if let Trains::PerSource { spikes, .. } = trains {
                    check_spikes(spikes, afferent.size, &path, judge);
                }
            }
            AfferentActivity::Spikes { spikes } => {
                check_spikes(spikes, afferent.size, &path, judge);
            }
        }
    }
}

fn check_spikes(spikes: &SpikeListSpec, size: u64, path: &str, judge: &mut Judge<'_>) {
    let key = format!("{path}.spikes.ids");
    if judge.concerns(&key) || judge.concerns(&format!("{path}.size")) {
        return;
    }
    // Lists of neurons are not ids: too many of them are.
    let trains = format!("{path}.spikes.trains");
    if judge.root().locate(&trains).1 {
        if spikes.ids.iter().any(|&id| id >= size) {
            let rule = format!("has spikes of more neurons than the size ({size})");
            judge.broken(trains, rule);
        }
        return;
    }
    if let Some(id) = spikes.ids.iter().find(|&&id| id >= size) {
        let allowed = format!("indices below the size ({size})");
        judge.fault_of(key, &id, FaultKind::OutOfRange { allowed });
    }
}

fn notice_of_record(spec: &ModelSpec) -> Option<String> {
    let record = &spec.record;
    let counts = [record.V_m, record.cell_variables, record.conductances, record.currents];
    let nothing = !record.spikes
        && counts.iter().all(|&n| n == 0)
        && record.traces.is_empty()
        && record.afferents.is_none();
    nothing.then(|| "this run records nothing but spike counts: see [record]".to_owned())
}
