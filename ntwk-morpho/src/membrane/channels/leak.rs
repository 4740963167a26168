//! The ohmic leak.

use crate::membrane::channel::{Gate, Kinetics};
use crate::parameter_error::ParameterError;
use serde::{Deserialize, Serialize};

/// i = g (V − E).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(non_snake_case)]
pub struct Leak {
    /// Conductance density (S/cm²).
    pub g: f64,
    /// Reversal potential (mV).
    pub E: f64,
}

impl Kinetics<0> for Leak {
    type Derived = ();
    const KIND: &'static str = "leak";
    const GATES: [&'static str; 0] = [];

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
