//! A simulation and the theory of the same model, at the same time where there are threads for both.

use std::sync::atomic::{AtomicBool, Ordering};

use ntwk_core::engine::network::threads_for;
use ntwk_core::{CellLibrary, Job, Model};
use ntwk_meanfield::prediction::error::TheoryError;
use ntwk_meanfield::prediction::predict::{Theory, predict};

use crate::run::error::StreamError;
use crate::run::stream::{StreamedRun, simulate_to_file};
use crate::run::target::StreamPlan;

/// What came of the theory; `None` of a run that stopped early, whose theory is not sought.
pub type Prediction = Option<Result<Theory, TheoryError>>;

/// Simulates `model` into the file of `plan` and predicts its activity.
///
/// A network too small for all threads of the job is simulated while its transfer functions are scanned; neither result
/// depends on that. The stages of the job are those of the theory, or of both in turn.
///
/// # Errors
/// [`StreamError`] when the run cannot start. The error of the theory is beside the run, which stays.
pub fn simulate_and_predict(
    model: &Model,
    plan: &StreamPlan,
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<(StreamedRun, Prediction), StreamError> {
    if threads_for(model, job) >= job.thread_count() {
        let run = simulate_to_file(model, plan, &job.stage("simulation"))?;
        let theory = run.stopped.is_none().then(|| predict(model, library, job));
        return Ok((run, theory));
    }
    let given_up = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let theory = scope.spawn(|| predict(model, library, &job.interrupted_by(&given_up)));
        let run = simulate_to_file(model, plan, &job.silent());
        let complete = run.as_ref().is_ok_and(|run| run.stopped.is_none());
        given_up.store(!complete, Ordering::Relaxed);
        let theory = match theory.join() {
            Ok(theory) => theory,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        Ok((run?, complete.then_some(theory)))
    })
}
