//! Stationary states of a mean-field system and their stability.

use crate::moments::scalar::{Dual, Scalar};
use crate::moments::{DIRECTIONS, Moments};
use crate::system::input::{Input, InputError};
use crate::system::point::Point;
use crate::system::{MeanField, Response, Source};
use nalgebra::{Complex, DMatrix, DVector, Schur};
use ntwk_core::{Interrupted, Job};

/// How the search from one start ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixedPointStatus {
    /// `|F(nu) - nu|` is below the tolerance.
    Converged,
    /// The iteration limit came first.
    IterationLimit,
    /// The rates, or the linear system of a step, were not finite.
    NotFinite,
}

/// Stability of a fixed point under the first-order dynamics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stability {
    /// Every eigenvalue has a negative real part.
    Stable,
    /// Some eigenvalue has a positive real part.
    Unstable,
    /// An eigenvalue lies on the imaginary axis, the eigenvalues were not found, or this is no fixed point.
    Undetermined,
}

/// What the search from one start found.
#[derive(Debug, Clone, PartialEq)]
pub struct FixedPoint {
    /// Rates (Hz), one per population.
    pub rates: Vec<f64>,
    /// Adaptation currents (pA), one per population; 0 where adaptation is in the transfer function.
    pub adaptation: Vec<f64>,
    /// How the search ended. Unless it converged, the other fields describe the best point found.
    pub status: FixedPointStatus,
    /// Largest `|F(nu) - nu|` over the populations (Hz).
    pub residual: f64,
    /// Newton steps taken.
    pub iterations: usize,
    /// Eigenvalues of the Jacobian of the dynamics (1/s), largest real part first; empty if they were not found.
    pub eigenvalues: Vec<Complex<f64>>,
    /// Stability.
    pub stability: Stability,
    /// Index of the fixed point, the sign of `det(1 - dF/dnu)` with adaptation stationary: 1 or -1, 0 where the determinant
    /// vanishes or this is no fixed point. It is not stability: an unstable focus has index 1.
    pub index: i8,
    /// Moments of the membrane potential, one per population.
    pub moments: Vec<Moments>,
    /// Whether the moments lie in the domain of the transfer function, one per population.
    pub in_domain: Vec<bool>,
}

/// Options of [`find_fixed_points`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FixedPointOptions {
    /// A point is a fixed point when `|F(nu) - nu| <= tolerance (1 + max nu)` in every population; refinement then goes
    /// on as long as the residual decreases.
    pub tolerance: f64,
    /// Newton steps from one start.
    pub max_iterations: usize,
    /// Fixed points closer than this, relative to `1 + max nu`, are the same.
    pub separation: f64,
}

impl Default for FixedPointOptions {
    /// Tolerance 1e-10, 200 steps, separation 1e-6.
    fn default() -> Self {
        Self { tolerance: 1e-10, max_iterations: 200, separation: 1e-6 }
    }
}

/// All that a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct FixedPoints {
    /// Distinct fixed points, in ascending order of the rates.
    pub points: Vec<FixedPoint>,
    /// Starts (by index) from which no fixed point was reached, with the best point of each.
    pub failed: Vec<(usize, FixedPoint)>,
}

/// A search that cannot be done.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FixedPointError {
    /// The input does not fit the system.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A start has the wrong length or is negative or not finite.
    #[error("start {index} must have {populations} finite rates >= 0 Hz")]
    Start {
        /// Index of the start.
        index: usize,
        /// Rates needed.
        populations: usize,
    },
    /// An option is out of range.
    #[error("tolerance and separation must be finite and > 0")]
    Options,
    /// The job was interrupted.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// Starts that cover low, moderate and high activity: all populations at 0, 1, 5, 20 and 80 Hz, and each population
/// alone at 20 Hz with the others at 1 Hz.
#[must_use]
pub fn default_starts(populations: usize) -> Vec<Vec<f64>> {
    let together = [0.0, 1.0, 5.0, 20.0, 80.0].map(|nu| vec![nu; populations]);
    let alone = (0..populations).map(|m| {
        let mut start = vec![1.0; populations];
        start[m] = 20.0;
        start
    });
    together.into_iter().chain(alone.filter(|_| populations > 1)).collect()
}

