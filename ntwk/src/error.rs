//! The error of the library: whatever a function of it can fail with, for callers that take them all alike.

use ntwk_analysis::AnalysisError;
use ntwk_cells::protocol::ProtocolError;
use ntwk_core::engine::connectivity::BuildError;
use ntwk_core::{Faults, Interrupted};
use ntwk_io::model_file::WriteModelError;
use ntwk_io::{CellFileError, FileError, ModelFileError};
use ntwk_meanfield::ContinuationError;
use ntwk_meanfield::prediction::error::TheoryError;

use crate::compare::CompareError;
use crate::figures::connectivity::ConnectionFigureError;
use crate::figures::overview::FigureError;
use crate::report::cell_view::ViewError;
use crate::report::results::ReadBackError;
use crate::run::error::StreamError;
use crate::run::plan::PlanError;
use crate::run::verify::VerifyError;
use crate::studies::StudyError;
use crate::studies::family::FamilyError;
use crate::studies::morpho::MorphoError;
use crate::studies::options::InvalidOptions;
use crate::sweep::cell::CellSweepError;
use crate::sweep::points::SweepPlanError;
use crate::sweep::run::SweepError;
use crate::sweep::store::StoreError;
use crate::sweep::transfer_scan::TransferScanError;

/// Any error of the library; [`Error::kind`] sorts them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The model file cannot be read or has faults.
    #[error(transparent)]
    Model(#[from] ModelFileError),
    /// The cell file or its SWC file cannot be read or has faults.
    #[error(transparent)]
    Cell(#[from] CellFileError),
    /// A description has faults.
    #[error(transparent)]
    Faults(#[from] Faults),
    /// Options do not fit the model.
    #[error(transparent)]
    Options(#[from] InvalidOptions),
    /// A run cannot be computed or written.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// A run cannot be verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The size of a run cannot be estimated.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A run cannot be read back.
    #[error(transparent)]
    ReadBack(#[from] ReadBackError),
    /// The theory failed.
    #[error(transparent)]
    Theory(#[from] TheoryError),
    /// There is no theory along a key.
    #[error(transparent)]
    Family(#[from] FamilyError),
    /// A branch cannot be followed.
    #[error(transparent)]
    Continuation(#[from] ContinuationError),
    /// A study of the theory cannot be done.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// The comparison failed.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// A recording cannot be analysed.
    #[error("the run cannot be analysed: {0}")]
    Analysis(#[from] AnalysisError),
    /// A sweep cannot be planned.
    #[error(transparent)]
    SweepPlan(#[from] SweepPlanError),
    /// A sweep of a cell cannot be planned.
    #[error(transparent)]
    CellSweep(#[from] CellSweepError),
    /// A sweep cannot be computed or stored.
    #[error(transparent)]
    Sweep(#[from] SweepError),
    /// The scan of a transfer function cannot be done.
    #[error(transparent)]
    TransferScan(#[from] TransferScanError),
    /// A study of a morphological cell failed.
    #[error(transparent)]
    Morpho(#[from] MorphoError),
    /// A run of a morphological cell cannot be shown.
    #[error(transparent)]
    View(#[from] ViewError),
    /// A single-cell protocol failed.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// A figure failed.
    #[error(transparent)]
    Figure(#[from] FigureError),
    /// A network cannot be built.
    #[error(transparent)]
    Network(#[from] BuildError),
    /// The connectivity cannot be drawn.
    #[error(transparent)]
    Connections(#[from] ConnectionFigureError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A model cannot be written as text.
    #[error(transparent)]
    WriteModel(#[from] WriteModelError),
    /// The job was interrupted.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        SweepError::from(error).into()
    }
}

/// What an [`Error`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A model, cell or option that is wrong: another input would help.
    Input,
    /// A simulation.
    Run,
    /// The mean-field theory.
    Theory,
    /// A study or a sweep.
    Study,
    /// The analysis of a recording.
    Analysis,
    /// A figure.
    Figure,
    /// A file.
    File,
    /// The job was interrupted.
    Interrupted,
}

impl Error {
    /// What the error is about.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        if self.is_interruption() {
            return ErrorKind::Interrupted;
        }
        if self.is_input_fault() {
            return ErrorKind::Input;
        }
        match self {
            Self::Model(_) | Self::Cell(_) | Self::Faults(_) | Self::Options(_) => ErrorKind::Input,
            Self::Stream(_)
            | Self::Verify(_)
            | Self::Plan(_)
            | Self::Protocol(_)
            | Self::Network(_) => ErrorKind::Run,
            Self::Theory(_) | Self::Family(_) | Self::Continuation(_) => ErrorKind::Theory,
            Self::Study(_)
            | Self::SweepPlan(_)
            | Self::CellSweep(_)
            | Self::Sweep(_)
            | Self::TransferScan(_)
            | Self::Morpho(_) => ErrorKind::Study,
            Self::Compare(_) | Self::Analysis(_) => ErrorKind::Analysis,
            Self::Figure(_) | Self::Connections(_) | Self::View(_) => ErrorKind::Figure,
            Self::File(_) | Self::ReadBack(_) | Self::WriteModel(_) => ErrorKind::File,
            Self::Interrupted(_) => ErrorKind::Interrupted,
        }
    }

    /// Whether the job was interrupted.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        match self {
            Self::Interrupted(_)
            | Self::Theory(TheoryError::Interrupted(_))
            | Self::Compare(CompareError::Theory(TheoryError::Interrupted(_)))
            | Self::Family(FamilyError::Theory(TheoryError::Interrupted(_)))
            | Self::Continuation(ContinuationError::Interrupted(_))
            | Self::Verify(
                VerifyError::Interrupted | VerifyError::Network(BuildError::Interrupted(_)),
            )
            | Self::Network(BuildError::Interrupted(_))
            | Self::Plan(PlanError::Network(BuildError::Interrupted(_)))
            | Self::Protocol(ProtocolError::Build(BuildError::Interrupted(_)))
            | Self::Connections(ConnectionFigureError::Network(BuildError::Interrupted(_)))
            | Self::File(FileError::Interrupted(_)) => true,
            Self::Stream(error) => error.is_interruption(),
            Self::Study(error) => error.is_interruption(),
            Self::Morpho(error) => error.is_interruption(),
            _ => false,
        }
    }

    /// Whether the model, the cell or an option is wrong, so that another input would help.
    #[must_use]
    pub fn is_input_fault(&self) -> bool {
        match self {
            Self::Model(_)
            | Self::Cell(_)
            | Self::Faults(_)
            | Self::Options(_)
            | Self::View(_)
            | Self::Protocol(
                ProtocolError::Cell(_)
                | ProtocolError::Setting { .. }
                | ProtocolError::Unknown { .. }
                | ProtocolError::Population { .. },
            )
            | Self::SweepPlan(SweepPlanError::Faults(_))
            | Self::CellSweep(
                CellSweepError::Plan(SweepPlanError::Faults(_)) | CellSweepError::Cell(_),
            )
            | Self::Sweep(
                SweepError::Store(
                    StoreError::Another { .. }
                    | StoreError::AnotherPart { .. }
                    | StoreError::Nothing { .. },
                )
                | SweepError::Share(_)
                | SweepError::FreshShare { .. },
            ) => true,
            Self::Stream(StreamError::Network(error))
            | Self::Verify(VerifyError::Network(error))
            | Self::Plan(PlanError::Network(error))
            | Self::Protocol(ProtocolError::Build(error))
            | Self::Connections(ConnectionFigureError::Network(error)) => error.is_input_fault(),
            Self::Family(error) => error.is_input_fault(),
            Self::TransferScan(error) => error.is_input_fault(),
            Self::Study(error) => error.is_input_fault(),
            Self::Morpho(error) => error.is_input_fault(),
            _ => false,
        }
    }
}
