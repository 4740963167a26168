//! Single-cell protocols: cells of one kind, each driven by a current of its own.
//!
//! A protocol is a model like any other, a population of uncoupled neurons with an injected current each, so that it
//! runs on the network engine with its pins and can be stored and run again like a network.

mod fi_curve;
mod pulse;

pub use fi_curve::{FiCurve, FiPoint, FiProtocol};
pub use pulse::{PulseFeatures, PulseProtocol, features};

use ntwk_core::spec::{
    CellSpec, InjectionSpec, Method, Named, NeuronsSpec, PopulationSpec, RecordSpec, SimulationSpec,
};
use ntwk_core::{
    CellLibrary, Faults, MemoryRecorder, Model, ModelSpec, Network, Recording, Simulation, Waveform,
};

/// Name of the population in the model of a protocol.
pub const POPULATION: &str = "cell";

/// A cell on the bench: what it is and how it is integrated.
#[derive(Debug, Clone, PartialEq)]
pub struct Bench {
    /// The cell.
    pub cell: CellSpec,
    /// Time step (ms), > 0.
    pub dt: f64,
    /// Numerical method.
    pub method: Method,
}

/// A protocol that cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// A setting is out of its range.
    #[error("{setting} = {value}: must be {allowed}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: f64,
        /// The rule.
        allowed: String,
    },
    /// The cell has faults.
    #[error(transparent)]
    Cell(#[from] Faults),
    /// The numbers blew up.
    #[error(transparent)]
    Run(#[from] ntwk_core::SimulationError),
    /// The network cannot be built.
    #[error(transparent)]
    Build(#[from] ntwk_core::engine::connectivity::WiringTooLarge),
}

impl Bench {
    /// The model of a protocol: neuron `i` under `currents[i]` (pA) for `duration` ms, without anything else.
    ///
    /// # Errors
    /// All faults of the cell and the settings.
    pub fn model(
        &self,
        currents: &[Waveform],
        duration: f64,
        record: RecordSpec,
        library: &CellLibrary,
    ) -> Result<Model, Faults> {
        let mut population = PopulationSpec::new(currents.len() as u64, self.cell.clone());
        population.injections = (0u64..)
            .zip(currents)
            .map(|(i, current)| InjectionSpec {
                neurons: NeuronsSpec::List(vec![i]),
                current: current.clone(),
            })
            .collect();
        let simulation = SimulationSpec {
            t_stop: duration,
            dt: self.dt,
            method: self.method,
            ..SimulationSpec::default()
        };
        let spec = ModelSpec {
            simulation,
            populations: Named::from([(POPULATION.to_owned(), population)]),
            record,
            ..ModelSpec::default()
        };
        Model::from_spec(spec, library)
    }
}

/// Runs a protocol's model to its end, on this thread.
fn run(model: &Model) -> Result<Recording, ProtocolError> {
    let mut simulation = Simulation::new(Network::build(model, 1)?);
    let mut recorder = MemoryRecorder::new(&simulation);
    simulation.advance(model.n_steps(), &mut recorder)?;
    Ok(recorder.into_recording())
}

/// Spike times (ms) of each neuron.
fn spike_times(recording: &Recording, neurons: usize) -> Vec<Vec<f64>> {
    let mut all = vec![Vec::new(); neurons];
    if let Some(spikes) = recording.population(POPULATION).and_then(|p| p.spikes.as_ref()) {
        for (&step, &id) in spikes.steps.iter().zip(&spikes.ids) {
            all[id as usize].push(step as f64 * recording.dt);
        }
    }
    all
}

/// Refuses a setting that is not finite or breaks `rule`.
fn require(
    setting: &'static str,
    value: f64,
    rule: bool,
    allowed: impl Into<String>,
) -> Result<(), ProtocolError> {
    if rule && value.is_finite() {
        return Ok(());
    }
    Err(ProtocolError::Setting { setting, value, allowed: allowed.into() })
}
