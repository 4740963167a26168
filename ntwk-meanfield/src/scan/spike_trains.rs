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

    /// Of the trains of a population, in parts of equal size with rates of their own: `c = sum nu_k² c_k / (nu sum nu_k)`, with
    /// which the variance that its trains make is the sum over the parts.
    pub(crate) fn of_parts(parts: &[&Self]) -> Self {
        let sum: f64 = parts.iter().map(|p| p.rate).sum();
        let rate = sum / parts.len().max(1) as f64;
        let (bin, bins) = parts.first().map_or((LAG_BIN, 0), |p| (p.bin, p.values.len()));
        let value = |k: usize| {
            let weighted: f64 = parts.iter().map(|p| p.rate * p.rate * p.values[k]).sum();
            if sum > 0.0 { weighted / (rate * sum) } else { 0.0 }
        };
        Self::new(rate, bin, (0..bins).map(value).collect())
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
    ///
    /// Zero for trains so regular that their memory outlasts the lags that were counted.
    #[must_use]
    pub fn fano_factor(&self) -> f64 {
        (1.0 + self.regularity(|_| 1.0)).max(0.0)
    }

    /// `2 nu int rho(s) c(s) ds`.
    pub(crate) fn regularity(&self, rho: impl Fn(f64) -> f64) -> f64 {
        let sum: f64 = self.lags().map(|(s, c)| rho(s) * c).sum();
        2e-3 * self.rate * self.bin * sum
    }
}
