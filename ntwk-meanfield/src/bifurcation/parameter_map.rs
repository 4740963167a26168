//! Fixed points at many parameter values at once.

use crate::bifurcation::fixed_point::{
    FixedPointError, FixedPointOptions, FixedPoints, find_fixed_points,
};
use crate::system::MeanField;
use crate::system::input::Input;
use ntwk_core::Job;

/// Points that one thread takes at a time.
const BLOCK: usize = 16;

/// Fixed points at many points: `system_at(i)` gives the system and input at point `i`.
///
/// Every point is searched from the same `starts`, so that the result does not depend on the number of threads nor on the
/// order of the points. An interruption leaves the results of the first points.
///
/// # Errors
/// None as a whole: each point has its own result, the error of `system_at` or of the search.
pub fn map_fixed_points<E: Send + From<FixedPointError>>(
    points: usize,
    system_at: &(impl Fn(usize) -> Result<(MeanField, Input), E> + Sync),
    starts: &[Vec<f64>],
    options: &FixedPointOptions,
    job: &Job<'_>,
) -> Vec<Result<FixedPoints, E>> {
    let blocks: Vec<std::ops::Range<usize>> =
        (0..points).step_by(BLOCK).map(|first| first..(first + BLOCK).min(points)).collect();
    let search = |block: &std::ops::Range<usize>| {
        let found = block.clone().map(|point| {
            let (system, input) = system_at(point)?;
            Ok(find_fixed_points(&system, &input, starts, options)?)
        });
        Ok::<_, std::convert::Infallible>(found.collect::<Vec<_>>())
    };
    let Ok(found) = job.each(&blocks, search);
    found.into_iter().flatten().collect()
}
