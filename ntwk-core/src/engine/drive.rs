//! Afferent events: what a run of target neurons receives in a step.

use pulp::Arch;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rand_distr::{Exp1, Poisson};
use serde::{Deserialize, Serialize};

use crate::engine::poisson_table::PoissonTable;
use crate::engine::random::{Purpose, below, stream};
use crate::spec::EventStatistics;
use crate::spec::waveform::Waveform;

/// Expected events of a block in a step from which on their number is drawn at once.
const MANY_EVENTS: f64 = 24.0;

/// Expected events of a neuron in a step from which on the number of each neuron is drawn: the time of a step is bounded then,
/// whatever the rate.
const MANY_EVENTS_PER_NEURON: f64 = 64.0;

/// Expected events of a neuron in a step from which on they come from a [`PoissonTable`], where their rate is constant: one random
/// byte per neuron decides most of them, and a number per event costs more.
const DENSE_EVENTS: f64 = 0.8;

/// Expected events per neuron and step of a rate-driven afferent projection.
#[derive(Debug, Clone)]
pub(crate) struct EventRate {
    waveform: Waveform,
    constant: Option<f64>,
    /// `in-degree * release probability * dt`, with dt in seconds.
    factor: f64,
    dt: f64,
    delay_steps: u32,
    statistics: EventStatistics,
}

impl EventRate {
    pub(crate) fn new(
        waveform: &Waveform,
        synapses: f64,
        dt: f64,
        delay_steps: u32,
        statistics: EventStatistics,
    ) -> Self {
        Self {
            constant: waveform.constant(),
            waveform: waveform.clone(),
            factor: synapses * dt * 1e-3,
            dt,
            delay_steps,
            statistics,
        }
    }

    /// Intensity of one neuron in `step`: the expected number of events for Poisson statistics,
    /// `-ln(1 - p)` for at most one event with probability `p`. Events of rate `r(t)` arrive
    /// `delay_steps` later.
    pub(crate) fn intensity(&self, step: u32) -> f64 {
        let Some(sent) = step.checked_sub(self.delay_steps) else {
            return 0.0;
        };
        let rate = match self.constant {
            Some(rate) => rate,
            None => self.waveform.at(f64::from(sent) * self.dt),
        };
        let expected = rate * self.factor;
        match self.statistics {
            EventStatistics::Poisson => expected,
            // Beyond p = 1 the neuron receives an event in every step; e^-40 is never drawn.
            EventStatistics::AtMostOnePerStep => -f64::ln_1p(-expected.min(1.0)).max(-40.0),
        }
    }

    /// Whether the events in which each neuron has `intensity` come from a table: a matter of the drive alone, so that the same
    /// numbers are drawn whoever owns the neurons.
    pub(crate) fn is_dense(&self, intensity: f64) -> bool {
        self.statistics == EventStatistics::Poisson
            && self.constant.is_some()
            && (DENSE_EVENTS..PoissonTable::GREATEST_MEAN).contains(&intensity)
    }

    pub(crate) fn statistics(&self) -> EventStatistics {
        self.statistics
    }
}

/// The event stream of one afferent projection onto one block of neurons.
///
/// Between events the process accumulates intensity; an exponential variate says how much is left
/// until the next one. Nothing is drawn in a step without an event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BlockEvents {
    rng: ChaCha8Rng,
    /// Intensity left until the next event.
    remaining: f64,
}

impl BlockEvents {
    /// The stream of entity `name` for block `block`: of a projection onto its target population,
    /// or of an afferent population.
    pub(crate) fn new(seed: u64, purpose: Purpose, name: &str, block: u64) -> Self {
        let mut rng = stream(seed, purpose, name, block);
        let remaining = rng.sample(Exp1);
        Self { rng, remaining }
    }

    /// Adds `weight` times the numbers of events of a step to the sums of the neurons, the numbers from a table.
    pub(crate) fn add_dense(
        &mut self,
        arch: Arch,
        table: &PoissonTable,
        weight: f64,
        sums: &mut [f64],
    ) {
        table.add(arch, &mut self.rng, weight, sums);
    }

    /// Calls `event` with neurons and numbers of events as [`add_dense`](Self::add_dense) draws them.
    pub(crate) fn draw_dense(
        &mut self,
        table: &PoissonTable,
        n: usize,
        event: impl FnMut(usize, u64),
    ) {
        table.draw(&mut self.rng, n, event);
    }

