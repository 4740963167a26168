//! Linear least squares by singular value decomposition, which tells what the data determine.

use nalgebra::{DMatrix, DVector, SVD};

/// Iterations after which the decomposition is given up; it needs a few per column.
const MAX_ITERATIONS: usize = 10_000;

/// Minimum-norm solution of `min |A x - y|` with what is known of its conditioning.
pub(crate) struct LeastSquares {
    pub solution: DVector<f64>,
    /// Largest over smallest singular value; infinite for linearly dependent columns.
    pub condition_number: f64,
    pub rank: usize,
}

/// Solves `min |A x - y|`; `None` when the decomposition does not converge.
pub(crate) fn solve(a: DMatrix<f64>, y: &DVector<f64>) -> Option<LeastSquares> {
    let (svd, cutoff) = decompose(a)?;
    Some(LeastSquares {
        solution: svd.solve(y, cutoff).ok()?,
        condition_number: svd.singular_values.max() / svd.singular_values.min(),
        rank: svd.rank(cutoff),
    })
}

/// Pseudo-inverse of `A^T A`; `None` when the decomposition does not converge.
pub(crate) fn inverse_normal_matrix(a: DMatrix<f64>) -> Option<DMatrix<f64>> {
    let (svd, cutoff) = decompose(a)?;
    let mut v_scaled = svd.v_t?.transpose();
    for (mut column, &s) in v_scaled.column_iter_mut().zip(svd.singular_values.iter()) {
        column *= if s > cutoff { 1.0 / s } else { 0.0 };
    }
    Some(&v_scaled * v_scaled.transpose())
}

/// The square matrix `W` with `|W x|^2 = x^T (A^T A)^-1 x`; directions that `A` does not have (singular values below
/// 1e-12 of the largest) count as if they were had to that degree. `None` when the decomposition does not converge.
pub(crate) fn whitening(a: DMatrix<f64>) -> Option<DMatrix<f64>> {
    let columns = a.ncols();
    // With fewer rows than columns the decomposition would leave directions out.
    let rows = a.nrows().max(columns);
    let (svd, _) = decompose(a.resize_vertically(rows, 0.0))?;
    let least = 1e-12 * svd.singular_values.max();
    let mut rows = svd.v_t?;
    for (mut row, &s) in rows.row_iter_mut().zip(svd.singular_values.iter()) {
        row *= 1.0 / s.max(least);
    }
    Some(rows)
}

type Decomposition = SVD<f64, nalgebra::Dyn, nalgebra::Dyn>;

fn decompose(a: DMatrix<f64>) -> Option<(Decomposition, f64)> {
    let size = a.nrows().max(a.ncols());
    let svd = SVD::try_new(a, true, true, f64::EPSILON, MAX_ITERATIONS)?;
    let cutoff = svd.singular_values.max() * f64::EPSILON * size as f64;
    Some((svd, cutoff))
}
