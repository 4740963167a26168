//! Replacing a file in one step, so that a reader sees the old content or the new one and never a part.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind};
use std::path::{Path, PathBuf};
use std::process;

use crate::error::{Action, FileError};

/// Number of names tried for the temporary file before giving up.
const ATTEMPTS: u32 = 100;

/// Calls `fill` on a temporary file in the folder of `path`, flushes it to the disk and renames it to `path`.
///
/// # Errors
/// Whatever `fill` returns, or [`FileError::Io`]. The temporary file is removed and an existing `path` is untouched.
pub(crate) fn replace(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> Result<(), FileError>,
) -> Result<(), FileError> {
    replace_path_with(path, |temporary, file| write_through(temporary, file, fill))
}

/// As [`replace`], for a `fill` that opens the temporary file by its path and forces it to the disk itself.
///
/// # Errors
/// As [`replace`].
pub(crate) fn replace_path(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<(), FileError>,
) -> Result<(), FileError> {
    replace_path_with(path, |temporary, file| {
        drop(file);
        fill(temporary)
    })
}

fn replace_path_with(
    path: &Path,
    fill: impl FnOnce(&Path, File) -> Result<(), FileError>,
) -> Result<(), FileError> {
    let (temporary, file) = create_beside(path)?;
    let result = fill(&temporary, file).and_then(|()| {
        fs::rename(&temporary, path).map_err(|e| FileError::io(Action::Replace, path, e))
    });
    if result.is_err() {
        // The first error is the one to report; a left-over temporary file is not.
        let _ = fs::remove_file(&temporary);
    }
    result
}

fn write_through(
    temporary: &Path,
    file: File,
    fill: impl FnOnce(&mut BufWriter<File>) -> Result<(), FileError>,
) -> Result<(), FileError> {
    let mut buffer = BufWriter::new(file);
    fill(&mut buffer)?;
    let file =
        buffer.into_inner().map_err(|e| FileError::io(Action::Write, temporary, e.into_error()))?;
    file.sync_all().map_err(|e| FileError::io(Action::Write, temporary, e))
}

/// Creates `.<name>.<process>.<n>.tmp` beside `path`, with the permissions a new file would have.
fn create_beside(path: &Path) -> Result<(PathBuf, File), FileError> {
    let Some(name) = path.file_name() else {
        let source = io::Error::new(ErrorKind::InvalidInput, "the path names no file");
        return Err(FileError::io(Action::Create, path, source));
    };
    let mut attempt = 0;
    loop {
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.{attempt}.tmp", process::id()));
        let temporary = path.with_file_name(hidden);
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(e) if e.kind() == ErrorKind::AlreadyExists && attempt < ATTEMPTS => attempt += 1,
            Err(e) => return Err(FileError::io(Action::Create, &temporary, e)),
        }
    }
}
