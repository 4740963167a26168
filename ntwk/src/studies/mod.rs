//! Studies: one file each, with its options, the function that does it, and its result with arrays and a figure.
//!
//! Studies of the theory start from a [`StationaryTheory`](stationary::StationaryTheory), which one prediction gives for
//! several of them. None prints or opens a file; each takes a [`Job`](ntwk_core::Job), whose interruption ends it.

mod axes;
pub mod connectome;
pub mod continuation;
pub mod family;
pub mod features;
pub mod map;
pub mod morpho;
pub mod options;
pub mod phase_plane;
pub mod quadratic;
pub mod rates;
pub mod ring;
pub mod spatial_rates;
pub mod spectra;
pub mod stationary;
pub mod table;
pub mod transfer_function;

use ntwk_analysis::AnalysisError;
use ntwk_core::engine::connectivity::BuildError;
use ntwk_core::{Faults, Interrupted};
use ntwk_meanfield::prediction::error::TheoryError;
use ntwk_meanfield::spatial::ring::RingModelError;
use ntwk_meanfield::{
    ContinuationError, PhasePlaneError, PointError, SelfConsistencyError, SpatialError,
};

use family::FamilyError;
use options::InvalidOptions;

use crate::sweep::transfer_scan::TransferScanError;

/// A study of the theory that cannot be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// The options do not fit the model.
    #[error(transparent)]
    Options(#[from] InvalidOptions),
    /// The prediction failed.
    #[error(transparent)]
    Theory(#[from] TheoryError),
    /// There is no theory along a key.
    #[error(transparent)]
    Family(#[from] FamilyError),
    /// The model with what varies in it has faults.
    #[error(transparent)]
    Model(#[from] Faults),
    /// A branch cannot be followed.
    #[error(transparent)]
    Continuation(#[from] ContinuationError),
    /// The phase plane cannot be drawn.
    #[error(transparent)]
    PhasePlane(#[from] PhasePlaneError),
    /// The graphical solution cannot be drawn.
    #[error(transparent)]
    SelfConsistency(#[from] SelfConsistencyError),
    /// A state does not fit the system.
    #[error(transparent)]
    State(#[from] PointError),
    /// There is nothing to fluctuate about.
    #[error("the theory has no stable fixed point: it has no stationary fluctuations")]
    NoStableState,
    /// A spectrum is infinite.
    #[error("an oscillation at one of the frequencies is not damped")]
    Undamped,
    /// The model has no mean field on a ring.
    #[error(transparent)]
    Ring(#[from] RingModelError),
    /// The coupled mean fields cannot be integrated.
    #[error(transparent)]
    Spatial(#[from] SpatialError),
    /// The network to be simulated cannot be built.
    #[error(transparent)]
    Network(#[from] BuildError),
    /// The transfer function cannot be scanned.
    #[error(transparent)]
    TransferScan(#[from] TransferScanError),
    /// A recording cannot be analysed.
    #[error("the run cannot be analysed: {0}")]
    Analysis(#[from] AnalysisError),
    /// The job was interrupted.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl StudyError {
    /// Whether the job was interrupted.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        matches!(
            self,
            Self::Interrupted(_)
                | Self::Network(BuildError::Interrupted(_))
                | Self::Theory(TheoryError::Interrupted(_))
                | Self::Family(FamilyError::Theory(TheoryError::Interrupted(_)))
                | Self::Continuation(ContinuationError::Interrupted(_))
                | Self::PhasePlane(PhasePlaneError::Interrupted(_))
                | Self::SelfConsistency(SelfConsistencyError::Interrupted(_))
                | Self::Spatial(SpatialError::Interrupted(_))
        )
    }

    /// Whether the options or the model are wrong, so that another input would help.
    #[must_use]
    pub fn is_input_fault(&self) -> bool {
        match self {
            Self::Options(_)
            | Self::Model(_)
            | Self::PhasePlane(_)
            | Self::NoStableState
            | Self::Undamped
            | Self::Ring(RingModelError::NoRing(_) | RingModelError::Model(_)) => {
                !self.is_interruption()
            }
            Self::Family(error) => error.is_input_fault(),
            Self::TransferScan(error) => error.is_input_fault(),
            _ => false,
        }
    }
}
