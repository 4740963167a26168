//! What a run samples, resolved.

use super::judge::{Judge, unknown};
use super::{Model, Projection, SampleSteps, Source};
use crate::spec::fault::FaultKind;

/// A variable that is sampled for some neurons of a population.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sampled {
    /// Variable, for example `V_m` or `g_exc`.
    pub variable: String,
    /// Unit.
    pub unit: &'static str,
    /// Name of the table of `record.traces` that asks for it; `None` for the keys of `record` itself.
    pub group: Option<String>,
    /// The neurons, ascending: one for each column, the target where columns are synapses.
    pub neurons: Vec<u32>,
    /// Source neuron of each column where columns are synapses, which are known once the network is built; else empty.
    pub sources: Vec<u32>,
    /// When samples are taken.
    pub steps: SampleSteps,
    pub(crate) quantity: Quantity,
}

impl Sampled {
    /// Its name among the traces of its population: the variable, after the group and a dot where it is of one.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.group {
            Some(group) => format!("{group}.{}", self.variable),
            None => self.variable.clone(),
        }
    }

    /// Expected number of columns: that of the neurons, or of the synapses onto them.
    #[must_use]
    pub fn expected_columns(&self, model: &Model) -> f64 {
        let neurons = self.neurons.len() as f64;
        match self.quantity {
            Quantity::Weight { projection, mean: false, .. } => {
                neurons * model.projections[projection].in_degree
            }
            _ => neurons,
        }
    }

    /// Its neurons among those of `run`.
    pub(crate) fn within(&self, run: std::ops::Range<u32>) -> &[u32] {
        let place = |n: u32| self.neurons.partition_point(|&m| m < n);
        &self.neurons[place(run.start)..place(run.end)]
    }
}

/// What a trace samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// State variable by column.
    Variable(usize),
    /// The variable `s` of a receptor column.
    Receptor(usize),
    /// Its current `s (q - p V)`.
    Current(usize),
    /// What a cell defines on the way, by its place.
    Definition(usize),
    /// Weights of the synapses of a plastic projection (index in the model) onto a neuron, or a variable of those that have
    /// equations: each, or their mean.
    Weight { projection: usize, variable: Option<usize>, mean: bool },
}

/// Afferent spikes that are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedAfferent {
    /// Name of the afferent population; of trains per target, that of the projection.
    pub name: String,
    /// Name of the afferent population.
    pub afferent: String,
    /// Name of the target population where each of its neurons has a train of its own; `None` where afferent neurons spike.
    pub target: Option<String>,
    /// Number of trains: afferent neurons, or targets.
    pub size: u32,
    /// Index of the afferent population.
    pub(crate) source: usize,
    /// Index of the projection, where there is a target.
    pub(crate) projection: Option<usize>,
}

/// A variable that population `index` has: name, unit, and where it is.
fn variables(model: &Model, index: usize) -> Vec<(String, &'static str, Quantity)> {
    let cell = model.populations[index].cell.variables().iter().enumerate();
    let mut found: Vec<_> =
        cell.map(|(k, v)| (v.name.to_owned(), v.dimension.unit(), Quantity::Variable(k))).collect();
    let defined = model.populations[index].cell.definitions().iter().enumerate();
    found.extend(
        defined.map(|(k, v)| (v.name.to_owned(), v.dimension.unit(), Quantity::Definition(k))),
    );
    for (column, r) in model.receptors_of(index).into_iter().enumerate() {
        let receptor = &model.receptors[r];
        if !receptor.kind.decays() {
            continue;
        }
        // The variable of a current is that current.
        if receptor.E_rev().is_some() {
            found.push((format!("g_{}", receptor.name), "nS", Quantity::Receptor(column)));
        }
        found.push((format!("I_{}", receptor.name), "pA", Quantity::Current(column)));
    }
    for (index, projection) in model.projections.iter().enumerate().filter(|p| p.1.target == index)
    {
        let synapse = projection.synapse.and_then(|s| model.synapse_equations(s));
        for (v, (variable, dimension)) in
            synapse.iter().flat_map(|s| s.variables.iter().enumerate())
        {
            for mean in [false, true] {
                let start = if mean { "mean_" } else { "" };
                let name = format!("{start}{variable}_{}", projection.name);
                let quantity = Quantity::Weight { projection: index, variable: Some(v), mean };
                found.push((name, dimension.unit(), quantity));
            }
        }
        if projection.plasticity.is_some() {
            let unit = model.receptors[projection.receptor].kind.dimension().unit();
            let name = &projection.name;
            for (variable, mean) in
                [(format!("weight_{name}"), false), (format!("mean_weight_{name}"), true)]
            {
                found.push((
                    variable,
                    unit,
                    Quantity::Weight { projection: index, variable: None, mean },
                ));
            }
        }
    }
    found
}

