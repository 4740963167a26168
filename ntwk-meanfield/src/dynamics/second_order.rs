//! Second-order mean field: rates together with the covariances of the finite-size fluctuations.

use crate::dynamics::Dynamics;
use crate::system::MeanField;
use crate::system::input::{Input, InputError};
use crate::system::point::{Point, PointError};
use nalgebra::{DMatrix, DVector};

/// The second-order equations of a [`MeanField`] (El Boustani and Destexhe, Neural Comput 21 (2009)):
///
/// ```text
/// T dnu_m/dt  = F_m - nu_m + 1/2 sum_nk c_nk d²F_m/dnu_n dnu_k
/// T dc_mn/dt  = delta_mn F_m (1/T - F_m) / N_m + (F_m - nu_m)(F_n - nu_n)
///               + sum_k ( dF_m/dnu_k c_kn + dF_n/dnu_k c_mk ) - 2 c_mn
/// ```
///
/// with all derivatives exact. The state is that of the first order followed by the covariances `c_mn`, `m <= n` (Hz²,
/// row by row; see [`covariance_index`](Self::covariance_index)); adaptation currents, where explicit, follow the mean
/// rates and do not fluctuate.
///
/// Far from a stationary state the correction by the covariances can drive a mean rate below zero, where the closure has
/// no meaning; [`integrate`](crate::integrate) stops there with an error.
///
/// The indices of the derivatives are those of the derivation and of the code of Zerlaut et al. (2018) and di Volo et
/// al. (2019); the equation printed in the former paper has them transposed.
#[derive(Debug, Clone, Copy)]
pub struct SecondOrder<'a> {
    system: &'a MeanField,
}

/// How the search of a stationary state ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondOrderStatus {
    /// The vector field vanishes to the tolerance.
    Converged,
    /// Newton's method did not reach a stationary state: the closure may have none near the first-order one.
    NotConverged,
}

/// A stationary state of the second-order equations.
#[derive(Debug, Clone, PartialEq)]
pub struct SecondOrderState {
    /// The state: rates (Hz), adaptation currents (pA), covariances (Hz²).
    pub state: Vec<f64>,
    /// How the search ended; unless it converged the state is the best point found.
    pub status: SecondOrderStatus,
    /// Largest component of `T` times the vector field, relative to `1 + |x|`.
    pub residual: f64,
    /// Newton steps taken.
    pub iterations: usize,
}

impl<'a> SecondOrder<'a> {
    /// The second-order equations of a system.
    #[must_use]
    pub fn new(system: &'a MeanField) -> Self {
        Self { system }
    }

    /// Index in the state of the covariance of populations `m` and `n`.
    #[must_use]
    pub fn covariance_index(&self, m: usize, n: usize) -> usize {
        let (row, column) = (m.min(n), m.max(n));
        let size = self.system.populations().len();
        self.system.dimension() + row * size - row * (row + 1) / 2 + column
    }

    /// Covariances (Hz²) of the fluctuations around a first-order fixed point in linear approximation: the solution of
    /// `(J - 1) C + C (J - 1)^T + diag( nu (1/T - nu) / N ) = 0`, `J = dF/dnu`.
    ///
    /// `state` is a first-order state of the system. `None` where the equation has no unique solution.
    ///
    /// # Errors
    /// [`PointError`] for a state or input that does not fit the system.
    pub fn linear_noise_covariance(
        &self,
        state: &[f64],
        input: &Input,
    ) -> Result<Option<DMatrix<f64>>, PointError> {
        let n = self.system.populations().len();
        let jacobian = self.system.at(state, input)?.jacobian();
        let relaxation = jacobian.view((0, 0), (n, n)) * self.system.time_constant();
        let mut noise = DMatrix::zeros(n, n);
        for m in 0..n {
            noise[(m, m)] = self.finite_size_noise(m, state[m]);
        }
        Ok(solve_lyapunov(&relaxation, &noise))
    }

    /// Searches a stationary state from a first-order fixed point, by Newton's method started at the linear-noise
    /// covariances (the Jacobian is taken by central differences of the exact vector field).
    ///
    /// `state` is a first-order state of the system. That there is no stationary state near the first-order one is a
    /// status of the result: at small population sizes the closure may have none.
    ///
    /// # Errors
    /// [`PointError`] for a state or input that does not fit the system.
    pub fn stationary(&self, state: &[f64], input: &Input) -> Result<SecondOrderState, PointError> {
        let n = self.system.populations().len();
        let mut x = DVector::zeros(self.dimension());
        x.as_mut_slice()[..state.len()].copy_from_slice(state);
        if let Some(c) = self.linear_noise_covariance(state, input)? {
            for m in 0..n {
                for k in m..n {
                    x[self.covariance_index(m, k)] = c[(m, k)];
                }
            }
        }
        let mut size = self.relative_size(&x, input);
        let mut iterations = 0;
        while iterations < 50 && size > 0.0 && size.is_finite() {
            iterations += 1;
            let mut field = DVector::zeros(x.len());
            self.derivative(x.as_slice(), input, field.as_mut_slice());
            let Some(step) = self.difference_jacobian(&x, input).lu().solve(&-&field) else {
                break;
            };
            let improved = (0..10).map(|k| &x + &step * 0.5_f64.powi(k)).find_map(|trial| {
                let trial_size = self.relative_size(&trial, input);
                (trial_size < size).then_some((trial, trial_size))
            });
            match improved {
                Some((trial, trial_size)) => (x, size) = (trial, trial_size),
                None => break,
            }
        }
        let status = if size <= 1e-10 {
            SecondOrderStatus::Converged
        } else {
            SecondOrderStatus::NotConverged
        };
        Ok(SecondOrderState { state: x.as_slice().to_vec(), status, residual: size, iterations })
    }

