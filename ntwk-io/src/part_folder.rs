//! The parts of a scan that several processes compute, in a folder beside its file.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::error::{Action, FileError};
use crate::part_file::{PART, PartPoint, PartQuantity, PartReader};

/// Name of the file that is locked while the parts are merged.
const MERGING: &str = "merging";
/// Folder of the claims.
pub(crate) const CLAIMS: &str = "claims";
/// Time after which a process merges although another holds the lock, which only spares work.
const PATIENCE: Duration = Duration::from_secs(10);

/// The folder of parts beside the file of a scan: `scan.parts` of `scan.h5`.
#[derive(Debug)]
pub struct PartFolder {
    path: PathBuf,
    parts: BTreeMap<String, PartReader>,
}

impl PartFolder {
    /// The parts of the scan whose file is `scan`; nothing is read yet.
    #[must_use]
    pub fn of(scan: &Path) -> Self {
        Self { path: scan.with_extension("parts"), parts: BTreeMap::new() }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The parts by name, in ascending order, as far as they were read.
    pub fn parts(&self) -> impl Iterator<Item = (&str, &PartReader)> {
        self.parts.iter().map(|(name, part)| (name.as_str(), part))
    }

    /// A part by name.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<&PartReader> {
        self.parts.get(name)
    }

    /// Calls `each` with the name of the part for every point that was added since the last time, but those of the part
    /// `own`. Parts come in the ascending order of their names.
    ///
    /// # Errors
    /// [`FileError`] of the first part that cannot be read, or that another version of ntwk wrote.
    pub fn read_on(
        &mut self,
        version: &str,
        own: Option<&str>,
        mut each: impl FnMut(&str, &[PartQuantity], PartPoint),
    ) -> Result<(), FileError> {
        for name in names(&self.path)? {
            if own != Some(name.as_str()) && !self.parts.contains_key(&name) {
                let reader = PartReader::new(self.path.join(&name));
                self.parts.insert(name, reader);
            }
        }
        for (name, part) in &mut self.parts {
            part.read_on(version, |quantities, point| each(name, quantities, point))?;
        }
        Ok(())
    }

    /// Whether there is a folder.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.path.is_dir()
    }

    /// Removes all parts but `own`, then claims and the folder, unless there is `own`.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn remove(&mut self, own: Option<&str>) -> Result<(), FileError> {
        self.parts.clear();
        for name in names(&self.path)?.iter().filter(|name| own != Some(name.as_str())) {
            remove_file(&self.path.join(name))?;
        }
        if own.is_some() {
            return Ok(());
        }
        // Claims and the lock are no results, and a process that begins now may use them.
        let _ = fs::remove_dir_all(self.path.join(CLAIMS));
        let _ = fs::remove_file(self.path.join(MERGING));
        let _ = fs::remove_dir(&self.path);
        Ok(())
    }

    /// Waits until no other process merges these parts; while the file that is returned lives, others wait. `None` where there is
    /// no folder, no lock, or where another process holds it for long: merging twice gives the same bits.
    #[must_use]
    pub fn lock(&self) -> Option<File> {
        let path = self.path.join(MERGING);
        let file = OpenOptions::new().create(true).append(true).open(path).ok()?;
        let begin = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Some(file),
                Err(TryLockError::WouldBlock) if begin.elapsed() < PATIENCE => {
                    sleep(Duration::from_millis(20));
                }
                Err(_) => return None,
            }
        }
    }
}

/// Removes a file; one that is not there is no error.
///
/// # Errors
/// [`FileError::Io`].
pub fn remove_file(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(FileError::io(Action::Remove, path, e)),
        _ => Ok(()),
    }
}

/// Names of the parts in a folder, which may not exist.
fn names(folder: &Path) -> Result<Vec<String>, FileError> {
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|e| FileError::io(Action::Read, folder, e))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| FileError::io(Action::Read, folder, e))?;
        if Path::new(&entry.file_name()).extension().is_some_and(|e| e == PART) {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}
