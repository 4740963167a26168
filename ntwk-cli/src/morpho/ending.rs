//! What a study stored of its points, and how a command ends that was interrupted.

use std::path::Path;

use ntwk::sweep::run::SweepOutcome;
use ntwk::sweep::store::StoreOptions;

use super::args::ResumeArgs;
use crate::Failure;
use crate::interruption::is_interrupted;
use crate::output::print;

/// Which of the stored points are computed again.
pub(super) fn store_options(resume: &ResumeArgs) -> StoreOptions {
    StoreOptions { retry_failed: resume.retry_failed, fresh: resume.fresh }
}

/// Says what was known and what was computed.
pub(super) fn print_points(outcome: &SweepOutcome) {
    print(format!(
        "{} points: {} known before, {} computed, {} failed",
        outcome.points,
        outcome.resumed,
        outcome.computed,
        outcome.failed.len()
    ));
}

/// The end of a command whose results are in `file`: a failure when it was interrupted.
pub(super) fn end(file: &Path) -> Result<(), Failure> {
    if is_interrupted() { Err(interrupted("interrupted", file)) } else { Ok(()) }
}

/// The end of a run that was interrupted and is in `file`.
pub(super) fn stopped(reason: &impl ToString, file: &Path) -> Result<(), Failure> {
    Err(interrupted(&reason.to_string(), file))
}

fn interrupted(reason: &str, file: &Path) -> Failure {
    Failure::Stopped { reason: reason.to_owned(), interrupted: true, file: file.to_owned() }
}
