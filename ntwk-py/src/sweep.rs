//! The same computation at many points over keys of a model.

use std::path::PathBuf;

use ntwk::core::spec::ParameterScanSpec;
use ntwk::library;
use ntwk::sweep::command::command_of;
use ntwk::sweep::network::NetworkSweep;
use ntwk::sweep::points::SweepPlan;
use ntwk::sweep::run::{SweepError, run_share};
use ntwk::sweep::share::{ShardChoice, Share, scheduled_threads};
use ntwk::sweep::status::{PartState, merge_sweep, sweep_file, sweep_status};
use ntwk::sweep::store::StoreOptions;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::arrays::scan_data;
use crate::computation::{How, compute_keeping};
use crate::error::Failure;
use crate::figure::Figure;
use crate::model::Model;
use crate::tree::section;

/// Which points a process computes: a shard as text, points by number, whether it claims them.
#[derive(FromPyObject)]
pub(crate) struct Chosen(Option<String>, Option<Vec<usize>>, bool);

/// A variable of the environment of this process.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl Chosen {
    fn share(self) -> Result<Share, Failure> {
        match self {
            Chosen(Some(shard), ..) => {
                let choice: ShardChoice = shard.parse().map_err(SweepError::from)?;
                let shard = choice.resolve(&variable).map_err(SweepError::from)?;
                Ok(Share::Shard(shard))
            }
            Chosen(None, Some(points), _) => Ok(Share::Points(points)),
            Chosen(None, None, true) => Ok(Share::Claims),
            Chosen(None, None, false) => Ok(Share::All),
        }
    }
}

/// A sweep as far as it was computed, and the exception that interrupted it.
type Swept<'py> = (Bound<'py, PyDict>, Figure, Option<Bound<'py, PyAny>>);

/// Computes all points of a sweep that the file does not hold yet, and stores each there.
#[pyfunction]
pub(crate) fn sweep<'py>(
    py: Python<'py>,
    model: &Model,
    scan: &Bound<'py, PyAny>,
    file: PathBuf,
    chosen: Chosen,
    again: (bool, bool),
    mut how: How,
) -> PyResult<Swept<'py>> {
    let scan: ParameterScanSpec = section(py, scan, "scan")?;
    let mut spec = model.model.spec().clone();
    spec.scan = Some(scan.clone());
    let (library, command) = (library(), command_of(&scan).map_err(Failure::from)?);
    let whole = spec.check(&library).map_err(Failure::from)?;
    let plan = SweepPlan::new(&whole, &scan).map_err(Failure::from)?;
    let share = chosen.share()?;
    let own = share.points(plan.len()).map_err(SweepError::from).map_err(Failure::from)?;
    plan.check(&library, &own).map_err(Failure::from)?;
    let scheduled =
        scheduled_threads(&variable).map_err(SweepError::from).map_err(Failure::from)?;
    how.default_threads(scheduled);
    let task = NetworkSweep { model: whole, plan, command, library };
    let options = StoreOptions { retry_failed: again.0, fresh: again.1 };
    let (outcome, raised) = compute_keeping(py, &how, |job| {
        run_share(&task, &file, options, &share, &job.stage("sweep"))
    });
    let outcome = match (outcome, raised.is_some()) {
        (Ok(outcome), _) => outcome,
        (Err(error), _) => return Err(raised.unwrap_or_else(|| Failure::from(error).raise(py))),
    };
    let fields = PyDict::new(py);
    fields.set_item("points", outcome.points)?;
    fields.set_item("resumed", outcome.resumed)?;
    fields.set_item("computed", outcome.computed)?;
    fields.set_item("failed", &outcome.failed)?;
    fields.set_item("interrupted", outcome.interrupted)?;
    fields.set_item("open", outcome.open)?;
    fields.set_item("data", scan_data(py, outcome.data.clone())?)?;
    let data = outcome.data;
    let figure = Figure::new(move |theme| match ntwk::figures::sweep::sweep_figure(&data, theme) {
        Ok(Some(figure)) => Ok(figure),
        Ok(None) => Err("the sweep has nothing to draw".to_owned()),
        Err(error) => Err(error.to_string()),
    });
    let raised = raised.map(|error| error.into_value(py).into_bound(py).into_any());
    Ok((fields, figure, raised))
}

/// How far the sweep at `path` (a folder, or its file) is.
#[pyfunction]
pub(crate) fn status<'py>(py: Python<'py>, path: PathBuf) -> PyResult<Bound<'py, PyDict>> {
    let status = py.detach(|| sweep_status(&sweep_file(&path))).map_err(Failure::from)?;
    let fields = PyDict::new(py);
    fields.set_item("points", status.points)?;
    fields.set_item("done", status.done)?;
    fields.set_item("failed", status.failed)?;
    fields.set_item("open", status.open())?;
    fields.set_item("seconds_per_point", status.seconds_per_point)?;
    fields.set_item("seconds_left", status.remaining)?;
    let parts = PyList::empty(py);
    for part in status.parts {
        let made = PyDict::new(py);
        made.set_item("part", part.name)?;
        made.set_item("host", part.process.as_ref().map(|p| p.0.clone()))?;
        made.set_item("process", part.process.as_ref().map(|p| p.1))?;
        made.set_item("share", part.share)?;
        made.set_item("points", part.points)?;
        made.set_item("failed", part.failed)?;
        made.set_item("threads", part.threads)?;
        made.set_item("started", part.started)?;
        made.set_item("seconds_since_last", part.silence)?;
        let state = match part.state {
            PartState::AtWork => "at work",
            PartState::Ended => "ended",
            PartState::Killed => "killed",
            PartState::Silent => "silent",
        };
        made.set_item("state", state)?;
        parts.append(made)?;
    }
    fields.set_item("parts", parts)?;
    Ok(fields)
}

/// Makes one file of the parts of the sweep at `path`; its path.
#[pyfunction]
pub(crate) fn merge(py: Python<'_>, path: PathBuf) -> PyResult<PathBuf> {
    Ok(py.detach(|| merge_sweep(&sweep_file(&path))).map_err(Failure::from)?.file)
}
