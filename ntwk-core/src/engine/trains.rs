//! Afferent populations whose neurons have a train each, and the spikes given for them.
//!
//! Every worker that needs a population draws its trains itself, from the same streams: that is
//! cheaper than telling each other.

use rand::Rng;

use crate::engine::drive::{BlockEvents, EventRate};
use crate::engine::random::{Purpose, stream, unit};
use crate::kernel::BLOCK;
use crate::model::Afferent;
use crate::spec::{AfferentActivity, EventStatistics, SpikeListSpec, Trains};

/// Spikes of an afferent population in the last steps, drawn or given.
#[derive(Debug, Clone)]
pub(crate) struct AfferentSpikes {
    size: u32,
    drawn: Option<Drawn>,
    /// Given spikes, by step and then neuron.
    given: Vec<(u32, u32)>,
    /// First given spike that has not been sent.
    next_given: usize,
    /// `[step % history]`: neurons that spike, ascending, several times if they do.
    slots: Vec<Vec<u32>>,
}

/// Trains drawn at a rate.
#[derive(Debug, Clone)]
struct Drawn {
    rate: EventRate,
    /// Independent trains, in blocks of neurons.
    blocks: Vec<BlockEvents>,
    /// Trains that share events.
    shared: Option<SharedEvents>,
}

/// A common process whose events each neuron copies with probability `correlation`.
#[derive(Debug, Clone)]
struct SharedEvents {
    correlation: f64,
    common: BlockEvents,
    copies: rand_chacha::ChaCha8Rng,
}

impl AfferentSpikes {
    /// The spikes of `afferent`, kept for `history` steps.
    pub(crate) fn new(afferent: &Afferent, dt: f64, seed: u64, history: u32) -> Self {
        let nothing = SpikeListSpec::default();
        let (drawn, given) = match &afferent.activity {
            AfferentActivity::Rate { trains: Trains::PerTarget, .. } => (None, &nothing),
            AfferentActivity::Rate {
                rate,
                statistics,
                trains: Trains::PerSource { correlation, spikes },
            } => {
                let name = &afferent.name;
                // The common process of correlated trains is faster, as only some copy it.
                let thinning = if *correlation > 0.0 { 1.0 / correlation } else { 1.0 };
                let block = |b: u64| BlockEvents::new(seed, Purpose::AfferentTrains, name, b);
                let drawn = Drawn {
                    rate: EventRate::new(rate, thinning, dt, 0, *statistics),
                    blocks: (0..u64::from(afferent.size.div_ceil(BLOCK as u32)))
                        .map(block)
                        .collect(),
                    shared: (*correlation > 0.0).then(|| SharedEvents {
                        correlation: *correlation,
                        common: block(u64::MAX - 1),
                        copies: stream(seed, Purpose::AfferentTrains, name, u64::MAX),
                    }),
                };
                (Some(drawn), spikes)
            }
            AfferentActivity::Spikes { spikes } => (None, spikes),
        };
        let mut given: Vec<(u32, u32)> = given
            .times
            .iter()
            .zip(&given.ids)
            .map(|(&t, &id)| ((t / dt).round().min(f64::from(u32::MAX)) as u32, id as u32))
            .collect();
        given.sort_unstable();
        Self {
            size: afferent.size,
            drawn,
            given,
            next_given: 0,
            slots: vec![Vec::new(); history.max(1) as usize],
        }
    }

    /// Takes a new rate (a change during the run), keeping the state of the trains.
    pub(crate) fn set_rate(&mut self, afferent: &Afferent, dt: f64) {
        if let (
            Some(drawn),
            AfferentActivity::Rate {
                rate,
                statistics,
                trains: Trains::PerSource { correlation, .. },
            },
        ) = (&mut self.drawn, &afferent.activity)
        {
            let thinning = if *correlation > 0.0 { 1.0 / correlation } else { 1.0 };
            drawn.rate = EventRate::new(rate, thinning, dt, 0, *statistics);
        }
    }

    /// Draws the spikes of `step`; steps must follow each other.
    pub(crate) fn advance(&mut self, step: u32) {
        let history = self.slots.len() as u32;
        let slot = &mut self.slots[(step % history) as usize];
        slot.clear();
        if let Some(drawn) = &mut self.drawn {
            let intensity = drawn.rate.intensity(step);
            match &mut drawn.shared {
                Some(shared) => shared.draw(intensity, self.size, slot),
                None => {
                    for (b, events) in drawn.blocks.iter_mut().enumerate() {
                        let first = b * BLOCK;
                        let n = BLOCK.min(self.size as usize - first);
                        let statistics = drawn.rate.statistics();
                        events.draw(statistics, intensity, n, |i, spikes| {
                            slot.extend((0..spikes).map(|_| (first + i) as u32));
                        });
                    }
                }
            }
        }
        while let Some(&(when, neuron)) = self.given.get(self.next_given) {
            if when > step {
                break;
            }
            if when == step {
                slot.push(neuron);
            }
            self.next_given += 1;
        }
        slot.sort_unstable();
    }

    /// Spikes of a step that is still kept.
    pub(crate) fn at(&self, step: u32) -> &[u32] {
        &self.slots[(step % self.slots.len() as u32) as usize]
    }

