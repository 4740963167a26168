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

    /// The frequency (Hz) of the highest density at or above `from` (Hz), interpolated between its neighbours, if noise without a
    /// rhythm would reach that height with a probability below 1 %; `None` otherwise, as for a signal that does not change, and where
    /// the density only falls from the lowest of these frequencies on: a rhythm may be slower than the segments resolve.
    ///
    /// White noise of the median density `m` gives densities `m x / ln 2`-like: averaged over K independent segments their
    /// ratio to the mean is a Gamma variable of shape K and mean 1, of which the spectrum draws as many as it has
    /// frequencies. Of the segments, which overlap by half, three quarters count as independent.
    #[must_use]
    pub fn peak(&self, from: f64) -> Option<f64> {
        let (place, chance) = self.highest(&|f| f >= from)?;
        (chance < CHANCE.ln()).then(|| self.interpolated(place))
    }

    /// Where the density is highest among the frequencies that are `allowed`, unless at the lowest of them, and the logarithm of the
    /// probability that noise is as high; of a fundamental and its second or third harmonic that are about equally high the
    /// fundamental.
    fn highest(&self, allowed: &dyn Fn(f64) -> bool) -> Option<(usize, f64)> {
        let density = |k: usize| self.density.get(k).copied().unwrap_or(0.0);
        let may = |k: usize| self.frequencies.get(k).is_some_and(|f| allowed(*f));
        let places: Vec<usize> =
            (0..self.density.len()).filter(|&k| may(k) && density(k).is_finite()).collect();
        let lowest = *places.first()?;
        let highest = *places.iter().max_by(|a, b| density(**a).total_cmp(&density(**b)))?;
        if density(highest) <= density(lowest) {
            return None;
        }
        let mut sorted: Vec<f64> = places.iter().map(|&k| density(k)).collect();
        sorted.sort_by(f64::total_cmp);
        let shape = (0.75 * self.segments as f64).ceil().max(1.0);
        // The median of a Gamma variable of mean 1, to 1 % (Wilson and Hilferty 1931).
        let mean = sorted[sorted.len() / 2] / (1.0 - 1.0 / (9.0 * shape)).powi(3);
        let chance = if mean > 0.0 {
            let one = ln_gamma_tail(shape as u32, shape * density(highest) / mean);
            one + (places.len() as f64).ln()
        } else {
            f64::NEG_INFINITY
        };
        let fundamental = [3, 2].into_iter().find_map(|harmonic| {
            let near = (highest as f64 / f64::from(harmonic)).round() as usize;
            let near = near.saturating_sub(1).max(lowest + 1)..=near + 1;
            let is_peak = |k: usize| density(k) >= density(k - 1) && density(k) > density(k + 1);
            let mut found = near.filter(|&k| k < highest && may(k) && is_peak(k));
            found.find(|&k| density(k) >= FUNDAMENTAL * density(highest))
        });
        Some((fundamental.unwrap_or(highest), chance))
    }

    /// The frequency (Hz) of a peak at place `k`: the vertex of a parabola through the logarithms of its density and those beside it,
    /// which for a line under a Hann window is right to a fiftieth of their distance.
    fn interpolated(&self, k: usize) -> f64 {
        let distance = self.frequencies.get(1).copied().unwrap_or(0.0);
        let beside = k.checked_sub(1).and_then(|before| self.density.get(before..=k + 1));
        let shift = match beside {
            Some(&[a, b, c]) if a > 0.0 && b >= a && b >= c && c > 0.0 && b > a.min(c) => {
                let (a, b, c) = (a.ln(), b.ln(), c.ln());
                (0.5 * (a - c) / (a - 2.0 * b + c)).clamp(-0.5, 0.5)
            }
            _ => 0.0,
        };
        (k as f64 + shift) * distance
    }
}

/// The rhythm of a signal: the most significant peak of its spectra with segments of several lengths.
#[derive(Debug, Clone, PartialEq)]
pub struct SpectralPeak {
    /// Frequency (Hz), interpolated.
    pub frequency: f64,
    /// Distance of the frequencies (Hz) of the spectrum that it was found in: one over the length of its segments.
    pub resolution: f64,
    /// That spectrum.
    pub spectrum: PowerSpectrum,
}

/// Shortest segment (samples) where longer ones fit.
const SHORTEST: usize = 256;
/// Last place of a spectrum where noise that falls with the frequency, such as that of slow drift, may be highest by chance.
const DRIFTING: usize = 5;
/// Density of a line over that three frequencies away: under a Hann window it reaches over two.
const LINE: f64 = 30.0;

