//! A morphological cell: its description, its run, studies on it.

use std::path::PathBuf;

use ntwk::io::{Notation, read_cell, read_cell_tree, write_tree};
use ntwk::morpho::LocationSpec;
use ntwk::studies::morpho::MorphoCell;
use ntwk::studies::morpho::epsp::{EpspOptions, epsp};
use ntwk::studies::morpho::info::morphology_figure;
use ntwk::studies::morpho::run::run;
use numpy::IntoPyArray;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::arrays::table;
use crate::computation::{How, compute, compute_keeping};
use crate::error::{Failure, wrong};
use crate::figure::Figure;
use crate::tree::{node, object};

/// A morphological cell with its compartments.
#[pyclass(frozen, module = "ntwk._ntwk")]
pub(crate) struct Cell(MorphoCell);

/// A table, and a figure.
type Tabled<'py> = (Bound<'py, PyDict>, Figure);

#[pymethods]
impl Cell {
    /// The cell of a file.
    #[staticmethod]
    fn from_file(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let cell = py.detach(|| {
            let file = read_cell(&path, &[]).map_err(Failure::from)?;
            MorphoCell::new(file, &path).map_err(Failure::from)
        });
        Ok(Self(cell?))
    }

    /// The cell of a tree of keys; files that it names are looked for in `folder`.
    #[staticmethod]
    fn from_tree(py: Python<'_>, tree: &Bound<'_, PyAny>, folder: PathBuf) -> PyResult<Self> {
        let root = node(tree, "")?;
        let path = folder.join("cell");
        let cell = py.detach(|| {
            let text = write_tree(&root, Notation::Toml).map_err(Failure::from)?;
            let file = read_cell_tree(text, root, &path).map_err(Failure::from)?;
            MorphoCell::new(file, &path).map_err(Failure::from)
        });
        Ok(Self(cell?))
    }

    /// The tree of keys.
    fn tree<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        object(py, &self.0.file().tree)
    }

    #[getter]
    fn title(&self) -> &str {
        self.0.title()
    }

    #[getter]
    fn notices(&self) -> Vec<String> {
        self.0.file().notices.clone()
    }

    /// The compartments: centre, length, radius, path distance (µm), area (µm²), region.
    fn compartments<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = self.0.built().cell.compartments().as_slice();
        let dict = PyDict::new(py);
        for (name, k) in [("x", 0), ("y", 1), ("z", 2)] {
            let values: Vec<f64> = all.iter().map(|c| c.centre[k]).collect();
            dict.set_item(name, values.into_pyarray(py))?;
        }
        let numbers = |name: &str, of: fn(&ntwk::morpho::Compartment) -> f64| {
            dict.set_item(name, all.iter().map(of).collect::<Vec<f64>>().into_pyarray(py))
        };
        numbers("length", |c| c.length)?;
        numbers("radius", |c| c.radius)?;
        numbers("path_distance", |c| c.path_distance)?;
        numbers("area", |c| c.area)?;
        let regions: Vec<String> = all.iter().map(|c| c.region.to_string()).collect();
        dict.set_item("region", PyList::new(py, regions)?)?;
        Ok(dict)
    }

    /// Figure of the morphology.
    fn morphology_figure(&self) -> Figure {
        let cell = self.0.clone();
        Figure::new(move |theme| {
            let built = cell.built();
            morphology_figure(cell.title(), &built.morphology, built.cell.compartments(), theme)
        })
    }

    /// Simulates the cell: its table, spikes by detector, why it ended early, the figure, and the exception that interrupted it.
    #[allow(clippy::type_complexity)] // one tuple, taken apart at once
    fn run<'py>(
        &self,
        py: Python<'py>,
        how: How,
    ) -> PyResult<(
        Bound<'py, PyDict>,
        Bound<'py, PyDict>,
        Option<String>,
        Figure,
        Option<Bound<'py, PyAny>>,
    )> {
        let (result, raised) = compute_keeping(py, &how, |job| run(&self.0, job));
        let result = match (result, raised.is_some()) {
            (Ok(result), _) => result,
            (Err(error), _) => return Err(raised.unwrap_or_else(|| Failure::from(error).raise(py))),
        };
        let spikes = PyDict::new(py);
        let places = &self.0.built().spec.record.spikes.0;
        for (place, detector) in places.iter().zip(&result.spikes) {
            spikes.set_item(place.to_string(), detector.times.clone().into_pyarray(py))?;
        }
        let columns = table(py, &result.table())?;
        let stopped = result.stopped.as_ref().map(ToString::to_string);
        let figure = Figure::new(move |theme| result.figure(theme));
        let raised = raised.map(|error| error.into_value(py).into_bound(py).into_any());
        Ok((columns, spikes, stopped, figure, raised))
    }

    /// The same synapse in every compartment, one after the other.
    fn epsp<'py>(
        &self,
        py: Python<'py>,
        to: Option<String>,
        synapses: Option<String>,
        duration: f64,
        how: How,
    ) -> PyResult<Tabled<'py>> {
        let mut options = EpspOptions::default();
        if let Some(to) = to {
            options.to =
                to.parse::<LocationSpec>().map_err(|error| wrong(py, &error.to_string()))?;
        }
        (options.synapses, options.duration) = (synapses, duration);
        let result = compute(py, &how, |job| Ok(epsp(&self.0, &options, job)?))?;
        Ok((table(py, &result.table())?, Figure::new(move |theme| result.figure(theme))))
    }
}
