//! A stored sweep, complete or in progress: what is known, who is at work, how long it will take; and its parts as one file.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ntwk_io::part_file::unix_seconds;
use ntwk_io::{ModelText, PartFolder, PartReader, Provenance, ScanData};

use crate::sweep::parts::KnownPoints;
use crate::sweep::store::{PointStatus, StoreError};

/// Names of the files of sweeps: of the program and of the Python package.
const FILES: [&str; 2] = ["scan.h5", "sweep.h5"];
/// A process on another machine is taken for one at work while its last point is younger than this many times of a point, or
/// than a minute.
const SILENCE: f64 = 5.0;

/// The file of the sweep at `path`: itself, or the one in this folder.
///
/// A sweep in progress has no file yet, but parts beside it.
#[must_use]
pub fn sweep_file(path: &Path) -> PathBuf {
    let known = |file: &PathBuf| file.exists() || PartFolder::of(file).exists();
    // What is not there is meant as a folder unless it is called as a file.
    if path.is_dir() || path.extension().is_none_or(|e| e != "h5") && !path.exists() {
        let files = FILES.map(|name| path.join(name));
        return files.iter().find(|f| known(f)).unwrap_or(&files[0]).clone();
    }
    path.to_owned()
}

/// Whether points of the sweep whose file is `file` are in parts.
#[must_use]
pub fn is_in_parts(file: &Path) -> bool {
    PartFolder::of(file).exists()
}

/// A stored sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredSweep {
    /// Axes and arrays.
    pub data: ScanData,
    /// The model.
    pub model: ModelText,
    /// Where it is from; of several processes, that of the first.
    pub origin: Provenance,
}

/// Reads a sweep from its file and the parts beside it.
///
/// # Errors
/// [`StoreError`].
pub fn read_sweep(file: &Path) -> Result<StoredSweep, StoreError> {
    let known = KnownPoints::stored(file)?;
    let (data, model) = (known.data(), known.study().model().clone());
    Ok(StoredSweep { data, model, origin: known.origin })
}

/// What became of the process of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartState {
    /// It computes.
    AtWork,
    /// It computed its share.
    Ended,
    /// It ended before.
    Killed,
    /// It has not been heard of for long, and nothing says whether it lives.
    Silent,
}

/// The part of one process.
#[derive(Debug, Clone, PartialEq)]
pub struct PartStatus {
    /// Name of the file.
    pub name: String,
    /// Machine and number of the process; `None` where the file ends before.
    pub process: Option<(String, u32)>,
    /// Which points it computes, in words.
    pub share: String,
    /// Start, ISO 8601 in UTC.
    pub started: String,
    /// Threads.
    pub threads: u32,
    /// Points it has.
    pub points: usize,
    /// Failed ones among them.
    pub failed: usize,
    /// Time since its last point, or since its start (s).
    pub silence: f64,
    /// What became of it.
    pub state: PartState,
    /// Bytes at its end that are no whole point.
    pub torn: u64,
}

/// How far a sweep is.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepStatus {
    /// All points.
    pub points: usize,
    /// Computed.
    pub done: usize,
    /// Failed.
    pub failed: usize,
    /// The parts, oldest first.
    pub parts: Vec<PartStatus>,
    /// Mean wall-clock time of a point (s); `None` before the first.
    pub seconds_per_point: Option<f64>,
    /// Time that the processes at work need for the rest (s), were each as fast as it has been; `None` where none is.
    pub remaining: Option<f64>,
}

impl SweepStatus {
    /// Points that are not known.
    #[must_use]
    pub fn open(&self) -> usize {
        self.points - self.done - self.failed
    }
}

