//! The synapses of a projection as they are drawn, unit by unit.

use std::ops::Range;

use super::{MAX_DRAWN_STEPS, Wiring, rules};
use crate::engine::random::{Purpose, stream};
use crate::job::{Interrupted, PIECE};
use crate::model::{Positions, Source};
use crate::spec::{ConnectionSpec, DelaySpec, Distribution};

/// The synapses of one unit: parallel columns.
#[derive(Debug, Default)]
pub(super) struct DrawnUnit {
    /// (source, target), in the numbering of their populations; the targets ascend.
    pub pairs: Vec<(u32, u32)>,
    /// Empty when all weights are equal.
    pub weights: Vec<f32>,
    /// In steps; empty when all delays are equal.
    pub delays: Vec<u32>,
}

impl DrawnUnit {
    /// Keeps the synapses onto `range`.
    fn keep(&mut self, range: &Range<u32>) {
        let ends = [self.pairs.first(), self.pairs.last()];
        if ends.iter().flatten().all(|pair| range.contains(&pair.1)) {
            return;
        }
        let Self { pairs, weights, delays } = self;
        let mut kept = pairs.iter().map(|pair| range.contains(&pair.1));
        weights.retain(|_| kept.next().unwrap_or(false));
        let mut kept = pairs.iter().map(|pair| range.contains(&pair.1));
        delays.retain(|_| kept.next().unwrap_or(false));
        pairs.retain(|pair| range.contains(&pair.1));
    }
}

impl Wiring<'_> {
    /// Draws the synapses onto `range` and calls `take` with each unit of them, in order.
    pub(super) fn draw(
        &self,
        range: Range<u32>,
        mut take: impl FnMut(&DrawnUnit),
    ) -> Result<(), Interrupted> {
        let mut drawn = DrawnUnit::default();
        for unit in self.units(&range) {
            self.job.check()?;
            drawn.pairs.clear();
            self.draw_unit(unit, &mut drawn.pairs)?;
            self.draw_properties(unit, &mut drawn)?;
            // Those onto other workers' neurons are drawn too, and dropped.
            drawn.keep(&range);
            take(&drawn);
        }
        Ok(())
    }

    /// Draws the weights and delays of the synapses of a unit, as far as they differ.
    fn draw_properties(&self, unit: u64, drawn: &mut DrawnUnit) -> Result<(), Interrupted> {
        let DrawnUnit { pairs, weights, delays } = drawn;
        weights.clear();
        delays.clear();
        let projection = self.projection;
        let name = &projection.name;
        if let ConnectionSpec::Pairs { sources, targets } = &projection.connection {
            let order = rules::written_order(sources, targets, self.target_size, self.job)?;
            if let Distribution::Listed(listed) = &projection.weights {
                weights.extend(order.iter().map(|&i| listed[i] as f32));
            }
            if let DelaySpec::Drawn(Distribution::Listed(listed)) = &projection.delays {
                delays.extend(order.iter().map(|&i| self.steps(listed[i])));
            }
        }
        if let Distribution::Drawn(_) = projection.weights {
            let mut rng = stream(self.seed, Purpose::Weights, name, unit);
            let [least, greatest] = projection.weight_range();
            let allowed = |w: f64| (least..=greatest).contains(&w);
            for piece in pairs.chunks(PIECE) {
                self.job.check()?;
                let push = |w: f64| weights.push(w as f32);
                projection.weights.draw_many_within(&mut rng, piece.len(), allowed, push);
            }
        }
        match &projection.delays {
            DelaySpec::Drawn(Distribution::Constant(_) | Distribution::Listed(_)) => {}
            DelaySpec::Drawn(distribution) => {
                let mut rng = stream(self.seed, Purpose::Delays, name, unit);
                let allowed = |d: f64| d >= 0.0 && d / self.dt <= MAX_DRAWN_STEPS;
                for piece in pairs.chunks(PIECE) {
                    self.job.check()?;
                    let push = |d: f64| delays.push(self.steps(d));
                    distribution.draw_many_within(&mut rng, piece.len(), allowed, push);
                }
            }
            DelaySpec::Distance { base, velocity } => {
                let Some([source_space, target_space]) = self.spaces else { return Ok(()) };
                let from = Positions::new(source_space, self.source_size);
                let to = Positions::new(target_space, self.target_size);
                for piece in pairs.chunks(PIECE) {
                    self.job.check()?;
                    for &(source, target) in piece {
                        // µm / (m/s) = 1e-3 ms.
                        let travel = from.distance(source, to.of(target)) * 1e-3 / velocity;
                        delays.push(self.steps(base + travel));
                    }
                }
            }
        }
        Ok(())
    }

    /// A delay (ms, >= 0) in steps.
    #[inline]
    fn steps(&self, delay: f64) -> u32 {
        // As `round`, without the call: the part after the point is exact.
        let steps = (delay / self.dt).min(MAX_DRAWN_STEPS);
        let whole = steps as u32;
        whole + u32::from(steps - f64::from(whole) >= 0.5)
    }

    /// Whether a neuron may not be its own source.
    pub(super) fn excludes_autapses(&self, autapses: bool) -> bool {
        self.projection.source == Source::Population(self.projection.target) && !autapses
    }
}
