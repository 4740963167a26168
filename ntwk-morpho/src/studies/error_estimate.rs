//! How much the answers depend on the number of compartments.

use super::quiet;
use crate::geometry::morphology::Morphology;
use crate::mesh::compartments::Location;
use crate::solver::impedance::{Impedance, ImpedanceError};
use crate::spec::CellSpec;
use ntwk_core::spec::fault::Faults;

/// Relative errors of the discretisation, estimated by tripling the number of compartments: the scheme is of second order
/// in their length, so the error is 9/8 of the change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ErrorEstimate {
    /// Input impedance of the soma at 0 Hz.
    pub input_steady: f64,
    /// Input impedance of the soma at 100 Hz.
    pub input_100_hz: f64,
    /// Transfer impedance from the farthest tip to the soma at 0 Hz.
    pub transfer_steady: f64,
    /// Transfer impedance from the farthest tip to the soma at 100 Hz.
    pub transfer_100_hz: f64,
    /// Number of compartments of the description.
    pub compartments: usize,
}

/// Why there is no estimate.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EstimateError {
    /// The refined cell cannot be made.
    #[error(transparent)]
    Faults(#[from] Faults),
    /// The cell has no impedance.
    #[error(transparent)]
    Impedance(#[from] ImpedanceError),
}

/// Estimates the errors of a description on its morphology, about the initial potential.
///
/// # Errors
/// [`EstimateError`] when three times as many compartments are too many or the cell has no linear response.
pub fn estimate_error(
    spec: &CellSpec,
    morphology: &Morphology,
) -> Result<ErrorEstimate, EstimateError> {
    let settings = spec.simulation.settings;
    let measure = |times: usize| -> Result<([f64; 4], usize), EstimateError> {
        let built = spec.build_refined(morphology, times)?;
        let soma = Location::new(0, 0.5);
        let tip = built.morphology.farthest_tip(|_| true).map_or(soma, |b| Location::new(b, 1.0));
        let cell = quiet(&built);
        let mut z = [0.0; 4];
        for (k, frequency) in [0.0, 100.0].into_iter().enumerate() {
            let impedance = Impedance::new(&cell, frequency, settings.v_init, settings.celsius)?;
            z[k] = impedance.input(soma)?.norm();
            z[2 + k] = impedance.transfer(tip, soma)?.norm();
        }
        Ok((z, cell.compartments().len()))
    };
    let ((coarse, compartments), (fine, _)) = (measure(1)?, measure(3)?);
    let e = |k: usize| 9.0 / 8.0 * (coarse[k] / fine[k] - 1.0).abs();
    Ok(ErrorEstimate {
        input_steady: e(0),
        input_100_hz: e(1),
        transfer_steady: e(2),
        transfer_100_hz: e(3),
        compartments,
    })
}
