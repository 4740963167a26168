//! Small fluctuations around a stationary state: response to modulated inputs, and the spectrum of finite-size noise.

use crate::system::MeanField;
use crate::system::input::Input;
use crate::system::point::PointError;
use nalgebra::{Complex, DMatrix};
use std::f64::consts::TAU;

/// Linear response of a system around a stationary state.
///
/// With the Jacobian `A` of the first-order dynamics (adaptation currents included), a modulation of the afferent rates
/// and the finite-size noise `B = diag( nu (1/T - nu) / N )` of the second-order equations give at frequency `f`
///
/// ```text
/// H(f) = (i 2 pi f - A)^-1 G_aff / T                              rates (Hz) per afferent rate (Hz), or per current (pA)
/// S(f) = (i 2 pi f - A)^-1 (B / T) (i 2 pi f - A)^-H              two-sided cross-spectra (Hz²/Hz)
/// ```
///
/// The integral of `S` over all frequencies is the covariance of the rates. Meaningful where every eigenvalue of `A`
/// has a negative real part.
#[derive(Debug, Clone)]
pub struct LinearResponse {
    jacobian: DMatrix<Complex<f64>>,
    afferent: DMatrix<Complex<f64>>,
    current: DMatrix<Complex<f64>>,
    noise: DMatrix<Complex<f64>>,
    populations: usize,
}

impl LinearResponse {
    /// Linearises a system at a stationary state.
    ///
    /// # Errors
    /// [`PointError`] for a state or input that does not fit the system.
    pub fn new(system: &MeanField, state: &[f64], input: &Input) -> Result<Self, PointError> {
        let point = system.at(state, input)?;
        let (gains, rates, moments) = (point.gains(), point.transfer(), point.moments());
        let drift = point.adaptation_drift();
        let (n, size) = (rates.len(), state.len());
        let t = system.time_constant();
        let complex = |x: f64| Complex::new(x, 0.0);
        let mut afferent = DMatrix::zeros(size, gains.afferent.ncols());
        let mut current = DMatrix::zeros(size, n);
        let mut noise = DMatrix::zeros(size, size);
        for (m, (p, nu)) in system.populations().iter().zip(&rates).enumerate() {
            for k in 0..gains.afferent.ncols() {
                afferent[(m, k)] = complex(gains.afferent[(m, k)] / t);
            }
            current[(m, m)] = complex(gains.current[m] / t);
            if let Some(w) = system.adaptation_index(m) {
                // a (mu_V - E_L) follows the current as well: dmu_V/dI = 1/mu_G.
                let conductance = p.membrane.a / (p.membrane.tau_w * moments[m].mu_G);
                current[(w, m)] = complex(conductance);
                for k in 0..gains.afferent.ncols() {
                    afferent[(w, k)] = complex(drift[m][k]);
                }
            }
            noise[(m, m)] = complex(nu * (1e3 / t - nu) / p.size as f64 / t);
        }
        Ok(Self {
            jacobian: point.jacobian().map(complex),
            afferent,
            current,
            noise,
            populations: n,
        })
    }

    /// Modulation of each rate per modulation of each afferent rate at `frequency` (Hz): rows are populations, columns
    /// afferents. `None` where the frequency is not finite or is that of an undamped oscillation.
    #[must_use]
    pub fn afferent_response(&self, frequency: f64) -> Option<DMatrix<Complex<f64>>> {
        let response = self.resolvent(frequency)? * &self.afferent;
        Some(response.rows(0, self.populations).into_owned())
    }

    /// Modulation of each rate (Hz) per modulation of the current (pA) into each population at `frequency` (Hz): rows are
    /// populations that respond, columns populations that are driven. `None` as for
    /// [`afferent_response`](Self::afferent_response).
    #[must_use]
    pub fn current_response(&self, frequency: f64) -> Option<DMatrix<Complex<f64>>> {
        let response = self.resolvent(frequency)? * &self.current;
        Some(response.rows(0, self.populations).into_owned())
    }

    /// Coherence `|S_mn|^2 / (S_mm S_nn)` of the fluctuations of all pairs of rates at `frequency` (Hz): 1 on the diagonal, 0
    /// with a population that does not fluctuate. `None` as for [`afferent_response`](Self::afferent_response).
    #[must_use]
    pub fn coherence(&self, frequency: f64) -> Option<DMatrix<f64>> {
        let s = self.spectrum(frequency)?;
        Some(DMatrix::from_fn(self.populations, self.populations, |m, n| {
            let powers = s[(m, m)].re * s[(n, n)].re;
            if powers > 0.0 { s[(m, n)].norm_sqr() / powers } else { 0.0 }
        }))
    }

    /// Cross-spectra (Hz²/Hz, two-sided) of the finite-size fluctuations of the rates at `frequency` (Hz); power spectra
    /// on the diagonal. `None` as for [`afferent_response`](Self::afferent_response).
    #[must_use]
    pub fn spectrum(&self, frequency: f64) -> Option<DMatrix<Complex<f64>>> {
        let resolvent = self.resolvent(frequency)?;
        // Hz² ms to Hz² s.
        let spectrum = &resolvent * &self.noise * resolvent.adjoint() * Complex::new(1e-3, 0.0);
        Some(spectrum.view((0, 0), (self.populations, self.populations)).into_owned())
    }

    /// `(i omega - A)^-1` (ms).
    fn resolvent(&self, frequency: f64) -> Option<DMatrix<Complex<f64>>> {
        let omega = Complex::new(0.0, 1e-3 * TAU * frequency);
        let size = self.jacobian.nrows();
        let matrix = DMatrix::from_diagonal_element(size, size, omega) - &self.jacobian;
        frequency.is_finite().then(|| matrix.try_inverse()).flatten()
    }
}
