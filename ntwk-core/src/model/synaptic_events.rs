//! Events that chosen neurons receive at given times.

use super::Model;
use super::judge::{Judge, unknown};
use crate::spec::fault::FaultKind;

/// An event of a synapse that acts on neurons of one population at the start of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct SynapticEvent {
    /// The step: its start has the raised variable of the receptor.
    pub step: u32,
    /// Index of the population.
    pub population: usize,
    /// Index of the receptor.
    pub receptor: usize,
    /// The neurons, ascending.
    pub neurons: Vec<u32>,
    /// Step of the receptor's variable (nS, pA, or mV of a receptor of potential steps).
    pub weight: f64,
}

/// Resolves the events of receptors of `model`, in order of time (then of the list).
pub(super) fn resolve_synaptic_events(model: &mut Model, judge: &mut Judge<'_>) {
    let mut resolved = Vec::new();
    for (i, event) in model.spec.events.iter().enumerate() {
        let (Some(population), Some(receptor), Some(weight)) =
            (&event.population, &event.receptor, event.weight)
        else {
            continue;
        };
        let path = format!("events[{i}]");
        let step = judge.step_of_event(event.time, model.n_steps, model.dt(), &path);
        let (populations, receptors) = (&model.spec.populations, &model.spec.receptors);
        let target = populations.get_full(population);
        if target.is_none() && !judge.is_unreadable("populations") {
            let key = format!("{path}.population");
            judge.fault(key, unknown("population", population, populations.keys()));
        }
        let column = receptors.get_index_of(receptor);
        if column.is_none() && !judge.is_unreadable("receptors") {
            judge
                .fault(format!("{path}.receptor"), unknown("receptor", receptor, receptors.keys()));
        }
        let (Some(step), Some((target, _, described)), Some(column)) = (step, target, column)
        else {
            continue;
        };
        let size = described.size;
        let neurons = match &event.neurons {
            None => Some((0..size as u32).collect()),
            Some(chosen) => chosen.numbers(size),
        };
        let keys = ["neurons", "weight", "time"].map(|key| format!("{path}.{key}"));
        if keys.iter().any(|key| judge.concerns(key))
            || judge.concerns(&format!("populations.{population}.size"))
        {
            continue;
        }
        let Some(neurons) = neurons else {
            let allowed = format!("neurons of {population}, which has {size}");
            judge.fault(format!("{path}.neurons"), FaultKind::OutOfRange { allowed });
            continue;
        };
        resolved.push(SynapticEvent {
            step,
            population: target,
            receptor: column,
            neurons,
            weight,
        });
    }
    resolved.sort_by_key(|event| event.step);
    model.synaptic_events = resolved;
}
