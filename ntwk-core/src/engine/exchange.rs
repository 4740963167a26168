//! The spikes that workers publish for each other.

use std::ops::Range;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use crate::engine::rank_place::RankPlace;

/// Spikes of every worker in the last steps; of other ranks, of each rank as of one worker.
pub(crate) struct SpikeExchange {
    /// `[worker][step % history]`: of the ranks before this one, of its workers, of the ranks behind it.
    slots: Vec<Vec<RwLock<StepSpikes>>>,
    /// Which of them are those of this rank's workers.
    own: Range<usize>,
    history: u32,
    /// First neuron of every population, and the number of all.
    firsts: Vec<u32>,
}

/// Spikes of one worker in one step.
#[derive(Debug, Clone, Default)]
pub(crate) struct StepSpikes {
    /// Network-wide neuron numbers, ascending.
    neurons: Vec<u32>,
    /// Where each population begins in `neurons`, and its end.
    starts: Vec<u32>,
}

impl StepSpikes {
    /// Spikes of all populations.
    pub(crate) fn neurons(&self) -> &[u32] {
        &self.neurons
    }

    /// Spikes of population `index`, as network-wide numbers.
    pub(crate) fn of(&self, index: usize) -> &[u32] {
        &self.neurons[self.starts[index] as usize..self.starts[index + 1] as usize]
    }
}

impl SpikeExchange {
    /// An exchange between the workers of a rank, for populations whose first neurons (and the number of all) are `firsts`.
    pub(crate) fn new(place: &RankPlace, workers: usize, history: u32, firsts: Vec<u32>) -> Self {
        let empty = StepSpikes { neurons: Vec::new(), starts: vec![0; firsts.len()] };
        let slots = (0..place.ranks() - 1 + workers)
            .map(|_| (0..history).map(|_| RwLock::new(empty.clone())).collect())
            .collect();
        let own = place.rank()..place.rank() + workers;
        Self { slots, own, history, firsts }
    }

    fn slot(&self, slot: usize, step: u32) -> &RwLock<StepSpikes> {
        &self.slots[slot][(step % self.history) as usize]
    }

    /// Publishes the spikes of `worker` in `step` (network-wide numbers, ascending).
    pub(crate) fn publish(&self, worker: usize, step: u32, spikes: impl Iterator<Item = u32>) {
        self.put(self.own.start + worker, step, spikes);
    }

    /// Publishes the spikes of another rank.
    pub(crate) fn publish_of_rank(
        &self,
        rank: usize,
        step: u32,
        spikes: impl Iterator<Item = u32>,
    ) {
        let behind = rank > self.own.start;
        self.put(if behind { rank - 1 + self.own.len() } else { rank }, step, spikes);
    }

    /// Calls `f` with the spikes of each worker of this rank in `step`.
    pub(crate) fn each_own(&self, step: u32, mut f: impl FnMut(&[u32])) {
        for worker in self.own.clone() {
            f(self.slot(worker, step).read().unwrap_or_else(PoisonError::into_inner).neurons());
        }
    }

    fn put(&self, slot: usize, step: u32, spikes: impl Iterator<Item = u32>) {
        let mut slot = self.slot(slot, step).write().unwrap_or_else(PoisonError::into_inner);
        let StepSpikes { neurons, starts } = &mut *slot;
        neurons.clear();
        neurons.extend(spikes);
        for (start, &first) in starts.iter_mut().zip(&self.firsts) {
            *start = neurons.partition_point(|&neuron| neuron < first) as u32;
        }
    }

    /// Reads the spikes of all workers in `step` into `published`, worker after worker, by their neurons.
    pub(crate) fn read<'e>(
        &'e self,
        step: u32,
        published: &mut Vec<RwLockReadGuard<'e, StepSpikes>>,
    ) {
        published.clear();
        published.extend(
            (0..self.slots.len()).map(|worker| {
                self.slot(worker, step).read().unwrap_or_else(PoisonError::into_inner)
            }),
        );
    }

    /// Spikes of all workers in `steps` that are still kept: (step, neurons).
    pub(crate) fn kept(&self, steps: Range<u32>) -> Vec<(u32, Vec<u32>)> {
        let mut published = Vec::new();
        steps
            .map(|past| {
                self.read(past, &mut published);
                (past, published.iter().flat_map(|slot| slot.neurons.iter().copied()).collect())
            })
            .collect()
    }

    /// Takes up kept spikes, which are not told again: it does not matter whose they are, as their order stays.
    pub(crate) fn restore(&self, kept: &[(u32, Vec<u32>)]) {
        for (step, neurons) in kept {
            self.put(0, *step, neurons.iter().copied());
        }
    }
}
