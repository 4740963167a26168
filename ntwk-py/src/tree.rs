//! Python values as trees of keys, and back.

use ntwk::core::spec::key::{Kind, Place, Section};
use ntwk::core::spec::tree::{Node, Value};
use ntwk::core::{FaultKind, Faults};
use numpy::{
    IntoPyArray, PyArray1, PyArrayDescrMethods, PyArrayMethods, PyUntypedArray,
    PyUntypedArrayMethods,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple};

use crate::error::model_error;

/// The tree of a Python value; `path` names it in errors.
///
/// Arrays of numbers become one value each, without a node per number. Objects that no description holds are faults, all at once.
pub(crate) fn node(value: &Bound<'_, PyAny>, path: &str) -> PyResult<Node> {
    let mut faults = Faults::default();
    let made = tree_value(value, path, &mut faults)?;
    faults.into_result(Node::new(made)).map_err(|faults| model_error(value.py(), &faults))
}

/// Faults of objects in a list after which its rest is not looked at.
const MOST_FAULTS: usize = 20;

fn tree_value(value: &Bound<'_, PyAny>, path: &str, faults: &mut Faults) -> PyResult<Value> {
    if value.is_none() {
        return Ok(Value::Null);
    }
    // Before whole numbers: True is one of them.
    if let Ok(flag) = value.cast::<PyBool>() {
        return Ok(Value::Bool(flag.is_true()));
    }
    if let Ok(number) = value.cast::<PyInt>() {
        return match number.extract::<i64>() {
            Ok(number) => Ok(Value::Integer(number)),
            // Beyond 64 bits: a float keeps the size, and range checks reject it.
            Err(_) => Ok(Value::Float(number.extract()?)),
        };
    }
    if let Ok(number) = value.cast::<PyFloat>() {
        return Ok(Value::Float(number.extract()?));
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Value::String(text.to_str()?.to_owned()));
    }
    if let Ok(array) = value.cast::<PyUntypedArray>() {
        return array_value(array, path, faults);
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let mut items = Vec::new();
        for (i, item) in value.try_iter()?.enumerate() {
            items.push(Node::new(tree_value(&item?, &format!("{path}[{i}]"), faults)?));
            if faults.list.len() >= MOST_FAULTS {
                break;
            }
        }
        return Ok(Value::List(items));
    }
    if let Ok(mapping) = value.cast::<PyMapping>() {
        return table(mapping, path, faults);
    }
    // Scalars of NumPy, series of pandas, paths.
    for (attribute, call) in
        [("to_numpy", true), ("item", true), ("__fspath__", true), ("values", false)]
    {
        if value.hasattr(attribute)? {
            let inner = value.getattr(attribute)?;
            let inner = if call { inner.call0()? } else { inner };
            if !inner.is(value) {
                return tree_value(&inner, path, faults);
            }
        }
    }
    let kind = value.get_type().name()?;
    let rule = format!(
        "a value of type {kind} cannot stand in a description; numbers, text with a unit, true or false, lists, arrays of NumPy and \
         dictionaries can"
    );
    let shown: String = value.repr()?.to_string_lossy().chars().take(60).collect();
    faults.push(path, Some(shown), None, FaultKind::Combination { rule });
    Ok(Value::Null)
}

fn table(mapping: &Bound<'_, PyMapping>, path: &str, faults: &mut Faults) -> PyResult<Value> {
    let mut entries = Vec::new();
    for item in mapping.items()?.iter() {
        let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
        let Ok(key) = key.cast::<PyString>() else {
            let rule = "a key is text".to_owned();
            let shown = key.repr()?.to_string_lossy().into_owned();
            faults.push(path, Some(shown), None, FaultKind::Combination { rule });
            continue;
        };
        let key = key.to_str()?.to_owned();
        let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let value = tree_value(&value, &inner, faults)?;
        entries.push((key, Node::new(value)));
    }
    Ok(Value::Table(entries))
}

fn array_value(
    array: &Bound<'_, PyUntypedArray>,
    path: &str,
    faults: &mut Faults,
) -> PyResult<Value> {
    let kind = array.dtype().kind();
    if array.ndim() == 1 && matches!(kind, b'f' | b'i' | b'u') {
        let as_it_is = PyDict::new(array.py());
        as_it_is.set_item("copy", false)?;
        let wanted = if kind == b'f' { "float64" } else { "int64" };
        let array = array.call_method("astype", (wanted,), Some(&as_it_is))?;
        if kind == b'f' {
            let numbers = array.cast::<PyArray1<f64>>()?.readonly();
            return Ok(Value::Numbers(numbers.as_array().to_vec()));
        }
        let numbers = array.cast::<PyArray1<i64>>()?.readonly();
        let numbers = numbers.as_array();
        if numbers.iter().all(|&n| n >= 0) {
            // Of known length: a list that grows has room for twice as many.
            let counts: Vec<u64> = numbers.iter().map(|&n| n as u64).collect();
            return Ok(Value::Counts(counts.into()));
        }
        let number = |&n: &i64| Node::new(Value::Integer(n));
        return Ok(Value::List(numbers.iter().map(number).collect()));
    }
    tree_value(&array.call_method0("tolist")?, path, faults)
}

/// The Python value of a tree: dictionaries, lists, numbers, text; long lists of numbers are arrays.
pub(crate) fn object<'py>(py: Python<'py>, node: &Node) -> PyResult<Bound<'py, PyAny>> {
    Ok(match &node.value {
        Value::Bool(flag) => PyBool::new(py, *flag).to_owned().into_any(),
        Value::Integer(number) => number.into_pyobject(py)?.into_any(),
        Value::Float(number) => number.into_pyobject(py)?.into_any(),
        Value::String(text) => text.into_pyobject(py)?.into_any(),
        Value::List(items) => {
            let items: PyResult<Vec<_>> = items.iter().map(|item| object(py, item)).collect();
            PyList::new(py, items?)?.into_any()
        }
        Value::Numbers(numbers) => numbers.clone().into_pyarray(py).into_any(),
        Value::Counts(counts) => {
            // Counts are neuron numbers: they fit.
            let counts: Vec<i64> =
                counts.iter().map(|&n| i64::try_from(n).unwrap_or(i64::MAX)).collect();
            counts.into_pyarray(py).into_any()
        }
        Value::Table(entries) => {
            let dict = PyDict::new(py);
            for (key, value) in entries {
                dict.set_item(key, object(py, value)?)?;
            }
            dict.into_any()
        }
        Value::Null => py.None().into_bound(py),
    })
}

/// JSON of the library, for what is small and nested, as a dictionary.
pub(crate) fn summary<'py>(
    py: Python<'py>,
    value: Result<serde_json::Value, serde_json::Error>,
) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Ok(value) => py.import("json")?.call_method1("loads", (value.to_string(),)),
        Err(error) => Err(PyValueError::new_err(error.to_string())),
    }
}

/// All faults of an option of Python that is a tree of keys.
pub(crate) fn section<S: Section>(
    py: Python<'_>,
    value: &Bound<'_, PyAny>,
    name: &str,
) -> PyResult<S> {
    let mut faults = Faults::default();
    let root = node(value, name)?;
    let place =
        Place { node: &root, path: name.to_owned(), own: None, root: &root, faults: &mut faults };
    let read = S::read(place, &Kind::Table(S::KEYS));
    faults.into_result(read).map_err(|faults| model_error(py, &faults))
}
