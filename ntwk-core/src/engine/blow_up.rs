//! A variable that left all sense, and what may have driven it there.

use std::fmt;

use crate::kernel::{Membrane, ReceptorColumn};

/// The integration became unstable.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "the integration blew up: {variable} of neuron {neuron} in population {population} is {} at t = {time} ms \
     (dt = {dt} ms); {cause}{}",
    shown(*value),
    at_the_start(*time, cause)
)]
pub struct BlowUp {
    /// Population.
    pub population: String,
    /// Neuron in the population.
    pub neuron: u32,
    /// Variable.
    pub variable: &'static str,
    /// Its value.
    pub value: f64,
    /// Start of the step in which it was seen (ms).
    pub time: f64,
    /// Time step (ms).
    pub dt: f64,
    /// What acted on the neuron then; apart, so that the errors that hold it stay small.
    pub cause: Box<BlowUpCause>,
}

/// A value without hundreds of digits.
fn shown(value: f64) -> String {
    if value.abs() < 1e9 { value.to_string() } else { format!("{value:.3e}") }
}

/// What else to look at where the first step blows up by itself.
fn at_the_start(time: f64, cause: &BlowUpCause) -> &'static str {
    match cause {
        BlowUpCause::Step { .. } if time == 0.0 => {
            ". It is the first step: look at where the cell begins (initial.V_m), which is to be below its spike threshold"
        }
        _ => "",
    }
}

/// What acted on a neuron whose integration blew up; displayed as advice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BlowUpCause {
    /// A synaptic conductance with which the potential relaxes within less than a step.
    Conductance {
        /// Sum over the receptors (nS).
        total: f64,
        /// Time constant of the potential, `C_m / (g_L + total)` (ms).
        tau: f64,
        /// Whether a step that follows it could be taken: `tau` is at least a hundredth of the step.
        within_reach: bool,
    },
    /// A current that moves the potential by more than 100 mV in a step.
    Current {
        /// Sum over what is injected and the receptors that are currents (pA).
        total: f64,
        /// By how much it moves the potential in a step (mV).
        moved: f64,
    },
    /// Neither: the step is long beside what the cell does by itself.
    Step {
        /// Whether the method is forward Euler.
        euler: bool,
    },
}

/// Change of the potential in a step beyond which no cell is followed (mV).
const MOST_MOVED: f64 = 100.0;

impl fmt::Display for BlowUpCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conductance { total, tau, within_reach: true } => write!(
                f,
                "its synaptic conductance is {total:.4} nS, with which V_m relaxes in {tau:.3e} ms, less than a step: try a \
                 smaller dt, or smaller weights or rates"
            ),
            Self::Conductance { total, tau, within_reach: false } => write!(
                f,
                "its synaptic conductance is {total:.3e} nS, with which V_m relaxes in {tau:.3e} ms, beyond any dt: look at \
                 the weights, in-degrees and rates of the projections onto it"
            ),
            Self::Current { total, moved } => write!(
                f,
                "the current into it is {total:.3e} pA, which moves V_m by {moved:.3e} mV in a step: look at the currents \
                 and weights onto it"
            ),
            Self::Step { euler: true } => f.write_str("try a smaller dt, or method = \"heun\""),
            Self::Step { euler: false } => f.write_str("try a smaller dt"),
        }
    }
}

impl BlowUpCause {
    /// What acts on neuron `i` of the receptors, with a current `injected` (pA) in addition.
    pub(crate) fn of(
        receptors: &[ReceptorColumn],
        i: usize,
        injected: f64,
        membrane: &Membrane,
        dt: f64,
        euler: bool,
    ) -> Self {
        let (mut conductance, mut current) = (0.0, injected);
        for receptor in receptors {
            conductance += receptor.p * receptor.s[i];
            if receptor.p == 0.0 {
                current += receptor.q * receptor.s[i];
            }
        }
        let tau = membrane.C_m / (membrane.g_L + conductance);
        let moved = current * dt / membrane.C_m;
        if conductance > 0.0 && tau < dt {
            Self::Conductance { total: conductance, tau, within_reach: tau >= 0.01 * dt }
        } else if moved.abs() > MOST_MOVED {
            Self::Current { total: current, moved }
        } else {
            Self::Step { euler }
        }
    }
}
