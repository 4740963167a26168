//! Calcium-activated potassium current.

use super::{check_ohmic, temperature_factor};
use crate::membrane::channel::{Gate, Kinetics};
use crate::parameter_error::ParameterError;
use serde::{Deserialize, Serialize};

ntwk_core::section! {
    /// Calcium-activated potassium current (Reuveni et al. 1993, as in Mainen et al. 1995): φ g n (V − E)
    ///
    /// ```text
    /// α_n = 0.01 [Ca]/Ca_0     β_n = 0.02
    /// ```
    ///
    /// times φ = 2.3^((θ − 23)/10). In the original Ca_0 is 1 mM: half activation at 2 mM. Some later models take 1 µM.
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct CalciumActivated {
        /// conductance density (S/cm²)
        g: f64 = Quantity(ConductanceDensity, NonNegative), required;
        /// reversal potential (mV)
        E: f64 = Quantity(Voltage, Any), or(CalciumActivated::new(0.0).E);
        /// scale of the concentration (mM)
        Ca_0: f64 = Quantity(Concentration, Positive), or(CalciumActivated::new(0.0).Ca_0);
    }
}

impl CalciumActivated {
    /// With E −90 mV and Ca_0 = 1 mM.
    #[must_use]
    pub fn new(g: f64) -> Self {
        CalciumActivated { g, E: -90.0, Ca_0: 1.0 }
    }
}

impl Kinetics<1> for CalciumActivated {
    /// φ.
    type Derived = f64;
    const KIND: &'static str = "calcium_activated_potassium";
    const GATES: [&'static str; 1] = ["n"];
    const IONS: &'static [&'static str] = &["k"];
    const READS_CALCIUM: bool = true;

    fn check(&self) -> Result<(), ParameterError> {
        check_ohmic(self.g, self.E)?;
        ParameterError::positive("Ca_0", self.Ca_0, "mM")
    }

    fn derive(&self, celsius: f64) -> f64 {
        temperature_factor(2.3, celsius, 23.0)
    }

    #[inline(always)]
    fn gates(&self, phi: &f64, _: f64, calcium: f64) -> [Gate; 1] {
        [Gate::rates(phi * 0.01 * calcium / self.Ca_0, phi * 0.02)]
    }

    #[inline(always)]
    fn current(&self, phi: &f64, [n]: [f64; 1], v: f64) -> (f64, f64) {
        let g = phi * self.g * n;
        (g * (v - self.E), g)
    }
}
