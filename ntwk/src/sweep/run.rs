//! Computing the points of a task in parallel, by one process or several, each stored as soon as it is known.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ntwk_core::Job;
use ntwk_io::claim_folder::INTERVAL;
use ntwk_io::{Claim, ClaimFolder, ScanData};

use crate::sweep::parts::SweepStore;
use crate::sweep::results::SweepFrame;
use crate::sweep::share::{Share, ShareError};
use crate::sweep::store::{PointStatus, StoreError, StoreOptions};
use crate::sweep::task::{DescriptionError, PointFailure, PointQuantity, PointTask};

/// A sweep has at most this many pieces that are claimed.
const PIECES: usize = 1000;

/// A scan that cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// Its points cannot be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The share of this process cannot be had.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// What is scanned cannot be written as text.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// To start anew would discard the points of other processes.
    #[error(
        "{share} cannot start anew: that would discard the points of the other processes; start anew with all points, or in another folder"
    )]
    FreshShare {
        /// The share.
        share: String,
    },
}

/// A scan as far as it was computed.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepOutcome {
    /// Axes and arrays, with all that is known of other shares too.
    pub data: ScanData,
    /// All points.
    pub points: usize,
    /// Points of the share of this process; of claims, those it computed and those known before.
    pub share: usize,
    /// Points of it known before.
    pub resumed: usize,
    /// Points computed now.
    pub computed: usize,
    /// Failed points of it, with their errors: (what the point changes, error).
    pub failed: Vec<(Vec<(String, String)>, String)>,
    /// Whether the user ended it before all points of the share were known.
    pub interrupted: bool,
    /// Points of all shares that are not known.
    pub open: usize,
    /// Where the points are: the file when all are known, else the folder of the parts.
    pub stored: PathBuf,
}

impl SweepOutcome {
    /// Whether all points are known and in the file.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.open == 0 && self.stored.extension().is_some_and(|e| e == "h5")
    }
}

/// Computes all points of `task` that are not known yet; see [`run_share`].
///
/// # Errors
/// [`SweepError`].
pub fn run_points(
    task: &dyn PointTask,
    path: &Path,
    options: StoreOptions,
    job: &Job<'_>,
) -> Result<SweepOutcome, SweepError> {
    run_share(task, path, options, &Share::All, job)
}

