//! Computing the points of a task in parallel, each stored as soon as it is known, resumed where it ended.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ntwk_core::Job;
use ntwk_io::{ScanArray, ScanData, ScanValues};

use crate::sweep::store::{PointStatus, PointStore, StoreError, StoreOptions};
use crate::sweep::task::{DescriptionError, PointFailure, PointQuantity, PointTask};

/// What a scan has come to.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepResults {
    status: Vec<PointStatus>,
    errors: Vec<String>,
    seconds: Vec<f64>,
    quantities: Vec<(PointQuantity, Vec<f64>)>,
}

/// A scan that cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// Its points cannot be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is scanned cannot be written as text.
    #[error(transparent)]
    Description(#[from] DescriptionError),
}

/// A scan as far as it was computed.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepOutcome {
    /// Axes and arrays, as in the file.
    pub data: ScanData,
    /// All points.
    pub points: usize,
    /// Points known before.
    pub resumed: usize,
    /// Points computed now.
    pub computed: usize,
    /// Failed points, with their errors: (what the point changes, error).
    pub failed: Vec<(Vec<(String, String)>, String)>,
    /// Whether the user ended it before all points were known.
    pub interrupted: bool,
}

/// Computes all points of `task` that `path` does not hold yet, and stores each there.
///
/// Points that take less than the storing itself are stored several at a time.
///
/// # Errors
/// [`SweepError`]. A point that fails is not an error: see [`SweepOutcome::failed`].
pub fn run_points(
    task: &dyn PointTask,
    path: &Path,
    options: StoreOptions,
    job: &Job<'_>,
) -> Result<SweepOutcome, SweepError> {
    let (store, stored) = PointStore::open(path, task.study()?, task.seed(), options, job)?;
    let points = task.points();
    let results = match stored {
        None => SweepResults::new(points),
        Some(data) => {
            let known = SweepResults::from_data(&data, task);
            known.ok_or_else(|| store.another("its arrays differ"))?
        }
    };
    let open: Vec<usize> =
        (0..points).filter(|&i| results.status[i] == PointStatus::Open).collect();
    let resumed = points - open.len();
    let shared = Mutex::new(Shared { results, store, computed: 0, failure: None });
    let next = AtomicUsize::new(0);
    let threads = job.thread_count();
    let workers = threads.min(open.len().max(1));
    let write = |all: &mut Shared| {
        let seconds = all.results.seconds.iter().filter(|s| s.is_finite()).sum();
        if let Err(error) = all.store.write(&all.results.data(task), seconds) {
            all.failure.get_or_insert(error);
        }
    };
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let (shared, next, open, write) = (&shared, &next, &open, &write);
            // Cores that the division leaves over go to the first workers.
            let inside = threads / workers + usize::from(worker < threads % workers);
            scope.spawn(move || {
                while let Some(&index) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let ended = || shared.lock().unwrap_or_else(PoisonError::into_inner);
                    if job.is_interrupted() || ended().failure.is_some() {
                        break;
                    }
                    let begin = Instant::now();
                    let outcome = match task.compute(index, &job.silent().on_threads(inside)) {
                        Ok(quantities) => Ok(quantities),
                        Err(PointFailure::Failed(error)) => Err(error),
                        Err(PointFailure::Interrupted) => break,
                    };
                    let mut all = ended();
                    all.results.set(index, outcome, begin.elapsed());
                    all.computed += 1;
                    if all.store.is_due() {
                        write(&mut all);
                    }
                    all.results.report(job);
                }
            });
        }
    });
    let mut all = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    // A scan that was interrupted before its first point leaves what was there as it was.
    let nothing_new = job.is_interrupted() && all.computed == 0;
    if !nothing_new {
        write(&mut all);
    }
    if let Some(error) = all.failure {
        return Err(error.into());
    }
    let results = all.results;
    let failed = (0..points)
        .filter(|&i| results.status[i] == PointStatus::Failed)
        .map(|i| (task.label(i), results.errors[i].clone()))
        .collect();
    Ok(SweepOutcome {
        data: results.data(task),
        points,
        resumed,
        computed: all.computed,
        failed,
        interrupted: results.status.contains(&PointStatus::Open),
    })
}

/// What the workers share.
struct Shared {
    results: SweepResults,
    store: PointStore,
    computed: usize,
    failure: Option<StoreError>,
}

