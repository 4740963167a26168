//! Synapses that a model declares by their equations, and the projections that have them.

use std::sync::Arc;

use super::judge::Judge;
use super::receptor_equations::say;
use crate::equations::SynapseEquations;
use crate::spec::ModelSpec;

/// The equations of every declared synapse, in the order of the file; faults are said.
pub(super) fn equations_of_synapses(
    spec: &ModelSpec,
    judge: &mut Judge<'_>,
) -> Vec<Option<Arc<SynapseEquations>>> {
    let mut all = Vec::new();
    for (name, synapse) in &spec.synapses {
        let path = format!("synapses.{name}");
        if judge.concerns(&path) {
            all.push(None);
            continue;
        }
        all.push(match SynapseEquations::new(synapse) {
            Ok(equations) if equations.on_pre.sends => Some(Arc::new(equations)),
            Ok(_) => {
                let rule = "sends nothing: write send(1) for an event with the weight";
                judge.broken(format!("{path}.on_pre"), rule);
                None
            }
            Err(faults) => {
                say(&path, faults, judge);
                None
            }
        });
    }
    for (i, projection) in spec.projections.iter().enumerate() {
        if projection.synapse.is_none() {
            continue;
        }
        let key = |name: &str| format!("projections[{i}].{name}");
        if projection.plasticity.is_some() {
            judge.broken(key("synapse"), "stands beside plasticity: give one of them");
        }
        if projection.delay.as_constant().is_none() {
            judge.broken(key("delay"), "must be the same for all synapses that have equations");
        }
        if projection.release_probability < 1.0 {
            let rule = "must be 1 where synapses have equations";
            judge.broken(key("release_probability"), rule);
        }
        if super::receptor_equations::sends_per_target(spec, &projection.source) {
            let rule = format!(
                "sends each target a train of its own, and synapses with equations are of single sources: give {} trains = \
                 \"per_source\", or spikes",
                projection.source
            );
            judge.broken(key("source"), rule);
        }
    }
    all
}
