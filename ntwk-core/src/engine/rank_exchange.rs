//! The spikes that ranks tell each other at the end of a round of steps.

use std::ops::Range;
use std::sync::Arc;

use crate::engine::exchange::SpikeExchange;
use crate::ranks::Ranks;

/// Words of a block at first, beyond its header.
const FIRST_BLOCK: usize = 64;

/// One collective call per round: every rank gives a block of fixed length, the same on all ranks, with a header and as many of its
/// spikes as fit. Where some rank had more, a second call carries the rest, and later blocks are longer.
///
/// ```text
/// header: words in all, step of a failure (u32::MAX: none), spikes of each step of the round
/// ```
pub(crate) struct RankExchange {
    ranks: Arc<dyn Ranks>,
    /// Most steps of a round.
    steps: usize,
    /// Words of a block.
    block: usize,
    own: Vec<u32>,
    blocks: Vec<u32>,
    rest: Vec<u32>,
    lengths: Vec<usize>,
}

impl RankExchange {
    /// Between `ranks`, for rounds of up to `steps` steps.
    pub(crate) fn new(ranks: Arc<dyn Ranks>, steps: u32) -> Self {
        let steps = steps as usize;
        let block = 2 + steps + FIRST_BLOCK;
        let (own, blocks, rest, lengths) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { ranks, steps, block, own, blocks, rest, lengths }
    }

    /// Tells the others what the workers of this rank published in the steps `round`, and publishes here what theirs did;
    /// `failed` is the step in which a worker of this rank failed (`u32::MAX`: none), and of all ranks it is returned.
    pub(crate) fn exchange(
        &mut self,
        exchange: &SpikeExchange,
        round: Range<u32>,
        failed: u32,
    ) -> u32 {
        let header = 2 + self.steps;
        let Self { ranks, own, blocks, rest, lengths, .. } = self;
        own.clear();
        own.resize(header, 0);
        // After a failure all stop, and nobody looks at spikes.
        for (place, step) in round.clone().enumerate().filter(|_| failed == u32::MAX) {
            let before = own.len();
            exchange.each_own(step, |neurons| own.extend_from_slice(neurons));
            own[2 + place] = (own.len() - before) as u32;
        }
        (own[0], own[1]) = (own.len() as u32, failed);
        let words = own.len();
        own.resize(words.max(self.block), 0);
        lengths.clear();
        lengths.resize(ranks.ranks(), self.block);
        ranks.gather_all(&own[..self.block], lengths, blocks);

        let of_rank = |rank: usize| &blocks[rank * self.block..(rank + 1) * self.block];
        let greatest = (0..ranks.ranks()).map(|rank| of_rank(rank)[0] as usize).max().unwrap_or(0);
        let failed = (0..ranks.ranks()).map(|rank| of_rank(rank)[1]).min().unwrap_or(failed);
        let beyond = |rank: usize| (of_rank(rank)[0] as usize).saturating_sub(self.block);
        if greatest > self.block {
            lengths.iter_mut().enumerate().for_each(|(rank, length)| *length = beyond(rank));
            ranks.gather_all(&own[self.block.min(words)..words], lengths, rest);
        }
        if failed == u32::MAX {
            let mut rest = &rest[..];
            for rank in 0..ranks.ranks() {
                let block = of_rank(rank);
                let more = if greatest > self.block { beyond(rank) } else { 0 };
                let (further, others) = rest.split_at(more);
                rest = others;
                if rank == ranks.rank() {
                    continue;
                }
                let words = (block[0] as usize).min(self.block);
                let mut spikes = block[header..words].iter().chain(further).copied();
                for (place, step) in round.clone().enumerate() {
                    let number = block[2 + place] as usize;
                    exchange.publish_of_rank(rank, step, spikes.by_ref().take(number));
                }
            }
        }
        // The same on all ranks, as all know the greatest number of words.
        if greatest > self.block {
            self.block = greatest + greatest / 2;
        } else if greatest < self.block / 5 {
            self.block = (greatest + greatest / 10).max(header + FIRST_BLOCK);
        }
        failed
    }
}
