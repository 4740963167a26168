//! Two-step fit of the effective threshold to a scan.
//!
//! 1. The effective threshold of every point that determines one, `theta = mu_V + sqrt(2) sigma_V erfcinv(2 tau_V F)`
//!    for `0 < 2 tau_V F < 2`, is regressed on the terms of the form: exact linear least squares.
//! 2. From there the squared error of the *rate* over all points, silent ones included, is minimised by
//!    Levenberg-Marquardt with the analytic Jacobian.
//!
//! This is the procedure of Zerlaut et al., J Physiol 594 (2016), with exact solvers: the published codes use BFGS,
//! SLSQP or Nelder-Mead, and one of them returns the result of step 1. Both steps are reported, since on nearly
//! collinear scans step 1 alone can be far off.
//!
//! Both steps move in the directions of the coefficients that the points determine alone: of a scan on a line or a sheet a
//! polynomial of three variables has terms that no point tells apart.

pub(crate) mod cross_validation;
pub(crate) mod least_squares;
pub(crate) mod problem;
pub(crate) mod ridge;

use crate::fit::problem::{Design, FitError, FitQuality};
use crate::scan::point::ScanPoint;
use crate::transfer::domain::Domain;
use crate::transfer::effective_threshold::{EffectiveThreshold, rate_at_threshold};
use crate::transfer::fit_domain::FitDomain;
use crate::transfer::threshold_form::ThresholdForm;
use levenberg_marquardt::{LeastSquaresProblem, LevenbergMarquardt, TerminationReason};
use nalgebra::{DMatrix, DVector, Dyn, Owned};
use ntwk_core::Membrane;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// Weight of each point in step 2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Weighting {
    /// Every point counts the same: the mean squared error in Hz² is minimised.
    Uniform,
    /// Residuals are divided by the standard error of the measured rate, or by `floor` (Hz, > 0) where that is larger
    /// (a silent point has a standard error of zero).
    StandardError {
        /// Smallest standard error used (Hz).
        floor: f64,
    },
}

/// Options of [`fit`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FitOptions {
    /// Points at or above this rate (Hz) are left out of step 1; `None` keeps all.
    pub max_rate: Option<f64>,
    /// Weight of the points in step 2.
    pub weighting: Weighting,
    /// Step 2 evaluates the residuals at most `patience * (terms + 1)` times.
    pub patience: usize,
}

impl Default for FitOptions {
    /// All points in both steps, equal weights, patience 200.
    fn default() -> Self {
        Self { max_rate: None, weighting: Weighting::Uniform, patience: 200 }
    }
}

/// How step 2 ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Termination {
    /// At a minimum, to the precision of the arithmetic.
    Converged,
    /// The evaluation limit came first: the coefficients are the best so far.
    EvaluationLimit,
    /// The rates or their derivatives were not finite: the coefficients are those of step 1.
    NotFinite,
}

/// What step 1 found.
#[derive(Debug, Clone, PartialEq)]
pub struct ThresholdStep {
    /// Coefficients (mV).
    pub coefficients: Vec<f64>,
    /// Agreement of the rates with all points.
    pub quality: FitQuality,
    /// Number of points that determined a threshold.
    pub points_used: usize,
    /// Largest over smallest singular value of the terms at those points, each scaled to length one, in the directions that the
    /// points determine.
    pub condition_number: f64,
    /// Number of these directions: that of the coefficients that the points determine. Below the number of terms, combinations of
    /// coefficients that leave the fitted points as they are were set to zero.
    pub rank: usize,
}

