//! The points of a study of a cell: computed into a file, resumed, interrupted.

use std::path::{Path, PathBuf};

use ntwk::sweep::run::{ScanOutcome, run_points};
use ntwk::sweep::store::StoreOptions;
use ntwk::sweep::task::PointTask;

use super::args::ResumeArgs;
use crate::Failure;
use crate::output::print;
use crate::terminal::Terminal;

/// Computes the points of a task into `file`, or those it does not hold yet, under a bar of this name; says what was
/// known, and where the task stopped.
pub(super) fn points(
    terminal: &Terminal,
    name: &str,
    task: &dyn PointTask,
    file: &Path,
    resume: &ResumeArgs,
) -> Result<ScanOutcome, Failure> {
    let options = StoreOptions { retry_failed: resume.retry_failed, fresh: resume.fresh };
    let outcome = terminal.run(name, |job| run_points(task, file, options, job))?;
    print(format!(
        "{} points: {} known before, {} computed, {} failed",
        outcome.points,
        outcome.resumed,
        outcome.computed,
        outcome.failed.len()
    ));
    Ok(outcome)
}

/// The end of a command whose results are in `file`: a failure when it was interrupted.
pub(super) fn end(terminal: &Terminal, file: PathBuf) -> Result<(), Failure> {
    if terminal.is_interrupted() {
        let reason = "interrupted".to_owned();
        return Err(Failure::Stopped { reason, interrupted: true, file });
    }
    Ok(())
}
