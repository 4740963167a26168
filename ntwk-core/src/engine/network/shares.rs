//! The workers of one rank, and how often they must hear of spikes.

use rayon::prelude::*;

use super::WorkerState;
use super::delayed::DelayedInput;
use super::lower::Lowering;
use super::partition::Share;
use crate::engine::connectivity::BuildError;
use crate::job::Job;
use crate::model::{Model, Projection, Quantity, Source};
use crate::spec::{DelaySpec, Distribution, DistributionShape};

/// Steps of the longest round.
const LONGEST_ROUND: u32 = 128;

/// Steps after which ranks that compute `model` tell each other their spikes: one more than the shortest delay of a spike, at most
/// 128; every step where synaptic weights are recorded, or a delay is drawn from a distribution without a least value.
#[must_use]
pub fn steps_per_exchange(model: &Model) -> u32 {
    Lowering::new(model).round()
}

impl Lowering<'_> {
    /// Steps for which a spike must be kept: until it has reached its last target, except where its events are put into bins
    /// and it is not looked at again.
    pub(super) fn longest_wait(&self, workers: &[WorkerState]) -> u32 {
        let incoming = workers.iter().flat_map(|worker| worker.incoming.iter().enumerate());
        let waiting =
            incoming.filter(|(w, _)| !self.sends_later(*w)).filter_map(|(_, i)| i.as_ref());
        waiting.map(|i| i.lists.delays().end - 1).max().unwrap_or(0)
    }

    /// Steps for which ranks need not hear of each other's spikes: one more than the shortest delay that a spike may have. Where
    /// efficacies are sampled, which the spikes of the step before change, every step.
    pub(super) fn round(&self) -> u32 {
        let model = self.model;
        let populations = 0..model.populations().len();
        let sampled = populations.flat_map(|i| model.sampled(i));
        if sampled.into_iter().any(|s| matches!(s.quantity, Quantity::Weight { .. })) {
            return 1;
        }
        let at_once = |&w: &usize| match self.source(w) {
            Source::Population(_) => true,
            // Trains that every rank draws; what follows them at the time of sending is done for all sources together.
            Source::Afferent(_) => self.sends_later(w) || self.projection(w).plasticity.is_some(),
        };
        let shortest = |w: usize| {
            let projection = self.projection(w);
            let least = match &projection.delays {
                DelaySpec::Drawn(Distribution::Constant(_)) => return projection.delay_steps,
                DelaySpec::Drawn(Distribution::Drawn(DistributionShape::Uniform {
                    low, ..
                })) => *low,
                DelaySpec::Drawn(listed @ Distribution::Listed(_)) => listed.least(),
                // A normal or lognormal delay may be as short as one likes.
                DelaySpec::Drawn(_) => 0.0,
                DelaySpec::Distance { base, .. } => *base,
            };
            (least / model.dt()).round().max(0.0) as u32
        };
        let shortest = (0..self.wired.len()).filter(at_once).map(shortest).min().unwrap_or(0);
        shortest.min(LONGEST_ROUND - 1) + 1
    }

    /// Whether a worker with this share needs the spikes of afferent population `i`.
    pub(super) fn needs(&self, share: &Share, i: usize) -> bool {
        (0..self.wired.len()).any(|w| {
            let Projection { source, target, .. } = *self.projection(w);
            source == Source::Afferent(i) && share.iter().any(|run| run.0 == target)
        })
    }

    /// Builds the workers of a rank: one for each share, and one without neurons where there is none, to keep step with the others.
    pub(super) fn workers(
        &self,
        shares: &[Share],
        job: &Job<'_>,
    ) -> Result<Vec<WorkerState>, BuildError> {
        let build = |share| -> Result<WorkerState, BuildError> {
            let mut worker = self.worker(share, job)?;
            let WorkerState { parts, incoming, .. } = &worker;
            worker.delayed = DelayedInput::of_worker(self, parts, incoming, job)?;
            Ok(worker)
        };
        match shares {
            [] => Ok(vec![build(&Share::new())?]),
            [only] => Ok(vec![build(only)?]),
            // A pool of the asked-for size, gone when the network is built.
            _ => match rayon::ThreadPoolBuilder::new().num_threads(shares.len()).build() {
                Ok(pool) => pool.install(|| shares.par_iter().map(build).collect()),
                // No threads to be had: the same network, built by this one.
                Err(_) => shares.iter().map(build).collect(),
            },
        }
    }
}