    /// Calls `event` with the index of a neuron and a number of events onto it until all events of a step are told, in which
    /// each of `n` neurons has `intensity`. The number is 1 but where a step holds very many.
    #[inline]
    pub(crate) fn draw(
        &mut self,
        statistics: EventStatistics,
        intensity: f64,
        n: usize,
        mut event: impl FnMut(usize, u64),
    ) {
        match statistics {
            // The events of n neurons are one Poisson process of n times the intensity, each
            // event falling on one of them with equal probability. Where a step holds many, their
            // number is drawn; else the gaps between them. Steps of a Poisson process are
            // independent, so the two may alternate.
            EventStatistics::Poisson if intensity >= MANY_EVENTS_PER_NEURON => {
                let Ok(distribution) = Poisson::new(intensity) else { return };
                (0..n).for_each(|i| event(i, self.rng.sample(distribution) as u64));
            }
            EventStatistics::Poisson if intensity * n as f64 >= MANY_EVENTS => {
                let count = Poisson::new(intensity * n as f64)
                    .map_or(0.0, |distribution| self.rng.sample(distribution));
                for _ in 0..count as u64 {
                    event(below(self.rng.next_u32(), n as u32) as usize, 1);
                }
            }
            EventStatistics::Poisson => {
                self.remaining -= intensity * n as f64;
                while self.remaining <= 0.0 {
                    event(below(self.rng.next_u32(), n as u32) as usize, 1);
                    self.remaining += self.rng.sample::<f64, _>(Exp1);
                }
            }
            // One Bernoulli trial per neuron: the exponential variate says how many fail first.
            EventStatistics::AtMostOnePerStep => {
                if intensity <= 0.0 {
                    return;
                }
                let mut next = 0;
                loop {
                    let failures = (self.remaining / intensity).floor();
                    if failures >= (n - next) as f64 {
                        self.remaining -= (n - next) as f64 * intensity;
                        return;
                    }
                    next += failures as usize;
                    event(next, 1);
                    self.remaining = self.rng.sample(Exp1);
                    next += 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(statistics: EventStatistics, expected: f64, steps: usize) -> (f64, f64, f64) {
        let rate = EventRate::new(&Waveform::Constant(expected * 1e4), 1.0, 0.1, 0, statistics);
        let mut events = BlockEvents::new(7, Purpose::AfferentEvents, "test", 0);
        let (mut sum, mut squares, mut most) = (0.0, 0.0, 0.0f64);
        let n = 100;
        for step in 0..steps {
            let mut g = vec![0.0; n];
            events.draw(statistics, rate.intensity(step as u32), n, |i, k| g[i] += k as f64);
            sum += g.iter().sum::<f64>();
            squares += g.iter().map(|x| x * x).sum::<f64>();
            most = g.iter().fold(most, |a, &b| a.max(b));
        }
        let total = (steps * n) as f64;
        let mean = sum / total;
        (mean, squares / total - mean * mean, most)
    }

    #[test]
    fn poisson_events_have_mean_and_variance_of_the_intensity() {
        for expected in [0.01, 0.08, 1.6, 70.0] {
            let (mean, variance, most) = counts(EventStatistics::Poisson, expected, 20_000);
            // 2e6 samples: relative standard error 1/sqrt(2e6 * expected) <= 0.7 %; four of them.
            let tolerance = 4.0 / (2e6 * expected).sqrt();
            assert!((mean / expected - 1.0).abs() < tolerance, "{expected}: mean {mean}");
            // The variance of the sample variance of Poisson numbers is (mean + 2 mean²) / n.
            let tolerance = 4.0 * ((1.0 / expected + 2.0) / 2e6).sqrt();
            assert!(
                (variance / expected - 1.0).abs() < tolerance,
                "{expected}: variance {variance}"
            );
            assert!(most >= 2.0, "several events in a step must happen");
        }
    }

    #[test]
    fn at_most_one_per_step_is_bernoulli() {
        for p in [0.01, 0.08, 0.5] {
            let (mean, variance, most) = counts(EventStatistics::AtMostOnePerStep, p, 20_000);
            let tolerance = 4.0 / (2e6 * p).sqrt();
            assert!((mean / p - 1.0).abs() < tolerance, "{p}: mean {mean}");
            assert!(
                (variance / (p * (1.0 - p)) - 1.0).abs() < 2.0 * tolerance,
                "{p}: variance {variance}"
            );
            assert_eq!(most, 1.0);
        }
        let (mean, ..) = counts(EventStatistics::AtMostOnePerStep, 3.0, 50);
        assert_eq!(mean, 1.0, "saturates at one event per step");
    }

    #[test]
    fn a_delay_shifts_the_rate() {
        let rate = EventRate::new(&Waveform::Constant(10.0), 1.0, 0.1, 5, EventStatistics::Poisson);
        assert_eq!(rate.intensity(4), 0.0);
        assert!((rate.intensity(5) - 1e-3).abs() < 1e-15);
    }
}
