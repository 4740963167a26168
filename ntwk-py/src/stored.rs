//! Stored results of every format that is read.

use std::path::PathBuf;

use ntwk::io::{FileError, Layout, ResultFile, import_stored, read_cell_run, read_flat, read_scan};
use ntwk::library;
use ntwk::sweep::status::{is_in_parts, read_sweep, sweep_file};
use numpy::IntoPyArray;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{groups, provenance, scan_data};
use crate::error::{Failure, exception};
use crate::model::Model;
use crate::recording::Recording;

/// What a file holds: `("run" | "theory" | "sweep" | "cell" | "sonata", parts)`.
#[pyfunction]
pub(crate) fn load<'py>(
    py: Python<'py>,
    path: PathBuf,
) -> PyResult<(&'static str, Bound<'py, PyDict>)> {
    let dict = PyDict::new(py);
    if path.is_dir() || is_in_parts(&path) {
        let stored = py.detach(|| read_sweep(&sweep_file(&path))).map_err(Failure::from)?;
        dict.set_item("data", scan_data(py, stored.data)?)?;
        dict.set_item("model", stored.model.text)?;
        dict.set_item("provenance", provenance(py, &stored.origin)?)?;
        return Ok(("sweep", dict));
    }
    let layout = Layout::of(&path).map_err(Failure::from)?;
    let kind = match layout {
        Layout::Ntwk | Layout::Theory => {
            let read = || -> Result<_, FileError> {
                let file = ResultFile::open(&path)?;
                Ok((file.recording()?, file.model()?, file.provenance()?, file.theory()?))
            };
            let (recording, model, origin, theory) = py.detach(read).map_err(Failure::from)?;
            dict.set_item("model", model.map(|model| model.text))?;
            dict.set_item("provenance", origin.map(|o| provenance(py, &o)).transpose()?)?;
            dict.set_item("theory", groups(py, theory)?)?;
            match recording {
                Some(recording) => {
                    dict.set_item("recording", Recording::new(py, recording))?;
                    "run"
                }
                None => "theory",
            }
        }
        Layout::Flat => {
            let mut flat = py.detach(|| read_flat(&path)).map_err(Failure::from)?;
            let import = import_stored(&flat);
            let (model, notes) = match import {
                Ok(import) => match import.spec.check(&library()) {
                    Ok(model) => (Some(model), import.notes),
                    Err(faults) => (None, vec![faults.to_string()]),
                },
                Err(faults) => (None, vec![faults.to_string()]),
            };
            if let Some(model) = &model {
                flat.name_receptors(model);
            }
            let rates = PyDict::new(py);
            for (name, values) in flat.rates {
                rates.set_item(name, values.into_pyarray(py))?;
            }
            dict.set_item("checked_model", model.map(Model::of))?;
            dict.set_item("notes", notes)?;
            dict.set_item("rates", rates)?;
            dict.set_item("recording", Recording::new(py, flat.recording))?;
            "run"
        }
        Layout::Scan => {
            let Some((data, model, origin)) =
                py.detach(|| read_scan(&path)).map_err(Failure::from)?
            else {
                return Err(unreadable(py, &path, layout));
            };
            dict.set_item("data", scan_data(py, data)?)?;
            dict.set_item("model", model.text)?;
            dict.set_item("provenance", provenance(py, &origin)?)?;
            "sweep"
        }
        Layout::Cell => {
            let run = py.detach(|| read_cell_run(&path)).map_err(Failure::from)?;
            let columns = PyDict::new(py);
            let time = run.times.clone().into_pyarray(py);
            columns.set_item("time", ("ms", time))?;
            for (k, probe) in run.probes.iter().enumerate() {
                let values = run.values.column(k).to_vec().into_pyarray(py);
                columns.set_item(&probe.name, (&probe.unit, values))?;
            }
            let spikes = PyDict::new(py);
            for detector in run.spikes {
                spikes.set_item(detector.location, detector.times.into_pyarray(py))?;
            }
            dict.set_item("columns", columns)?;
            dict.set_item("spikes", spikes)?;
            dict.set_item("cell", run.text)?;
            "cell"
        }
        Layout::Sonata => {
            let file = ResultFile::open(&path).map_err(Failure::from)?;
            let spikes = PyDict::new(py);
            for name in file.spike_populations().map_err(Failure::from)? {
                let trains = py.detach(|| file.spikes(&name)).map_err(Failure::from)?;
                let ids: Vec<i64> = trains.node_ids.iter().map(|&id| id as i64).collect();
                let times = trains.timestamps.into_pyarray(py);
                spikes.set_item(name, (times, ids.into_pyarray(py)))?;
            }
            let reports = PyDict::new(py);
            for name in file.reports().map_err(Failure::from)? {
                let report = py.detach(|| file.report(&name)).map_err(Failure::from)?;
                let made = PyDict::new(py);
                made.set_item("population", report.population)?;
                made.set_item("variable", report.variable)?;
                made.set_item("unit", report.unit)?;
                let ids: Vec<i64> = report.node_ids.iter().map(|&id| id as i64).collect();
                made.set_item("neurons", ids.into_pyarray(py))?;
                made.set_item("start", report.start)?;
                made.set_item("step", report.step)?;
                made.set_item("data", report.data.into_pyarray(py))?;
                reports.set_item(name, made)?;
            }
            dict.set_item("spikes", spikes)?;
            dict.set_item("reports", reports)?;
            "sonata"
        }
        Layout::Nwb | Layout::Unknown => return Err(unreadable(py, &path, layout)),
    };
    Ok((kind, dict))
}

fn unreadable(py: Python<'_>, path: &std::path::Path, layout: Layout) -> PyErr {
    let text = format!("{}: {}, which is not read", path.display(), layout.content());
    exception(py, "FileError", &text, None)
}
