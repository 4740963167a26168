//! Inter-spike intervals and their variability.
//!
//! The measures are ratios of intervals, so they are computed on steps and carry no unit. With intervals
//! `I_1 ... I_n` of one train:
//!
//! ```text
//! CV  = sd(I) / mean(I)                                  sd with 1/n, as elephant and NEST's examples have it
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

use crate::{Estimate, SpikeTrains};

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

/// Irregularity of a population: means over its neurons.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Irregularity {
    /// Mean CV; `None` where it is not defined. Its error contains what short trains take from it
    /// ([`cv_shortfall`](Self::cv_shortfall)).
    pub cv: Option<Estimate>,
    /// By which part of itself the CV is expected to be too low, because trains are short: see [`shortfall`].
    pub cv_shortfall: Option<f64>,
    /// Mean CV2.
    pub cv2: Option<Estimate>,
    /// Mean LV.
    pub lv: Option<Estimate>,
    /// Number of neurons with at least `min_intervals` intervals, over which the means are taken.
    pub n_neurons: usize,
    /// Number of neurons that fire.
    pub n_firing: usize,
    /// Number of intervals of the neurons that count.
    pub n_intervals: u64,
}

impl Irregularity {
    /// Averages CV, CV2 and LV over the neurons with at least `min_intervals` intervals (at least 2 are needed). Errors are
    /// those of a mean over neurons, that of the CV with its [`shortfall`]; CV2 and LV compare neighbours and have none.
    ///
    /// 5 to 10 intervals are usual. Where fewer than half of the neurons that fire have so many, the means would be those of the
    /// fastest neurons, and there are none.
    #[must_use]
    pub fn of(trains: &SpikeTrains, min_intervals: usize) -> Self {
        let least = min_intervals.max(2).saturating_add(1);
        let counted: Vec<&[u64]> = trains.iter().filter(|t| t.len() >= least).collect();
        let n_firing = trains.iter().filter(|t| !t.is_empty()).count();
        let n_intervals = counted.iter().map(|t| t.len() as u64 - 1).sum();
        let found = Self { n_neurons: counted.len(), n_firing, n_intervals, ..Self::default() };
        if 2 * found.n_neurons < n_firing {
            return found;
        }
        let mean = |measure: fn(&[u64]) -> Option<f64>| {
            Estimate::mean(counted.iter().filter_map(|train| measure(train)))
        };
        let found = Self { cv2: mean(cv2), lv: mean(lv), ..found };
        let Some(sampled) = mean(cv) else { return found };
        let short = counted.iter().map(|train| shortfall(train.len(), sampled.value));
        let short = short.sum::<f64>() / counted.len() as f64;
        let error = sampled.error.map(|error| error.hypot(short * sampled.value));
        Self { cv: Some(Estimate { error, ..sampled }), cv_shortfall: Some(short), ..found }
    }
}

/// By which part of itself the CV `cv` of a train with `spikes` spikes is expected to be too low: a window holds no interval longer
/// than itself, and the sd of few intervals is too small.
///
/// `(0.8 + 0.7 cv²) / spikes`, at most a quarter: to a tenth that of renewal processes with Gamma intervals of CV 0.25 to 1 in
/// windows of 8 to 200 mean intervals, by simulation.
#[must_use]
pub fn shortfall(spikes: usize, cv: f64) -> f64 {
    ((0.8 + 0.7 * cv * cv) / spikes.max(1) as f64).min(0.25)
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
        assert_eq!((all.n_neurons, all.n_firing, all.n_intervals), (1, 2, 4));
        assert_eq!(all.cv, Some(Estimate { value: 0.5, error: None, n: 1 }));
        assert_eq!(all.cv_shortfall, Some((0.8 + 0.7 * 0.25) / 5.0));
        let none = Irregularity::of(&trains, 5);
        assert_eq!((none.cv, none.n_neurons, none.n_firing), (None, 0, 2));
    }

    /// Poisson trains have a CV of 1; windows of some mean intervals show less of it, and the error says so.
    #[test]
    fn the_error_of_a_cv_reaches_to_that_of_long_trains() {
        let mut seed = 5_u64;
        let mut uniform = || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((seed >> 11) as f64 + 0.5) * 2f64.powi(-53)
        };
        for expected in [8.0, 15.0, 40.0, 150.0] {
            let mut spikes: Vec<(u64, u32)> = Vec::new();
            for neuron in 0..400 {
                let mut t = 0.0;
                loop {
                    t += -uniform().ln() / expected;
                    if t >= 1.0 {
                        break;
                    }
                    spikes.push(((1e6 * t) as u64, neuron));
                }
            }
            spikes.sort_unstable();
            let (steps, ids) = spikes.into_iter().unzip();
            let trains = SpikeTrains::new(&Spikes { steps, ids }, 400, None).unwrap();
            let found = Irregularity::of(&trains, 5);
            let (cv, short) = (found.cv.unwrap(), found.cv_shortfall.unwrap());
            assert!(cv.value < 1.0 && (cv.value - 1.0).abs() < 1.5 * cv.error.unwrap(), "{cv:?}");
            let missing = 1.0 - cv.value;
            let sampling = (cv.error.unwrap().powi(2) - (short * cv.value).powi(2)).sqrt();
            let off = (short - missing).abs();
            assert!(off < 0.15 * short + 3.0 * sampling, "{expected}: {short} for {missing}");
            let unbiased = found.cv2.unwrap();
            assert!((unbiased.value - 1.0).abs() < 4.0 * unbiased.error.unwrap(), "{unbiased:?}");
        }
    }

    /// One neuron of three has enough intervals: its CV is not that of the population.
    #[test]
    fn a_minority_of_fast_neurons_does_not_speak_for_the_rest() {
        let steps = (0..20).chain([3, 5]).collect();
        let ids = [vec![0; 20], vec![1, 2]].concat();
        let trains = SpikeTrains::new(&Spikes { steps, ids }, 3, None).unwrap();
        let found = Irregularity::of(&trains, 5);
        assert_eq!((found.cv, found.n_neurons, found.n_firing), (None, 1, 3));
    }
}
