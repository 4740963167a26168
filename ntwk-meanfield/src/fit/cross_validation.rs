//! Cross-validation of a fit: how well it predicts points it has not seen.

use crate::fit::problem::{FitError, FitQuality};
use crate::fit::{FitOptions, fit};
use crate::scan::point::ScanPoint;
use crate::transfer::threshold_form::ThresholdForm;
use crate::transfer::transfer_function::TransferFunction;
use ntwk_core::Membrane;

/// Result of [`cross_validate`].
#[derive(Debug, Clone, PartialEq)]
pub struct CrossValidation {
    /// Agreement of the predictions with all points, each predicted by the fit that has not seen it.
    pub quality: FitQuality,
    /// Mean squared error (Hz²) of each fold.
    pub folds: Vec<f64>,
    /// Predicted minus measured rate (Hz), per point.
    pub residuals: Vec<f64>,
}

/// Fits `form` `folds` times, each time without one part of the points, and predicts those.
///
/// The parts are equal in size (to one point) and shuffled, always in the same way, so that no part is a row or a column
/// of a grid: what is tested is interpolation between the points of the scan. A point at its edge may lie outside the
/// domain of the fit that has not seen it, where the threshold is held as
/// [`EffectiveThreshold`](crate::EffectiveThreshold) does.
///
/// # Errors
/// [`FitError`] of the first fit that fails, and for fewer than two folds or more folds than points.
pub fn cross_validate(
    form: ThresholdForm,
    membrane: &Membrane,
    points: &[ScanPoint],
    options: &FitOptions,
    folds: usize,
) -> Result<CrossValidation, FitError> {
    if folds < 2 || folds > points.len() {
        return Err(FitError::Option {
            name: "folds",
            value: folds as f64,
            requirement: "at least 2 and at most the number of points",
        });
    }
    let mut shuffled: Vec<usize> = (0..points.len()).collect();
    shuffled.sort_by_key(|&i| scrambled(i as u64));
    let mut part = vec![0; points.len()];
    shuffled.into_iter().enumerate().for_each(|(place, i)| part[i] = place % folds);
    let mut residuals = vec![0.0; points.len()];
    let mut errors = Vec::with_capacity(folds);
    for fold in 0..folds {
        let seen: Vec<ScanPoint> = points
            .iter()
            .zip(&part)
            .filter(|(_, p)| **p != fold)
            .map(|(point, _)| *point)
            .collect();
        let function = fit(form, membrane, &seen, options)?.transfer_function;
        let mut squares = 0.0;
        let mut count = 0.0;
        for (i, point) in points.iter().enumerate().filter(|(i, _)| part[*i] == fold) {
            residuals[i] = function.rate(membrane, &point.moments) - point.rate;
            squares += residuals[i] * residuals[i];
            count += 1.0;
        }
        errors.push(squares / count);
    }
    Ok(CrossValidation { quality: FitQuality::of(points, &residuals), folds: errors, residuals })
}

/// A bijection of 64 bits that leaves no order (the finaliser of SplitMix64, Steele, Lea & Flood 2014).
fn scrambled(i: u64) -> u64 {
    let mut z = i.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
