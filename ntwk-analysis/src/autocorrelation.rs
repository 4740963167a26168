//! Autocorrelation of a sampled signal, and its time constant.

use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

/// Normalised autocorrelation at the lags `0 ..= max_lag` (samples, at most one below the length).
///
/// ```text
/// C_k = sum_t (x_t - m)(x_{t+k} - m) / sum_t (x_t - m)^2
/// ```
///
/// The sums run over the pairs that exist, without a correction for their number (the estimate that is never beyond
/// 1; `statsmodels.tsa.acf` with `adjusted=False`). `None` without variation.
#[must_use]
pub fn autocorrelation(values: &[f64], max_lag: usize) -> Option<Vec<f64>> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let d: Vec<f64> = values.iter().map(|v| v - mean).collect();
    let products = lagged_products(&d, max_lag)?;
    let zero = products[0];
    (zero.is_finite() && zero > 0.0).then(|| products.iter().map(|p| p / zero).collect())
}

/// Normalised autocorrelation of the samples that `kept` marks; the others (spikes, refractory periods) are gaps.
///
/// ```text
/// C_k = <(x_t - m)(x_{t+k} - m)> / <(x_t - m)^2>      means over the pairs of which both are kept
/// ```
///
/// The list ends before the first lag without a pair. `None` without variation. Extra entries of the longer array
/// are not used.
#[must_use]
pub fn autocorrelation_with_gaps(
    values: &[f64],
    kept: &[bool],
    max_lag: usize,
) -> Option<Vec<f64>> {
    let n_kept = kept.iter().take(values.len()).filter(|k| **k).count();
    let mean =
        values.iter().zip(kept).filter(|(_, k)| **k).map(|(v, _)| v).sum::<f64>() / n_kept as f64;
    // Gaps weigh nothing, whatever stands in them.
    let d: Vec<f64> =
        values.iter().zip(kept).map(|(v, &k)| if k { v - mean } else { 0.0 }).collect();
    let weights: Vec<f64> =
        values.iter().zip(kept).map(|(_, &k)| if k { 1.0 } else { 0.0 }).collect();
    let (sums, pairs) = (lagged_products(&d, max_lag)?, lagged_products(&weights, max_lag)?);
    // Numbers of pairs are whole; the transform gives them to its rounding.
    let mut means = sums
        .iter()
        .zip(pairs.iter().map(|n| n.round()))
        .map_while(|(sum, pairs)| (pairs > 0.0).then(|| sum / pairs));
    let zero = means.next()?;
    (zero.is_finite() && zero > 0.0).then(|| {
        let later = means.map(|mean| mean / zero);
        std::iter::once(1.0).chain(later).collect()
    })
}

/// `sum_t d_t d_{t+k}` at the lags `k = 0 ..= max_lag` (at most one below the length), by the transform of Fourier
/// (Wiener and Khinchin); `None` of nothing.
///
/// Zeros behind the samples keep the lags of the circle apart. The error of every sum is the rounding of that at lag 0.
fn lagged_products(d: &[f64], max_lag: usize) -> Option<Vec<f64>> {
    let lags = max_lag.min(d.len().checked_sub(1)?);
    let length = (d.len() + lags).next_power_of_two();
    let mut planner = RealFftPlanner::<f64>::new();
    let (forward, inverse) = (planner.plan_fft_forward(length), planner.plan_fft_inverse(length));
    let (mut signal, mut transform) = (forward.make_input_vec(), forward.make_output_vec());
    signal[..d.len()].copy_from_slice(d);
    forward.process(&mut signal, &mut transform).ok()?;
    for x in &mut transform {
        *x = Complex::new(x.norm_sqr() / length as f64, 0.0);
    }
    inverse.process(&mut transform, &mut signal).ok()?;
    signal.truncate(lags + 1);
    Some(signal)
}

/// Time constants of an autocorrelation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AutocorrelationTime {
    /// Integral of `C` from 0 to its first zero (or the last lag), by the trapezoidal rule (ms).
    pub integral: f64,
    /// `tau` of `exp(-t / tau)`, fitted to `ln C` through the origin over the lags from 1 up to the last before `C`
    /// first falls below 1/e (ms); `None` when that leaves no lag or no decay.
    pub fit: Option<f64>,
}

