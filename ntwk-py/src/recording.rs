//! What a run left, with its arrays in the memory of NumPy.

use std::sync::Arc;

use ndarray::Array2;
use ntwk::core::engine::run::{RunResult, Stop};
use ntwk::core::spec::key::Words;
use ntwk::core::{AfferentRecording, PopulationRecording, Spikes};
use ntwk::figures::overview::TheoryCurves;
use ntwk::figures::run::{RasterOrder, RunFigure, RunView};
use ntwk::library;
use ntwk::meanfield::prediction::windows::ComparisonWindows;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::computation::{How, compute};
use crate::error::{Failure, exception, wrong};
use crate::figure::Figure;
use crate::model::Model;
use crate::tree::summary;

/// How a run went.
#[derive(Clone, Default)]
struct Course {
    threads: usize,
    synapses: u64,
    build_seconds: f64,
    simulate_seconds: f64,
    stopped: Option<String>,
}

/// A recording. Samples live in arrays of Python; spikes and counts are handed out as arrays of the types that arithmetic in
/// Python expects: times float64, everything else int64.
#[pyclass(frozen, module = "ntwk._ntwk")]
pub(crate) struct Recording {
    /// Without the samples.
    recording: ntwk::Recording,
    /// The samples, by population and trace, shape [samples, neurons].
    samples: Vec<Vec<Py<PyArray2<f64>>>>,
    course: Course,
}

impl Recording {
    /// Takes a recording over: its samples become arrays of Python, without a copy.
    pub(crate) fn new(py: Python<'_>, mut recording: ntwk::Recording) -> Self {
        let samples = recording
            .populations
            .iter_mut()
            .map(|population| {
                let take = |trace: &mut ntwk::core::Trace| {
                    let empty = Array2::zeros((0, trace.neurons.len()));
                    std::mem::replace(&mut trace.data, empty).into_pyarray(py).unbind()
                };
                population.traces.iter_mut().map(take).collect()
            })
            .collect();
        Self { recording, samples, course: Course::default() }
    }

    pub(crate) fn of_run(py: Python<'_>, result: RunResult) -> (Self, Option<(bool, String)>) {
        let stopped =
            result.stopped.as_ref().map(|stop: &Stop| (stop.is_interruption(), stop.to_string()));
        let course = Course {
            threads: result.threads,
            synapses: result.synapses,
            build_seconds: result.build_seconds,
            simulate_seconds: result.simulate_seconds,
            stopped: stopped.as_ref().map(|s| s.1.clone()),
        };
        (Self { course, ..Self::new(py, result.recording) }, stopped)
    }

    /// The recording as the library has it, samples copied from the arrays.
    pub(crate) fn whole(&self, py: Python<'_>) -> ntwk::Recording {
        let mut recording = self.recording.clone();
        for (population, arrays) in recording.populations.iter_mut().zip(&self.samples) {
            for (trace, array) in population.traces.iter_mut().zip(arrays) {
                trace.data = array.bind(py).to_owned_array();
            }
        }
        recording
    }

    fn population(&self, index: usize) -> PyResult<&PopulationRecording> {
        self.recording.populations.get(index).ok_or_else(no_such)
    }
}

fn no_such() -> PyErr {
    pyo3::exceptions::PyIndexError::new_err("no such entry of the recording")
}

/// Times (ms) and numbers.
type SpikeArrays<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<i64>>);

fn spike_arrays<'py>(py: Python<'py>, spikes: &Spikes, dt: f64) -> SpikeArrays<'py> {
    let ids: Vec<i64> = spikes.ids.iter().map(|&id| i64::from(id)).collect();
    (spikes.times(dt).into_pyarray(py), ids.into_pyarray(py))
}

#[pymethods]
impl Recording {
    #[getter]
    fn dt(&self) -> f64 {
        self.recording.dt
    }

    #[getter]
    fn n_steps(&self) -> u64 {
        self.recording.n_steps
    }

