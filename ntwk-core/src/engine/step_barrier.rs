//! The barrier of workers at the end of each step, where ranks exchange spikes.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::engine::exchange::SpikeExchange;
use crate::engine::rank_exchange::RankExchange;

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
///
/// Where several ranks compute, the workers meet at the end of each *round* of steps only, and their ranks exchange its spikes.
pub(crate) struct StepBarrier<'e> {
    barrier: SpinBarrier,
    /// First step in which a worker failed; `u32::MAX` while none has.
    failed_step: AtomicU32,
    ranks: Option<&'e Mutex<RankExchange>>,
}

impl<'e> StepBarrier<'e> {
    pub(crate) fn new(workers: usize, ranks: Option<&'e Mutex<RankExchange>>) -> Self {
        let barrier = SpinBarrier {
            parties: workers,
            arrived: AtomicUsize::new(0),
            generation: AtomicUsize::new(0),
        };
        Self { barrier, failed_step: AtomicU32::new(u32::MAX), ranks }
    }

    /// Says that a worker failed in `step`.
    pub(crate) fn fail(&self, step: u32) {
        self.failed_step.fetch_min(step, Ordering::AcqRel);
    }

    /// The worker `me` waits for all workers to end the steps `round`; the step after which all must stop, if they must.
    ///
    /// A failure in these steps was published before the barrier; one of a faster worker in
    /// the next ones has a larger number. So all stop after the same step.
    pub(crate) fn wait(
        &self,
        exchange: &SpikeExchange,
        me: usize,
        round: Range<u32>,
    ) -> Option<u32> {
        self.barrier.wait();
        if let Some(ranks) = self.ranks {
            if me == 0 {
                let mut ranks = ranks.lock().unwrap_or_else(PoisonError::into_inner);
                let failed = self.failed_step.load(Ordering::Acquire);
                self.fail(ranks.exchange(exchange, round.clone(), failed));
            }
            self.barrier.wait();
        }
        let failed = self.failed_step.load(Ordering::Acquire);
        (failed < round.end).then_some(failed)
    }
}
