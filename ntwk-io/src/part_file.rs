//! A part of a scan: what one process has computed of it, appended point by point.
//!
//! # Layout
//! Eight bytes `NTWKPRT1`, then frames: the length of the body (4 bytes, little-endian), its CRC-32 (4 bytes), the body in the
//! postcard format. The first frame is the version of ntwk as a text, which no version changes; the second a [`PartHeader`];
//! then come entries: what the quantities of the points that follow are, points, and the end. Frames are only appended, each
//! with one write, so that a process that is killed leaves whole points and at most one torn frame, which is left out. Every
//! process writes a part of its own, since several hosts cannot append to one file of a network file system.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use crate::error::{Action, FileError};
use crate::provenance::Provenance;
use crate::run_file::ModelText;
use crate::scan_file::{ScanData, StudyText};

const MAGIC: &[u8; 8] = b"NTWKPRT1";
/// Ending of the name of a part.
pub(crate) const PART: &str = "part";
/// Bytes before the body of a frame.
const FRAME_HEAD: usize = 8;
/// Time between two times that the points are forced to the disk.
const SYNC: Duration = Duration::from_secs(3);
/// Attempts to create a part in a folder that another process removes.
const ATTEMPTS: usize = 20;

/// Who computes a part, and of which scan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PartHeader {
    /// Name of the machine.
    pub host: String,
    /// Number of the process on it.
    pub process: u32,
    /// Start (s since 1970).
    pub began: f64,
    /// Which points it computes, in words.
    pub share: String,
    /// Program, seed, threads, instruction sets.
    pub origin: Provenance,
    /// The model with what varies in it.
    pub model: ModelText,
    /// What study the points are of.
    pub study: StudyText,
    /// How many of the axes number the points.
    pub dimensions: usize,
    /// The axes, and the arrays known from the start.
    pub known: ScanData,
}

impl PartHeader {
    /// Who computes, in words.
    #[must_use]
    pub fn author(&self) -> String {
        format!("host {}, process {}, begun {}", self.host, self.process, self.origin.started)
    }
}

/// A quantity of the points of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartQuantity {
    /// Name of the array.
    pub name: String,
    /// What it is.
    pub label: String,
    /// Unit (`1` for none).
    pub unit: String,
    /// Axis inside the point.
    pub along: Option<String>,
    /// Number of values.
    pub length: usize,
}

/// A point of a part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PartPoint {
    /// Number of the point.
    pub index: usize,
    /// Wall-clock time it took (s).
    pub seconds: f64,
    /// When it was known (s since 1970).
    pub at: f64,
    /// Values of the quantities, one after the other; or why it failed.
    pub outcome: Result<Vec<f64>, String>,
}

#[derive(Serialize, Deserialize)]
enum Entry {
    Quantities(Vec<PartQuantity>),
    Point(PartPoint),
    End,
}

/// Seconds since 1970.
#[must_use]
pub fn unix_seconds(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}

/// Name of this machine.
#[must_use]
pub fn host_name() -> String {
    sysinfo::System::host_name().unwrap_or_else(|| "localhost".to_owned())
}

/// A number that no other process draws.
pub(crate) fn unique() -> String {
    use std::hash::{BuildHasher, Hasher};
    let hasher = std::collections::hash_map::RandomState::new().build_hasher();
    format!("{:08x}", hasher.finish() as u32)
}

/// The part that this process writes.
#[derive(Debug)]
pub struct PartWriter {
    path: PathBuf,
    file: File,
    quantities: Vec<PartQuantity>,
    /// Bytes of whole frames.
    length: u64,
    synced: Instant,
}

