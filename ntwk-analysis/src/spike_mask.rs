//! Which samples of a trace belong to a spike.

/// Samples to leave out around each spike of a neuron, in steps.
///
/// For a spike in step `k` the samples of the steps `k - before ..= k + after` are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpikeMask {
    /// Steps left out before the spike's step.
    pub before: u64,
    /// Steps left out after the spike's step.
    pub after: u64,
}

impl SpikeMask {
    /// The spike and its refractory period: the sample of the crossing's own step `k`, taken at the start of that
    /// step on the upstroke, and the `t_ref_steps` samples after it, at which V_m is held at V_reset.
    #[must_use]
    pub fn refractory(t_ref_steps: u64) -> Self {
        Self { before: 0, after: t_ref_steps }
    }

    /// Which of `n_samples` samples, taken at the steps `first + r * every`, remain for the ascending `train`.
    ///
    /// `every` is 1 at least. For [`autocorrelation_with_gaps`](crate::autocorrelation_with_gaps) and the like.
    #[must_use]
    pub fn kept(&self, train: &[u64], first: u64, every: u64, n_samples: usize) -> Vec<bool> {
        let every = every.max(1);
        let mut kept = vec![true; n_samples];
        for &k in train {
            let last_masked = k.saturating_add(self.after);
            if last_masked < first {
                continue;
            }
            // Smallest r with first + r * every >= k - before, largest with first + r * every <= k + after.
            let low = k.saturating_sub(self.before).saturating_sub(first).div_ceil(every) as usize;
            let high = ((last_masked - first) / every) as usize;
            if low < n_samples && low <= high {
                kept[low..=high.min(n_samples - 1)].fill(false);
            }
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_in_the_interval_is_dropped_and_no_other() {
        let mask = SpikeMask { before: 1, after: 3 };
        for every in 1..5_u64 {
            for first in 0..6_u64 {
                let train = [0, 2, 11, 30];
                let kept = mask.kept(&train, first, every, 8);
                for (r, &k) in kept.iter().enumerate() {
                    let s = first + r as u64 * every;
                    let hit = train.iter().any(|&t| s + 1 >= t && s <= t + 3);
                    assert_eq!(k, !hit, "step {s}, every {every}, first {first}");
                }
            }
        }
    }

    #[test]
    fn no_sample_no_panic() {
        assert!(SpikeMask::refractory(u64::MAX).kept(&[u64::MAX], 0, 1, 0).is_empty());
        assert_eq!(SpikeMask::refractory(0).kept(&[u64::MAX], 0, 1, 2), [true, true]);
    }
}
