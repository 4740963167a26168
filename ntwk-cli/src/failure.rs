//! Failures of a command and their exit codes.

use std::path::{Path, PathBuf};

use ntwk::compare::CompareError;
use ntwk::figures::connectivity::ConnectionFigureError;
use ntwk::figures::overview::FigureError;
use ntwk::report::results::ReadBackError;
use ntwk::run::plan::PlanError;
use ntwk::run::stream::StreamError;
use ntwk::run::verify::VerifyError;
use ntwk::studies::family::FamilyError;
use ntwk::studies::morpho::MorphoError;
use ntwk::sweep::cell::CellScanError;
use ntwk::sweep::points::ScanPlanError;
use ntwk::sweep::run::{ScanError, ScanOutcome};
use ntwk::sweep::store::StoreError;
use ntwk::sweep::transfer_scan::TransferScanError;
use ntwk_analysis::AnalysisError;
use ntwk_core::Faults;
use ntwk_io::{CellFileError, FileError, ModelFileError};
use ntwk_meanfield::ContinuationError;
use ntwk_meanfield::prediction::predict::TheoryError;

/// Exit code of a command that Ctrl-C ended.
pub(crate) const INTERRUPTED: i32 = 130;

/// Why a command ended without success.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The model file cannot be read or has faults.
    #[error(transparent)]
    Model(#[from] ModelFileError),
    /// The cell file or its SWC file cannot be read or has faults.
    #[error(transparent)]
    Cell(#[from] CellFileError),
    /// The cell file does not fit its morphology.
    #[error(transparent)]
    CellFaults(#[from] Faults),
    /// A study of a morphological cell failed.
    #[error(transparent)]
    Morpho(MorphoError),
    /// A single-cell protocol failed.
    #[error(transparent)]
    Protocol(ntwk_cells::protocol::ProtocolError),
    /// An argument names something that does not exist.
    #[error("{0}")]
    Argument(String),
    /// The run stopped; what came before is in the files.
    #[error("{reason}; what was computed before is in {}", file.display())]
    Stopped {
        /// Why.
        reason: String,
        /// Whether the user asked for it.
        interrupted: bool,
        /// Where the partial results are.
        file: PathBuf,
    },
    /// Ctrl-C came before there was anything to keep.
    #[error("interrupted; nothing was stored")]
    Interrupted,
    /// The connectivity cannot be drawn.
    #[error(transparent)]
    Connections(#[from] ConnectionFigureError),
    /// A run cannot be written.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// A run cannot be verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// A stored run is not what its model gives.
    #[error("{}: not the same bits: {difference}", file.display())]
    Different {
        /// The file.
        file: PathBuf,
        /// The first difference.
        difference: String,
    },
    /// A plan cannot be made.
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
    /// The comparison failed.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// A recording cannot be analysed.
    #[error("the run cannot be analysed: {0}")]
    Analysis(#[from] AnalysisError),
    /// Points of a scan failed; the others are stored.
    #[error(
        "{failed} points failed (the array error of the scan's file says why; --retry-failed computes them again); first: {first}"
    )]
    Points {
        /// How many.
        failed: usize,
        /// The first, with its error.
        first: String,
    },
    /// A scan cannot go on.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// The scan of a transfer function cannot be done.
    #[error(transparent)]
    TransferScan(#[from] TransferScanError),
    /// A scan cannot be planned.
    #[error(transparent)]
    ScanPlan(#[from] ScanPlanError),
    /// A scan of a cell cannot be planned.
    #[error(transparent)]
    CellScanPlan(#[from] CellScanError),
    /// A figure failed.
    #[error(transparent)]
    Figure(#[from] FigureError),
    /// A results file cannot be read or written.
    #[error(transparent)]
    Results(#[from] FileError),
    /// A file cannot be written.
    #[error("cannot write {}: {source}", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The model cannot be written as text.
    #[error(transparent)]
    WriteModel(#[from] ntwk_io::model_file::WriteModelError),
    /// A summary cannot be written as JSON.
    #[error("cannot write the summary: {0}")]
    Summary(#[from] serde_json::Error),
}

impl From<MorphoError> for Failure {
    fn from(error: MorphoError) -> Self {
        match error {
            MorphoError::Faults(faults) => Self::CellFaults(faults),
            MorphoError::Description(error) => Self::Cell(error),
            MorphoError::Store(error) => Self::Scan(error),
            error => Self::Morpho(error),
        }
    }
}

impl Failure {
    /// What the end of a scan into `file` means for the command: nothing when all points are known.
    pub(crate) fn of_points(outcome: &ScanOutcome, file: &Path) -> Result<(), Self> {
        if outcome.interrupted {
            let known = outcome.resumed + outcome.computed;
            let reason = format!(
                "interrupted with {known} of {} points known; the same command goes on",
                outcome.points
            );
            return Err(Self::Stopped { reason, interrupted: true, file: file.to_owned() });
        }
        match outcome.failed.first() {
            None => Ok(()),
            Some((changes, error)) => {
                let point: Vec<String> = changes.iter().map(|(k, v)| format!("{k}={v}")).collect();
                let first = format!("{}: {error}", point.join(" "));
                Err(Self::Points { failed: outcome.failed.len(), first })
            }
        }
    }

    /// 2 for a model or an argument that is wrong, 130 for an interruption, 1 for everything else.
    pub(crate) fn exit_code(&self) -> i32 {
        match self {
            Self::Morpho(error) if error.is_argument() => 2,
            Self::Morpho(error) if error.is_interruption() => INTERRUPTED,
            Self::Model(_)
            | Self::Cell(_)
            | Self::CellFaults(_)
            | Self::Argument(_)
            | Self::ScanPlan(ScanPlanError::Faults(_))
            | Self::CellScanPlan(
                CellScanError::Plan(ScanPlanError::Faults(_)) | CellScanError::Cell(_),
            )
            | Self::Family(
                FamilyError::Plan(ScanPlanError::Faults(_))
                | FamilyError::Faults(_)
                | FamilyError::NotNumbers { .. }
                | FamilyError::Steps { .. }
                | FamilyError::Table { .. }
                | FamilyError::Cells { .. },
            )
            | Self::TransferScan(
                TransferScanError::Store(StoreError::Another { .. })
                | TransferScanError::Measured { .. }
                | TransferScanError::Axis { .. }
                | TransferScanError::Fluctuations(_),
            )
            | Self::Scan(ScanError::Store(StoreError::Another { .. })) => 2,
            Self::Stopped { interrupted: true, .. }
            | Self::Interrupted
            | Self::Theory(TheoryError::Interrupted(_))
            | Self::Compare(CompareError::Theory(TheoryError::Interrupted(_)))
            | Self::Family(FamilyError::Theory(TheoryError::Interrupted(_)))
            | Self::Verify(VerifyError::Interrupted) => INTERRUPTED,
            _ => 1,
        }
    }
}