/// Searches fixed points `F(nu, nu_aff, I - W*(nu)) = nu` from every start, by damped Newton with the exact Jacobian.
///
/// `W*(nu)` is the adaptation current that is stationary at the rates, where adaptation is explicit. Where a Newton step
/// does not reduce the residual, implicit relaxation steps are taken instead, which follow the dynamics. Not finding a
/// fixed point is a status of the result, not an error; nor is it a proof that there is none.
///
/// # Errors
/// [`FixedPointError`] for inputs, starts or options of the wrong shape or range, and when the job is interrupted.
pub fn find_fixed_points(
    system: &MeanField,
    input: &Input,
    starts: &[Vec<f64>],
    options: &FixedPointOptions,
    job: &Job<'_>,
) -> Result<FixedPoints, FixedPointError> {
    system.check_input(input)?;
    if ![options.tolerance, options.separation].iter().all(|x| *x > 0.0 && x.is_finite()) {
        return Err(FixedPointError::Options);
    }
    let populations = system.populations().len();
    let good =
        |s: &Vec<f64>| s.len() == populations && s.iter().all(|x| *x >= 0.0 && x.is_finite());
    if let Some(index) = starts.iter().position(|s| !good(s)) {
        return Err(FixedPointError::Start { index, populations });
    }

    let mut result = FixedPoints { points: Vec::new(), failed: Vec::new() };
    let mut search = Search::new(system, input);
    for (index, start) in starts.iter().enumerate() {
        let ended = search.newton(start, options, job)?;
        if ended.status != FixedPointStatus::Converged {
            result.failed.push((index, search.describe(&ended)));
        } else if !result
            .points
            .iter()
            .any(|f| near(&f.rates, ended.rates.as_slice(), options.separation))
        {
            result.points.push(search.describe(&ended));
        }
    }
    result
        .points
        .sort_by(|a, b| a.rates.partial_cmp(&b.rates).unwrap_or(std::cmp::Ordering::Equal));
    Ok(result)
}

pub(crate) fn near(a: &[f64], b: &[f64], separation: f64) -> bool {
    let scale = 1.0 + a.iter().copied().fold(0.0, f64::max);
    a.iter().zip(b).all(|(x, y)| (x - y).abs() <= separation * scale)
}

/// Relaxation steps are not shortened below this (in units of `T`): there they are explicit ones for any gain of a network.
const SHORTEST_RELAXATION: f64 = 1e-4;

/// End of one search.
struct Ended {
    rates: DVector<f64>,
    residual: f64,
    iterations: usize,
    status: FixedPointStatus,
}

/// The function whose zero is sought, with its memory.
pub(crate) struct Search<'a> {
    system: &'a MeanField,
    input: &'a Input,
    /// `F(nu) - nu` (Hz), after [`residual`](Self::residual).
    pub residual: DVector<f64>,
    /// `dF/dnu - 1`, after [`linearise`](Self::linearise).
    pub jacobian: DMatrix<f64>,
}

impl<'a> Search<'a> {
    pub fn new(system: &'a MeanField, input: &'a Input) -> Self {
        let n = system.populations().len();
        Self { system, input, residual: DVector::zeros(n), jacobian: DMatrix::zeros(n, n) }
    }

    fn response(&self, m: usize, rates: &DVector<f64>) -> Response<f64> {
        let rate = |s| match s {
            Source::Population(i) => rates[i],
            Source::Afferent(i) => self.input.afferent_rates[i],
        };
        self.system.stationary_response(m, rate, self.input.currents[m])
    }

    /// Fills the residual `F(nu) - nu` and returns its largest magnitude.
    pub fn residual(&mut self, rates: &DVector<f64>) -> f64 {
        for m in 0..rates.len() {
            self.residual[m] = self.response(m, rates).rate - rates[m];
        }
        magnitude(&self.residual)
    }

