//! The synapses onto each target of a projection, for spikes of targets that act on them.

use crate::engine::connectivity::TargetLists;
use crate::job::{Interrupted, Job, pieces};

/// A synapse onto a target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Incoming {
    /// Its number in the target lists.
    pub synapse: u32,
    pub source: u32,
}

/// Synapses by target, in the order of their sources.
#[derive(Debug, Clone, Default)]
pub(crate) struct SynapsesByTarget {
    /// `incoming[starts[t]..starts[t + 1]]` are the synapses onto target `t`.
    starts: Vec<u32>,
    incoming: Vec<Incoming>,
}

impl SynapsesByTarget {
    /// Of lists whose synapses have one delay, so that a place is a target.
    ///
    /// # Errors
    /// When the job is interrupted.
    pub(crate) fn new(
        lists: &TargetLists,
        sources: u32,
        targets: usize,
        job: &Job<'_>,
    ) -> Result<Self, Interrupted> {
        let mut starts = vec![0u32; targets + 1];
        for piece in pieces(lists.len()) {
            job.check()?;
            piece.for_each(|synapse| starts[lists.place_of(synapse) as usize + 1] += 1);
        }
        for t in 0..targets {
            starts[t + 1] += starts[t];
        }
        let mut next = starts.clone();
        let mut incoming = vec![Incoming { synapse: 0, source: 0 }; lists.len()];
        for source in 0..sources {
            job.check()?;
            for synapse in lists.row(source) {
                let slot = &mut next[lists.place_of(synapse) as usize];
                incoming[*slot as usize] = Incoming { synapse: synapse as u32, source };
                *slot += 1;
            }
        }
        Ok(Self { starts, incoming })
    }

    /// Number of synapses onto each target.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        self.starts.windows(2).map(|ends| ends[1] - ends[0]).collect()
    }

    /// The synapses, target after target: an order that does not depend on which targets lie together.
    pub(crate) fn synapses(&self) -> impl Iterator<Item = usize> {
        self.incoming.iter().map(|incoming| incoming.synapse as usize)
    }

    /// Where the synapses onto these targets begin among those onto more, of which there are `numbers`; the first of these targets
    /// is `first` there. `None` when the numbers are others.
    pub(crate) fn place_among(&self, numbers: &[u32], first: u32) -> Option<usize> {
        let (before, from) = numbers.split_at_checked(first as usize)?;
        let own = from.get(..self.starts.len() - 1)?;
        let fits = self.starts.windows(2).zip(own).all(|(ends, n)| ends[1] - ends[0] == *n);
        fits.then(|| before.iter().map(|&n| n as usize).sum())
    }

    /// The synapses onto a target.
    pub(crate) fn onto(&self, target: usize) -> &[Incoming] {
        &self.incoming[self.starts[target] as usize..self.starts[target + 1] as usize]
    }
}
