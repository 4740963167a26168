//! Named arrays of the library as dictionaries of NumPy arrays.

use ndarray::ArrayD;
use ntwk::io::{
    Attribute, EdgeList, EdgeProperty, NamedArray, Provenance, ScanArray, ScanData, ScanValues,
    TheoryGroup,
};
use ntwk::studies::table::{ColumnValues, Table};
use numpy::{IntoPyArray, PyArrayDyn};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

/// An array with its unit and the names of its axes: `{"values", "unit", "axes", "attributes"}`.
fn array<'py>(
    py: Python<'py>,
    values: Bound<'py, PyAny>,
    unit: &str,
    axes: &[String],
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("values", values)?;
    dict.set_item("unit", unit)?;
    dict.set_item("axes", axes)?;
    Ok(dict)
}

fn attributes<'py>(
    py: Python<'py>,
    list: Vec<(String, Attribute)>,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in list {
        match value {
            Attribute::Text(text) => dict.set_item(name, text)?,
            Attribute::Texts(texts) => dict.set_item(name, texts)?,
            Attribute::Integer(number) => dict.set_item(name, number)?,
            Attribute::Number(number) => dict.set_item(name, number)?,
            Attribute::Numbers(numbers) => dict.set_item(name, numbers)?,
        }
    }
    Ok(dict)
}

/// Groups of named arrays: `{group: {"attributes": {...}, "arrays": {name: array}}}`.
pub(crate) fn groups<'py>(
    py: Python<'py>,
    groups: Vec<TheoryGroup>,
) -> PyResult<Bound<'py, PyDict>> {
    let all = PyDict::new(py);
    for group in groups {
        let arrays = PyDict::new(py);
        for NamedArray { name, unit, axes, data, attributes: own } in group.arrays {
            let values: Bound<'_, PyArrayDyn<f64>> = data.into_pyarray(py);
            let made = array(py, values.into_any(), &unit, &axes)?;
            made.set_item("attributes", attributes(py, own)?)?;
            arrays.set_item(name, made)?;
        }
        let made = PyDict::new(py);
        made.set_item("attributes", attributes(py, group.attributes)?)?;
        made.set_item("arrays", arrays)?;
        all.set_item(group.name, made)?;
    }
    Ok(all)
}

/// The axes and arrays of a sweep: `{"axes": {name: array}, "arrays": {name: array}}`.
pub(crate) fn scan_data<'py>(py: Python<'py>, data: ScanData) -> PyResult<Bound<'py, PyDict>> {
    let lengths: Vec<(String, usize)> =
        data.axes.iter().map(|axis| (axis.name.clone(), axis.values.len())).collect();
    let length = |name: &String| lengths.iter().find(|l| l.0 == *name).map_or(1, |l| l.1);
    let convert = |list: Vec<ScanArray>| {
        let dict = PyDict::new(py);
        for ScanArray { name, axes, values, unit, long_name } in list {
            let shape: Vec<usize> = axes.iter().map(length).collect();
            let values = match values {
                ScanValues::Numbers(numbers) => match ArrayD::from_shape_vec(shape, numbers) {
                    Ok(array) => array.into_pyarray(py).into_any(),
                    Err(error) => {
                        return Err(pyo3::exceptions::PyValueError::new_err(error.to_string()));
                    }
                },
                ScanValues::Texts(texts) => PyList::new(py, texts)?.into_any(),
            };
            let made = array(py, values, &unit, &axes)?;
            made.set_item("label", long_name)?;
            dict.set_item(name, made)?;
        }
        Ok(dict)
    };
    let all = PyDict::new(py);
    all.set_item("axes", convert(data.axes)?)?;
    all.set_item("arrays", convert(data.arrays)?)?;
    Ok(all)
}

/// The columns of a table: `{name: array}`, texts as lists.
pub(crate) fn table<'py>(py: Python<'py>, table: &Table) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let axes = ["row".to_owned()];
    for column in &table.columns {
        let values = match &column.values {
            ColumnValues::Numbers(numbers) => numbers.clone().into_pyarray(py).into_any(),
            ColumnValues::Sparse(numbers) => {
                let numbers: Vec<f64> = numbers.iter().map(|x| x.unwrap_or(f64::NAN)).collect();
                numbers.into_pyarray(py).into_any()
            }
            ColumnValues::Counts(counts) => {
                let counts: Vec<i64> = counts.iter().map(|&n| n as i64).collect();
                counts.into_pyarray(py).into_any()
            }
            ColumnValues::Texts(texts) => PyList::new(py, texts)?.into_any(),
        };
        dict.set_item(&column.name, array(py, values, &column.unit, &axes)?)?;
    }
    Ok(dict)
}

/// Who made a result.
pub(crate) fn provenance<'py>(
    py: Python<'py>,
    origin: &Provenance,
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("version", &origin.version)?;
    dict.set_item("seed", origin.seed)?;
    dict.set_item("generator", &origin.generator)?;
    dict.set_item("threads", origin.threads)?;
    dict.set_item("started", &origin.started)?;
    dict.set_item("wall_seconds", origin.wall_seconds)?;
    dict.set_item("host_features", &origin.host_features)?;
    Ok(dict)
}

/// Realised connections: arrays per projection.
pub(crate) fn edge_lists<'py>(
    py: Python<'py>,
    lists: Vec<EdgeList>,
) -> PyResult<Bound<'py, PyDict>> {
    let all = PyDict::new(py);
    for list in lists {
        let n = list.sources.len();
        let property = |property: EdgeProperty| match property {
            EdgeProperty::One(value) => vec![value; n].into_pyarray(py),
            EdgeProperty::Each(values) => values.into_pyarray(py),
        };
        let numbers = |list: Vec<u64>| {
            list.into_iter().map(|n| n as i64).collect::<Vec<i64>>().into_pyarray(py)
        };
        let made = PyDict::new(py);
        made.set_item("sources", numbers(list.sources))?;
        made.set_item("targets", numbers(list.targets))?;
        made.set_item("weights", property(list.weights))?;
        made.set_item("delays", property(list.delays))?;
        all.set_item(list.projection, made)?;
    }
    Ok(all)
}
