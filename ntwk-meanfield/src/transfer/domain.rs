//! The region of moments that a transfer function was fitted on.

use crate::moments::Moments;
use crate::moments::scalar::Scalar;
use ntwk_core::Membrane;
use serde::{Deserialize, Serialize};

/// Box of moments on which a transfer function was fitted; each pair is `[lowest, highest]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(non_snake_case)]
pub struct Domain {
    /// Mean membrane potential (mV).
    pub mu_V: [f64; 2],
    /// Standard deviation (mV).
    pub sigma_V: [f64; 2],
    /// Skewness.
    pub gamma_V: [f64; 2],
    /// Autocorrelation time over the resting membrane time constant, `tau_V g_L / C_m`.
    pub tau_V_N: [f64; 2],
    /// Mean conductance over the leak, `mu_G / g_L`.
    pub mu_G_N: [f64; 2],
}

impl Domain {
    /// The smallest box around the given moments; `None` without any.
    #[must_use]
    #[allow(non_snake_case)]
    pub fn around<'a>(
        membrane: &Membrane,
        moments: impl IntoIterator<Item = &'a Moments>,
    ) -> Option<Self> {
        moments
            .into_iter()
            .map(|m| Self::coordinates(membrane, m).map(|x| [x, x]))
            .reduce(|a, b| std::array::from_fn(|i| [a[i][0].min(b[i][0]), a[i][1].max(b[i][1])]))
            .map(|[mu_V, sigma_V, gamma_V, tau_V_N, mu_G_N]| Self {
                mu_V,
                sigma_V,
                gamma_V,
                tau_V_N,
                mu_G_N,
            })
    }

    /// Whether the moments lie in the box.
    #[must_use]
    pub fn contains(&self, membrane: &Membrane, moments: &Moments) -> bool {
        Self::coordinates(membrane, moments)
            .iter()
            .zip(self.bounds())
            .all(|(x, [low, high])| (low..=high).contains(x))
    }

    /// Whether every pair is finite and ordered.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.bounds().iter().all(|[low, high]| low.is_finite() && high.is_finite() && low <= high)
    }

    /// The nearest moments in the box.
    pub fn nearest<S: Scalar>(&self, membrane: &Membrane, m: &Moments<S>) -> Moments<S> {
        let limit = |x: S, [low, high]: [f64; 2], unit: f64| x.limited_to(low * unit, high * unit);
        Moments {
            mu_V: limit(m.mu_V, self.mu_V, 1.0),
            sigma_V: limit(m.sigma_V, self.sigma_V, 1.0),
            gamma_V: limit(m.gamma_V, self.gamma_V, 1.0),
            tau_V: limit(m.tau_V, self.tau_V_N, membrane.tau_m()),
            tau_m: m.tau_m,
            mu_G: limit(m.mu_G, self.mu_G_N, membrane.g_L),
        }
    }

    /// The box whose bounds are `(1 - t)` times these plus `t` times those of `other`.
    pub(crate) fn between(&self, other: &Self, t: f64) -> Self {
        let mix = |a: [f64; 2], b: [f64; 2]| [0, 1].map(|k| (1.0 - t) * a[k] + t * b[k]);
        Self {
            mu_V: mix(self.mu_V, other.mu_V),
            sigma_V: mix(self.sigma_V, other.sigma_V),
            gamma_V: mix(self.gamma_V, other.gamma_V),
            tau_V_N: mix(self.tau_V_N, other.tau_V_N),
            mu_G_N: mix(self.mu_G_N, other.mu_G_N),
        }
    }

    fn bounds(&self) -> [[f64; 2]; 5] {
        [self.mu_V, self.sigma_V, self.gamma_V, self.tau_V_N, self.mu_G_N]
    }

    fn coordinates(membrane: &Membrane, m: &Moments) -> [f64; 5] {
        [m.mu_V, m.sigma_V, m.gamma_V, m.tau_V / membrane.tau_m(), m.mu_G / membrane.g_L]
    }
}
