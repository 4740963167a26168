//! Which worker owns which neurons.

use std::ops::Range;

use crate::job::Job;
use crate::model::{Model, Population, Source};
use crate::spec::AfferentActivity;

/// Work of one step (µs) that a further thread must take over to be worth the wait of all at the end of the step.
const WORTH_A_THREAD: f64 = 60.0;

/// Estimated work of one step on one thread (µs): 4 ns per point neuron, 3 ns per event of a synapse, populations firing at 5 Hz.
fn work_per_step(model: &Model) -> f64 {
    let of_cells = |p: &Population| f64::from(p.size) * f64::from(p.cell.work());
    let neurons: f64 = model.populations().iter().map(of_cells).sum();
    let events = model.projections().iter().map(|projection| {
        let rate = match projection.source {
            Source::Population(_) => 5.0,
            Source::Afferent(index) => match &model.afferents()[index].activity {
                AfferentActivity::Rate { rate, .. } => rate.at(0.5 * model.t_stop()),
                AfferentActivity::Spikes { .. } => 5.0,
            },
        };
        let synapses = projection.synapses(model.populations()[projection.target].size);
        synapses * rate * model.dt() * 1e-3
    });
    1e-3 * (4.0 * neurons + 3.0 * events.sum::<f64>())
}

/// Number of threads of a run: those that the job asks for, else as many as the work of a step is worth and the machine has.
///
/// Neurons that nothing couples need no waiting, and take all threads of the machine.
#[must_use]
pub fn threads_for(model: &Model, job: &Job<'_>) -> usize {
    job.requested_threads().unwrap_or_else(|| {
        let coupled = model.projections().iter().any(|p| matches!(p.source, Source::Population(_)));
        let worth = if coupled { work_per_step(model) / WORTH_A_THREAD } else { f64::INFINITY };
        (worth as usize).clamp(1, job.thread_count())
    })
}

/// A worker's share: runs of (population, neurons), in order.
pub(crate) type Share = Vec<(usize, Range<u32>)>;

/// Cuts the blocks of all populations, in order, into runs of about equal work.
pub(super) fn partition(model: &Model, threads: usize) -> Vec<Share> {
    let blocks: Vec<(usize, Range<u32>)> = model
        .populations()
        .iter()
        .enumerate()
        .flat_map(|(p, population)| {
            let (size, block) = (population.size, population.cell.block() as u32);
            (0..size.div_ceil(block)).map(move |b| (p, b * block..((b + 1) * block).min(size)))
        })
        .collect();
    let work = |(population, range): &(usize, Range<u32>)| {
        let cell = &model.populations()[*population].cell;
        u64::from(range.end - range.start) * u64::from(cell.work())
    };
    let total: u64 = blocks.iter().map(work).sum();
    let workers = threads.clamp(1, blocks.len().max(1));
    let mut shares: Vec<Share> = vec![Vec::new(); workers];
    let mut done = 0u64;
    for (i, block @ (population, range)) in blocks.iter().enumerate() {
        // The worker in whose span the block's middle falls; at least one block is left for each
        // of the workers that follow, and each gets at least one.
        let middle = done + work(block) / 2;
        let wanted = (middle * workers as u64 / total.max(1)) as usize;
        let latest = workers - 1;
        let earliest = (i + workers).saturating_sub(blocks.len());
        let worker = wanted.clamp(earliest, latest).min(i);
        done += work(block);
        match shares[worker].last_mut() {
            Some((p, run)) if p == population && run.end == range.start => run.end = range.end,
            _ => shares[worker].push((*population, range.clone())),
        }
    }
    shares
}
