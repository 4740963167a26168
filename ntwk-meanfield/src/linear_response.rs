//! Small fluctuations around a stationary state: response to modulated inputs, and the spectrum of finite-size noise.

use crate::input::Input;
use crate::point::PointError;
use crate::system::MeanField;
use nalgebra::{Complex, DMatrix};
use std::f64::consts::TAU;

/// Linear response of a system around a stationary state.
///
/// With the Jacobian `A` of the first-order dynamics (adaptation currents included), a modulation of the afferent rates
/// and the finite-size noise `B = diag( nu (1/T - nu) / N )` of the second-order equations give at frequency `f`
///
/// ```text
/// H(f) = (i 2 pi f - A)^-1 G_aff / T                              rates (Hz) per afferent rate (Hz)
/// S(f) = (i 2 pi f - A)^-1 (B / T) (i 2 pi f - A)^-H              two-sided cross-spectra (Hz²/Hz)
/// ```
///
/// The integral of `S` over all frequencies is the covariance of the rates. Meaningful where every eigenvalue of `A`
/// has a negative real part.
#[derive(Debug, Clone)]
pub struct LinearResponse {
    jacobian: DMatrix<Complex<f64>>,
    afferent: DMatrix<Complex<f64>>,
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
        let (gains, rates) = (point.gains(), point.transfer());
        let (n, size) = (rates.len(), state.len());
        let t = system.time_constant();
        let complex = |x: f64| Complex::new(x, 0.0);
        let mut afferent = DMatrix::zeros(size, gains.afferent.ncols());
        let mut noise = DMatrix::zeros(size, size);
        for (m, (p, nu)) in system.populations().iter().zip(&rates).enumerate() {
            for k in 0..gains.afferent.ncols() {
                afferent[(m, k)] = complex(gains.afferent[(m, k)] / t);
            }
            noise[(m, m)] = complex(nu * (1e3 / t - nu) / p.size as f64 / t);
        }
        Ok(Self { jacobian: point.jacobian().map(complex), afferent, noise, populations: n })
    }

    /// Modulation of each rate per modulation of each afferent rate at `frequency` (Hz): rows are populations, columns
    /// afferents. `None` where the frequency is not finite or is that of an undamped oscillation.
    #[must_use]
    pub fn afferent_response(&self, frequency: f64) -> Option<DMatrix<Complex<f64>>> {
        let response = self.resolvent(frequency)? * &self.afferent;
        Some(response.rows(0, self.populations).into_owned())
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
