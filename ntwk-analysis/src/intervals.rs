//! Inter-spike intervals and their variability.
//!
//! The measures are ratios of intervals, so they are computed on steps and carry no unit. With intervals
//! `I_1 ... I_n` of one train:
//!
//! ```text
//! CV  = sd(I) / mean(I)                                  sd with 1/n
//! CV2 = 1/(n-1) sum 2 |I_{i+1} - I_i| / (I_{i+1} + I_i)  Holt et al. 1996, J Neurophysiol 75:1806, eq. 1
//! LV  = 3/(n-1) sum ((I_i - I_{i+1}) / (I_i + I_{i+1}))^2   Shinomoto et al. 2003, Neural Comput 15:2823, eq. 2.2
//! ```
//!
//! All are 1 on average for a Poisson process and 0 for a clock. Below two intervals none is defined here.
//!
//! ```
//! use ntwk_analysis::intervals::{cv, cv2};
//!
//! assert_eq!(cv(&[0, 100, 200, 300]), Some(0.0)); // a clock
//! assert_eq!(cv2(&[0, 100, 400]), Some(1.0)); // intervals of 100 and 300 steps
//! assert_eq!(cv(&[0, 100]), None); // one interval has no variability
//! ```

use crate::SpikeTrains;

/// Intervals (steps) between consecutive spikes of one ascending train; empty below two spikes.
#[must_use]
pub fn isi(train: &[u64]) -> Vec<u64> {
    train.windows(2).map(|w| w[1] - w[0]).collect()
}

/// Coefficient of variation of the intervals of one train; `None` below two intervals or when all are 0.
#[must_use]
pub fn cv(train: &[u64]) -> Option<f64> {
    let intervals = isi(train);
    if intervals.len() < 2 {
        return None;
    }
    let n = intervals.len() as f64;
    let mean = intervals.iter().map(|&i| i as f64).sum::<f64>() / n;
    let variance = intervals.iter().map(|&i| (i as f64 - mean).powi(2)).sum::<f64>() / n;
    (mean > 0.0).then(|| variance.sqrt() / mean)
}

/// CV2 of one train (Holt et al. 1996); `None` below two intervals.
#[must_use]
pub fn cv2(train: &[u64]) -> Option<f64> {
    mean_contrast(train, |c| 2.0 * c.abs())
}

/// Local variation LV of one train (Shinomoto et al. 2003); `None` below two intervals.
#[must_use]
pub fn lv(train: &[u64]) -> Option<f64> {
    mean_contrast(train, |c| 3.0 * c * c)
}

/// Mean of `f((I_{i+1} - I_i) / (I_{i+1} + I_i))`; two intervals of 0 are equal, their contrast is 0.
fn mean_contrast(train: &[u64], f: impl Fn(f64) -> f64) -> Option<f64> {
    if train.len() < 3 {
        return None;
    }
    let total: f64 = train
        .windows(3)
        .map(|w| {
            let (a, b) = ((w[1] - w[0]) as f64, (w[2] - w[1]) as f64);
            if a + b > 0.0 { f((b - a) / (a + b)) } else { 0.0 }
        })
        .sum();
    Some(total / (train.len() - 2) as f64)
}

/// Irregularity of a population: means over the neurons for which each measure is defined.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Irregularity {
    /// Mean CV; `None` when no neuron has one.
    pub cv: Option<f64>,
    /// Mean CV2.
    pub cv2: Option<f64>,
    /// Mean LV.
    pub lv: Option<f64>,
    /// Number of neurons with at least `min_intervals` intervals, over which the means are taken.
    pub n_neurons: usize,
}

impl Irregularity {
    /// Averages CV, CV2 and LV over the neurons with at least `min_intervals` intervals (at least 2 are needed).
    ///
    /// Short trains bias the CV towards low values; 5 to 10 intervals are usual.
    #[must_use]
    pub fn of(trains: &SpikeTrains, min_intervals: usize) -> Self {
        let least = min_intervals.max(2).saturating_add(1);
        let mut means = [(0.0, 0_usize); 3];
        let mut n_neurons = 0;
        for train in trains.iter().filter(|t| t.len() >= least) {
            n_neurons += 1;
            for (mean, value) in means.iter_mut().zip([cv(train), cv2(train), lv(train)]) {
                if let Some(v) = value {
                    *mean = (mean.0 + v, mean.1 + 1);
                }
            }
        }
        let [cv, cv2, lv] = means.map(|(sum, n)| (n > 0).then(|| sum / n as f64));
        Self { cv, cv2, lv, n_neurons }
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use ntwk_core::Spikes;

    use super::*;

    #[test]
    fn a_clock_has_no_variability() {
        let train: Vec<u64> = (0..20).map(|k| 7 * k).collect();
        assert_eq!((cv(&train), cv2(&train), lv(&train)), (Some(0.0), Some(0.0), Some(0.0)));
    }

    #[test]
    fn alternating_intervals_by_hand() {
        // intervals 1, 3, 1, 3: mean 2, sd 1; contrast 1/2 each time.
        let train = [0, 1, 4, 5, 8];
        assert_eq!(isi(&train), [1, 3, 1, 3]);
        assert_relative_eq!(cv(&train).unwrap(), 0.5);
        assert_relative_eq!(cv2(&train).unwrap(), 1.0);
        assert_relative_eq!(lv(&train).unwrap(), 0.75);
    }

    #[test]
    fn short_and_degenerate_trains_have_no_measure() {
        for train in [&[][..], &[3], &[3, 9]] {
            assert_eq!((cv(train), cv2(train), lv(train)), (None, None, None));
        }
        assert_eq!((cv(&[4, 4, 4]), cv2(&[4, 4, 4])), (None, Some(0.0)));
    }

    #[test]
    fn the_population_mean_takes_the_defined_neurons() {
        let spikes = Spikes { steps: vec![0, 1, 4, 5, 8, 2], ids: vec![0, 0, 0, 0, 0, 1] };
        let trains = SpikeTrains::new(&spikes, 3, None).unwrap();
        let all = Irregularity::of(&trains, 0);
        assert_eq!((all.n_neurons, all.cv), (1, Some(0.5)));
        assert_eq!(Irregularity::of(&trains, 5), Irregularity::default());
    }
}