/// Result of [`fit`].
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The transfer function, with the domain of the scan.
    pub transfer_function: EffectiveThreshold,
    /// Step 1: regression of the threshold.
    pub threshold_step: ThresholdStep,
    /// Step 2: agreement of the rates with all points.
    pub quality: FitQuality,
    /// How step 2 ended.
    pub termination: Termination,
    /// Evaluations of the residuals in step 2.
    pub evaluations: usize,
    /// Fitted minus measured rate (Hz), per point.
    pub residuals: Vec<f64>,
    /// Covariance of the coefficients (mV²): `s² (J^T J)^-1` with the weighted Jacobian `J` at the minimum and `s²` the
    /// residual sum of squares per degree of freedom; directions that the data do not determine are left out.
    pub covariance: DMatrix<f64>,
    /// Square roots of the diagonal of the covariance (mV).
    pub standard_errors: Vec<f64>,
    /// Number of points used in step 2 (all that were given).
    pub points_used: usize,
    /// Points left out of step 1: silent, saturated or above `max_rate`.
    pub points_rejected: Vec<usize>,
}

/// Fits the effective threshold of `form` to a scan of single-cell rates.
///
/// # Errors
/// [`FitError`] for points that are negative or not finite, options outside their range, fewer usable points than
/// terms, or a linear system that cannot be solved. A second step that does not converge is no error but a
/// [`Termination`].
pub fn fit(
    form: ThresholdForm,
    membrane: &Membrane,
    points: &[ScanPoint],
    options: &FitOptions,
) -> Result<Fit, FitError> {
    let weights = weights(points, options)?;
    let max_rate = options.max_rate.unwrap_or(f64::INFINITY);
    let design = Design::new(form, membrane, points, max_rate, form.terms())?;
    let rows = design.terms.select_rows(&design.determined);
    let linear = least_squares::solve(rows, &design.thresholds).ok_or(FitError::Linear)?;

    // In the directions that are determined, from the solution of step 1 on.
    let reduced = linear.basis.as_ref().map(|basis| &design.terms * basis);
    let offsets = match &linear.basis {
        Some(_) => &design.terms * &linear.solution,
        None => DVector::zeros(points.len()),
    };
    let mut problem = RateProblem {
        terms: reduced.as_ref().unwrap_or(&design.terms),
        offsets,
        points,
        weights: &weights,
        coefficients: match &linear.basis {
            Some(basis) => DVector::zeros(basis.ncols()),
            None => linear.solution.clone(),
        },
    };
    let threshold_step = ThresholdStep {
        coefficients: linear.solution.as_slice().to_vec(),
        quality: FitQuality::of(points, problem.errors().as_slice()),
        points_used: design.determined.len(),
        condition_number: linear.condition_number,
        rank: linear.rank,
    };

    let (solved, report) =
        LevenbergMarquardt::new().with_patience(options.patience).minimize(problem);
    problem = solved;
    let termination = match report.termination {
        TerminationReason::ResidualsZero
        | TerminationReason::Orthogonal
        | TerminationReason::Converged { .. }
        | TerminationReason::NoImprovementPossible(_) => Termination::Converged,
        TerminationReason::LostPatience => Termination::EvaluationLimit,
        TerminationReason::User(_)
        | TerminationReason::Numerical(_)
        | TerminationReason::NoParameters
        | TerminationReason::NoResiduals
        | TerminationReason::WrongDimensions(_) => Termination::NotFinite,
    };
    if termination == Termination::NotFinite {
        problem.coefficients = match &linear.basis {
            Some(basis) => DVector::zeros(basis.ncols()),
            None => linear.solution.clone(),
        };
    }

    let errors = problem.errors();
    let covariance = problem.covariance().ok_or(FitError::Linear)?;
    let (coefficients, covariance) = match &linear.basis {
        Some(basis) => (
            linear.solution + basis * &problem.coefficients,
            basis * covariance * basis.transpose(),
        ),
        None => (problem.coefficients, covariance),
    };
    let rejected = (0..points.len()).filter(|i| design.determined.binary_search(i).is_err());
    let domain = Domain::around(membrane, points.iter().map(|p| &p.moments));
    Ok(Fit {
        transfer_function: EffectiveThreshold::new(form, coefficients.as_slice().to_vec(), domain)
            .and_then(|function| function.with_fit_domain(FitDomain::of(&design.terms, points)))
            .map_err(|_| FitError::Linear)?,
        threshold_step,
        quality: FitQuality::of(points, errors.as_slice()),
        termination,
        evaluations: report.number_of_evaluations,
        residuals: errors.as_slice().to_vec(),
        standard_errors: covariance.diagonal().iter().map(|v| v.sqrt()).collect(),
        covariance,
        points_used: points.len(),
        points_rejected: rejected.collect(),
    })
}

