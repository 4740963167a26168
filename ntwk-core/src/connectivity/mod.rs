//! From connection rules to target lists.
//!
//! A worker owns a run of target neurons and builds, for each projection, the synapses onto them
//! in compressed rows: one row per source neuron and delay. Synapses are drawn in units with a
//! random stream each (a target neuron, a source neuron or a block of targets, as suits the rule),
//! so they are the same for any partition.

mod rules;

use std::ops::Range;

use crate::model::{Positions, Projection, Source};
use crate::random::{Purpose, stream};
use crate::spec::{ConnectionSpec, DelaySpec, Distribution, PlasticitySpec, SpaceSpec};

/// Longest drawn delay in steps; longer draws are drawn again.
const MAX_DRAWN_STEPS: f64 = 100_000.0;

/// Synapses of one projection onto a run of target neurons, by source and delay.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TargetLists {
    /// Shortest delay in steps.
    first_delay: u32,
    /// Number of delays, one step apart; rows of a source.
    delays: u32,
    /// `offsets[r]..offsets[r + 1]` are the synapses of row `r = source * delays + delay`.
    offsets: Vec<u32>,
    /// Target neurons, counted from the first of the run; ascending within a row.
    targets: Vec<u32>,
    /// Weight of each synapse where they differ (nS or pA, single precision).
    weights: Option<Vec<f32>>,
}

/// More synapses than the 32-bit index of one worker's projection can hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("projection {projection} has more than {limit} synapses for one thread; use more threads", limit = u32::MAX)]
pub struct TooManySynapses {
    /// Name of the projection.
    pub projection: String,
}

/// What the synapses of a projection are drawn from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wiring<'m> {
    pub projection: &'m Projection,
    pub source_size: u32,
    pub target_size: u32,
    /// Space of source and target, where the rule or the delay needs it.
    pub space: Option<SpaceSpec>,
    pub dt: f64,
    pub seed: u64,
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
        self.targets.len()
    }

    /// Whether there is no synapse.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Delays in steps, from the shortest to the longest.
    #[must_use]
    pub fn delays(&self) -> Range<u32> {
        self.first_delay..self.first_delay + self.delays
    }

    /// Targets of `source` at `delay` steps, counted from the first neuron of the run.
    #[inline]
    #[must_use]
    pub fn targets(&self, source: u32, delay: u32) -> &[u32] {
        &self.targets[self.row(source, delay)]
    }

    /// Indices of the synapses of `source` at `delay` steps.
    #[inline]
    pub(crate) fn row(&self, source: u32, delay: u32) -> Range<usize> {
        let row = source as usize * self.delays as usize + (delay - self.first_delay) as usize;
        self.offsets[row] as usize..self.offsets[row + 1] as usize
    }

    /// Target of every synapse, by index.
    #[inline]
    pub(crate) fn all_targets(&self) -> &[u32] {
        &self.targets
    }

    /// Weight of every synapse, by index, where they differ.
    #[inline]
    pub(crate) fn weights(&self) -> Option<&[f32]> {
        self.weights.as_deref()
    }

    /// Builds the synapses onto the target neurons `targets`.
    ///
    /// # Errors
    /// [`TooManySynapses`] beyond 2^32 synapses.
    pub(crate) fn build(wiring: &Wiring<'_>, targets: Range<u32>) -> Result<Self, TooManySynapses> {
        let drawn = wiring.draw(targets);
        if drawn.sources.len() >= u32::MAX as usize {
            return Err(TooManySynapses { projection: wiring.projection.name.clone() });
        }
        Ok(Self::from_drawn(&drawn, wiring))
    }

    /// Counting sort by source and delay; keeps the order of drawing within a row.
    fn from_drawn(drawn: &Drawn, wiring: &Wiring<'_>) -> Self {
        let first_delay =
            drawn.delays.iter().min().copied().unwrap_or(wiring.projection.delay_steps);
        let last_delay = drawn.delays.iter().max().copied().unwrap_or(first_delay);
        let delays = last_delay - first_delay + 1;
        let row_of = |i: usize| {
            let delay = drawn.delays.get(i).map_or(0, |d| d - first_delay);
            drawn.sources[i] as usize * delays as usize + delay as usize
        };
        let n = drawn.sources.len();
        let mut offsets = vec![0u32; wiring.source_size as usize * delays as usize + 1];
        for i in 0..n {
            offsets[row_of(i) + 1] += 1;
        }
        for row in 1..offsets.len() {
            offsets[row] += offsets[row - 1];
        }
        // The offsets serve as cursors and are shifted back afterwards.
        let mut targets = vec![0; n];
        let mut weights = (!drawn.weights.is_empty()).then(|| vec![0f32; n]);
        for i in 0..n {
            let cursor = &mut offsets[row_of(i)];
            let slot = *cursor as usize;
            *cursor += 1;
            targets[slot] = drawn.targets[i];
            if let Some(weights) = &mut weights {
                weights[slot] = drawn.weights[i];
            }
        }
        let last = offsets.len() - 1;
        offsets.copy_within(0..last, 1);
        offsets[0] = 0;
        Self { first_delay, delays, offsets, targets, weights }
    }
}

