//! The spike time tiling coefficient: a correlation of two trains that does not depend on their rates.
//!
//! Cutts and Eglen 2014, J Neurosci 34:14288, eq. 1:
//!
//! ```text
//! STTC = 1/2 ((P_A - T_B) / (1 - P_A T_B) + (P_B - T_A) / (1 - P_B T_A))
//! T_A  share of the window within +-delta of a spike of A
//! P_A  share of the spikes of A within +-delta of a spike of B
//! ```
//!
//! ```
//! use ntwk_analysis::{Window, sttc};
//!
//! let window = Window::new(0, 10_000)?; // steps
//! assert_eq!(sttc(&[100, 5000], &[102, 4999], window, 5), Some(1.0)); // every spike has a partner
//! assert!(sttc(&[100, 5000], &[2000, 8000], window, 5).is_some_and(|c| c < 0.0));
//! assert_eq!(sttc(&[100], &[], window, 5), None); // a silent train
//! # Ok::<(), ntwk_analysis::AnalysisError>(())
//! ```

use ndarray::Array2;

use crate::{SpikeTrains, Window};

/// STTC of two ascending trains for a lag of `delta` steps; `None` when one of them has no spike in `window`.
///
/// A term whose numerator and denominator are 0 (both trains tile the whole window) counts as 1.
#[must_use]
pub fn sttc(a: &[u64], b: &[u64], window: Window, delta: u64) -> Option<f64> {
    let (a, b) = (inside(a, window), inside(b, window));
    if a.is_empty() || b.is_empty() {
        return None;
    }
    Some(combine(a, tiled(a, window, delta), b, tiled(b, window, delta), delta))
}

/// STTC of all pairs, `[n_neurons x n_neurons]`; NaN with a neuron that is silent in `window`.
#[must_use]
pub fn sttc_matrix(trains: &SpikeTrains, window: Window, delta: u64) -> Array2<f64> {
    let n = trains.n_neurons();
    let each: Vec<(&[u64], f64)> = trains
        .iter()
        .map(|t| {
            let t = inside(t, window);
            (t, if t.is_empty() { 0.0 } else { tiled(t, window, delta) })
        })
        .collect();
    let mut out = Array2::from_elem((n, n), f64::NAN);
    for (i, &(a, tiled_a)) in each.iter().enumerate().filter(|(_, e)| !e.0.is_empty()) {
        for (j, &(b, tiled_b)) in each.iter().enumerate().skip(i).filter(|(_, e)| !e.0.is_empty()) {
            let c = combine(a, tiled_a, b, tiled_b, delta);
            out[[i, j]] = c;
            out[[j, i]] = c;
        }
    }
    out
}

fn inside(train: &[u64], window: Window) -> &[u64] {
    let from = train.partition_point(|&k| k < window.start());
    let to = train.partition_point(|&k| k < window.end());
    &train[from..to]
}

fn combine(a: &[u64], tiled_a: f64, b: &[u64], tiled_b: f64, delta: u64) -> f64 {
    let term = |p: f64, t: f64| {
        if p * t == 1.0 { 1.0 } else { (p - t) / (1.0 - p * t) }
    };
    0.5 * (term(near(a, b, delta), tiled_b) + term(near(b, a, delta), tiled_a))
}

/// Share of the window within `delta` of a spike of the train, which is not empty.
fn tiled(train: &[u64], window: Window, delta: u64) -> f64 {
    let between: u64 = train.windows(2).map(|w| (w[1] - w[0]).min(delta.saturating_mul(2))).sum();
    let ends = match (train.first(), train.last()) {
        (Some(first), Some(last)) => {
            (first - window.start()).min(delta) + (window.end() - last).min(delta)
        }
        _ => 0,
    };
    (between + ends) as f64 / window.n_steps() as f64
}

/// Share of the spikes of `a` within `delta` of a spike of `b`; both ascending, neither empty.
fn near(a: &[u64], b: &[u64], delta: u64) -> f64 {
    let mut next = 0;
    let hits = a
        .iter()
        .filter(|&&k| {
            while next < b.len() && b[next].saturating_add(delta) < k {
                next += 1;
            }
            next < b.len() && b[next] <= k.saturating_add(delta)
        })
        .count();
    hits as f64 / a.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_train_with_itself_is_one_and_a_silent_one_has_none() {
        let w = Window::new(0, 1000).unwrap();
        let train = [3, 50, 51, 400, 999];
        assert_eq!(sttc(&train, &train, w, 5), Some(1.0));
        assert_eq!(sttc(&train, &[], w, 5), None);
        assert_eq!(sttc(&train, &[2000], w, 5), None);
        assert_eq!(sttc(&[5], &[7], w, u64::MAX), Some(1.0));
    }

    #[test]
    fn far_trains_are_negative_by_what_they_tile() {
        let w = Window::new(0, 100).unwrap();
        // T = 10/100 each, P = 0: both terms are -0.1.
        assert_eq!(sttc(&[20], &[60], w, 5), Some(-0.1));
    }
}