/// Computes the points of a share of `task` that are neither in the file `path` nor in a part beside it, and appends each to the
/// part of this process in the folder `scan.parts` (of `scan.h5`).
///
/// The process that finds all points known writes the file and removes the parts. Any number of processes may do this at once,
/// with any shares, and any of them may be killed: the file has the same bits as that of one process, but for the times of the
/// points.
///
/// # Errors
/// [`SweepError`]. A point that fails is not an error: see [`SweepOutcome::failed`].
pub fn run_share(
    task: &dyn PointTask,
    path: &Path,
    options: StoreOptions,
    share: &Share,
    job: &Job<'_>,
) -> Result<SweepOutcome, SweepError> {
    if options.fresh && *share != Share::All {
        return Err(SweepError::FreshShare { share: share.to_string() });
    }
    let frame = SweepFrame::of(task);
    let points = frame.points();
    let own = share.points(points)?;
    let of = (task.study()?, task.seed());
    let mut store = SweepStore::open(path, of, frame, (share, options.fresh), job)?;
    let retry_failed = options.retry_failed;
    let is_open = |i: &usize| is_open(&store, *i, retry_failed);
    let open: Vec<usize> = own.iter().copied().filter(is_open).collect();
    if !open.is_empty() && !job.is_ending() {
        store.begin()?;
    }
    let claims = ClaimFolder::of(&store.known.folder);
    let threads = job.thread_count();
    let workers = threads.min(open.len().max(1));
    let shared = Mutex::new(Shared { store, computed: 0, failure: None });
    let (next, finished) = (AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
    let work = &Work { open: &open, points, retry_failed, next, finished, shared: &shared };
    let claims = (*share == Share::Claims).then_some(&claims);
    let at_work = AtomicUsize::new(workers);
    thread::scope(|scope| {
        let at_work = &at_work;
        let renewer = claims.map(|claims| {
            let renew = move || {
                let mut renewed = Instant::now();
                while at_work.load(Ordering::Acquire) > 0 {
                    thread::park_timeout(INTERVAL);
                    if renewed.elapsed() >= INTERVAL {
                        claims.renew();
                        renewed = Instant::now();
                    }
                }
            };
            scope.spawn(renew).thread().clone()
        });
        for worker in 0..workers {
            // Cores that the division leaves over go to the first workers.
            let inside = threads / workers + usize::from(worker < threads % workers);
            let renewer = renewer.clone();
            scope.spawn(move || {
                // Also when a point panics, so that the claims are not renewed for ever.
                let _end = AtWork { at_work, renewer };
                while let Some((piece, _claim)) = work.next(claims, worker, job) {
                    for index in piece {
                        if !work.compute(index, task, job, inside) {
                            return;
                        }
                    }
                }
            });
        }
    });
    let Shared { mut store, computed, failure } =
        shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = failure {
        return Err(error.into());
    }
    let complete = store.end()?;
    let results = &store.known.results;
    let unknown = open.iter().filter(|&&i| results.status(i) == PointStatus::Open).count();
    let failed = own
        .iter()
        .filter(|&&i| results.status(i) == PointStatus::Failed)
        .map(|&i| (task.label(i), results.error(i).to_owned()))
        .collect();
    // What others have claimed is not this one's.
    let interrupted = unknown > 0 && (claims.is_none() || job.is_ending());
    Ok(SweepOutcome {
        data: store.known.data(),
        points,
        share: own.len(),
        resumed: own.len() - open.len(),
        computed,
        failed,
        interrupted,
        open: results.count(PointStatus::Open),
        stored: if complete { path.to_owned() } else { store.known.folder.path().to_owned() },
    })
}

/// A point that was computed for a caller that keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct ComputedPoint {
    /// Its number.
    pub index: usize,
    /// What it changes.
    pub label: Vec<(String, String)>,
    /// Its quantities, or why it failed.
    pub outcome: Result<Vec<PointQuantity>, String>,
    /// Wall-clock time (s).
    pub seconds: f64,
}

/// Computes the points of a share and stores none; those that an interruption left out are missing.
///
/// # Errors
/// [`ShareError`].
pub fn compute_points(
    task: &dyn PointTask,
    share: &Share,
    job: &Job<'_>,
) -> Result<Vec<ComputedPoint>, ShareError> {
    let own = share.points(task.points())?;
    let threads = job.thread_count();
    let inside = threads / threads.min(own.len().max(1));
    let one = |&index: &usize| -> Result<Option<ComputedPoint>, ShareError> {
        if job.is_ending() {
            return Ok(None);
        }
        let begin = Instant::now();
        let outcome = match task.compute(index, &job.silent().on_threads(inside)) {
            Ok(quantities) => Ok(quantities),
            Err(PointFailure::Failed(error)) => Err(error),
            Err(PointFailure::Interrupted) => return Ok(None),
        };
        let (label, seconds) = (task.label(index), begin.elapsed().as_secs_f64());
        Ok(Some(ComputedPoint { index, label, outcome, seconds }))
    };
    Ok(job.each(&own, one)?.into_iter().flatten().collect())
}

/// Whether a point is to be computed.
fn is_open(store: &SweepStore, index: usize, retry_failed: bool) -> bool {
    match store.known.results.status(index) {
        PointStatus::Open => true,
        PointStatus::Failed => retry_failed,
        PointStatus::Done => false,
    }
}

/// What the workers share.
struct Shared {
    store: SweepStore,
    computed: usize,
    failure: Option<StoreError>,
}

