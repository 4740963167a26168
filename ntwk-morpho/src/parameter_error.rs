//! A number out of its range.

/// A parameter out of range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{name} = {value} {unit}: expected {expected}")]
pub struct ParameterError {
    /// Name of the parameter.
    pub name: &'static str,
    /// The value given.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What it should be.
    pub expected: &'static str,
}

impl ParameterError {
    /// `Ok` when `value` is finite and > 0.
    ///
    /// # Errors
    /// Itself otherwise.
    pub fn positive(
        name: &'static str,
        value: f64,
        unit: &'static str,
    ) -> Result<(), ParameterError> {
        let ok = value > 0.0 && value.is_finite();
        if ok {
            Ok(())
        } else {
            Err(ParameterError { name, value, unit, expected: "a finite number > 0" })
        }
    }

    /// `Ok` when `value` is finite and >= 0.
    ///
    /// # Errors
    /// Itself otherwise.
    pub fn not_negative(
        name: &'static str,
        value: f64,
        unit: &'static str,
    ) -> Result<(), ParameterError> {
        let ok = value >= 0.0 && value.is_finite();
        if ok {
            Ok(())
        } else {
            Err(ParameterError { name, value, unit, expected: "a finite number >= 0" })
        }
    }

    /// `Ok` when `value` is finite.
    ///
    /// # Errors
    /// Itself otherwise.
    pub fn finite(
        name: &'static str,
        value: f64,
        unit: &'static str,
    ) -> Result<(), ParameterError> {
        if value.is_finite() {
            Ok(())
        } else {
            Err(ParameterError { name, value, unit, expected: "a finite number" })
        }
    }
}
