//! What is wrong with the options of a study, all of it before the study begins.

use super::MorphoError;

/// Collects the faults of options.
#[derive(Debug, Default)]
pub(super) struct Checks {
    faults: Vec<MorphoError>,
}

impl Checks {
    /// The value of an option, or a fault more.
    pub(super) fn take<T>(&mut self, found: Result<T, MorphoError>) -> Option<T> {
        found.map_err(|fault| self.faults.push(fault)).ok()
    }

    /// Faults an option unless `holds`.
    pub(super) fn require(
        &mut self,
        name: &'static str,
        value: f64,
        holds: bool,
        expected: &'static str,
    ) {
        if !holds {
            self.faults.push(MorphoError::Parameter { name, value, expected });
        }
    }

    /// Faults a number that is not above 0 or not finite.
    pub(super) fn positive(&mut self, name: &'static str, value: f64) {
        self.require(name, value, value > 0.0 && value.is_finite(), "a finite number > 0");
    }

    /// Faults a number that is below 0 or not finite.
    pub(super) fn not_negative(&mut self, name: &'static str, value: f64) {
        self.require(name, value, value >= 0.0 && value.is_finite(), "a finite number >= 0");
    }

    /// Faults a number that is not finite.
    pub(super) fn finite(&mut self, name: &'static str, value: f64) {
        self.require(name, value, value.is_finite(), "a finite number");
    }

    /// The values taken from the options, unless there is a fault.
    pub(super) fn all<T>(mut self, values: Option<T>) -> Result<T, MorphoError> {
        match (values, self.faults.len()) {
            (Some(values), 0) => Ok(values),
            (_, 1) => Err(self.faults.remove(0)),
            _ => Err(MorphoError::Options(self.faults)),
        }
    }

    /// Nothing, unless there is a fault.
    pub(super) fn none(self) -> Result<(), MorphoError> {
        self.all(Some(()))
    }
}
