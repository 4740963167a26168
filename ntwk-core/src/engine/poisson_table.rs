//! Poisson numbers by table, for drives with many events per neuron and step.

use pulp::{Arch, NullaryFnOnce};
use rand_chacha::rand_core::Rng;

use crate::kernel::BLOCK;

/// Random bytes that do not decide the number of events alone.
const UNDECIDED: u8 = u8::MAX;

/// A Poisson distribution as thresholds of 64 random bits, of which the first eight decide most draws.
///
/// With `t_k = 2^64 P(N <= k)`, the number of a random integer `x` below 2^64 is the least `k` with `x < t_k`. A table over the eight
/// leading bits of `x` holds that number where they decide it; else the other bits are drawn and looked up among the thresholds. So
/// each draw is exact to 2^-64 (and to the rounding of `t_k`).
#[derive(Debug, Clone)]
pub(crate) struct PoissonTable {
    mean: f64,
    thresholds: Vec<u64>,
    /// By the leading bits: a number, or [`UNDECIDED`].
    leading: [u8; 256],
    /// The same numbers; 0 where they do not decide.
    numbers: [f64; 256],
    /// Room for probabilities.
    probabilities: Vec<f64>,
}

impl PoissonTable {
    /// Greatest mean: all numbers that occur are below [`UNDECIDED`].
    pub(crate) const GREATEST_MEAN: f64 = 64.0;

    /// The table of one mean, at most [`GREATEST_MEAN`](Self::GREATEST_MEAN).
    pub(crate) fn new(mean: f64) -> Self {
        let mut table = Self {
            mean: f64::NAN,
            thresholds: Vec::new(),
            leading: [UNDECIDED; 256],
            numbers: [0.0; 256],
            probabilities: Vec::new(),
        };
        table.set_mean(mean);
        table
    }

    /// Makes it the table of another mean, where it is another.
    pub(crate) fn set_mean(&mut self, mean: f64) {
        if self.mean == mean {
            return;
        }
        self.mean = mean;
        let Self { thresholds, probabilities, leading, numbers, .. } = self;
        probabilities.clear();
        let mut p = libm::exp(-mean);
        let mut k = 0.0;
        // Beyond 2^-80 no draw of 64 bits falls.
        while k <= mean || p > 1e-24 {
            probabilities.push(p);
            k += 1.0;
            p *= mean / k;
        }
        // Sums from the nearer end, which keep the digits of small probabilities.
        const WHOLE: f64 = 18_446_744_073_709_551_616.0;
        thresholds.clear();
        thresholds.resize(probabilities.len(), u64::MAX);
        let mut above = 0.0;
        for (i, p) in probabilities.iter().enumerate().skip(1).rev() {
            above += p;
            thresholds[i - 1] = u64::MAX - (above * WHOLE) as u64;
        }
        let mut below = 0.0;
        for (threshold, p) in thresholds.iter_mut().zip(&*probabilities) {
            below += p;
            if below > 0.5 {
                break;
            }
            *threshold = (below * WHOLE) as u64;
        }
        let entries = leading.iter_mut().zip(numbers);
        for (first, (entry, value)) in (0u64..).zip(entries) {
            let least = number(thresholds, first << 56);
            let greatest = number(thresholds, first << 56 | (u64::MAX >> 8));
            *entry = if least == greatest { least } else { UNDECIDED };
            *value = if least == greatest { f64::from(least) } else { 0.0 };
        }
    }

    /// Draws a number for each of the neurons with sums `sums`, which gain `weight` times it.
    #[inline]
    pub(crate) fn add(&self, arch: Arch, rng: &mut impl Rng, weight: f64, sums: &mut [f64]) {
        let mut bytes = [0; BLOCK];
        let mut undecided = [0; BLOCK];
        for sums in sums.chunks_mut(BLOCK) {
            let bytes = &mut bytes[..sums.len()];
            rng.fill_bytes(bytes);
            let many = arch.dispatch(AddDecided {
                table: self,
                weight,
                bytes,
                sums,
                undecided: &mut undecided,
            });
            for &i in &undecided[..many] {
                let i = usize::from(i);
                sums[i] += weight * f64::from(self.undecided(bytes[i], rng));
            }
        }
    }

