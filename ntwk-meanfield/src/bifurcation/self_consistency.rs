//! The graphical solution for the fixed points: the response of a population to its own rate, and where both are equal.

use crate::bifurcation::fixed_point::{FixedPoint, Search, non_negative};
use crate::system::MeanField;
use crate::system::input::{Input, InputError};
use nalgebra::{DMatrix, DVector};
use ntwk_core::{Interrupted, Job};

/// Largest lag of the other populations (Hz, relative to one plus the largest rate) that counts as standing still.
const TOLERANCE: f64 = 1e-9;
/// Newton steps for one value.
const MAX_STEPS: usize = 20;
/// Largest change of the other rates along a curve from one value to the next, in steps of the rate, and relative to them:
/// beyond it Newton's method has found another curve.
const LARGEST_CHANGE: (f64, f64) = (20.0, 0.2);

/// The response of one population to its own rate, while the other populations stand where they are at rest with it.
///
/// Fixed points of the system are where the response equals the rate. With several states of rest of the others there are
/// several curves: those through the fixed points are given, as far as they go.
#[derive(Debug, Clone, PartialEq)]
pub struct SelfConsistency {
    /// The population.
    pub population: usize,
    /// Rates (Hz) that are shown.
    pub range: [f64; 2],
    /// Rate and response of the population (Hz, Hz) along a curve through each fixed point, in ascending order of the rate.
    pub curves: Vec<Vec<[f64; 2]>>,
}

/// A graphical solution that cannot be drawn.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SelfConsistencyError {
    /// The input does not fit the system.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The population is not one of the system.
    #[error("population {given}: an index below {populations} is needed")]
    Population {
        /// Index given.
        given: usize,
        /// Populations of the system.
        populations: usize,
    },
    /// The range is empty or starts below zero.
    #[error("range {0:?} Hz: two finite values, 0 <= low < high, are needed")]
    Range([f64; 2]),
    /// Too few points.
    #[error("{0} points; at least 2 are needed")]
    Points(usize),
    /// A fixed point of another system.
    #[error("a fixed point has {given} rates, the system {populations} populations")]
    FixedPoint {
        /// Its rates.
        given: usize,
        /// Populations of the system.
        populations: usize,
    },
    /// The job was interrupted.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// The graphical solution for `population` within `range` (Hz), in steps of a `points`-th of it, through `fixed_points` of the
/// system under `input`. Adaptation currents are those that are stationary at the rates.
///
/// # Errors
/// [`SelfConsistencyError`] for arguments of the wrong shape or range, and when the job is interrupted.
pub fn self_consistency(
    system: &MeanField,
    input: &Input,
    population: usize,
    range: [f64; 2],
    points: usize,
    fixed_points: &[FixedPoint],
    job: &Job<'_>,
) -> Result<SelfConsistency, SelfConsistencyError> {
    system.check_input(input)?;
    let n = system.populations().len();
    if population >= n {
        return Err(SelfConsistencyError::Population { given: population, populations: n });
    }
    if !(range[0] >= 0.0 && range[0] < range[1] && range[1].is_finite()) {
        return Err(SelfConsistencyError::Range(range));
    }
    if points < 2 {
        return Err(SelfConsistencyError::Points(points));
    }
    if let Some(other) = fixed_points.iter().find(|f| f.rates.len() != n) {
        return Err(SelfConsistencyError::FixedPoint { given: other.rates.len(), populations: n });
    }
    let mut search = Search::new(system, input);
    let step = (range[1] - range[0]) / points as f64;
    let mut curves = Vec::with_capacity(fixed_points.len());
    for fixed_point in fixed_points {
        let mut curve = follow(&mut search, &fixed_point.rates, population, range, -step, job)?;
        curve.reverse();
        curve.push([fixed_point.rates[population]; 2]);
        curve.extend(follow(&mut search, &fixed_point.rates, population, range, step, job)?);
        curves.push(curve);
    }
    Ok(SelfConsistency { population, range, curves })
}

/// Rates and responses from a fixed point on, which is left out, to the end of the range or of the curve.
fn follow(
    search: &mut Search<'_>,
    from: &[f64],
    population: usize,
    [low, high]: [f64; 2],
    step: f64,
    job: &Job<'_>,
) -> Result<Vec<[f64; 2]>, Interrupted> {
    let mut curve = Vec::new();
    let mut state = DVector::from_column_slice(from);
    loop {
        job.check()?;
        let last = state[population];
        let rate = (last + step).clamp(low, high);
        if rate == last || !(low..=high).contains(&last) {
            return Ok(curve);
        }
        let mut next = state.clone();
        next[population] = rate;
        let (steps, share) = LARGEST_CHANGE;
        let allowed = |old: f64| steps * step.abs() + share * old;
        if !rest(search, &mut next, population)
            || state.iter().zip(next.iter()).any(|(a, b)| (a - b).abs() > allowed(*a))
        {
            return Ok(curve);
        }
        curve.push([rate, search.residual[population] + rate]);
        state = next;
    }
}

/// Brings all populations but `held` to rest by Newton's method, from where they are; whether they got there.
fn rest(search: &mut Search<'_>, state: &mut DVector<f64>, held: usize) -> bool {
    let others: Vec<usize> = (0..state.len()).filter(|&m| m != held).collect();
    for _ in 0..MAX_STEPS {
        search.residual(state);
        let lag = DVector::from_iterator(others.len(), others.iter().map(|&m| search.residual[m]));
        if others.is_empty() || lag.amax() <= TOLERANCE * (1.0 + state.amax()) {
            return true;
        }
        search.linearise(state);
        let jacobian = DMatrix::from_fn(others.len(), others.len(), |a, b| {
            search.jacobian[(others[a], others[b])]
        });
        let Some(step) = jacobian.lu().solve(&-lag) else { return false };
        if step.iter().any(|x| !x.is_finite()) {
            return false;
        }
        others.iter().zip(step.iter()).for_each(|(&m, d)| state[m] += d);
        *state = non_negative(state.clone());
    }
    false
}
