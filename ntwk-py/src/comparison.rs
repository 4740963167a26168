//! A simulation beside its theory.

use ntwk::compare::compare as compared;
use ntwk::library;
use pyo3::prelude::*;

use crate::computation::{How, compute};
use crate::recording::Recording;
use crate::theory::Theory;
use crate::tree::summary;

/// The comparison of a theory with a recording of its model.
#[pyfunction]
pub(crate) fn compare<'py>(
    py: Python<'py>,
    theory: &Theory,
    recording: &Recording,
    how: How,
) -> PyResult<Bound<'py, PyAny>> {
    let recording = recording.whole(py);
    let comparison = compute(py, &how, |job| {
        let prediction = &theory.stationary().theory;
        Ok(compared(&theory.model, &recording, prediction, &library(), job)?)
    })?;
    summary(py, serde_json::to_value(comparison))
}
