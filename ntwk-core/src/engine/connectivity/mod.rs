//! From connection rules to target lists.
//!
//! A worker owns a run of target neurons and builds, for each projection, the synapses onto them
//! in compressed rows: one row per source neuron, by delay. Synapses are drawn in units with a
//! random stream each (a target neuron, a source neuron or a block of targets, as suits the rule),
//! so they are the same for any partition.

mod counting_sort;
mod drawing;
mod error;
mod places;
mod rows;
mod rules;

use std::ops::Range;

use counting_sort::counting_sort;
pub use error::{BuildError, WiringTooLarge};
use places::Places;
pub(crate) use places::RowPlaces;
pub(crate) use rows::{RowBuilder, RowTargets, SynapseRows};

use crate::job::{Interrupted, Job};
use crate::model::Projection;
use crate::spec::SpaceSpec;

/// Longest drawn delay in steps; longer draws are drawn again.
const MAX_DRAWN_STEPS: f64 = 100_000.0;

/// Synapses of one projection onto a run of target neurons, by source and delay.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TargetLists {
    /// Shortest delay in steps.
    first_delay: u32,
    /// Number of delays, one step apart.
    delays: u32,
    /// Neurons of the run.
    len: u32,
    /// `offsets[i]..offsets[i + 1]` are the synapses of source `i`.
    offsets: Vec<u32>,
    /// Delay and target of each synapse in one number, `(delay - first_delay) * len + target` with targets counted from
    /// the first of the run: a place in a ring of steps, found without looking up the delay. Ascending for each source.
    places: Places,
    /// Weight of each synapse where they differ (nS or pA, single precision).
    weights: Option<Vec<f32>>,
}

/// What the synapses of a projection are drawn from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wiring<'m> {
    pub projection: &'m Projection,
    pub source_size: u32,
    pub target_size: u32,
    /// Spaces of source and target, where the rule or the delay needs them.
    pub spaces: Option<[SpaceSpec; 2]>,
    pub dt: f64,
    pub seed: u64,
    /// Looked at between pieces of work.
    pub job: &'m Job<'m>,
}

/// Synapses as they are drawn: parallel columns.
#[derive(Debug, Default)]
struct Drawn {
    sources: Vec<u32>,
    /// Counted from the first of the run.
    targets: Vec<u32>,
    /// Empty when all weights are equal.
    weights: Vec<f32>,
    /// In steps; empty when all delays are equal.
    delays: Vec<u32>,
}

