//! How the rate of a leaky integrate-and-fire neuron follows its mean input, and how irregular its spikes are.
//!
//! In the diffusion approximation, with `x = sqrt(2) (V - mu) / sigma` (shifted for coloured noise as in [`Siegert`]) and the
//! solution `f` of `f'' = x f' + i omega tau_m f` that does not grow towards `x = -infinity`,
//!
//! ```text
//! n(omega) = sqrt(2)/sigma nu / (1 + i omega tau_m) (f'(x_th) - f'(x_r)) / (f(x_th) - f(x_r))
//! ```
//!
//! (Brunel and Hakim, Neural Comput 11 (1999); Schuecker, Diesmann and Helias, Phys Rev E 92:052119 (2015), eq. 29, where `f` is
//! `exp(x²/4) U(i omega tau_m - 1/2, -x)` of the parabolic cylinder function `U`), times `1 / (1 + i omega tau_syn)` for the
//! filter of the synapses.

use std::f64::consts::{PI, SQRT_2, TAU};

use nalgebra::Complex;
use ntwk_core::Membrane;

use crate::moments::scalar::{Dual, Scalar};
use crate::moments::special::GAUSS_LEGENDRE;
use crate::moments::{DIRECTIONS, Moments};
use crate::transfer::siegert::Siegert;
use crate::transfer::transfer_function::TransferFunction;

/// Bound beyond which a cell does not fire.
const LARGEST_BOUND: f64 = 26.0;
/// Terms of a Taylor series.
const TERMS: usize = 40;

impl Siegert {
    /// Response (Hz/mV) of the rate to a modulation of the mean input with `frequency` (Hz), before the filter of the synapses:
    /// the derivative of the rate at frequency 0, and where it is not, see the module.
    #[must_use]
    pub fn response(&self, membrane: &Membrane, moments: &Moments, frequency: f64) -> Complex<f64> {
        let zero = Complex::new(0.0, 0.0);
        let [low, high] = self.bounds(membrane, moments).map(|y| SQRT_2 * y);
        if high > SQRT_2 * LARGEST_BOUND {
            return zero;
        }
        if frequency == 0.0 {
            let mut dual = moments.map(Dual::<DIRECTIONS>::constant);
            dual.mu_V = Dual::variable(moments.mu_V, 0);
            return Complex::new(self.rate(membrane, &dual).derivative[0], 0.0);
        }
        let sigma = white_amplitude(moments);
        let rate = TransferFunction::rate::<f64>(self, membrane, moments);
        let s = Complex::new(0.0, TAU * 1e-3 * frequency * moments.tau_m);
        let [at_reset, at_threshold] = solution(s, [low, high]);
        let ratio = (at_threshold[1] - at_reset[1]) / (at_threshold[0] - at_reset[0]);
        ratio * Complex::new(SQRT_2 / sigma * rate, 0.0) / (s + 1.0)
    }

    /// Coefficient of variation of the intervals between spikes,
    /// `CV² = 2 pi (nu tau_m)² int_{y_r}^{y_th} exp(x²) int_{-inf}^x exp(z²) (1 + erf z)² dz dx`
    /// (Brunel, J Comput Neurosci 8 (2000), appendix A.1); `None` where the cell fires so little that the integral overflows.
    #[must_use]
    pub fn coefficient_of_variation(&self, membrane: &Membrane, moments: &Moments) -> Option<f64> {
        let [low, high] = self.bounds(membrane, moments);
        let rate = TransferFunction::rate::<f64>(self, membrane, moments);
        let inner = |z: f64| (z * z).exp() * (1.0 + libm::erf(z)).powi(2);
        // Below -6 the inner integrand, which falls as exp(-z²), adds nothing.
        let start = low.min(-6.0);
        let panels = (16.0 * (high - start)).ceil().max(1.0) as usize;
        let half = 0.5 * (high - start) / panels as f64;
        let over = |from: f64, to: f64| -> f64 {
            let (centre, half) = (0.5 * (from + to), 0.5 * (to - from));
            let pair =
                |&(x, w): &(f64, f64)| w * (inner(centre - half * x) + inner(centre + half * x));
            half * GAUSS_LEGENDRE.iter().map(pair).sum::<f64>()
        };
        let (mut below, mut sum) = (0.0, 0.0);
        for panel in 0..panels {
            let left = start + 2.0 * half * panel as f64;
            let right = left + 2.0 * half;
            if right > low {
                let from = left.max(low);
                let before = below + over(left, from);
                let (centre, half) = (0.5 * (from + right), 0.5 * (right - from));
                for (x, w) in GAUSS_LEGENDRE {
                    for x in [centre - half * x, centre + half * x] {
                        sum += half * w * (x * x).exp() * (before + over(from, x));
                    }
                }
            }
            below += over(left, right);
        }
        let square = 2.0 * PI * (1e-3 * rate * moments.tau_m).powi(2) * sum;
        square.is_finite().then(|| square.sqrt())
    }
}

