//! The voltage clamp.

use crate::parameter_error::ParameterError;
use serde::{Deserialize, Serialize};

/// A voltage clamp through a series resistance: i = (V_command − V)/R_s flows into the cell while `t < until`.
///
/// With a small R_s the implicit Euler method should be used: Crank–Nicolson oscillates at a clamped node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoltageClamp {
    /// (end of the level (ms), level (mV)) in order of time; the clamp is off after the last.
    pub levels: Vec<(f64, f64)>,
    /// Series resistance R_s (MΩ), > 0.
    pub series_resistance: f64,
}

impl VoltageClamp {
    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ParameterError`] naming the first one out of range.
    pub fn check(&self) -> Result<(), ParameterError> {
        ParameterError::positive("series_resistance", self.series_resistance, "MOhm")?;
        let mut last = f64::NEG_INFINITY;
        for &(until, level) in &self.levels {
            ParameterError::finite("level", level, "mV")?;
            if until.is_nan() || until <= last {
                let expected = "times that grow";
                return Err(ParameterError { name: "until", value: until, unit: "ms", expected });
            }
            last = until;
        }
        Ok(())
    }

    /// The command at time `t` (ms), `None` when the clamp is off.
    #[must_use]
    pub fn command(&self, t: f64) -> Option<f64> {
        self.levels.iter().find(|l| t < l.0).map(|l| l.1)
    }
}
