//! When samples are taken.

use std::ops::Range;

/// The steps in which something is sampled: `first`, `first + every`, ..., each before `end`.
///
/// ```
/// use ntwk_core::model::SampleSteps;
///
/// let steps = SampleSteps { first: 10, every: 4, end: Some(20) };
/// assert_eq!((steps.step(0), steps.step(2)), (10, 18));
/// assert_eq!(steps.before(15), 2);
/// assert_eq!(steps.rows(12..1000), 1..3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleSteps {
    /// First step with a sample.
    pub first: u64,
    /// Steps between two samples (>= 1).
    pub every: u64,
    /// Step before which samples end; without it, they go on to the end of the run.
    pub end: Option<u64>,
}

impl SampleSteps {
    /// Every `every` steps over the whole run.
    #[must_use]
    pub fn every(every: u64) -> Self {
        Self { first: 0, every, end: None }
    }

    /// Whether they go from the beginning of the run to its end.
    #[must_use]
    pub fn cover_the_run(&self) -> bool {
        self.first == 0 && self.end.is_none()
    }

    /// Step of sample `row`.
    #[must_use]
    pub fn step(&self, row: usize) -> u64 {
        self.first + row as u64 * self.every.max(1)
    }

    /// Time of sample `row` (ms) for a step of `dt` (ms).
    #[must_use]
    pub fn time(&self, row: usize, dt: f64) -> f64 {
        self.step(row) as f64 * dt
    }

    /// Number of samples before `step`.
    #[must_use]
    pub fn before(&self, step: u64) -> u64 {
        let end = self.end.map_or(step, |end| end.min(step));
        end.saturating_sub(self.first).div_ceil(self.every.max(1))
    }

    /// Rows of the samples in `steps`.
    #[must_use]
    pub fn rows(&self, steps: Range<u64>) -> Range<usize> {
        // More rows than a usize holds are in no memory.
        let row = |step| usize::try_from(self.before(step)).unwrap_or(usize::MAX);
        row(steps.start)..row(steps.end)
    }

    /// The first step with a sample that is not before `step`.
    #[must_use]
    pub fn next(&self, step: u64) -> Option<u64> {
        let next = self.first.checked_add(self.before(step).checked_mul(self.every.max(1))?)?;
        (next >= step && self.end.is_none_or(|end| next < end)).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_agrees_with_counting() {
        for first in [0, 1, 7] {
            for every in [1, 2, 5] {
                for end in [None, Some(first + 1), Some(12), Some(13)] {
                    let steps = SampleSteps { first, every, end };
                    let taken: Vec<u64> = (0..40)
                        .filter(|&k| k >= first && (k - first) % every == 0)
                        .filter(|&k| end.is_none_or(|end| k < end))
                        .collect();
                    for k in 0..40 {
                        let before = taken.iter().filter(|&&t| t < k).count();
                        assert_eq!(steps.before(k), before as u64, "{steps:?} {k}");
                        if k < 30 {
                            let next = taken.iter().copied().find(|&t| t >= k);
                            assert_eq!(steps.next(k), next, "{steps:?} {k}");
                        }
                    }
                    assert!(taken.iter().enumerate().all(|(row, &k)| steps.step(row) == k));
                }
            }
        }
    }
}
