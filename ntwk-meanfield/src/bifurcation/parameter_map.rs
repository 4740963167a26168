//! Fixed points at many parameter values at once.

use crate::bifurcation::all_fixed_points::{AllFixedPoints, all_fixed_points};
use crate::bifurcation::fixed_point::FixedPointError;
use crate::system::MeanField;
use crate::system::input::Input;
use ntwk_core::{Interrupted, Job};

/// Points that one thread takes at a time.
const BLOCK: usize = 16;

/// Fixed points at many points: `system_at(i)` gives the system and input at point `i`.
///
/// Every point is searched for itself, so that the result does not depend on the number of threads nor on the order of the
/// points.
///
/// # Errors
/// [`Interrupted`]; each point has its own result, the error of `system_at` or of the search.
pub fn map_fixed_points<E: Send + From<FixedPointError>>(
    points: usize,
    system_at: &(impl Fn(usize) -> Result<(MeanField, Input), E> + Sync),
    job: &Job<'_>,
) -> Result<Vec<Result<AllFixedPoints, E>>, Interrupted> {
    let blocks: Vec<std::ops::Range<usize>> =
        (0..points).step_by(BLOCK).map(|first| first..(first + BLOCK).min(points)).collect();
    let search =
        |block: &std::ops::Range<usize>| {
            let quiet = job.silent();
            let mut found = Vec::with_capacity(block.len());
            for point in block.clone() {
                quiet.check()?;
                found.push(system_at(point).and_then(|(system, input)| {
                    Ok(all_fixed_points(&system, &input, false, &quiet)?)
                }));
            }
            Ok::<_, Interrupted>(found)
        };
    let found = job.each(&blocks, search)?;
    job.check()?;
    Ok(found.into_iter().flatten().collect())
}
