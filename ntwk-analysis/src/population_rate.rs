//! The activity of a population in time: binned, smoothed, and its transient peak.

use crate::{AnalysisError, Window, window::check_dt};

/// Firing rate of a population in equal bins.
#[derive(Debug, Clone, PartialEq)]
pub struct PopulationRate {
    /// Start of the first bin (ms).
    pub start: f64,
    /// Width of a bin (ms).
    pub bin: f64,
    /// Rate in each bin (Hz per neuron).
    pub values: Vec<f64>,
}

/// The highest point of a rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// Centre of the bin (ms).
    pub time: f64,
    /// Rate there (Hz).
    pub rate: f64,
}

impl PopulationRate {
    /// Bins the counts per step of a population of `size` neurons over `window`.
    ///
    /// `rate = spikes in the bin / (size x bin)`. Bins hold `bin_steps` steps of `dt` (ms) and start with the
    /// window; the steps left at the end that fill no bin are dropped, so that every value has the same noise.
    ///
    /// # Errors
    /// [`AnalysisError::TimeStep`], [`AnalysisError::NoNeuron`], [`AnalysisError::OutsideRun`],
    /// [`AnalysisError::Bin`] when the bin holds no step or does not fit once.
    pub fn from_counts(
        counts: &[u32],
        size: usize,
        window: Window,
        bin_steps: u64,
        dt: f64,
    ) -> Result<Self, AnalysisError> {
        check_dt(dt)?;
        if size == 0 {
            return Err(AnalysisError::NoNeuron);
        }
        let counts = &counts[window.indices(counts.len())?];
        if bin_steps == 0 || bin_steps > window.n_steps() {
            return Err(AnalysisError::Bin { bin: bin_steps, available: window.n_steps() });
        }
        let bin = bin_steps as f64 * dt;
        let to_hz = 1e3 / (size as f64 * bin);
        let values = counts
            .chunks_exact(bin_steps as usize)
            .map(|c| c.iter().map(|&n| u64::from(n)).sum::<u64>() as f64 * to_hz)
            .collect();
        Ok(Self { start: window.start() as f64 * dt, bin, values })
    }

    /// Centre of bin `i` (ms).
    #[must_use]
    pub fn time(&self, i: usize) -> f64 {
        self.start + (i as f64 + 0.5) * self.bin
    }

    /// Centres of the bins (ms), same length as the values.
    #[must_use]
    pub fn times(&self) -> Vec<f64> {
        (0..self.values.len()).map(|i| self.time(i)).collect()
    }

    /// The rate smoothed by a Gaussian of standard deviation `sigma` (ms).
    ///
    /// ```text
    /// s_i = sum_j w_{i-j} r_j / sum_j w_{i-j},   w_k = exp(-(k bin)^2 / (2 sigma^2)),   |k bin| <= 4 sigma
    /// ```
    ///
    /// The sums run over the bins that exist: a constant rate stays constant up to both ends, where a zero padding
    /// would bend it down.
    ///
    /// # Errors
    /// [`AnalysisError::Parameter`] when `sigma` is not finite or below 0; 0 smooths nothing.
    pub fn smoothed(&self, sigma: f64) -> Result<Self, AnalysisError> {
        if !(sigma.is_finite() && sigma >= 0.0) {
            return Err(AnalysisError::Parameter {
                name: "sigma",
                value: sigma,
                unit: "ms",
                expected: "finite and at least 0",
            });
        }
        let n = self.values.len();
        // A kernel longer than the data would only meet bins that do not exist.
        let reach = ((4.0 * sigma / self.bin) as usize).min(n.saturating_sub(1));
        let kernel: Vec<f64> =
            (0..=reach)
                .map(|k| {
                    if k == 0 { 1.0 } else { (-0.5 * (k as f64 * self.bin / sigma).powi(2)).exp() }
                })
                .collect();
        let values = (0..n)
            .map(|i| {
                let (mut sum, mut weight) = (0.0, 0.0);
                for j in i.saturating_sub(reach)..(i + reach + 1).min(n) {
                    let w = kernel[i.abs_diff(j)];
                    sum += w * self.values[j];
                    weight += w;
                }
                sum / weight
            })
            .collect();
        Ok(Self { values, ..*self })
    }

    /// The highest value among the bins whose centre lies in `[from, to)` (ms), the first of equals.
    ///
    /// On the smoothed rate this is the transient peak. `None` when no bin lies there.
    #[must_use]
    pub fn peak(&self, from: f64, to: f64) -> Option<Peak> {
        (0..self.values.len())
            .map(|i| Peak { time: self.time(i), rate: self.values[i] })
            .filter(|p| p.time >= from && p.time < to)
            .reduce(|best, p| if p.rate > best.rate { p } else { best })
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    fn rate(values: &[f64]) -> PopulationRate {
        PopulationRate { start: 0.0, bin: 2.0, values: values.to_vec() }
    }

    #[test]
    fn bins_are_whole_steps_and_conserve_spikes() {
        let counts: Vec<u32> = (0..23).collect();
        let w = Window::new(2, 23).unwrap();
        let r = PopulationRate::from_counts(&counts, 10, w, 4, 0.1).unwrap();
        // 21 steps hold five bins of four; the last step is dropped.
        assert_eq!(r.values.len(), 5);
        assert_relative_eq!(r.start, 0.2);
        let spikes: f64 = r.values.iter().map(|v| v * 10.0 * r.bin * 1e-3).sum();
        assert_relative_eq!(spikes, (2..22).sum::<u32>().into(), max_relative = 1e-14);
        assert_relative_eq!(r.time(1), 0.2 + 0.6, max_relative = 1e-14);
    }

    #[test]
    fn smoothing_keeps_a_constant_and_spreads_an_impulse_as_the_kernel() {
        let flat = rate(&[3.0; 9]).smoothed(5.0).unwrap();
        for v in flat.values {
            assert_relative_eq!(v, 3.0, max_relative = 1e-14);
        }
        let mut impulse = vec![0.0; 41];
        impulse[20] = 1.0;
        let s = rate(&impulse).smoothed(4.0).unwrap();
        assert_relative_eq!(s.values[22] / s.values[20], (-0.5_f64).exp(), max_relative = 1e-13);
        assert_eq!(s.values[20 + 9], 0.0);
        assert_relative_eq!(s.values.iter().sum::<f64>(), 1.0, max_relative = 1e-13);
    }

    #[test]
    fn no_smoothing_and_single_bins() {
        assert_eq!(rate(&[1.0, 5.0]).smoothed(0.0).unwrap().values, [1.0, 5.0]);
        assert_eq!(rate(&[7.0]).smoothed(1e9).unwrap().values, [7.0]);
        assert!(rate(&[]).smoothed(3.0).unwrap().values.is_empty());
        assert!(rate(&[1.0]).smoothed(f64::NAN).is_err());
    }

    #[test]
    fn the_peak_is_looked_for_in_the_window_only() {
        let r = rate(&[9.0, 1.0, 4.0, 4.0, 2.0]);
        assert_eq!(r.peak(2.0, 10.0), Some(Peak { time: 5.0, rate: 4.0 }));
        assert_eq!(r.peak(0.0, 10.0).unwrap().rate, 9.0);
        assert_eq!(r.peak(10.0, 20.0), None);
    }

    #[test]
    fn impossible_bins_are_refused() {
        let w = Window::new(0, 4).unwrap();
        for bin in [0, 5] {
            assert!(matches!(
                PopulationRate::from_counts(&[1; 4], 1, w, bin, 0.1),
                Err(AnalysisError::Bin { .. })
            ));
        }
    }
}
