//! Dictionaries of arrays, numbers and texts in HDF5 files.

use std::path::PathBuf;

use ndarray::{ArrayD, IxDyn};
use ntwk::io::{Entry, read_dictionary, write_dictionary};
use numpy::{
    IntoPyArray, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyUntypedArray,
    PyUntypedArrayMethods,
};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

use crate::error::Failure;

fn entry(value: &Bound<'_, PyAny>, path: &str) -> PyResult<Entry> {
    let py = value.py();
    if let Ok(inner) = value.cast::<PyDict>() {
        return Ok(Entry::Dictionary(entries(inner, path)?));
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Entry::Text(text.to_str()?.to_owned()));
    }
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(Entry::Text(String::from_utf8_lossy(bytes.as_bytes()).into_owned()));
    }
    // Arrays, lists, tuples, numbers.
    let array = py.import("numpy")?.call_method1("asarray", (value,))?;
    let array = array.cast::<PyUntypedArray>()?;
    match array.dtype().kind() {
        b'f' => {
            let array = array.call_method1("astype", ("float64",))?;
            Ok(Entry::Numbers(array.cast::<PyArrayDyn<f64>>()?.to_owned_array()))
        }
        b'i' | b'u' | b'b' => {
            let array = array.call_method1("astype", ("int64",))?;
            Ok(Entry::Integers(array.cast::<PyArrayDyn<i64>>()?.to_owned_array()))
        }
        b'U' => Ok(Entry::Texts(array.call_method0("ravel")?.call_method0("tolist")?.extract()?)),
        b'S' => {
            let texts: Vec<Vec<u8>> =
                array.call_method0("ravel")?.call_method0("tolist")?.extract()?;
            let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
            Ok(Entry::Texts(texts.into_iter().map(text).collect()))
        }
        _ if array.len() == 0 => Ok(Entry::Numbers(ArrayD::zeros(IxDyn(&[0])))),
        _ => {
            let kind = value.get_type().name()?;
            Err(PyTypeError::new_err(format!("{path}: a value of type {kind} cannot be stored")))
        }
    }
}

fn entries(dictionary: &Bound<'_, PyDict>, path: &str) -> PyResult<Vec<(String, Entry)>> {
    let mut made = Vec::new();
    for (key, value) in dictionary {
        let key = key.str()?.to_str()?.to_owned();
        let entry = entry(&value, &format!("{path}/{key}"))?;
        made.push((key, entry));
    }
    Ok(made)
}

/// Writes a dictionary of arrays, numbers, texts and dictionaries.
#[pyfunction]
pub(crate) fn store_dictionary(
    py: Python<'_>,
    path: PathBuf,
    dictionary: &Bound<'_, PyDict>,
) -> PyResult<()> {
    let made = entries(dictionary, "")?;
    Ok(py.detach(|| write_dictionary(&path, &made)).map_err(Failure::from)?)
}

/// Reads such a file: arrays of float64 and int64, texts, lists of texts, dictionaries.
#[pyfunction]
pub(crate) fn load_dictionary<'py>(py: Python<'py>, path: PathBuf) -> PyResult<Bound<'py, PyDict>> {
    let made = py.detach(|| read_dictionary(&path)).map_err(Failure::from)?;
    dictionary(py, made)
}

fn dictionary<'py>(py: Python<'py>, entries: Vec<(String, Entry)>) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (key, entry) in entries {
        match entry {
            Entry::Dictionary(inner) => dict.set_item(key, dictionary(py, inner)?)?,
            Entry::Numbers(values) => dict.set_item(key, values.into_pyarray(py))?,
            Entry::Integers(values) => dict.set_item(key, values.into_pyarray(py))?,
            Entry::Text(text) => dict.set_item(key, text)?,
            Entry::Texts(texts) => dict.set_item(key, PyList::new(py, texts)?)?,
        }
    }
    Ok(dict)
}
