//! Hyperpolarisation-activated currents (I_h).

use super::{check_ohmic, temperature_factor};
use crate::membrane::channel::{Gate, Kinetics};
use crate::membrane::exponential::{exp, sigmoid};
use crate::membrane::mechanism::NONSPECIFIC;
use crate::parameter_error::ParameterError;
use serde::{Deserialize, Serialize};

ntwk_core::section! {
    /// I_h of Magee (1998), in Migliore's form: g l (V − E)
    ///
    /// ```text
    /// l∞ = σ(−(V + 81)/8)     τ = e^(0.033264 (V + 75))/(0.011 φ (1 + e^(0.08316 (V + 75)))) ms
    /// ```
    ///
    /// φ = 4.5^((θ − 33)/10).
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Hcn {
        /// conductance density (S/cm²)
        g: f64 = Quantity(ConductanceDensity, NonNegative), required;
        /// reversal potential (mV)
        E: f64 = Quantity(Voltage, Any), or(Hcn::new(0.0).E);
    }
}

impl Hcn {
    /// With E −30 mV.
    #[must_use]
    pub fn new(g: f64) -> Self {
        Hcn { g, E: -30.0 }
    }
}

impl Kinetics<1> for Hcn {
    /// φ.
    type Derived = f64;
    const KIND: &'static str = "hcn";
    const GATES: [&'static str; 1] = ["l"];
    const IONS: &'static [&'static str] = &[NONSPECIFIC];

    fn check(&self) -> Result<(), ParameterError> {
        check_ohmic(self.g, self.E)
    }

    fn derive(&self, celsius: f64) -> f64 {
        temperature_factor(4.5, celsius, 33.0)
    }

    #[inline(always)]
    fn gates(&self, phi: &f64, v: f64, _: f64) -> [Gate; 1] {
        let x = 0.083_16 * (v + 75.0);
        let rate = 0.011 * phi * (1.0 + exp(x)) * exp(-0.4 * x);
        [Gate { inf: sigmoid(-(v + 81.0) * 0.125), rate }]
    }

    #[inline(always)]
    fn current(&self, _: &f64, [l]: [f64; 1], v: f64) -> (f64, f64) {
        let g = self.g * l;
        (g * (v - self.E), g)
    }
}

ntwk_core::section! {
    /// I_h of Poirazi et al. (2003): g n (V − E), no temperature factor
    ///
    /// ```text
    /// n∞ = σ(−(V + 90)/K)     τ = 1 ms above −30 mV, else 2 (1/(e^(−(V + 145)/17.5) + e^((V + 16.8)/16.5)) + 5) ms
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct HcnPoirazi {
        /// conductance density (S/cm²)
        g: f64 = Quantity(ConductanceDensity, NonNegative), required;
        /// reversal potential (mV)
        E: f64 = Quantity(Voltage, Any), or(HcnPoirazi::new(0.0).E);
        /// slope of the activation (mV)
        K: f64 = Quantity(Voltage, Positive), or(HcnPoirazi::new(0.0).K);
    }
}

impl HcnPoirazi {
    /// With E −10 mV and K = 8.5 mV.
    #[must_use]
    pub fn new(g: f64) -> Self {
        HcnPoirazi { g, E: -10.0, K: 8.5 }
    }
}

impl Kinetics<1> for HcnPoirazi {
    /// Nothing.
    type Derived = ();
    const KIND: &'static str = "hcn_poirazi";
    const GATES: [&'static str; 1] = ["n"];
    const IONS: &'static [&'static str] = &[NONSPECIFIC];

    fn check(&self) -> Result<(), ParameterError> {
        check_ohmic(self.g, self.E)?;
        ParameterError::positive("K", self.K, "mV")
    }

    fn derive(&self, _: f64) {}

    #[inline(always)]
    fn gates(&self, (): &(), v: f64, _: f64) -> [Gate; 1] {
        let slow = 2.0 / (exp(-(v + 145.0) * (1.0 / 17.5)) + exp((v + 16.8) * (1.0 / 16.5))) + 10.0;
        let tau = if v > -30.0 { 1.0 } else { slow };
        [Gate::tau(sigmoid(-(v + 90.0) / self.K), tau)]
    }

    #[inline(always)]
    fn current(&self, _: &(), [n]: [f64; 1], v: f64) -> (f64, f64) {
        let g = self.g * n;
        (g * (v - self.E), g)
    }
}
