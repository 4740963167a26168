//! Linear least squares by singular value decomposition, which tells what the data determine.

use nalgebra::{DMatrix, DVector, SVD};

/// Iterations after which the decomposition is given up; it needs a few per column.
const MAX_ITERATIONS: usize = 10_000;

/// Singular values of the columns scaled to length one, relative to the largest, below which a direction is not determined.
///
/// Points on a line or a sheet make columns that differ by no more than their curvature; a coefficient along such a direction
/// would be the noise of the points over this number. Scans that fill their box are two decades above it.
const DETERMINED: f64 = 1e-5;

/// Solution of `min |A x - y|` in the directions that the rows of `A` determine, with what is known of its conditioning.
pub(crate) struct LeastSquares {
    pub solution: DVector<f64>,
    /// Largest over smallest singular value of the columns scaled to length one, in the directions that are determined.
    pub condition_number: f64,
    pub rank: usize,
    /// The directions that are determined, as columns; `None` where all are.
    pub basis: Option<DMatrix<f64>>,
}

/// Solves `min |A x - y|`; `None` when the decomposition does not converge.
///
/// With scaled columns `A = B S`, `B = U Σ V^T`: directions of `V` whose singular value is below [`DETERMINED`] of the largest are
/// left out, so that `x = S^-1 V_r Σ_r^-1 U_r^T y` (truncated singular value decomposition; Golub and Van Loan, Matrix
/// Computations, sec. 5.5).
pub(crate) fn solve(a: DMatrix<f64>, y: &DVector<f64>) -> Option<LeastSquares> {
    let lengths: Vec<f64> =
        a.column_iter().map(|c| c.norm()).map(|n| if n > 0.0 { n } else { 1.0 }).collect();
    let mut scaled = a.clone();
    scaled.column_iter_mut().zip(&lengths).for_each(|(mut column, n)| column /= *n);
    let svd = SVD::try_new(scaled, true, true, f64::EPSILON, MAX_ITERATIONS)?;
    let largest = svd.singular_values.max();
    let kept: Vec<usize> = (0..svd.singular_values.len())
        .filter(|&k| svd.singular_values[k] > DETERMINED * largest)
        .collect();
    let smallest = kept.iter().map(|&k| svd.singular_values[k]).fold(f64::INFINITY, f64::min);
    let (condition_number, rank) = (largest / smallest, kept.len());
    if rank == a.ncols() {
        let (svd, cutoff) = decompose(a)?;
        let solution = svd.solve(y, cutoff).ok()?;
        return Some(LeastSquares { solution, condition_number, rank, basis: None });
    }
    let (u, v_t) = (svd.u.as_ref()?, svd.v_t.as_ref()?);
    let mut basis = DMatrix::zeros(a.ncols(), rank);
    let mut along = DVector::zeros(rank);
    for (column, &k) in kept.iter().enumerate() {
        for (row, length) in lengths.iter().enumerate() {
            basis[(row, column)] = v_t[(k, row)] / length;
        }
        along[column] = u.column(k).dot(y) / svd.singular_values[k];
    }
    Some(LeastSquares { solution: &basis * along, condition_number, rank, basis: Some(basis) })
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
