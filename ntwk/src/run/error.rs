//! Why a run cannot be computed into its file, or resumed.

use std::path::PathBuf;

use ntwk_core::engine::connectivity::BuildError;
use ntwk_core::{CheckpointError, Faults};
use ntwk_io::FileError;

/// A run that cannot be started, or whose file cannot be completed.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The network cannot be built.
    #[error(transparent)]
    Network(#[from] BuildError),
    /// The file cannot be written or read back.
    #[error(transparent)]
    File(#[from] FileError),
    /// The model cannot be written as text.
    #[error(transparent)]
    Model(#[from] ntwk_io::model_file::WriteModelError),
    /// The run cannot go on from its checkpoint.
    #[error(transparent)]
    Resume(#[from] ResumeError),
    /// The ranks were given different models, or are different programs.
    #[error(
        "the ranks were given different models, or are different versions of ntwk: all must be the same"
    )]
    OtherModels,
    /// Another rank could not do its share, and says why.
    #[error("another rank could not do its share")]
    OtherRank,
}

impl StreamError {
    /// Whether the job was interrupted.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        matches!(
            self,
            Self::Network(BuildError::Interrupted(_)) | Self::File(FileError::Interrupted(_))
        )
    }
}

/// Why a run cannot go on from its checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// The model is not that of the checkpoint. Only `simulation.t_stop` may differ.
    #[error(
        "{}: the checkpoint is of another model; the first difference: it has `{kept}`, the model has `{given}`; only \
         simulation.t_stop may differ",
        path.display()
    )]
    Model {
        /// The checkpoint.
        path: PathBuf,
        /// First line of the checkpoint's model that differs.
        kept: String,
        /// The same line of the model.
        given: String,
    },
    /// The model stored in the checkpoint cannot be read.
    #[error("{}: the model stored in the checkpoint cannot be read: {faults}", path.display())]
    Stored {
        /// The checkpoint.
        path: PathBuf,
        /// Why.
        faults: Faults,
    },
    /// The run is to end before the checkpoint.
    #[error(
        "{}: the checkpoint is of t = {reached} ms and simulation.t_stop is {t_stop} ms; to prolong a run, set a later \
         t_stop", path.display()
    )]
    Over {
        /// The checkpoint.
        path: PathBuf,
        /// Time of the checkpoint (ms).
        reached: f64,
        /// End of the run (ms).
        t_stop: f64,
    },
    /// Recorded variables were written in another precision.
    #[error("{}: the run was started with {started} precision; resume it with the same", path.display())]
    Precision {
        /// The checkpoint.
        path: PathBuf,
        /// `"single"` or `"double"`.
        started: &'static str,
    },
    /// No result file reaches as far as the checkpoint.
    #[error(
        "{} holds no results up to the checkpoint (t = {reached} ms): neither {} nor {} does",
        folder.display(), partial.display(), file.display()
    )]
    Results {
        /// Folder of the run.
        folder: PathBuf,
        /// Time of the checkpoint (ms).
        reached: f64,
        /// The file of an unfinished run.
        partial: PathBuf,
        /// The file of a run that ended.
        file: PathBuf,
    },
    /// The state does not belong to the network.
    #[error(transparent)]
    State(#[from] CheckpointError),
}