    /// What changes from step to step, before `step`; spikes are kept for `wait` steps.
    pub(crate) fn state(&self, step: u32, wait: u32) -> TrainState {
        let kept = step.saturating_sub(wait)..step;
        let drawn = self.drawn.as_ref();
        TrainState {
            blocks: drawn.map_or_else(Vec::new, |d| d.blocks.clone()),
            shared: drawn
                .and_then(|d| d.shared.as_ref())
                .map(|s| (s.common.clone(), s.copies.clone())),
            next_given: self.next_given,
            kept: kept.map(|past| self.at(past).to_vec()).collect(),
        }
    }

    /// Takes up a state of the same population; `false` when it is of another one.
    pub(crate) fn restore(&mut self, state: &TrainState, step: u32, wait: u32) -> bool {
        let kept = step.saturating_sub(wait)..step;
        let blocks = self.drawn.as_ref().map_or(0, |d| d.blocks.len());
        let shares = self.drawn.as_ref().is_some_and(|d| d.shared.is_some());
        if state.blocks.len() != blocks
            || state.shared.is_some() != shares
            || state.kept.len() != kept.len()
            || state.next_given > self.given.len()
        {
            return false;
        }
        if let Some(drawn) = &mut self.drawn {
            drawn.blocks.clone_from(&state.blocks);
            if let (Some(shared), Some((common, copies))) = (&mut drawn.shared, &state.shared) {
                shared.common = common.clone();
                shared.copies = copies.clone();
            }
        }
        self.next_given = state.next_given;
        let history = self.slots.len() as u32;
        for (past, spikes) in kept.zip(&state.kept) {
            self.slots[(past % history) as usize].clone_from(spikes);
        }
        true
    }
}

/// The state of [`AfferentSpikes`] between two steps.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct TrainState {
    blocks: Vec<BlockEvents>,
    shared: Option<(BlockEvents, rand_chacha::ChaCha8Rng)>,
    next_given: usize,
    /// Spikes of the last steps.
    kept: Vec<Vec<u32>>,
}

impl SharedEvents {
    /// The events of a step: each of the common ones is copied by some of `n` neurons.
    fn draw(&mut self, intensity: f64, n: u32, slot: &mut Vec<u32>) {
        let mut common = 0;
        self.common.draw(EventStatistics::Poisson, intensity, 1, |_, events| common += events);
        let log_failure = f64::ln_1p(-self.correlation);
        for _ in 0..common {
            let mut neuron = -1.0;
            loop {
                let u = 1.0 - unit(self.copies.next_u64());
                neuron += 1.0 + (u.ln() / log_failure).floor();
                if neuron >= f64::from(n) {
                    break;
                }
                slot.push(neuron as u32);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::waveform::Waveform;

    /// Spike counts `[window][neuron]` of 100 neurons at 50 Hz in windows of 20 ms.
    fn counts(correlation: f64) -> Vec<Vec<f64>> {
        let afferent = Afferent {
            name: "A".to_owned(),
            size: 100,
            activity: AfferentActivity::Rate {
                rate: Waveform::Constant(50.0),
                statistics: EventStatistics::Poisson,
                trains: Trains::PerSource { correlation, spikes: SpikeListSpec::default() },
            },
        };
        let mut spikes = AfferentSpikes::new(&afferent, 0.1, 4, 3);
        (0..2000u32)
            .map(|window| {
                let mut counts = vec![0.0; 100];
                for step in window * 200..(window + 1) * 200 {
                    spikes.advance(step);
                    spikes.at(step).iter().for_each(|&i| counts[i as usize] += 1.0);
                }
                counts
            })
            .collect()
    }

    #[test]
    fn rate_and_correlation_are_those_asked_for() {
        for correlation in [0.0, 0.3] {
            let counts = counts(correlation);
            let n = counts.len() as f64;
            let mean = |i: usize| counts.iter().map(|c| c[i]).sum::<f64>() / n;
            let covariance = |i: usize, j: usize| {
                counts.iter().map(|c| (c[i] - mean(i)) * (c[j] - mean(j))).sum::<f64>() / n
            };
            let rate = (0..100).map(mean).sum::<f64>() / 100.0;
            // Counts have mean 1; of correlated neurons the mean over all varies by
            // sqrt(0.3 / 2000) = 0.012.
            assert!((rate - 1.0).abs() < 0.05, "{rate}");
            let pairs: Vec<f64> = (0..99)
                .map(|i| {
                    covariance(i, i + 1) / (covariance(i, i) * covariance(i + 1, i + 1)).sqrt()
                })
                .collect();
            let found = pairs.iter().sum::<f64>() / pairs.len() as f64;
            // One coefficient has a standard error of 0.022, the mean of 99 dependent ones less.
            assert!((found - correlation).abs() < 0.02, "{found}");
        }
    }

    #[test]
    fn given_spikes_come_in_their_step() {
        let afferent = Afferent {
            name: "A".to_owned(),
            size: 3,
            activity: AfferentActivity::Spikes {
                spikes: SpikeListSpec { times: vec![0.3, 0.1, 0.3], ids: vec![2, 1, 0] },
            },
        };
        let mut spikes = AfferentSpikes::new(&afferent, 0.1, 4, 3);
        let all: Vec<Vec<u32>> = (0..4)
            .map(|step| {
                spikes.advance(step);
                spikes.at(step).to_vec()
            })
            .collect();
        assert_eq!(all, [vec![], vec![1], vec![], vec![0, 2]]);
    }
}
