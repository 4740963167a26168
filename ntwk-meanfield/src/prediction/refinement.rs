//! The stationary state, corrected by single cells until the theory and its own cells agree.
//!
//! A transfer function that is fitted to a whole scan is off by some tenths of a hertz, which is nothing at 20 Hz and ten
//! times the rate at 0.01 Hz. The cells themselves are right: those under the input that a state `x` predicts fire at rates
//! `F(x)`, and the state is one where `F(x) = x`. From the fitted state on, cells are measured at the predicted rates and the
//! state moves by Newton's method in the logarithm of the rates,
//!
//! ```text
//! ln x' = ln x + (1 - E)^-1 (ln F(x) - ln x),    E_mn = d ln F_m / d ln x_n
//! ```
//!
//! with `F` measured and the elasticities `E` those of the fitted transfer functions. Every round has random numbers of its own,
//! so that the cells of the last one are an independent check of the state that they are measured at. What is left after it
//! is counting: with `J_mn = E_mn x_m / x_n` and the variances `S` of the measured rates, the state has the covariance
//! `(1 - J)^-1 S (1 - J)^-T`.

use nalgebra::{DMatrix, DVector};
use ntwk_core::spec::SpikeTrainTheory;
use ntwk_core::{CellLibrary, Job, Model};

use crate::FixedPoint;
use crate::bifurcation::fixed_point::Search;
use crate::prediction::cells_at_rates::{CellEffort, SingleCells};
use crate::prediction::error::TheoryError;
use crate::prediction::predict::Theory;
use crate::prediction::windows::TRAJECTORY_INTERVAL;
use crate::scan::inputs::VarianceFactors;
use crate::scan::measurement::Measurement;

/// Rounds before the state is given up.
const MOST_ROUNDS: usize = 10;
/// Spikes that a round is to count of every population: to find the way, and at the end.
const SPIKES: [f64; 2] = [500.0, 2500.0];
/// Cells of a round.
const CELLS: [u64; 2] = [400, 4000];
/// Longest time counted per cell (ms).
const LONGEST: f64 = 8000.0;
/// A round this near (relative) to the measured rates, or within its errors, is followed by the last one.
const NEAR: f64 = 0.05;
/// Largest step of a logarithm of a rate in one round.
const LARGEST_STEP: f64 = 1.5;
/// Part of the last step that is taken for its own error: the elasticities are those of the fit.
const ERROR_OF_STEP: f64 = 0.3;
/// Relative error of the rate of a cell whose trains are taken as independent: that of the network's correlated ones is 2 to 3 %
/// lower in the RS-FS network between 4 and 12 Hz of drive (`ntwk compare --replay`).
const ERROR_OF_INDEPENDENCE: f64 = 0.02;
/// Rates below this (Hz) are silence: no network is counted for so long.
const SILENCE: f64 = 1e-6;

/// A stationary state with its errors.
#[derive(Debug, Clone, PartialEq)]
pub struct RefinedState {
    /// Whether cells measured at a state fired at its rates, so that `rates` can be believed to `errors`.
    pub converged: bool,
    /// Rates (Hz) of the populations.
    pub rates: Vec<f64>,
    /// Their standard errors (Hz): the counting of spikes and the last step of the correction, through `(1 - J)^-1`.
    pub errors: Vec<f64>,
    /// Standard errors (Hz) of the rates as a prediction of the network: with what correlations of trains may do to the rate
    /// of a cell (2 %), through `(1 - J)^-1`.
    pub network_errors: Vec<f64>,
    /// Rates (Hz) at which the cells were measured last.
    pub checked_at: Vec<f64>,
    /// What the cells did there, one per population.
    pub cells: Vec<Measurement>,
    /// Standard errors of their rates (Hz); of silent cells, and of few spikes, that of one spike more.
    pub check_errors: Vec<f64>,
    /// Largest factor by which a relative error of the cells' rates becomes one of the state: the 2-norm of `(1 - E)^-1`.
    pub gain: f64,
    /// Rounds of measurements.
    pub rounds: usize,
}

impl RefinedState {
    /// Difference between the rate of the cells of a population and the rate they were measured at, in standard errors.
    #[must_use]
    pub fn deviation(&self, population: usize) -> f64 {
        let difference = self.cells[population].rate - self.checked_at[population];
        difference / self.check_errors[population]
    }
}

