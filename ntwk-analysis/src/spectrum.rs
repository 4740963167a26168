//! Power spectrum of a signal in time, such as a population rate.

use std::f64::consts::PI;

use realfft::RealFftPlanner;

use crate::AnalysisError;

/// A one-sided power spectral density.
#[derive(Debug, Clone, PartialEq)]
pub struct PowerSpectrum {
    /// Frequencies (Hz), from 0 to half the sampling rate.
    pub frequencies: Vec<f64>,
    /// Density at each: (unit of the signal)^2 / Hz. Its integral is the variance of the signal.
    pub density: Vec<f64>,
    /// Number of segments whose spectra were averaged.
    pub segments: usize,
}

impl PowerSpectrum {
    /// Welch's estimate: Hann windows of `segment` samples that overlap by half, the mean of each taken off. Any number
    /// of samples will do; those with small prime factors are fastest.
    ///
    /// The definition of `scipy.signal.welch` with its defaults (Welch 1967, IEEE Trans Audio Electroacoust 15:70).
    /// `interval` is the time between two samples (ms). Samples behind the last full segment are not used.
    ///
    /// # Errors
    /// [`AnalysisError::TimeStep`]; [`AnalysisError::Parameter`] when `segment` is below 4;
    /// [`AnalysisError::Bin`] when it is longer than the signal.
    pub fn welch(values: &[f64], interval: f64, segment: usize) -> Result<Self, AnalysisError> {
        crate::window::check_dt(interval)?;
        if segment < 4 {
            return Err(AnalysisError::Parameter {
                name: "segment",
                value: segment as f64,
                unit: "samples",
                expected: "4 or more",
            });
        }
        if segment > values.len() {
            return Err(AnalysisError::Bin { bin: segment as u64, available: values.len() as u64 });
        }
        // The periodic Hann window, as scipy's get_window("hann") gives it.
        let hann: Vec<f64> = (0..segment)
            .map(|i| 0.5 - 0.5 * (2.0 * PI * i as f64 / segment as f64).cos())
            .collect();
        let rate = 1e3 / interval;
        let norm = 1.0 / (rate * hann.iter().map(|w| w * w).sum::<f64>());
        let fft = RealFftPlanner::<f64>::new().plan_fft_forward(segment);
        let (mut part, mut transform) = (fft.make_input_vec(), fft.make_output_vec());
        let mut scratch = fft.make_scratch_vec();
        let half = segment / 2;
        let mut density = vec![0.0; half + 1];
        let mut n = 0.0;
        for start in (0..=values.len() - segment).step_by(segment - half) {
            let samples = &values[start..start + segment];
            let mean = samples.iter().sum::<f64>() / segment as f64;
            for ((x, v), w) in part.iter_mut().zip(samples).zip(&hann) {
                *x = (v - mean) * w;
            }
            // Fails for buffers of other lengths than its own alone, which these are not.
            let _ = fft.process_with_scratch(&mut part, &mut transform, &mut scratch);
            for (k, (d, x)) in density.iter_mut().zip(&transform).enumerate() {
                // All but 0 and half the sampling rate stand for a pair of frequencies.
                let sides = if k == 0 || 2 * k == segment { 1.0 } else { 2.0 };
                *d += sides * norm * x.norm_sqr();
            }
            n += 1.0;
        }
        density.iter_mut().for_each(|d| *d /= n);
        let frequencies = (0..=half).map(|k| k as f64 * rate / segment as f64).collect();
        Ok(Self { frequencies, density, segments: n as usize })
    }

    /// Samples of a segment for a signal of `n` samples: a power of two, of which four fit if they can.
    #[must_use]
    pub fn usual_segment(n: usize) -> usize {
        let most = (n / 4).clamp(4, 1024);
        if most.is_power_of_two() { most } else { most.next_power_of_two() / 2 }
    }

    /// The frequency (Hz) of the highest density at or above `from` (Hz) if noise without a rhythm would reach that height
    /// with a probability below 1 %; `None` otherwise, as for a signal that does not change, and where the density only falls
    /// from the lowest of these frequencies on: a rhythm may be slower than the segments resolve.
    ///
    /// White noise of the median density `m` gives densities `m x / ln 2`-like: averaged over K independent segments their
    /// ratio to the mean is a Gamma variable of shape K and mean 1, of which the spectrum draws as many as it has
    /// frequencies. Of the segments, which overlap by half, three quarters count as independent.
    #[must_use]
    pub fn peak(&self, from: f64) -> Option<f64> {
        let above = |(f, d): &(&f64, &f64)| **f >= from && d.is_finite();
        let mut densities: Vec<f64> =
            self.frequencies.iter().zip(&self.density).filter(above).map(|(_, d)| *d).collect();
        densities.sort_by(f64::total_cmp);
        let (highest, median) = (*densities.last()?, *densities.get(densities.len() / 2)?);
        let shape = (0.75 * self.segments as f64).ceil().max(1.0);
        // The median of a Gamma variable of mean 1, to 1 % (Wilson and Hilferty 1931).
        let mean = median / (1.0 - 1.0 / (9.0 * shape)).powi(3);
        let one = gamma_tail(shape as u32, shape * highest / mean);
        let all = densities.len() as f64 * one;
        if highest > 0.0 && all < CHANCE { self.highest(from) } else { None }
    }

