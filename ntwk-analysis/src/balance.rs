//! Excitatory against inhibitory currents.

use ndarray::ArrayView1;

use crate::AnalysisError;

/// How the excitatory and the inhibitory synaptic current of a neuron cancel.
///
/// Currents are those that flow into the cell, `g (E_rev - V)`: excitation is positive and inhibition negative where
/// the membrane lies between the reversal potentials.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurrentBalance {
    /// Mean excitatory current (pA).
    pub excitatory: f64,
    /// Mean inhibitory current (pA).
    pub inhibitory: f64,
    /// Mean of their sum (pA).
    pub net: f64,
    /// `|excitatory + inhibitory| / (|excitatory| + |inhibitory|)` of the means: 0 where they cancel, 1 where one of
    /// them is alone; `None` when both vanish.
    pub imbalance: Option<f64>,
    /// Largest correlation coefficient between the excitatory current and the *negative* of the inhibitory one over
    /// the lags that were tried; `None` when one of them is constant.
    pub correlation: Option<f64>,
    /// Lag (samples) of that correlation; positive when inhibition follows excitation.
    pub lag: Option<i64>,
}

impl CurrentBalance {
    /// Balance of the currents of one neuron, sampled together; lags up to `max_lag` samples both ways are tried.
    ///
    /// The correlation at lag `k` is Pearson's coefficient of the overlapping samples
    /// `(excitatory[t], -inhibitory[t + k])` (as `numpy.corrcoef` of the two slices); of equal ones the smallest lag in
    /// absolute value counts.
    ///
    /// # Errors
    /// [`AnalysisError::Lengths`] when the samples are not pairs, [`AnalysisError::Parameter`] when `max_lag` leaves
    /// fewer than two pairs.
    pub fn of(
        excitatory: &ArrayView1<'_, f64>,
        inhibitory: &ArrayView1<'_, f64>,
        max_lag: usize,
    ) -> Result<Self, AnalysisError> {
        let n = excitatory.len();
        if n != inhibitory.len() {
            return Err(AnalysisError::Lengths {
                what: "excitatory and inhibitory samples",
                left: n,
                right: inhibitory.len(),
            });
        }
        if n < max_lag.saturating_add(2) {
            return Err(AnalysisError::Parameter {
                name: "max_lag",
                value: max_lag as f64,
                unit: "samples",
                expected: "at least 2 below the number of samples",
            });
        }
        let mean = |x: &ArrayView1<'_, f64>| x.sum() / x.len() as f64;
        let (e, i) = (mean(excitatory), mean(inhibitory));
        let size = e.abs() + i.abs();
        let (mut best, mut lag) = (None::<f64>, None);
        // Near lags first, so that they win a tie.
        for k in (0..=max_lag as i64).flat_map(|k| if k == 0 { vec![0] } else { vec![k, -k] }) {
            let shift = k.unsigned_abs() as usize;
            let (from_e, from_i) = if k >= 0 { (0, shift) } else { (shift, 0) };
            let length = n - shift;
            let pairs = (0..length).map(|t| (excitatory[from_e + t], -inhibitory[from_i + t]));
            if let Some(c) = pearson(pairs).filter(|&c| best.is_none_or(|b| c > b)) {
                (best, lag) = (Some(c), Some(k));
            }
        }
        Ok(Self {
            excitatory: e,
            inhibitory: i,
            net: e + i,
            imbalance: (size > 0.0).then(|| (e + i).abs() / size),
            correlation: best,
            lag,
        })
    }
}

/// Pearson's coefficient; `None` when one side is constant.
fn pearson(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> Option<f64> {
    let (n, a, b) =
        pairs.clone().fold((0.0, 0.0, 0.0), |(n, a, b), (x, y)| (n + 1.0, a + x, b + y));
    let (a, b) = (a / n, b / n);
    let (mut aa, mut bb, mut ab) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        aa += (x - a) * (x - a);
        bb += (y - b) * (y - b);
        ab += (x - a) * (y - b);
    }
    (aa > 0.0 && bb > 0.0).then(|| ab / (aa * bb).sqrt())
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use ndarray::{Array1, array};

    use super::*;

    #[test]
    fn inhibition_that_follows_excitation_is_found_at_its_lag() {
        let e = Array1::from_shape_fn(400, |t| {
            100.0 + 10.0 * (t as f64 * 0.37).sin() * (t as f64 * 0.11).cos()
        });
        let i = Array1::from_shape_fn(400, |t| if t < 7 { -100.0 } else { -1.1 * e[t - 7] });
        let b = CurrentBalance::of(&e.view(), &i.view(), 20).unwrap();
        assert_eq!(b.lag, Some(7));
        assert_relative_eq!(b.correlation.unwrap(), 1.0, max_relative = 1e-12);
        let back = CurrentBalance::of(&i.mapv(|x| -x).view(), &e.mapv(|x| -x).view(), 20).unwrap();
        assert_eq!(back.lag, Some(-7));
        assert_relative_eq!(b.net, b.excitatory + b.inhibitory);
    }

    #[test]
    fn cancelling_and_lonely_currents() {
        let b =
            CurrentBalance::of(&array![1.0, 3.0, 2.0].view(), &array![-3.0, -1.0, -2.0].view(), 0)
                .unwrap();
        assert_eq!((b.net, b.imbalance, b.lag), (0.0, Some(0.0), Some(0)));
        assert_relative_eq!(b.correlation.unwrap(), -1.0);
        let b = CurrentBalance::of(&array![1.0, 3.0].view(), &array![0.0, 0.0].view(), 0).unwrap();
        assert_eq!((b.imbalance, b.correlation, b.lag), (Some(1.0), None, None));
        let none = array![0.0, 0.0];
        assert_eq!(CurrentBalance::of(&none.view(), &none.view(), 0).unwrap().imbalance, None);
        assert!(CurrentBalance::of(&none.view(), &array![0.0].view(), 0).is_err());
        assert!(CurrentBalance::of(&none.view(), &none.view(), 1).is_err());
    }
}
