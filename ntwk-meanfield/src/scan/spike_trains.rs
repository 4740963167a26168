//! How regular the spikes of a cell are.

/// Width of the bins of lags (ms).
pub(crate) const LAG_BIN: f64 = 1.0;
/// Number of bins: up to 50 ms. The membrane of a receiving cell remembers `tau_syn + tau_m`; slower fluctuations, such as
/// those of adaptation, are changes of the rate to it.
pub(crate) const LAG_BINS: usize = 50;

/// Fewest pairs of Poisson trains that tell something.
const FEWEST_PAIRS: f64 = 20.0;

/// How the spikes of a train follow each other: its autocovariance at lags above zero, relative to the squared rate.
///
/// With the rate `m(s)` at a time `s` after a spike and the mean rate `nu` it is `m(s)/nu - 1`: 0 for a Poisson train, -1 where
/// a cell is refractory, above 0 where it bursts.
#[derive(Debug, Clone, PartialEq)]
pub struct Autocovariance {
    /// Rate of the train (Hz).
    rate: f64,
    /// Width of a bin of lags (ms).
    bin: f64,
    /// Value in each bin; 0 for all where there are too few spikes to tell.
    values: Vec<f64>,
}

impl Autocovariance {
    /// From pairs of spikes of `cells` cells at `rate` (Hz) in `duration` ms, counted in bins of lags of `bin` ms: Poisson
    /// trains have `cells nu² bin (duration - s)` pairs in a bin around the lag `s`.
    #[must_use]
    pub fn of_pairs(pairs: &[u64], bin: f64, cells: f64, rate: f64, duration: f64) -> Self {
        let nu = 1e-3 * rate;
        let poisson =
            |k: usize| cells * nu * nu * bin * (duration - (k as f64 + 0.5) * bin).max(0.0);
        let enough = (0..pairs.len()).map(poisson).sum::<f64>() >= FEWEST_PAIRS;
        let value = |(k, &counted): (usize, &u64)| {
            if enough && poisson(k) > 0.0 { counted as f64 / poisson(k) - 1.0 } else { 0.0 }
        };
        Self::new(rate, bin, pairs.iter().enumerate().map(value).collect())
    }

    /// Of a train of `rate` (Hz), with the values in bins of lags of `bin` ms.
    #[must_use]
    pub fn new(rate: f64, bin: f64, values: Vec<f64>) -> Self {
        Self { rate, bin, values }
    }

    /// Lags (ms) of the bins, at their middle, with the values there.
    pub fn lags(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.values.iter().enumerate().map(|(k, &c)| ((k as f64 + 0.5) * self.bin, c))
    }

    /// Fano factor of the train, the variance of its counts over their mean in windows longer than its memory:
    ///
    /// ```text
    /// F = 1 + 2 nu int c(s) ds
    /// ```
    #[must_use]
    pub fn fano_factor(&self) -> f64 {
        self.variance_factor(1.0, |_| 1.0)
    }

    /// `1 + 2 p nu int rho(s) c(s) ds`.
    pub(crate) fn variance_factor(&self, p: f64, rho: impl Fn(f64) -> f64) -> f64 {
        let sum: f64 = self.lags().map(|(s, c)| rho(s) * c).sum();
        1.0 + 2e-3 * p * self.rate * self.bin * sum
    }
}
