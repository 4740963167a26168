//! Ridge regression of the effective threshold, the fit of the upstream package.

use crate::fit::problem::{Design, FitError, FitQuality};
use crate::scan::point::ScanPoint;
use crate::transfer::domain::Domain;
use crate::transfer::effective_threshold::{EffectiveThreshold, rate_at_threshold};
use crate::transfer::fit_domain::FitDomain;
use crate::transfer::threshold_form::ThresholdForm;
use nalgebra::{Cholesky, DMatrix};
use ntwk_core::Membrane;

/// What [`fit_ridge`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct RidgeFit {
    /// The transfer function, with the domain of the points used.
    pub transfer_function: EffectiveThreshold,
    /// Agreement with all points of the scan.
    pub quality: FitQuality,
    /// Number of points with `0 < F < max_rate` that determine a threshold.
    pub points_used: usize,
}

/// Penalised regression of the effective threshold, `c = (X^T X + alpha 1)^-1 X^T theta`.
///
/// Over the points with `0 < F < max_rate`, without a second step on the rates. The constant is penalised like every
/// other coefficient and the columns are not scaled, as `neural_network_dynamics` by Y. Zerlaut does with
/// `alpha = 0.9`, `max_rate = 50` Hz and the skewness forms. The shrinkage biases the threshold towards 0 mV; prefer
/// [`fit`](fn@crate::fit) unless coefficients of that package are to be reproduced.
///
/// # Errors
/// [`FitError`] for points that are not finite, too few points, or `alpha` or `max_rate` not above 0.
pub fn fit_ridge(
    form: ThresholdForm,
    membrane: &Membrane,
    points: &[ScanPoint],
    alpha: f64,
    max_rate: f64,
) -> Result<RidgeFit, FitError> {
    for (name, value) in [("alpha", alpha), ("max_rate", max_rate)] {
        if value.is_nan() || value <= 0.0 {
            return Err(FitError::Option { name, value, requirement: "a number > 0" });
        }
    }
    let design = Design::new(form, membrane, points, max_rate, 1)?;
    let x = design.terms.select_rows(&design.determined);
    let normal = x.tr_mul(&x) + DMatrix::identity(form.terms(), form.terms()) * alpha;
    let coefficients =
        Cholesky::new(normal).ok_or(FitError::Linear)?.solve(&x.tr_mul(&design.thresholds));
    let thresholds = &design.terms * &coefficients;
    let residuals: Vec<f64> = points
        .iter()
        .zip(thresholds.iter())
        .map(|(p, &theta)| rate_at_threshold(theta, &p.moments) - p.rate)
        .collect();
    let used: Vec<ScanPoint> = design.determined.iter().map(|&i| points[i]).collect();
    let domain = Domain::around(membrane, used.iter().map(|p| &p.moments));
    Ok(RidgeFit {
        transfer_function: EffectiveThreshold::new(form, coefficients.as_slice().to_vec(), domain)
            .and_then(|function| function.with_fit_domain(FitDomain::of(&x, &used)))
            .map_err(|_| FitError::Linear)?,
        quality: FitQuality::of(points, &residuals),
        points_used: design.determined.len(),
    })
}
