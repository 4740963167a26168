//! Saddles between two stable states: edge tracking (Skufca, Yorke and Eckhardt, Phys Rev Lett 96 (2006)).

use crate::bifurcation::fixed_point::{Search, non_negative};
use crate::bifurcation::logarithmic::{Found, distance, logarithm, rate};
use nalgebra::DVector;
use ntwk_core::{Interrupted, Job};

/// Bisections of a segment.
const BISECTIONS: usize = 24;
/// Rounds of following the edge.
const ROUNDS: usize = 40;
/// Steps until a trajectory must have settled.
const MOST_STEPS: usize = 4000;
/// Distance in the logarithms at which two trajectories have parted.
const PARTED: f64 = 1e-2;
/// Distance in the logarithms at which a state counts as reached.
const REACHED: f64 = 1e-2;

/// Follows the edge between the basins of the fixed points `a` and `b` and adds those that Newton's method reaches from it.
///
/// The segment between them is bisected by where trajectories lead, both ends are followed until they part, and bisected again:
/// in any number of dimensions they come near a saddle with one unstable direction, where there is one.
pub(crate) fn track(
    found: &mut Found<'_>,
    a: &DVector<f64>,
    b: &DVector<f64>,
    job: &Job<'_>,
) -> Result<(), Interrupted> {
    let ends = [a.clone(), b.clone()];
    let (mut low, mut high) = (a.clone(), b.clone());
    for _ in 0..ROUNDS {
        for _ in 0..BISECTIONS {
            job.check()?;
            if distance(&low, &high) < 1e-6 {
                break;
            }
            let middle = low.zip_map(&high, |x, y| rate(0.5 * (logarithm(x) + logarithm(y))));
            match settles(&mut found.search, &middle, &ends) {
                Some(0) => low = middle,
                Some(_) => high = middle,
                // A third state is between: its edge with the nearer one is another pair's.
                None => return Ok(()),
            }
        }
        let known = found.points.len();
        if found.seek(&low) && found.points.len() > known {
            return Ok(());
        }
        for _ in 0..200 {
            step(&mut found.search, &mut low);
            step(&mut found.search, &mut high);
            if distance(&low, &high) > PARTED {
                break;
            }
        }
    }
    Ok(())
}

/// Which of two states a trajectory ends in.
fn settles(
    search: &mut Search<'_>,
    start: &DVector<f64>,
    ends: &[DVector<f64>; 2],
) -> Option<usize> {
    let mut rates = start.clone();
    for _ in 0..MOST_STEPS {
        if let Some(k) = ends.iter().position(|end| distance(&rates, end) < REACHED) {
            return Some(k);
        }
        step(search, &mut rates);
    }
    None
}

/// One step of the rates with stationary adaptation, `T dnu/dt = F - nu`, in time of T: as long as the rates change by a
/// tenth, at most 0.2 T, and implicit, so that stiff saturated states do not ring.
fn step(search: &mut Search<'_>, rates: &mut DVector<f64>) {
    search.residual(rates);
    search.linearise(rates);
    let change = search.residual.zip_map(rates, |r, nu| r.abs() / (nu + 1e-3)).amax();
    let h = (0.1 / change).clamp(0.02, 0.5);
    let mut matrix = -&search.jacobian;
    matrix.iter_mut().step_by(rates.len() + 1).for_each(|d| *d += 1.0 / h);
    if let Some(step) = matrix.lu().solve(&search.residual) {
        *rates = non_negative(&*rates + step);
    }
}
