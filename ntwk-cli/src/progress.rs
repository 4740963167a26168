//! Progress bars on the terminal; nothing where there is none.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use ntwk::sweep::run::ScanProgress;

/// A bar for one piece of work.
pub(crate) struct Bar(ProgressBar);

const TICKS: u64 = 1000;

impl Bar {
    /// A bar titled `title`; hidden when `quiet` or when there is no terminal.
    pub(crate) fn new(title: &str, quiet: bool) -> Self {
        if quiet {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(TICKS);
        let template = "{prefix:<22} {bar:30} {percent:>3}%  {elapsed} elapsed, {eta} left  {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        bar.set_prefix(title.to_owned());
        Self(bar)
    }

    /// Moves to `fraction` in [0, 1] with a remark.
    pub(crate) fn set(&self, fraction: f64, remark: String) {
        self.0.set_position((fraction * TICKS as f64) as u64);
        self.0.set_message(remark);
    }

    /// Shows how far the points of a scan are.
    pub(crate) fn points(&self, progress: ScanProgress) {
        let failed = match progress.failed {
            0 => String::new(),
            n => format!(", {n} failed"),
        };
        let remark = format!("{} of {} points{failed}", progress.known, progress.total);
        self.set(progress.known as f64 / progress.total.max(1) as f64, remark);
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// A flag that Ctrl-C raises, so that a run can end in order; a second Ctrl-C ends the program.
pub(crate) fn interrupt_flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&flag);
    let handler = move || {
        if raised.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    // Without a handler Ctrl-C ends the program at once, which is what it did before.
    let _ = ctrlc::set_handler(handler);
    flag
}