    /// Fills the Jacobian `dF/dnu - 1`.
    pub fn linearise(&mut self, rates: &DVector<f64>) {
        let n = rates.len();
        for m in 0..n {
            for first in (0..n).step_by(DIRECTIONS) {
                let rate = |s| match s {
                    Source::Population(i) => {
                        Dual::<DIRECTIONS>::variable(rates[i], i.wrapping_sub(first))
                    }
                    Source::Afferent(i) => Dual::constant(self.input.afferent_rates[i]),
                };
                let current = Dual::constant(self.input.currents[m]);
                let f = self.system.stationary_response(m, rate, current).rate;
                for direction in 0..DIRECTIONS.min(n - first) {
                    self.jacobian[(m, first + direction)] = f.derivative[direction];
                }
            }
            self.jacobian[(m, m)] -= 1.0;
        }
    }

    fn newton(
        &mut self,
        start: &[f64],
        options: &FixedPointOptions,
        job: &Job<'_>,
    ) -> Result<Ended, Interrupted> {
        let mut rates = DVector::from_column_slice(start);
        let mut size = self.residual(&rates);
        // Length of an implicit relaxation step, in units of T.
        let mut relaxation = 1.0;
        let mut iterations = 0;
        let mut converged = false;
        loop {
            job.check()?;
            if !size.is_finite() {
                return Ok(Ended {
                    rates,
                    residual: size,
                    iterations,
                    status: FixedPointStatus::NotFinite,
                });
            }
            converged |= size <= options.tolerance * (1.0 + rates.max());
            if size == 0.0 || iterations >= options.max_iterations {
                break;
            }
            iterations += 1;
            self.linearise(&rates);
            if self.jacobian.iter().any(|x| !x.is_finite()) {
                return Ok(Ended {
                    rates,
                    residual: size,
                    iterations,
                    status: FixedPointStatus::NotFinite,
                });
            }
            let here = self.residual.clone();
            if let Some((trial, trial_size)) = self.newton_step(&rates, &here, size) {
                (rates, size) = (trial, trial_size);
            } else if converged {
                // No further decrease: this is as exact as the arithmetic allows.
                break;
            } else {
                let Some(step) = self.relaxation_step(&here, &mut relaxation) else {
                    return Ok(Ended {
                        rates,
                        residual: size,
                        iterations,
                        status: FixedPointStatus::NotFinite,
                    });
                };
                rates = non_negative(rates + step);
                let before = size;
                size = self.residual(&rates);
                // Longer steps along a smooth flow, shorter ones where it jumps.
                let factor = if size > 1.25 * before { 0.5 } else { 1.5 };
                relaxation = (relaxation * factor).min(100.0);
            }
        }
        let status =
            if converged { FixedPointStatus::Converged } else { FixedPointStatus::IterationLimit };
        Ok(Ended { rates, residual: size, iterations, status })
    }

    /// An implicit Euler step of length `relaxation`, which is shortened until the step goes with the flow: where activity
    /// grows faster than in that time, the linear system is solved by a step against it, and silence would hold the search.
    /// `None` when there is no solution.
    fn relaxation_step(&self, here: &DVector<f64>, relaxation: &mut f64) -> Option<DVector<f64>> {
        loop {
            let mut matrix = -self.jacobian.clone();
            matrix.iter_mut().step_by(here.len() + 1).for_each(|d| *d += 1.0 / *relaxation);
            let step = matrix.lu().solve(here);
            let with_flow = step.as_ref().is_some_and(|s| s.dot(here) > 0.0);
            if with_flow || *relaxation < SHORTEST_RELAXATION {
                return step;
            }
            *relaxation *= 0.3;
        }
    }

    /// The longest of a few fractions of the Newton step that reduces the residual by at least half of what linearity
    /// promises; `None` if none does. Less is no way to a fixed point: where two have vanished together the residual has a
    /// minimum that is none, and small reductions lead there.
    fn newton_step(
        &mut self,
        rates: &DVector<f64>,
        here: &DVector<f64>,
        size: f64,
    ) -> Option<(DVector<f64>, f64)> {
        let step = self.jacobian.clone().lu().solve(&-here)?;
        let mut fraction = 1.0;
        for _ in 0..4 {
            let trial = non_negative(rates + &step * fraction);
            let trial_size = self.residual(&trial);
            if trial_size < size * (1.0 - 0.5 * fraction) {
                return Some((trial, trial_size));
            }
            fraction *= 0.5;
        }
        None
    }