    /// Draws the same numbers for `n` neurons and calls `event` with the neuron and its number, if it is not 0.
    pub(crate) fn draw(&self, rng: &mut impl Rng, n: usize, mut event: impl FnMut(usize, u64)) {
        let mut bytes = [0; BLOCK];
        for start in (0..n).step_by(BLOCK) {
            let bytes = &mut bytes[..(n - start).min(BLOCK)];
            rng.fill_bytes(bytes);
            for (i, &byte) in bytes.iter().enumerate() {
                let k = match self.leading[usize::from(byte)] {
                    UNDECIDED => self.undecided(byte, rng),
                    k => k,
                };
                if k > 0 {
                    event(start + i, u64::from(k));
                }
            }
        }
    }

    /// The number of a neuron whose leading bits do not decide it.
    fn undecided(&self, byte: u8, rng: &mut impl Rng) -> u8 {
        number(&self.thresholds, u64::from(byte) << 56 | rng.next_u64() >> 8)
    }
}

/// Adds the numbers that leading bits decide, `s += w k`, and lists the neurons of the others.
struct AddDecided<'a> {
    table: &'a PoissonTable,
    weight: f64,
    bytes: &'a [u8],
    sums: &'a mut [f64],
    undecided: &'a mut [u16; BLOCK],
}

impl NullaryFnOnce for AddDecided<'_> {
    type Output = usize;

    #[inline(always)]
    fn call(self) -> usize {
        let Self { table, weight, bytes, sums, undecided } = self;
        let n = bytes.len().min(BLOCK);
        let (bytes, sums) = (&bytes[..n], &mut sums[..n]);
        for (sum, &byte) in sums.iter_mut().zip(bytes) {
            *sum += weight * table.numbers[usize::from(byte)];
        }
        let mut many = 0;
        for (i, &byte) in (0u16..).zip(bytes) {
            undecided[many] = i;
            // Never more than the neurons before this one.
            many = (many + usize::from(table.leading[usize::from(byte)] == UNDECIDED))
                .min(usize::from(i) + 1);
        }
        many
    }
}

