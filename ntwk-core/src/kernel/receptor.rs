//! A synaptic receptor, resolved.

use crate::spec::ReceptorKind;

/// A synaptic receptor.
#[derive(Debug, Clone, PartialEq)]
pub struct Receptor {
    /// Name.
    pub name: String,
    /// How it acts.
    pub kind: ReceptorKind,
    /// Decay time constant (ms).
    pub tau_syn: f64,
    /// Rise time constant (ms) of a double exponential.
    pub tau_rise: Option<f64>,
}

impl Receptor {
    /// Reversal potential (mV); `None` for a current.
    #[must_use]
    #[allow(non_snake_case)]
    pub fn E_rev(&self) -> Option<f64> {
        self.kind.E_rev()
    }

    /// Integral over time (ms) of the response to one event of weight 1: `tau_syn`, or
    /// `k tau_syn tau_rise` for a double exponential of unit peak.
    #[must_use]
    pub fn area(&self) -> f64 {
        self.tau_rise.map_or(self.tau_syn, |rise| {
            crate::kernel::rise_gain(self.tau_syn, rise) * self.tau_syn * rise
        })
    }
}
