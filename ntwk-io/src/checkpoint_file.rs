//! The state of a run in a file, from which the run goes on with the same bits.
//!
//! Layout: eight bytes `NTWKCKP2`, the CRC-32 of the rest (4 bytes, little-endian), then a [`CheckpointFile`] in the
//! postcard format. The file is replaced in one step: there is always a whole one.

use std::io::Write;
use std::path::Path;

use ntwk_core::Checkpoint;
use serde::{Deserialize, Serialize};

use crate::atomic;
use crate::error::{Action, FileError};
use crate::hdf5_writer::Precision;

const MAGIC: &[u8; 8] = b"NTWKCKP2";
/// That of checkpoints of workers, which only as many threads could take up.
const EARLIER: &[u8; 8] = b"NTWKCKP1";

/// What a checkpoint file holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckpointFile {
    /// Version of the program that wrote it; the layout of the state may differ in another one.
    pub version: String,
    /// The resolved model in TOML.
    pub model: String,
    /// Whether the recorded variables are written with 8 bytes (else with 4).
    pub double_precision: bool,
    /// The state.
    pub checkpoint: Checkpoint,
}

impl CheckpointFile {
    /// Precision of the recorded variables.
    #[must_use]
    pub fn precision(&self) -> Precision {
        if self.double_precision { Precision::Double } else { Precision::Single }
    }
}

/// Writes a checkpoint.
///
/// # Errors
/// [`FileError::Io`]; an earlier checkpoint at `path` then stays.
pub fn write_checkpoint(path: &Path, content: &CheckpointFile) -> Result<(), FileError> {
    let body = postcard::to_stdvec(content).map_err(|e| problem(path, e.to_string()))?;
    atomic::replace(path, |out| {
        [MAGIC.as_slice(), &crc32fast::hash(&body).to_le_bytes(), &body]
            .into_iter()
            .try_for_each(|part| out.write_all(part))
            .map_err(|e| FileError::io(Action::Write, path, e))
    })
}

/// Reads a checkpoint.
///
/// # Errors
/// [`FileError::Io`]; [`FileError::Checkpoint`] for a file that is not one, or not as it was written.
pub fn read_checkpoint(path: &Path) -> Result<CheckpointFile, FileError> {
    let bytes = std::fs::read(path).map_err(|e| FileError::io(Action::Read, path, e))?;
    if bytes.starts_with(EARLIER) {
        let advice = "an earlier version of ntwk wrote it, in a layout of its threads: finish the run with that version, or begin anew";
        return Err(problem(path, advice.to_owned()));
    }
    let body = bytes
        .strip_prefix(MAGIC)
        .ok_or_else(|| problem(path, "it does not begin as one".to_owned()))?;
    let (checksum, body) = body
        .split_first_chunk::<4>()
        .ok_or_else(|| problem(path, "it ends too early".to_owned()))?;
    if u32::from_le_bytes(*checksum) != crc32fast::hash(body) {
        return Err(problem(path, "its content is damaged (the checksum differs)".to_owned()));
    }
    postcard::from_bytes(body)
        .map_err(|e| problem(path, format!("written by another version of ntwk ({e})")))
}

fn problem(path: &Path, problem: String) -> FileError {
    FileError::Checkpoint { path: path.to_owned(), problem }
}