fn weights(points: &[ScanPoint], options: &FitOptions) -> Result<Vec<f64>, FitError> {
    if options.patience == 0 {
        return Err(FitError::Option { name: "patience", value: 0.0, requirement: "a number > 0" });
    }
    match options.weighting {
        Weighting::Uniform => Ok(vec![1.0; points.len()]),
        Weighting::StandardError { floor } if floor > 0.0 && floor.is_finite() => {
            Ok(points.iter().map(|p| 1.0 / p.standard_error.max(floor)).collect())
        }
        Weighting::StandardError { floor } => Err(FitError::Option {
            name: "floor",
            value: floor,
            requirement: "a finite rate > 0 Hz",
        }),
    }
}

/// Step 2 as the solver sees it: weighted errors of the rate as a function of the coefficients.
struct RateProblem<'a> {
    terms: &'a DMatrix<f64>,
    /// Threshold of each point (mV) with coefficients 0.
    offsets: DVector<f64>,
    points: &'a [ScanPoint],
    weights: &'a [f64],
    coefficients: DVector<f64>,
}

impl RateProblem<'_> {
    fn thresholds(&self) -> DVector<f64> {
        self.terms * &self.coefficients + &self.offsets
    }

    /// Fitted minus measured rate (Hz).
    fn errors(&self) -> DVector<f64> {
        let mut thresholds = self.thresholds();
        for (theta, p) in thresholds.iter_mut().zip(self.points) {
            *theta = rate_at_threshold(*theta, &p.moments) - p.rate;
        }
        thresholds
    }

    /// `dF/dc = dF/dtheta phi`, `dF/dtheta = -exp(-z²) / (sqrt(2 pi) sigma_V tau_V)`.
    fn weighted_jacobian(&self) -> DMatrix<f64> {
        let thresholds = self.thresholds();
        let mut jacobian = self.terms.clone();
        for (i, mut row) in jacobian.row_iter_mut().enumerate() {
            let m = &self.points[i].moments;
            let z = (thresholds[i] - m.mu_V) / m.sigma_V * FRAC_1_SQRT_2;
            let slope =
                -500.0 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * (-z * z).exp() / (m.sigma_V * m.tau_V);
            row *= slope * self.weights[i];
        }
        jacobian
    }

    fn covariance(&self) -> Option<DMatrix<f64>> {
        let squares: f64 =
            self.errors().iter().zip(self.weights).map(|(e, w)| (e * w).powi(2)).sum();
        let freedom = self.points.len().saturating_sub(self.coefficients.len()).max(1);
        Some(
            least_squares::inverse_normal_matrix(self.weighted_jacobian())?
                * (squares / freedom as f64),
        )
    }
}

impl LeastSquaresProblem<f64, Dyn, Dyn> for RateProblem<'_> {
    type ResidualStorage = Owned<f64, Dyn>;
    type JacobianStorage = Owned<f64, Dyn, Dyn>;
    type ParameterStorage = Owned<f64, Dyn>;

    fn set_params(&mut self, x: &DVector<f64>) {
        self.coefficients.copy_from(x);
    }
    fn params(&self) -> DVector<f64> {
        self.coefficients.clone()
    }
    fn residuals(&self) -> Option<DVector<f64>> {
        let mut errors = self.errors();
        for (e, w) in errors.iter_mut().zip(self.weights) {
            *e *= w;
        }
        Some(errors)
    }
    fn jacobian(&self) -> Option<DMatrix<f64>> {
        Some(self.weighted_jacobian())
    }
}
