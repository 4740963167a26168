//! Weighted sums of transmembrane currents, formed while a simulation runs: potentials outside the cell, its dipole moment.

use super::constants::Constants;
use ndarray::Array2;

/// Weighted sums of the transmembrane currents of a cell over time.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldRecording {
    /// Times of the samples (ms).
    pub times: Vec<f64>,
    /// Samples, shape `[n_samples, n_rows]`.
    pub values: Array2<f64>,
}

/// A matrix of weights and what it gave so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Field {
    /// Weights of each row by position.
    rows: Vec<Vec<f64>>,
    every: u64,
    steps: Vec<u64>,
    samples: Vec<f64>,
}

impl Field {
    /// `weights` has a row per sum and a column per compartment.
    pub fn new(weights: &Array2<f64>, every: u64, constants: &Constants) -> Self {
        let row = |weights: ndarray::ArrayView1<'_, f64>| {
            let mut by_position = vec![0.0; constants.tree.len()];
            for (&w, &position) in weights.iter().zip(&constants.positions) {
                by_position[position as usize] = w;
            }
            by_position
        };
        let rows = weights.rows().into_iter().map(row).collect();
        Field { rows, every, steps: Vec::new(), samples: Vec::new() }
    }

    /// Whether the step with this number is sampled.
    pub fn samples(&self, step: u64) -> bool {
        !self.rows.is_empty() && step.is_multiple_of(self.every)
    }

    /// Forms the sums of the transmembrane currents (nA), by position, of the step that ends at `step`.
    pub fn sample(&mut self, step: u64, transmembrane: &[f64]) {
        self.steps.push(step);
        let sum = |row: &Vec<f64>| row.iter().zip(transmembrane).map(|(w, i)| w * i).sum::<f64>();
        self.samples.extend(self.rows.iter().map(sum));
    }

    pub fn recording(&self, dt: f64) -> FieldRecording {
        let shape = (self.steps.len(), self.rows.len());
        // Every sample pushed one value per row, so the shape fits.
        let values = Array2::from_shape_vec(shape, self.samples.clone())
            .unwrap_or_else(|_| Array2::zeros(shape));
        FieldRecording { times: self.steps.iter().map(|&k| k as f64 * dt).collect(), values }
    }
}
