//! From a [`ModelSpec`] to a [`Model`]: names, units of cell parameters, combinations.

use std::sync::Arc;

use super::{Afferent, Model, Population, Projection, Receptor, Source};
use crate::cell::{CellLibrary, CellModel, Fallback, ParameterValues};
use crate::fault::{Fault, FaultKind, Faults, nearest};
use crate::spec::{
    AfferentActivity, CellSpec, ConnectionSpec, Method, ModelSpec, Named, ParameterText,
    ProjectionSpec,
};
use crate::waveform::Waveform;

/// Resolves `spec`; the model is meaningful only when no fault was added.
pub(super) fn resolve(spec: ModelSpec, library: &CellLibrary, faults: &mut Faults) -> Model {
    let dt = spec.simulation.dt;
    let steps = (spec.simulation.t_stop / dt).round();
    // A number of steps that is a fault must not be walked through in search of others.
    let n_steps = if steps <= f64::from(u32::MAX - 1) { steps.max(1.0) as u32 } else { 1 };
    let mut notices = Vec::new();
    check_simulation(&spec, faults);

    let receptors: Vec<Receptor> = spec
        .receptors
        .0
        .iter()
        .map(|(name, r)| Receptor { name: name.clone(), E_rev: r.E_rev, tau_syn: r.tau_syn })
        .collect();
    if spec.simulation.method == Method::Euler {
        for receptor in receptors.iter().filter(|r| r.tau_syn <= dt) {
            let rule =
                format!("must be longer than the step (dt = {dt} ms) under the euler method");
            let key = format!("receptors.{}.tau_syn", receptor.name);
            faults.push(
                key,
                Some(receptor.tau_syn.to_string()),
                None,
                FaultKind::Combination { rule },
            );
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
            let path = format!("populations.{name}.cell");
            let (kind, parameters, cell) = resolve_cell(&population.cell, &path, library, faults)?;
            let current = population.current.clone().unwrap_or(Waveform::Constant(0.0));
            check_finite(&current, n_steps, dt, &format!("populations.{name}.I_e"), faults);
            Some(Population {
                name: name.clone(),
                size: population.size as u32,
                kind,
                parameters,
                cell,
                current,
            })
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
    // Indices in projections refer to the populations as written; when a cell is faulty the model
    // is discarded with its faults, so the lists never disagree in a model that is returned.
    Model { spec, n_steps, receptors, populations, afferents, projections, notices }
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

type Cell = (String, ParameterValues, Arc<dyn CellModel>);

fn resolve_cell(
    spec: &CellSpec,
    path: &str,
    library: &CellLibrary,
    faults: &mut Faults,
) -> Option<Cell> {
    let preset = match &spec.preset {
        None => None,
        Some(name) => match library.preset(name) {
            Some(preset) => Some(preset),
            None => {
                let key = format!("{path}.preset");
                let names: Vec<&str> = library.presets().map(|p| p.name).collect();
                faults.push(
                    key,
                    Some(format!("\"{name}\"")),
                    None,
                    unknown("preset", name, &names),
                );
                return None;
            }
        },
    };
    let kind_name = match (&spec.model, preset) {
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
                .and_then(|p| p.values.iter().find(|v| v.0 == parameter.name).map(|v| v.1))
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

fn unknown(what: &'static str, name: &str, names: &[&str]) -> FaultKind {
    FaultKind::UnknownName {
        what,
        nearest: nearest(name, names.iter().copied()).map(str::to_owned),
        valid: names.iter().map(|&n| n.to_owned()).collect(),
    }
}

fn check_finite(waveform: &Waveform, n_steps: u32, dt: f64, key: &str, faults: &mut Faults) {
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
        match &afferent.activity {
            AfferentActivity::Rate { rate, .. } => {
                // The negation also catches NaN.
                if let Some(t) = first_time(rate, n_steps, dt, |x| !(x >= 0.0 && x.is_finite())) {
                    let allowed = format!("a rate >= 0 Hz (it is {} Hz at t = {t} ms)", rate.at(t));
                    faults.push(
                        format!("afferents.{name}.rate"),
                        None,
                        None,
                        FaultKind::OutOfRange { allowed },
                    );
                }
            }
            AfferentActivity::Spikes { spikes } => {
                if let Some(id) = spikes.ids.iter().find(|&&id| id >= afferent.size) {
                    let allowed = format!("indices below the size ({})", afferent.size);
                    let key = format!("afferents.{name}.spikes.ids");
                    faults.push(key, Some(id.to_string()), None, FaultKind::OutOfRange { allowed });
                }
                if let Some(t) = spikes.times.iter().find(|t| !(**t >= 0.0 && t.is_finite())) {
                    let key = format!("afferents.{name}.spikes.times");
                    let kind = FaultKind::OutOfRange { allowed: ">= 0 ms".to_owned() };
                    faults.push(key, Some(t.to_string()), None, kind);
                }
            }
        }
    }
}

fn resolve_projections(spec: &ModelSpec, faults: &mut Faults) -> Vec<Projection> {
    let dt = spec.simulation.dt;
    let mut projections: Vec<Projection> = Vec::new();
    let sources: Vec<&str> = spec.populations.names().chain(spec.afferents.names()).collect();
    for (i, written) in spec.projections.iter().enumerate() {
        let path = format!("projections[{i}]");
        let source = match (
            spec.populations.index(&written.source),
            spec.afferents.index(&written.source),
        ) {
            (Some(index), _) => Some((Source::Population(index), spec.populations.0[index].1.size)),
            (None, Some(index)) => Some((Source::Afferent(index), spec.afferents.0[index].1.size)),
            (None, None) => {
                let kind = unknown("population or afferent population", &written.source, &sources);
                faults.push(
                    format!("{path}.source"),
                    Some(format!("\"{}\"", written.source)),
                    None,
                    kind,
                );
                None
            }
        };
        let receptor = lookup(
            &spec.receptors,
            &written.receptor,
            "receptor",
            &format!("{path}.receptor"),
            faults,
        );
        let first_fault = faults.list.len();
        for target_name in &written.target {
            let Some(target) = lookup(
                &spec.populations,
                target_name,
                "population",
                &format!("{path}.target"),
                faults,
            ) else {
                continue;
            };
            let (Some((source, source_size)), Some(receptor)) = (source, receptor) else {
                continue;
            };
            let target_size = spec.populations.0[target].1.size;
            let Some(in_degree) = check_connection(
                spec,
                written,
                source,
                source_size,
                target,
                target_size,
                &path,
                faults,
            ) else {
                continue;
            };
            let name = match (&written.name, written.target.len()) {
                (Some(name), 1) => name.clone(),
                (Some(name), _) => format!("{name}_{target_name}"),
                (None, _) => format!("{}_{target_name}", written.source),
            };
            if projections.iter().any(|p| p.name == name) {
                let rule = format!(
                    "a projection called \"{name}\" exists already; give this one a name of its own"
                );
                faults.push(format!("{path}.name"), None, None, FaultKind::Combination { rule });
                continue;
            }
            projections.push(Projection {
                name,
                source,
                target,
                receptor,
                weight: written.weight,
                delay_steps: (written.delay / dt).round() as u32,
                release_probability: written.release_probability,
                connection: written.connection.clone(),
                in_degree,
            });
        }
        // A fault of the settings, not of one target, is the same for every target: say it once.
        let mut once: Vec<Fault> = Vec::new();
        for fault in faults.list.drain(first_fault..) {
            if !once.contains(&fault) {
                once.push(fault);
            }
        }
        faults.list.append(&mut once);
        if written.delay > 0.0 && written.delay < 0.5 * dt {
            let rule = format!("rounds to zero steps of dt = {dt} ms; write 0 if that is meant");
            faults.push(
                format!("{path}.delay"),
                Some(written.delay.to_string()),
                None,
                FaultKind::Combination { rule },
            );
        }
        if written.delay / dt > MAX_DELAY_STEPS {
            let kind = FaultKind::OutOfRange {
                allowed: format!("at most {MAX_DELAY_STEPS} steps of dt = {dt} ms"),
            };
            faults.push(format!("{path}.delay"), Some(written.delay.to_string()), None, kind);
        }
    }
    projections
}

/// Spikes wait in a ring of this many steps at most; a second of delay at dt = 0.01 ms fits.
const MAX_DELAY_STEPS: f64 = 100_000.0;

fn lookup<T>(
    named: &Named<T>,
    name: &str,
    what: &'static str,
    key: &str,
    faults: &mut Faults,
) -> Option<usize> {
    let index = named.index(name);
    if index.is_none() {
        let names: Vec<&str> = named.names().collect();
        faults.push(key, Some(format!("\"{name}\"")), None, unknown(what, name, &names));
    }
    index
}

/// Checks a connection rule against the sizes and returns the expected in-degree.
#[allow(clippy::too_many_arguments)]
fn check_connection(
    spec: &ModelSpec,
    written: &ProjectionSpec,
    source: Source,
    source_size: u64,
    target: usize,
    target_size: u64,
    path: &str,
    faults: &mut Faults,
) -> Option<f64> {
    let recurrent = source == Source::Population(target);
    let rate_driven = match source {
        Source::Afferent(i) => {
            matches!(spec.afferents.0[i].1.activity, AfferentActivity::Rate { .. })
        }
        Source::Population(_) => false,
    };
    let key = |name: &str| format!("{path}.connection.{name}");
    let mut broken = |name: &str, rule: String| {
        faults.push(key(name), None, None, FaultKind::Combination { rule });
        None
    };
    let autapses_given = match written.connection {
        ConnectionSpec::FixedInDegree { autapses, .. }
        | ConnectionSpec::PairwiseBernoulli { autapses, .. }
        | ConnectionSpec::AllToAll { autapses } => autapses,
        ConnectionSpec::OneToOne | ConnectionSpec::Pairs { .. } => false,
    };
    if autapses_given && !written.target.contains(&written.source) {
        return broken("autapses", "concerns a projection of a population onto itself".to_owned());
    }
    let candidates = if recurrent && !autapses_given { source_size - 1 } else { source_size };
    match &written.connection {
        ConnectionSpec::FixedInDegree { in_degree, probability, multapses, .. } => {
            let degree = match (in_degree, probability) {
                (Some(k), _) => *k,
                // The small term: 0.07 * 100 must be 7, not floor(6.999...).
                (None, Some(p)) => (p * source_size as f64 + 1e-9).floor() as u64,
                (None, None) => return broken("in_degree", "give in_degree or probability".to_owned()),
            };
            if rate_driven && !multapses {
                return broken(
                    "multapses",
                    "an independent event train per target has no multapses to forbid".to_owned(),
                );
            }
            if !multapses && degree > candidates {
                return broken("in_degree", format!("{degree} different sources out of {candidates}"));
            }
            if degree > 0 && candidates == 0 {
                return broken("in_degree", "there is no source to draw from".to_owned());
            }
            if degree > u64::from(u32::MAX) {
                return broken("in_degree", format!("{degree} is too many"));
            }
            Some(degree as f64)
        }
        ConnectionSpec::PairwiseBernoulli { .. } | ConnectionSpec::Pairs { .. } if rate_driven => broken(
            "rule",
            "a rate-driven afferent population sends an independent train to each target and needs a rule of \
             fixed in-degree (fixed_in_degree, all_to_all, one_to_one)"
                .to_owned(),
        ),
        ConnectionSpec::PairwiseBernoulli { probability, .. } => Some(probability * candidates as f64),
        ConnectionSpec::AllToAll { .. } => Some(candidates as f64),
        ConnectionSpec::OneToOne => {
            if source_size == target_size {
                Some(1.0)
            } else {
                broken("rule", format!("one_to_one needs equal sizes, not {source_size} and {target_size}"))
            }
        }
        ConnectionSpec::Pairs { sources, targets } => {
            if let Some(id) = sources.iter().find(|&&id| id >= source_size) {
                return broken("sources", format!("source {id} is beyond the source's size ({source_size})"));
            }
            if let Some(id) = targets.iter().find(|&&id| id >= target_size) {
                return broken("targets", format!("target {id} is beyond the target's size ({target_size})"));
            }
            Some(sources.len() as f64 / target_size as f64)
        }
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

fn unused(spec: &ModelSpec) -> Vec<String> {
    let mut notices = Vec::new();
    for name in spec.receptors.names() {
        if !spec.projections.iter().any(|p| p.receptor == name) {
            notices.push(format!("receptor {name} is used by no projection"));
        }
    }
    for name in spec.afferents.names() {
        if !spec.projections.iter().any(|p| p.source == name) {
            notices.push(format!("afferent population {name} projects to no population"));
        }
    }
    for (i, p) in spec.projections.iter().enumerate() {
        let silent = match p.connection {
            ConnectionSpec::FixedInDegree { in_degree: Some(0), .. } => true,
            ConnectionSpec::FixedInDegree { probability: Some(x), .. } => {
                let size = spec.populations.get(&p.source).map(|s| s.size);
                let size =
                    size.or_else(|| spec.afferents.get(&p.source).map(|s| s.size)).unwrap_or(0);
                x * (size as f64) < 1.0
            }
            ConnectionSpec::PairwiseBernoulli { probability, .. } => probability == 0.0,
            _ => false,
        };
        if silent || p.weight == 0.0 || p.release_probability == 0.0 {
            notices.push(format!("projections[{i}] (from {}) transmits nothing", p.source));
        }
    }
    notices
}
