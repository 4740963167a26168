//! Synapses that change: the state of one projection onto the neurons of one worker.

mod equations;
mod short_term;
mod stdp;
mod targets;

pub(crate) use equations::{EquationSynapses, EquationSynapsesState};
pub(crate) use short_term::{ShortTerm, ShortTermState};
pub(crate) use stdp::{Stdp, StdpRule, StdpState};
pub(crate) use targets::SynapsesByTarget;

use crate::engine::connectivity::TargetLists;

/// Dynamics of the synapses of a projection.
#[derive(Debug, Clone)]
pub(crate) enum Plasticity {
    /// Depression and facilitation, per source neuron.
    ShortTerm(ShortTerm),
    /// Spike-timing dependence, per synapse.
    Stdp(Stdp),
    /// By equations, per synapse.
    Equations(EquationSynapses),
}

impl Plasticity {
    /// After what arrives in `step`.
    pub(crate) fn end_step(&mut self, step: u32) {
        if let Self::Stdp(stdp) = self {
            stdp.end_step(step);
        }
    }

    /// A spike of the target `target` (counted from the first of the run).
    pub(crate) fn spike_of_target(&mut self, target: usize, step: u32) {
        match self {
            Self::Stdp(stdp) => stdp.spike(target, step),
            Self::Equations(synapses) => synapses.spike(target, step),
            Self::ShortTerm(_) => {}
        }
    }

    /// The weight with which a synapse acts on a spike that arrives (of short-term plasticity, is sent) in `step`, before what the
    /// step changes; `weight` is that of all synapses where they do not differ.
    pub(crate) fn weight(
        &self,
        lists: &TargetLists,
        weight: f64,
        source: u32,
        synapse: usize,
        step: u32,
    ) -> f64 {
        match self {
            Self::Stdp(stdp) => stdp.weight(synapse),
            Self::Equations(_) => lists.weights().map_or(weight, |all| f64::from(all[synapse])),
            Self::ShortTerm(short_term) => {
                let weight = lists.weights().map_or(weight, |all| f64::from(all[synapse]));
                short_term.efficacy(source, step) * weight
            }
        }
    }
}
