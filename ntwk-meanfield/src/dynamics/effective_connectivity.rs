//! Linear response of spiking networks: effective connectivity, and what follows from it.
//!
//! ```text
//! W_mn(f) = sum_c  dmu_m/dnu_n n_m(f) D_c(f) / (1 + i omega tau_syn)      Bos et al. (2016), eq. 12
//! C(f)    = (1 - W)^-1 diag(nu / N) (1 - W)^-H                            eq. 18
//! ```
//!
//! with the response `n_m` of the rate of a cell to its mean input and the factor `D_c` of the delays of a connection (Bos,
//! Diesmann and Helias, PLoS Comput Biol 12:e1005132 (2016)).

use std::f64::consts::TAU;

use nalgebra::{Complex, DMatrix, DVector};

use crate::dynamics::delay_distribution::DelayDistribution;
use crate::dynamics::growing_oscillation::GrowingOscillation;
use crate::dynamics::linear_response::all_frequencies;
use crate::system::input::Input;
use crate::system::point::PointError;
use crate::system::{MeanField, Source};

/// Standard deviations (Hz) of the rates of the populations of a network of spiking cells, low-passed with the time constant `T` of
/// the system, whose own noise is that of Poisson trains; `None` where a transfer function has no response in time, or where an
/// oscillation is not damped.
///
/// # Errors
/// [`PointError`] for a state or an input that does not fit the system.
pub fn low_passed_deviations(
    system: &MeanField,
    state: &[f64],
    input: &Input,
    delays: &[Vec<DelayDistribution>],
) -> Result<Option<Vec<f64>>, PointError> {
    let noise = poisson_noise(system, state);
    let mut sums = vec![0.0; noise.len()];
    let corner = 1e3 / (TAU * system.time_constant());
    for (frequency, weight) in all_frequencies(corner) {
        let found = EffectiveConnectivity::of(system, state, input, delays, frequency)?;
        let Some(power) = found.and_then(|w| w.spectrum(&noise)) else { return Ok(None) };
        let passed = weight / (1.0 + (frequency / corner).powi(2));
        for (p, sum) in sums.iter_mut().enumerate() {
            *sum += 2.0 * passed * power[(p, p)].re;
        }
    }
    Ok(Some(sums.into_iter().map(f64::sqrt).collect()))
}

/// The oscillation that grows at a state of a network of spiking cells, sought at `frequencies` (Hz) from 0 to where nothing follows
/// any more; `None` where none does, or where a transfer function has no response in time.
///
/// # Errors
/// [`PointError`] for a state or an input that does not fit the system.
pub fn growing_oscillation(
    system: &MeanField,
    state: &[f64],
    input: &Input,
    delays: &[Vec<DelayDistribution>],
    frequencies: &[f64],
) -> Result<Option<GrowingOscillation>, PointError> {
    let mut curve = Vec::with_capacity(frequencies.len());
    for &frequency in frequencies {
        let found = EffectiveConnectivity::of(system, state, input, delays, frequency)?;
        let Some(found) = found else { return Ok(None) };
        curve.push((frequency, found.matrix));
    }
    Ok(GrowingOscillation::of(&curve))
}

/// Powers (Hz²/Hz) of the rates of independent Poisson trains of every neuron, at the rates of `state`.
#[must_use]
pub fn poisson_noise(system: &MeanField, state: &[f64]) -> Vec<f64> {
    system.populations().iter().zip(state).map(|(p, rate)| rate / p.size as f64).collect()
}

/// What the rates of a network make of a modulation of themselves with one frequency, once around.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectiveConnectivity {
    /// Rates (rows) per rates (columns).
    pub matrix: DMatrix<Complex<f64>>,
    /// Rates (rows) per rates of afferents (columns).
    pub afferent: DMatrix<Complex<f64>>,
    /// Rates (Hz) per current (pA) into the same population.
    pub current: DVector<Complex<f64>>,
}

/// An eigenvalue of an effective connectivity, and how it follows its elements.
#[derive(Debug, Clone, PartialEq)]
pub struct Sensitivity {
    /// The eigenvalue.
    pub eigenvalue: Complex<f64>,
    /// Relative change of the eigenvalue per relative change of each connection, `l_m r_n W_mn / (l r)` with the left and right
    /// eigenvectors.
    pub matrix: DMatrix<Complex<f64>>,
}