/// The points that are left to the workers.
struct Work<'a> {
    /// In ascending order.
    open: &'a [usize],
    points: usize,
    retry_failed: bool,
    /// Place of the next one in `open`, without claims.
    next: AtomicUsize,
    /// Pieces that this process has claimed, with claims.
    finished: Mutex<BTreeSet<usize>>,
    shared: &'a Mutex<Shared>,
}

impl Work<'_> {
    fn shared(&self) -> MutexGuard<'_, Shared> {
        // A lock is poisoned only by a panic, which the scope passes on.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next points, with the claim on them; `None` when there is nothing left for this process.
    fn next<'c>(
        &self,
        claims: Option<&'c ClaimFolder>,
        worker: usize,
        job: &Job<'_>,
    ) -> Option<(Vec<usize>, Option<Claim<'c>>)> {
        let Some(claims) = claims else {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            return Some((vec![*self.open.get(place)?], None));
        };
        let length = self.points.div_ceil(PIECES).max(1);
        let pieces = self.points.div_ceil(length);
        // Processes begin at different pieces, so that they do not ask for the same ones.
        let first = std::process::id() as usize * 37 + worker;
        for turn in 0..pieces {
            if job.is_ending() {
                return None;
            }
            let piece = (first + turn) % pieces;
            let range = piece * length..((piece + 1) * length).min(self.points);
            let of_piece = || {
                let from = self.open.partition_point(|&i| i < range.start);
                let to = self.open.partition_point(|&i| i < range.end);
                let all = self.shared();
                let open = |i: &usize| is_open(&all.store, *i, self.retry_failed);
                self.open[from..to].iter().copied().filter(open).collect::<Vec<usize>>()
            };
            let finished = || self.finished.lock().unwrap_or_else(PoisonError::into_inner);
            if finished().contains(&piece) || of_piece().is_empty() {
                continue;
            }
            let Some(claim) = claims.claim(piece) else { continue };
            finished().insert(piece);
            // Another process may have computed it and given it back.
            let mut all = self.shared();
            if let Err(error) = all.store.known.refresh() {
                all.failure.get_or_insert(error);
                return None;
            }
            drop(all);
            let left = of_piece();
            if !left.is_empty() {
                return Some((left, Some(claim)));
            }
        }
        None
    }

    /// Computes a point unless it is known; whether to go on.
    fn compute(&self, index: usize, task: &dyn PointTask, job: &Job<'_>, threads: usize) -> bool {
        {
            let mut all = self.shared();
            if job.is_ending() || all.failure.is_some() {
                return false;
            }
            if let Err(error) = all.store.refresh_when_due() {
                all.failure = Some(error);
                return false;
            }
            if !is_open(&all.store, index, self.retry_failed) {
                return true;
            }
        }
        let begin = Instant::now();
        let outcome = match task.compute(index, &job.silent().on_threads(threads)) {
            Ok(quantities) => Ok(quantities),
            Err(PointFailure::Failed(error)) => Err(error),
            Err(PointFailure::Interrupted) => return false,
        };
        let took: Duration = begin.elapsed();
        let mut all = self.shared();
        if let Err(error) = all.store.add(index, outcome, took) {
            all.failure.get_or_insert(error);
            return false;
        }
        all.computed += 1;
        report(&all.store, job);
        true
    }
}

/// Says how many points are known.
fn report(store: &SweepStore, job: &Job<'_>) {
    let results = &store.known.results;
    let (total, failed) = (store.known.frame.points(), results.count(PointStatus::Failed));
    let known = total - results.count(PointStatus::Open);
    let remark = match failed {
        0 => format!("{known} of {total} points"),
        n => format!("{known} of {total} points, {n} failed"),
    };
    job.report_with(known as f64 / total.max(1) as f64, &remark);
}

/// A worker that is at work.
struct AtWork<'a> {
    at_work: &'a AtomicUsize,
    renewer: Option<thread::Thread>,
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        if self.at_work.fetch_sub(1, Ordering::AcqRel) == 1
            && let Some(renewer) = &self.renewer
        {
            renewer.unpark();
        }
    }
}
