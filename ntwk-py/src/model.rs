//! The description of a network.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ntwk::core::model::Source;
use ntwk::core::spec::tree::{Node, Value};
use ntwk::io::{Notation, import_upstream, model_of_tree, parse_tree, read_model};
use ntwk::io::{write_model, write_tree};
use ntwk::library;
use ntwk::run::plan::{Resources, calibrate};
use ntwk::starter::Starter;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use crate::arrays::edge_lists;
use crate::computation::{How, compute};
use crate::error::{Failure, model_error, wrong};
use crate::figure::Figure;
use crate::tree::{node, object, summary};

/// A valid model, never changed.
#[pyclass(frozen, module = "ntwk._ntwk")]
pub(crate) struct Model {
    pub(crate) model: Arc<ntwk::Model>,
}

impl Model {
    pub(crate) fn of(model: ntwk::Model) -> Self {
        Self { model: Arc::new(model) }
    }
}

/// A value in the notation of `--set`.
fn toml_text(value: Node) -> Option<String> {
    let document = Node::new(Value::Table(vec![("value".to_owned(), value)]));
    let text = write_tree(&document, Notation::Toml).ok()?;
    Some(text.strip_prefix("value = ")?.trim_end().to_owned())
}

#[pymethods]
impl Model {
    /// The model of a tree of keys; files that it names are looked for in `folder`.
    #[staticmethod]
    fn from_tree(py: Python<'_>, tree: &Bound<'_, PyAny>, folder: PathBuf) -> PyResult<Self> {
        let root = node(tree, "")?;
        let model = py.detach(|| model_of_tree(root, &folder, &library()));
        model.map(Self::of).map_err(|faults| model_error(py, &faults))
    }

    /// The model of a file, with other values of some keys.
    #[staticmethod]
    fn from_file(py: Python<'_>, path: PathBuf, changes: &Bound<'_, PyDict>) -> PyResult<Self> {
        let mut overrides = Vec::new();
        for (key, value) in changes {
            let key: String = key.extract()?;
            let Some(text) = toml_text(node(&value, &key)?) else {
                return Err(wrong(py, &format!("{key}: set keys inside a table, not the table")));
            };
            overrides.push((key, text));
        }
        let model = py.detach(|| read_model(&path, &overrides, &library()));
        Ok(Self::of(model.map_err(Failure::from)?))
    }

    /// The model of a text in TOML or JSON.
    #[staticmethod]
    fn from_text(py: Python<'_>, text: &str, is_json: bool, folder: PathBuf) -> PyResult<Self> {
        let notation = if is_json { Notation::Json } else { Notation::Toml };
        let model =
            parse_tree(text, notation).and_then(|root| model_of_tree(root, &folder, &library()));
        model.map(Self::of).map_err(|faults| model_error(py, &faults))
    }

    /// The model of a flat dictionary of neural_network_dynamics, and what was guessed.
    #[staticmethod]
    fn from_upstream(py: Python<'_>, tree: &Bound<'_, PyAny>) -> PyResult<(Self, Vec<String>)> {
        let root = node(tree, "")?;
        let made = import_upstream(&root, &[])
            .and_then(|import| Ok((Self::of(import.spec.check(&library())?), import.notes)));
        made.map_err(|faults| model_error(py, &faults))
    }

    /// This model with other values of some keys, by their paths.
    fn changed(&self, py: Python<'_>, changes: &Bound<'_, PyDict>) -> PyResult<Self> {
        let mut values = Vec::new();
        for (key, value) in changes {
            let key: String = key.extract()?;
            let value = node(&value, &key)?.value;
            values.push((key, value));
        }
        let model = py.detach(|| self.model.with(&values, &library()));
        model.map(Self::of).map_err(|faults| model_error(py, &faults))
    }

