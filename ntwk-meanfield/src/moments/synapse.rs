//! One class of synapses onto a population: what the shot-noise theory needs to know of it.

use serde::{Deserialize, Serialize};

/// Mixture of conductance-based and current-based drive of one synapse class.
///
/// The synaptic current is `g(t) [ alpha (E_rev - V) + (1 - alpha) (E_rev - V_0) ]`: `alpha = 1` is a conductance,
/// `alpha = 0` a current of the driving force at `V_0`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(non_snake_case)]
pub struct Mixture {
    /// Share of the conductance-based drive, in `[0, 1]`.
    pub alpha: f64,
    /// Potential at which the current-based share takes its driving force (mV).
    pub V_0: f64,
}

/// A class of equal synapses: exponential conductance kernel `weight * exp(-t / tau_syn)` per presynaptic spike.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(non_snake_case)]
pub struct SynapseClass {
    /// Mean number of synapses per target neuron, `K = N p` (>= 0).
    pub in_degree: f64,
    /// Peak conductance (nS, >= 0).
    pub weight: f64,
    /// Decay time constant (ms, > 0).
    pub tau_syn: f64,
    /// Reversal potential (mV).
    pub E_rev: f64,
    /// Mixture with a current-based drive; `None` is a pure conductance.
    pub mixture: Option<Mixture>,
}

impl SynapseClass {
    /// Weight of `V` in the driving force: 1 for a pure conductance.
    pub(crate) fn alpha(&self) -> f64 {
        self.mixture.map_or(1.0, |m| m.alpha)
    }

    /// The part of the driving force that does not depend on `V` (mV): `alpha E_rev + (1 - alpha)(E_rev - V_0)`.
    pub(crate) fn drive(&self) -> f64 {
        self.mixture.map_or(self.E_rev, |m| self.E_rev - (1.0 - m.alpha) * m.V_0)
    }

    /// The driving force (mV) at a potential: `alpha (E_rev - V) + (1 - alpha)(E_rev - V_0)`.
    pub(crate) fn driving_force(&self, potential: f64) -> f64 {
        self.drive() - self.alpha() * potential
    }

    /// The parameters outside their range, as `(name, value, requirement)`.
    pub(crate) fn faults(&self) -> Vec<(&'static str, f64, &'static str)> {
        let mut faults = Vec::new();
        let mut check = |name, value: f64, good: bool, requirement| {
            if !(good && value.is_finite()) {
                faults.push((name, value, requirement));
            }
        };
        check("in_degree", self.in_degree, self.in_degree >= 0.0, "a number >= 0");
        check("weight", self.weight, self.weight >= 0.0, "a conductance >= 0 nS");
        check("tau_syn", self.tau_syn, self.tau_syn > 0.0, "a time > 0 ms");
        check("E_rev", self.E_rev, true, "a finite potential in mV");
        if let Some(m) = self.mixture {
            check("alpha", m.alpha, (0.0..=1.0).contains(&m.alpha), "a share between 0 and 1");
            check("V_0", m.V_0, true, "a finite potential in mV");
        }
        faults
    }
}
