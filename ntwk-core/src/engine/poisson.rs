//! Numbers of events in equal steps of a Poisson process with constant intensity, by table.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::engine::random::{below, unit};

/// Largest mean of one table; larger ones are a sum of several draws.
const LARGEST_MEAN: f64 = 500.0;
/// Entries of the guide: a uniform number falls into the part of the table it points to.
const GUIDE: usize = 64;

/// Random words made at a time: the index into them then stays in a register while events are drawn.
const WORDS: usize = 256;

/// The words of a stream, in its order.
#[derive(Debug, Clone)]
struct Words {
    rng: ChaCha8Rng,
    /// Little-endian, as the stream defines them.
    made: Box<[u8; 4 * WORDS]>,
    at: usize,
}

impl Words {
    fn new(rng: ChaCha8Rng) -> Self {
        Self { rng, made: Box::new([0; 4 * WORDS]), at: WORDS }
    }

    #[inline(never)]
    fn make(&mut self) {
        self.rng.fill_bytes(&mut self.made[..]);
        self.at = 0;
    }

    #[inline]
    fn next(&mut self) -> u32 {
        if self.at == WORDS {
            self.make();
        }
        let word = self.made.as_chunks().0[self.at];
        self.at += 1;
        u32::from_le_bytes(word)
    }

    /// The next two words as one number, the first in the low half.
    #[inline]
    fn next_pair(&mut self) -> u64 {
        let low = self.next();
        u64::from(low) | u64::from(self.next()) << 32
    }

    /// Calls `f` with each of the next `count` words.
    #[inline]
    fn each(&mut self, mut count: usize, mut f: impl FnMut(u32)) {
        while count > 0 {
            if self.at == WORDS {
                self.make();
            }
            let end = (self.at + count).min(WORDS);
            let words = &self.made.as_chunks().0[self.at..end];
            words.iter().for_each(|&word| f(u32::from_le_bytes(word)));
            count -= end - self.at;
            self.at = end;
        }
    }
}

/// Events that fall on `n` equal targets in each step, with a constant mean.
#[derive(Debug, Clone)]
pub(crate) struct PoissonTrain {
    words: Words,
    /// `P(count <= k)`, the last entry infinite.
    cumulative: Vec<f64>,
    /// Smallest count to consider where the uniform number lies in each `1 / GUIDE`.
    guide: [u32; GUIDE],
    /// Draws per step.
    parts: u32,
}

impl PoissonTrain {
    /// A train with `mean` events per step on all targets together; `None` without events, or for a mean that is no
    /// number or so large (1e9) that no simulation could follow it.
    pub(crate) fn new(mean: f64, rng: ChaCha8Rng) -> Option<Self> {
        if !(mean > 0.0 && mean < 1e9) {
            return None;
        }
        let parts = (mean / LARGEST_MEAN).ceil().max(1.0);
        let cumulative = cumulative(mean / parts);
        let mut guide = [0; GUIDE];
        for (g, entry) in guide.iter_mut().enumerate() {
            let from = g as f64 / GUIDE as f64;
            *entry = cumulative.partition_point(|&c| c <= from) as u32;
        }
        Some(Self { words: Words::new(rng), cumulative, guide, parts: parts as u32 })
    }

    /// Calls `event` with the index of the target (below `n`) for every event of a step.
    #[inline]
    pub(crate) fn draw(&mut self, n: usize, mut event: impl FnMut(usize)) {
        for _ in 0..self.parts {
            let u = unit(self.words.next_pair());
            let mut count = self.guide[(u * GUIDE as f64) as usize] as usize;
            while self.cumulative[count] <= u {
                count += 1;
            }
            self.words.each(count, |word| event(below(word, n as u32) as usize));
        }
    }
}

/// The cumulative distribution from 0 to where the rest is below the last bit of a uniform number.
///
/// Built from the mode outwards by `p(k + 1) = p(k) mean / (k + 1)`, so that nothing underflows, and normalised.
fn cumulative(mean: f64) -> Vec<f64> {
    let mode = mean.floor() as usize;
    let mut p = vec![0.0; mode + 1];
    p[mode] = 1.0;
    for k in (0..mode).rev() {
        p[k] = p[k + 1] * (k + 1) as f64 / mean;
    }
    while p[p.len() - 1] > 1e-18 {
        p.push(p[p.len() - 1] * mean / p.len() as f64);
    }
    let total: f64 = p.iter().sum();
    let mut sum = 0.0;
    p.iter_mut().for_each(|x| {
        sum += *x / total;
        *x = sum;
    });
    p.push(f64::INFINITY);
    p
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::{Purpose, stream};

    #[test]
    fn words_are_those_of_the_stream() {
        let rng = || stream(3, Purpose::AfferentEvents, "test", 1);
        let (mut words, mut expected) = (Words::new(rng()), rng());
        for count in [1, 0, 7, 254, 300, 2] {
            assert_eq!(words.next_pair(), expected.next_u64());
            words.each(count, |word| assert_eq!(word, expected.next_u32()));
        }
    }

    #[test]
    fn the_table_is_the_poisson_distribution() {
        for mean in [1e-6_f64, 0.3, 3.0, 47.5, 499.0] {
            let table = cumulative(mean);
            // e^-mean, and the mean from the table: sum_k (1 - P(count <= k)).
            assert!((table[0] / (-mean).exp() - 1.0).abs() < 1e-11, "{mean}");
            let found: f64 = table.iter().take_while(|c| c.is_finite()).map(|c| 1.0 - c).sum();
            assert!((found - mean).abs() < 1e-12 * (1.0 + mean * mean), "{mean}: {found}");
        }
    }

    #[test]
    fn draws_have_the_mean_and_variance_and_fall_on_all_targets() {
        for mean in [0.05, 6.0, 1800.0] {
            let rng = stream(3, Purpose::AfferentEvents, "test", 0);
            let mut train = PoissonTrain::new(mean, rng).unwrap();
            let steps = if mean > 100.0 { 2_000 } else { 100_000 };
            let (mut sum, mut squares, mut hits) = (0.0, 0.0, [0.0; 5]);
            for _ in 0..steps {
                let mut count = 0.0;
                train.draw(5, |i| {
                    count += 1.0;
                    hits[i] += 1.0;
                });
                sum += count;
                squares += count * count;
            }
            let n = f64::from(steps);
            let (m, v) = (sum / n, squares / n - (sum / n).powi(2));
            // Standard errors: sqrt(mean / n) of the mean, mean sqrt((2 + 1 / mean) / n) of the variance; four of each.
            assert!((m - mean).abs() < 4.0 * (mean / n).sqrt(), "{mean}: mean {m}");
            assert!((v - mean).abs() < 4.0 * mean * ((2.0 + 1.0 / mean) / n).sqrt(), "{mean}: {v}");
            for h in hits {
                assert!((h - sum / 5.0).abs() < 5.0 * (sum / 5.0).sqrt(), "{mean}: {hits:?}");
            }
        }
        let rng = || stream(3, Purpose::AfferentEvents, "test", 0);
        assert!(PoissonTrain::new(0.0, rng()).is_none());
        assert!(PoissonTrain::new(f64::NAN, rng()).is_none());
    }
}
