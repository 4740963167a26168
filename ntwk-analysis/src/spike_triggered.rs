//! The mean of a signal around the spikes of a neuron.

/// A spike-triggered average.
#[derive(Debug, Clone, PartialEq)]
pub struct SpikeTriggered {
    /// Number of samples before the spike's own: the index of lag 0 in `values`.
    pub before: usize,
    /// Mean of the signal at the lags `-before ..= after` (samples).
    pub values: Vec<f64>,
    /// Number of spikes averaged.
    pub n_spikes: usize,
}

impl SpikeTriggered {
    /// Averages `signal`, sampled every `every` steps from step 0 on, from `before` samples before to `after` samples
    /// after the spikes of `train` (steps).
    ///
    /// The spike belongs to the last sample at or before it. Only spikes around which all samples exist count.
    /// `None` when there is none, or `every` is 0.
    #[must_use]
    pub fn of(
        signal: &[f64],
        every: u64,
        train: &[u64],
        before: usize,
        after: usize,
    ) -> Option<Self> {
        let length = before.checked_add(after)?.checked_add(1)?;
        let mut values = vec![0.0; length.min(signal.len())];
        let mut n_spikes = 0;
        for &step in train {
            let around = usize::try_from(step.checked_div(every)?)
                .ok()
                .and_then(|i| i.checked_sub(before))
                .and_then(|from| signal.get(from..from.checked_add(length)?));
            if let Some(around) = around {
                values.iter_mut().zip(around).for_each(|(v, s)| *v += s);
                n_spikes += 1;
            }
        }
        values.iter_mut().for_each(|v| *v /= f64::from(n_spikes));
        (n_spikes > 0).then_some(Self { before, values, n_spikes: n_spikes as usize })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_around_complete_spikes() {
        let signal = [0.0, 1.0, 4.0, 9.0, 16.0, 25.0];
        let sta = SpikeTriggered::of(&signal, 2, &[0, 4, 7, 10], 1, 1).unwrap();
        // Steps 4 and 7 fall on the samples 2 and 3; those of 0 and 10 lack a neighbour.
        assert_eq!((sta.n_spikes, sta.values), (2, vec![2.5, 6.5, 12.5]));
        assert_eq!(SpikeTriggered::of(&signal, 2, &[0], 1, 1), None);
        assert_eq!(SpikeTriggered::of(&signal, 0, &[4], 1, 1), None);
        assert_eq!(SpikeTriggered::of(&[], 1, &[4], usize::MAX, 1), None);
    }
}