impl SpectralPeak {
    /// The rhythm of `values`, a sample every `interval` (ms), among the frequencies (Hz) that are `allowed` at a resolution (Hz), from
    /// two periods per segment on; `None` where noise without a rhythm would have such a peak with a probability of 1 %.
    ///
    /// Segments are as long as leaves eight of them, overlapping by half, and halves of that down to 256 samples: of these spectra the
    /// one whose peak is least likely that of noise, which is a fine one for a line and a coarse one for a broad peak. Rhythms that are
    /// too slow for them are sought in halves of the signal and in all of it, where a line alone is told from slow drift.
    #[must_use]
    pub fn of(values: &[f64], interval: f64, allowed: impl Fn(f64, f64) -> bool) -> Option<Self> {
        let n = values.len();
        let longest = (2 * n / 9) & !1;
        let lengths = std::iter::successors(Some(longest), |l| Some((l / 2) & !1));
        let lengths: Vec<usize> = lengths
            .enumerate()
            .take_while(|(i, l)| *i == 0 || *l >= SHORTEST)
            .map(|l| l.1)
            .collect();
        let chance = (CHANCE / lengths.len() as f64).ln();
        let found = |length: usize| {
            let spectrum = PowerSpectrum::welch(values, interval, length).ok()?;
            let resolution = *spectrum.frequencies.get(1)?;
            let may = |f: f64| f >= 1.999 * resolution && allowed(f, resolution);
            let (place, probability) = spectrum.highest(&may)?;
            (probability < chance).then_some((place, probability, spectrum))
        };
        let is_line = |(place, _, spectrum): &(usize, f64, PowerSpectrum)| {
            let density = |k: usize| spectrum.density.get(k).copied().unwrap_or(0.0);
            // Of the frequency 0 the mean was taken off.
            let below = if *place > 3 { density(place - 3) } else { 0.0 };
            *place >= 3 && density(*place) >= LINE * below.max(density(place + 3))
        };
        let resolved = |peak: &(usize, f64, PowerSpectrum)| peak.0 > DRIFTING || is_line(peak);
        let peaks = lengths.into_iter().filter_map(&found).filter(resolved);
        let best = peaks.min_by(|a, b| a.1.total_cmp(&b.1));
        let (place, _, spectrum) =
            best.or_else(|| [n / 2, n].into_iter().filter_map(found).find(is_line))?;
        let frequency = spectrum.interpolated(place);
        Some(Self { frequency, resolution: spectrum.frequencies[1], spectrum })
    }
}

/// Probability below which a peak does not come from noise.
const CHANCE: f64 = 0.01;

/// Density of a fundamental over that of its harmonic, from which on it is the rhythm.
const FUNDAMENTAL: f64 = 0.5;

/// Logarithm of the probability that a Gamma variable of whole shape `k` and scale 1 exceeds `x`: `exp(-x) sum_{i<k} x^i / i!`.
fn ln_gamma_tail(k: u32, x: f64) -> f64 {
    let logarithms: Vec<f64> = (0..k)
        .scan(0.0, |term, i| {
            let now = *term;
            *term += x.ln() - f64::from(i + 1).ln();
            Some(now)
        })
        .collect();
    // From the largest term on, so that nothing overflows.
    let largest = logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest - x + logarithms.iter().map(|l| (l - largest).exp()).sum::<f64>().ln()
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

    /// Spikes of 400 neurons whose rate is `rate(t)` (Hz), in bins of 1 ms, without noise but that of counts.
    fn population(n: usize, rate: impl Fn(f64) -> f64) -> Vec<f64> {
        let uniform = noise(400 * n, 3);
        let count = |k: usize| {
            let p = 1e-3 * rate(k as f64);
            uniform[400 * k..400 * (k + 1)].iter().filter(|u| **u + 0.5 < p).count() as f64
        };
        (0..n).map(count).collect()
    }

    /// A drive between 2 and 8 Hz in a window of 1.5 to 6 s, which segments of a quarter of it do not resolve.
    #[test]
    fn slow_rhythms_are_found_between_the_frequencies_of_a_spectrum() {
        for (hz, n) in
            [(8.0, 1500), (4.0, 1500), (3.0, 1500), (2.0, 2500), (5.3, 6000), (0.7, 6000)]
        {
            let drive = |t: f64| 6.0 + 5.0 * (2.0 * PI * hz * 1e-3 * t).sin();
            let found = SpectralPeak::of(&population(n, drive), 1.0, |_, _| true).unwrap();
            assert!(
                (found.frequency - hz).abs() < 0.2 * found.resolution + 0.02,
                "{hz}: {found:?}"
            );
            assert!(found.resolution <= 0.7 * hz, "{hz}: {}", found.resolution);
        }
    }

    #[test]
    fn noise_and_drift_have_no_rhythm() {
        let none = |values: Vec<f64>| SpectralPeak::of(&values, 1.0, |_, _| true).is_none();
        let found = (0..200).filter(|&seed| !none(noise(2000, seed))).count();
        assert!(found <= 8, "{found} of 200");
        assert!(none(population(1500, |t| 4.0 + 6.0 * (-t / 500.0).exp())), "settles");
        assert!(none(population(1500, |t| 4.0 + 4e-3 * t)), "rises");
        assert!(none(vec![2.0; 800]) && none(vec![1.0; 3]) && none(Vec::new()));
        // The sum of noise.
        let mut level = 0.0;
        let walks = |seed: u64, level: &mut f64| -> Vec<f64> {
            noise(2000, seed)
                .into_iter()
                .map(|x| {
                    *level += x;
                    *level
                })
                .collect()
        };
        let found = (0..100).filter(|&seed| !none(walks(seed, &mut level))).count();
        assert!(found <= 8, "{found} of 100");
    }

    /// Pulses of 20 Hz have harmonics of about the same power.
    #[test]
    fn the_fundamental_is_the_rhythm() {
        let pulses = population(4000, |t| if t % 50.0 < 5.0 { 60.0 } else { 2.0 });
        let found = SpectralPeak::of(&pulses, 1.0, |_, _| true).unwrap();
        assert!((found.frequency - 20.0).abs() < 0.2, "{found:?}");
        // Where the input's rhythm is not allowed, the other is found.
        let two = population(4000, |t| {
            10.0 + 6.0 * (2.0 * PI * 20e-3 * t).sin() + 3.0 * (2.0 * PI * 33e-3 * t).sin()
        });
        let apart = |f: f64, resolution: f64| (f - 20.0).abs() > 3.0 * resolution;
        let found = SpectralPeak::of(&two, 1.0, apart).unwrap();
        assert!((found.frequency - 33.0).abs() < 0.3, "{found:?}");
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