impl TargetLists {
    /// Number of synapses.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is no synapse.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.len() == 0
    }

    /// Number of sources.
    pub(crate) fn sources(&self) -> u32 {
        self.offsets.len().saturating_sub(1) as u32
    }

    /// Delays in steps, from the shortest to the longest.
    #[must_use]
    pub fn delays(&self) -> Range<u32> {
        self.first_delay..self.first_delay + self.delays
    }

    /// Indices of all synapses of `source`.
    #[inline]
    pub(crate) fn row(&self, source: u32) -> Range<usize> {
        self.offsets[source as usize] as usize..self.offsets[source as usize + 1] as usize
    }

    /// Indices of the synapses of `source` at `delay` steps.
    #[inline]
    pub(crate) fn row_at(&self, source: u32, delay: u32) -> Range<usize> {
        let row = self.row(source);
        if self.delays == 1 {
            return row;
        }
        let from = self.place(delay);
        let (from, to) = (u64::from(from), u64::from(from) + u64::from(self.len));
        self.places.first_from(row.clone(), from)..self.places.first_from(row, to)
    }

    /// Number of targets.
    pub(crate) fn targets(&self) -> u32 {
        self.len
    }

    /// Place of the first target neuron at `delay` steps.
    #[inline]
    pub(crate) fn place(&self, delay: u32) -> u32 {
        (delay - self.first_delay) * self.len
    }

    /// Place of a synapse, by index.
    #[inline]
    pub(crate) fn place_of(&self, synapse: usize) -> u32 {
        self.places.get(synapse)
    }

    /// Places of the synapses `row`.
    #[inline]
    pub(crate) fn places(&self, row: Range<usize>) -> RowPlaces<'_> {
        self.places.row(row)
    }

    /// Delay in steps and target of the synapse at a place.
    #[inline]
    pub(crate) fn delay_and_target(&self, place: u32) -> (u32, u32) {
        (self.first_delay + place / self.len, place % self.len)
    }

    /// Weight of every synapse, by index, where they differ.
    #[inline]
    pub(crate) fn weights(&self) -> Option<&[f32]> {
        self.weights.as_deref()
    }

    /// Builds the synapses onto the target neurons `targets`.
    ///
    /// # Errors
    /// [`WiringTooLarge`] when synapses, or target neurons times delays, reach 2^32; [`Interrupted`].
    pub(crate) fn build(wiring: &Wiring<'_>, targets: Range<u32>) -> Result<Self, BuildError> {
        let len = targets.end - targets.start;
        let drawn = Drawn::of(wiring, targets)?;
        let projection = || wiring.projection.name.clone();
        if drawn.sources.len() >= u32::MAX as usize {
            return Err(WiringTooLarge::Synapses { projection: projection() }.into());
        }
        let first_delay =
            drawn.delays.iter().min().copied().unwrap_or(wiring.projection.delay_steps);
        let delays = drawn.delays.iter().max().map_or(1, |last| last - first_delay + 1);
        if len.checked_mul(delays).is_none() {
            let projection = projection();
            return Err(WiringTooLarge::Delays { projection, delays, targets: len }.into());
        }
        let sources = wiring.source_size;
        Ok(Self::from_drawn(&drawn, first_delay, delays, len, sources, wiring.job)?)
    }

    /// Counting sort by source, which keeps the order of drawing; where delays differ, each source's synapses are then
    /// sorted by delay, target and weight.
    fn from_drawn(
        drawn: &Drawn,
        first_delay: u32,
        delays: u32,
        len: u32,
        sources: u32,
        job: &Job<'_>,
    ) -> Result<Self, Interrupted> {
        let n = drawn.sources.len();
        // Those that are sorted have 32 bits: few, as static synapses of different delays lie in rows.
        let end = if drawn.delays.is_empty() { len } else { u32::MAX };
        let mut places = Places::zeros(n, end);
        let mut weights = (!drawn.weights.is_empty()).then(|| vec![0f32; n]);
        let offsets = counting_sort(sources, &drawn.sources, job, |i, synapse| {
            let ahead = drawn.delays.get(i).map_or(0, |delay| delay - first_delay);
            places.set(synapse, ahead * len + drawn.targets[i]);
            if let Some(weights) = &mut weights {
                weights[synapse] = drawn.weights[i];
            }
        })?;
        // By the projection, not by the delays that these targets happen to have: the order of the events onto a neuron must not
        // depend on which others share its worker.
        if let (false, Some(places)) = (drawn.delays.is_empty(), places.long_mut()) {
            sort_rows(&offsets, places, weights.as_deref_mut(), job)?;
        }
        Ok(Self { first_delay, delays, len, offsets, places, weights })
    }
}

/// Sorts each row by place, then by the bits of the weight: the same for any partition of the targets.
fn sort_rows(
    offsets: &[u32],
    places: &mut [u32],
    mut weights: Option<&mut [f32]>,
    job: &Job<'_>,
) -> Result<(), Interrupted> {
    let mut keys: Vec<u64> = Vec::new();
    for row in offsets.windows(2) {
        job.check()?;
        let row = row[0] as usize..row[1] as usize;
        let places = &mut places[row.clone()];
        let Some(weights) = weights.as_deref_mut().map(|weights| &mut weights[row]) else {
            places.sort_unstable();
            continue;
        };
        keys.clear();
        let synapses = places.iter().zip(weights.iter());
        keys.extend(synapses.map(|(&place, w)| u64::from(place) << 32 | u64::from(w.to_bits())));
        keys.sort_unstable();
        for ((place, w), key) in places.iter_mut().zip(weights).zip(&keys) {
            *place = (key >> 32) as u32;
            *w = f32::from_bits(*key as u32);
        }
    }
    Ok(())
}

impl Drawn {
    /// The synapses of `wiring` onto the run `range` of targets.
    fn of(wiring: &Wiring<'_>, range: Range<u32>) -> Result<Self, Interrupted> {
        let expected =
            (wiring.projection.in_degree * f64::from(range.end - range.start)).min(4e9) as usize;
        let room = expected + expected / 64 + 16;
        let mut drawn = Self {
            sources: Vec::with_capacity(room),
            targets: Vec::with_capacity(room),
            ..Self::default()
        };
        wiring.draw(range.clone(), |unit| {
            drawn.sources.extend(unit.pairs.iter().map(|pair| pair.0));
            drawn.targets.extend(unit.pairs.iter().map(|pair| pair.1 - range.start));
            drawn.weights.extend_from_slice(&unit.weights);
            drawn.delays.extend_from_slice(&unit.delays);
        })?;
        Ok(drawn)
    }
}

#[cfg(test)]
mod tests;
