//! What part of the space of terms a scan determines.

use crate::fit::least_squares;
use crate::moments::{Moments, SIGMA_FLOOR};
use crate::scan::point::ScanPoint;
use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

/// The set of terms on which a threshold was fitted, beyond the box of its [`Domain`](crate::Domain).
///
/// A scan may lie on a line or a sheet within its box: with one class of inputs the moments are a curve. Off it a
/// polynomial is not determined, although every moment by itself is within its range. The leverage
///
/// ```text
/// h(x) = phi(x)^T (X^T X)^-1 phi(x)
/// ```
///
/// of the terms `phi` at some moments, `X` the terms at the scanned ones, is the variance of the fitted threshold there
/// relative to that of one measurement. Moments whose leverage exceeds the largest of the scanned points are an
/// extrapolation (hidden extrapolation: Montgomery, Peck and Vining, Introduction to Linear Regression Analysis,
/// sec. 3.8); directions that the scan does not reach at all have a leverage beyond any bound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitDomain {
    /// Rows `v_k / s_k` of the singular value decomposition of `X`, one after the other: `h = |whitening phi|^2`.
    whitening: Vec<f64>,
    /// Largest leverage of a scanned point.
    limit: f64,
}

/// Slack of the comparison: the scanned points themselves are inside.
const SLACK: f64 = 1.0 + 1e-6;

/// Whether a threshold matters at some moments.
pub(crate) fn fluctuates(moments: &Moments) -> bool {
    moments.sigma_V > SIGMA_FLOOR
}

impl FitDomain {
    /// The support of the points of a scan whose terms are the rows of `terms`; `None` when the decomposition does not
    /// converge.
    ///
    /// Points without fluctuations are left out: they lie off the others, since `tau_V` jumps where the input vanishes,
    /// and no threshold shows in them.
    pub(crate) fn of(terms: &DMatrix<f64>, points: &[ScanPoint]) -> Option<Self> {
        let fluctuating: Vec<usize> =
            (0..points.len()).filter(|&i| fluctuates(&points[i].moments)).collect();
        let terms = &terms.select_rows(&fluctuating);
        let whitening = least_squares::whitening(terms.clone())?;
        let limit = terms
            .row_iter()
            .map(|row| (&whitening * row.transpose()).norm_squared())
            .fold(0.0, f64::max);
        Some(Self { whitening: whitening.transpose().as_slice().to_vec(), limit })
    }

    /// Leverage of the given terms relative to the largest of the scanned points: beyond 1 they are an extrapolation.
    #[must_use]
    pub fn relative_leverage(&self, terms: &[f64]) -> f64 {
        let n = terms.len();
        let phi = DVector::from_column_slice(terms);
        let whitening = DMatrix::from_row_slice(n, n, &self.whitening);
        (whitening * phi).norm_squared() / self.limit
    }

    /// Whether the scan determines a threshold with the given terms.
    #[must_use]
    pub fn contains(&self, terms: &[f64]) -> bool {
        self.relative_leverage(terms) <= SLACK
    }

    /// Whether this is the support of a form with `terms` terms.
    pub(crate) fn is_valid(&self, terms: usize) -> bool {
        self.whitening.len() == terms * terms
            && self.whitening.iter().all(|x| x.is_finite())
            && self.limit > 0.0
            && self.limit.is_finite()
    }
}
