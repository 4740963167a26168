//! A study's points on threads, with a progress bar, until Ctrl-C.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ntwk::sweep::run::{ScanOptions, ScanOutcome, run_points};
use ntwk::sweep::task::PointTask;
use ntwk_core::engine::run::default_threads;
use ntwk_morpho::Work;

use super::args::{ParallelArgs, ResumeArgs};
use crate::Failure;
use crate::output::print;
use crate::progress::{Bar, interrupt_flag};

/// What the studies of a command share.
pub(super) struct Studies {
    threads: NonZeroUsize,
    interrupt: Arc<AtomicBool>,
    quiet: bool,
}

impl Studies {
    /// For independent points.
    pub fn parallel(args: &ParallelArgs, quiet: bool) -> Self {
        let threads = args.threads.map_or_else(default_threads, |n| n as usize);
        let threads = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
        Self { threads, interrupt: interrupt_flag(), quiet }
    }

    /// For one simulation after the other.
    pub fn serial(quiet: bool) -> Self {
        Self { threads: NonZeroUsize::MIN, interrupt: interrupt_flag(), quiet }
    }

    /// Computes the points of a task into `file`, or those it does not hold yet, under a bar of this name; says what was
    /// known, and where the task stopped.
    pub fn points(
        &self,
        name: &str,
        task: &dyn PointTask,
        file: &Path,
        resume: &ResumeArgs,
    ) -> Result<ScanOutcome, Failure> {
        let bar = Bar::new(name, self.quiet);
        let options = ScanOptions {
            threads: self.threads.get(),
            retry_failed: resume.retry_failed,
            fresh: resume.fresh,
        };
        let outcome = run_points(task, file, options, &self.interrupt, &mut |p| bar.points(p));
        bar.finish();
        let outcome = outcome?;
        print(format!(
            "{} points: {} known before, {} computed, {} failed",
            outcome.points,
            outcome.resumed,
            outcome.computed,
            outcome.failed.len()
        ));
        Ok(outcome)
    }

    /// Does a study under a bar of this name.
    pub fn study<R>(&self, name: &str, study: impl FnOnce(&Work<'_>) -> R) -> R {
        let bar = Bar::new(name, self.quiet);
        let result = study(&Work {
            threads: self.threads,
            interrupt: &self.interrupt,
            progress: &|f| bar.set(f, String::new()),
        });
        bar.finish();
        result
    }

    /// Whether Ctrl-C was pressed.
    pub fn is_interrupted(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }

    /// The end of a command whose results are in `file`: a failure when it was interrupted.
    pub fn end(&self, file: PathBuf) -> Result<(), Failure> {
        if self.is_interrupted() {
            let reason = "interrupted".to_owned();
            return Err(Failure::Stopped { reason, interrupted: true, file });
        }
        Ok(())
    }
}
