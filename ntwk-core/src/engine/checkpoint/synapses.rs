//! The state of synapses that change.

use serde::{Deserialize, Serialize};

use crate::engine::network::Incoming;
use crate::engine::plasticity::{EquationSynapsesState, Plasticity, ShortTermState, StdpState};

/// Of the synapses of a projection onto consecutive neurons, from the first of the target population on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum SynapseState {
    ShortTerm(ShortTermState),
    Stdp(StdpState),
    Equations(EquationSynapsesState),
}

impl SynapseState {
    /// That of the synapses onto the neurons from `first` on, before `step`; `None` where nothing changes.
    pub(super) fn take(incoming: &Incoming, first: u32, step: u32, wait: u32) -> Option<Self> {
        Some(match incoming.plasticity.as_ref()? {
            Plasticity::ShortTerm(short_term) => Self::ShortTerm(short_term.state(step, wait)),
            Plasticity::Stdp(stdp) => Self::Stdp(stdp.state(first)),
            Plasticity::Equations(synapses) => Self::Equations(synapses.state(&incoming.lists)),
        })
    }

    /// Adds the synapses onto the neurons that follow.
    pub(super) fn append(&mut self, later: Self) {
        match (self, later) {
            (Self::Stdp(all), Self::Stdp(later)) => all.append(later),
            (Self::Equations(all), Self::Equations(later)) => all.append(later),
            // The same for all targets.
            _ => {}
        }
    }

    /// Gives synapses onto the neurons from `first` on their state; `false` when they are others.
    pub(super) fn restore(
        &self,
        incoming: &mut Incoming,
        first: u32,
        step: u32,
        wait: u32,
    ) -> bool {
        match (&mut incoming.plasticity, self) {
            (Some(Plasticity::ShortTerm(own)), Self::ShortTerm(kept)) => {
                own.restore(kept, step, wait)
            }
            (Some(Plasticity::Stdp(own)), Self::Stdp(kept)) => own.restore(kept, first),
            (Some(Plasticity::Equations(own)), Self::Equations(kept)) => {
                own.restore(kept, &incoming.lists, first)
            }
            _ => false,
        }
    }
}
