//! Long computations on the terminal: a progress bar while they run, Ctrl-C to end them.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use ntwk_core::{Job, Progress};

/// Raised by Ctrl-C. One for the program: whatever computes when it is pressed ends.
static INTERRUPT: AtomicBool = AtomicBool::new(false);

static HANDLER: Once = Once::new();

const TICKS: u64 = 1000;

/// How a command computes: its threads, its bars, its interruption.
pub(crate) struct Terminal {
    threads: usize,
    quiet: bool,
}

impl Terminal {
    /// On `threads` threads (none: as many as the work is worth); without bars when `quiet`.
    ///
    /// From here on Ctrl-C ends what runs in order; a second Ctrl-C ends the program at once.
    pub(crate) fn new(threads: Option<u32>, quiet: bool) -> Self {
        HANDLER.call_once(|| {
            let handler = || {
                if INTERRUPT.swap(true, Ordering::Relaxed) {
                    crate::output::note("ended at once by a second Ctrl-C");
                    std::process::exit(130);
                }
            };
            // Without a handler Ctrl-C ends the program at once, which is what it did before.
            let _ = ctrlc::set_handler(handler);
        });
        Self { threads: threads.map_or(0, |n| n as usize), quiet }
    }

    /// Does `work` under a bar titled `title`; there is none when quiet or without a terminal.
    pub(crate) fn run<R>(&self, title: &str, work: impl FnOnce(&Job<'_>) -> R) -> R {
        let bar = if self.quiet { ProgressBar::hidden() } else { ProgressBar::new(TICKS) };
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
        Job::threads(self.threads).interrupted_by(&INTERRUPT)
    }

    /// Whether Ctrl-C was pressed.
    pub(crate) fn is_interrupted(&self) -> bool {
        INTERRUPT.load(Ordering::Relaxed)
    }
}
