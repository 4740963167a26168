//! Gap junctions: conductances between two compartments that the tree does not join.
//!
//! With U the matrix of columns e_a − e_b and Γ = diag(g), the step solves (M + U Γ Uᵀ) x = r by the formula of Woodbury:
//! x = x₀ − Z (Γ⁻¹ + Uᵀ Z)⁻¹ Uᵀ x₀ with M x₀ = r and M Z = U. It is exact and implicit, one more solution of the tree per
//! junction and step.

use crate::solver::hines::Tree;
use nalgebra::{DMatrix, DVector};

/// The junctions of a cell: (position, position, conductance (µS)).
#[derive(Debug, Clone, Default)]
pub(super) struct GapJunctions {
    pub list: Vec<(usize, usize, f64)>,
}

impl GapJunctions {
    /// Adds the currents at the present potentials to the right side (nA).
    pub fn add_currents(&self, v: &[f64], rhs: &mut [f64]) {
        for &(a, b, g) in &self.list {
            let i = g * (v[a] - v[b]);
            rhs[a] -= i;
            rhs[b] += i;
        }
    }

    /// Turns the solution of the tree alone into that of the tree with junctions. `own` and `factors` are what
    /// [`Tree::solve_change`] left.
    pub fn correct(&self, tree: &Tree, own: &[f64], factors: &[f64], x: &mut [f64]) {
        let n = self.list.len();
        if n == 0 {
            return;
        }
        let columns: Vec<Vec<f64>> = self
            .list
            .iter()
            .map(|&(a, b, _)| {
                let mut u = vec![0.0; tree.len()];
                u[a] += 1.0;
                u[b] -= 1.0;
                tree.solve_again(own, factors, &mut u);
                u
            })
            .collect();
        let across = |x: &[f64], k: usize| x[self.list[k].0] - x[self.list[k].1];
        let mut small = DMatrix::from_fn(n, n, |i, j| across(&columns[j], i));
        for (k, junction) in self.list.iter().enumerate() {
            small[(k, k)] += 1.0 / junction.2;
        }
        let right = DVector::from_fn(n, |i, _| across(x, i));
        // Positive definite as long as the tree's matrix is, so there is a solution; without one the step is not finite,
        // which the simulation reports.
        let share = small.lu().solve(&right).unwrap_or_else(|| DVector::repeat(n, f64::NAN));
        for (column, s) in columns.iter().zip(share.iter()) {
            for (x, z) in x.iter_mut().zip(column) {
                *x -= s * z;
            }
        }
    }
}
