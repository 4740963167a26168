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
//!
//! With measured spike trains the last rounds are cells under trains of cells (`generation`), which are regular as those of
//! the network are, and not events of a smaller variance alone.

use nalgebra::{DMatrix, DVector};
use ntwk_core::spec::SpikeTrainTheory;
use ntwk_core::{CellLibrary, Job, Model};

use crate::FixedPoint;
use crate::bifurcation::fixed_point::Search;
use crate::prediction::cells_at_rates::{CellEffort, SingleCells};
use crate::prediction::error::TheoryError;
use crate::prediction::generation::Generation;
use crate::prediction::predict::Theory;
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
/// Relative error of the rate of a cell whose trains are taken as independent, that of its population alone and that which it has
/// in common with those of the others: under the network's correlated trains it is 0 to 3 % lower, in both populations of the
/// RS-FS network between 4 and 12 Hz of drive (`ntwk compare --replay`).
const ERROR_OF_INDEPENDENCE: [f64; 2] = [0.02, 0.025];
/// Most generations of cells under trains of the one before, and the first of them whose rates count.
const GENERATIONS: u64 = 8;
const FIRST_GENERATION: u64 = 2;
/// Relative error of the rate of a generation beyond which it says less than the cells before.
const ENOUGH: f64 = 0.03;
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
    /// of a cell (2 %, and 2.5 % in common), through `(1 - J)^-1`.
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
    /// The last cells under trains of cells, with measured trains.
    pub(crate) generation: Option<Generation>,
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
    let cells = SingleCells::new(model, window, library)?;
    let measured_trains = model.spec().theory.spike_trains == SpikeTrainTheory::Measured;
    let mut factors = theory.factors.clone();
    let mut search = Search::new(&theory.mean_field, cells.input());
    let n = point.rates.len();
    let mut x = DVector::from_iterator(n, point.rates.iter().map(|r| r.max(SILENCE)));
    let mut last = false;
    let mut rounds = 0;
    loop {
        rounds += 1;
        let efforts: Vec<CellEffort> = x.iter().map(|&rate| effort(model, rate, last)).collect();
        let stream = format!("refined-{rounds}");
        let measured = cells.measure(x.as_slice(), &factors, &efforts, &stream, job)?;
        if measured_trains {
            // The next cells receive trains as regular as those of these.
            factors = VarianceFactors::measured(model, &point.moments, &measured);
        }
        let counted: Vec<Counted> =
            measured.into_iter().zip(&efforts).map(|(m, effort)| Counted::new(m, effort)).collect();
        let Some(inverse) = inverse(&mut search, &x) else {
            // Neutral: no error of the cells is bounded here.
            let unbounded = DMatrix::from_element(n, n, f64::INFINITY);
            return Ok(ended(false, &x, &x, counted, &unbounded, rounds));
        };
        let (next, near) = stepped(&x, &counted, &inverse);
        if last && near && measured_trains {
            let state = (next, counted, rounds);
            return under_own_trains(model, &cells, &mut search, &x, state, library, job);
        }
        if (last && near) || rounds == MOST_ROUNDS {
            return Ok(ended(last && near, &x, &next, counted, &inverse, rounds));
        }
        last = near;
        x = next;
    }
}

/// The state in which cells fire at the rates of the trains they receive, from one (`next`, of cells that were measured at `x`)
/// where they receive equal events of the same variance. Populations that fire too little for that are left to those.
fn under_own_trains(
    model: &Model,
    cells: &SingleCells<'_>,
    search: &mut Search<'_>,
    x: &DVector<f64>,
    (mut next, mut counted, mut rounds): (DVector<f64>, Vec<Counted>, usize),
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<RefinedState, TheoryError> {
    let (mut x, mut near) = (x.clone(), true);
    let mut parents: Option<Generation> = None;
    for number in 0..GENERATIONS {
        let (rates, counts) = (next.as_slice(), number >= FIRST_GENERATION);
        let before = parents.as_ref();
        let generation =
            Generation::of(model, cells.input(), rates, before, (number, counts), library, job)?;
        let Some(generation) = generation else { break };
        if counts {
            for (m, counted) in counted.iter_mut().enumerate() {
                counted.replace(generation.rates[m], generation.errors[m], next[m]);
            }
            rounds += 1;
            let Some(inverse) = inverse(search, &next) else { break };
            let after = stepped(&next, &counted, &inverse);
            near = after.1;
            x = std::mem::replace(&mut next, after.0);
        }
        parents = Some(generation);
        if near && number > FIRST_GENERATION {
            break;
        }
    }
    let n = x.len();
    let unbounded = || DMatrix::from_element(n, n, f64::INFINITY);
    let inverse = inverse(search, &x).unwrap_or_else(unbounded);
    let found = ended(near, &x, &next, counted, &inverse, rounds);
    Ok(RefinedState { generation: parents, ..found })
}

/// `(1 - E)^-1`; `None` for a neutral state.
fn inverse(search: &mut Search<'_>, x: &DVector<f64>) -> Option<DMatrix<f64>> {
    let n = x.len();
    (DMatrix::identity(n, n) - elasticity(search, x)).try_inverse()
}

/// The next state after one in which `cells` were measured, and whether they fire as it says.
fn stepped(x: &DVector<f64>, cells: &[Counted], inverse: &DMatrix<f64>) -> (DVector<f64>, bool) {
    let n = x.len();
    let residual = DVector::from_iterator(n, x.iter().zip(cells).map(|(x, c)| c.lag(*x)));
    let near = x
        .iter()
        .zip(cells)
        .zip(&residual)
        .all(|((x, c), r)| r.abs() <= NEAR.max(3.0 * c.error / x.max(c.cells.rate)));
    let step = limited(inverse * residual);
    let next = x.iter().zip(&step).map(|(x, s)| (x * s.exp()).max(SILENCE));
    (DVector::from_iterator(n, next), near)
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
    let [own, common] = ERROR_OF_INDEPENDENCE;
    let network_errors = (0..n)
        .map(|m| {
            let common = common * inverse.row(m).sum().abs();
            errors[m].hypot(next[m] * through(m, &|_| own).hypot(common))
        })
        .collect();
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
        generation: None,
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

    /// Takes the rate of other cells, measured at the rate `at`, in place of these where it is known well enough; else these
    /// count as cells that fire at that rate.
    fn replace(&mut self, rate: f64, error: f64, at: f64) {
        if error < ENOUGH * rate {
            self.cells.rate = rate;
            self.cells.standard_error = error;
            self.error = error;
        } else {
            self.cells.rate = at;
        }
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