/// The number of a random integer.
fn number(thresholds: &[u64], x: u64) -> u8 {
    let k = thresholds.partition_point(|&threshold| threshold <= x);
    k.min(thresholds.len() - 1) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::{Purpose, stream};

    fn probabilities(mean: f64) -> Vec<f64> {
        let mut all = vec![(-mean).exp()];
        for k in 1..200 {
            all.push(all[k - 1] * mean / k as f64);
        }
        all
    }

    /// The thresholds are the distribution function itself.
    #[test]
    fn thresholds_are_the_distribution_function() {
        for mean in [0.8, 1.6, 4.0, 20.0, 64.0] {
            let table = PoissonTable::new(mean);
            let mut sum = 0.0;
            for (p, &threshold) in probabilities(mean).iter().zip(&table.thresholds) {
                sum += p;
                assert!((threshold as f64 / 2f64.powi(64) - sum).abs() < 1e-14, "{mean}");
            }
            // The first number that is not among them is rarer than any draw shows.
            assert!(1.0 - sum < 1e-14 && table.thresholds.len() < usize::from(UNDECIDED));
            assert!(table.thresholds.windows(2).all(|pair| pair[0] <= pair[1]));
            for (byte, &k) in table.leading.iter().enumerate().filter(|entry| *entry.1 < UNDECIDED)
            {
                let x = (byte as u64) << 56;
                assert_eq!(
                    [number(&table.thresholds, x), number(&table.thresholds, x | 0xff)],
                    [k; 2]
                );
            }
        }
    }

    /// Mean, variance and every class of the distribution, over 2 million draws.
    #[test]
    fn draws_are_poisson() {
        let arch = Arch::new();
        for (index, mean) in [0.8, 1.6, 4.0, 20.0, 63.9].into_iter().enumerate() {
            let mut rng = stream(5, Purpose::AfferentEvents, "table", index as u64);
            let (n, steps) = (512, 4000);
            let table = PoissonTable::new(mean);
            let mut classes = vec![0.0; 200];
            let mut counts = vec![0.0; n];
            for _ in 0..steps {
                counts.fill(0.0);
                table.add(arch, &mut rng, 1.0, &mut counts);
                counts.iter().for_each(|&k| classes[k as usize] += 1.0);
            }
            let total = (n * steps) as f64;
            let moment = |f: &dyn Fn(f64) -> f64| {
                classes.iter().enumerate().map(|(k, c)| f(k as f64) * c).sum::<f64>() / total
            };
            let drawn = moment(&|k| k);
            assert!((drawn - mean).abs() < 4.0 * (mean / total).sqrt(), "{mean}: {drawn}");
            // The sample variance of Poisson numbers has the variance (mean + 2 mean²) / n.
            let variance = moment(&|k| (k - mean).powi(2));
            let error = ((mean + 2.0 * mean * mean) / total).sqrt();
            assert!((variance - mean).abs() < 4.0 * error, "{mean}: {variance}");
            // Pearson's chi-square over the classes with more than ten expected draws: its mean is their number less one, its
            // standard deviation the root of twice that.
            let expected = probabilities(mean).into_iter().map(|p| p * total);
            let used: Vec<(f64, f64)> =
                expected.zip(classes).filter(|(expected, _)| *expected > 10.0).collect();
            let chi: f64 = used.iter().map(|(e, c)| (c - e).powi(2) / e).sum();
            let freedom = used.len() as f64 - 1.0;
            assert!(
                (chi - freedom).abs() < 4.5 * (2.0 * freedom).sqrt(),
                "{mean}: {chi} of {freedom}"
            );
        }
    }

    /// Whether events are kept or not, they are the same.
    #[test]
    fn both_ways_draw_the_same_numbers() {
        for n in [1, 3, 511, 512, 1300] {
            let rng = stream(6, Purpose::AfferentEvents, "table", n as u64);
            let table = PoissonTable::new(2.3);
            let (mut one, mut other) = (rng.clone(), rng);
            for _ in 0..20 {
                let (mut sums, mut told) = (vec![0.0; n], vec![0.0; n]);
                table.add(Arch::new(), &mut one, 0.7, &mut sums);
                table.draw(&mut other, n, |i, k| told[i] += 0.7 * k as f64);
                assert_eq!(sums, told);
            }
        }
    }

    /// Neighbours in a step, and a neuron in two steps, have nothing to do with each other.
    #[test]
    fn draws_are_independent() {
        let mut rng = stream(6, Purpose::AfferentEvents, "table", 0);
        let (n, mean) = (512, 1.6);
        let table = PoissonTable::new(mean);
        let (mut before, mut beside, mut after, mut steps) = (vec![0.0; n], 0.0, 0.0, 0);
        for _ in 0..2000 {
            let mut now = vec![0.0; n];
            table.draw(&mut rng, n, |i, k| now[i] += k as f64);
            let off = |x: f64| x - mean;
            beside += now.windows(2).map(|pair| off(pair[0]) * off(pair[1])).sum::<f64>();
            after += now.iter().zip(&before).map(|(a, b)| off(*a) * off(*b)).sum::<f64>()
                * f64::from(u8::from(steps > 0));
            before = now;
            steps += 1;
        }
        let pairs = (n * steps) as f64;
        // Covariances of independent numbers have the standard error mean / sqrt(pairs).
        for covariance in [beside / pairs, after / pairs] {
            assert!(covariance.abs() < 4.0 * mean / pairs.sqrt(), "{covariance}");
        }
    }
}
