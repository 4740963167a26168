//! A stretch of time in integer steps.

use crate::AnalysisError;

/// The steps `start..end`: half-open, never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    start: u64,
    end: u64,
}

impl Window {
    /// The steps `start..end`.
    ///
    /// # Errors
    /// [`AnalysisError::EmptyWindow`] when `end <= start`.
    pub fn new(start: u64, end: u64) -> Result<Self, AnalysisError> {
        if end <= start {
            return Err(AnalysisError::EmptyWindow { start, end });
        }
        Ok(Self { start, end })
    }

    /// The window from `start` to `end` (ms), each rounded to the nearest multiple of `dt` (ms).
    ///
    /// # Errors
    /// [`AnalysisError::TimeStep`], [`AnalysisError::WindowBounds`], or [`AnalysisError::EmptyWindow`] when both
    /// bounds round to the same step.
    pub fn from_ms(start: f64, end: f64, dt: f64) -> Result<Self, AnalysisError> {
        check_dt(dt)?;
        if !(start.is_finite() && end.is_finite() && start >= 0.0 && end > start) {
            return Err(AnalysisError::WindowBounds { start, end });
        }
        // Saturating casts: a time beyond 2^64 steps is refused later, as outside the run.
        Self::new((start / dt).round() as u64, (end / dt).round() as u64)
    }

    /// First step.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.start
    }

    /// One past the last step.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Number of steps, >= 1.
    #[must_use]
    pub fn n_steps(&self) -> u64 {
        self.end - self.start
    }

    /// Whether `step` lies in the window.
    #[must_use]
    pub fn contains(&self, step: u64) -> bool {
        (self.start..self.end).contains(&step)
    }

    /// Duration (s) for a step of `dt` (ms).
    ///
    /// # Errors
    /// [`AnalysisError::TimeStep`].
    pub fn seconds(&self, dt: f64) -> Result<f64, AnalysisError> {
        check_dt(dt)?;
        Ok(self.n_steps() as f64 * dt * 1e-3)
    }

    /// The window as a range of indices into an array with one entry per step.
    pub(crate) fn indices(
        &self,
        available: usize,
    ) -> Result<std::ops::Range<usize>, AnalysisError> {
        match (usize::try_from(self.start), usize::try_from(self.end)) {
            (Ok(start), Ok(end)) if end <= available => Ok(start..end),
            _ => Err(AnalysisError::OutsideRun {
                start: self.start,
                end: self.end,
                available: available as u64,
            }),
        }
    }
}

/// Refuses a time step that no clock can have.
pub(crate) fn check_dt(dt: f64) -> Result<(), AnalysisError> {
    if dt.is_finite() && dt > 0.0 { Ok(()) } else { Err(AnalysisError::TimeStep { dt }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_in_milliseconds_become_the_nearest_steps() {
        // 0.3 / 0.1 is 2.9999999999999996 in doubles: truncation would lose a step.
        let w = Window::from_ms(0.3, 0.7, 0.1).unwrap();
        assert_eq!((w.start(), w.end()), (3, 7));
        assert!(w.contains(3) && w.contains(6) && !w.contains(7));
    }

    #[test]
    fn senseless_bounds_are_refused() {
        assert!(matches!(Window::new(4, 4), Err(AnalysisError::EmptyWindow { .. })));
        assert!(matches!(
            Window::from_ms(0.0, f64::NAN, 0.1),
            Err(AnalysisError::WindowBounds { .. })
        ));
        assert!(matches!(Window::from_ms(-1.0, 3.0, 0.1), Err(AnalysisError::WindowBounds { .. })));
        assert!(matches!(Window::from_ms(0.0, 3.0, 0.0), Err(AnalysisError::TimeStep { .. })));
        assert!(matches!(Window::from_ms(1.0, 1.01, 0.1), Err(AnalysisError::EmptyWindow { .. })));
        assert!(Window::new(2, 9).unwrap().indices(8).is_err());
    }
}
