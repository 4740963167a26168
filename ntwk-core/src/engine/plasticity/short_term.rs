//! Short-term plasticity: resources and utilisation of each source neuron.

use serde::{Deserialize, Serialize};

/// State of the synapses of a projection under the Tsodyks-Markram model, one per source neuron:
/// all synapses of a neuron in the projection are in the same state (see
/// [`PlasticitySpec::TsodyksMarkram`](crate::spec::PlasticitySpec) for the equations). Every worker
/// holds a copy, as the state depends on the source's spikes alone.
#[derive(Debug, Clone)]
#[allow(non_snake_case)]
pub(crate) struct ShortTerm {
    U: f64,
    /// Steps in one time constant; 0 for no facilitation.
    tau_rec: f64,
    tau_facil: f64,
    sources: Vec<SourceState>,
    /// `[step % history]`: efficacy `u x` of each spike of the step, in the order in which they are read.
    efficacies: Vec<Vec<f64>>,
}

/// Of one source neuron, after its last spike.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct SourceState {
    /// Utilisation at the last spike.
    u: f64,
    /// Resources left by the last spike.
    x: f64,
    /// Step of the last spike; `u32::MAX` before the first.
    last: u32,
}

impl ShortTerm {
    /// `taus` are `[tau_rec, tau_facil]` in steps.
    #[allow(non_snake_case)]
    pub(crate) fn new(U: f64, [tau_rec, tau_facil]: [f64; 2], sources: u32, history: u32) -> Self {
        let rested = SourceState { u: 0.0, x: 1.0, last: u32::MAX };
        Self {
            U,
            tau_rec,
            tau_facil,
            sources: vec![rested; sources as usize],
            efficacies: vec![Vec::new(); history.max(1) as usize],
        }
    }

    /// Starts the list of a step.
    pub(crate) fn begin(&mut self, step: u32) {
        self.slot(step).clear();
    }

    /// A spike of `source` in `step`.
    pub(crate) fn spike(&mut self, source: u32, step: u32) {
        let (u, x) = self.at_spike(source, step);
        self.sources[source as usize] = SourceState { u, x: x * (1.0 - u), last: step };
        self.slot(step).push(u * x);
    }

    /// Efficacy `u x` that a spike of `source` in `step` has.
    pub(crate) fn efficacy(&self, source: u32, step: u32) -> f64 {
        let (u, x) = self.at_spike(source, step);
        u * x
    }

    /// Utilisation and resources at a spike of `source` in `step`.
    fn at_spike(&self, source: u32, step: u32) -> (f64, f64) {
        let state = &self.sources[source as usize];
        let (u_before, x) = if state.last == u32::MAX {
            (0.0, 1.0)
        } else {
            let steps = f64::from(step - state.last);
            let u =
                if self.tau_facil > 0.0 { state.u * (-steps / self.tau_facil).exp() } else { 0.0 };
            (u, 1.0 + (state.x - 1.0) * (-steps / self.tau_rec).exp())
        };
        (u_before + self.U * (1.0 - u_before), x)
    }

    /// Efficacies of the spikes of a step that is still kept.
    pub(crate) fn at(&self, step: u32) -> &[f64] {
        &self.efficacies[(step % self.efficacies.len() as u32) as usize]
    }

    fn slot(&mut self, step: u32) -> &mut Vec<f64> {
        let history = self.efficacies.len() as u32;
        &mut self.efficacies[(step % history) as usize]
    }

    /// What changes from step to step, before `step`; efficacies of spikes that are kept for `wait` steps.
    pub(crate) fn state(&self, step: u32, wait: u32) -> ShortTermState {
        let kept = step.saturating_sub(wait)..step;
        ShortTermState {
            sources: self.sources.clone(),
            efficacies: kept.map(|past| self.at(past).to_vec()).collect(),
        }
    }

    /// Takes up a state; `false` when it is of another projection.
    pub(crate) fn restore(&mut self, state: &ShortTermState, step: u32, wait: u32) -> bool {
        let kept = step.saturating_sub(wait)..step;
        let fits =
            state.sources.len() == self.sources.len() && state.efficacies.len() == kept.len();
        if fits {
            self.sources.copy_from_slice(&state.sources);
            for (past, efficacies) in kept.zip(&state.efficacies) {
                self.slot(past).clone_from(efficacies);
            }
        }
        fits
    }
}

/// The state of a projection under the Tsodyks-Markram model, as a checkpoint keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ShortTermState {
    sources: Vec<SourceState>,
    /// Of the last steps, in the order of the spikes of each.
    efficacies: Vec<Vec<f64>>,
}