/// What every population samples: the keys of `record` first, then its tables in their order.
pub(super) fn resolve_record(model: &mut Model, judge: &mut Judge<'_>) {
    check_interval(model, model.spec.record.interval, "record.interval", judge);
    let record = &model.spec.record;
    let whole_run = SampleSteps::every(u64::from(model.record_every()));
    // Populations with a faulty cell are missing, and with them the order of the others.
    if model.populations.len() < model.spec.populations.len() {
        check_names(model, judge);
        return;
    }
    let mut sampled: Vec<Vec<Sampled>> = Vec::new();
    for index in 0..model.populations.len() {
        let size = u64::from(model.populations[index].size);
        let mut own = Vec::new();
        for (variable, unit, quantity) in variables(model, index) {
            let wanted = match quantity {
                Quantity::Variable(0) => record.V_m,
                Quantity::Variable(_) => record.cell_variables,
                Quantity::Receptor(_) => record.conductances,
                Quantity::Current(_) => record.currents,
                Quantity::Definition(_) | Quantity::Weight { .. } => 0,
            };
            if wanted > 0 {
                let neurons = (0..wanted.min(size) as u32).collect();
                own.push(Sampled {
                    variable,
                    unit,
                    group: None,
                    neurons,
                    sources: Vec::new(),
                    steps: whole_run,
                    quantity,
                });
            }
        }
        sampled.push(own);
    }
    check_names(model, judge);
    for (name, traces) in &record.traces {
        let path = format!("record.traces.{name}");
        check_interval(model, traces.interval, &format!("{path}.interval"), judge);
        let steps = judge.steps_of(&traces.span, model.n_steps, model.dt(), &path);
        if traces.span.start < 0.0 && !judge.concerns(&format!("{path}.start")) {
            let allowed = ">= 0 ms: a run begins there".to_owned();
            judge.fault(format!("{path}.start"), FaultKind::OutOfRange { allowed });
        }
        let named = model.populations.iter().position(|p| p.name == traces.population);
        let Some(index) = named else { continue };
        let size = u64::from(model.populations[index].size);
        let key = format!("{path}.neurons");
        let neurons = traces.neurons.numbers(size);
        if neurons.is_none() && !judge.concerns(&key) {
            let allowed = format!("neurons of {}, which has {size}", traces.population);
            judge.fault(&key, FaultKind::OutOfRange { allowed });
        }
        let (Some(neurons), Some(steps)) = (neurons, steps) else { continue };
        let every = traces.interval.map_or(whole_run.every, |t| model.steps_between(t));
        let end = (steps.end < u32::MAX).then_some(u64::from(steps.end));
        let steps = SampleSteps { first: u64::from(steps.start), every, end };
        let known = variables(model, index);
        let key = format!("{path}.variables");
        for (i, variable) in traces.variables.iter().enumerate() {
            let Some((_, unit, quantity)) = known.iter().find(|v| v.0 == *variable) else {
                if !judge.concerns(&key) {
                    let what = "variable of the population";
                    judge.fault_of(
                        &key,
                        variable,
                        unknown(what, variable, known.iter().map(|v| &v.0)),
                    );
                }
                continue;
            };
            if traces.variables[..i].contains(variable) {
                judge.fault_of(&key, variable, FaultKind::Duplicate { what: "variable" });
            }
            sampled[index].push(Sampled {
                variable: variable.clone(),
                unit,
                group: Some(name.clone()),
                neurons: neurons.clone(),
                sources: Vec::new(),
                steps,
                quantity: *quantity,
            });
        }
    }
    model.sampled = sampled;
    model.recorded_afferents = recorded_afferents(model, judge);
}