impl SweepResults {
    fn new(points: usize) -> Self {
        Self {
            status: vec![PointStatus::Open; points],
            errors: vec![String::new(); points],
            seconds: vec![f64::NAN; points],
            quantities: Vec::new(),
        }
    }

    fn set(&mut self, index: usize, outcome: Result<Vec<PointQuantity>, String>, took: Duration) {
        self.seconds[index] = took.as_secs_f64();
        match outcome {
            Err(error) => {
                (self.status[index], self.errors[index]) = (PointStatus::Failed, error);
            }
            Ok(quantities) => {
                (self.status[index], self.errors[index]) = (PointStatus::Done, String::new());
                for quantity in quantities {
                    let n = quantity.values.len();
                    let place = self.quantities.iter().position(|q| q.0.name == quantity.name);
                    let place = place.unwrap_or_else(|| {
                        let values = vec![f64::NAN; n * self.status.len()];
                        self.quantities.push((quantity.clone(), values));
                        self.quantities.len() - 1
                    });
                    let values = &mut self.quantities[place].1;
                    if let Some(place) = values.get_mut(index * n..(index + 1) * n) {
                        place.copy_from_slice(&quantity.values);
                    }
                }
            }
        }
    }

    /// Says how many points are known.
    fn report(&self, job: &Job<'_>) {
        let count = |status| self.status.iter().filter(|s| **s == status).count();
        let (total, failed) = (self.status.len(), count(PointStatus::Failed));
        let known = total - count(PointStatus::Open);
        let remark = match failed {
            0 => format!("{known} of {total} points"),
            n => format!("{known} of {total} points, {n} failed"),
        };
        job.report_with(known as f64 / total.max(1) as f64, &remark);
    }

    fn data(&self, task: &dyn PointTask) -> ScanData {
        let axes = task.axes();
        let mut arrays = task.given();
        let dimensions: Vec<String> =
            axes.iter().take(task.dimensions()).map(|a| a.name.clone()).collect();
        let mut add = |name: &str, along: &Option<String>, values, unit: &str, long_name: &str| {
            arrays.push(ScanArray {
                name: name.to_owned(),
                axes: dimensions.iter().chain(along).cloned().collect(),
                values,
                unit: unit.to_owned(),
                long_name: long_name.to_owned(),
            });
        };
        let status = self.status.iter().map(|s| s.number()).collect();
        let meaning = "0: not computed, 1: computed, 2: failed";
        add("status", &None, ScanValues::Numbers(status), "1", meaning);
        add("error", &None, ScanValues::Texts(self.errors.clone()), "1", "why the point failed");
        let seconds = ScanValues::Numbers(self.seconds.clone());
        add("seconds", &None, seconds, "s", "wall-clock time of the point");
        // In the order of their names: the order in which points end must not show.
        let mut sorted: Vec<_> = self.quantities.iter().collect();
        sorted.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        for (q, values) in sorted {
            let values = ScanValues::Numbers(values.clone());
            add(&q.name, &q.along, values, &q.unit, &q.label);
        }
        ScanData { axes, arrays }
    }

    fn from_data(data: &ScanData, task: &dyn PointTask) -> Option<Self> {
        let points = task.points();
        let dimensions: Vec<String> =
            task.axes().into_iter().take(task.dimensions()).map(|a| a.name).collect();
        let numbers = |name: &str| match &data.get(name)?.values {
            ScanValues::Numbers(values) if values.len() == points => Some(values.clone()),
            _ => None,
        };
        let status = numbers("status")?.into_iter().map(PointStatus::of).collect();
        let errors = match &data.get("error")?.values {
            ScanValues::Texts(values) if values.len() == points => values.clone(),
            _ => return None,
        };
        let mut quantities = Vec::new();
        for array in &data.arrays {
            let known = ["status", "error", "seconds"].contains(&array.name.as_str());
            let ScanValues::Numbers(values) = &array.values else { continue };
            if known || points == 0 || !array.axes.starts_with(&dimensions) {
                continue;
            }
            let quantity = PointQuantity {
                name: array.name.clone(),
                label: array.long_name.clone(),
                unit: array.unit.clone(),
                values: Vec::new(),
                along: array.axes.get(dimensions.len()).cloned(),
            };
            quantities.push((quantity, values.clone()));
        }
        Some(Self { status, errors, seconds: numbers("seconds")?, quantities })
    }
}
