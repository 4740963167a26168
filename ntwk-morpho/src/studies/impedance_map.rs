//! Input and transfer impedance of every compartment.

use super::{StudyError, quiet};
use crate::mesh::compartments::Location;
use crate::solver::impedance::Impedance;
use crate::spec::BuiltCell;
use nalgebra::Complex;
use ntwk_core::Job;

/// Moduli of the impedances (MΩ) per compartment.
#[derive(Debug, Clone, PartialEq)]
pub struct ImpedanceMap {
    /// Frequency (Hz).
    pub frequency: f64,
    /// Input impedance |Z_kk| of each compartment.
    pub input: Vec<f64>,
    /// Transfer impedance |Z_k,to| between each compartment and the target.
    pub transfer: Vec<f64>,
    /// Attenuation of the potential from each compartment to the target, |Z_kk/Z_k,to| >= 1 in a passive cell.
    pub attenuation: Vec<f64>,
}

/// Impedances at `frequency` (Hz) about the potential `v` (mV), towards the point `to`.
///
/// # Errors
/// [`StudyError::Impedance`], [`StudyError::Interrupted`].
pub fn impedance_map(
    built: &BuiltCell,
    frequency: f64,
    v: f64,
    to: Location,
    job: &Job<'_>,
) -> Result<ImpedanceMap, StudyError> {
    let cell = quiet(built);
    let z = Impedance::new(&cell, frequency, v, built.spec.simulation.settings.celsius)?;
    job.check()?;
    let n = cell.compartments().len();
    let input: Vec<f64> = z.inputs().iter().take(n).map(|z| z.norm()).collect();
    job.check()?;
    // Reciprocity: what a current at the target does everywhere is what one anywhere does at the target.
    let transfer: Vec<f64> =
        z.response(&[(to, Complex::new(1.0, 0.0))])?.iter().take(n).map(|z| z.norm()).collect();
    let attenuation = input.iter().zip(&transfer).map(|(i, t)| i / t).collect();
    Ok(ImpedanceMap { frequency, input, transfer, attenuation })
}
