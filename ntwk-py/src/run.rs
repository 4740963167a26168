//! A run of a model, in memory or into a file.

use std::path::PathBuf;

use ntwk::Error;
use ntwk::run::target::StreamPlan;
use pyo3::prelude::*;

use crate::computation::{How, compute_keeping};
use crate::error::Failure;
use crate::model::Model;
use crate::recording::Recording;

/// What came of a run; why it ended early (whether by interruption, in words); the exception that interrupted it.
type Ended<'py, R> = (R, Option<(bool, String)>, Option<Bound<'py, PyAny>>);

/// Runs a model in memory.
#[pyfunction]
pub(crate) fn run<'py>(
    py: Python<'py>,
    model: &Model,
    how: How,
) -> PyResult<Ended<'py, Recording>> {
    let (result, raised) =
        compute_keeping(py, &how, |job| ntwk::simulate(&model.model, &job.stage("simulation")));
    match (result, raised) {
        (Ok(result), raised) => {
            let (recording, stopped) = Recording::of_run(py, result);
            Ok((recording, stopped, raised.map(|error| as_object(py, error))))
        }
        (Err(_), Some(raised)) => Err(raised),
        (Err(error), None) => Err(Failure::from(error).raise(py)),
    }
}

/// Runs a model into a file.
#[pyfunction]
pub(crate) fn run_to_file<'py>(
    py: Python<'py>,
    model: &Model,
    path: PathBuf,
    double_precision: bool,
    checkpoint: Option<f64>,
    resume: bool,
    how: How,
) -> PyResult<Ended<'py, Option<PathBuf>>> {
    let mut plan = StreamPlan::new(path);
    plan.checkpoint = checkpoint;
    plan.resume = resume;
    if double_precision {
        plan.options.precision = ntwk::io::Precision::Double;
    }
    let (result, raised) = compute_keeping(py, &how, |job| {
        let job = job.stage("simulation");
        let run = ntwk::run::stream::simulate_to_file(&model.model, &plan, &job)?;
        let stopped = run.stopped.as_ref().map(|s| (s.is_interruption(), s.to_string()));
        Ok::<_, Error>((run.finish(&[])?, stopped))
    });
    match (result, raised) {
        (Ok((file, stopped)), raised) => {
            Ok((file, stopped, raised.map(|error| as_object(py, error))))
        }
        (Err(_), Some(raised)) => Err(raised),
        (Err(error), None) => Err(Failure::from(error).raise(py)),
    }
}

/// An exception that is handed over, not raised.
pub(crate) fn as_object(py: Python<'_>, error: PyErr) -> Bound<'_, PyAny> {
    error.into_value(py).into_bound(py).into_any()
}
