//! Firing rate of the leaky integrate-and-fire neuron in the diffusion approximation.

use crate::moments::Moments;
use crate::moments::scalar::Scalar;
use crate::moments::special::{GAUSS_LEGENDRE, erfcx};
use crate::transfer::transfer_function::TransferFunction;
use nalgebra::Complex;
use ntwk_core::Membrane;
use serde::{Deserialize, Serialize};
use std::f64::consts::{FRAC_2_SQRT_PI, PI};

/// `sqrt(2) |zeta(1/2)|`, of the correction for coloured noise.
const ALPHA: f64 = 2.065_253_152_231_217;

/// Beyond this upper bound of the integral the rate is below the smallest positive number.
const LARGEST_BOUND: f64 = 26.0;

/// Transfer function of the leaky integrate-and-fire neuron (Siegert 1951; Brunel, J Comput Neurosci 8 (2000)):
///
/// ```text
/// 1/F = t_ref + tau_m sqrt(pi) int_{y_r}^{y_th} exp(u^2) (1 + erf u) du,    y = (V - mu_V) / sigma
/// ```
///
/// `sigma` is the amplitude of the white noise that has the zero-frequency power of the input,
/// `sigma^2 = 2 sigma_V^2 tau_V / tau_m`. With conductance-based moments this is the effective-time-constant
/// approximation; with current-based ones (mixture `alpha = 0`) it is the textbook formula,
/// `sigma^2 = tau_m sum_j R_j J_j^2`. Assumes many small, uncorrelated inputs, `V_reset < V_th`, no adaptation, no
/// exponential spike current.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Siegert {
    /// White noise: synaptic time constants far below that of the membrane.
    White,
    /// Synaptic filtering to first order in `sqrt(tau_syn / tau_m)`: both bounds are raised by
    /// `sqrt(2) |zeta(1/2)| / 2 sqrt(tau_syn / tau_m)` (Fourcaud and Brunel, Neural Comput 14 (2002)), with
    /// `tau_syn = tau_V - tau_m`, exact for one synaptic time constant. Holds for `tau_syn << tau_m`.
    Coloured,
}

impl Siegert {
    /// Bounds `y_r`, `y_th` of the integral.
    pub(crate) fn bounds<S: Scalar>(self, membrane: &Membrane, m: &Moments<S>) -> [S; 2] {
        let sigma = m.sigma_V * (m.tau_V * 2.0 / m.tau_m).sqrt();
        let mut y_th = -(m.mu_V - membrane.V_th) / sigma;
        let mut y_r = -(m.mu_V - membrane.V_reset) / sigma;
        if self == Self::Coloured && m.tau_V.value() > m.tau_m.value() {
            let shift = ((m.tau_V - m.tau_m) / m.tau_m).sqrt() * (0.5 * ALPHA);
            y_th = y_th + shift;
            y_r = y_r + shift;
        }
        [y_r, y_th]
    }
}

impl TransferFunction for Siegert {
    fn rate<S: Scalar>(&self, membrane: &Membrane, m: &Moments<S>) -> S {
        let [y_r, y_th] = self.bounds(membrane, m);
        let top = y_th.value();
        if top > LARGEST_BOUND {
            return S::constant(0.0);
        }
        // The integral times exp(-y_th^2), where that is what keeps it in range.
        let exponent = top.max(0.0).powi(2);
        let scaled = |y: S, value: f64| {
            y.chain(value, || {
                let slope = scaled_integrand(y.value(), exponent);
                (slope, 2.0 * y.value() * slope + FRAC_2_SQRT_PI * (-exponent).exp())
            })
        };
        let integral = scaled(y_th, scaled_integral(y_r.value(), top, exponent)) - scaled(y_r, 0.0);
        let passage = m.tau_m * integral * (PI.sqrt() * exponent.exp());
        S::constant(1e3) / (passage + membrane.t_ref)
    }

    fn in_domain(&self, _membrane: &Membrane, moments: &Moments) -> bool {
        // The expansion in sqrt(tau_syn / tau_m) has lost its meaning beyond 1.
        *self == Self::White || moments.tau_V - moments.tau_m < moments.tau_m
    }

    fn response_to_mean(
        &self,
        membrane: &Membrane,
        moments: &Moments,
        frequency: f64,
    ) -> Option<Complex<f64>> {
        Some(self.response(membrane, moments, frequency))
    }

    fn unusable(&self, membrane: &Membrane) -> Option<&'static str> {
        (membrane.V_reset >= membrane.V_th).then_some("the Siegert formula needs V_reset < V_th")
    }
}

/// `exp(u^2 - exponent) (1 + erf u)`, without overflow for `u^2 <= exponent` or `u <= 0`.
fn scaled_integrand(u: f64, exponent: f64) -> f64 {
    if u <= 0.0 {
        erfcx(-u) * (-exponent).exp()
    } else {
        (u * u - exponent).exp() * (1.0 + libm::erf(u))
    }
}

/// `int_low^high exp(u^2 - exponent) (1 + erf u) du` by Gauss-Legendre panels from the top down, as wide as the
/// integrand is smooth; the part that cannot change the sum is left out.
fn scaled_integral(low: f64, high: f64, exponent: f64) -> f64 {
    let mut sum = 0.0;
    let mut right = high;
    while right > low {
        let width = if right > 0.0 { 0.5 / (1.0 + right) } else { 0.5 * (1.0 - right) };
        let left = (right - width).max(low);
        let (centre, half) = (0.5 * (left + right), 0.5 * (right - left));
        let panel: f64 = GAUSS_LEGENDRE
            .iter()
            .map(|&(x, w)| {
                let pair = scaled_integrand(centre - half * x, exponent)
                    + scaled_integrand(centre + half * x, exponent);
                w * pair
            })
            .sum();
        sum += half * panel;
        // For u > 0 the integrand falls with u; by then its whole remainder is below the rounding of the sum.
        if left > 0.0 && exponent - left * left > 45.0 {
            break;
        }
        right = left;
    }
    sum
}