fn recorded_afferents(model: &Model, judge: &mut Judge<'_>) -> Vec<RecordedAfferent> {
    let mut recorded: Vec<RecordedAfferent> = Vec::new();
    let names = model.spec.record.afferents.as_deref().unwrap_or_default();
    let key = "record.afferents";
    for (i, name) in names.iter().enumerate() {
        let Some(afferent) = model.afferents.iter().position(|a| a.name == *name) else {
            if model.spec.afferents.contains_key(name) {
                continue;
            }
            let all = model.afferents.iter().map(|a| &a.name);
            judge.fault_of(key, name, unknown("afferent population", name, all));
            continue;
        };
        if names[..i].contains(name) {
            judge.fault_of(key, name, FaultKind::Duplicate { what: "name" });
            continue;
        }
        let sends = |p: &Projection| p.source == Source::Afferent(afferent);
        if !model.projections.iter().any(sends) {
            // One that is written and faulty has its faults already.
            if model.spec.projections.iter().any(|p| p.source == *name) {
                continue;
            }
            judge.fault_of(
                key,
                name,
                FaultKind::Combination {
                    rule: "no projection has this source: nothing is sent".to_owned(),
                },
            );
        } else if model.afferents[afferent].sends_trains_per_target() {
            for (index, projection) in model.projections.iter().enumerate().filter(|p| sends(p.1)) {
                let spec = &model.spec;
                if spec.populations.contains_key(&projection.name)
                    || spec.afferents.contains_key(&projection.name)
                {
                    let rule = format!(
                        "the trains of projection {} would have the name of a population: give the projection another one",
                        projection.name
                    );
                    judge.fault_of(key, name, FaultKind::Combination { rule });
                }
                let target = &model.populations[projection.target];
                recorded.push(RecordedAfferent {
                    name: projection.name.clone(),
                    afferent: name.clone(),
                    target: Some(target.name.clone()),
                    size: target.size,
                    source: afferent,
                    projection: Some(index),
                });
            }
        } else {
            let size = model.afferents[afferent].size;
            recorded.push(RecordedAfferent {
                name: name.clone(),
                afferent: name.clone(),
                target: None,
                size,
                source: afferent,
                projection: None,
            });
        }
    }
    recorded
}

/// Populations that the tables name.
fn check_names(model: &Model, judge: &mut Judge<'_>) {
    let populations = &model.spec.populations;
    for (name, traces) in &model.spec.record.traces {
        let key = format!("record.traces.{name}.population");
        if !populations.contains_key(&traces.population) && !judge.concerns(&key) {
            judge.fault(key, unknown("population", &traces.population, populations.keys()));
        }
    }
}

fn check_interval(model: &Model, interval: Option<f64>, key: &str, judge: &mut Judge<'_>) {
    let Some(interval) = interval.filter(|_| !judge.concerns("simulation.t_stop")) else { return };
    let (dt, duration) = (model.dt(), model.t_stop());
    if interval < 0.5 * dt || interval > duration {
        let allowed = format!("between dt ({dt} ms) and t_stop ({duration} ms)");
        judge.fault_of(key, &interval, FaultKind::OutOfRange { allowed });
    }
}
