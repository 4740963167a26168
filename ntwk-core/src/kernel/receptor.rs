//! A synaptic receptor, resolved.

use crate::spec::ReceptorKind;

/// A synaptic receptor.
#[derive(Debug, Clone, PartialEq)]
pub struct Receptor {
    /// Name.
    pub name: String,
    /// How it acts.
    pub kind: ReceptorKind,
    /// Decay time constant (ms); 0 of potential steps.
    pub tau_syn: f64,
    /// Rise time constant (ms) of a double exponential.
    pub tau_rise: Option<f64>,
}

impl Receptor {
    /// Reversal potential (mV); `None` for a current and for potential steps.
    #[must_use]
    #[allow(non_snake_case)]
    pub fn E_rev(&self) -> Option<f64> {
        self.kind.E_rev()
    }

    /// Integral over time (ms) of the response to one event of weight 1: `tau_syn`, or
    /// `k tau_syn tau_rise` for a double exponential of unit peak.
    #[must_use]
    pub fn area(&self) -> f64 {
        self.tau_rise
            .map_or(self.tau_syn, |rise| rise_gain(self.tau_syn, rise) * self.tau_syn * rise)
    }
}

/// The gain `k` of `ds/dt = -s/tau + k x` that makes the peak of `s` after one event, with `x` in
/// units of the weight, the weight: `k = e / tau` for `tau_rise = tau`, else
/// `k = (1/tau_rise - 1/tau) / (e^(-t*/tau) - e^(-t*/tau_rise))` with the time of the peak
/// `t* = ln(tau/tau_rise) tau tau_rise / (tau - tau_rise)`.
pub(crate) fn rise_gain(tau: f64, tau_rise: f64) -> f64 {
    if are_equal(tau, tau_rise) {
        return std::f64::consts::E / tau;
    }
    let peak = (tau / tau_rise).ln() * tau * tau_rise / (tau - tau_rise);
    let height = (-peak / tau).exp() - (-peak / tau_rise).exp();
    (1.0 / tau_rise - 1.0 / tau) / height
}

/// Whether two time constants are too near for the difference of exponentials.
pub(crate) fn are_equal(tau: f64, tau_rise: f64) -> bool {
    (tau - tau_rise).abs() < 1e-6 * tau
}