/// How far the sweep whose file is `file` is.
///
/// # Errors
/// [`StoreError`].
pub fn sweep_status(file: &Path) -> Result<SweepStatus, StoreError> {
    let known = KnownPoints::stored(file)?;
    let results = &known.results;
    let (done, failed) = (results.count(PointStatus::Done), results.count(PointStatus::Failed));
    let seconds: Vec<f64> = results.seconds().iter().copied().filter(|s| s.is_finite()).collect();
    let seconds_per_point =
        (!seconds.is_empty()).then(|| seconds.iter().sum::<f64>() / seconds.len() as f64);
    let now = unix_seconds(SystemTime::now());
    let mut parts = Vec::new();
    // Points per second of the processes at work.
    let mut speed = 0.0;
    for (name, part) in known.folder.parts() {
        let mut count = PointCount::default();
        count.read(part)?;
        let header = part.header();
        let began = header.map_or(now, |h| h.began);
        let silence = (now - count.last.unwrap_or(began)).max(0.0);
        let own_pace = (count.last.unwrap_or(began) - began) / count.points.max(1) as f64;
        let heard = silence < (SILENCE * own_pace).max(60.0);
        let state = match (part.is_finished(), part.is_at_work()) {
            (true, _) => PartState::Ended,
            (_, Some(true)) => PartState::AtWork,
            // A lock of another machine need not show here.
            (_, Some(false))
                if header.is_some_and(|h| h.host == ntwk_io::part_file::host_name()) =>
            {
                PartState::Killed
            }
            _ if heard => PartState::AtWork,
            _ => PartState::Silent,
        };
        if state == PartState::AtWork && now > began {
            speed += count.points as f64 / (now - began);
        }
        parts.push(PartStatus {
            name: name.to_owned(),
            process: header.map(|h| (h.host.clone(), h.process)),
            share: header.map_or_else(String::new, |h| h.share.clone()),
            started: header.map_or_else(String::new, |h| h.origin.started.clone()),
            threads: header.map_or(0, |h| h.origin.threads),
            points: count.points,
            failed: count.failed,
            silence,
            state,
            torn: part.torn(),
        });
    }
    let points = known.frame.points();
    let open = points - done - failed;
    let remaining = (speed > 0.0 && open > 0).then(|| open as f64 / speed);
    Ok(SweepStatus { points, done, failed, parts, seconds_per_point, remaining })
}

/// The points of one part.
#[derive(Default)]
struct PointCount {
    points: usize,
    failed: usize,
    /// Time of the last (s since 1970).
    last: Option<f64>,
}

impl PointCount {
    fn read(&mut self, part: &PartReader) -> Result<(), StoreError> {
        let mut again = PartReader::new(part.path().to_owned());
        again.read_on(env!("CARGO_PKG_VERSION"), |_, point| {
            self.points += 1;
            self.failed += usize::from(point.outcome.is_err());
            self.last = Some(point.at);
        })?;
        Ok(())
    }
}

/// The parts of a sweep as one file.
#[derive(Debug, Clone, PartialEq)]
pub struct MergedSweep {
    /// The file: that of the sweep when all points are known, else `scan.partial.h5`.
    pub file: PathBuf,
    /// All points.
    pub points: usize,
    /// Known ones.
    pub known: usize,
    /// Whether the parts were removed, as the file has every point.
    pub complete: bool,
}

/// Writes what the file `file` and the parts beside it hold as one file. When all points are known it is `file`, and the parts are
/// removed; else it is `scan.partial.h5`, and they stay.
///
/// # Errors
/// [`StoreError`].
pub fn merge_sweep(file: &Path) -> Result<MergedSweep, StoreError> {
    let mut known = KnownPoints::stored(file)?;
    let points = known.frame.points();
    let complete = if known.folder.exists() {
        known.merge()?
    } else {
        // Nothing to do for one that was merged before.
        known.results.is_complete()
    };
    let partial = known.partial();
    if !complete {
        known.write(&partial)?;
    }
    let open = known.results.count(PointStatus::Open);
    let file = if complete { file.to_owned() } else { partial };
    Ok(MergedSweep { file, points, known: points - open, complete })
}
