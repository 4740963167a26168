//! Calcium currents.

use super::{check_ohmic, temperature_factor};
use crate::membrane::channel::{Gate, Kinetics};
use crate::membrane::exponential::{exp, linoid, sigmoid};
use crate::parameter_error::ParameterError;
use serde::{Deserialize, Serialize};

ntwk_core::section! {
    /// High-threshold calcium current (Reuveni et al. 1993, as in Mainen et al. 1995): φ g m²h (V − E)
    ///
    /// ```text
    /// α_m = 0.209 Φ(−(V + 27)/3.8)           β_m = 0.94 e^(−(V + 75)/17)
    /// α_h = 4.57e-4 e^(−(V + 13)/50)         β_h = 0.0065 σ((V + 15)/28)
    /// ```
    ///
    /// times φ = 2.3^((θ − 23)/10). The reversal potential is fixed; it does not follow the concentration.
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct HighThresholdCalcium {
        /// conductance density (S/cm²)
        g: f64 = Quantity(ConductanceDensity, NonNegative), required;
        /// reversal potential (mV)
        E: f64 = Quantity(Voltage, Any), or(HighThresholdCalcium::new(0.0).E);
    }
}

impl HighThresholdCalcium {
    /// With E 140 mV.
    #[must_use]
    pub fn new(g: f64) -> Self {
        HighThresholdCalcium { g, E: 140.0 }
    }
}

impl Kinetics<2> for HighThresholdCalcium {
    /// φ.
    type Derived = f64;
    const KIND: &'static str = "high_threshold_calcium";
    const GATES: [&'static str; 2] = ["m", "h"];
    const IONS: &'static [&'static str] = &["ca"];
    const CARRIES_CALCIUM: bool = true;

    fn check(&self) -> Result<(), ParameterError> {
        check_ohmic(self.g, self.E)
    }

    fn derive(&self, celsius: f64) -> f64 {
        temperature_factor(2.3, celsius, 23.0)
    }

    #[inline(always)]
    fn gates(&self, phi: &f64, v: f64, _: f64) -> [Gate; 2] {
        let alpha_m = 0.209 * linoid(-(v + 27.0) * (1.0 / 3.8));
        let beta_m = 0.94 * exp(-(v + 75.0) * (1.0 / 17.0));
        let alpha_h = 4.57e-4 * exp(-(v + 13.0) * 0.02);
        let beta_h = 0.0065 * sigmoid((v + 15.0) * (1.0 / 28.0));
        [Gate::rates(phi * alpha_m, phi * beta_m), Gate::rates(phi * alpha_h, phi * beta_h)]
    }

    #[inline(always)]
    fn current(&self, phi: &f64, [m, h]: [f64; 2], v: f64) -> (f64, f64) {
        let g = phi * self.g * (m * m * h);
        (g * (v - self.E), g)
    }
}

ntwk_core::section! {
    /// T-type (low-threshold) calcium current (after Destexhe and Huguenard, without their temperature factor): g m²h (V − E)
    ///
    /// ```text
    /// m∞ = σ((V + 50)/7.4)     τ_m = 3 + 1/(e^((V + 25)/20) + e^(−(V + 100)/15)) ms
    /// h∞ = σ(−(V + 78)/5)      τ_h = 85 + 1/(e^((V + 46)/4) + e^(−(V + 405)/50)) ms
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct TCalcium {
        /// conductance density (S/cm²)
        g: f64 = Quantity(ConductanceDensity, NonNegative), required;
        /// reversal potential (mV)
        E: f64 = Quantity(Voltage, Any), or(TCalcium::new(0.0).E);
    }
}

impl TCalcium {
    /// With E 140 mV.
    #[must_use]
    pub fn new(g: f64) -> Self {
        TCalcium { g, E: 140.0 }
    }
}

impl Kinetics<2> for TCalcium {
    /// Nothing.
    type Derived = ();
    const KIND: &'static str = "t_calcium";
    const GATES: [&'static str; 2] = ["m", "h"];
    const IONS: &'static [&'static str] = &["ca"];
    const CARRIES_CALCIUM: bool = true;

    fn check(&self) -> Result<(), ParameterError> {
        check_ohmic(self.g, self.E)
    }

    fn derive(&self, _: f64) {}

    #[inline(always)]
    fn gates(&self, (): &(), v: f64, _: f64) -> [Gate; 2] {
        let tau_m = 3.0 + 1.0 / (exp((v + 25.0) * 0.05) + exp(-(v + 100.0) * (1.0 / 15.0)));
        let tau_h = 85.0 + 1.0 / (exp((v + 46.0) * 0.25) + exp(-(v + 405.0) * 0.02));
        [
            Gate::tau(sigmoid((v + 50.0) * (1.0 / 7.4)), tau_m),
            Gate::tau(sigmoid(-(v + 78.0) * 0.2), tau_h),
        ]
    }

    #[inline(always)]
    fn current(&self, _: &(), [m, h]: [f64; 2], v: f64) -> (f64, f64) {
        let g = self.g * (m * m * h);
        (g * (v - self.E), g)
    }
}
