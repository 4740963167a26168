//! The A-type potassium current of pyramidal cells.

use super::{check_ohmic, temperature_factor};
use crate::membrane::channel::{Gate, Kinetics};
use crate::membrane::exponential::{exp, sigmoid};
use crate::parameter_error::ParameterError;
use crate::units::f_over_rt;
use serde::{Deserialize, Serialize};

/// A-type potassium current (Hoffman et al. 1997, in Migliore's form): g n l (V − E)
///
/// ```text
/// ζ(V) = ζ_n − σ(−(V + 40)/5)     a = e^(ζ κ (V − V_n))     b = e^(ζ γ κ (V − V_n))
/// n∞ = 1/(1 + a)                  τ_n = max(τ_min, b/(φ a_0 (1 + a)))
/// l∞ = 1/(1 + e^(3 κ (V + 56)))   τ_l = a constant, or max(2, 0.26 (V + 50)) ms
/// ```
///
/// κ = F/(RT), φ = 5^((θ − 24)/10).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(non_snake_case)]
pub struct AType {
    /// Conductance density (S/cm²).
    pub g: f64,
    /// Reversal potential (mV).
    pub E: f64,
    /// ζ_n.
    pub zeta_n: f64,
    /// V_n (mV).
    pub V_n: f64,
    /// γ, the position of the barrier.
    pub gamma: f64,
    /// a_0 (1/ms), > 0.
    pub a_0: f64,
    /// Floor of τ_n (ms), > 0.
    pub tau_min: f64,
    /// Constant τ_l (ms); `None` for max(2, 0.26 (V + 50)).
    pub tau_l: Option<f64>,
}

impl AType {
    /// Proximal (within about 100 µm of the soma), inactivation of Poirazi et al. (2003): E −90 mV, τ_l 12 ms.
    #[must_use]
    pub fn proximal(g: f64) -> Self {
        AType {
            g,
            E: -90.0,
            zeta_n: -1.5,
            V_n: 11.0,
            gamma: 0.55,
            a_0: 0.05,
            tau_min: 0.1,
            tau_l: Some(12.0),
        }
    }

    /// Distal: E −90 mV, τ_l = max(2, 0.26 (V + 50)).
    #[must_use]
    pub fn distal(g: f64) -> Self {
        AType {
            g,
            E: -90.0,
            zeta_n: -1.8,
            V_n: -1.0,
            gamma: 0.39,
            a_0: 0.1,
            tau_min: 0.2,
            tau_l: None,
        }
    }
}

impl Kinetics<2> for AType {
    /// κ (1/mV) and φ.
    type Derived = (f64, f64);
    const KIND: &'static str = "a_type";
    const GATES: [&'static str; 2] = ["n", "l"];
    const IONS: &'static [&'static str] = &["k"];

    fn check(&self) -> Result<(), ParameterError> {
        check_ohmic(self.g, self.E)?;
        for (name, value) in [("zeta_n", self.zeta_n), ("V_n", self.V_n), ("gamma", self.gamma)] {
            ParameterError::finite(name, value, "")?;
        }
        ParameterError::positive("a_0", self.a_0, "1/ms")?;
        ParameterError::positive("tau_min", self.tau_min, "ms")?;
        self.tau_l.map_or(Ok(()), |tau| ParameterError::positive("tau_l", tau, "ms"))
    }

    fn derive(&self, celsius: f64) -> (f64, f64) {
        (f_over_rt(celsius), temperature_factor(5.0, celsius, 24.0))
    }

    #[inline(always)]
    fn gates(&self, (kappa, phi): &(f64, f64), v: f64, _: f64) -> [Gate; 2] {
        let zeta = self.zeta_n - sigmoid(-(v + 40.0) * 0.2);
        let x = zeta * kappa * (v - self.V_n);
        let a = exp(x);
        let tau_n = exp(self.gamma * x) / (phi * self.a_0 * (1.0 + a));
        let tau_n = if tau_n < self.tau_min { self.tau_min } else { tau_n };
        let tau_l = match self.tau_l {
            Some(tau) => tau,
            None => {
                let tau = 0.26 * (v + 50.0);
                if tau < 2.0 { 2.0 } else { tau }
            }
        };
        [Gate::tau(1.0 / (1.0 + a), tau_n), Gate::tau(sigmoid(-3.0 * kappa * (v + 56.0)), tau_l)]
    }

    #[inline(always)]
    fn current(&self, _: &(f64, f64), [n, l]: [f64; 2], v: f64) -> (f64, f64) {
        let g = self.g * (n * l);
        (g * (v - self.E), g)
    }
}
