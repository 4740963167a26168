//! Synapses that change: the state of one projection onto the neurons of one worker.

mod short_term;
mod stdp;

pub(crate) use short_term::{ShortTerm, SourceState};
pub(crate) use stdp::{Stdp, StdpRule, StdpState};

/// Dynamics of the synapses of a projection.
#[derive(Debug, Clone)]
pub(crate) enum Plasticity {
    /// Depression and facilitation, per source neuron.
    ShortTerm(ShortTerm),
    /// Spike-timing dependence, per synapse.
    Stdp(Stdp),
}
