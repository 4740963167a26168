//! One class of synapses onto a population: what the shot-noise theory needs to know of it.

use crate::moments::scalar::Scalar;
use crate::moments::short_term::ShortTermPlasticity;
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

/// A class of equal synapses: per presynaptic spike a conductance `weight * exp(-t / tau_syn)`, or the difference of
/// exponentials with that peak where there is a rise time.
///
/// A current is the class with `alpha = 0` and a driving force of 1 mV, its weight (pA) of either sign: [`SynapseClass::current`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(non_snake_case)]
pub struct SynapseClass {
    /// Mean number of synapses per target neuron, `K = N p` (>= 0).
    pub in_degree: f64,
    /// Peak conductance (nS, >= 0; with `alpha = 0` of either sign).
    pub weight: f64,
    /// Decay time constant (ms, > 0).
    pub tau_syn: f64,
    /// Reversal potential (mV).
    pub E_rev: f64,
    /// Mixture with a current-based drive; `None` is a pure conductance.
    pub mixture: Option<Mixture>,
    /// Rise time constant (ms, 0 for an exponential, at most `tau_syn`; equal to it for an alpha function).
    pub tau_rise: f64,
    /// Short-term plasticity; `None` for the same weight at every spike.
    pub short_term: Option<ShortTermPlasticity>,
}

impl SynapseClass {
    /// Exponential currents of peak `weight` (pA, negative for inhibition) per presynaptic spike.
    #[must_use]
    pub fn current(in_degree: f64, weight: f64, tau_syn: f64) -> Self {
        let mixture = Some(Mixture { alpha: 0.0, V_0: 0.0 });
        Self { in_degree, weight, tau_syn, E_rev: 1.0, mixture, tau_rise: 0.0, short_term: None }
    }

    /// Integral of the kernel of a spike over its weight (ms): `tau_syn`, or that of the difference of exponentials of peak 1,
    /// `(tau_d - tau_r) / (q^(tau_r/(tau_d-tau_r)) - q^(tau_d/(tau_d-tau_r)))` with `q = tau_r/tau_d`; `e tau` for an alpha
    /// function.
    #[must_use]
    pub fn area(&self) -> f64 {
        let (rise, decay) = (self.tau_rise, self.tau_syn);
        let difference = decay - rise;
        if rise <= 0.0 {
            decay
        } else if difference < 1e-6 * decay {
            std::f64::consts::E * 0.5 * (rise + decay)
        } else {
            let q = rise / decay;
            difference / (q.powf(rise / difference) - q.powf(decay / difference))
        }
    }

    /// `int PSP^2 / k^2` and `int PSP^3 / k^3` (1/ms, 1/ms^2) of a potential with the time constant `tau_m` (ms), `k = int PSP`.
    ///
    /// The potential is a chain of three exponentials; with `s1, s2, s3` the elementary symmetric functions of their time
    /// constants `a, b, c`, `int PSP^2 = s2 / (2 (a+b)(a+c)(b+c))` and `int PSP^3 = (4 s1 s2 s3 + 8 s2^3 + 18 s3^2) /
    /// (3 s2 (a+2b)(2a+b)(a+2c)(2a+c)(b+2c)(2b+c))`, regular where time constants agree.
    pub(crate) fn powers<S: Scalar>(&self, tau_m: S) -> (S, S) {
        let (a, b) = (self.tau_syn, self.tau_rise);
        if b == 0.0 {
            let second = S::constant(1.0) / ((tau_m + a) * 2.0);
            let third = S::constant(2.0) / ((tau_m * 2.0 + a) * (tau_m + 2.0 * a) * 3.0);
            return (second, third);
        }
        let s1 = tau_m + (a + b);
        let s2 = tau_m * (a + b) + a * b;
        let s3 = tau_m * (a * b);
        let second = s2 / ((tau_m + a) * (tau_m + b) * (2.0 * (a + b)));
        let numerator = s1 * s2 * s3 * 4.0 + s2 * s2 * s2 * 8.0 + s3 * s3 * 18.0;
        let pair = |x: f64| (tau_m + 2.0 * x) * (tau_m * 2.0 + x);
        let third = numerator / (s2 * pair(a) * pair(b) * (3.0 * (a + 2.0 * b) * (2.0 * a + b)));
        (second, third)
    }

    /// Means of the part of the weight that a spike has, and of its square, at a presynaptic rate (Hz).
    pub(crate) fn release<S: Scalar>(&self, rate: S) -> (S, S) {
        match &self.short_term {
            None => (S::constant(1.0), S::constant(1.0)),
            Some(plasticity) => plasticity.release(rate),
        }
    }
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
        let signed = self.alpha() == 0.0;
        check("weight", self.weight, signed || self.weight >= 0.0, "a conductance >= 0 nS");
        check("tau_syn", self.tau_syn, self.tau_syn > 0.0, "a time > 0 ms");
        check("E_rev", self.E_rev, true, "a finite potential in mV");
        let rise = (0.0..=self.tau_syn).contains(&self.tau_rise);
        check("tau_rise", self.tau_rise, rise, "a time from 0 ms to tau_syn");
        if let Some(s) = self.short_term {
            check("U", s.U, s.U > 0.0 && s.U <= 1.0, "a number above 0, at most 1");
            check("tau_rec", s.tau_rec, s.tau_rec > 0.0, "a time > 0 ms");
            check("tau_facil", s.tau_facil, s.tau_facil >= 0.0, "a time >= 0 ms");
        }
        if let Some(m) = self.mixture {
            check("alpha", m.alpha, (0.0..=1.0).contains(&m.alpha), "a share between 0 and 1");
            check("V_0", m.V_0, true, "a finite potential in mV");
        }
        faults
    }
}
