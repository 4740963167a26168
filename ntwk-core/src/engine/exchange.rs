//! The spikes that workers publish for each other, and the barrier at the end of each step.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// Spikes of every worker in the last steps.
pub(crate) struct SpikeExchange {
    /// `[worker][step % history]`.
    slots: Vec<Vec<RwLock<StepSpikes>>>,
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
    /// Spikes of population `index`, as network-wide numbers.
    pub(crate) fn of(&self, index: usize) -> &[u32] {
        &self.neurons[self.starts[index] as usize..self.starts[index + 1] as usize]
    }
}

impl SpikeExchange {
    /// An exchange for populations whose first neurons (and the number of all) are `firsts`.
    pub(crate) fn new(workers: usize, history: u32, firsts: Vec<u32>) -> Self {
        let empty = StepSpikes { neurons: Vec::new(), starts: vec![0; firsts.len()] };
        let slots = (0..workers)
            .map(|_| (0..history).map(|_| RwLock::new(empty.clone())).collect())
            .collect();
        Self { slots, history, firsts }
    }

    fn slot(&self, worker: usize, step: u32) -> &RwLock<StepSpikes> {
        &self.slots[worker][(step % self.history) as usize]
    }

    /// Publishes the spikes of `worker` in `step` (network-wide numbers, ascending).
    pub(crate) fn publish(&self, worker: usize, step: u32, spikes: impl Iterator<Item = u32>) {
        let mut slot = self.slot(worker, step).write().unwrap_or_else(PoisonError::into_inner);
        let StepSpikes { neurons, starts } = &mut *slot;
        neurons.clear();
        neurons.extend(spikes);
        for (start, &first) in starts.iter_mut().zip(&self.firsts) {
            *start = neurons.partition_point(|&neuron| neuron < first) as u32;
        }
    }

    /// Reads the spikes of all workers in `step` into `published`, worker after worker.
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

    /// Spikes of all workers in the steps before `step` that are still kept: (step, neurons).
    pub(crate) fn kept(&self, step: u32) -> Vec<(u32, Vec<u32>)> {
        let mut published = Vec::new();
        (step.saturating_sub(self.history - 1)..step)
            .map(|past| {
                self.read(past, &mut published);
                (past, published.iter().flat_map(|slot| slot.neurons.iter().copied()).collect())
            })
            .collect()
    }

    /// Takes up kept spikes; `owners[w]` is the run of network-wide numbers of worker `w` that a
    /// population has there, worker after worker.
    pub(crate) fn restore(&self, kept: &[(u32, Vec<u32>)], owners: &[Vec<Range<u32>>]) {
        for (step, neurons) in kept {
            for (worker, runs) in owners.iter().enumerate() {
                let mine = |n: &u32| runs.iter().any(|run| run.contains(n));
                self.publish(worker, *step, neurons.iter().copied().filter(mine));
            }
        }
    }
}

/// A barrier that spins briefly before it yields: steps last microseconds.
struct SpinBarrier {
    parties: usize,
    arrived: AtomicUsize,
    generation: AtomicUsize,
}

impl SpinBarrier {
    fn wait(&self) {
        if self.parties == 1 {
            return;
        }
        let generation = self.generation.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.parties {
            self.arrived.store(0, Ordering::Relaxed);
            self.generation.fetch_add(1, Ordering::Release);
            return;
        }
        let mut spins = 0u32;
        while self.generation.load(Ordering::Acquire) == generation {
            spins += 1;
            if spins < 4096 {
                std::hint::spin_loop();
            } else {
                // More workers than free cores: let the others run.
                std::thread::yield_now();
            }
        }
    }
}

/// The barrier of the workers of one segment at the end of each step, and the step in which they stop.
pub(crate) struct StepBarrier {
    barrier: SpinBarrier,
    /// First step in which a worker failed; `u32::MAX` while none has.
    failed_step: AtomicU32,
}

impl StepBarrier {
    pub(crate) fn new(workers: usize) -> Self {
        let barrier = SpinBarrier {
            parties: workers,
            arrived: AtomicUsize::new(0),
            generation: AtomicUsize::new(0),
        };
        Self { barrier, failed_step: AtomicU32::new(u32::MAX) }
    }

    /// Says that a worker failed in `step`.
    pub(crate) fn fail(&self, step: u32) {
        self.failed_step.fetch_min(step, Ordering::AcqRel);
    }

    /// Waits for all workers to end `step`; whether all must stop now.
    ///
    /// A failure in this step was published before the barrier; one of a faster worker in
    /// the next step has a larger number. So all stop after the same step.
    pub(crate) fn wait(&self, step: u32) -> bool {
        self.barrier.wait();
        self.failed_step.load(Ordering::Acquire) <= step
    }
}
