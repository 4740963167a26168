//! Small fluctuations around a stationary state: response to modulated inputs, and the spectrum of finite-size noise.

use crate::dynamics::delay_distribution::DelayDistribution;
use crate::moments::special::GAUSS_LEGENDRE;
use crate::system::input::Input;
use crate::system::point::PointError;
use crate::system::{MeanField, Source};
use nalgebra::{Complex, DMatrix};
use std::f64::consts::{FRAC_PI_2, TAU};

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
/// has a negative real part. With delays, `A(f) = A + sum_c A_c (D_c(f) - 1)` for the connections `c`, whose delays turn and blur
/// what arrives by `D_c = E[exp(-i 2 pi f d)]`.
#[derive(Debug, Clone)]
pub struct LinearResponse {
    jacobian: DMatrix<Complex<f64>>,
    /// What arrives later, with its delays.
    delayed: Vec<(DelayDistribution, DMatrix<Complex<f64>>)>,
    afferent: DMatrix<Complex<f64>>,
    current: DMatrix<Complex<f64>>,
    noise: DMatrix<Complex<f64>>,
    populations: usize,
    /// Frequency (Hz) beyond which rates do not follow.
    corner: f64,
}

/// Frequencies (Hz) with weights that integrate over all of them from 0: `corner tan(theta)` by Gauss-Legendre panels, for what
/// falls beyond `corner`.
pub(crate) fn all_frequencies(corner: f64) -> impl Iterator<Item = (f64, f64)> {
    const PANELS: u32 = 48;
    let half = 0.5 * FRAC_PI_2 / f64::from(PANELS);
    (0..PANELS).flat_map(move |panel| {
        let centre = f64::from(2 * panel + 1) * half;
        GAUSS_LEGENDRE.into_iter().flat_map(move |(x, w)| {
            [centre - half * x, centre + half * x]
                .map(|angle: f64| (corner * angle.tan(), half * w * corner / angle.cos().powi(2)))
        })
    })
}

impl LinearResponse {
    /// Linearises a system at a stationary state, without delays.
    ///
    /// # Errors
    /// [`PointError`] for a state or input that does not fit the system.
    pub fn new(system: &MeanField, state: &[f64], input: &Input) -> Result<Self, PointError> {
        Self::with_delays(system, state, input, &[])
    }

    /// Linearises a system at a stationary state, with the delays of every connection of every population; those that are not
    /// given, and those of afferents, are left out.
    ///
    /// # Errors
    /// [`PointError`] for a state or input that does not fit the system.
    pub fn with_delays(
        system: &MeanField,
        state: &[f64],
        input: &Input,
        delays: &[Vec<DelayDistribution>],
    ) -> Result<Self, PointError> {
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
        let mut delayed: Vec<(DelayDistribution, DMatrix<Complex<f64>>)> = Vec::new();
        for (m, (p, delays)) in system.populations().iter().zip(delays).enumerate() {
            for (c, (connection, delay)) in p.connections.iter().zip(delays).enumerate() {
                let Source::Population(source) = connection.source else { continue };
                let place = match delayed.iter().position(|d| d.0 == *delay) {
                    Some(place) => place,
                    None => {
                        delayed.push((delay.clone(), DMatrix::zeros(size, size)));
                        delayed.len() - 1
                    }
                };
                let [rate, drift] = point.connection_jacobian(m, c);
                delayed[place].1[(m, source)] += complex(rate);
                if let Some(w) = system.adaptation_index(m) {
                    delayed[place].1[(w, source)] += complex(drift);
                }
            }
        }
        Ok(Self {
            jacobian: point.jacobian().map(complex),
            delayed,
            afferent,
            current,
            noise,
            populations: n,
            corner: 1e3 / (TAU * t),
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

    /// Standard deviations (Hz) of the fluctuations of the rates: the roots of the integrals of their power over all frequencies;
    /// `None` as for [`afferent_response`](Self::afferent_response).
    #[must_use]
    pub fn standard_deviations(&self) -> Option<Vec<f64>> {
        let mut sums = vec![0.0; self.populations];
        for (frequency, weight) in all_frequencies(self.corner) {
            let power = self.spectrum(frequency)?;
            for (p, sum) in sums.iter_mut().enumerate() {
                *sum += 2.0 * weight * power[(p, p)].re;
            }
        }
        Some(sums.into_iter().map(f64::sqrt).collect())
    }

    /// `(i omega - A)^-1` (ms).
    fn resolvent(&self, frequency: f64) -> Option<DMatrix<Complex<f64>>> {
        let omega = Complex::new(0.0, 1e-3 * TAU * frequency);
        let size = self.jacobian.nrows();
        let mut matrix = DMatrix::from_diagonal_element(size, size, omega) - &self.jacobian;
        for (delay, part) in &self.delayed {
            matrix -= part * (delay.factor(omega) - 1.0);
        }
        frequency.is_finite().then(|| matrix.try_inverse()).flatten()
    }
}
