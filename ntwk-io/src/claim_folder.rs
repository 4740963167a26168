//! Claims of processes on pieces of a scan, so that they share it as they come: who creates the file of a piece has it.
//!
//! A claim spares work and guarantees nothing: a piece that two processes compute gives the same points twice. A claim is
//! renewed while its process lives; one that is not renewed for ten intervals, or whose process on this machine has ended, is
//! given to another: it is renamed first, which one process alone can do.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::part_file::{host_name, unique};
use crate::part_folder::{CLAIMS, PartFolder};

/// Time after which a claim is renewed.
pub const INTERVAL: Duration = Duration::from_secs(10);
/// Intervals after which a claim that was not renewed has no owner.
const STALE: u32 = 10;

/// The claims on the pieces of a scan.
#[derive(Debug)]
pub struct ClaimFolder {
    path: PathBuf,
    host: String,
    held: Mutex<Vec<(usize, File)>>,
}

/// A piece that this process has; given back when it goes out of scope.
#[derive(Debug)]
pub struct Claim<'a> {
    folder: &'a ClaimFolder,
    piece: usize,
}

impl ClaimFolder {
    /// The claims beside the parts of a scan.
    #[must_use]
    pub fn of(parts: &PartFolder) -> Self {
        Self { path: parts.path().join(CLAIMS), host: host_name(), held: Mutex::new(Vec::new()) }
    }

    /// Claims a piece; `None` where a process that lives has it.
    #[must_use]
    pub fn claim(&self, piece: usize) -> Option<Claim<'_>> {
        let path = self.file(piece);
        let file = self.create(&path).or_else(|| {
            if !self.is_abandoned(&path) {
                return None;
            }
            let aside = path.with_extension(unique());
            fs::rename(&path, &aside).ok()?;
            // A name of its own, which nobody looks for.
            let _ = fs::remove_file(&aside);
            self.create(&path)
        })?;
        self.held.lock().unwrap_or_else(PoisonError::into_inner).push((piece, file));
        Some(Claim { folder: self, piece })
    }

    /// Renews the claims of this process.
    pub fn renew(&self) {
        for (_, file) in self.held.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            // A claim that cannot be renewed is lost, which costs time and nothing else.
            let _ = self.write(file);
        }
    }

    fn file(&self, piece: usize) -> PathBuf {
        self.path.join(piece.to_string())
    }

    fn create(&self, path: &Path) -> Option<File> {
        let open = || OpenOptions::new().write(true).create_new(true).open(path);
        let mut file = match open() {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                fs::create_dir_all(&self.path).ok()?;
                open().ok()?
            }
            file => file.ok()?,
        };
        // The name of the machine comes after the lock: who reads it may trust the lock.
        let _ = file.try_lock();
        self.write(&mut file).ok()?;
        Some(file)
    }

    /// Writes the owner; the server notes the time.
    fn write(&self, file: &mut File) -> std::io::Result<()> {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(format!("{} {}\n", self.host, std::process::id()).as_bytes())?;
        file.sync_data()
    }

    /// Whether the process of a claim has ended, as far as one can see from here.
    fn is_abandoned(&self, path: &Path) -> bool {
        let Ok(mut file) = File::open(path) else { return false };
        let mut owner = String::new();
        let of_here = file.read_to_string(&mut owner).is_ok()
            && owner.split_whitespace().next() == Some(&self.host);
        if of_here {
            return match file.try_lock_shared() {
                Ok(()) => true,
                Err(TryLockError::WouldBlock) => false,
                Err(TryLockError::Error(_)) => self.is_old(&file),
            };
        }
        self.is_old(&file)
    }

    /// Whether a claim was not renewed for long, by the clock of the file system: those of machines differ.
    fn is_old(&self, claim: &File) -> bool {
        let now = self.path.join(format!("clock-{}", unique()));
        let time = |file: std::io::Result<File>| file.and_then(|f| f.metadata()?.modified()).ok();
        let clock = time(File::create(&now)).unwrap_or_else(SystemTime::now);
        let _ = fs::remove_file(&now);
        let renewed = claim.metadata().and_then(|m| m.modified());
        renewed.is_ok_and(|at| clock.duration_since(at).is_ok_and(|age| age > INTERVAL * STALE))
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        // Removed while it is locked: nobody takes it for one whose process has ended.
        let _ = fs::remove_file(self.folder.file(self.piece));
        let held = &self.folder.held;
        held.lock().unwrap_or_else(PoisonError::into_inner).retain(|h| h.0 != self.piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_claimed_once_and_again_when_its_process_has_gone() {
        let folder = tempfile::tempdir().unwrap();
        let parts = PartFolder::of(&folder.path().join("scan.h5"));
        let (a, b) = (ClaimFolder::of(&parts), ClaimFolder::of(&parts));
        let claim = a.claim(3).unwrap();
        assert!(b.claim(3).is_none() && b.claim(4).is_some());
        a.renew();
        assert!(b.claim(3).is_none());
        drop(claim);
        assert!(b.claim(3).is_some());
        // A process of this machine that was killed: the file without its lock.
        let left = a.file(5);
        fs::write(&left, format!("{} 1\n", a.host)).unwrap();
        let stolen = b.claim(5).unwrap();
        assert!(a.claim(5).is_none());
        drop(stolen);
        // Of another machine: after a hundred seconds, not before.
        fs::write(&left, "elsewhere 1\n").unwrap();
        assert!(a.claim(5).is_none());
        let file = File::options().write(true).open(&left).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(120)).unwrap();
        assert!(a.claim(5).is_some());
        assert_eq!(fs::read_dir(folder.path().join("scan.parts/claims")).unwrap().count(), 0);
    }
}
