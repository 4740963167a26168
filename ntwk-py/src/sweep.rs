//! The same computation at many points over keys of a model.

use std::path::PathBuf;

use ntwk::core::spec::ParameterScanSpec;
use ntwk::library;
use ntwk::sweep::command::command_of;
use ntwk::sweep::network::NetworkSweep;
use ntwk::sweep::points::SweepPlan;
use ntwk::sweep::run::run_points;
use ntwk::sweep::store::StoreOptions;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::scan_data;
use crate::computation::{How, compute_keeping};
use crate::error::Failure;
use crate::figure::Figure;
use crate::model::Model;
use crate::tree::section;

/// A sweep as far as it was computed, and the exception that interrupted it.
type Swept<'py> = (Bound<'py, PyDict>, Figure, Option<Bound<'py, PyAny>>);

/// Computes all points of a sweep that the file does not hold yet, and stores each there.
#[pyfunction]
pub(crate) fn sweep<'py>(
    py: Python<'py>,
    model: &Model,
    scan: &Bound<'py, PyAny>,
    file: PathBuf,
    retry_failed: bool,
    fresh: bool,
    how: How,
) -> PyResult<Swept<'py>> {
    let scan: ParameterScanSpec = section(py, scan, "scan")?;
    let mut spec = model.model.spec().clone();
    spec.scan = Some(scan.clone());
    let (library, command) = (library(), command_of(&scan).map_err(Failure::from)?);
    let whole = spec.check(&library).map_err(Failure::from)?;
    let plan = SweepPlan::new(&whole, &scan).map_err(Failure::from)?;
    plan.check(&library).map_err(Failure::from)?;
    let task = NetworkSweep { model: whole, plan, command, library };
    let options = StoreOptions { retry_failed, fresh };
    let (outcome, raised) =
        compute_keeping(py, &how, |job| run_points(&task, &file, options, &job.stage("sweep")));
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