impl AutocorrelationTime {
    /// Time constants of a normalised autocorrelation with lags `interval` (ms) apart; `None` below two lags.
    ///
    /// For an exponential both are its time constant; they differ where it is not one.
    #[must_use]
    pub fn of(correlation: &[f64], interval: f64) -> Option<Self> {
        if correlation.len() < 2 {
            return None;
        }
        let mut integral = 0.0;
        for w in correlation.windows(2) {
            if w[1] <= 0.0 {
                // The line between the two lags meets zero after this share of the interval.
                integral += 0.5 * w[0] * w[0] / (w[0] - w[1]);
                break;
            }
            integral += 0.5 * (w[0] + w[1]);
        }
        let above = correlation[1..].iter().take_while(|c| **c >= (-1.0_f64).exp());
        let (squares, products) = above.enumerate().fold((0.0, 0.0), |(s, p), (i, c)| {
            let k = (i + 1) as f64;
            (s + k * k, p - k * c.ln())
        });
        let fit = (squares > 0.0 && products > 0.0).then(|| interval * squares / products);
        Some(Self { integral: integral * interval, fit })
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    #[test]
    fn an_exponential_gives_its_time_constant() {
        let tau = 12.0;
        let c: Vec<f64> = (0..4000).map(|k| (-f64::from(k) * 0.1 / tau).exp()).collect();
        let t = AutocorrelationTime::of(&c, 0.1).unwrap();
        assert_relative_eq!(t.fit.unwrap(), tau, max_relative = 1e-12);
        assert_relative_eq!(t.integral, tau, max_relative = 1e-5);
    }

    #[test]
    fn the_integral_ends_at_the_first_zero() {
        let t = AutocorrelationTime::of(&[1.0, 0.5, -0.5, 7.0], 2.0).unwrap();
        assert_relative_eq!(t.integral, 2.0 * (0.75 + 0.125));
    }

    #[test]
    fn gaps_are_not_seen() {
        let mut x: Vec<f64> = (0..200).map(|i| (f64::from(i) / 9.0).sin()).collect();
        let mut kept = vec![true; 200];
        for i in 50..60 {
            kept[i] = false;
            x[i] = 1e6;
        }
        let with = autocorrelation_with_gaps(&x, &kept, 30).unwrap();
        assert!(with.iter().all(|c| c.abs() < 1.1), "{with:?}");
        x[55] = f64::NAN;
        assert_eq!(autocorrelation_with_gaps(&x, &kept, 30).unwrap(), with);
    }

    /// The sums of the definition, term by term, with and without gaps.
    #[test]
    fn the_transform_gives_the_sums_of_the_definition() {
        let x: Vec<f64> =
            (0..777u32).map(|i| 40.0 + f64::from(i * i % 101) + f64::from(i) * 0.1).collect();
        let kept: Vec<bool> = (0..x.len()).map(|i| i % 17 > 2 && i != 400).collect();
        let expected = |kept: &[bool], adjusted: bool, lags: usize| -> Vec<f64> {
            let chosen: Vec<f64> =
                x.iter().zip(kept).filter(|(_, k)| **k).map(|(v, _)| *v).collect();
            let mean = chosen.iter().sum::<f64>() / chosen.len() as f64;
            let at = |k: usize| {
                let pairs = (0..x.len() - k).filter(|&t| kept[t] && kept[t + k]);
                let terms: Vec<f64> = pairs.map(|t| (x[t] - mean) * (x[t + k] - mean)).collect();
                terms.iter().sum::<f64>() / if adjusted { terms.len() as f64 } else { 1.0 }
            };
            (0..=lags).map(|k| at(k) / at(0)).collect()
        };
        let all = vec![true; x.len()];
        for lags in [0, 5, 300, 776] {
            let found = autocorrelation(&x, lags).unwrap();
            let sums = expected(&all, false, lags);
            assert_eq!(found.len(), sums.len());
            for (a, b) in found.iter().zip(&sums) {
                assert_relative_eq!(*a, *b, epsilon = 1e-14);
            }
        }
        let found = autocorrelation_with_gaps(&x, &kept, 700).unwrap();
        for (a, b) in found.iter().zip(&expected(&kept, true, 700)) {
            // Few pairs weigh the rounding of all.
            assert_relative_eq!(*a, *b, epsilon = 1e-12);
        }
        // Kept: two samples that are 3 apart, so that there is no pair at lag 1.
        let sparse =
            autocorrelation_with_gaps(&[1.0, 9.0, 9.0, 3.0], &[true, false, false, true], 3);
        assert_eq!(sparse.unwrap(), [1.0]);
    }

    #[test]
    fn nothing_varies() {
        assert_eq!(autocorrelation(&[], 5), None);
        assert_eq!(autocorrelation(&[2.0; 9], 5), None);
        assert_eq!(autocorrelation_with_gaps(&[1.0, 2.0], &[false, false], 5), None);
        assert_eq!(autocorrelation(&[1.0, -1.0], 99).unwrap(), [1.0, -0.5]);
        assert_eq!(AutocorrelationTime::of(&[1.0], 0.1), None);
    }
}
