//! The squid giant axon.

use crate::membrane::channel::{Gate, Kinetics};
use crate::membrane::exponential::{exp, is_small, linoid_parts};
use crate::membrane::mechanism::NONSPECIFIC;
use crate::parameter_error::ParameterError;
use serde::{Deserialize, Serialize};

ntwk_core::section! {
    /// Sodium, potassium and leak currents of the squid axon (Hodgkin and Huxley 1952, with today's sign and V_rest = −65 mV).
    ///
    /// i = g_Na m³h (V − E_Na) + g_K n⁴ (V − E_K) + g_L (V − E_L); with u = V + 65 mV and rates in 1/ms
    ///
    /// ```text
    /// α_m = Φ((25 − u)/10)         β_m = 4 e^(−u/18)
    /// α_h = 0.07 e^(−u/20)         β_h = 1/(1 + e^((30 − u)/10))
    /// α_n = 0.1 Φ((10 − u)/10)     β_n = 0.125 e^(−u/80)
    /// ```
    ///
    /// all times φ = 3^((θ − 6.3)/10). Rates are exact, not interpolated from a table.
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    pub struct HodgkinHuxley {
        /// sodium conductance density (S/cm²)
        g_Na: f64 = Quantity(ConductanceDensity, NonNegative), or(HodgkinHuxley::default().g_Na);
        /// potassium conductance density (S/cm²)
        g_K: f64 = Quantity(ConductanceDensity, NonNegative), or(HodgkinHuxley::default().g_K);
        /// leak conductance density (S/cm²)
        g_L: f64 = Quantity(ConductanceDensity, NonNegative), or(HodgkinHuxley::default().g_L);
        /// sodium reversal potential (mV)
        E_Na: f64 = Quantity(Voltage, Any), or(HodgkinHuxley::default().E_Na);
        /// potassium reversal potential (mV)
        E_K: f64 = Quantity(Voltage, Any), or(HodgkinHuxley::default().E_K);
        /// leak reversal potential (mV)
        E_L: f64 = Quantity(Voltage, Any), or(HodgkinHuxley::default().E_L);
        /// factor of the rates for 10 °C
        q10: f64 = Quantity(Number, Positive), or(HodgkinHuxley::default().q10);
    }
}

impl Default for HodgkinHuxley {
    fn default() -> Self {
        HodgkinHuxley {
            g_Na: 0.12,
            g_K: 0.036,
            g_L: 0.0003,
            E_Na: 50.0,
            E_K: -77.0,
            E_L: -54.3,
            q10: 3.0,
        }
    }
}

impl Kinetics<3> for HodgkinHuxley {
    /// φ.
    type Derived = f64;
    const KIND: &'static str = "hodgkin_huxley";
    const GATES: [&'static str; 3] = ["m", "h", "n"];
    const IONS: &'static [&'static str] = &["na", "k", NONSPECIFIC];

    fn check(&self) -> Result<(), ParameterError> {
        for (name, g) in [("g_Na", self.g_Na), ("g_K", self.g_K), ("g_L", self.g_L)] {
            ParameterError::not_negative(name, g, "S/cm2")?;
        }
        for (name, e) in [("E_Na", self.E_Na), ("E_K", self.E_K), ("E_L", self.E_L)] {
            ParameterError::finite(name, e, "mV")?;
        }
        ParameterError::positive("q10", self.q10, "")
    }

    fn derive(&self, celsius: f64) -> f64 {
        self.q10.powf((celsius - 6.3) / 10.0)
    }

    #[inline(always)]
    fn gates(&self, phi: &f64, v: f64, _: f64) -> [Gate; 3] {
        let u = v + 65.0;
        // All exponentials are powers of e^(−u/720), to 72 roundings: 2e-14.
        let e720 = exp((-1.0 / 720.0) * u);
        let e360 = e720 * e720;
        let e180 = e360 * e360;
        let e90 = e180 * e180;
        let e80 = e90 * e720;
        let e40 = e80 * e80;
        let e20 = e40 * e40;
        let e10 = e20 * e20;
        let e18 = e20 * e180;
        const E1: f64 = std::f64::consts::E;
        const E2_5: f64 = 12.182_493_960_703_473;
        const E3: f64 = 20.085_536_923_187_668;
        let (x_m, x_n) = (u.mul_add(-0.1, 2.5), u.mul_add(-0.1, 1.0));
        let (d_m, series_m) = linoid_parts(x_m, E2_5 * e10);
        let (d_n, series_n) = linoid_parts(x_n, E1 * e10);
        let [r_m, r_n, r_h] = reciprocals([d_m, d_n, E3.mul_add(e10, 1.0)]);
        let alpha_m = if is_small(x_m) { series_m } else { x_m * r_m };
        let alpha_n = 0.1 * if is_small(x_n) { series_n } else { x_n * r_n };
        let beta_m = 4.0 * e18;
        let (alpha_h, beta_h) = (0.07 * e20, r_h);
        let beta_n = 0.125 * e80;
        let sums = [alpha_m + beta_m, alpha_h + beta_h, alpha_n + beta_n];
        let inverse = reciprocals(sums);
        let gate = |alpha: f64, k: usize| Gate { inf: alpha * inverse[k], rate: phi * sums[k] };
        [gate(alpha_m, 0), gate(alpha_h, 1), gate(alpha_n, 2)]
    }

    #[inline(always)]
    fn current(&self, _: &f64, [m, h, n]: [f64; 3], v: f64) -> (f64, f64) {
        let na = self.g_Na * (m * m * m * h);
        let n2 = n * n;
        let k = self.g_K * (n2 * n2);
        let i = na * (v - self.E_Na) + k * (v - self.E_K) + self.g_L * (v - self.E_L);
        (i, na + k + self.g_L)
    }

    fn part(&self, _: &f64, [m, h, n]: [f64; 3], v: f64, part: usize) -> (f64, f64) {
        let (g, reversal) = match part {
            0 => (self.g_Na * m.powi(3) * h, self.E_Na),
            1 => (self.g_K * n.powi(4), self.E_K),
            _ => (self.g_L, self.E_L),
        };
        (g * (v - reversal), g)
    }
}

/// Three reciprocals for one division. The product of the three must neither overflow nor vanish, which holds here for
/// |V| < 2000 mV; beyond, the result is not finite and the simulation says so.
#[inline(always)]
fn reciprocals([a, b, c]: [f64; 3]) -> [f64; 3] {
    let ab = a * b;
    let all = 1.0 / (ab * c);
    let c_all = c * all;
    [b * c_all, a * c_all, ab * all]
}
