//! Potassium currents that depend on potential alone, the A-type apart.

use super::{check_ohmic, temperature_factor};
use crate::membrane::channel::{Gate, Kinetics};
use crate::membrane::exponential::{linoid, sigmoid};
use crate::parameter_error::ParameterError;
use serde::{Deserialize, Serialize};

ntwk_core::section! {
    /// Potassium current of Mainen et al. (1995): φ g n (V − E)
    ///
    /// ```text
    /// α_n = 0.18 Φ(−(V − 25)/9)     β_n = 0.018 Φ((V − 25)/9)
    /// ```
    ///
    /// times φ = 2.3^((θ − 23)/10).
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Kv {
        /// conductance density (S/cm²)
        g: f64 = Quantity(ConductanceDensity, NonNegative), required;
        /// reversal potential (mV)
        E: f64 = Quantity(Voltage, Any), or(Kv::new(0.0).E);
    }
}

impl Kv {
    /// With E −90 mV.
    #[must_use]
    pub fn new(g: f64) -> Self {
        Kv { g, E: -90.0 }
    }
}

impl Kinetics<1> for Kv {
    /// φ.
    type Derived = f64;
    const KIND: &'static str = "kv";
    const GATES: [&'static str; 1] = ["n"];
    const IONS: &'static [&'static str] = &["k"];

    fn check(&self) -> Result<(), ParameterError> {
        check_ohmic(self.g, self.E)
    }

    fn derive(&self, celsius: f64) -> f64 {
        temperature_factor(2.3, celsius, 23.0)
    }

    #[inline(always)]
    fn gates(&self, phi: &f64, v: f64, _: f64) -> [Gate; 1] {
        let x = (v - 25.0) * (1.0 / 9.0);
        [Gate::rates(phi * 0.18 * linoid(-x), phi * 0.018 * linoid(x))]
    }

    #[inline(always)]
    fn current(&self, phi: &f64, [n]: [f64; 1], v: f64) -> (f64, f64) {
        let g = phi * self.g * n;
        (g * (v - self.E), g)
    }
}

ntwk_core::section! {
    /// Delayed rectifier (Durstewitz et al. 2000; Poirazi et al. 2003): g n⁴ (V − E), no temperature factor
    ///
    /// ```text
    /// α_n = 0.45 Φ(−(V − 13)/25)     β_n = 0.0648 Φ((V − 23)/12)
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct DelayedRectifier {
        /// conductance density (S/cm²)
        g: f64 = Quantity(ConductanceDensity, NonNegative), required;
        /// reversal potential (mV)
        E: f64 = Quantity(Voltage, Any), or(DelayedRectifier::new(0.0).E);
    }
}

impl DelayedRectifier {
    /// With E −90 mV.
    #[must_use]
    pub fn new(g: f64) -> Self {
        DelayedRectifier { g, E: -90.0 }
    }
}

impl Kinetics<1> for DelayedRectifier {
    /// Nothing.
    type Derived = ();
    const KIND: &'static str = "delayed_rectifier";
    const GATES: [&'static str; 1] = ["n"];
    const IONS: &'static [&'static str] = &["k"];

    fn check(&self) -> Result<(), ParameterError> {
        check_ohmic(self.g, self.E)
    }

    fn derive(&self, _: f64) {}

    #[inline(always)]
    fn gates(&self, (): &(), v: f64, _: f64) -> [Gate; 1] {
        [Gate::rates(0.45 * linoid(-(v - 13.0) * 0.04), 0.0648 * linoid((v - 23.0) * (1.0 / 12.0)))]
    }

    #[inline(always)]
    fn current(&self, _: &(), [n]: [f64; 1], v: f64) -> (f64, f64) {
        let g = self.g * (n * n * n * n);
        (g * (v - self.E), g)
    }
}

ntwk_core::section! {
    /// Slowly inactivating potassium current (iksin of Poirazi et al. 2003): g a b (V − E), no temperature factor
    ///
    /// ```text
    /// a∞ = σ((V + 34)/6.5)     τ_a = 10 ms
    /// b∞ = σ(−(V + 65)/6.6)    τ_b = 200 + 3200 σ((V + 63.6)/4) ms
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct SlowPotassium {
        /// conductance density (S/cm²)
        g: f64 = Quantity(ConductanceDensity, NonNegative), required;
        /// reversal potential (mV)
        E: f64 = Quantity(Voltage, Any), or(SlowPotassium::new(0.0).E);
    }
}

impl SlowPotassium {
    /// With E −90 mV.
    #[must_use]
    pub fn new(g: f64) -> Self {
        SlowPotassium { g, E: -90.0 }
    }
}

impl Kinetics<2> for SlowPotassium {
    /// Nothing.
    type Derived = ();
    const KIND: &'static str = "slow_potassium";
    const GATES: [&'static str; 2] = ["a", "b"];
    const IONS: &'static [&'static str] = &["k"];

    fn check(&self) -> Result<(), ParameterError> {
        check_ohmic(self.g, self.E)
    }

    fn derive(&self, _: f64) {}

    #[inline(always)]
    fn gates(&self, (): &(), v: f64, _: f64) -> [Gate; 2] {
        let tau_b = 200.0 + 3200.0 * sigmoid((v + 63.6) * 0.25);
        [
            Gate::tau(sigmoid((v + 34.0) * (1.0 / 6.5)), 10.0),
            Gate::tau(sigmoid(-(v + 65.0) * (1.0 / 6.6)), tau_b),
        ]
    }

    #[inline(always)]
    fn current(&self, _: &(), [a, b]: [f64; 2], v: f64) -> (f64, f64) {
        let g = self.g * (a * b);
        (g * (v - self.E), g)
    }
}

ntwk_core::section! {
    /// Muscarinic (M) potassium current of Mainen et al. (1995): φ g n (V − E)
    ///
    /// ```text
    /// α_n = 0.009 Φ(−(V + 30)/9)     β_n = 0.009 Φ((V + 30)/9)     so that n∞ = σ((V + 30)/9)
    /// ```
    ///
    /// times φ = 2.3^((θ − 23)/10).
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Muscarinic {
        /// conductance density (S/cm²)
        g: f64 = Quantity(ConductanceDensity, NonNegative), required;
        /// reversal potential (mV)
        E: f64 = Quantity(Voltage, Any), or(Muscarinic::new(0.0).E);
    }
}

impl Muscarinic {
    /// With E −90 mV.
    #[must_use]
    pub fn new(g: f64) -> Self {
        Muscarinic { g, E: -90.0 }
    }
}

impl Kinetics<1> for Muscarinic {
    /// φ.
    type Derived = f64;
    const KIND: &'static str = "muscarinic";
    const GATES: [&'static str; 1] = ["n"];
    const IONS: &'static [&'static str] = &["k"];

    fn check(&self) -> Result<(), ParameterError> {
        check_ohmic(self.g, self.E)
    }

    fn derive(&self, celsius: f64) -> f64 {
        temperature_factor(2.3, celsius, 23.0)
    }

    #[inline(always)]
    fn gates(&self, phi: &f64, v: f64, _: f64) -> [Gate; 1] {
        let x = (v + 30.0) * (1.0 / 9.0);
        [Gate::rates(phi * 0.009 * linoid(-x), phi * 0.009 * linoid(x))]
    }

    #[inline(always)]
    fn current(&self, phi: &f64, [n]: [f64; 1], v: f64) -> (f64, f64) {
        let g = phi * self.g * n;
        (g * (v - self.E), g)
    }
}
