//! The plane of two rates: vector field and nullclines.

use crate::bifurcation::contour::zero_lines;
use crate::bifurcation::fixed_point::Search;
use crate::system::MeanField;
use crate::system::input::{Input, InputError};
use nalgebra::DVector;
use ntwk_core::{Interrupted, Job};

/// Two rates of a system against each other.
///
/// The other rates are held at given values; adaptation currents are those that are stationary at the rates (the plane shows
/// the slow course of the rates where adaptation is a variable of its own).
#[derive(Debug, Clone, PartialEq)]
pub struct PhasePlane {
    /// Values (Hz) of the first rate at which the field is given.
    pub x: Vec<f64>,
    /// Values (Hz) of the second rate.
    pub y: Vec<f64>,
    /// `(F - nu) / T` of both rates (Hz/ms): entry `i * y.len() + j` at `x[i]`, `y[j]`.
    pub field: Vec<[f64; 2]>,
    /// Lines (Hz, Hz) on which the first and the second rate stand still; every vertex is exact to 1e-12 of a grid cell.
    pub nullclines: [Vec<Vec<[f64; 2]>>; 2],
}

/// A plane that cannot be drawn.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PhasePlaneError {
    /// The input does not fit the system.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The populations are not two different ones of the system.
    #[error("populations {given:?}: two different indices below {populations} are needed")]
    Populations {
        /// Indices given.
        given: [usize; 2],
        /// Populations of the system.
        populations: usize,
    },
    /// The rates held are not one per population, finite and >= 0.
    #[error("the rates held must be one per population, finite and >= 0 Hz")]
    Rates,
    /// A range is empty or starts below zero.
    #[error("range {0:?} Hz: two finite values, 0 <= low < high, are needed")]
    Range([f64; 2]),
    /// Too few lines of the grid.
    #[error("{0} grid lines; at least 2 are needed")]
    Grid(usize),
    /// The job was interrupted.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// Vector field on `arrows` x `arrows` points and nullclines on a grid of `lines` x `lines` of the rates of `populations`
/// within `ranges` (Hz), the other rates held at `rates`.
///
/// # Errors
/// [`PhasePlaneError`] for arguments of the wrong shape or range, and when the job is interrupted.
pub fn phase_plane(
    system: &MeanField,
    input: &Input,
    populations: [usize; 2],
    rates: &[f64],
    ranges: [[f64; 2]; 2],
    [arrows, lines]: [usize; 2],
    job: &Job<'_>,
) -> Result<PhasePlane, PhasePlaneError> {
    system.check_input(input)?;
    let n = system.populations().len();
    if populations[0] == populations[1] || populations.iter().any(|&p| p >= n) {
        return Err(PhasePlaneError::Populations { given: populations, populations: n });
    }
    if rates.len() != n || !rates.iter().all(|r| *r >= 0.0 && r.is_finite()) {
        return Err(PhasePlaneError::Rates);
    }
    for range in ranges {
        if !(range[0] >= 0.0 && range[0] < range[1] && range[1].is_finite()) {
            return Err(PhasePlaneError::Range(range));
        }
    }
    if let Some(&few) = [arrows, lines].iter().find(|&&k| k < 2) {
        return Err(PhasePlaneError::Grid(few));
    }
    let mut search = Search::new(system, input);
    let mut held = DVector::from_column_slice(rates);
    let mut lag = |a: f64, b: f64| {
        if job.is_interrupted() {
            // What is left is not looked at.
            return [f64::NAN; 2];
        }
        held[populations[0]] = a;
        held[populations[1]] = b;
        search.residual(&held);
        populations.map(|p| search.residual[p])
    };
    let grid = |[low, high]: [f64; 2], count: usize| -> Vec<f64> {
        (0..count).map(|k| low + (high - low) * k as f64 / (count - 1) as f64).collect()
    };
    let (x, y) = (grid(ranges[0], arrows), grid(ranges[1], arrows));
    let t = system.time_constant();
    let mut field = Vec::with_capacity(arrows * arrows);
    for &a in &x {
        for &b in &y {
            field.push(lag(a, b).map(|d| d / t));
        }
    }
    let (fine_x, fine_y) = (grid(ranges[0], lines), grid(ranges[1], lines));
    let nullclines = [0, 1].map(|k| zero_lines(&fine_x, &fine_y, &mut |a, b| lag(a, b)[k]));
    job.check()?;
    Ok(PhasePlane { x, y, field, nullclines })
}
