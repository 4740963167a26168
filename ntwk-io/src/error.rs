//! What can go wrong with a result file.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A result file could not be written, opened or understood. Every variant that concerns a file names it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The operating system refused (no such file, no permission, disk full, ...).
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done.
        action: Action,
        /// The file it was done to.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The file is not HDF5, is damaged, or uses a part of HDF5 that cannot be read or written.
    #[error("{}: {object}: {source}", path.display())]
    Hdf5 {
        /// The file.
        path: PathBuf,
        /// Path of the object inside the file.
        object: String,
        /// The HDF5 library's answer.
        source: Box<hdf5::Error>,
    },
    /// A file of results was expected and this is none.
    #[error("{} is {found}; expected an HDF5 file, such as the results.h5 of a run", path.display())]
    NotHdf5 {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        found: &'static str,
    },
    /// A group, dataset or attribute that this kind of file must hold is absent.
    #[error("{}: there is no {object}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// Path of the absent object inside the file; an attribute is written `object@name`.
        object: String,
    },
    /// An object is there with the wrong shape, type or value.
    #[error("{}: {object} is {found}, expected {expected}", path.display())]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// Path of the object inside the file.
        object: String,
        /// What the layout asks for.
        expected: String,
        /// What the file holds.
        found: String,
    },
    /// A dataset declares more data than a file of this size can hold: the file is damaged or truncated.
    #[error("{}: {object} declares {declared} bytes, more than a file of {file} bytes can hold", path.display())]
    Oversized {
        /// The file.
        path: PathBuf,
        /// Path of the dataset inside the file.
        object: String,
        /// Bytes the dataset declares (`u64::MAX` when the product overflows).
        declared: u64,
        /// Size of the file (bytes).
        file: u64,
    },
    /// A name cannot be the name of an HDF5 object.
    #[error("the name {name:?} of a {kind} cannot be used in a file: {reason}")]
    Name {
        /// What is named: `"population"`, `"variable"`, ...
        kind: &'static str,
        /// The name.
        name: String,
        /// Why not.
        reason: &'static str,
    },
    /// Two parts of one result would be stored under the same path.
    #[error("two results would be stored as {object}")]
    Repeated {
        /// The path inside the file.
        object: String,
    },
    /// Arrays given for writing do not fit together.
    #[error("{object}: {problem}")]
    Inconsistent {
        /// What is being written.
        object: String,
        /// What does not fit.
        problem: String,
    },
    /// A file is not a checkpoint, is damaged, or comes from a version with another layout.
    #[error("{}: not a usable checkpoint: {problem}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A file is not a part of a scan, is damaged, or another version of ntwk writes it.
    #[error("{}: not a usable part of a scan: {problem}", path.display())]
    Part {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The job was interrupted while a file was laid out.
    #[error(transparent)]
    Interrupted(#[from] ntwk_core::Interrupted),
    /// A file is not a readable NPY array of numbers.
    #[error("{}: not a readable NPY array: {problem}", path.display())]
    Npy {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the values found.
        problem: String,
    },
}

/// What was being done to a file when the operating system refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Opening or reading an existing file.
    Read,
    /// Creating the temporary file beside the final one.
    Create,
    /// Writing the content.
    Write,
    /// Giving the finished file its final name.
    Replace,
    /// Removing a file.
    Remove,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Write => "write",
            Self::Replace => "replace",
            Self::Remove => "remove",
        })
    }
}

impl FileError {
    /// An operating-system error while doing `action` to `path`.
    pub(crate) fn io(action: Action, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }

    /// An error of the HDF5 library about `object`; one that only wraps the operating system's is unwrapped.
    pub(crate) fn hdf5(action: Action, path: &Path, object: &str, source: hdf5::Error) -> Self {
        match source {
            hdf5::Error::Io(source) => Self::io(action, path, source),
            source if source.to_string().contains("unexpected EOF") => {
                let reason = "it is cut off (a copy or a download that did not end?)";
                Self::io(action, path, io::Error::new(io::ErrorKind::UnexpectedEof, reason))
            }
            source => Self::Hdf5 {
                path: path.to_owned(),
                object: object.to_owned(),
                source: Box::new(source),
            },
        }
    }
}
