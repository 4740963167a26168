//! Random numbers that the cells themselves need: noise, and spikes by chance.

use std::ops::Range;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rand_distr::{Distribution, StandardNormal};

/// Words of a stream that a step may use: a run of cells takes about two for each.
const WORDS_PER_STEP: u32 = 13;
/// Streams of a run of cells.
const MOST_KINDS: u64 = 256;

/// Where the random numbers of a run of cells come from: a stream that is set anew to a place of its own in each step, so
/// that it has no state.
#[derive(Debug, Clone)]
pub struct CellNoise {
    /// The cells, among those that are advanced together; at most [`BLOCK`](super::BLOCK).
    pub cells: Range<usize>,
    /// Stream of the population; its number is not used.
    pub stream: ChaCha8Rng,
    /// Number of the run.
    pub index: u64,
}

impl CellNoise {
    fn at(&self, step: u32, kind: u32) -> ChaCha8Rng {
        let mut rng = self.stream.clone();
        rng.set_stream(self.index * MOST_KINDS + u64::from(kind));
        rng.set_word_pos(u128::from(step) << WORDS_PER_STEP);
        rng
    }

    /// Standard normal variates of a step, one for each cell, of the kind with this number.
    pub fn normal(&self, step: u32, kind: u32, out: &mut [f64]) {
        let mut rng = self.at(step, kind);
        out[self.cells.clone()].iter_mut().for_each(|x| *x = StandardNormal.sample(&mut rng));
    }

    /// Uniform variates in [0, 1).
    pub fn uniform(&self, step: u32, kind: u32, out: &mut [f64]) {
        let mut rng = self.at(step, kind);
        let unit = 1.0 / (1u64 << 53) as f64;
        out[self.cells.clone()].iter_mut().for_each(|x| *x = (rng.next_u64() >> 11) as f64 * unit);
    }
}
