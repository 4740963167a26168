//! Measured rates at known moments.

use crate::moments::Moments;
use serde::{Deserialize, Serialize};

/// One point of a scan: the rate a single cell fired at, under an input with these moments.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScanPoint {
    /// Moments of the input, as the theory computes them.
    pub moments: Moments,
    /// Measured mean rate (Hz), >= 0.
    pub rate: f64,
    /// Standard error of the mean rate (Hz), >= 0; used by [`Weighting::StandardError`](crate::Weighting) only.
    pub standard_error: f64,
    /// Number of repetitions behind the mean.
    pub samples: usize,
}
