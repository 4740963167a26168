//! Which worker owns which neurons.

use std::ops::Range;

use crate::engine::drive::BLOCK;
use crate::model::Model;

/// A worker's share: runs of (population, neurons), in order.
pub(super) type Share = Vec<(usize, Range<u32>)>;

/// Cuts the blocks of all populations, in order, into runs of about equal numbers of neurons.
pub(super) fn partition(model: &Model, threads: usize) -> Vec<Share> {
    let blocks: Vec<(usize, Range<u32>)> = model
        .populations()
        .iter()
        .enumerate()
        .flat_map(|(p, population)| {
            let size = population.size;
            (0..size.div_ceil(BLOCK as u32))
                .map(move |b| (p, b * BLOCK as u32..((b + 1) * BLOCK as u32).min(size)))
        })
        .collect();
    let total: u64 = blocks.iter().map(|b| u64::from(b.1.end - b.1.start)).sum();
    let workers = threads.clamp(1, blocks.len().max(1));
    let mut shares: Vec<Share> = vec![Vec::new(); workers];
    let mut done = 0u64;
    for (i, (population, range)) in blocks.iter().enumerate() {
        // The worker in whose span the block's middle falls; at least one block is left for each
        // of the workers that follow, and each gets at least one.
        let middle = done + u64::from(range.end - range.start) / 2;
        let wanted = (middle * workers as u64 / total.max(1)) as usize;
        let latest = workers - 1;
        let earliest = (i + workers).saturating_sub(blocks.len());
        let worker = wanted.clamp(earliest, latest).min(i);
        done += u64::from(range.end - range.start);
        match shares[worker].last_mut() {
            Some((p, run)) if p == population && run.end == range.start => run.end = range.end,
            _ => shares[worker].push((*population, range.clone())),
        }
    }
    shares
}
