//! Studies of the theory along keys of a model.

use ntwk::core::spec::VarySpec;
use ntwk::library;
use ntwk::studies::continuation::{BifurcationOptions, bifurcation_diagram};
use ntwk::studies::map::{MapOptions, fixed_point_map};
use pyo3::prelude::*;

use crate::arrays::{groups, scan_data};
use crate::computation::{How, compute};
use crate::figure::Figure;
use crate::model::Model;
use crate::theory::Study;
use crate::tree::{section, summary};

/// Branches of fixed points along a key.
#[pyfunction]
pub(crate) fn bifurcations<'py>(
    py: Python<'py>,
    model: &Model,
    vary: &Bound<'py, PyAny>,
    how: How,
) -> PyResult<Study<'py>> {
    let vary: VarySpec = section(py, vary, "vary")?;
    let options = BifurcationOptions::new(vary);
    let study =
        compute(py, &how, |job| Ok(bifurcation_diagram(&model.model, &options, &library(), job)?))?;
    let fields = summary(py, serde_json::to_value(study.summary()))?;
    fields.set_item("remarks", study.remarks())?;
    let arrays = groups(py, study.arrays())?;
    Ok((fields, arrays, Figure::new(move |theme| Ok::<_, String>(study.figure(theme)))))
}

/// Fixed points over two keys.
#[pyfunction]
pub(crate) fn fixed_points_map<'py>(
    py: Python<'py>,
    model: &Model,
    vary: [Bound<'py, PyAny>; 2],
    how: How,
) -> PyResult<Study<'py>> {
    let [first, second] = vary;
    let options =
        MapOptions::new([section(py, &first, "vary[0]")?, section(py, &second, "vary[1]")?]);
    let study =
        compute(py, &how, |job| Ok(fixed_point_map(&model.model, &options, &library(), job)?))?;
    let fields = pyo3::types::PyDict::new(py);
    fields.set_item("populations", &study.populations)?;
    fields.set_item("points", study.points())?;
    fields.set_item("in_words", study.map.in_words())?;
    let arrays = scan_data(py, study.arrays())?;
    let figure = Figure::new(move |theme| match study.figure(theme) {
        Ok(Some(figure)) => Ok(figure),
        Ok(None) => Err("the map has nothing to draw".to_owned()),
        Err(error) => Err(error.to_string()),
    });
    Ok((fields.into_any(), arrays, figure))
}