impl EffectiveConnectivity {
    /// That of `system` at `state` (rates, then adaptation currents) at `frequency` (Hz), with the delays of every connection.
    /// `None` where a transfer function has no response in time of its own
    /// ([`DynTransferFunction::response_to_mean`](crate::DynTransferFunction::response_to_mean)).
    ///
    /// # Errors
    /// [`PointError`] for a state or an input that does not fit the system.
    pub fn of(
        system: &MeanField,
        state: &[f64],
        input: &Input,
        delays: &[Vec<DelayDistribution>],
        frequency: f64,
    ) -> Result<Option<Self>, PointError> {
        let point = system.at(state, input)?;
        let moments = point.moments();
        let n = system.populations().len();
        let iw = Complex::new(0.0, 1e-3 * TAU * frequency);
        let mut found = Self {
            matrix: DMatrix::zeros(n, n),
            afferent: DMatrix::zeros(n, system.afferents().len()),
            current: DVector::zeros(n),
        };
        for (m, p) in system.populations().iter().enumerate() {
            let own = &moments[m];
            let function = &p.transfer_function;
            let Some(response) = function.response_to_mean(&p.membrane, own, frequency) else {
                return Ok(None);
            };
            found.current[m] = response / own.mu_G;
            for (c, connection) in p.connections.iter().enumerate() {
                let s = &connection.synapse;
                // mu_V (mV) per rate of a source (Hz).
                let moved =
                    1e-3 * s.in_degree * s.weight * s.area() * s.driving_force(own.mu_V) / own.mu_G;
                let filter = (iw * s.tau_syn + 1.0) * (iw * s.tau_rise + 1.0);
                let through = response * moved / filter;
                match connection.source {
                    Source::Population(k) => {
                        let delay = delays.get(m).and_then(|d| d.get(c));
                        let factor = delay.map_or(Complex::new(1.0, 0.0), |d| d.factor(iw));
                        found.matrix[(m, k)] += through * factor;
                    }
                    Source::Afferent(k) => found.afferent[(m, k)] += through,
                }
            }
        }
        Ok(Some(found))
    }

    /// Eigenvalues, the one nearest to 1 first: an oscillation grows where one of them passes 1.
    #[must_use]
    pub fn eigenvalues(&self) -> Vec<Complex<f64>> {
        let own = self.matrix.clone().schur().eigenvalues();
        let mut all: Vec<Complex<f64>> = own.iter().flat_map(|v| v.iter().copied()).collect();
        all.sort_by(|a, b| (a - 1.0).norm().total_cmp(&(b - 1.0).norm()));
        all
    }

    /// `(1 - W)^-1 W`: what the network makes of a modulation of its rates; `None` where it is not damped.
    #[must_use]
    pub fn propagator(&self) -> Option<DMatrix<Complex<f64>>> {
        Some(self.inverse()? * &self.matrix)
    }

    /// Cross-spectra (Hz²/Hz, two-sided) of the rates of populations, whose own noise has the powers `noise` (Hz²/Hz): `nu / N` of
    /// independent Poisson trains, times `CV²` of renewal trains at low frequencies. `None` as for
    /// [`propagator`](Self::propagator).
    #[must_use]
    pub fn spectrum(&self, noise: &[f64]) -> Option<DMatrix<Complex<f64>>> {
        let through = self.inverse()?;
        let noise = noise.iter().map(|x| Complex::new(*x, 0.0));
        let noise = DMatrix::from_diagonal(&DVector::from_iterator(self.matrix.nrows(), noise));
        Some(&through * noise * through.adjoint())
    }

    /// Modulation of each rate per modulation of each afferent; `None` as for [`propagator`](Self::propagator).
    #[must_use]
    pub fn afferent_response(&self) -> Option<DMatrix<Complex<f64>>> {
        Some(self.inverse()? * &self.afferent)
    }

    /// Modulation of each rate (Hz) per modulation of the current (pA) into each population; `None` as for
    /// [`propagator`](Self::propagator).
    #[must_use]
    pub fn current_response(&self) -> Option<DMatrix<Complex<f64>>> {
        Some(self.inverse()? * DMatrix::from_diagonal(&self.current))
    }

    /// How the eigenvalue nearest to 1 follows the connections (Bos et al. 2016, eq. 21).
    #[must_use]
    pub fn sensitivity(&self) -> Option<Sensitivity> {
        let eigenvalue = *self.eigenvalues().first()?;
        let right = eigenvector(&self.matrix, eigenvalue)?;
        let left = eigenvector(&self.matrix.transpose(), eigenvalue)?;
        let product: Complex<f64> = left.iter().zip(right.iter()).map(|(l, r)| l * r).sum();
        let n = self.matrix.nrows();
        let matrix =
            DMatrix::from_fn(n, n, |m, k| left[m] * right[k] * self.matrix[(m, k)] / product);
        Some(Sensitivity { eigenvalue, matrix })
    }

    fn inverse(&self) -> Option<DMatrix<Complex<f64>>> {
        let n = self.matrix.nrows();
        (DMatrix::identity(n, n) - &self.matrix).try_inverse()
    }
}

/// The eigenvector of the eigenvalue nearest to a number, by inverse iteration.
pub(crate) fn eigenvector(
    matrix: &DMatrix<Complex<f64>>,
    eigenvalue: Complex<f64>,
) -> Option<DVector<Complex<f64>>> {
    let n = matrix.nrows();
    // Beside it, so that the matrix has an inverse.
    let beside = eigenvalue + Complex::new(1e-9, 1e-9) * (1.0 + eigenvalue.norm());
    let shifted = matrix - DMatrix::from_diagonal_element(n, n, beside);
    let lu = shifted.lu();
    let mut v = DVector::from_fn(n, |k, _| Complex::new(1.0, 0.1 * k as f64));
    for _ in 0..6 {
        v = lu.solve(&v)?;
        let norm = v.norm();
        v /= Complex::new(norm, 0.0);
    }
    Some(v)
}
