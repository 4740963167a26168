//! Power spectrum of a signal in time, such as a population rate.

use std::f64::consts::PI;

use crate::AnalysisError;

/// A one-sided power spectral density.
#[derive(Debug, Clone, PartialEq)]
pub struct PowerSpectrum {
    /// Frequencies (Hz), from 0 to half the sampling rate.
    pub frequencies: Vec<f64>,
    /// Density at each: (unit of the signal)^2 / Hz. Its integral is the variance of the signal.
    pub density: Vec<f64>,
}

impl PowerSpectrum {
    /// Welch's estimate: Hann windows of `segment` samples that overlap by half, the mean of each taken off.
    ///
    /// The definition of `scipy.signal.welch` with its defaults (Welch 1967, IEEE Trans Audio Electroacoust 15:70).
    /// `interval` is the time between two samples (ms). Samples behind the last full segment are not used.
    ///
    /// # Errors
    /// [`AnalysisError::TimeStep`]; [`AnalysisError::Parameter`] when `segment` is no power of two >= 4;
    /// [`AnalysisError::Bin`] when it is longer than the signal.
    pub fn welch(values: &[f64], interval: f64, segment: usize) -> Result<Self, AnalysisError> {
        crate::window::check_dt(interval)?;
        if segment < 4 || !segment.is_power_of_two() {
            return Err(AnalysisError::Parameter {
                name: "segment",
                value: segment as f64,
                unit: "samples",
                expected: "a power of two, 4 or more",
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
        let half = segment / 2;
        let mut density = vec![0.0; half + 1];
        let mut n = 0.0;
        for start in (0..=values.len() - segment).step_by(half) {
            let part = &values[start..start + segment];
            let mean = part.iter().sum::<f64>() / segment as f64;
            let mut re: Vec<f64> = part.iter().zip(&hann).map(|(v, w)| (v - mean) * w).collect();
            let mut im = vec![0.0; segment];
            fft(&mut re, &mut im);
            for (k, d) in density.iter_mut().enumerate() {
                // All but the two ends stand for a pair of frequencies.
                let sides = if k == 0 || k == half { 1.0 } else { 2.0 };
                *d += sides * norm * (re[k] * re[k] + im[k] * im[k]);
            }
            n += 1.0;
        }
        density.iter_mut().for_each(|d| *d /= n);
        let frequencies = (0..=half).map(|k| k as f64 * rate / segment as f64).collect();
        Ok(Self { frequencies, density })
    }

    /// The frequency (Hz) of the highest density at or above `from` (Hz); `None` when there is none.
    #[must_use]
    pub fn peak(&self, from: f64) -> Option<f64> {
        let above = self
            .frequencies
            .iter()
            .zip(&self.density)
            .filter(|(f, d)| **f >= from && d.is_finite());
        above.max_by(|a, b| a.1.total_cmp(b.1)).map(|(f, _)| *f)
    }
}

/// Discrete Fourier transform in place, `X_k = sum_n x_n exp(-2 pi i k n / N)`, for `N` a power of two (Cooley and
/// Tukey 1965).
fn fft(re: &mut [f64], im: &mut [f64]) {
    let n = re.len();
    let bits = n.trailing_zeros();
    if bits == 0 {
        return;
    }
    for i in 0..n {
        let j = i.reverse_bits() >> (usize::BITS - bits);
        if i < j {
            re.swap(i, j);
            im.swap(i, j);
        }
    }
    let mut half = 1;
    while half < n {
        for k in 0..half {
            let (sin, cos) = (-PI * k as f64 / half as f64).sin_cos();
            for i in (k..n).step_by(2 * half) {
                let j = i + half;
                let (a, b) = (re[j] * cos - im[j] * sin, re[j] * sin + im[j] * cos);
                (re[j], im[j]) = (re[i] - a, im[i] - b);
                (re[i], im[i]) = (re[i] + a, im[i] + b);
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transform_is_the_sum_it_stands_for() {
        let x: Vec<f64> = (0..16).map(|i| f64::from(i * i % 7)).collect();
        let (mut re, mut im) = (x.clone(), vec![0.0; 16]);
        fft(&mut re, &mut im);
        for k in 0..16 {
            let angle = |n: usize| -2.0 * PI * (k * n) as f64 / 16.0;
            let sum = |f: fn(f64) -> f64| (0..16).map(|n| x[n] * f(angle(n))).sum::<f64>();
            assert!((re[k] - sum(f64::cos)).abs() < 1e-12 && (im[k] - sum(f64::sin)).abs() < 1e-12);
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

    #[test]
    fn impossible_segments_are_refused() {
        assert!(matches!(
            PowerSpectrum::welch(&[0.0; 8], 1.0, 6),
            Err(AnalysisError::Parameter { .. })
        ));
        assert!(matches!(PowerSpectrum::welch(&[0.0; 8], 1.0, 16), Err(AnalysisError::Bin { .. })));
        assert!(PowerSpectrum::welch(&[1.0; 8], 1.0, 8).unwrap().density.iter().all(|d| *d == 0.0));
    }
}