impl PartWriter {
    /// Begins a part in `folder`, which is made when there is none.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn create(folder: &Path, header: &PartHeader) -> Result<Self, FileError> {
        let (path, file) = new_part(folder, header)?;
        // Held while this process lives, so that others see who is at work. Some file systems have no locks.
        let _ = file.try_lock();
        let synced = Instant::now();
        let mut part = Self { path, file, quantities: Vec::new(), length: 0, synced };
        let mut bytes = MAGIC.to_vec();
        bytes.extend(frame(&part.path, &header.origin.version)?);
        bytes.extend(frame(&part.path, header)?);
        part.append(&bytes)?;
        Ok(part)
    }

    /// Name of the file.
    #[must_use]
    pub fn name(&self) -> String {
        file_name(&self.path)
    }

    /// Appends a point whose values are those of `quantities`.
    ///
    /// # Errors
    /// [`FileError::Io`]; the part then ends with the point before.
    pub fn add(&mut self, quantities: &[PartQuantity], point: PartPoint) -> Result<(), FileError> {
        let mut bytes = Vec::new();
        let others = point.outcome.is_ok() && self.quantities != quantities;
        if others {
            bytes.extend(frame(&self.path, &Entry::Quantities(quantities.to_vec()))?);
        }
        bytes.extend(frame(&self.path, &Entry::Point(point))?);
        self.append(&bytes)?;
        if others {
            self.quantities = quantities.to_vec();
        }
        if self.synced.elapsed() >= SYNC {
            self.sync()?;
        }
        Ok(())
    }

    /// Says that this process adds nothing more.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn finish(mut self) -> Result<(), FileError> {
        let end = frame(&self.path, &Entry::End)?;
        self.append(&end)?;
        self.sync()
    }

    /// Removes the part.
    pub fn discard(self) {
        // What cannot be removed stays: a part without points harms nobody.
        let _ = fs::remove_file(&self.path);
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        if let Err(e) = self.file.write_all(bytes) {
            // Without the torn frame what would follow it could be read.
            let _ = self.file.set_len(self.length);
            return Err(FileError::io(Action::Write, &self.path, e));
        }
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn sync(&mut self) -> Result<(), FileError> {
        self.synced = Instant::now();
        self.file.sync_data().map_err(|e| FileError::io(Action::Write, &self.path, e))
    }
}

fn new_part(folder: &Path, header: &PartHeader) -> Result<(PathBuf, File), FileError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let host: String = header.host.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    let (time, process) = (header.origin.started.replace([':', '-'], ""), header.process);
    let mut attempt = 0;
    loop {
        fs::create_dir_all(folder).map_err(|e| FileError::io(Action::Create, folder, e))?;
        let path = folder.join(format!("{time}-{host}-{process}-{}.{PART}", unique()));
        match OpenOptions::new().append(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            // Another process that had all points removed the folder, or has the name.
            Err(e)
                if attempt < ATTEMPTS
                    && matches!(e.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists) =>
            {
                attempt += 1;
            }
            Err(e) => return Err(FileError::io(Action::Create, &path, e)),
        }
    }
}

fn frame(path: &Path, content: &impl Serialize) -> Result<Vec<u8>, FileError> {
    let body = postcard::to_stdvec(content).map_err(|e| problem(path, e.to_string()))?;
    let length = u32::try_from(body.len())
        .map_err(|_| problem(path, "one point has more than 4 GiB".to_owned()))?;
    let mut bytes = length.to_le_bytes().to_vec();
    bytes.extend(crc32fast::hash(&body).to_le_bytes());
    bytes.extend(body);
    Ok(bytes)
}

/// The first whole frame of `bytes`: its body and its length with its head; `None` where there is none yet.
fn first_frame(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (sum, rest) = rest.split_first_chunk::<4>()?;
    let body = rest.get(..u32::from_le_bytes(*length) as usize)?;
    (crc32fast::hash(body) == u32::from_le_bytes(*sum)).then_some((body, FRAME_HEAD + body.len()))
}