    /// `F (1/T - F) / N`, the variance per `T` of a binomial spike count.
    fn finite_size_noise(&self, m: usize, rate: f64) -> f64 {
        rate * (1e3 / self.system.time_constant() - rate) / self.system.populations()[m].size as f64
    }

    fn relative_size(&self, x: &DVector<f64>, input: &Input) -> f64 {
        let mut field = vec![0.0; x.len()];
        self.derivative(x.as_slice(), input, &mut field);
        let t = self.system.time_constant();
        let relative = field.iter().zip(x).map(|(f, x)| t * f.abs() / (1.0 + x.abs()));
        relative.fold(0.0, |a: f64, b| if b.is_nan() { f64::NAN } else { a.max(b) })
    }

    fn difference_jacobian(&self, x: &DVector<f64>, input: &Input) -> DMatrix<f64> {
        let size = x.len();
        let mut jacobian = DMatrix::zeros(size, size);
        let (mut high, mut low) = (vec![0.0; size], vec![0.0; size]);
        for k in 0..size {
            let h = 1e-6 * (1.0 + x[k].abs());
            let mut shifted = x.clone();
            shifted[k] = x[k] + h;
            self.derivative(shifted.as_slice(), input, &mut high);
            shifted[k] = x[k] - h;
            self.derivative(shifted.as_slice(), input, &mut low);
            for i in 0..size {
                jacobian[(i, k)] = (high[i] - low[i]) / (2.0 * h);
            }
        }
        jacobian
    }
}

impl Dynamics for SecondOrder<'_> {
    fn dimension(&self) -> usize {
        let n = self.system.populations().len();
        self.system.dimension() + n * (n + 1) / 2
    }

    fn time_constant(&self) -> f64 {
        self.system.time_constant()
    }

    fn silent_input(&self) -> Input {
        self.system.silent_input()
    }

    fn check_input(&self, input: &Input) -> Result<(), InputError> {
        self.system.check_input(input)
    }

    fn population(&self, index: usize) -> &str {
        &self.system.populations()[index].name
    }

    fn derivative(&self, state: &[f64], input: &Input, out: &mut [f64]) {
        let n = self.system.populations().len();
        let t = self.system.time_constant();
        let first = self.system.dimension();
        self.system.derivative(&state[..first], input, &mut out[..first]);
        // T dnu/dt + delta = T J of the first order
        let point = Point::unchecked(self.system, &state[..first], input);
        let relaxation = point.jacobian();
        let c = |m: usize, k: usize| state[self.covariance_index(m, k)];
        let lag: Vec<f64> = (0..n).map(|m| out[m] * t).collect();
        for m in 0..n {
            for k in m..n {
                let mut sum = lag[m] * lag[k];
                if m == k {
                    sum += self.finite_size_noise(m, lag[m] + state[m]);
                }
                for j in 0..n {
                    sum += t * (relaxation[(m, j)] * c(j, k) + relaxation[(k, j)] * c(m, j));
                }
                out[self.covariance_index(m, k)] = sum / t;
            }
        }
        for (m, slope) in out.iter_mut().enumerate().take(n) {
            let mut correction = 0.0;
            point.second_derivatives(m, |j, k, second| {
                correction += if j == k { 0.5 } else { 1.0 } * c(j, k) * second;
            });
            *slope += correction / t;
        }
    }

    fn meaningless(&self, state: &[f64]) -> Option<usize> {
        let n = self.system.populations().len();
        state[..n].iter().position(|&nu| nu < -1e-6)
    }

    fn variable(&self, index: usize) -> (usize, &'static str) {
        let n = self.system.populations().len();
        if index < self.system.dimension() {
            return self.system.variable(index);
        }
        let row = (0..n).rev().find(|&m| self.covariance_index(m, m) <= index).unwrap_or(0);
        (row, "c")
    }
}

/// Solves `A C + C A^T + B = 0` for symmetric `C`, as a linear system over its distinct entries; `None` if singular.
pub(crate) fn solve_lyapunov(a: &DMatrix<f64>, b: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let n = a.nrows();
    let pairs: Vec<(usize, usize)> = (0..n).flat_map(|m| (m..n).map(move |k| (m, k))).collect();
    let index = |m: usize, k: usize| {
        let (row, column) = (m.min(k), m.max(k));
        row * n - row * (row + 1) / 2 + column
    };
    let mut matrix = DMatrix::zeros(pairs.len(), pairs.len());
    let mut right = DVector::zeros(pairs.len());
    for (equation, &(m, k)) in pairs.iter().enumerate() {
        right[equation] = -b[(m, k)];
        for j in 0..n {
            matrix[(equation, index(j, k))] += a[(m, j)];
            matrix[(equation, index(m, j))] += a[(k, j)];
        }
    }
    let solution = matrix.lu().solve(&right)?;
    Some(DMatrix::from_fn(n, n, |m, k| solution[index(m, k)]))
}
