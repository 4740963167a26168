//! The root of the errors of this crate.

use ntwk_core::spec::fault::Faults;

use crate::geometry::morphology::MorphologyError;
use crate::geometry::swc::SwcError;
use crate::membrane::cell::CellError;
use crate::mesh::compartments::LocationError;
use crate::mesh::discretisation::DiscretisationError;
use crate::parameter_error::ParameterError;
use crate::solver::ensemble::EnsembleError;
use crate::solver::impedance::ImpedanceError;
use crate::solver::passive::PassiveError;
use crate::solver::passive_fit::FitError;
use crate::solver::simulation::{CoupledError, SimulationError};
use crate::studies::{EstimateError, StudyError};

/// Any failure of this crate, for who need not tell its parts apart: every error of a module becomes one with `?`.
///
/// ```
/// use ntwk_morpho::geometry::generators::PyramidalTree;
/// use ntwk_morpho::{Cell, Discretisation, Settings, Simulation};
///
/// fn rest(milliseconds: f64) -> Result<f64, ntwk_morpho::Error> {
///     let tree = PyramidalTree::default().build(1)?;
///     let cell = Cell::new(tree.compartments(&Discretisation::MaxLength(50.0))?, 1.0, 150.0)?;
///     let mut simulation = Simulation::new(&cell, &Settings::default())?;
///     simulation.run(milliseconds)?;
///     Ok(simulation.voltages()[0])
/// }
/// assert_eq!(rest(1.0)?, -65.0);
/// # Ok::<(), ntwk_morpho::Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An SWC text has faults.
    #[error(transparent)]
    Swc(#[from] SwcError),
    /// A morphology is not one, or cannot be changed like this.
    #[error(transparent)]
    Morphology(#[from] MorphologyError),
    /// A morphology cannot be cut into compartments like this.
    #[error(transparent)]
    Discretisation(#[from] DiscretisationError),
    /// There is no such point on the cell.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// A parameter is out of range.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// Something cannot be put on the cell.
    #[error(transparent)]
    Cell(#[from] CellError),
    /// The description of a cell has faults.
    #[error(transparent)]
    Faults(#[from] Faults),
    /// A simulation cannot start or go on.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    /// A simulation of joined cells cannot start or go on.
    #[error(transparent)]
    Coupled(#[from] CoupledError),
    /// Copies of a cell cannot be simulated side by side.
    #[error(transparent)]
    Ensemble(#[from] EnsembleError),
    /// The cell has no linear response.
    #[error(transparent)]
    Impedance(#[from] ImpedanceError),
    /// The error of the discretisation cannot be estimated.
    #[error(transparent)]
    Estimate(#[from] EstimateError),
    /// A cell is not passive, or has no passive response.
    #[error(transparent)]
    Passive(#[from] PassiveError),
    /// A passive fit failed.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// A study could not be done.
    #[error(transparent)]
    Study(#[from] StudyError),
}

impl Error {
    /// Whether the computation was interrupted before its first result.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        match self {
            Self::Study(error) => error.is_interruption(),
            Self::Fit(FitError::Passive(PassiveError::Interrupted(_)))
            | Self::Passive(PassiveError::Interrupted(_)) => true,
            _ => false,
        }
    }
}
