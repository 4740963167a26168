//! Why a prediction cannot be made.

use ntwk_core::Interrupted;

use crate::bifurcation::fixed_point::FixedPointError;
use crate::dynamics::DynamicsError;
use crate::fit::problem::FitError;
use crate::scan::single_cell::SingleCellError;
use crate::spatial::spatial_mean_field::SpatialError;
use crate::system::from_model::FromModelError;
use crate::system::point::PointError;
use crate::transfer::tabulated::TableError;

/// A prediction that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TheoryError {
    /// The scan failed.
    #[error(transparent)]
    Scan(SingleCellError),
    /// The fit failed.
    #[error("the transfer function of population {population} cannot be fitted: {source}")]
    Fit {
        /// The population.
        population: String,
        /// Why.
        source: FitError,
    },
    /// No cell of the scan fired.
    #[error(
        "no cell of the scan of population {population} fired, at mean potentials from {lowest:.1} to {highest:.1} mV: there is no \
         transfer function to fit. Where these cells fire at other potentials, theory.scan.above_threshold = {above} mV is to be \
         larger; where the injected current or too weak an input keeps them silent, their rate is 0"
    )]
    Silent {
        /// The population.
        population: String,
        /// Lowest mean potential of the scan (mV).
        lowest: f64,
        /// Highest (mV).
        highest: f64,
        /// How far above the threshold it was to go (mV).
        above: f64,
    },
    /// There is no effective threshold with this number of terms.
    #[error("theory.threshold_terms = {terms}: there is no such form")]
    Terms {
        /// Number of terms.
        terms: u64,
    },
    /// A published transfer function that a population cannot have.
    #[error("theory.populations.{population}: {problem}")]
    Published {
        /// The population.
        population: String,
        /// What does not fit.
        problem: String,
    },
    /// A theory without transfer functions of single cells.
    #[error(
        "theory.model = \"montbrio_pazo_roxin\" has no transfer functions: it is for ntwk meanfield FILE alone"
    )]
    NoTransferFunctions,
    /// The scan makes no table.
    #[error("the transfer function of population {population} cannot be tabulated: {source}")]
    Table {
        /// The population.
        population: String,
        /// Why.
        source: TableError,
    },
    /// The model has no mean field.
    #[error(transparent)]
    Model(#[from] FromModelError),
    /// The dynamics failed.
    #[error(transparent)]
    Dynamics(DynamicsError),
    /// The dynamics with delays failed.
    #[error(transparent)]
    Delayed(SpatialError),
    /// The fixed points cannot be sought.
    #[error(transparent)]
    FixedPoint(FixedPointError),
    /// A state does not fit the system.
    #[error(transparent)]
    State(#[from] PointError),
    /// The job was interrupted.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl From<DynamicsError> for TheoryError {
    fn from(error: DynamicsError) -> Self {
        match error {
            DynamicsError::Interrupted(interrupted) => Self::Interrupted(interrupted),
            error => Self::Dynamics(error),
        }
    }
}

impl From<SpatialError> for TheoryError {
    fn from(error: SpatialError) -> Self {
        match error {
            SpatialError::Interrupted(interrupted) => Self::Interrupted(interrupted),
            error => Self::Delayed(error),
        }
    }
}

impl From<FixedPointError> for TheoryError {
    fn from(error: FixedPointError) -> Self {
        match error {
            FixedPointError::Interrupted(interrupted) => Self::Interrupted(interrupted),
            error => Self::FixedPoint(error),
        }
    }
}

impl From<SingleCellError> for TheoryError {
    fn from(error: SingleCellError) -> Self {
        match error {
            SingleCellError::Interrupted(interrupted) => Self::Interrupted(interrupted),
            error => Self::Scan(error),
        }
    }
}