    /// Threads, synapses, seconds, and why the run stopped early.
    fn course<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let Course { threads, synapses, build_seconds, simulate_seconds, stopped } = &self.course;
        let dict = PyDict::new(py);
        dict.set_item("threads", threads)?;
        dict.set_item("synapses", synapses)?;
        dict.set_item("build_seconds", build_seconds)?;
        dict.set_item("simulate_seconds", simulate_seconds)?;
        dict.set_item("stopped", stopped)?;
        Ok(dict)
    }

    /// Names and sizes of the populations, and whether their spikes were kept.
    fn populations(&self) -> Vec<(String, usize, bool)> {
        let populations = self.recording.populations.iter();
        populations.map(|p| (p.name.clone(), p.size, p.spikes.is_some())).collect()
    }

    /// Recorded trains of afferents: name, afferent, target, number of trains.
    fn afferents(&self) -> Vec<(String, String, Option<String>, usize)> {
        let all = self.recording.afferents.iter();
        all.map(|a| (a.name.clone(), a.afferent.clone(), a.target.clone(), a.size)).collect()
    }

    /// Spikes of a population: times (ms), neurons; `None` where they were not kept.
    fn spikes<'py>(
        &self,
        py: Python<'py>,
        population: usize,
    ) -> PyResult<Option<SpikeArrays<'py>>> {
        let spikes = self.population(population)?.spikes.as_ref();
        Ok(spikes.map(|spikes| spike_arrays(py, spikes, self.recording.dt)))
    }

    /// Spikes of a train of afferents: times (ms), neurons.
    fn afferent_spikes<'py>(&self, py: Python<'py>, place: usize) -> PyResult<SpikeArrays<'py>> {
        let afferent = self.recording.afferents.get(place).ok_or_else(no_such)?;
        Ok(spike_arrays(py, &afferent.spikes, self.recording.dt))
    }

    /// Spikes of a population in every step.
    fn counts<'py>(
        &self,
        py: Python<'py>,
        population: usize,
    ) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let counts = &self.population(population)?.counts;
        Ok(counts.iter().map(|&n| i64::from(n)).collect::<Vec<i64>>().into_pyarray(py))
    }

    /// The traces of a population: name, variable, group, unit, neurons, sources, first step, steps between samples, samples.
    fn traces<'py>(&self, py: Python<'py>, population: usize) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        let arrays = self.samples.get(population).ok_or_else(no_such)?;
        for (trace, data) in self.population(population)?.traces.iter().zip(arrays) {
            let numbers = |list: &[u32]| {
                list.iter().map(|&n| i64::from(n)).collect::<Vec<i64>>().into_pyarray(py)
            };
            let dict = PyDict::new(py);
            dict.set_item("name", trace.name())?;
            dict.set_item("variable", &trace.variable)?;
            dict.set_item("group", trace.group.as_deref())?;
            dict.set_item("unit", &trace.unit)?;
            dict.set_item("neurons", numbers(&trace.neurons))?;
            dict.set_item("sources", numbers(&trace.sources))?;
            dict.set_item("first", trace.steps.first)?;
            dict.set_item("every", trace.steps.every)?;
            dict.set_item("end", trace.steps.end)?;
            dict.set_item("data", data)?;
            list.append(dict)?;
        }
        Ok(list)
    }

    /// Quantities of the spike trains, potentials and currents, with their errors and what they rest on.
    fn analyze<'py>(
        &self,
        py: Python<'py>,
        model: &Model,
        window: Option<[f64; 2]>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let recording = self.whole(py);
        let model = &model.model;
        let analysis = py.detach(|| ntwk::report::quantities::analyze(model, &recording, window));
        summary(py, serde_json::to_value(analysis.map_err(Failure::from)?))
    }

    /// A figure of the run by its name.
    #[pyo3(signature = (model, name, window = None, smoothing = None, theory = None))]
    fn figure(
        &self,
        py: Python<'_>,
        model: &Model,
        name: &str,
        window: Option<[f64; 2]>,
        smoothing: Option<f64>,
        theory: Option<&crate::theory::Theory>,
    ) -> PyResult<Figure> {
        let Some(figure) = RunFigure::of(name) else {
            let names: Vec<&str> = RunFigure::WORDS.iter().map(|word| word.name).collect();
            let text = format!("there is no figure {name:?}; there are {}", names.join(", "));
            return Err(wrong(py, &text));
        };
        let recording = Arc::new(self.whole(py));
        let model = Arc::clone(&model.model);
        let curves = theory.map(|theory| TheoryCurves::of(&theory.stationary().theory));
        let smoothing = smoothing.unwrap_or(ComparisonWindows::of(&model).smoothing);
        let name = name.to_owned();
        Ok(Figure::new(move |theme| {
            let view = RunView {
                model: &model,
                recording: &recording,
                theory: curves.as_ref(),
                smoothing,
                span: window,
                neurons: &[],
                order: RasterOrder::Number,
            };
            match view.draw(figure, theme) {
                Ok(Some(figure)) => Ok(figure),
                Ok(None) => Err(format!("the run did not record what the figure {name} shows")),
                Err(error) => Err(error.to_string()),
            }
        }))
    }

    /// Stores the recording with its model, and what a theory predicts beside it; the file appears whole.
    #[pyo3(signature = (path, model, double_precision, how, theory = None))]
    fn save(
        &self,
        py: Python<'_>,
        path: std::path::PathBuf,
        model: &Model,
        double_precision: bool,
        how: How,
        theory: Option<&crate::theory::Theory>,
    ) -> PyResult<()> {
        let recording = self.whole(py);
        let groups = match theory.map(crate::theory::Theory::stationary) {
            None => Vec::new(),
            Some(stationary) => compute(py, &how, |job| {
                let theory = &stationary.theory;
                let comparison =
                    ntwk::compare::compare(&model.model, &recording, theory, &library(), job)?;
                Ok(ntwk::report::results::theory_groups(theory, Some(&comparison)))
            })?,
        };
        let model = &model.model;
        let text = ntwk::run::origin::model_text(model).map_err(Failure::from)?;
        let seconds = self.course.build_seconds + self.course.simulate_seconds;
        let origin = ntwk::run::origin::provenance(
            model,
            self.course.threads,
            std::time::SystemTime::now(),
            seconds,
        );
        let contents = ntwk::io::RunContents {
            recording: Some(&recording),
            model: Some(&text),
            provenance: Some(&origin),
            theory: &groups,
        };
        let mut options = ntwk::io::WriteOptions::default();
        if double_precision {
            options.precision = ntwk::io::Precision::Double;
        }
        let written = py.detach(|| ntwk::io::write_run(&path, &contents, &options));
        Ok(written.map_err(Failure::from)?)
    }

    /// Writes another format: flat, npz, nwb, spikes.csv, rates.csv.
    fn export(
        &self,
        py: Python<'_>,
        path: std::path::PathBuf,
        format: &str,
        model: &Model,
    ) -> PyResult<Vec<String>> {
        let recording = self.whole(py);
        let model = &model.model;
        let written = match format {
            "flat" => py.detach(|| ntwk::io::write_flat(&path, &recording, model)),
            "npz" => py.detach(|| ntwk::io::write_npz(&path, &recording)).map(|()| Vec::new()),
            "nwb" => {
                let title = model.spec().title.clone().unwrap_or_else(|| "ntwk".to_owned());
                py.detach(|| ntwk::io::write_nwb(&path, &recording, None, &title))
                    .map(|()| Vec::new())
            }
            "csv" => py.detach(|| tables(&path, &recording)).map(|()| Vec::new()),
            _ => {
                return Err(exception(
                    py,
                    "ModelError",
                    &format!(
                        "there is no format {format:?}; there are csv, flat, npz, nwb; save() writes SONATA"
                    ),
                    None,
                ));
            }
        };
        Ok(written.map_err(Failure::from)?)
    }

    /// Everything as arrays, to be made again by `from_parts`.
    fn parts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        dict.set_item("dt", self.recording.dt)?;
        dict.set_item("n_steps", self.recording.n_steps)?;
        dict.set_item("course", self.course(py)?)?;
        let populations = PyList::empty(py);
        for (index, population) in self.recording.populations.iter().enumerate() {
            let parts = PyDict::new(py);
            parts.set_item("name", &population.name)?;
            parts.set_item("size", population.size)?;
            parts.set_item("spikes", population.spikes.as_ref().map(|s| step_arrays(py, s)))?;
            parts.set_item("counts", population.counts.clone().into_pyarray(py))?;
            parts.set_item("traces", self.traces(py, index)?)?;
            populations.append(parts)?;
        }
        dict.set_item("populations", populations)?;
        let afferents = PyList::empty(py);
        for a in &self.recording.afferents {
            let spikes = step_arrays(py, &a.spikes);
            afferents.append((&a.name, &a.afferent, a.target.as_deref(), a.size, spikes))?;
        }
        dict.set_item("afferents", afferents)?;
        Ok(dict)
    }

    /// The recording of such parts.
    #[staticmethod]
    fn from_parts(py: Python<'_>, parts: Parts) -> Self {
        let mut samples = Vec::new();
        let mut populations = Vec::new();
        for p in parts.populations {
            let mut arrays = Vec::new();
            let mut traces = Vec::new();
            for t in p.traces {
                arrays.push(t.data);
                let u32s = |list: Vec<i64>| list.into_iter().map(|n| n as u32).collect();
                let neurons: Vec<u32> = u32s(t.neurons);
                traces.push(ntwk::core::Trace {
                    variable: t.variable,
                    unit: t.unit,
                    group: t.group,
                    data: Array2::zeros((0, neurons.len())),
                    neurons,
                    sources: u32s(t.sources),
                    steps: ntwk::core::model::SampleSteps {
                        first: t.first,
                        every: t.every,
                        end: t.end,
                    },
                });
            }
            samples.push(arrays);
            populations.push(PopulationRecording {
                name: p.name,
                size: p.size,
                spikes: p.spikes.map(|(steps, ids)| spikes_of(py, &steps, &ids)),
                counts: p.counts.bind(py).to_owned_array().to_vec(),
                traces,
            });
        }
        let afferents =
            parts.afferents.into_iter().map(|(name, afferent, target, size, (steps, ids))| {
                AfferentRecording {
                    name,
                    afferent,
                    target,
                    size,
                    spikes: spikes_of(py, &steps, &ids),
                }
            });
        let recording = ntwk::Recording {
            dt: parts.dt,
            n_steps: parts.n_steps,
            populations,
            afferents: afferents.collect(),
        };
        let Told { threads, synapses, build_seconds, simulate_seconds, stopped } = parts.course;
        let course = Course { threads, synapses, build_seconds, simulate_seconds, stopped };
        Self { recording, samples, course }
    }
}

