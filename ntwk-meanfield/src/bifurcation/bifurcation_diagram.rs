//! All branches of fixed points over a range of a parameter.

use crate::bifurcation::all_fixed_points::{Completeness, all_fixed_points};
use crate::bifurcation::branch::{Branch, BranchPoint, ContinuationError, ContinuationOptions};
use crate::bifurcation::continuation::{Family, follow};
use crate::bifurcation::fixed_point::{
    FixedPointError, FixedPointOptions, find_fixed_points, near,
};
use ntwk_core::Job;

/// Branches found, with the values of the parameter at which fixed points were sought.
#[derive(Debug, Clone, PartialEq)]
pub struct BifurcationDiagram {
    /// The branches, in the order in which they were found.
    pub branches: Vec<Branch>,
    /// Where fixed points were sought, with how many were found.
    pub sought: Vec<Sought>,
}

/// A search at one value of the parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sought {
    /// Value of the parameter.
    pub parameter: f64,
    /// Fixed points found.
    pub found: usize,
    /// Whether these are all.
    pub completeness: Completeness,
}

/// Seeks all fixed points at `values` (ascending) of the parameter and follows every branch that they belong to through the
/// whole range `[values[0], values[n-1]]`.
///
/// A branch that lies between two values is not found: more values make that less likely, none exclude it.
///
/// # Errors
/// [`ContinuationError`] as [`follow`], for fewer than two values, and when the
/// job is interrupted.
pub fn bifurcation_diagram<F: Family + ?Sized>(
    family: &F,
    values: &[f64],
    options: &ContinuationOptions,
    job: &Job<'_>,
) -> Result<BifurcationDiagram, ContinuationError> {
    let (Some(&low), Some(&high)) = (values.first(), values.last()) else {
        return Err(ContinuationError::Range(f64::NAN, f64::NAN));
    };
    if !values.is_sorted_by(|a, b| a < b) || values.len() < 2 {
        return Err(ContinuationError::Range(low, high));
    }
    let mut diagram = BifurcationDiagram { branches: Vec::new(), sought: Vec::new() };
    for (index, &parameter) in values.iter().enumerate() {
        job.check()?;
        let (system, input) = family
            .at(parameter)
            .map_err(|e| ContinuationError::NoSystem { parameter, reason: e.to_string() })?;
        let search = FixedPointOptions::default();
        let points =
            all_fixed_points(&system, &input, false, &job.silent()).map_err(
                |error| match error {
                    FixedPointError::Input(error) => ContinuationError::Input(error),
                    FixedPointError::Interrupted(interrupted) => interrupted.into(),
                    FixedPointError::Start { .. } | FixedPointError::Options => {
                        ContinuationError::Start { parameter }
                    }
                },
            )?;
        let (found, completeness) = (points.points.len(), points.completeness);
        diagram.sought.push(Sought { parameter, found, completeness });
        for point in points.points {
            let known = diagram.branches.iter().any(|branch| {
                passes(branch, parameter, &point.rates, |guess| {
                    let near_guess = [guess.to_vec()];
                    let found =
                        find_fixed_points(&system, &input, &near_guess, &search, &job.silent())
                            .ok()?;
                    found.points.into_iter().next().map(|f| f.rates)
                })
            });
            if !known {
                // A fixed point whose Jacobian is singular cannot be followed from here; another value meets its branch.
                match follow(family, [low, high], parameter, &point.rates, options, &job.silent()) {
                    Ok(branch) => diagram.branches.push(branch),
                    Err(ContinuationError::Start { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        job.report((index + 1) as f64 / values.len() as f64);
    }
    Ok(diagram)
}

/// Whether a branch goes through the given rates: interpolated between its points on both sides of the parameter, and
/// refined by `solve`.
fn passes(
    branch: &Branch,
    parameter: f64,
    rates: &[f64],
    solve: impl Fn(&[f64]) -> Option<Vec<f64>>,
) -> bool {
    branch.points.windows(2).any(|pair| {
        let [a, b]: [&BranchPoint; 2] = [&pair[0], &pair[1]];
        if (a.parameter - parameter) * (b.parameter - parameter) > 0.0 {
            return false;
        }
        let width = b.parameter - a.parameter;
        let t = if width == 0.0 { 0.0 } else { (parameter - a.parameter) / width };
        let guess: Vec<f64> = a
            .fixed_point
            .rates
            .iter()
            .zip(&b.fixed_point.rates)
            .map(|(x, y)| (x + t * (y - x)).max(0.0))
            .collect();
        // Only neighbours are worth a refinement.
        near(&guess, rates, 0.05) && solve(&guess).is_some_and(|r| near(&r, rates, 1e-6))
    })
}
