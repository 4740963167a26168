//! Passive membrane and adaptation constants: what the theory needs to know of a cell.

use serde::{Deserialize, Serialize};

/// Constants of a point neuron that both the simulation and the theory use.
///
/// The membrane equation of the cells of this family is
///
/// ```text
/// C_m dV/dt   = g_L (E_L - V) + I_spike(V) - w + I_syn + I
/// tau_w dw/dt = a (V - E_L) - w            w += b at a spike
/// ```
///
/// A cell without adaptation has `a = b = 0`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(non_snake_case)]
pub struct Membrane {
    /// Membrane capacitance (pF), > 0.
    pub C_m: f64,
    /// Leak conductance (nS), > 0.
    pub g_L: f64,
    /// Leak reversal potential (mV).
    pub E_L: f64,
    /// Nominal spike threshold (mV); the Edgeworth tail of the 31-term threshold uses it.
    pub V_th: f64,
    /// Reset potential (mV).
    pub V_reset: f64,
    /// Refractory period (ms).
    pub t_ref: f64,
    /// Subthreshold adaptation (nS).
    pub a: f64,
    /// Spike-triggered adaptation (pA).
    pub b: f64,
    /// Adaptation time constant (ms), > 0.
    pub tau_w: f64,
}

impl Membrane {
    /// Resting membrane time constant `C_m / g_L` (ms).
    #[must_use]
    pub fn tau_m(&self) -> f64 {
        self.C_m / self.g_L
    }
}
