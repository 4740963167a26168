//! Synchrony of a population.

use ndarray::ArrayView2;

use crate::Moments;

/// Golomb's synchrony index chi, 0 (asynchronous, falls as 1/sqrt(N)) to 1 (all the same).
///
/// ```text
/// chi^2 = var_t(mean_i x_i(t)) / mean_i var_t(x_i(t))
/// ```
///
/// Golomb and Rinzel 1993, Phys Rev E 48:4810; Golomb 2007, Scholarpedia 2:1347. `samples` is
/// `[n_samples x n_neurons]`: membrane potentials, or smoothed spike trains. `None` without samples, when nothing
/// varies, or when a sample is not finite.
#[must_use]
pub fn synchrony_index(samples: &ArrayView2<'_, f64>) -> Option<f64> {
    let n = samples.ncols() as f64;
    let mut mean_variance = 0.0;
    for column in samples.columns() {
        mean_variance += Moments::of(column.iter().copied())?.sd.powi(2) / n;
    }
    let mean: Vec<f64> = samples.rows().into_iter().map(|r| r.sum() / n).collect();
    let variance = Moments::of(mean.iter().copied())?.sd.powi(2);
    let chi = (variance / mean_variance).sqrt();
    (chi.is_finite() && mean_variance > 0.0).then_some(chi)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    #[test]
    fn identical_and_opposite_traces() {
        let same = Array2::from_shape_fn((50, 4), |(t, _)| (t as f64 / 7.0).sin());
        assert!((synchrony_index(&same.view()).unwrap() - 1.0).abs() < 1e-12);
        let opposite = array![[1.0, -1.0], [-1.0, 1.0], [2.0, -2.0]];
        assert!(synchrony_index(&opposite.view()).unwrap() < 1e-12);
        assert_eq!(synchrony_index(&Array2::zeros((5, 2)).view()), None);
        assert_eq!(synchrony_index(&Array2::zeros((0, 0)).view()), None);
        assert_eq!(synchrony_index(&array![[f64::NAN], [1.0]].view()), None);
    }
}