fn problem(path: &Path, problem: String) -> FileError {
    FileError::Part { path: path.to_owned(), problem }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// A part that is read, again and again while its process adds to it.
#[derive(Debug)]
pub struct PartReader {
    path: PathBuf,
    header: Option<PartHeader>,
    quantities: Vec<PartQuantity>,
    /// Bytes of the whole frames that were read.
    read: u64,
    /// Bytes after them.
    rest: u64,
    finished: bool,
    versioned: bool,
}

impl PartReader {
    /// The part at `path`, of which nothing is read yet.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            header: None,
            quantities: Vec::new(),
            read: 0,
            rest: 0,
            finished: false,
            versioned: false,
        }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Who computes it; `None` where the file ends before.
    #[must_use]
    pub fn header(&self) -> Option<&PartHeader> {
        self.header.as_ref()
    }

    /// Whether its process said that it adds nothing more.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Bytes at its end that are no whole point: it is being written, or its process was killed while it wrote.
    #[must_use]
    pub fn torn(&self) -> u64 {
        self.rest
    }

    /// Whether its process lives; `None` where the file system does not say.
    #[must_use]
    pub fn is_at_work(&self) -> Option<bool> {
        match File::open(&self.path).ok()?.try_lock_shared() {
            Ok(()) => Some(false),
            Err(TryLockError::WouldBlock) => Some(true),
            Err(TryLockError::Error(_)) => None,
        }
    }

    /// Calls `each` for every point that was added since the last time; a file that has gone has none.
    ///
    /// # Errors
    /// [`FileError::Io`]; [`FileError::Part`] for a file that is no part, or one of another version of ntwk.
    pub fn read_on(
        &mut self,
        version: &str,
        mut each: impl FnMut(&[PartQuantity], PartPoint),
    ) -> Result<(), FileError> {
        let bytes = match self.added() {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
            // The server of a network file system replaced what the client knew.
            Err(_) => self.added().map_err(|e| FileError::io(Action::Read, &self.path, e))?,
            Ok(bytes) => bytes,
        };
        let mut rest = bytes.as_slice();
        if self.read == 0 {
            if rest.len() < MAGIC.len() && MAGIC.starts_with(rest) {
                self.rest = rest.len() as u64;
                return Ok(());
            }
            rest = rest.strip_prefix(MAGIC).ok_or_else(|| {
                problem(&self.path, "it does not begin as a part of a scan".to_owned())
            })?;
        }
        while let Some((body, length)) = first_frame(rest) {
            self.take(version, body, &mut each)?;
            rest = &rest[length..];
        }
        self.read += (bytes.len() - rest.len()) as u64;
        self.rest = rest.len() as u64;
        Ok(())
    }

    fn added(&self) -> std::io::Result<Vec<u8>> {
        let mut file = File::open(&self.path)?;
        let mut bytes = Vec::new();
        if file.metadata()?.len() > self.read {
            file.seek(SeekFrom::Start(self.read))?;
            file.read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    }

    fn take(
        &mut self,
        version: &str,
        body: &[u8],
        each: &mut impl FnMut(&[PartQuantity], PartPoint),
    ) -> Result<(), FileError> {
        let unreadable = |e| problem(&self.path, format!("it cannot be read ({e})"));
        let Some(header) = &self.header else {
            if self.versioned {
                self.header = Some(postcard::from_bytes(body).map_err(unreadable)?);
                return Ok(());
            }
            let found: String = postcard::from_bytes(body).map_err(unreadable)?;
            if found != version {
                let other = format!("ntwk {found} wrote it, and this is ntwk {version}");
                return Err(problem(&self.path, other));
            }
            self.versioned = true;
            return Ok(());
        };
        match postcard::from_bytes(body).map_err(unreadable)? {
            Entry::Quantities(quantities) => self.quantities = quantities,
            Entry::End => self.finished = true,
            Entry::Point(point) => {
                let axes = header.known.axes.iter().take(header.dimensions);
                let points: usize = axes.map(|a| a.values.len()).product();
                let expected: usize = self.quantities.iter().map(|q| q.length).sum();
                let fits = point.outcome.as_ref().map_or(true, |values| values.len() == expected);
                if point.index >= points || !fits {
                    let what = format!("point {} does not fit its scan", point.index);
                    return Err(problem(&self.path, what));
                }
                each(&self.quantities, point);
            }
        }
        Ok(())
    }
}
