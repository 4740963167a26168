//! The forms of the effective threshold: linear combinations of functions of the moments.

use crate::moments::Moments;
use crate::moments::scalar::Scalar;
use ntwk_core::Membrane;
use serde::{Deserialize, Serialize};

/// Largest number of terms of any form.
pub const MAX_TERMS: usize = 31;

/// Which functions of the moments the effective threshold combines linearly.
///
/// The paper forms use `m = (mu_V + 60 mV) / 10 mV`, `s = (sigma_V - 4 mV) / 6 mV`,
/// `t = tau_V g_L / C_m - 1/2` and `G = ln(mu_G / g_L)`:
///
/// | form | terms, in the order of the coefficients | source |
/// |---|---|---|
/// | `Linear4` | 1, m, s, t | Zerlaut et al., J Physiol 594 (2016) |
/// | `Linear5` | 1, m, s, t, G | the same |
/// | `Quadratic10` | 1, m, s, t, m², s², t², m s, m t, s t | di Volo et al., Neural Comput 31 (2019) |
/// | `Quadratic11` | 1, m, s, t, G, m², s², t², m s, m t, s t | Zerlaut et al., J Comput Neurosci 44 (2018) |
///
/// The skewness forms use `x = (m, s, gamma_V, (tau_V - 10 ms) / 200 ms, P)` where `P` is the tail of an Edgeworth
/// density above `V_th`, without its factor `1 / sqrt(2 pi)`:
/// `P = sqrt(pi/2) erfc(X / sqrt 2) + gamma_V/6 (X² - 1) exp(-X²/2)`, `X = (V_th - mu_V) / sigma_V`:
///
/// | form | terms | source |
/// |---|---|---|
/// | `Skewness6` | 1, x_i | `neural_network_dynamics` by Y. Zerlaut |
/// | `Skewness31` | 1, x_i, then x_i x_j row by row (both i j and j i) | the same |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdForm {
    /// Linear in mean, standard deviation and autocorrelation time.
    Linear4,
    /// `Linear4` and the logarithm of the conductance.
    Linear5,
    /// Quadratic in mean, standard deviation and autocorrelation time.
    Quadratic10,
    /// `Quadratic10` and the logarithm of the conductance.
    Quadratic11,
    /// Linear in five variables, with skewness and tail.
    Skewness6,
    /// Quadratic in five variables, with skewness and tail.
    Skewness31,
}

impl ThresholdForm {
    /// Every form.
    pub const ALL: [Self; 6] = [
        Self::Linear4,
        Self::Linear5,
        Self::Quadratic10,
        Self::Quadratic11,
        Self::Skewness6,
        Self::Skewness31,
    ];

    /// Number of terms, which is the number of coefficients.
    #[must_use]
    pub const fn terms(self) -> usize {
        match self {
            Self::Linear4 => 4,
            Self::Linear5 => 5,
            Self::Quadratic10 => 10,
            Self::Quadratic11 => 11,
            Self::Skewness6 => 6,
            Self::Skewness31 => 31,
        }
    }

    /// The form with that many terms; the numbers of terms are all different, so that a file of coefficients tells its
    /// form.
    #[must_use]
    pub fn with_terms(count: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.terms() == count)
    }

    /// Whether the form has the skewness and the tail of the membrane potential.
    #[must_use]
    pub const fn has_tail(self) -> bool {
        matches!(self, Self::Skewness6 | Self::Skewness31)
    }

    /// The pairs of variables whose products are the last terms, in their order.
    pub(crate) fn products(self) -> Vec<[usize; 2]> {
        match self {
            Self::Linear4 | Self::Linear5 | Self::Skewness6 => Vec::new(),
            Self::Quadratic10 | Self::Quadratic11 => {
                vec![[0, 0], [1, 1], [2, 2], [0, 1], [0, 2], [1, 2]]
            }
            Self::Skewness31 => (0..25).map(|k| [k / 5, k % 5]).collect(),
        }
    }

    /// Writes the value of each term into the first [`terms`](Self::terms) entries of `out` and returns them.
    pub fn evaluate<'a, S: Scalar>(
        self,
        membrane: &Membrane,
        moments: &Moments<S>,
        out: &'a mut [S; MAX_TERMS],
    ) -> &'a [S] {
        let mut n = 0;
        let mut push = |x: S| {
            out[n] = x;
            n += 1;
        };
        let m = (moments.mu_V + 60.0) * 0.1;
        let s = (moments.sigma_V - 4.0) * (1.0 / 6.0);
        push(S::constant(1.0));
        match self {
            Self::Skewness6 | Self::Skewness31 => {
                let t = (moments.tau_V - 10.0) * (1.0 / 200.0);
                let x = [m, s, moments.gamma_V, t, edgeworth_tail(membrane.V_th, moments)];
                x.into_iter().for_each(&mut push);
                if self == Self::Skewness31 {
                    for a in x {
                        for b in x {
                            push(a * b);
                        }
                    }
                }
            }
            Self::Linear4 | Self::Linear5 | Self::Quadratic10 | Self::Quadratic11 => {
                let t = moments.tau_V * (1.0 / membrane.tau_m()) - 0.5;
                [m, s, t].into_iter().for_each(&mut push);
                if matches!(self, Self::Linear5 | Self::Quadratic11) {
                    push((moments.mu_G * (1.0 / membrane.g_L)).ln());
                }
                if matches!(self, Self::Quadratic10 | Self::Quadratic11) {
                    [m * m, s * s, t * t, m * s, m * t, s * t].into_iter().for_each(&mut push);
                }
            }
        }
        &out[..self.terms()]
    }
}

/// Weight of the membrane potential above `V_th` (mV) in a Gaussian with skewness: the tail integral
/// `int_X^inf exp(-x²/2) (1 + gamma_V/6 (x³ - 3x)) dx`, `X = (V_th - mu_V) / sigma_V`.
///
/// Not normalised (it lies between about 0 and `sqrt(2 pi)`, and can be slightly negative), because the published
/// coefficients of the skewness forms were fitted to it as it is.
#[allow(non_snake_case)]
pub fn edgeworth_tail<S: Scalar>(V_th: f64, moments: &Moments<S>) -> S {
    use std::f64::consts::FRAC_1_SQRT_2;
    let x = -(moments.mu_V - V_th) / moments.sigma_V;
    let gauss = (x * x * -0.5).exp();
    let tail = (x * FRAC_1_SQRT_2).erfc() * (0.5 * std::f64::consts::PI).sqrt();
    tail + moments.gamma_V * (x * x - 1.0) * gauss * (1.0 / 6.0)
}
