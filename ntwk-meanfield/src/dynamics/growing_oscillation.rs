//! Whether what a network makes of its own rates, once around, makes an oscillation grow.

use std::f64::consts::PI;

use nalgebra::{Complex, DMatrix};

/// A loop whose gain is above 1: an oscillation grows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GrowingOscillation {
    /// Frequency (Hz) at which the loop comes back in phase.
    pub frequency: f64,
    /// The gain there.
    pub gain: f64,
}

impl GrowingOscillation {
    /// The oscillation that grows where populations respond to each other as `curve` says: frequencies (Hz) from 0 to where nothing
    /// follows any more, close enough that the responses turn little from one to the next, with the matrices `W` there.
    ///
    /// Cells alone are stable, so that the zeros of `det(1 - W)` with a positive real part are as many as its half turns along
    /// the imaginary axis (Nyquist). With one, the frequency is that at which an eigenvalue of `W` crosses the real axis with the
    /// largest gain above 1.
    #[must_use]
    pub fn of(curve: &[(f64, DMatrix<Complex<f64>>)]) -> Option<Self> {
        let determinant = |w: &DMatrix<Complex<f64>>| -> Complex<f64> {
            (DMatrix::identity(w.nrows(), w.nrows()) - w).determinant()
        };
        let mut turned = 0.0;
        let mut here = determinant(&curve.first()?.1);
        for (_, w) in &curve[1..] {
            let there = determinant(w);
            turned += (there / here).arg();
            here = there;
        }
        // To the real axis, where it is at infinity.
        turned -= here.arg();
        if (-turned / PI).round() < 1.0 {
            return None;
        }
        let mut found: Option<Self> = None;
        let mut last: Option<(f64, Vec<Complex<f64>>)> = None;
        for (frequency, w) in curve {
            let Some(own) = w.clone().schur().eigenvalues() else { continue };
            let own: Vec<Complex<f64>> = own.iter().copied().collect();
            if let Some((before, old)) = &last {
                for z in &own {
                    // The one it was a step before.
                    let distance = |a: &Complex<f64>| (a - z).norm();
                    let near = old.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
                    let Some(from) = near.filter(|from| from.im * z.im < 0.0) else { continue };
                    let t = from.im / (from.im - z.im);
                    let gain = from.re + t * (z.re - from.re);
                    if gain > 1.0 && found.is_none_or(|f| gain > f.gain) {
                        found = Some(Self { frequency: before + t * (frequency - before), gain });
                    }
                }
            }
            last = Some((*frequency, own));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    /// Inhibition of itself with a delay of 5 ms and a lag of 10 ms comes back in phase where `omega d + atan(omega tau) = pi`, with
    /// the gain `g / sqrt(1 + (omega tau)²)`: an oscillation grows where that is above 1.
    #[test]
    fn delayed_inhibition_oscillates_where_its_gain_is_above_one() {
        let (d, tau) = (5.0, 10.0);
        let curve = |g: f64| -> Vec<(f64, DMatrix<Complex<f64>>)> {
            let at = |k: u32| {
                let f = 0.5 * f64::from(k);
                let iw = Complex::new(0.0, 1e-3 * TAU * f);
                let w = (-iw * d).exp() * -g / (iw * tau + 1.0);
                (f, DMatrix::from_element(1, 1, w))
            };
            (0..4000).map(at).collect()
        };
        let (mut low, mut high) = (0.0_f64, PI / d);
        for _ in 0..100 {
            let w = 0.5 * (low + high);
            if w * d + (w * tau).atan() < PI { low = w } else { high = w }
        }
        let size = (1.0 + (low * tau).powi(2)).sqrt();
        let found = GrowingOscillation::of(&curve(1.2 * size)).unwrap();
        assert!((found.frequency - 1e3 * low / TAU).abs() < 0.1, "{found:?}");
        assert!((found.gain - 1.2).abs() < 0.01, "{found:?}");
        assert_eq!(GrowingOscillation::of(&curve(0.9 * size)), None);
        // Excitation of itself above 1 grows without oscillating.
        assert_eq!(GrowingOscillation::of(&curve(-2.0)).filter(|o| o.frequency < 1.0), None);
    }
}
