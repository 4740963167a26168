//! Failures of a command and their exit codes.

use std::path::{Path, PathBuf};

use ntwk::core::engine::connectivity::BuildError;
use ntwk::run::error::StreamError;
use ntwk::studies::StudyError;
use ntwk::studies::options::InvalidOptions;
use ntwk::sweep::run::SweepOutcome;

use crate::interruption::{self, INTERRUPTED};

/// Why a command ended without success.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The library failed.
    #[error("{}", in_words(.0))]
    Library(ntwk::Error),
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
    /// Ctrl-C came before there was more to keep than what was stored before.
    #[error("{}", interruption::kept())]
    Interrupted,
    /// Ctrl-C came before the first point of a scan was known.
    #[error("interrupted with 0 of {points} points known; nothing was stored")]
    NoPoints {
        /// How many there are.
        points: usize,
    },
    /// The run failed before there was anything to keep.
    #[error("{reason}; nothing was stored")]
    Empty {
        /// Why.
        reason: String,
    },
    /// A stored run is not what its model gives.
    #[error("{}: not the same bits: {difference}", file.display())]
    Different {
        /// The file.
        file: PathBuf,
        /// The first difference.
        difference: String,
    },
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
    /// A file cannot be written.
    #[error("cannot write {}: {source}", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another rank says why, and ends with the exit code of that: the launcher would kill it if this one ended with a code first.
    #[error("another rank ended the run")]
    OtherRank,
    /// A summary cannot be written as JSON.
    #[error("cannot write the summary: {0}")]
    Summary(serde_json::Error),
}

impl<E> From<E> for Failure
where
    ntwk::Error: From<E>,
{
    fn from(error: E) -> Self {
        let error = ntwk::Error::from(error);
        if error.is_interruption() { Self::Interrupted } else { Self::Library(error) }
    }
}

/// The error, with options called as they are on the command line.
fn in_words(error: &ntwk::Error) -> String {
    match error {
        ntwk::Error::Options(invalid) | ntwk::Error::Study(StudyError::Options(invalid)) => {
            arguments(invalid)
        }
        other => other.to_string(),
    }
}

fn arguments(invalid: &InvalidOptions) -> String {
    let line = |fault: &ntwk::studies::options::OptionFault| {
        fault.called(&format!("--{}", fault.option.replace('_', "-")))
    };
    invalid.faults.iter().map(line).collect::<Vec<_>>().join("\n")
}

impl Failure {
    /// What the end of a scan means for the command: nothing when all points of its share are known.
    pub(crate) fn of_points(outcome: &SweepOutcome) -> Result<(), Self> {
        if outcome.interrupted {
            let known = outcome.resumed + outcome.computed;
            return Err(Self::interrupted_points(known, outcome.share, &outcome.stored));
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

    /// What the end of a scan into `file` means that was interrupted.
    pub(crate) fn interrupted_points(known: usize, points: usize, file: &Path) -> Self {
        if known == 0 {
            return Self::NoPoints { points };
        }
        let reason = format!(
            "interrupted with {known} of {points} points known; the same command, without --fresh, goes on"
        );
        Self::Stopped { reason, interrupted: true, file: file.to_owned() }
    }

    /// 2 for a model or an argument that is wrong, 130 for an interruption, 1 for everything else.
    pub(crate) fn exit_code(&self) -> i32 {
        match self {
            Self::Argument(_) => 2,
            Self::Library(error) if error.is_input_fault() => 2,
            Self::Stopped { interrupted: true, .. } | Self::Interrupted | Self::NoPoints { .. } => {
                INTERRUPTED
            }
            Self::OtherRank => 0,
            _ => 1,
        }
    }

    /// Whether the reason is one of another rank, which says it.
    pub(crate) fn is_of_another_rank(&self) -> bool {
        matches!(
            self,
            Self::Library(ntwk::Error::Stream(
                StreamError::OtherRank | StreamError::Network(BuildError::OtherRank)
            )) | Self::OtherRank
        )
    }
}