impl Wiring<'_> {
    /// Draws the synapses onto `range`.
    fn draw(&self, range: Range<u32>) -> Drawn {
        let projection = self.projection;
        let expected =
            (projection.in_degree * f64::from(range.end - range.start)).min(4e9) as usize;
        let mut drawn = Drawn {
            sources: Vec::with_capacity(expected + expected / 64 + 16),
            targets: Vec::with_capacity(expected + expected / 64 + 16),
            ..Drawn::default()
        };
        let mut pairs = Vec::new();
        for unit in self.units(&range) {
            pairs.clear();
            self.draw_unit(unit, &mut pairs);
            for &(source, target) in pairs.iter().filter(|pair| range.contains(&pair.1)) {
                drawn.sources.push(source);
                drawn.targets.push(target - range.start);
            }
            self.draw_properties(unit, &pairs, &range, &mut drawn);
        }
        drawn
    }

    /// Draws the weights and delays of the synapses of a unit, as far as they differ. Those onto
    /// other workers' neurons are drawn too, and dropped.
    fn draw_properties(
        &self,
        unit: u64,
        pairs: &[(u32, u32)],
        range: &Range<u32>,
        drawn: &mut Drawn,
    ) {
        let projection = self.projection;
        let name = &projection.name;
        let steps = |delay: f64| (delay / self.dt).round().min(MAX_DRAWN_STEPS) as u32;
        if let ConnectionSpec::Pairs { sources, targets } = &projection.connection {
            let mine = rules::written_order(sources, targets)
                .into_iter()
                .filter(|&i| range.contains(&(targets[i] as u32)));
            if let Distribution::Listed(weights) = &projection.weights {
                drawn.weights.extend(mine.clone().map(|i| weights[i] as f32));
            }
            if let DelaySpec::Drawn(Distribution::Listed(delays)) = &projection.delays {
                drawn.delays.extend(mine.map(|i| steps(delays[i])));
            }
        }
        if let Distribution::Drawn(_) = projection.weights {
            let mut rng = stream(self.seed, Purpose::Weights, name, unit);
            let positive = projection.weight >= 0.0;
            let ceiling = match projection.plasticity {
                Some(PlasticitySpec::Stdp { w_max, .. }) => w_max,
                _ => f64::INFINITY,
            };
            let allowed = |w: f64| if positive { (0.0..=ceiling).contains(&w) } else { w <= 0.0 };
            for (_, target) in pairs {
                let weight = projection.weights.draw_within(&mut rng, allowed) as f32;
                if range.contains(target) {
                    drawn.weights.push(weight);
                }
            }
        }
        match &projection.delays {
            DelaySpec::Drawn(Distribution::Constant(_) | Distribution::Listed(_)) => {}
            DelaySpec::Drawn(distribution) => {
                let mut rng = stream(self.seed, Purpose::Delays, name, unit);
                let allowed = |d: f64| d >= 0.0 && d / self.dt <= MAX_DRAWN_STEPS;
                for (_, target) in pairs {
                    let delay = distribution.draw_within(&mut rng, allowed);
                    if range.contains(target) {
                        drawn.delays.push(steps(delay));
                    }
                }
            }
            DelaySpec::Distance { base, velocity } => {
                let Some(space) = self.space else { return };
                let from = Positions::new(space, self.source_size);
                let to = Positions::new(space, self.target_size);
                for &(source, target) in pairs.iter().filter(|pair| range.contains(&pair.1)) {
                    // µm / (m/s) = 1e-3 ms.
                    let travel = from.distance(source, to.of(target)) * 1e-3 / velocity;
                    drawn.delays.push(steps(base + travel));
                }
            }
        }
    }

    /// Whether a neuron may not be its own source.
    fn excludes_autapses(&self, autapses: bool) -> bool {
        self.projection.source == Source::Population(self.projection.target) && !autapses
    }
}

#[cfg(test)]
mod tests;