    /// The tree of keys.
    fn tree<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        object(py, &self.model.spec().to_tree())
    }

    /// The text of a model file.
    fn text(&self, is_json: bool) -> PyResult<String> {
        let notation = if is_json { Notation::Json } else { Notation::Toml };
        Ok(write_model(self.model.spec(), notation).map_err(Failure::from)?)
    }

    #[getter]
    fn title(&self) -> Option<&str> {
        self.model.spec().title.as_deref()
    }

    #[getter]
    fn notices(&self) -> Vec<String> {
        self.model.notices().to_vec()
    }

    #[getter]
    fn dt(&self) -> f64 {
        self.model.dt()
    }

    #[getter]
    fn t_stop(&self) -> f64 {
        self.model.t_stop()
    }

    #[getter]
    fn n_steps(&self) -> u32 {
        self.model.n_steps()
    }

    #[getter]
    fn seed(&self) -> u64 {
        self.model.seed()
    }

    /// Populations: name, size, kind of cell, its parameters, variables.
    fn populations<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for population in self.model.populations() {
            let parameters = PyDict::new(py);
            for (name, value) in &population.parameters.values {
                parameters.set_item(name, value)?;
            }
            let variables: Vec<&str> = population.cell.variables().iter().map(|v| v.name).collect();
            let fields = PyDict::new(py);
            fields.set_item("name", &population.name)?;
            fields.set_item("size", population.size)?;
            fields.set_item("cell", &population.kind)?;
            fields.set_item("parameters", parameters)?;
            fields.set_item("variables", variables)?;
            list.append(fields)?;
        }
        Ok(list)
    }

    /// Afferent populations: name and size.
    fn afferents(&self) -> Vec<(String, u32)> {
        self.model.afferents().iter().map(|a| (a.name.clone(), a.size)).collect()
    }

    /// Receptors, by name.
    fn receptors(&self) -> Vec<String> {
        self.model.receptors().iter().map(|r| r.name.clone()).collect()
    }

    /// Projections: name, source, target, receptor, weight, delay, expected in-degree.
    fn projections<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for projection in self.model.projections() {
            let fields = PyDict::new(py);
            fields.set_item("name", &projection.name)?;
            fields.set_item("source", self.model.source_name(projection.source))?;
            fields.set_item("afferent", matches!(projection.source, Source::Afferent(_)))?;
            fields.set_item("target", &self.model.populations()[projection.target].name)?;
            fields.set_item("receptor", &self.model.receptors()[projection.receptor].name)?;
            fields.set_item("weight", projection.weight)?;
            fields.set_item("delay", f64::from(projection.delay_steps) * self.model.dt())?;
            fields.set_item("in_degree", projection.in_degree)?;
            list.append(fields)?;
        }
        Ok(list)
    }

    /// Neurons, synapses, bytes.
    fn resources<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        summary(py, serde_json::to_value(Resources::of(&self.model)))
    }

    /// Speed on this machine, from a run of about `budget` seconds.
    fn calibration<'py>(
        &self,
        py: Python<'py>,
        budget: f64,
        how: How,
    ) -> PyResult<Bound<'py, PyAny>> {
        let measured =
            compute(py, &how, |job| Ok(calibrate(&self.model, &library(), job, budget)?))?;
        summary(py, serde_json::to_value(measured))
    }

    /// The realised connections: a dictionary of arrays per projection.
    fn connections<'py>(&self, py: Python<'py>, how: How) -> PyResult<Bound<'py, PyDict>> {
        let edges = compute(py, &how, |job| {
            Ok(ntwk::run::connections::realised_connections(&self.model, job)?)
        })?;
        edge_lists(py, edges)
    }

    /// A figure of the connections.
    fn connection_figure(&self, py: Python<'_>, how: How) -> PyResult<Figure> {
        let matrix = compute(py, &how, |job| {
            Ok(ntwk::figures::connectivity::ConnectionMatrix::of(&self.model, job)?)
        })?;
        Ok(Figure::new(move |theme| matrix.figure(theme)))
    }

    fn __eq__(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.model, &other.model) || self.model.spec() == other.model.spec()
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        hash_node(&self.model.spec().to_tree(), &mut hasher);
        hasher.finish()
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let py = slf.py();
        let make = slf.get_type().getattr("from_tree")?;
        let arguments = (slf.get().tree(py)?, Path::new("."));
        Ok((make, arguments.into_pyobject(py)?))
    }
}

fn hash_node(node: &Node, hasher: &mut DefaultHasher) {
    match &node.value {
        Value::Bool(flag) => flag.hash(hasher),
        Value::Integer(number) => number.hash(hasher),
        Value::Float(number) => number.to_bits().hash(hasher),
        Value::String(text) => text.hash(hasher),
        Value::List(items) => items.iter().for_each(|item| hash_node(item, hasher)),
        Value::Numbers(numbers) => numbers.iter().for_each(|x| x.to_bits().hash(hasher)),
        Value::Counts(counts) => counts.hash(hasher),
        Value::Table(entries) => {
            for (key, value) in entries {
                key.hash(hasher);
                hash_node(value, hasher);
            }
        }
        Value::Null => {}
    }
}

/// The file to begin with of a kind of study: network, cell or theory.
#[pyfunction]
pub(crate) fn init(py: Python<'_>, kind: &str, file: &str) -> PyResult<String> {
    match Starter::ALL.iter().find(|starter| starter.name() == kind) {
        Some(starter) => Ok(starter.text(file)),
        None => {
            let names: Vec<&str> = Starter::ALL.iter().map(|s| s.name()).collect();
            Err(wrong(
                py,
                &format!(
                    "there is no file to begin with called {kind:?}; there are {}",
                    names.join(", ")
                ),
            ))
        }
    }
}

/// The published parameter sets: name, kind of cell, parameters, source.
#[pyfunction]
pub(crate) fn presets<'py>(py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for preset in library().presets() {
        let fields = PyDict::new(py);
        fields.set_item("name", preset.name)?;
        fields.set_item("kind", preset.kind)?;
        let parameters = PyDict::new(py);
        for (name, value) in preset.values {
            parameters.set_item(name, value)?;
        }
        fields.set_item("parameters", parameters)?;
        fields.set_item("description", preset.doc)?;
        fields.set_item("citation", preset.citation)?;
        fields.set_item("doi", preset.doi)?;
        fields.set_item("place", preset.place)?;
        list.append(fields)?;
    }
    Ok(list)
}
