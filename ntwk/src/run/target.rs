//! Where a run goes.

use std::path::PathBuf;

use ntwk_io::WriteOptions;

/// Where a run goes, and what is kept on the way.
#[derive(Debug, Clone)]
pub struct StreamPlan {
    /// The result file.
    pub file: PathBuf,
    /// How it is written.
    pub options: WriteOptions,
    /// Time between two checkpoints (ms), rounded to steps, at least one step; `None` keeps none.
    pub checkpoint: Option<f64>,
    /// Whether to go on from the checkpoint beside the result file.
    pub resume: bool,
}

impl StreamPlan {
    /// A run from the beginning, without checkpoints.
    #[must_use]
    pub fn new(file: PathBuf) -> Self {
        let options = WriteOptions::default();
        Self { file, options, checkpoint: None, resume: false }
    }

    /// The checkpoint: `<stem>.checkpoint` beside the result file.
    #[must_use]
    pub fn checkpoint_path(&self) -> PathBuf {
        self.file.with_extension("checkpoint")
    }

    /// Steps between two checkpoints at a step of `dt` (ms).
    pub(crate) fn boundary(&self, dt: f64) -> Option<u32> {
        self.checkpoint.map(|time| (time / dt).round().clamp(1.0, 4e9) as u32)
    }
}
