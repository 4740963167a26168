//! How many sources the targets of a projection have.

use super::Positions;

/// In-degrees of a projection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct InDegrees {
    /// Mean over targets.
    pub mean: f64,
    /// Standard deviation over targets.
    pub sd: f64,
    /// See [`Projection::multapses`](super::Projection::multapses).
    pub multapses: f64,
}

impl InDegrees {
    /// The same for all targets, every source once.
    pub(super) fn equal(mean: f64) -> Self {
        Self { mean, sd: 0.0, multapses: 0.0 }
    }

    /// Those of given pairs, whose targets lie below `target_size`.
    pub(super) fn given(sources: &[u64], targets: &[u64], target_size: u64) -> Self {
        let mut degrees = vec![0u32; target_size as usize];
        targets.iter().for_each(|&t| degrees[t as usize] += 1);
        // Both are below 2^32, the largest population, so that a pair is one number: half the memory.
        let mut pairs: Vec<u64> = targets.iter().zip(sources).map(|(&t, &s)| t << 32 | s).collect();
        pairs.sort_unstable();
        let repeated: f64 =
            pairs.chunk_by(|a, b| a == b).map(|c| c.len() as f64 * (c.len() - 1) as f64).sum();
        let mean = sources.len() as f64 / target_size as f64;
        let squares: f64 = degrees.iter().map(|&d| (f64::from(d) - mean).powi(2)).sum();
        Self {
            mean,
            sd: (squares / target_size as f64).sqrt(),
            multapses: repeated / sources.len().max(1) as f64,
        }
    }
}

/// The odds `exp(-d² / (2 sigma²))` of the Gaussian rule.
pub(super) struct OddsOfSources {
    pub from: Positions,
    pub to: Positions,
    /// Width (µm).
    pub sigma: f64,
    /// Whether a neuron may be its own source.
    pub autapses: bool,
}

impl OddsOfSources {
    /// The odds of all sources, for at most 256 evenly chosen targets.
    fn of_targets(&self) -> impl Iterator<Item = Vec<f64>> {
        let targets = self.to.len();
        let stride = targets.div_ceil(256).max(1);
        (0..targets).step_by(stride as usize).map(|t| {
            let at = self.to.of(t);
            let others = (0..self.from.len()).filter(|&s| self.autapses || s != t);
            others.map(|s| self.from.gaussian(s, at, self.sigma)).collect()
        })
    }

    /// In-degrees where every pair is connected with `peak` times its odds.
    pub(super) fn in_degrees(&self, peak: f64) -> InDegrees {
        let (mut n, mut sum, mut squares, mut variance) = (0.0, 0.0, 0.0, 0.0);
        for odds in self.of_targets() {
            let degree: f64 = odds.iter().map(|p| peak * p).sum();
            n += 1.0;
            sum += degree;
            squares += degree * degree;
            variance += odds.iter().map(|p| peak * p * (1.0 - peak * p)).sum::<f64>();
        }
        let mean = sum / n;
        let between = (squares / n - mean * mean).max(0.0);
        InDegrees { mean, sd: (between + variance / n).sqrt(), multapses: 0.0 }
    }

    /// [`Projection::multapses`](super::Projection::multapses) of `degree` sources drawn with these odds, with replacement.
    pub(super) fn multapses(&self, degree: u64) -> f64 {
        if degree < 2 {
            return 0.0;
        }
        let (mut n, mut again) = (0.0, 0.0);
        for odds in self.of_targets() {
            let sum: f64 = odds.iter().sum();
            let squares: f64 = odds.iter().map(|p| p * p).sum();
            n += 1.0;
            // Probability that two draws are the same source; where all odds underflow it is the nearest one.
            again += if squares > 0.0 { squares / (sum * sum) } else { 1.0 };
        }
        (degree - 1) as f64 * again / n
    }
}
