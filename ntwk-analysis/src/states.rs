//! Up and down states of a population, bursts of a neuron.

use crate::PopulationRate;

/// A stretch of time in which a rate stays on one side of a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State {
    /// Whether the rate is at or above the threshold.
    pub up: bool,
    /// Start of its first bin (ms).
    pub start: f64,
    /// End of its last bin (ms).
    pub end: f64,
}

/// Cuts a (smoothed) rate into up and down states: `up` where it is `>= threshold` (Hz).
///
/// First down states shorter than `least_down` (ms) are joined to the up states around them, then up states shorter
/// than `least_up` (ms) to the down states; states at the two ends of the rate, whose length is not known, are kept.
/// A rate that is not finite counts as below the threshold. Empty for a rate without bins.
#[must_use]
pub fn up_down_states(
    rate: &PopulationRate,
    threshold: f64,
    least_up: f64,
    least_down: f64,
) -> Vec<State> {
    let up: Vec<bool> = rate.values.iter().map(|&v| v >= threshold).collect();
    let mut runs: Vec<(bool, usize)> =
        up.chunk_by(|a, b| a == b).map(|c| (c[0], c.len())).collect();
    for (side, least) in [(false, least_down), (true, least_up)] {
        let last = runs.len().saturating_sub(1);
        for (i, run) in runs.iter_mut().enumerate() {
            if run.0 == side && i > 0 && i < last && (run.1 as f64) * rate.bin < least {
                run.0 = !side;
            }
        }
        runs = runs
            .chunk_by(|a, b| a.0 == b.0)
            .map(|c| (c[0].0, c.iter().map(|r| r.1).sum()))
            .collect();
    }
    let mut first = 0;
    let edge = |i: usize| rate.start + i as f64 * rate.bin;
    runs.into_iter()
        .map(|(up, n)| {
            first += n;
            State { up, start: edge(first - n), end: edge(first) }
        })
        .collect()
}

/// A group of spikes of one neuron in quick succession.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Burst {
    /// Step of its first spike.
    pub start: u64,
    /// Step of its last spike.
    pub end: u64,
    /// Number of its spikes.
    pub n_spikes: usize,
}

/// Bursts of an ascending train: runs of at least `least` spikes (2 or more) with intervals `<= max_interval` steps.
#[must_use]
pub fn bursts(train: &[u64], max_interval: u64, least: usize) -> Vec<Burst> {
    train
        .chunk_by(|a, b| b - a <= max_interval)
        .filter(|c| c.len() >= least.max(2))
        .map(|c| Burst { start: c[0], end: c[c.len() - 1], n_spikes: c.len() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(values: &[f64]) -> PopulationRate {
        PopulationRate { start: 100.0, bin: 10.0, values: values.to_vec() }
    }

    #[test]
    fn short_states_are_joined_to_their_neighbours() {
        let r = rate(&[0.0, 0.0, 5.0, 5.0, 0.0, 5.0, 0.0, 0.0, 9.0, 0.0, 0.0]);
        let plain = up_down_states(&r, 1.0, 0.0, 0.0);
        assert_eq!(plain.len(), 7);
        let joined = up_down_states(&r, 1.0, 20.0, 20.0);
        let expected = [(false, 100.0, 120.0), (true, 120.0, 160.0), (false, 160.0, 210.0)];
        assert_eq!(joined.iter().map(|s| (s.up, s.start, s.end)).collect::<Vec<_>>(), expected);
        assert!(up_down_states(&rate(&[]), 1.0, 0.0, 0.0).is_empty());
    }

    #[test]
    fn bursts_are_runs_of_short_intervals() {
        let train = [0, 2, 4, 50, 90, 91, 200];
        let found = bursts(&train, 2, 2);
        assert_eq!(
            found.iter().map(|b| (b.start, b.end, b.n_spikes)).collect::<Vec<_>>(),
            [(0, 4, 3), (90, 91, 2)]
        );
        assert_eq!(bursts(&train, 2, 3).len(), 1);
        assert!(bursts(&[], 2, 0).is_empty() && bursts(&[5], 9, 0).is_empty());
    }
}
