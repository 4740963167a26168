//! Fixed points at many parameter values at once.

use crate::bifurcation::fixed_point::{
    FixedPointError, FixedPointOptions, FixedPoints, find_fixed_points,
};
use crate::system::MeanField;
use crate::system::input::Input;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Points that one thread takes at a time.
const BLOCK: usize = 16;

/// Fixed points at `points` places, on `threads` threads: `system_at(i)` gives the system and input at place `i`.
///
/// Every place is searched from the same `starts`, so that the result does not depend on the number of threads nor on the
/// order of the places. `progress` is called with the fraction done.
///
/// # Errors
/// None as a whole: each place has its own result, the error of `system_at` or of the search.
pub fn map_fixed_points<E: Send + From<FixedPointError>>(
    points: usize,
    threads: usize,
    system_at: &(impl Fn(usize) -> Result<(MeanField, Input), E> + Sync),
    starts: &[Vec<f64>],
    options: &FixedPointOptions,
    progress: &(impl Fn(f64) + Sync),
) -> Vec<Result<FixedPoints, E>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let first = next.fetch_add(BLOCK, Ordering::Relaxed);
            if first >= points {
                return done;
            }
            for place in first..(first + BLOCK).min(points) {
                let found = system_at(place).and_then(|(system, input)| {
                    Ok(find_fixed_points(&system, &input, starts, options)?)
                });
                done.push((place, found));
            }
            progress((first + BLOCK).min(points) as f64 / points as f64);
        }
    };
    let mut all: Vec<(usize, Result<FixedPoints, E>)> = if threads <= 1 {
        work()
    } else {
        std::thread::scope(|scope| {
            let helpers: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut all = work();
            for helper in helpers {
                match helper.join() {
                    Ok(done) => all.extend(done),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            all
        })
    };
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, found)| found).collect()
}
