//! A run that Python advances step by step.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ntwk::core::spec::tree::{Node, Value};
use ntwk::core::{MemoryRecorder, Network};
use ntwk::io::CheckpointFile;
use ntwk::library;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::computation::{How, compute, compute_keeping};
use crate::error::{Failure, exception, model_error, wrong};
use crate::model::Model;
use crate::recording::Recording;
use crate::tree::node;

/// Longest time between two looks at an interruption.
const SEGMENT: Duration = Duration::from_millis(20);

/// Sources, targets, weights.
type Synapses<'py> =
    (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<f64>>);

/// A simulation between two segments.
#[pyclass(frozen, module = "ntwk._ntwk")]
pub(crate) struct Simulation(Mutex<Running>);

struct Running {
    model: Arc<ntwk::Model>,
    /// What Python changed, as events of the model.
    events: Vec<Node>,
    simulation: ntwk::core::Simulation,
    recorder: MemoryRecorder,
    /// Step at which the last segment began.
    segment: u32,
    threads: usize,
}

impl Simulation {
    fn running(&self) -> MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn population(&self, name: &str) -> Option<usize> {
        self.model.populations().iter().position(|p| p.name == name)
    }
}

fn no_population(py: Python<'_>, model: &ntwk::Model, name: &str) -> PyErr {
    let names: Vec<&str> = model.populations().iter().map(|p| p.name.as_str()).collect();
    wrong(py, &format!("there is no population {name:?}; there are {}", names.join(", ")))
}

#[pymethods]
impl Simulation {
    /// A simulation at its beginning.
    #[staticmethod]
    fn of(py: Python<'_>, model: &Model, how: How) -> PyResult<Self> {
        let model = Arc::clone(&model.model);
        let network = compute(py, &how, |job| Ok(Network::build(&model, job)?))?;
        let threads = network.threads();
        let simulation = ntwk::core::Simulation::new(network);
        let recorder = simulation.recorder();
        let events = Vec::new();
        Ok(Self(Mutex::new(Running { model, events, simulation, recorder, segment: 0, threads })))
    }

    /// Steps done.
    #[getter]
    fn step(&self) -> u32 {
        self.running().simulation.step()
    }

    /// Advances by so many steps, fewer where the run ends; an interruption leaves the steps that were done.
    fn advance(&self, py: Python<'_>, steps: u32, how: How) -> PyResult<()> {
        let (result, raised) = compute_keeping(py, &how, |job| {
            let mut running = self.running();
            let Running { simulation, recorder, model, segment, .. } = &mut *running;
            *segment = simulation.step();
            let end = simulation.step().saturating_add(steps).min(model.n_steps());
            let first = simulation.step();
            let mut piece = 1;
            while simulation.step() < end && !job.is_interrupted() {
                let began = Instant::now();
                simulation.advance(piece.min(end - simulation.step()), recorder)?;
                if began.elapsed() < SEGMENT / 2 {
                    piece = piece.saturating_mul(2);
                } else if began.elapsed() > SEGMENT {
                    piece = (piece / 2).max(1);
                }
                let done = f64::from(simulation.step() - first) / f64::from(end - first);
                job.stage("simulation").report(done);
            }
            Ok::<_, ntwk::core::SimulationError>(())
        });
        match (result, raised) {
            (_, Some(raised)) => Err(raised),
            (Ok(()), None) => Ok(()),
            (Err(error), None) => Err(exception(py, "SimulationError", &error.to_string(), None)),
        }
    }

    /// Names of the state variables of a population.
    fn variables(&self, py: Python<'_>, population: &str) -> PyResult<Vec<String>> {
        let running = self.running();
        let Some(index) = running.population(population) else {
            return Err(no_population(py, &running.model, population));
        };
        let names = running.simulation.variables(&running.model, index);
        names.map_err(|error| wrong(py, &error.to_string()))
    }

