//! A computation that Python waits for: without the interpreter's lock, with Ctrl-C and progress.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ntwk::Job;
use ntwk::core::Progress;
use pyo3::prelude::*;

use crate::error::Failure;

/// Time between two looks at Ctrl-C and progress.
const LOOK: Duration = Duration::from_millis(20);

/// How a computation is done, as far as Python says it.
#[derive(FromPyObject)]
pub(crate) struct How(
    /// Threads; 0: as many as the work is worth.
    usize,
    /// Called with (stage, fraction, remark) now and then.
    Option<Py<PyAny>>,
);

impl How {
    /// Takes a number of threads where Python says none.
    pub(crate) fn default_threads(&mut self, threads: Option<usize>) {
        if let (0, Some(threads)) = (self.0, threads) {
            self.0 = threads;
        }
    }
}

/// What Python is told: stage, fraction, remark.
type Told = (String, f64, String);

/// Does `work` on another thread while this one looks at signals and tells the caller how far it is.
///
/// A signal that raises an exception, and an exception of the one who is told, interrupt the job; the exception is returned
/// beside what the work came to, so that what was computed is not lost.
pub(crate) fn compute_keeping<R: Send>(
    py: Python<'_>,
    how: &How,
    work: impl FnOnce(&Job<'_>) -> R + Send,
) -> (R, Option<PyErr>) {
    let How(threads, progress) = how;
    let (stop, finished) = (AtomicBool::new(false), AtomicBool::new(false));
    let news: Mutex<Option<Told>> = Mutex::new(None);
    let wanted = progress.is_some();
    let watch = |p: &Progress<'_>| {
        if wanted {
            let told = (p.stage.to_owned(), p.fraction, p.remark.to_owned());
            *news.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
        }
    };
    let tell = || {
        let told = news.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (told, progress) {
            (Some(told), Some(callback)) => callback.call1(py, told).map(drop),
            _ => Ok(()),
        }
    };
    let mut raised: Option<PyErr> = None;
    let result = std::thread::scope(|scope| {
        let (stop, finished, watch) = (&stop, &finished, &watch);
        let waiting = std::thread::current();
        let worker = scope.spawn(move || {
            let job = Job::threads(*threads).interrupted_by(stop).reporting_to(watch);
            // Also when the work panics, so that nobody waits for ever.
            let _end = End { finished, waiting };
            work(&job)
        });
        while !finished.load(Ordering::Acquire) {
            py.detach(|| std::thread::park_timeout(LOOK));
            if raised.is_none() {
                raised = py.check_signals().and_then(|()| tell()).err();
                stop.store(raised.is_some(), Ordering::Relaxed);
            }
        }
        py.detach(|| worker.join())
    });
    match result {
        Ok(result) => (result, raised),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// As [`compute_keeping`], of work that leaves nothing behind when it is interrupted.
pub(crate) fn compute<R: Send>(
    py: Python<'_>,
    how: &How,
    work: impl FnOnce(&Job<'_>) -> Result<R, Failure> + Send,
) -> PyResult<R> {
    match compute_keeping(py, how, work) {
        (_, Some(raised)) => Err(raised),
        (Ok(result), None) => Ok(result),
        (Err(failure), None) => Err(failure.raise(py)),
    }
}

/// Says that the work has ended.
struct End<'a> {
    finished: &'a AtomicBool,
    waiting: std::thread::Thread,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.finished.store(true, Ordering::Release);
        self.waiting.unpark();
    }
}
