//! Synapses that change: the state of one projection onto the neurons of one worker.

mod short_term;
mod stdp;

pub(crate) use short_term::{ShortTerm, SourceState};
pub(crate) use stdp::{Stdp, StdpRule, StdpState};

use crate::engine::connectivity::TargetLists;

/// Dynamics of the synapses of a projection.
#[derive(Debug, Clone)]
pub(crate) enum Plasticity {
    /// Depression and facilitation, per source neuron.
    ShortTerm(ShortTerm),
    /// Spike-timing dependence, per synapse.
    Stdp(Stdp),
}

impl Plasticity {
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
            Self::ShortTerm(short_term) => {
                let weight = lists.weights().map_or(weight, |all| f64::from(all[synapse]));
                short_term.efficacy(source, step) * weight
            }
        }
    }
}
