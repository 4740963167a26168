//! What a fit works on, how it can fail, and how well it agrees.

use crate::scan::point::ScanPoint;
use crate::transfer::effective_threshold::effective_threshold;
use crate::transfer::threshold_form::{MAX_TERMS, ThresholdForm};
use nalgebra::{DMatrix, DVector};
use ntwk_core::Membrane;
use serde::{Deserialize, Serialize};

/// Agreement of a transfer function with a scan, over all its points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FitQuality {
    /// Mean squared error of the rate (Hz²).
    pub mean_squared_error: f64,
    /// Coefficient of determination of the rate; NaN-free: 0 where the measured rates do not vary.
    pub r_squared: f64,
}

impl FitQuality {
    pub(crate) fn of(points: &[ScanPoint], residuals: &[f64]) -> Self {
        let n = points.len() as f64;
        let mean = points.iter().map(|p| p.rate).sum::<f64>() / n;
        let total: f64 = points.iter().map(|p| (p.rate - mean).powi(2)).sum();
        let residual: f64 = residuals.iter().map(|r| r * r).sum();
        Self {
            mean_squared_error: residual / n,
            r_squared: if total > 0.0 { 1.0 - residual / total } else { 0.0 },
        }
    }
}

/// A fit that cannot be done.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FitError {
    /// Some points are not finite or negative.
    #[error(
        "scan points {indices:?} have moments, rates or standard errors that are negative or not finite"
    )]
    Points {
        /// Indices of those points.
        indices: Vec<usize>,
    },
    /// Too few points determine a threshold.
    #[error(
        "{usable} of {given} points determine an effective threshold (0 < 2 tau_V F < 2); {form:?} needs {needed}"
    )]
    TooFewPoints {
        /// Form of the threshold.
        form: ThresholdForm,
        /// Points given.
        given: usize,
        /// Points that determine a threshold.
        usable: usize,
        /// Points needed.
        needed: usize,
    },
    /// An option is outside its range.
    #[error("{name} = {value}; needed is {requirement}")]
    Option {
        /// Name of the option.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is needed.
        requirement: &'static str,
    },
    /// A constant of the cell is outside its range.
    #[error("membrane: {name} = {value}; needed is {requirement}")]
    Membrane {
        /// Name of the constant.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is needed.
        requirement: &'static str,
    },
    /// The linear system could not be solved.
    #[error("the linear least squares of the threshold did not converge")]
    Linear,
}

/// A scan in the terms of one form: a row of the design matrix per point.
pub(crate) struct Design {
    pub terms: DMatrix<f64>,
    /// Indices of the points with an effective threshold.
    pub determined: Vec<usize>,
    /// Those thresholds (mV).
    pub thresholds: DVector<f64>,
}

impl Design {
    pub fn new(
        form: ThresholdForm,
        membrane: &Membrane,
        points: &[ScanPoint],
        max_rate: f64,
        needed: usize,
    ) -> Result<Self, FitError> {
        if let Some(&(name, value, requirement)) = crate::moments::membrane_faults(membrane).first()
        {
            return Err(FitError::Membrane { name, value, requirement });
        }
        let bad = |p: &ScanPoint| {
            let good = |x: f64| x.is_finite() && x >= 0.0;
            !(p.moments.is_finite()
                && p.moments.sigma_V > 0.0
                && p.moments.tau_V > 0.0
                && p.moments.mu_G > 0.0
                && good(p.rate)
                && good(p.standard_error))
        };
        let indices: Vec<usize> = (0..points.len()).filter(|&i| bad(&points[i])).collect();
        if !indices.is_empty() {
            return Err(FitError::Points { indices });
        }
        let (determined, thresholds): (Vec<usize>, Vec<f64>) = points
            .iter()
            .enumerate()
            .filter(|(_, p)| p.rate < max_rate)
            .filter_map(|(i, p)| effective_threshold(&p.moments, p.rate).map(|theta| (i, theta)))
            .unzip();
        if determined.len() < needed {
            let (given, usable) = (points.len(), determined.len());
            return Err(FitError::TooFewPoints { form, given, usable, needed });
        }
        let mut terms = DMatrix::zeros(points.len(), form.terms());
        let mut buffer = [0.0; MAX_TERMS];
        for (i, point) in points.iter().enumerate() {
            let row = form.evaluate(membrane, &point.moments, &mut buffer);
            terms.row_mut(i).copy_from_slice(row);
        }
        Ok(Self { terms, determined, thresholds: DVector::from_vec(thresholds) })
    }
}