    /// The frequency (Hz) of the highest density at or above `from` (Hz), unless it is the lowest of them.
    fn highest(&self, from: f64) -> Option<f64> {
        let pairs = self.frequencies.iter().zip(&self.density);
        let mut above = pairs.filter(|(f, d)| **f >= from && d.is_finite());
        let lowest = above.next()?;
        let highest = above.max_by(|a, b| a.1.total_cmp(b.1))?;
        (highest.1 > lowest.1).then_some(*highest.0)
    }
}

/// Probability below which a peak does not come from noise.
const CHANCE: f64 = 0.01;

/// Probability that a Gamma variable of whole shape `k` and scale 1 exceeds `x`: `exp(-x) sum_{i<k} x^i / i!`.
fn gamma_tail(k: u32, x: f64) -> f64 {
    // From the largest term down, so that nothing overflows.
    let logarithms = (0..k).scan(-x, |term, i| {
        let now = *term;
        *term += x.ln() - f64::from(i + 1).ln();
        Some(now)
    });
    logarithms.map(f64::exp).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sums that the definition says, for even and odd segments.
    #[test]
    fn the_density_is_the_sum_it_stands_for() {
        for segment in [4usize, 7, 12, 16, 31] {
            let x: Vec<f64> = (0..segment).map(|i| (i * i % 7) as f64).collect();
            let found = PowerSpectrum::welch(&x, 2.0, segment).unwrap();
            assert_eq!(found.density.len(), segment / 2 + 1);
            let mean = x.iter().sum::<f64>() / segment as f64;
            let turn = 2.0 * PI / segment as f64;
            let hann = |i: usize| 0.5 - 0.5 * (turn * i as f64).cos();
            let power: f64 = (0..segment).map(|i| hann(i) * hann(i)).sum();
            for (k, density) in found.density.iter().enumerate() {
                let sum = |f: fn(f64) -> f64| {
                    let term = |i: usize| (x[i] - mean) * hann(i) * f(turn * (k * i) as f64);
                    (0..segment).map(term).sum::<f64>()
                };
                let (re, im) = (sum(f64::cos), sum(f64::sin));
                let sides = if k == 0 || 2 * k == segment { 1.0 } else { 2.0 };
                let expected = sides * (re * re + im * im) / (500.0 * power);
                assert!((density - expected).abs() < 1e-14, "{segment} {k}");
                assert_eq!(found.frequencies[k], k as f64 * 500.0 / segment as f64);
            }
        }
    }

    #[test]
    fn a_sine_stands_at_its_frequency_with_its_power() {
        // 40 Hz, amplitude 2 (variance 2), sampled every ms.
        let x: Vec<f64> =
            (0..4096).map(|i| 5.0 + 2.0 * (2.0 * PI * 40.0 * f64::from(i) * 1e-3).sin()).collect();
        let s = PowerSpectrum::welch(&x, 1.0, 1024).unwrap();
        assert!((s.peak(1.0).unwrap() - 40.0).abs() < 1.0);
        let power: f64 = s.density.iter().sum::<f64>() * s.frequencies[1];
        assert!((power - 2.0).abs() < 0.02, "{power}");
    }

    /// A linear congruential generator, uniform on [-1/2, 1/2].
    fn noise(n: usize, mut seed: u64) -> Vec<f64> {
        (0..n)
            .map(|_| {
                seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (seed >> 11) as f64 * 2f64.powi(-53) - 0.5
            })
            .collect()
    }

    /// Of 300 spectra of white noise about 3 may have a peak at the level of 1 %.
    #[test]
    fn noise_has_no_peak_and_a_weak_rhythm_has() {
        for length in [512, 4096] {
            let peaks = (0..300)
                .filter(|&seed| {
                    let s = PowerSpectrum::welch(&noise(length, seed), 1.0, length / 4).unwrap();
                    s.peak(1.0).is_some()
                })
                .count();
            assert!(peaks <= 12, "{peaks} of 300 with {length} samples");
        }
        let mut x = noise(4096, 7);
        for (i, x) in x.iter_mut().enumerate() {
            *x += 0.1 * (2.0 * PI * 40.0 * i as f64 * 1e-3).sin();
        }
        let found = PowerSpectrum::welch(&x, 1.0, 1024).unwrap().peak(1.0).unwrap();
        assert!((found - 40.0).abs() < 1.5, "{found}");
        assert_eq!(PowerSpectrum::welch(&[3.0; 64], 1.0, 16).unwrap().peak(1.0), None);
        // 3 Hz in segments of 128 ms: the density falls from the lowest frequency on (7.8 Hz), which is no rhythm of the signal.
        let slow: Vec<f64> =
            (0..666).map(|k| (2.0 * PI * 3.0 * 1e-3 * f64::from(k)).sin()).collect();
        assert_eq!(PowerSpectrum::welch(&slow, 1.0, 128).unwrap().peak(1.0), None);
        let found = PowerSpectrum::welch(&slow, 1.0, 512).unwrap().peak(1.0);
        assert!(found.is_none_or(|f| f < 4.0), "{found:?}");
    }

    #[test]
    fn impossible_segments_are_refused() {
        assert!(matches!(
            PowerSpectrum::welch(&[0.0; 8], 1.0, 3),
            Err(AnalysisError::Parameter { .. })
        ));
        assert!(matches!(PowerSpectrum::welch(&[0.0; 8], 1.0, 16), Err(AnalysisError::Bin { .. })));
        assert!(PowerSpectrum::welch(&[1.0; 8], 1.0, 8).unwrap().density.iter().all(|d| *d == 0.0));
    }
}
