//! Replacing a file in one step, so that a reader sees the old content or the new one and never a part.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Action, FileError};

/// Writes a file whole: an existing one is replaced only by the complete new one.
///
/// A link keeps pointing where it did: the file behind it is replaced. What is no file (a terminal, a pipe) is written
/// to directly.
///
/// # Errors
/// [`FileError::Io`]; an existing file is then untouched.
pub fn write_file(path: &Path, content: &[u8]) -> Result<(), FileError> {
    replace(path, |out| out.write_all(content).map_err(|e| FileError::io(Action::Write, path, e)))
}

/// Calls `fill` on a temporary file in the folder of `path`, flushes it to the disk and renames it to `path`.
///
/// # Errors
/// Whatever `fill` returns, or [`FileError::Io`]. The temporary file is removed and an existing `path` is untouched.
pub(crate) fn replace(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<&mut File>) -> Result<(), FileError>,
) -> Result<(), FileError> {
    if is_device(path) {
        let file = OpenOptions::new().write(true).open(path);
        let mut file = file.map_err(|e| FileError::io(Action::Create, path, e))?;
        return write_through(path, &mut file, fill);
    }
    let target = target(path);
    let mut temporary = create_beside(&target)?;
    write_through(path, temporary.as_file_mut(), fill)?;
    let synced = temporary.as_file().sync_all();
    synced.map_err(|e| FileError::io(Action::Write, path, e))?;
    temporary.persist(&target).map_err(|e| FileError::io(Action::Replace, path, e.error))?;
    Ok(())
}

/// As [`replace`], for a `fill` that opens the temporary file by its path and forces it to the disk itself.
///
/// # Errors
/// As [`replace`].
pub(crate) fn replace_path(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<(), FileError>,
) -> Result<(), FileError> {
    let target = target(path);
    let temporary = create_beside(&target)?.into_temp_path();
    fill(&temporary)?;
    temporary.persist(&target).map_err(|e| FileError::io(Action::Replace, path, e.error))
}

fn write_through(
    path: &Path,
    file: &mut File,
    fill: impl FnOnce(&mut BufWriter<&mut File>) -> Result<(), FileError>,
) -> Result<(), FileError> {
    let mut buffer = BufWriter::new(file);
    fill(&mut buffer)?;
    buffer.flush().map_err(|e| FileError::io(Action::Write, path, e))
}

/// The file behind `path`, which may be a link to it.
fn target(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Removes the files in `folder` that this process has begun and not completed, for a program that ends while it writes.
pub fn remove_unfinished(folder: &Path) {
    let mark = process_mark();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.ends_with(UNFINISHED) && name.contains(&mark) {
            // What cannot be removed stays, as it would after a kill.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Ending of a file that is not complete.
const UNFINISHED: &str = ".tmp";

/// What the names of files begun by this process have in them.
fn process_mark() -> String {
    format!(".{}-", std::process::id())
}

/// An error without the name of the temporary file, which nobody asked for.
fn without_name(error: io::Error) -> io::Error {
    match error.kind() {
        kind @ ErrorKind::NotFound => io::Error::new(kind, "there is no such folder"),
        kind @ (ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::StorageFull
        | ErrorKind::NotADirectory) => kind.into(),
        _ => error,
    }
}

/// Creates `.<name>.<process>-<random>.tmp` beside `path`, with the permissions a new file would have.
fn create_beside(path: &Path) -> Result<NamedTempFile, FileError> {
    let Some(name) = path.file_name() else {
        let source = io::Error::new(ErrorKind::InvalidInput, "the path names no file");
        return Err(FileError::io(Action::Create, path, source));
    };
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(process_mark());
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(UNFINISHED);
    #[cfg(unix)]
    let builder = {
        use std::os::unix::fs::PermissionsExt;
        // What the user's mask takes off is taken off, as from any new file.
        builder.permissions(fs::Permissions::from_mode(0o666))
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    builder
        .tempfile_in(folder.unwrap_or(Path::new(".")))
        .map_err(|e| FileError::io(Action::Create, path, without_name(e)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        write_file(&path, b"old").unwrap();
        let failed = replace(&path, |out| {
            out.write_all(b"half of the new").unwrap();
            Err(FileError::Inconsistent { object: "a".to_owned(), problem: "b".to_owned() })
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        write_file(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["a.csv"]);
        let error = write_file(&folder.path().join("none/a.csv"), b"").unwrap_err().to_string();
        assert!(error.starts_with("cannot create ") && error.contains("none/a.csv"), "{error}");
        assert!(
            write_file(Path::new(".."), b"").is_err() && write_file(folder.path(), b"").is_err()
        );
    }

    #[test]
    fn what_was_begun_and_not_completed_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.csv", ".b.csv.tmp", ".c.csv.1-aBcDeF.tmp"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let unfinished = create_beside(&folder.path().join("a.csv")).unwrap();
        assert_eq!(names(folder.path()).len(), 4);
        remove_unfinished(folder.path());
        assert_eq!(names(folder.path()), [".b.csv.tmp", ".c.csv.1-aBcDeF.tmp", "a.csv"]);
        drop(unfinished);
        remove_unfinished(&folder.path().join("none"));
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_those_of_a_new_file_and_links_stay_links() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("plain"), "").unwrap();
        write_file(&at("ours"), b"1").unwrap();
        let mode = |name: &str| fs::metadata(at(name)).unwrap().permissions().mode();
        assert_eq!(mode("ours"), mode("plain"));
        symlink(at("ours"), at("link")).unwrap();
        write_file(&at("link"), b"2").unwrap();
        assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
        assert_eq!(fs::read(at("ours")).unwrap(), b"2");
        symlink("/dev/null", at("null")).unwrap();
        write_file(&at("null"), b"3").unwrap();
        assert!(fs::symlink_metadata(at("null")).unwrap().is_symlink());
    }
}
