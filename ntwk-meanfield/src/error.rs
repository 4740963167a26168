//! The error of the crate, over those of its modules.

use ntwk_core::Interrupted;

use crate::bifurcation::branch::ContinuationError;
use crate::bifurcation::fixed_point::FixedPointError;
use crate::bifurcation::phase_plane::PhasePlaneError;
use crate::bifurcation::self_consistency::SelfConsistencyError;
use crate::dynamics::DynamicsError;
use crate::dynamics::noise::NoiseError;
use crate::fit::problem::FitError;
use crate::moments::MomentsError;
use crate::prediction::error::TheoryError;
use crate::reference::tvb::TvbError;
use crate::scan::design::AxisError;
use crate::scan::fluctuations::FluctuationError;
use crate::scan::single_cell::SingleCellError;
use crate::scan::unsupported::Unsupported;
use crate::spatial::coupling::InvalidCoupling;
use crate::spatial::ring::RingModelError;
use crate::spatial::spatial_mean_field::SpatialError;
use crate::system::InvalidMeanField;
use crate::system::from_model::FromModelError;
use crate::system::input::InputError;
use crate::system::point::PointError;
use crate::transfer::effective_threshold::ThresholdError;
use crate::transfer::tabulated::TableError;

/// Any error of the theory, for callers that take them all alike.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The theory does not cover the model.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// The model has no mean field.
    #[error(transparent)]
    Model(#[from] FromModelError),
    /// The populations make no system.
    #[error(transparent)]
    System(#[from] InvalidMeanField),
    /// Moments are not defined.
    #[error(transparent)]
    Moments(#[from] MomentsError),
    /// A threshold is not valid.
    #[error(transparent)]
    Threshold(#[from] ThresholdError),
    /// A scan makes no table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// An axis of a scan cannot be laid out.
    #[error(transparent)]
    Axis(#[from] AxisError),
    /// Fluctuations cannot be made.
    #[error(transparent)]
    Fluctuations(#[from] FluctuationError),
    /// A scan failed.
    #[error(transparent)]
    Scan(#[from] SingleCellError),
    /// A fit failed.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// An input does not fit the system.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A state does not fit the system.
    #[error(transparent)]
    State(#[from] PointError),
    /// A trajectory could not be computed.
    #[error(transparent)]
    Dynamics(#[from] DynamicsError),
    /// A noisy trajectory could not be computed.
    #[error(transparent)]
    Noise(#[from] NoiseError),
    /// Fixed points cannot be sought.
    #[error(transparent)]
    FixedPoint(#[from] FixedPointError),
    /// A branch cannot be followed.
    #[error(transparent)]
    Continuation(#[from] ContinuationError),
    /// A phase plane cannot be drawn.
    #[error(transparent)]
    PhasePlane(#[from] PhasePlaneError),
    /// A graphical solution cannot be drawn.
    #[error(transparent)]
    SelfConsistency(#[from] SelfConsistencyError),
    /// Nodes cannot be coupled in this way.
    #[error(transparent)]
    Coupling(#[from] InvalidCoupling),
    /// Coupled mean fields cannot be built or integrated.
    #[error(transparent)]
    Spatial(#[from] SpatialError),
    /// The model has no mean field on a ring.
    #[error(transparent)]
    Ring(#[from] RingModelError),
    /// A prediction cannot be made.
    #[error(transparent)]
    Theory(#[from] TheoryError),
    /// Parameters of The Virtual Brain are out of range.
    #[error(transparent)]
    Tvb(#[from] TvbError),
    /// The job was interrupted.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl Error {
    /// Whether the job was interrupted.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        matches!(
            self,
            Self::Interrupted(_)
                | Self::Scan(SingleCellError::Interrupted(_))
                | Self::Dynamics(DynamicsError::Interrupted(_))
                | Self::FixedPoint(FixedPointError::Interrupted(_))
                | Self::Continuation(ContinuationError::Interrupted(_))
                | Self::PhasePlane(PhasePlaneError::Interrupted(_))
                | Self::SelfConsistency(SelfConsistencyError::Interrupted(_))
                | Self::Spatial(SpatialError::Interrupted(_))
                | Self::Theory(TheoryError::Interrupted(_))
        )
    }
}
