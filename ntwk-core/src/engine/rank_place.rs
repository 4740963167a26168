//! Which rank this process is, and which workers of the network are its own.

use std::ops::Range;
use std::sync::Arc;

use crate::engine::connectivity::BuildError;
use crate::job::Job;
use crate::ranks::Ranks;

/// The place of this process among the ranks that compute a network.
#[derive(Clone)]
pub(crate) struct RankPlace {
    ranks: Option<Arc<dyn Ranks>>,
}

impl RankPlace {
    /// That of a job.
    pub(crate) fn of(job: &Job<'_>) -> Self {
        Self { ranks: job.ranks().cloned() }
    }

    /// The others, where there are some.
    pub(crate) fn others(&self) -> Option<&Arc<dyn Ranks>> {
        self.ranks.as_ref()
    }

    pub(crate) fn rank(&self) -> usize {
        self.ranks.as_ref().map_or(0, |ranks| ranks.rank())
    }

    pub(crate) fn ranks(&self) -> usize {
        self.ranks.as_ref().map_or(1, |ranks| ranks.ranks())
    }

    /// The threads of every rank: the most that one of them asks for.
    pub(crate) fn threads(&self, own: usize) -> usize {
        self.greatest(own as u64) as usize
    }

    /// Those of `workers` workers that rank `rank` owns.
    pub(crate) fn workers_of(&self, rank: usize, workers: usize) -> Range<usize> {
        let first = |rank: usize| rank * workers / self.ranks();
        first(rank)..first(rank + 1)
    }

    /// The greatest value over all ranks.
    pub(crate) fn greatest(&self, own: u64) -> u64 {
        let mut values = [own];
        if let Some(ranks) = &self.ranks {
            ranks.greatest(&mut values);
        }
        values[0]
    }

    /// The sum over all ranks.
    pub(crate) fn sum(&self, own: u64) -> u64 {
        self.ranks.as_ref().map_or(own, |ranks| ranks.sum(own))
    }

    /// The same on all ranks: what this one has built, unless another could not build its share.
    pub(crate) fn agree<T>(&self, built: Result<T, BuildError>) -> Result<T, BuildError> {
        let Some(ranks) = &self.ranks else { return built };
        let interrupted = matches!(&built, Err(error) if error.is_interruption());
        let mut values = [u64::from(built.is_err()), u64::from(interrupted)];
        ranks.greatest(&mut values);
        match (built, values) {
            (Ok(_), [_, 1]) => Err(crate::job::Interrupted.into()),
            (Ok(_), [1, _]) => Err(BuildError::OtherRank),
            (built, _) => built,
        }
    }
}
