//! When a long integration says how far it is.

use std::time::{Duration, Instant};

/// Wall-clock time between two reports of progress.
const INTERVAL: Duration = Duration::from_millis(40);

/// Steps until the first look at the clock.
const FIRST: u64 = 16;

/// Counts steps, and looks at the clock so seldom that it costs nothing.
#[derive(Debug)]
pub(crate) struct Pace {
    began: Instant,
    done: u64,
    due: u64,
}

impl Pace {
    /// From now on.
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), done: 0, due: FIRST }
    }

    /// Counts a step; whether about 40 ms have passed since this was so.
    pub(crate) fn step(&mut self) -> bool {
        self.done += 1;
        if self.done < self.due {
            return false;
        }
        let wanted = INTERVAL.as_secs_f64() / self.began.elapsed().as_secs_f64().max(1e-9);
        let next = (self.done as f64 * wanted.min(4.0)).max(1.0) as u64;
        *self = Self { began: Instant::now(), done: 0, due: next };
        true
    }
}
