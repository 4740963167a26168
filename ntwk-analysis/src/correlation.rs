//! Correlations of spike counts.
//!
//! ```text
//! c_ij = cov(n_i, n_j) / sqrt(var(n_i) var(n_j))      n_i: counts of neuron i in equal bins
//! ```

use ndarray::Array2;

use crate::{SpikeTrains, bins::Bins};

/// Pearson correlation of the binned counts of all pairs, `[n_neurons x n_neurons]`, 1 on the diagonal.
///
/// NaN for pairs with a neuron whose count is the same in all bins (a silent one), on the diagonal too. Time grows
/// with the coincidences, not with pairs x bins; memory with the square of the neurons: for a mean over many use
/// [`mean_count_correlation`].
#[must_use]
pub fn count_correlations(trains: &SpikeTrains, bins: Bins) -> Array2<f64> {
    let n = trains.n_neurons();
    let n_bins = bins.len() as f64;
    let mut products = Array2::<f64>::zeros((n, n));
    let mut sums = vec![0.0; n];
    // Neurons in each bin: silent ones cost nothing.
    let mut present: Vec<Vec<(usize, f64)>> = vec![Vec::new(); bins.len()];
    for (i, train) in trains.iter().enumerate() {
        for (bin, count) in bins.occupied(train) {
            present[bin].push((i, count));
            sums[i] += count;
        }
    }
    for neurons in &present {
        for (k, &(i, a)) in neurons.iter().enumerate() {
            for &(j, b) in &neurons[k..] {
                products[[i, j]] += a * b;
            }
        }
    }
    let covariance = |i: usize, j: usize| products[[i, j]] - sums[i] * sums[j] / n_bins;
    // Counts are whole numbers: their sums of squares are exact, a variance of zero is found as zero up to rounding.
    let spread: Vec<f64> = (0..n).map(|i| covariance(i, i)).collect();
    let varies = |i: usize| spread[i] > 1e-12 * products[[i, i]];
    let mut out = Array2::from_elem((n, n), f64::NAN);
    for i in (0..n).filter(|&i| varies(i)) {
        out[[i, i]] = 1.0;
        for j in (i + 1..n).filter(|&j| varies(j)) {
            let c = covariance(i, j) / (spread[i] * spread[j]).sqrt();
            out[[i, j]] = c;
            out[[j, i]] = c;
        }
    }
    out
}

/// Mean of the count correlations over all pairs of neurons whose counts vary; `None` below two such neurons.
///
/// With standardised counts `z_i`, `sum_{i != j} c_ij = var(sum_i z_i) - n`: one pass, memory of one number per bin,
/// so that 10^5 neurons are no difficulty.
#[must_use]
pub fn mean_count_correlation(trains: &SpikeTrains, bins: Bins) -> Option<f64> {
    let n_bins = bins.len() as f64;
    let mut total = vec![0.0; bins.len()];
    let mut shift = 0.0;
    let mut n = 0.0;
    for train in trains.iter() {
        let counts = bins.occupied(train);
        let (sum, squares) = counts.iter().fold((0.0, 0.0), |(s, q), c| (s + c.1, q + c.1 * c.1));
        let spread = squares - sum * sum / n_bins;
        if spread <= 1e-12 * squares {
            continue;
        }
        let sd = (spread / n_bins).sqrt();
        for (bin, count) in counts {
            total[bin] += count / sd;
        }
        // What every bin loses by centring this neuron.
        shift += sum / (n_bins * sd);
        n += 1.0;
    }
    let variance = total.iter().map(|z| (z - shift).powi(2)).sum::<f64>() / n_bins;
    (n > 1.0).then(|| (variance - n) / (n * (n - 1.0)))
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use ntwk_core::Spikes;

    use super::*;
    use crate::Window;

    fn trains(all: &[&[u64]]) -> SpikeTrains {
        let mut spikes = Spikes::default();
        for (id, train) in all.iter().enumerate() {
            spikes.steps.extend(*train);
            spikes.ids.extend(train.iter().map(|_| id as u32));
        }
        SpikeTrains::new(&spikes, all.len(), None).unwrap()
    }

    #[test]
    fn equal_opposite_and_silent_trains() {
        let bins = Bins::new(Window::new(0, 4).unwrap(), 1).unwrap();
        let c = count_correlations(&trains(&[&[0, 1], &[0, 1], &[2, 3], &[], &[0, 1, 2, 3]]), bins);
        assert_eq!((c[[0, 1]], c[[0, 2]], c[[2, 2]]), (1.0, -1.0, 1.0));
        assert!(c[[0, 3]].is_nan() && c[[3, 3]].is_nan() && c[[4, 4]].is_nan());
    }

    #[test]
    fn the_mean_over_pairs_is_the_mean_of_the_matrix() {
        let all = trains(&[&[0, 3, 9, 12], &[1, 3, 8, 12, 13], &[5], &[], &[0, 1, 12, 19]]);
        let bins = Bins::new(Window::new(0, 20).unwrap(), 2).unwrap();
        let c = count_correlations(&all, bins);
        let pairs: Vec<f64> = (0..5)
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .map(|p| c[p])
            .filter(|v| !v.is_nan())
            .collect();
        let mean = pairs.iter().sum::<f64>() / pairs.len() as f64;
        assert_eq!(pairs.len(), 6);
        assert_relative_eq!(
            mean_count_correlation(&all, bins).unwrap(),
            mean,
            max_relative = 1e-12
        );
        assert_eq!(mean_count_correlation(&trains(&[&[1]]), bins), None);
        assert_eq!(mean_count_correlation(&trains(&[]), bins), None);
    }
}
