//! The ohmic leak.

use crate::membrane::channel::{Gate, Kinetics};
use crate::membrane::mechanism::NONSPECIFIC;
use crate::parameter_error::ParameterError;
use serde::{Deserialize, Serialize};

ntwk_core::section! {
    /// i = g (V − E).
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Leak {
        /// conductance density (S/cm²)
        g: f64 = Quantity(ConductanceDensity, NonNegative), required;
        /// reversal potential (mV)
        E: f64 = Quantity(Voltage, Any), or(-70.0);
    }
}

impl Kinetics<0> for Leak {
    type Derived = ();
    const KIND: &'static str = "leak";
    const GATES: [&'static str; 0] = [];
    const IONS: &'static [&'static str] = &[NONSPECIFIC];

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::not_negative("g", self.g, "S/cm2")?;
        ParameterError::finite("E", self.E, "mV")
    }

    fn derive(&self, _: f64) {}

    #[inline(always)]
    fn gates(&self, (): &(), _: f64, _: f64) -> [Gate; 0] {
        []
    }

    #[inline(always)]
    fn current(&self, (): &(), _: [f64; 0], v: f64) -> (f64, f64) {
        (self.g * (v - self.E), self.g)
    }
}
