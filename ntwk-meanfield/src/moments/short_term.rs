//! Short-term plasticity under Poisson trains: what a spike transmits on average.

use crate::moments::scalar::Scalar;
use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

/// Powers of `u` in the hierarchy of moments; beyond, they contribute less than rounding where `U` is not tiny.
const POWERS: usize = 30;

/// Synapses after Tsodyks and Markram (Tsodyks, Pawelzik and Markram, Neural Comput 10 (1998)): a spike raises `u` by
/// `U (1 - u)`, transmits `R = u x` of the weight and takes it from `x`; between spikes `u` decays with `tau_facil` and `x`
/// recovers to 1 with `tau_rec`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(non_snake_case)]
pub struct ShortTermPlasticity {
    /// Utilisation of a first spike, in `(0, 1]`.
    pub U: f64,
    /// Recovery from depression (ms, > 0).
    pub tau_rec: f64,
    /// Decay of facilitation (ms); 0 has none.
    pub tau_facil: f64,
}

impl ShortTermPlasticity {
    /// Mean of `R` and of its square over the spikes of a stationary Poisson train (Hz).
    ///
    /// Before a spike `u` and `x` depend on each other. With the intervals exponential, their moments `E[u^k x]` and
    /// `E[u^k x^2]` before a spike follow linearly from those before the spike ahead, each power from the next one; the
    /// hierarchy is cut at a power that no longer counts.
    #[must_use]
    pub fn moments(&self, rate: f64) -> [f64; 2] {
        let r = 1e-3 * rate.max(0.0);
        let powers = if self.tau_facil > 0.0 { POWERS } else { 0 };
        // Laplace transform of the interval, at k / tau_facil + j / tau_rec.
        let interval = |k: usize, j: f64| {
            let decay = if k == 0 { 0.0 } else { k as f64 / self.tau_facil };
            let exponent = decay + j / self.tau_rec;
            if exponent == 0.0 { 1.0 } else { r / (r + exponent) }
        };
        // u after a spike is U + (1 - U) u: coefficients of its powers.
        let after = |k: usize| -> Vec<f64> {
            let mut c = vec![1.0];
            for _ in 0..k {
                let mut next = vec![0.0; c.len() + 1];
                for (j, x) in c.iter().enumerate() {
                    next[j] += self.U * x;
                    next[j + 1] += (1.0 - self.U) * x;
                }
                c = next;
            }
            c
        };
        let rows: Vec<Vec<f64>> = (0..=powers + 2).map(after).collect();
        // Moments of u before a spike, and after it.
        let mut before = vec![1.0; powers + 3];
        for k in 1..before.len() {
            let lower: f64 = (0..k).map(|j| rows[k][j] * before[j]).sum();
            let l = if powers == 0 { 0.0 } else { interval(k, 0.0) };
            before[k] = l * lower / (1.0 - l * rows[k][k]);
        }
        let risen = |k: usize| -> f64 { (0..=k).map(|j| rows[k][j] * before[j]).sum() };
        // E[g(u+) x] over the unknowns E[u^j x].
        let size = powers + 1;
        let add = |row: &mut [f64], k: usize, factor: f64| {
            for (j, c) in rows[k].iter().enumerate().take(size) {
                row[j] += factor * c;
            }
        };
        // x after a spike is x (1 - u+); then x recovers: 1 - (1 - x+) e.
        let mut matrix = DMatrix::<f64>::identity(size, size);
        let mut right = DVector::zeros(size);
        for k in 0..size {
            let (l0, l1) = (interval(k, 0.0), interval(k, 1.0));
            let mut row = vec![0.0; size];
            add(&mut row, k, l1);
            add(&mut row, k + 1, -l1);
            right[k] = risen(k) * (l0 - l1);
            (0..size).for_each(|j| matrix[(k, j)] -= row[j]);
        }
        let Some(x) = matrix.lu().solve(&right) else { return [f64::NAN; 2] };
        // E[u+^k x] before the spike with u already risen.
        let with = |m: &DVector<f64>, k: usize| -> f64 {
            rows[k].iter().zip(m.iter()).map(|(c, m)| c * m).sum()
        };
        let mut matrix = DMatrix::<f64>::identity(size, size);
        for k in 0..size {
            let (l0, l1, l2) = (interval(k, 0.0), interval(k, 1.0), interval(k, 2.0));
            // x^2 recovers to (1 - e)^2 + 2 (1 - e) e x+ + e^2 x+^2.
            right[k] =
                risen(k) * (l0 - 2.0 * l1 + l2) + 2.0 * (l1 - l2) * (with(&x, k) - with(&x, k + 1));
            let mut row = vec![0.0; size];
            add(&mut row, k, l2);
            add(&mut row, k + 1, -2.0 * l2);
            add(&mut row, k + 2, l2);
            (0..size).for_each(|j| matrix[(k, j)] -= row[j]);
        }
        let Some(squares) = matrix.lu().solve(&right) else { return [f64::NAN; 2] };
        [with(&x, 1), with(&squares, 2)]
    }

    /// [`moments`](Self::moments) over any number type; derivatives by central differences of these.
    pub(crate) fn release<S: Scalar>(&self, rate: S) -> (S, S) {
        let at = rate.value();
        let here = self.moments(at);
        let h = 1e-3 * at.max(0.1);
        let (low, high) = (at - h, at + h);
        let chained = |k: usize| {
            rate.chain(here[k], || {
                // A train of less than no spikes is none: one-sided at silence.
                if low <= 0.0 {
                    return ((self.moments(at + h)[k] - here[k]) / h, 0.0);
                }
                let (below, above) = (self.moments(low)[k], self.moments(high)[k]);
                ((above - below) / (2.0 * h), (above - 2.0 * here[k] + below) / (h * h))
            })
        };
        (chained(0), chained(1))
    }
}