    /// Describes rates that are known to be a fixed point.
    pub fn describe_solution(&self, rates: &DVector<f64>, iterations: usize) -> FixedPoint {
        self.describe(&Ended {
            rates: rates.clone(),
            residual: magnitude(&self.residual),
            iterations,
            status: FixedPointStatus::Converged,
        })
    }

    /// Rate (Hz) of one population at the rates of all.
    pub fn rate(&self, population: usize, rates: &DVector<f64>) -> f64 {
        self.response(population, rates).rate
    }

    /// Sign of `det(1 - dF/dnu)`.
    fn index(&self, rates: &DVector<f64>) -> i8 {
        let mut at = Self::new(self.system, self.input);
        at.linearise(rates);
        let determinant = (-at.jacobian).determinant();
        i8::from(determinant > 0.0) - i8::from(determinant < 0.0)
    }

    fn describe(&self, ended: &Ended) -> FixedPoint {
        let n = ended.rates.len();
        let responses: Vec<Response<f64>> =
            (0..n).map(|m| self.response(m, &ended.rates)).collect();
        let mut state = ended.rates.as_slice().to_vec();
        state.extend(
            (0..n)
                .filter(|&m| self.system.adaptation_index(m).is_some())
                .map(|m| responses[m].adaptation),
        );
        let eigenvalues = eigenvalues(Point::unchecked(self.system, &state, self.input).jacobian());
        let stability = match eigenvalues.first() {
            Some(z) if ended.status == FixedPointStatus::Converged && z.re < 0.0 => {
                Stability::Stable
            }
            Some(z) if ended.status == FixedPointStatus::Converged && z.re > 0.0 => {
                Stability::Unstable
            }
            _ => Stability::Undetermined,
        };
        let index = match ended.status {
            FixedPointStatus::Converged => self.index(&ended.rates),
            FixedPointStatus::IterationLimit | FixedPointStatus::NotFinite => 0,
        };
        let in_domain = self
            .system
            .populations()
            .iter()
            .zip(&responses)
            .map(|(p, r)| p.transfer_function.contains(&p.membrane, &r.moments))
            .collect();
        FixedPoint {
            rates: ended.rates.as_slice().to_vec(),
            adaptation: responses.iter().map(|r| r.adaptation).collect(),
            status: ended.status,
            residual: ended.residual,
            iterations: ended.iterations,
            eigenvalues,
            stability,
            index,
            moments: responses.into_iter().map(|r| r.moments).collect(),
            in_domain,
        }
    }
}

/// Eigenvalues (1/s) of a Jacobian in 1/ms, largest real part first; none if the decomposition does not converge.
pub(crate) fn eigenvalues(jacobian: DMatrix<f64>) -> Vec<Complex<f64>> {
    if jacobian.iter().any(|x| !x.is_finite()) {
        return Vec::new();
    }
    let mut values: Vec<Complex<f64>> = Schur::try_new(jacobian, f64::EPSILON, 1000)
        .map(|s| s.complex_eigenvalues().iter().map(|z| z * 1e3).collect())
        .unwrap_or_default();
    values.sort_by(|a, b| b.re.total_cmp(&a.re).then(b.im.total_cmp(&a.im)));
    values
}

/// Largest magnitude, NaN if any entry is.
fn magnitude(v: &DVector<f64>) -> f64 {
    v.iter().fold(0.0, |m: f64, x| if x.is_nan() || m.is_nan() { f64::NAN } else { m.max(x.abs()) })
}

pub(crate) fn non_negative(mut rates: DVector<f64>) -> DVector<f64> {
    rates.iter_mut().for_each(|x| *x = x.max(0.0));
    rates
}
