//! The stationary state of a model's theory, by the names of its populations.

use ntwk_core::Job;

use crate::FixedPoint;
use crate::prediction::error::TheoryError;
use crate::prediction::predict::Theory;

/// The state that the transfer functions predict for the stationary window of a model, before cells correct it: `ntwk compare`,
/// `ntwk meanfield` and sweeps show [`SettledState`](crate::prediction::settled_state::SettledState), which starts from it.
#[derive(Debug, Clone, PartialEq)]
pub struct StationaryState {
    /// Names of the populations, in the order of the arrays of `point`.
    pub names: Vec<String>,
    /// The stable fixed point.
    pub point: FixedPoint,
}

impl StationaryState {
    /// Predicted rate (Hz) of the population called `name`.
    #[must_use]
    pub fn rate(&self, name: &str) -> Option<f64> {
        self.rates().into_iter().find(|r| r.0 == name).map(|r| r.1)
    }

    /// Predicted rates (Hz) of all populations with their names.
    #[must_use]
    pub fn rates(&self) -> Vec<(&str, f64)> {
        self.names.iter().map(String::as_str).zip(self.point.rates.iter().copied()).collect()
    }
}

impl Theory {
    /// The stable fixed point that describes the activity in the model's stationary window: that of
    /// [`Theory::stationary_state`]; `None` when the theory has no stable one.
    ///
    /// # Errors
    /// [`TheoryError`] when the input does not fit the system, and when the job is interrupted.
    pub fn stationary(&self, job: &Job<'_>) -> Result<Option<StationaryState>, TheoryError> {
        let point = self.stationary_state(self.windows.stationary, job)?;
        let names = || self.populations.iter().map(|p| p.name.clone()).collect();
        Ok(point.map(|point| StationaryState { names: names(), point }))
    }
}