/// Steps and neurons, in the types of the engine.
type StepArrays = (Py<PyArray1<u64>>, Py<PyArray1<u32>>);

fn step_arrays(py: Python<'_>, spikes: &Spikes) -> StepArrays {
    let steps = spikes.steps.clone().into_pyarray(py).unbind();
    (steps, spikes.ids.clone().into_pyarray(py).unbind())
}

fn spikes_of(py: Python<'_>, steps: &Py<PyArray1<u64>>, ids: &Py<PyArray1<u32>>) -> Spikes {
    let steps = steps.bind(py).to_owned_array().to_vec();
    Spikes { steps, ids: ids.bind(py).to_owned_array().to_vec() }
}

/// A recording in parts.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Parts {
    dt: f64,
    n_steps: u64,
    course: Told,
    populations: Vec<PopulationParts>,
    afferents: Vec<(String, String, Option<String>, usize, StepArrays)>,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Told {
    threads: usize,
    synapses: u64,
    build_seconds: f64,
    simulate_seconds: f64,
    stopped: Option<String>,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct PopulationParts {
    name: String,
    size: usize,
    spikes: Option<StepArrays>,
    counts: Py<PyArray1<u32>>,
    traces: Vec<TraceParts>,
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct TraceParts {
    variable: String,
    group: Option<String>,
    unit: String,
    neurons: Vec<i64>,
    sources: Vec<i64>,
    first: u64,
    every: u64,
    end: Option<u64>,
    data: Py<PyArray2<f64>>,
}

/// The tables of `ntwk export --to csv` in a folder that is there.
fn tables(
    folder: &std::path::Path,
    recording: &ntwk::Recording,
) -> Result<(), ntwk::io::FileError> {
    ntwk::io::write_spikes_csv(&folder.join("spikes.csv"), recording)?;
    let bin = (ntwk::compare::RATE_BIN / recording.dt).round().max(1.0) as usize;
    ntwk::io::write_rates_csv(&folder.join("rates.csv"), recording, bin)?;
    if !recording.afferents.is_empty() {
        ntwk::io::write_afferent_spikes_csv(&folder.join("afferent_spikes.csv"), recording)?;
    }
    for population in &recording.populations {
        for trace in &population.traces {
            let file = folder.join(format!("{}_{}.csv", population.name, trace.name()));
            ntwk::io::write_trace_csv(&file, trace, recording.dt)?;
        }
    }
    Ok(())
}