/// Amplitude (mV) of the white noise with the power of the input at frequency 0.
fn white_amplitude(moments: &Moments) -> f64 {
    moments.sigma_V * (2.0 * moments.tau_V / moments.tau_m).sqrt()
}

/// `f` and `f'` at two ascending places, in one unknown scale.
///
/// The other solution of the equation falls against this one on the way up, as `exp(-2 int Re q)` with `q² = x²/4 + s - 1/2`:
/// for large `s` it does so at once, wherever the way begins; for small ones the way begins where the asymptotic series holds.
fn solution(s: Complex<f64>, places: [f64; 2]) -> [[Complex<f64>; 2]; 2] {
    let far = -(3.0 * s.norm() + 12.0);
    let near = places[0] - 1.0 - 30.0 / s.norm().sqrt();
    let (mut at, mut state) = if s.norm() > 2.0 && near > far {
        (near, [Complex::new(1.0, 0.0), slope(s, near)])
    } else {
        let start = far.min(places[0] - 1.0);
        (start, asymptotic(s, start))
    };
    let resolved = 4.0_f64.max(s.norm().sqrt());
    let mut found = [state; 2];
    for (k, place) in places.into_iter().enumerate() {
        while at < place {
            let step = (4.0 / at.abs().max(resolved)).min(place - at);
            state = taylor(s, at, state, step);
            at += step;
            let size = state[0].norm();
            if size > 1e100 {
                state = state.map(|z| z / size);
                found = found.map(|pair| pair.map(|z| z / size));
            }
        }
        found[k] = state;
    }
    found
}

/// `f'/f` where the solution varies slowly against its growth (first order of Wentzel, Kramers and Brillouin).
fn slope(s: Complex<f64>, x: f64) -> Complex<f64> {
    let square = s + (0.25 * x * x - 0.5);
    let q = square.sqrt();
    q + 0.5 * x - Complex::new(0.125 * x, 0.0) / square
}

/// `f` and `f'` for large negative `x`: `y^-s sum_n (-1)^n (s)_2n / (n! (2 y²)^n)`, `y = -x`.
fn asymptotic(s: Complex<f64>, x: f64) -> [Complex<f64>; 2] {
    let y = -x;
    let mut term = Complex::new(1.0, 0.0);
    let (mut value, mut slope) = (term, -s / y);
    for n in 0..60 {
        let k = f64::from(n);
        let next = -term * (s + 2.0 * k) * (s + 2.0 * k + 1.0) / ((k + 1.0) * 2.0 * y * y);
        if next.norm() >= term.norm() || next.norm() < 1e-18 {
            break;
        }
        term = next;
        value += term;
        slope += -term * (s + 2.0 * (k + 1.0)) / y;
    }
    // The factor y^-s is one of the unknown scale; d/dx = -d/dy.
    [value, -slope]
}

/// `f` and `f'` at `x + h`, by the series of the equation around `x`.
fn taylor(s: Complex<f64>, x: f64, [value, slope]: [Complex<f64>; 2], h: f64) -> [Complex<f64>; 2] {
    let mut c = [value, slope * h];
    let (mut f, mut d) = (c[0] + c[1], c[1]);
    for n in 0..TERMS {
        let k = n as f64;
        // In powers of h: c_n h^n.
        let next =
            (c[1] * ((k + 1.0) * x * h) + c[0] * (s + k) * (h * h)) / ((k + 1.0) * (k + 2.0));
        f += next;
        d += next * (k + 2.0);
        c = [c[1], next];
        if c[0].norm() + c[1].norm() < 1e-18 * f.norm() {
            break;
        }
    }
    [f, d / h]
}
