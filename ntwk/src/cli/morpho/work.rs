//! A study's points on threads, with a progress bar, until Ctrl-C.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ntwk::simulate::default_threads;
use ntwk_morpho::Work;

use super::args::ParallelArgs;
use crate::cli::Failure;
use crate::cli::progress::{Bar, interrupt_flag};

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
