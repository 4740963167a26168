//! The file in which the points of a study are kept: known again, resumed, replaced as points are added.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use ntwk_core::Job;
use ntwk_io::{
    FileError, Provenance, ScanArray, ScanData, ScanValues, read_scan, read_study, write_scan,
};

use crate::run::origin::provenance_of_seed;
use crate::sweep::identity::StudyIdentity;

/// Storing takes at most this fraction of the time.
const STORE_SHARE: u32 = 20;

/// State of a point, as stored in the array `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PointStatus {
    /// 0: not computed yet.
    Open,
    /// 1: computed.
    Done,
    /// 2: failed; the array `error` says why.
    Failed,
}

impl PointStatus {
    /// The state that a file holds as `number`.
    #[must_use]
    pub fn of(number: f64) -> Self {
        match number {
            1.0 => Self::Done,
            2.0 => Self::Failed,
            _ => Self::Open,
        }
    }

    /// The number that stands for it in a file.
    #[must_use]
    pub fn number(self) -> f64 {
        f64::from(self as u8)
    }
}

/// Which of the points that a file holds are computed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoreOptions {
    /// Those that failed.
    pub retry_failed: bool,
    /// All: what the file holds is discarded.
    pub fresh: bool,
}

/// Points cannot be kept in a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file holds the points of another study.
    #[error(
        "{} holds another scan ({difference}); choose another folder, or start anew with --fresh",
        path.display()
    )]
    Another {
        /// The file.
        path: PathBuf,
        /// What differs.
        difference: String,
    },
    /// A part holds the points of another study.
    #[error(
        "{} ({author}) holds points of another scan than {scan}: {difference}; choose another folder, or start anew with --fresh",
        path.display()
    )]
    AnotherPart {
        /// The part.
        path: PathBuf,
        /// Who computed it.
        author: String,
        /// The scan.
        scan: String,
        /// What differs.
        difference: String,
    },
    /// Two processes computed other bits for a point.
    #[error(
        "point {index} has other bits in {second} than in {first}: the machines or their libraries do not compute the same"
    )]
    OtherBits {
        /// Number of the point.
        index: usize,
        /// Who computed it first.
        first: String,
        /// Who computed it again.
        second: String,
    },
    /// There is neither a file of points nor a part.
    #[error("{} holds no points of a sweep: there is neither {} nor a part in {}", folder.display(), file.display(), parts.display())]
    Nothing {
        /// The folder.
        folder: PathBuf,
        /// The file that would hold them.
        file: PathBuf,
        /// The folder of the parts.
        parts: PathBuf,
    },
    /// A file that was just written does not hold what was written.
    #[error("{} does not hold what was written to it; the parts are kept", path.display())]
    NotAsWritten {
        /// The file.
        path: PathBuf,
    },
}

/// The file of the points of one study.
///
/// The file is replaced in one step each time, so that a process that is killed leaves a whole one.
#[derive(Debug)]
pub struct PointStore {
    path: PathBuf,
    study: StudyIdentity,
    origin: Provenance,
    last: Instant,
    cost: Duration,
}

impl PointStore {
    /// The store of `study` at `path`, and what the file holds of it; `None` when there is no file or `fresh` is set.
    ///
    /// # Errors
    /// [`StoreError::File`] for a file that cannot be read, [`StoreError::Another`] for one of another study or of another
    /// version of ntwk.
    pub fn open(
        path: &Path,
        study: StudyIdentity,
        seed: u64,
        options: StoreOptions,
        job: &Job<'_>,
    ) -> Result<(Self, Option<ScanData>), StoreError> {
        let origin = provenance_of_seed(seed, job.thread_count(), SystemTime::now(), 0.0);
        let (last, cost) = (Instant::now(), Duration::ZERO);
        let store = Self { path: path.to_owned(), study, origin, last, cost };
        if options.fresh || !path.exists() {
            return Ok((store, None));
        }
        let Some((mut data, model, made)) = read_scan(path)? else {
            return Err(store.another("it is not a file of points written by ntwk"));
        };
        if let Some(difference) = store.study.difference(&model, read_study(path)?.as_ref()) {
            return Err(store.another(difference));
        }
        if made.version != store.origin.version {
            let versions =
                format!("ntwk {} made it, and this is ntwk {}", made.version, store.origin.version);
            return Err(store.another(versions));
        }
        if options.retry_failed {
            reopen_failed(&mut data.arrays);
        }
        Ok((store, Some(data)))
    }

    /// Says that the file holds another study.
    pub fn another(&self, difference: impl Into<String>) -> StoreError {
        StoreError::Another { path: self.path.clone(), difference: difference.into() }
    }

    /// Whether so much time has passed since the file was written that it is worth writing again.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.last.elapsed() >= STORE_SHARE * self.cost
    }

    /// Whether there is a file.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.path.exists()
    }

    /// Replaces the file by one that holds `data`, which took this time (s) to compute.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub fn write(&mut self, data: &ScanData, wall_seconds: f64) -> Result<(), StoreError> {
        let begin = Instant::now();
        let origin = Provenance { wall_seconds, ..self.origin.clone() };
        write_scan(&self.path, data, self.study.model(), Some(&self.study.text()), &origin)?;
        (self.last, self.cost) = (Instant::now(), begin.elapsed());
        Ok(())
    }
}

/// Makes the points that failed open again.
fn reopen_failed(arrays: &mut [ScanArray]) {
    for array in arrays.iter_mut().filter(|a| a.name == "status") {
        if let ScanValues::Numbers(status) = &mut array.values {
            for s in status {
                if PointStatus::of(*s) == PointStatus::Failed {
                    *s = PointStatus::Open.number();
                }
            }
        }
    }
}
