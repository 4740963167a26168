//! Elementary functions of the gates, branch-free so that loops over compartments vectorise.
//!
//! Products and sums are fused where that is written (`mul_add`), which is correctly rounded on every machine, so the bits do
//! not depend on machine or vector width. Inside a [`pulp::Arch::dispatch`] a fused operation is one instruction; elsewhere
//! it may be a slow library call, so loops belong inside.

/// Low bits of a sum with this number hold the other summand rounded to a whole number.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// ln 2 in two parts; the high one has 32 bits, so that its product with |n| <= 1024 is exact.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// e^x to 2 ulp for −708 <= x <= 709, clamped to that range outside it; NaN for NaN.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2, the Taylor series of e^r to r^13, times 2^n.
#[inline(always)]
#[must_use]
pub fn exp(x: f64) -> f64 {
    // Comparisons written so that NaN passes.
    let x = if x < -708.0 { -708.0 } else { x };
    let x = if x > 709.0 { 709.0 } else { x };
    let shifted = x.mul_add(std::f64::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = n.mul_add(-LN_2_LOW, n.mul_add(-LN_2_HIGH, x));
    let r2 = r * r;
    let r4 = r2 * r2;
    // Estrin's scheme: short chains of dependent operations.
    let a = r2.mul_add(r.mul_add(1.0 / 6.0, 1.0 / 2.0), 1.0 + r);
    let b = r2.mul_add(r.mul_add(1.0 / 5040.0, 1.0 / 720.0), r.mul_add(1.0 / 120.0, 1.0 / 24.0));
    let c = r2.mul_add(
        r.mul_add(1.0 / 39_916_800.0, 1.0 / 3_628_800.0),
        r.mul_add(1.0 / 362_880.0, 1.0 / 40_320.0),
    );
    let d = r.mul_add(1.0 / 6_227_020_800.0, 1.0 / 479_001_600.0);
    let p = r4.mul_add(r4.mul_add(r4.mul_add(d, c), b), a);
    let power = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(1023) << 52;
    p * f64::from_bits(power)
}

/// Φ(x) = x/(e^x − 1), 1 at x = 0, to 1e-14: every linoid rate A (V − θ)/(1 − e^{−(V−θ)/q}) is A q Φ(−(V−θ)/q).
#[inline(always)]
#[must_use]
pub fn linoid(x: f64) -> f64 {
    linoid_of(x, exp(x))
}

/// Φ(x) where e^x is known.
#[inline(always)]
#[must_use]
pub fn linoid_of(x: f64, exp_x: f64) -> f64 {
    let (denominator, series) = linoid_parts(x, exp_x);
    // The denominator is that of the quotient, or 1 where the series holds.
    if is_small(x) { series } else { x / denominator }
}

/// Φ(x) = x/denominator, or the series, where the denominator is 1: for callers that share one division.
#[inline(always)]
pub(crate) fn linoid_parts(x: f64, exp_x: f64) -> (f64, f64) {
    // Near zero the difference e^x − 1 cancels; the series' next term is below 1e-14 for |x| < 1/4.
    let x2 = x * x;
    let tail = x2.mul_add(-1.0 / 1_209_600.0, 1.0 / 30_240.0);
    let tail = x2.mul_add(x2.mul_add(tail, -1.0 / 720.0), 1.0 / 12.0);
    let series = x2.mul_add(tail, x.mul_add(-0.5, 1.0));
    (if is_small(x) { 1.0 } else { exp_x - 1.0 }, series)
}

/// Whether the series of Φ holds.
#[inline(always)]
pub(crate) fn is_small(x: f64) -> bool {
    x < 0.25 && x > -0.25
}

/// σ(x) = 1/(1 + e^{−x}).
#[inline(always)]
#[must_use]
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_right_to_two_ulp() {
        let mut worst = 0.0f64;
        for k in -70_800..70_900 {
            let x = f64::from(k) * 0.01 + 1e-4;
            worst = worst.max((exp(x) / x.exp() - 1.0).abs());
        }
        assert!(worst < 4.5e-16, "{worst:e}");
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f64::NAN).is_nan());
        assert!(exp(-1e9) > 0.0 && exp(1e9).is_finite());
    }

    #[test]
    fn linoid_is_continuous_through_its_singularity() {
        assert_eq!(linoid(0.0), 1.0);
        for k in -4000..4000 {
            let x = f64::from(k) * 0.01 + 1e-7;
            assert!((linoid(x) / (x / x.exp_m1()) - 1.0).abs() < 2e-14, "{x}");
        }
        // Both sides of the switch between series and quotient, and the derivative −1/2 at zero.
        assert!((linoid(0.25 - 1e-12) - linoid(0.25 + 1e-12)).abs() < 3e-12);
        assert!(((linoid(1e-4) - linoid(-1e-4)) / 2e-4 + 0.5).abs() < 1e-10);
        assert!((sigmoid(2.0) - 1.0 / (1.0 + (-2.0f64).exp())).abs() < 1e-15);
    }
}
