//! Long computations on the terminal: a progress bar while they run, their threads, and Ctrl-C, which ends them.

use indicatif::{ProgressBar, ProgressStyle};
use ntwk_core::{Job, Progress};

use crate::interruption::{ENDING, INTERRUPT, dispensable, ends_with_points, keeps_something};
use crate::output::is_silent;

const TICKS: u64 = 1000;

/// How a command computes: its threads, its bars, its interruption.
pub(crate) struct Terminal {
    threads: usize,
    quiet: bool,
}

impl Terminal {
    /// On `threads` threads (none: as many as the work is worth); without bars when `quiet`.
    pub(crate) fn new(threads: Option<u32>, quiet: bool) -> Self {
        Self { threads: threads.map_or(0, |n| n as usize), quiet }
    }

    /// As [`Terminal::run`], for a `work` that an interruption leaves with nothing: it ends at once then. Its result is kept.
    pub(crate) fn compute<R>(&self, title: &str, work: impl FnOnce(&Job<'_>) -> R) -> R {
        let result = dispensable(|| self.show(title, work));
        keeps_something();
        result
    }

    /// Does `work` under a bar titled `title`; there is none when quiet or without a terminal. From here on the command ends
    /// in order.
    pub(crate) fn run<R>(&self, title: &str, work: impl FnOnce(&Job<'_>) -> R) -> R {
        keeps_something();
        self.show(title, work)
    }

    /// As [`Terminal::run`], for a `work` that is made of points: SIGTERM and SIGUSR1 let it finish those at hand.
    pub(crate) fn points<R>(&self, title: &str, work: impl FnOnce(&Job<'_>) -> R) -> R {
        ends_with_points();
        self.run(title, work)
    }

    fn show<R>(&self, title: &str, work: impl FnOnce(&Job<'_>) -> R) -> R {
        let bar =
            if self.quiet || is_silent() { ProgressBar::hidden() } else { ProgressBar::new(TICKS) };
        let template = "{prefix:<22} {bar:30} {percent:>3}%  {elapsed} elapsed, {eta} left  {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        bar.set_prefix(title.to_owned());
        let show = |p: &Progress<'_>| {
            let position = (p.fraction * TICKS as f64) as u64;
            if position != bar.position() || !p.remark.is_empty() {
                bar.set_position(position);
                bar.set_message(format!("{} {}", p.stage, p.remark).trim().to_owned());
            }
        };
        let result = work(&self.job().reporting_to(&show));
        bar.finish_and_clear();
        result
    }

    /// The same threads and interruption without a bar.
    pub(crate) fn job(&self) -> Job<'static> {
        Job::threads(self.threads).interrupted_by(&INTERRUPT).ending_by(&ENDING)
    }
}
