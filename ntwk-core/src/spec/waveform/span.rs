//! When a waveform is on.

use crate::section;
use crate::spec::fault::FaultKind;
use crate::spec::key::TableReader;

section! {
    /// A span of time: from `start` on, before `stop` or for `duration`; without either, for ever.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct Span, check = check {
        /// begin (ms)
        start | "onset": f64 = Quantity(Time, Any), or(0.0);
        /// end (ms), after `start`
        stop: Option<f64> = Quantity(Time, Any), none;
        /// time from `start` to the end (ms), in the place of `stop`
        duration: Option<f64> = Quantity(Time, Positive), none;
    }
}

fn check(span: &Span, table: &mut TableReader<'_, '_>) {
    if span.stop.is_some() && span.duration.is_some() {
        let rule = "give stop or duration, not both".to_owned();
        table.fault("duration", FaultKind::Combination { rule });
    } else if span.end() <= span.start {
        let allowed = format!("> start ({} ms)", span.start);
        table.fault("stop", FaultKind::OutOfRange { allowed });
    }
}

impl Span {
    /// From `start` for `duration` (ms), which may be infinite.
    #[must_use]
    pub fn lasting(start: f64, duration: f64) -> Self {
        Self { start, stop: None, duration: (duration != f64::INFINITY).then_some(duration) }
    }

    /// From `start` to `stop` (ms).
    #[must_use]
    pub fn between(start: f64, stop: f64) -> Self {
        Self { start, stop: Some(stop), duration: None }
    }

    /// From `start` (ms) on, for ever.
    #[must_use]
    pub fn from(start: f64) -> Self {
        Self { start, stop: None, duration: None }
    }

    /// The end (ms), infinite where there is none.
    #[must_use]
    pub fn end(&self) -> f64 {
        match (self.stop, self.duration) {
            (Some(stop), _) => stop,
            (None, Some(duration)) => self.start + duration,
            (None, None) => f64::INFINITY,
        }
    }

    /// Time from start to end (ms), infinite where there is no end.
    #[must_use]
    pub fn length(&self) -> f64 {
        self.duration.unwrap_or_else(|| self.end() - self.start)
    }

    /// Whether `t` (ms) lies in it.
    #[must_use]
    pub fn contains(&self, t: f64) -> bool {
        t >= self.start && t < self.end()
    }

    /// Adds the fault of a span without an end.
    pub(super) fn must_end(&self, table: &mut TableReader<'_, '_>) {
        if self.stop.is_none() && self.duration.is_none() {
            table.missing("stop", "a time in ms (stop or duration)");
        }
    }

    /// The part of the step from `t` to `t + dt` (ms) that lies in it, 0 to 1.
    ///
    /// Edges meant to lie on the grid of steps may miss it by rounding.
    pub(super) fn share(&self, t: f64, dt: f64) -> f64 {
        let share = ((t + dt).min(self.end()) - t.max(self.start)) / dt;
        if share > 1.0 - 1e-9 {
            1.0
        } else if share < 1e-9 {
            0.0
        } else {
            share
        }
    }

    /// Begin and end, where there is one.
    pub(super) fn edges(&self) -> impl Iterator<Item = f64> {
        [self.start, self.end()].into_iter().filter(|t| t.is_finite())
    }
}
