//! Sodium currents.

use super::{check_ohmic, temperature_factor};
use crate::membrane::channel::{Gate, Kinetics};
use crate::membrane::exponential::{exp, linoid, sigmoid};
use crate::parameter_error::ParameterError;
use crate::units::f_over_rt;
use serde::{Deserialize, Serialize};

ntwk_core::section! {
    /// Sodium current of Mainen et al. (1995): φ g m³h (V − E); with w = V + shift
    ///
    /// ```text
    /// α_m = 1.638 Φ(−(w + 35)/9)     β_m = 1.116 Φ((w + 35)/9)      τ = 1/(φ (α + β))
    /// α_h = 0.12 Φ(−(w + 50)/5)      β_h = 0.0455 Φ((w + 75)/5)     h∞ = σ(−(w + 65)/6.2)
    /// ```
    ///
    /// φ = 2.3^((θ − 23)/10); h∞ is a function of its own and not α/(α + β).
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Sodium {
        /// conductance density (S/cm²)
        g: f64 = Quantity(ConductanceDensity, NonNegative), required;
        /// reversal potential (mV)
        E: f64 = Quantity(Voltage, Any), or(Sodium::new(0.0).E);
        /// shift of all rates (mV)
        shift: f64 = Quantity(Voltage, Any), or(Sodium::new(0.0).shift);
    }
}

impl Sodium {
    /// With E 60 mV and a shift of −10 mV.
    #[must_use]
    pub fn new(g: f64) -> Self {
        Sodium { g, E: 60.0, shift: -10.0 }
    }
}

impl Kinetics<2> for Sodium {
    /// φ.
    type Derived = f64;
    const KIND: &'static str = "sodium";
    const GATES: [&'static str; 2] = ["m", "h"];
    const IONS: &'static [&'static str] = &["na"];

    fn check(&self) -> Result<(), ParameterError> {
        check_ohmic(self.g, self.E)?;
        ParameterError::finite("shift", self.shift, "mV")
    }

    fn derive(&self, celsius: f64) -> f64 {
        temperature_factor(2.3, celsius, 23.0)
    }

    #[inline(always)]
    fn gates(&self, phi: &f64, v: f64, _: f64) -> [Gate; 2] {
        let w = v + self.shift;
        let (alpha_m, beta_m) =
            (1.638 * linoid(-(w + 35.0) * (1.0 / 9.0)), 1.116 * linoid((w + 35.0) * (1.0 / 9.0)));
        let (alpha_h, beta_h) =
            (0.12 * linoid(-(w + 50.0) * 0.2), 0.0455 * linoid((w + 75.0) * 0.2));
        let h = Gate { inf: sigmoid(-(w + 65.0) * (1.0 / 6.2)), rate: phi * (alpha_h + beta_h) };
        [Gate::rates(phi * alpha_m, phi * beta_m), h]
    }

    #[inline(always)]
    fn current(&self, phi: &f64, [m, h]: [f64; 2], v: f64) -> (f64, f64) {
        let g = phi * self.g * (m * m * m * h);
        (g * (v - self.E), g)
    }
}

ntwk_core::section! {
    /// Fast sodium current with slow inactivation (Durstewitz et al. 2000; the intended rates of Sidiropoulou's Nafx):
    /// g m³ h s (V − E)
    ///
    /// ```text
    /// α_m = 2.61888 Φ(−(V + 28)/9.3)          β_m = 1.4784 Φ((V + 1)/6)
    /// α_h = 0.098 e^(−(V + 43.1)/20)          β_h = 1.4 σ((V + 13.1)/10)
    /// s∞ = c + a2 (1 − c), c = σ(−(V + 58)/2)   τ_s = max(30, e^(2.4 κ (V + 60))/(3e-4 (1 + e^(12 κ (V + 60)))))
    /// ```
    ///
    /// κ = F/(RT). No temperature factor. With a2 = 1 there is no slow inactivation.
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct FastSodium {
        /// conductance density (S/cm²)
        g: f64 = Quantity(ConductanceDensity, NonNegative), required;
        /// reversal potential (mV)
        E: f64 = Quantity(Voltage, Any), or(FastSodium::new(0.0).E);
        /// fraction that does not inactivate slowly
        a2: f64 = Quantity(Number, Between(0.0, 1.0)), or(FastSodium::new(0.0).a2);
    }
}

impl FastSodium {
    /// With E 55 mV and a2 = 1.
    #[must_use]
    pub fn new(g: f64) -> Self {
        FastSodium { g, E: 55.0, a2: 1.0 }
    }
}

impl Kinetics<3> for FastSodium {
    /// κ = F/(RT) (1/mV).
    type Derived = f64;
    const KIND: &'static str = "fast_sodium";
    const GATES: [&'static str; 3] = ["m", "h", "s"];
    const IONS: &'static [&'static str] = &["na"];

    fn check(&self) -> Result<(), ParameterError> {
        check_ohmic(self.g, self.E)?;
        if (0.0..=1.0).contains(&self.a2) {
            Ok(())
        } else {
            Err(ParameterError { name: "a2", value: self.a2, unit: "", expected: "0 to 1" })
        }
    }

    fn derive(&self, celsius: f64) -> f64 {
        f_over_rt(celsius)
    }

    #[inline(always)]
    fn gates(&self, kappa: &f64, v: f64, _: f64) -> [Gate; 3] {
        let alpha_m = 2.618_88 * linoid(-(v + 28.0) * (1.0 / 9.3));
        let beta_m = 1.4784 * linoid((v + 1.0) * (1.0 / 6.0));
        let alpha_h = 0.098 * exp(-(v + 43.1) * 0.05);
        let beta_h = 1.4 * sigmoid((v + 13.1) * 0.1);
        let c = sigmoid(-(v + 58.0) * 0.5);
        let x = kappa * (v + 60.0);
        let tau = exp(2.4 * x) / (3e-4 * (1.0 + exp(12.0 * x)));
        let tau = if tau < 30.0 { 30.0 } else { tau };
        [
            Gate::rates(alpha_m, beta_m),
            Gate::rates(alpha_h, beta_h),
            Gate::tau(c + self.a2 * (1.0 - c), tau),
        ]
    }

    #[inline(always)]
    fn current(&self, _: &f64, [m, h, s]: [f64; 3], v: f64) -> (f64, f64) {
        let g = self.g * (m * m * m * h * s);
        (g * (v - self.E), g)
    }
}
