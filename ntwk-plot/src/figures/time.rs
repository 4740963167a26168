//! The time axis, and quantities in time.

use crate::axis::Axis;
use crate::error::PlotError;
use crate::mark::Point;

/// The stretch of time that a figure shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeSpan {
    from: f64,
    to: f64,
}

impl TimeSpan {
    /// From `from` to `to` (ms).
    ///
    /// # Errors
    /// [`PlotError::Value`] when the bounds are not finite or the end does not come after the start.
    pub fn new(from: f64, to: f64) -> Result<Self, PlotError> {
        if !from.is_finite() {
            return Err(PlotError::Value {
                name: "start of the time span (ms)",
                value: from,
                expected: "finite",
            });
        }
        if !(to.is_finite() && to > from) {
            return Err(PlotError::Value {
                name: "end of the time span (ms)",
                value: to,
                expected: "finite and after its start",
            });
        }
        Ok(Self { from, to })
    }

    /// Whether `time` (ms) lies in `[from, to)`.
    #[must_use]
    pub fn contains(&self, time: f64) -> bool {
        time >= self.from && time < self.to
    }

    /// The horizontal axis: in ms, or in s for spans of 5 s and more.
    #[must_use]
    pub fn axis(&self) -> Axis {
        let unit = if self.in_seconds() { "s" } else { "ms" };
        Axis::new(&format!("time ({unit})")).range(self.on_axis(self.from), self.on_axis(self.to))
    }

    /// `time` (ms) in the unit of the axis.
    #[must_use]
    pub fn on_axis(&self, time: f64) -> f64 {
        if self.in_seconds() { 1e-3 * time } else { time }
    }

    fn in_seconds(&self) -> bool {
        self.to - self.from >= 5000.0
    }
}

/// A quantity in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Series<'a> {
    times: &'a [f64],
    values: &'a [f64],
}

impl<'a> Series<'a> {
    /// `values[i]` at `times[i]` (ms, ascending).
    ///
    /// # Errors
    /// [`PlotError::Lengths`].
    pub fn new(times: &'a [f64], values: &'a [f64]) -> Result<Self, PlotError> {
        if times.len() != values.len() {
            return Err(PlotError::Lengths {
                what: "times and values of a series",
                left: times.len(),
                right: values.len(),
            });
        }
        Ok(Self { times, values })
    }

    /// The points of the span on its axis, with one neighbour beyond each end so that the line reaches the edge.
    pub(crate) fn points(&self, span: TimeSpan) -> Vec<Point> {
        let n = self.times.len();
        let from = self.times.partition_point(|&t| t < span.from).saturating_sub(1);
        let to = (self.times.partition_point(|&t| t <= span.to) + 1).min(n);
        (from..to.max(from)).map(|i| (span.on_axis(self.times[i]), self.values[i])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_spans_are_in_seconds() {
        let short = TimeSpan::new(0.0, 1500.0).unwrap();
        assert_eq!((short.on_axis(200.0), short.axis().label), (200.0, "time (ms)".into()));
        let long = TimeSpan::new(0.0, 20_000.0).unwrap();
        assert_eq!((long.on_axis(200.0), long.axis().label), (0.2, "time (s)".into()));
        assert!(TimeSpan::new(1.0, 1.0).is_err() && TimeSpan::new(0.0, f64::NAN).is_err());
    }

    #[test]
    fn series_are_cut_with_one_neighbour() {
        let (t, v) = ([0.0, 1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0, 9.0]);
        let s = Series::new(&t, &v).unwrap();
        assert_eq!(
            s.points(TimeSpan::new(1.5, 2.5).unwrap()),
            [(1.0, 6.0), (2.0, 7.0), (3.0, 8.0)]
        );
        assert!(Series::new(&[], &[]).unwrap().points(TimeSpan::new(0.0, 1.0).unwrap()).is_empty());
        assert!(Series::new(&t, &[]).is_err());
    }
}