    /// A state variable of every neuron of a population, at the start of the next step.
    fn state<'py>(
        &self,
        py: Python<'py>,
        population: &str,
        variable: &str,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let running = self.running();
        let Some(index) = running.population(population) else {
            return Err(no_population(py, &running.model, population));
        };
        match running.simulation.state(&running.model, index, variable) {
            Ok(values) => Ok(values.into_pyarray(py)),
            Err(error) => Err(wrong(py, &error.to_string())),
        }
    }

    /// Sets a state variable of every neuron of a population.
    fn set_state(
        &self,
        py: Python<'_>,
        population: &str,
        variable: &str,
        values: PyReadonlyArray1<'_, f64>,
    ) -> PyResult<()> {
        let mut running = self.running();
        let Some(index) = running.population(population) else {
            return Err(no_population(py, &running.model, population));
        };
        let values = values.as_array().to_vec();
        let Running { simulation, model, .. } = &mut *running;
        let set = simulation.set_state(model, index, variable, &values);
        set.map_err(|error| wrong(py, &error.to_string()))
    }

    /// Source, target and weight of every synapse of a projection with STDP, as they are now; by target, then source.
    fn weights<'py>(&self, py: Python<'py>, projection: &str) -> PyResult<Synapses<'py>> {
        let running = self.running();
        let names: Vec<&str> =
            running.model.projections().iter().map(|p| p.name.as_str()).collect();
        let Some(index) = names.iter().position(|&name| name == projection) else {
            let names = names.join(", ");
            return Err(wrong(
                py,
                &format!("there is no projection {projection:?}; there are {names}"),
            ));
        };
        let Some(synapses) = running.simulation.plastic_synapses(index) else {
            return Err(wrong(
                py,
                &format!("the weights of {projection} do not change: its plasticity is not stdp"),
            ));
        };
        let sources: Vec<i64> = synapses.iter().map(|s| i64::from(s.0)).collect();
        let targets: Vec<i64> = synapses.iter().map(|s| i64::from(s.1)).collect();
        let weights: Vec<f64> = synapses.iter().map(|s| s.2).collect();
        Ok((sources.into_pyarray(py), targets.into_pyarray(py), weights.into_pyarray(py)))
    }

    /// Changes a value of the model from the next step on: the keys of `[[events]]`.
    fn set(&self, py: Python<'_>, key: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let value = node(value, key)?;
        let mut running = self.running();
        // At the end of the run nothing is left to change; what is set is judged all the same.
        let last = f64::from(running.model.n_steps().saturating_sub(1)) * running.model.dt();
        let time = running.simulation.time().min(last);
        let entries = vec![
            ("time".to_owned(), Node::new(Value::Float(time))),
            ("set".to_owned(), Node::text(key)),
            ("value".to_owned(), value),
        ];
        let mut events = running.events.clone();
        events.push(Node::new(Value::Table(entries)));
        let mut tree = running.model.spec().to_tree();
        if let Value::Table(keys) = &mut tree.value {
            match keys.iter_mut().find(|(name, _)| name == "events") {
                Some((_, Node { value: Value::List(all), .. })) => {
                    all.extend(events.iter().cloned());
                }
                _ => keys.push(("events".to_owned(), Node::new(Value::List(events.clone())))),
            }
        }
        let changed = ntwk::Model::from_tree(&tree, &library());
        let changed = changed.map_err(|faults| model_error(py, &faults))?;
        running.simulation.take_changes(&changed);
        running.events = events;
        Ok(())
    }

    /// Goes on with another model of the same populations, receptors and projections: its network is built anew and takes the
    /// state of this one.
    fn replace(&self, py: Python<'_>, model: &Model, how: How) -> PyResult<()> {
        let mut running = self.running();
        let threads = running.threads;
        let checkpoint = running.simulation.checkpoint();
        let network =
            compute(py, &how, |job| Ok(Network::build(&model.model, &job.on_threads(threads))?))?;
        let resumed = ntwk::core::Simulation::resume(network, &checkpoint);
        running.simulation =
            resumed.map_err(|error| exception(py, "SimulationError", &error.to_string(), None))?;
        running.model = Arc::clone(&model.model);
        running.events.clear();
        Ok(())
    }

    /// Spikes of every population in the last segment, and its steps.
    fn last(&self, population: &str, py: Python<'_>) -> PyResult<(u64, u32)> {
        let running = self.running();
        let Some(index) = running.population(population) else {
            return Err(no_population(py, &running.model, population));
        };
        let counts = &running.recorder.recording().populations[index].counts;
        let first = counts.len() - (running.simulation.step() - running.segment) as usize;
        let spikes = counts[first..].iter().map(|&n| u64::from(n)).sum();
        Ok((spikes, running.simulation.step() - running.segment))
    }

    /// What was recorded so far.
    fn recording(&self, py: Python<'_>) -> Recording {
        let recording = self.running().recorder.recording().clone();
        Recording::new(py, recording)
    }

    /// Stores the state, from which `ntwk run --resume` and `resume` go on.
    fn checkpoint(&self, py: Python<'_>, path: std::path::PathBuf) -> PyResult<()> {
        let running = self.running();
        if !running.events.is_empty() {
            return Err(wrong(
                py,
                "the model was changed since the run began: a checkpoint would belong to no model",
            ));
        }
        let text = ntwk::run::origin::model_text(&running.model).map_err(Failure::from)?;
        let file = CheckpointFile {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model: text.text,
            double_precision: true,
            checkpoint: running.simulation.checkpoint(),
        };
        drop(running);
        Ok(ntwk::io::write_checkpoint(&path, &file).map_err(Failure::from)?)
    }

    /// Takes the state of a checkpoint of this model up.
    fn restore(&self, py: Python<'_>, path: std::path::PathBuf, how: How) -> PyResult<()> {
        let file = ntwk::io::read_checkpoint(&path).map_err(Failure::from)?;
        let mut running = self.running();
        let text = ntwk::run::origin::model_text(&running.model).map_err(Failure::from)?;
        if text.text != file.model {
            return Err(wrong(py, &format!("{} is of another model", path.display())));
        }
        let model = Arc::clone(&running.model);
        let threads = running.threads;
        let network =
            compute(py, &how, |job| Ok(Network::build(&model, &job.on_threads(threads))?))?;
        let resumed = ntwk::core::Simulation::resume(network, &file.checkpoint);
        running.simulation =
            resumed.map_err(|error| exception(py, "SimulationError", &error.to_string(), None))?;
        running.recorder = running.simulation.recorder();
        running.segment = running.simulation.step();
        Ok(())
    }
}
