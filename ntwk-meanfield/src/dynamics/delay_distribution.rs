//! How long spikes travel, and what the spread of their delays does to an oscillation.

use nalgebra::Complex;
use ntwk_core::Model;
use ntwk_core::model::Projection;
use ntwk_core::spec::{DelaySpec, Distribution, DistributionShape};

use crate::moments::special::GAUSS_LEGENDRE;

/// Standard deviations of a normal variate beyond which nothing is left.
const WIDEST: f64 = 9.0;
/// Panels of the quadrature over them.
const PANELS: usize = 48;
/// Standard deviations up to which single delays stand for a distribution.
const NODES_WITHIN: f64 = 4.5;

/// The delays (ms) of the spikes of one connection.
#[derive(Debug, Clone, PartialEq)]
pub enum DelayDistribution {
    /// The same for all.
    Constant(f64),
    /// Normal, where negative delays are drawn again.
    Normal {
        /// Mean before that.
        mean: f64,
        /// Standard deviation before that.
        sd: f64,
    },
    /// Lognormal.
    Lognormal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// Uniform.
    Uniform {
        /// Shortest.
        low: f64,
        /// Longest.
        high: f64,
    },
    /// Each of these as often as it is in the list.
    Listed(Vec<f64>),
}

impl From<f64> for DelayDistribution {
    fn from(delay: f64) -> Self {
        Self::Constant(delay)
    }
}

impl DelayDistribution {
    /// That of a projection; the mean where delays follow the distance.
    #[must_use]
    pub fn of(model: &Model, projection: &Projection) -> Self {
        let mean = Self::Constant(f64::from(projection.delay_steps) * model.dt());
        match &projection.delays {
            DelaySpec::Drawn(Distribution::Drawn(shape)) => match *shape {
                DistributionShape::Normal { sd, .. } | DistributionShape::Lognormal { sd, .. }
                    if sd <= 0.0 =>
                {
                    mean
                }
                DistributionShape::Normal { mean, sd } => Self::Normal { mean, sd },
                DistributionShape::Lognormal { mean, sd } => Self::Lognormal { mean, sd },
                DistributionShape::Uniform { low, high } => Self::Uniform { low, high },
            },
            DelaySpec::Drawn(Distribution::Listed(delays)) if !delays.is_empty() => {
                Self::Listed(delays.clone())
            }
            _ => mean,
        }
    }

    /// Mean delay (ms).
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.average(|d| Complex::new(d, 0.0)).re
    }

    /// Mean of `exp(-z d)`, with `z` in 1/ms: what an oscillation `exp(z t)` has become when it arrives.
    #[must_use]
    pub fn factor(&self, z: Complex<f64>) -> Complex<f64> {
        self.average(|d| (-z * d).exp())
    }

    /// A few delays (ms) with their shares, which stand for all: exact for constant delays and lists of up to 32, to some 1e-6 for
    /// oscillations that turn little within the spread.
    #[must_use]
    pub fn nodes(&self) -> Vec<(f64, f64)> {
        match self {
            Self::Constant(delay) => vec![(*delay, 1.0)],
            Self::Listed(all) if all.len() <= 32 => {
                all.iter().map(|d| (*d, 1.0 / all.len() as f64)).collect()
            }
            Self::Listed(all) => {
                let mut sorted = all.clone();
                sorted.sort_by(f64::total_cmp);
                let parts = sorted.chunks(sorted.len().div_ceil(32));
                let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
                parts.map(|p| (mean(p), p.len() as f64 / all.len() as f64)).collect()
            }
            other => other.quadrature(1, NODES_WITHIN),
        }
    }

    fn average(&self, f: impl Fn(f64) -> Complex<f64>) -> Complex<f64> {
        let mean = |nodes: &[(f64, f64)]| -> Complex<f64> {
            nodes.iter().map(|(d, w)| f(*d) * Complex::new(*w, 0.0)).sum()
        };
        match self {
            Self::Constant(delay) => f(*delay),
            Self::Listed(all) => {
                mean(&all.iter().map(|d| (*d, 1.0 / all.len() as f64)).collect::<Vec<_>>())
            }
            other => mean(&other.quadrature(PANELS, WIDEST)),
        }
    }

    /// Delays and shares by Gauss-Legendre panels over a normal or uniform variate.
    fn quadrature(&self, panels: usize, widest: f64) -> Vec<(f64, f64)> {
        let normal = |u: f64| (-0.5 * u * u).exp();
        type Delay = Box<dyn Fn(f64) -> f64>;
        let (range, delay, density): ([f64; 2], Delay, fn(f64) -> f64) = match *self {
            Self::Normal { mean, sd } => {
                let lowest = (-mean / sd).clamp(-widest, widest);
                ([lowest, widest.max(lowest + 1.0)], Box::new(move |u| mean + sd * u), normal)
            }
            Self::Lognormal { mean, sd } => {
                let variance = (sd / mean).powi(2).ln_1p();
                let (m, s) = (mean.ln() - 0.5 * variance, variance.sqrt());
                ([-widest, widest], Box::new(move |u| (m + s * u).exp()), normal)
            }
            Self::Uniform { low, high } => {
                ([0.0, 1.0], Box::new(move |u| low + (high - low) * u), |_| 1.0)
            }
            Self::Constant(_) | Self::Listed(_) => return self.nodes(),
        };
        let half = 0.5 * (range[1] - range[0]) / panels as f64;
        let mut nodes = Vec::with_capacity(16 * panels);
        for panel in 0..panels {
            let centre = range[0] + (2 * panel + 1) as f64 * half;
            for (x, w) in GAUSS_LEGENDRE {
                for u in [centre - half * x, centre + half * x] {
                    nodes.push((delay(u), w * density(u)));
                }
            }
        }
        let sum: f64 = nodes.iter().map(|n| n.1).sum();
        nodes.iter_mut().for_each(|n| n.1 /= sum);
        nodes
    }
}

/// The delays of every connection of every population of the mean field of `model`.
#[must_use]
pub fn delay_distributions(model: &Model) -> Vec<Vec<DelayDistribution>> {
    let onto = |p| model.projections_onto(p).map(|c| DelayDistribution::of(model, c)).collect();
    (0..model.populations().len()).map(onto).collect()
}
