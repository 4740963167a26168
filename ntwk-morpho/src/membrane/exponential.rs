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
/// x = n ln 2 + r with |r| <= ln 2 / 2, times 2^n. e^r is 1 + r + r²/2 + r³ P(r), where P of degree 8 is the polynomial of
/// Chebyshev's nodes on that interval: 3e-17 from e^r.
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
    let a = r2.mul_add(r.mul_add(0.166_666_666_666_666_66, 0.5), 1.0 + r);
    let b = r2.mul_add(
        r.mul_add(1.984_126_985_433_861e-4, 1.388_888_890_588_154_2e-3),
        r.mul_add(8.333_333_333_332_155e-3, 4.166_666_666_665_136e-2),
    );
    let c = r2.mul_add(
        r.mul_add(2.509_555_467_711_111_2e-8, 2.761_380_686_153_829e-7),
        r.mul_add(2.755_728_006_701_698e-6, 2.480_153_638_869_076_6e-5),
    );
    let p = r4.mul_add(r4.mul_add(c, b), a);
    let power = shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(1023) << 52;
    p * f64::from_bits(power)
}

/// 1 − e^{−z} for 0 <= z < 1/2 to 2 ulp: z (1 − z Q(z)) with Q of degree 8 as in [`exp`].
#[inline(always)]
fn small_relaxation(z: f64) -> f64 {
    let z2 = z * z;
    let z4 = z2 * z2;
    let a = z2.mul_add(
        z.mul_add(-8.333_333_222_923_142e-3, 4.166_666_666_130_313_5e-2),
        z.mul_add(-0.166_666_666_666_566_24, 0.499_999_999_999_999_67),
    );
    let b = z2.mul_add(
        z.mul_add(-2.709_945_051_891_176e-6, 2.477_884_944_072_777e-5),
        z.mul_add(-1.984_060_675_003_360_6e-4, 1.388_887_748_573_712_5e-3),
    );
    let q = z4.mul_add(z4.mul_add(2.249_225_630_829_272e-7, b), a);
    (-z * z).mul_add(q, z)
}

/// 1 − e^{−z} in every lane, how far a gate goes in z = dt/τ: for 0 <= z < 1/2 to 2 ulp, elsewhere as `1.0 - exp(-z)`.
///
/// The value of a lane does not depend on the others; but where all are small, as with most steps and gates, the exponential
/// is left out.
#[inline(always)]
#[must_use]
pub fn relaxation<const L: usize>(z: &[f64; L]) -> [f64; L] {
    let mut out = [0.0; L];
    let mut all = true;
    for l in 0..L {
        out[l] = small_relaxation(z[l]);
        all &= (z[l] >= 0.0) & (z[l] < 0.5);
    }
    if all {
        return out;
    }
    for l in 0..L {
        let general = 1.0 - exp(-z[l]);
        let small = (z[l] >= 0.0) & (z[l] < 0.5);
        out[l] = if small { out[l] } else { general };
    }
    out
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
    fn relaxation_is_right_on_both_sides_of_its_switch() {
        let mut worst = 0.0f64;
        for k in 0..200_000 {
            let z = f64::from(k) * 5e-6;
            // Beside a small lane and beside a large one: the same bits.
            let alone = relaxation(&[z, 0.1])[0];
            assert_eq!(alone, relaxation(&[z, 30.0])[0]);
            if k > 0 {
                worst = worst.max((alone / -(-z).exp_m1() - 1.0).abs());
            }
        }
        assert!(worst < 5e-16, "{worst:e}");
        assert_eq!(relaxation(&[0.0, 1e9, 1e-300]), [0.0, 1.0, 1e-300]);
        assert!(relaxation(&[f64::NAN, 0.1])[0].is_nan());
        assert!((relaxation(&[-1.0])[0] - (1.0 - 1.0f64.exp())).abs() < 1e-15);
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
