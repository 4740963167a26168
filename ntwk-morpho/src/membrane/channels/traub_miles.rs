//! Sodium and potassium currents with a threshold that can be shifted.

use super::temperature_factor;
use crate::membrane::channel::{Gate, Kinetics};
use crate::membrane::exponential::{exp, linoid, sigmoid};
use crate::parameter_error::ParameterError;
use serde::{Deserialize, Serialize};

ntwk_core::section! {
    /// Sodium and potassium currents of Traub and Miles (1991) in the form of Destexhe's HH2 (1992).
    ///
    /// i = g_Na m³h (V − E_Na) + g_K n⁴ (V − E_K); with u = V − V_T
    ///
    /// ```text
    /// α_m = 1.28 Φ((13 − u)/4)          β_m = 1.4 Φ((u − 40)/5)
    /// α_h = 0.128 e^((17 − u)/18)       β_h = 4/(1 + e^((40 − u)/5))
    /// α_n = 0.16 Φ((15 − u)/5)          β_n = 0.5 e^((10 − u)/40)
    /// ```
    ///
    /// all times φ = 3^((θ − 36)/10).
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct TraubMiles {
        /// sodium conductance density (S/cm²)
        g_Na: f64 = Quantity(ConductanceDensity, NonNegative), required;
        /// potassium conductance density (S/cm²)
        g_K: f64 = Quantity(ConductanceDensity, NonNegative), required;
        /// sodium reversal potential (mV)
        E_Na: f64 = Quantity(Voltage, Any), or(TraubMiles::new(0.0, 0.0).E_Na);
        /// potassium reversal potential (mV)
        E_K: f64 = Quantity(Voltage, Any), or(TraubMiles::new(0.0, 0.0).E_K);
        /// shift of all rates (mV)
        V_T: f64 = Quantity(Voltage, Any), or(TraubMiles::new(0.0, 0.0).V_T);
    }
}

#[allow(non_snake_case)]
impl TraubMiles {
    /// With E_Na 50, E_K −90, V_T −55 mV.
    #[must_use]
    pub fn new(g_Na: f64, g_K: f64) -> Self {
        TraubMiles { g_Na, g_K, E_Na: 50.0, E_K: -90.0, V_T: -55.0 }
    }
}

impl Kinetics<3> for TraubMiles {
    /// φ.
    type Derived = f64;
    const KIND: &'static str = "traub_miles";
    const GATES: [&'static str; 3] = ["m", "h", "n"];
    const IONS: &'static [&'static str] = &["na", "k"];

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::not_negative("g_Na", self.g_Na, "S/cm2")?;
        ParameterError::not_negative("g_K", self.g_K, "S/cm2")?;
        ParameterError::finite("E_Na", self.E_Na, "mV")?;
        ParameterError::finite("E_K", self.E_K, "mV")?;
        ParameterError::finite("V_T", self.V_T, "mV")
    }

    fn derive(&self, celsius: f64) -> f64 {
        temperature_factor(3.0, celsius, 36.0)
    }

    #[inline(always)]
    fn gates(&self, phi: &f64, v: f64, _: f64) -> [Gate; 3] {
        let u = v - self.V_T;
        let scaled = |alpha: f64, beta: f64| Gate::rates(phi * alpha, phi * beta);
        [
            scaled(1.28 * linoid((13.0 - u) * 0.25), 1.4 * linoid((u - 40.0) * 0.2)),
            scaled(0.128 * exp((17.0 - u) * (1.0 / 18.0)), 4.0 * sigmoid((u - 40.0) * 0.2)),
            scaled(0.16 * linoid((15.0 - u) * 0.2), 0.5 * exp((10.0 - u) * 0.025)),
        ]
    }

    #[inline(always)]
    fn current(&self, _: &f64, [m, h, n]: [f64; 3], v: f64) -> (f64, f64) {
        let na = self.g_Na * (m * m * m * h);
        let n2 = n * n;
        let k = self.g_K * (n2 * n2);
        (na * (v - self.E_Na) + k * (v - self.E_K), na + k)
    }

    fn part(&self, _: &f64, [m, h, n]: [f64; 3], v: f64, part: usize) -> (f64, f64) {
        let (g, reversal) = match part {
            0 => (self.g_Na * m.powi(3) * h, self.E_Na),
            _ => (self.g_K * n.powi(4), self.E_K),
        };
        (g * (v - reversal), g)
    }
}