/// Corrects the fixed point `point` of the theory for the mean input of `window` (ms) by cells of the model.
///
/// Cells are driven as the theory has it: Poisson trains, with the variances of [`Theory::factors`]; adaptation is that of the
/// cells. Deterministic in the model's seed; the number of threads does not matter.
///
/// # Errors
/// [`TheoryError`] when a cell blows up or the job is interrupted.
pub fn refine(
    model: &Model,
    theory: &Theory,
    point: &FixedPoint,
    window: [f64; 2],
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<RefinedState, TheoryError> {
    let input = theory.input.mean(window, TRAJECTORY_INTERVAL);
    let measured_trains = model.spec().theory.spike_trains == SpikeTrainTheory::Measured;
    let mut factors = theory.factors.clone();
    let mut search = Search::new(&theory.mean_field, &input);
    let n = point.rates.len();
    let mut x = DVector::from_iterator(n, point.rates.iter().map(|r| r.max(SILENCE)));
    let mut last = false;
    let mut rounds = 0;
    loop {
        rounds += 1;
        let efforts: Vec<CellEffort> = x.iter().map(|&rate| effort(model, rate, last)).collect();
        let stream = format!("refined-{rounds}");
        let measured = SingleCells::new(model, window, &factors, library)?.measure(
            x.as_slice(),
            &efforts,
            &stream,
            job,
        )?;
        if measured_trains {
            // The next cells receive trains as regular as those of these.
            factors = VarianceFactors::measured(model, &point.moments, &measured);
        }
        let cells: Vec<Counted> = measured
            .into_iter()
            .zip(&efforts)
            .map(|(cells, effort)| Counted::new(cells, effort))
            .collect();
        let elasticity = elasticity(&mut search, &x);
        let Some(inverse) = (DMatrix::identity(n, n) - &elasticity).try_inverse() else {
            // Neutral: no error of the cells is bounded here.
            return Ok(ended(
                false,
                &x,
                &x,
                cells,
                &DMatrix::from_element(n, n, f64::INFINITY),
                rounds,
            ));
        };
        let residual = DVector::from_iterator(n, x.iter().zip(&cells).map(|(x, c)| c.lag(*x)));
        let near = x
            .iter()
            .zip(&cells)
            .zip(&residual)
            .all(|((x, c), r)| r.abs() <= NEAR.max(3.0 * c.error / x.max(c.cells.rate)));
        let step = limited(&inverse * &residual);
        let next =
            DVector::from_iterator(n, x.iter().zip(&step).map(|(x, s)| (x * s.exp()).max(SILENCE)));
        if (last && near) || rounds == MOST_ROUNDS {
            return Ok(ended(last && near, &x, &next, cells, &inverse, rounds));
        }
        last = near;
        x = next;
    }
}

/// The state after the last round: measured at `x`, corrected to `next`.
fn ended(
    converged: bool,
    x: &DVector<f64>,
    next: &DVector<f64>,
    cells: Vec<Counted>,
    inverse: &DMatrix<f64>,
    rounds: usize,
) -> RefinedState {
    let n = x.len();
    let relative: Vec<f64> =
        cells.iter().zip(x).map(|(c, x)| c.error / x.max(c.cells.rate)).collect();
    let through = |m: usize, errors: &dyn Fn(usize) -> f64| -> f64 {
        (0..n).map(|k| (inverse[(m, k)] * errors(k)).powi(2)).sum::<f64>().sqrt()
    };
    let errors: Vec<f64> = (0..n)
        .map(|m| {
            let step = ERROR_OF_STEP * (next[m] / x[m]).ln();
            next[m] * through(m, &|k| relative[k]).hypot(step)
        })
        .collect();
    let network_errors =
        (0..n).map(|m| errors[m].hypot(next[m] * through(m, &|_| ERROR_OF_INDEPENDENCE))).collect();
    let gain = if inverse.iter().all(|x| x.is_finite()) {
        inverse.singular_values().iter().copied().fold(0.0, f64::max)
    } else {
        f64::INFINITY
    };
    RefinedState {
        converged,
        rates: next.iter().map(|&r| if r <= SILENCE { 0.0 } else { r }).collect(),
        errors,
        network_errors,
        checked_at: x.iter().copied().collect(),
        check_errors: cells.iter().map(|c| c.error).collect(),
        cells: cells.into_iter().map(|c| c.cells).collect(),
        gain,
        rounds,
    }
}

/// How many cells, and for how long, a population of this rate (Hz) is measured.
fn effort(model: &Model, rate: f64, last: bool) -> CellEffort {
    let duration = model.spec().theory.scan.duration;
    let spikes = SPIKES[usize::from(last)];
    let wanted = spikes / (rate * 1e-3 * duration);
    let neurons = (wanted.ceil() as u64).clamp(CELLS[0], CELLS[1]);
    let missing = wanted / neurons as f64;
    CellEffort { neurons, duration: (duration * missing).clamp(duration, LONGEST.max(duration)) }
}

/// Cells of a population with what their count is worth.
struct Counted {
    cells: Measurement,
    /// Standard error of the rate (Hz); of silent cells, and of few spikes, that of one spike more.
    error: f64,
    /// Rate (Hz) of one spike in all the time counted.
    one_spike: f64,
}

impl Counted {
    fn new(cells: Measurement, effort: &CellEffort) -> Self {
        let one_spike = 1e3 / (effort.neurons as f64 * effort.duration);
        Self { error: cells.standard_error.max(one_spike), one_spike, cells }
    }

    /// `ln F(x) - ln x`; cells that are silent where less than half a spike is expected do not lag.
    fn lag(&self, x: f64) -> f64 {
        if self.cells.rate == 0.0 {
            return (0.5 * self.one_spike / x).ln().min(0.0);
        }
        (self.cells.rate / x).ln()
    }
}

/// `d ln F_m / d ln x_n` of the fitted transfer functions, adaptation at its stationary value; zero where the fit is silent.
fn elasticity(search: &mut Search<'_>, x: &DVector<f64>) -> DMatrix<f64> {
    let n = x.len();
    search.residual(x);
    search.linearise(x);
    let response: Vec<f64> = (0..n).map(|m| search.residual[m] + x[m]).collect();
    DMatrix::from_fn(n, n, |m, k| {
        let derivative = search.jacobian[(m, k)] + f64::from(u8::from(m == k));
        let elasticity = derivative * x[k] / response[m];
        if elasticity.is_finite() { elasticity } else { 0.0 }
    })
}

/// A step, shortened where it is too long.
fn limited(step: DVector<f64>) -> DVector<f64> {
    let longest = step.amax();
    if longest > LARGEST_STEP { step * (LARGEST_STEP / longest) } else { step }
}
