//! A response that follows with a delay and two lags, fitted to what was measured at several frequencies.

use std::f64::consts::TAU;

use nalgebra::{Complex, Matrix4, Vector4};

/// Steps of the fit.
const STEPS: usize = 100;
/// Lags and delays (ms) that the fit starts from.
const STARTS: [[f64; 2]; 4] = [[3.0, 1.0], [8.0, 1.0], [8.0, 4.0], [15.0, 1.0]];

/// The response `g exp(-i omega d) / ((1 + i omega a) (1 + i omega b))`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LaggedGain {
    /// Gain `g` at frequency 0.
    pub gain: f64,
    /// Delay `d` (ms).
    pub delay: f64,
    /// Lags `a` and `b` (ms).
    pub lags: [f64; 2],
    /// Covariance of the four.
    covariance: Matrix4<f64>,
}

impl LaggedGain {
    /// No response.
    #[must_use]
    pub fn none() -> Self {
        Self { gain: 0.0, delay: 0.0, lags: [0.0; 2], covariance: Matrix4::zeros() }
    }

    /// The one nearest to `values` at `frequencies` (Hz), with errors by how far it is from them.
    #[must_use]
    pub fn fitted(frequencies: &[f64], values: &[Complex<f64>]) -> Self {
        let slow = values.iter().take(3).map(|z| z.re).sum::<f64>() / 3.0;
        let fits = STARTS.iter().map(|&[lag, delay]| {
            descended(frequencies, values, Vector4::new(slow, delay, lag, 3.0))
        });
        let best = fits.min_by(|a, b| a.1.total_cmp(&b.1));
        let Some((p, rest, square)) = best else { return Self::none() };
        let freedom = (2.0 * values.len() as f64 - 4.0).max(1.0);
        let inverse = (square + Matrix4::identity() * 1e-9).try_inverse();
        let covariance =
            inverse.map_or_else(|| Matrix4::from_element(f64::INFINITY), |c| c * (rest / freedom));
        Self { gain: p[0], delay: p[1], lags: [p[2], p[3]], covariance }
    }

    /// The response at a frequency (Hz).
    #[must_use]
    pub fn at(&self, frequency: f64) -> Complex<f64> {
        let [a, b] = self.lags;
        response(&Vector4::new(self.gain, self.delay, a, b), frequency).0
    }

    /// Standard error of its size at a frequency (Hz).
    #[must_use]
    pub fn error(&self, frequency: f64) -> f64 {
        let [a, b] = self.lags;
        let (_, slopes) = response(&Vector4::new(self.gain, self.delay, a, b), frequency);
        let mut sum = 0.0;
        for (i, x) in slopes.iter().enumerate() {
            for (j, y) in slopes.iter().enumerate() {
                sum += self.covariance[(i, j)] * (x.conj() * y).re;
            }
        }
        sum.max(0.0).sqrt()
    }
}

/// The response and its derivatives with respect to gain, delay and both lags.
fn response(p: &Vector4<f64>, frequency: f64) -> (Complex<f64>, [Complex<f64>; 4]) {
    let iw = Complex::new(0.0, 1e-3 * TAU * frequency);
    let [first, second] = [iw * p[2] + 1.0, iw * p[3] + 1.0];
    let unit = (-iw * p[1]).exp() / (first * second);
    let value = unit * p[0];
    (value, [unit, -iw * value, -iw / first * value, -iw / second * value])
}

/// The parameters that Levenberg's and Marquardt's steps lead to, the squares that are left, and the matrix of the last step.
fn descended(
    frequencies: &[f64],
    values: &[Complex<f64>],
    start: Vector4<f64>,
) -> (Vector4<f64>, f64, Matrix4<f64>) {
    let linear = |p: &Vector4<f64>| {
        let (mut rest, mut square, mut slope) = (0.0, Matrix4::zeros(), Vector4::zeros());
        for (&f, z) in frequencies.iter().zip(values) {
            let (value, slopes) = response(p, f);
            let lag = z - value;
            rest += lag.norm_sqr();
            for i in 0..4 {
                slope[i] += (slopes[i].conj() * lag).re;
                for j in 0..4 {
                    square[(i, j)] += (slopes[i].conj() * slopes[j]).re;
                }
            }
        }
        (rest, square, slope)
    };
    let mut p = start;
    let (mut rest, mut square, mut slope) = linear(&p);
    let mut damping = 1e-2;
    for _ in 0..STEPS {
        let mut damped = square;
        for k in 0..4 {
            damped[(k, k)] += damping * square[(k, k)] + 1e-12;
        }
        let Some(inverse) = damped.try_inverse() else { break };
        let mut next = p + inverse * slope;
        for k in 1..4 {
            next[k] = next[k].max(0.0);
        }
        let there = linear(&next);
        if there.0 < rest {
            p = next;
            (rest, square, slope) = there;
            damping *= 0.3;
        } else {
            damping *= 3.0;
            if damping > 1e9 {
                break;
            }
        }
    }
    (p, rest, square)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_found_again_and_its_errors_are_those_of_its_noise() {
        let exact = Vector4::new(-2.5, 1.5, 10.0, 4.0);
        let frequencies: Vec<f64> = (1..=16).map(|k| f64::from(k * k) * 0.5).collect();
        let values: Vec<Complex<f64>> =
            frequencies.iter().map(|f| response(&exact, *f).0).collect();
        let found = LaggedGain::fitted(&frequencies, &values);
        for f in [0.0, 3.0, 40.0, 200.0] {
            let difference = (found.at(f) - response(&exact, f).0).norm();
            assert!(difference < 1e-6, "{f} Hz: {difference} {found:?}");
            assert!(found.error(f) < 1e-5);
        }
        // Noise of 0.1 on real and imaginary part, the same for every test.
        let noise =
            |k: usize| 0.1 * std::f64::consts::SQRT_2 * (7.3 * k as f64 * k as f64 + 1.0).sin();
        let noisy: Vec<Complex<f64>> = values
            .iter()
            .enumerate()
            .map(|(k, z)| z + Complex::new(noise(2 * k), noise(2 * k + 1)))
            .collect();
        let found = LaggedGain::fitted(&frequencies, &noisy);
        let error = found.error(10.0);
        assert!((0.01..0.1).contains(&error), "{error}");
        assert!((found.at(10.0) - response(&exact, 10.0).0).norm() < 4.0 * error, "{found:?}");
    }
}
