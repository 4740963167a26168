//! Correlations of spike counts.
//!
//! ```text
//! c_ij = cov(n_i, n_j) / sqrt(var(n_i) var(n_j))      n_i: counts of neuron i in equal bins
//! ```

use ndarray::Array2;
use pulp::{Arch, NullaryFnOnce};

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
    let occupied: Vec<Vec<(usize, f64)>> = trains.iter().map(|t| bins.occupied(t)).collect();
    let (mut sums, mut spreads) = (vec![0.0; n], vec![0.0; n]);
    for (i, counts) in occupied.iter().enumerate() {
        let squares = counts.iter().map(|c| c.1 * c.1).sum::<f64>();
        sums[i] = counts.iter().map(|c| c.1).sum();
        let spread = squares - sums[i] * sums[i] / n_bins;
        // Counts are whole numbers: their sums of squares are exact, a variance of zero is found as zero up to rounding.
        // It becomes NaN, and so do the correlations with it.
        spreads[i] = if spread > 1e-12 * squares { spread } else { f64::NAN };
    }
    let mut out = Array2::zeros((n, n));
    products_above_diagonal(&occupied, bins.len(), &mut out);
    for (i, mut row) in out.rows_mut().into_iter().enumerate() {
        let (sum, own) = (sums[i] / n_bins, spreads[i]);
        row[i] = if own.is_nan() { f64::NAN } else { 1.0 };
        for ((c, s), other) in row.iter_mut().zip(&sums).zip(&spreads).skip(i + 1) {
            *c = (*c - sum * s) / (own * other).sqrt();
        }
    }
    mirror(&mut out);
    out
}

/// Products of counts that cost as much as one addition at a place taken from a list.
const PRODUCTS_PER_ADDITION: f64 = 24.0;

/// Adds the sums over bins of `n_i n_j` for `j > i`: from the coincidences alone where they are few, else from all bins.
/// Both are exact and give the same bits.
fn products_above_diagonal(occupied: &[Vec<(usize, f64)>], n_bins: usize, out: &mut Array2<f64>) {
    let mut present = BinMembers::of(occupied, n_bins);
    let pairs = (occupied.len() * occupied.len()) as f64 / 2.0;
    let most = occupied.iter().flatten().fold(0.0, |most: f64, c| most.max(c.1));
    // Sums of 32 bits must hold the products.
    let small = most <= f64::from(i16::MAX) && most * most * n_bins as f64 <= f64::from(i32::MAX);
    if small && pairs * (n_bins as f64) < PRODUCTS_PER_ADDITION * present.coincidences() {
        let mut counts = vec![0i16; occupied.len() * n_bins];
        for (neuron, row) in occupied.iter().zip(counts.chunks_exact_mut(n_bins)) {
            neuron.iter().for_each(|&(bin, count)| row[bin] = count as i16);
        }
        return Arch::new().dispatch(AllBins { counts: &counts, n_bins, out });
    }
    for (i, mut row) in out.rows_mut().into_iter().enumerate() {
        // One row at a time stays in the nearest cache.
        let Some(row) = row.as_slice_mut() else { continue };
        for &(bin, count) in &occupied[i] {
            let (ids, counts) = present.after_next(bin);
            for (&j, &other) in ids.iter().zip(counts) {
                row[j as usize] += count * other;
            }
        }
    }
}

/// `out_ij = sum_b n_i(b) n_j(b)` for `j > i`, in the widest vectors of the machine.
struct AllBins<'a> {
    /// `[neuron][bin]`.
    counts: &'a [i16],
    n_bins: usize,
    out: &'a mut Array2<f64>,
}

impl NullaryFnOnce for AllBins<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { counts, n_bins, out } = self;
        for (i, mut row) in out.rows_mut().into_iter().enumerate() {
            let own = &counts[i * n_bins..(i + 1) * n_bins];
            for (j, product) in row.iter_mut().enumerate().skip(i + 1) {
                let other = &counts[j * n_bins..(j + 1) * n_bins];
                let mut sum = 0i32;
                for (a, b) in own.iter().zip(other) {
                    sum += i32::from(*a) * i32::from(*b);
                }
                *product = f64::from(sum);
            }
        }
    }
}

/// Copies what is above the diagonal below it, tile by tile: a column at a time would miss the cache at every element.
fn mirror(matrix: &mut Array2<f64>) {
    const TILE: usize = 32;
    let n = matrix.nrows();
    for first in (0..n).step_by(TILE) {
        for left in (0..=first).step_by(TILE) {
            for i in first..(first + TILE).min(n) {
                for j in left..(left + TILE).min(i) {
                    matrix[[i, j]] = matrix[[j, i]];
                }
            }
        }
    }
}

/// The neurons with spikes in each bin, ascending, and their counts.
struct BinMembers {
    /// First member of each bin that was not yet passed.
    next: Vec<usize>,
    /// End of each bin.
    ends: Vec<usize>,
    ids: Vec<u32>,
    counts: Vec<f64>,
}

impl BinMembers {
    fn of(occupied: &[Vec<(usize, f64)>], n_bins: usize) -> Self {
        let mut ends = vec![0; n_bins];
        occupied.iter().flatten().for_each(|&(bin, _)| ends[bin] += 1);
        for bin in 1..n_bins {
            ends[bin] += ends[bin - 1];
        }
        let starts: Vec<usize> =
            (0..n_bins).map(|b| if b == 0 { 0 } else { ends[b - 1] }).collect();
        let mut next = starts.clone();
        let total = ends.last().copied().unwrap_or(0);
        let (mut ids, mut counts) = (vec![0; total], vec![0.0; total]);
        for (id, bins) in (0u32..).zip(occupied) {
            for &(bin, count) in bins {
                ids[next[bin]] = id;
                counts[next[bin]] = count;
                next[bin] += 1;
            }
        }
        Self { next: starts, ends, ids, counts }
    }

    /// Pairs of neurons in a bin, summed over bins.
    fn coincidences(&self) -> f64 {
        let members = self.next.iter().zip(&self.ends).map(|(next, end)| (end - next) as f64);
        members.map(|n| n * (n - 1.0) / 2.0).sum()
    }

    /// Passes the next member of `bin` and gives those after it.
    fn after_next(&mut self, bin: usize) -> (&[u32], &[f64]) {
        self.next[bin] += 1;
        let members = self.next[bin]..self.ends[bin];
        (&self.ids[members.clone()], &self.counts[members])
    }
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
    fn few_and_many_coincidences_give_the_same_bits() {
        // A neuron of 40,000 spikes in a bin forbids whole numbers of 16 bits, so that the coincidences are taken.
        let many: Vec<u64> = (0..40_000).map(|k| k % 10).collect();
        let (a, b) = ([0, 11, 12, 25, 31], [1, 2, 13, 24, 38]);
        let bins = Bins::new(Window::new(0, 40).unwrap(), 10).unwrap();
        let dense = count_correlations(&trains(&[&a, &b]), bins);
        let with_burst = count_correlations(&trains(&[&a, &b, &many]), bins);
        assert_eq!(dense[[0, 1]].to_bits(), with_burst[[0, 1]].to_bits());
        // Counts (1, 2, 1, 1) and (2, 1, 1, 1), deviations (-1, 3, -1, -1) / 4 and (3, -1, -1, -1) / 4.
        assert_relative_eq!(dense[[0, 1]], -1.0 / 3.0, max_relative = 1e-14);
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
