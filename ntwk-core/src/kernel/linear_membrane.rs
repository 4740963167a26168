//! A membrane without feedback of its potential.

/// A membrane `C_m dV/dt = -C_m (V - E_L) / tau_m + I` without any dependence of `I` on `V`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(non_snake_case)]
pub struct LinearMembrane {
    /// Membrane capacitance (pF), > 0.
    pub C_m: f64,
    /// Membrane time constant (ms), > 0.
    pub tau_m: f64,
}
