//! Errors of the library as exceptions of the package.
//!
//! The classes are Python (`ntwk/_errors.py`): they have documentation, are typed, and can be pickled.

use ntwk::core::Faults;
use ntwk::core::spec::fault::{Fault, FaultKind};
use ntwk::io::{CellFileError, ModelFileError};
use ntwk::studies::StudyError;
use ntwk::studies::options::InvalidOptions;
use ntwk::sweep::cell::CellSweepError;
use ntwk::sweep::points::SweepPlanError;
use ntwk::{Error, ErrorKind};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

/// What a computation failed with, until it is an exception.
pub(crate) struct Failure(pub Error);

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl Failure {
    /// The exception.
    pub(crate) fn raise(self, py: Python<'_>) -> PyErr {
        let error = self.0;
        if error.is_interruption() {
            return PyKeyboardInterrupt::new_err("interrupted");
        }
        if let Some(faults) = faults_of(&error) {
            return model_error(py, faults);
        }
        if let Some(options) = options_of(&error) {
            return option_error(py, options);
        }
        let name = match error.kind() {
            ErrorKind::Input => "ModelError",
            ErrorKind::Theory | ErrorKind::Analysis => "TheoryError",
            ErrorKind::Study if matches!(error, Error::Study(_)) => "TheoryError",
            ErrorKind::File => "FileError",
            _ => "SimulationError",
        };
        exception(py, name, &error.to_string(), None)
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        Python::attach(|py| failure.raise(py))
    }
}

fn faults_of(error: &Error) -> Option<&Faults> {
    match error {
        Error::Model(ModelFileError::Faults(faults))
        | Error::Cell(CellFileError::Faults(faults))
        | Error::Faults(faults)
        | Error::Study(StudyError::Model(faults))
        | Error::SweepPlan(SweepPlanError::Faults(faults))
        | Error::CellSweep(CellSweepError::Plan(SweepPlanError::Faults(faults))) => Some(faults),
        _ => None,
    }
}

fn options_of(error: &Error) -> Option<&InvalidOptions> {
    match error {
        Error::Options(options) | Error::Study(StudyError::Options(options)) => Some(options),
        _ => None,
    }
}

/// The exception of the faults of a description.
pub(crate) fn model_error(py: Python<'_>, faults: &Faults) -> PyErr {
    let list = faults.list.iter().map(|fault| fault_fields(py, fault));
    let list = list.collect::<PyResult<Vec<_>>>().and_then(|list| PyList::new(py, list));
    match list {
        Ok(list) => exception(py, "ModelError", &faults.to_string(), Some(&list)),
        Err(error) => error,
    }
}

fn option_error(py: Python<'_>, options: &InvalidOptions) -> PyErr {
    let fields = |fault: &ntwk::studies::options::OptionFault| {
        let fields = PyDict::new(py);
        fields.set_item("key", fault.option)?;
        fields.set_item("value", (!fault.value.is_empty()).then_some(&fault.value))?;
        fields.set_item("line", None::<u32>)?;
        fields.set_item("kind", "option")?;
        fields.set_item("message", &fault.rule)?;
        fields.set_item("nearest", None::<&str>)?;
        fields.set_item("valid", Vec::<&str>::new())?;
        Ok::<_, PyErr>(fields)
    };
    let list = options.faults.iter().map(fields).collect::<PyResult<Vec<_>>>();
    match list.and_then(|list| PyList::new(py, list)) {
        Ok(list) => exception(py, "ModelError", &options.to_string(), Some(&list)),
        Err(error) => error,
    }
}

fn fault_fields<'py>(py: Python<'py>, fault: &Fault) -> PyResult<Bound<'py, PyDict>> {
    let none: (Option<&str>, &[String]) = (None, &[]);
    let (kind, (nearest, valid)) = match &fault.kind {
        FaultKind::UnknownKey { nearest, valid } => {
            ("unknown_key", (nearest.as_deref(), &valid[..]))
        }
        FaultKind::MissingKey { .. } => ("missing_key", none),
        FaultKind::WrongType { .. } => ("wrong_type", none),
        FaultKind::Quantity(_) => ("quantity", none),
        FaultKind::OutOfRange { .. } => ("out_of_range", none),
        FaultKind::UnknownName { nearest, valid, .. } => {
            ("unknown_name", (nearest.as_deref(), &valid[..]))
        }
        FaultKind::Duplicate { .. } => ("duplicate", none),
        FaultKind::Combination { .. } => ("combination", none),
        FaultKind::File { .. } => ("file", none),
        FaultKind::Expression { .. } => ("expression", none),
        FaultKind::Syntax { .. } => ("syntax", none),
    };
    let fields = PyDict::new(py);
    fields.set_item("key", &fault.key)?;
    fields.set_item("value", fault.value.as_deref())?;
    fields.set_item("line", fault.line)?;
    fields.set_item("kind", kind)?;
    fields.set_item("message", fault.kind.to_string())?;
    fields.set_item("nearest", nearest)?;
    fields.set_item("valid", valid)?;
    Ok(fields)
}

/// An exception of `ntwk._errors`, with the faults it is about.
pub(crate) fn exception(
    py: Python<'_>,
    name: &str,
    text: &str,
    faults: Option<&Bound<'_, PyList>>,
) -> PyErr {
    let made = py.import("ntwk._errors").and_then(|module| {
        let class = module.getattr(name)?;
        match faults {
            Some(faults) => class.call1((text, faults)),
            None => class.call1((text,)),
        }
    });
    match made {
        Ok(value) => PyErr::from_value(value),
        Err(error) => error,
    }
}

/// A wrong argument, in one sentence.
pub(crate) fn wrong(py: Python<'_>, text: &str) -> PyErr {
    exception(py, "ModelError", text, None)
}
