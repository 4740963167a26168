//! Single-cell protocols: cells of one kind, each driven by a current of its own.
//!
//! A protocol is a model like any other, a population of uncoupled neurons with an injected current each, so that it
//! runs on the network engine with its pins and can be stored and run again like a network.

mod bench;
mod fi_curve;
mod pulse;

pub use bench::Bench;
pub use fi_curve::{FiCurve, FiPoint, FiProtocol};
pub use pulse::{PulseFeatures, PulseProtocol, features};

use ntwk_core::model::cell_library::PresetNameError;
use ntwk_core::{Faults, Job, Model, Network, Recording, Simulation};

/// Name of the population in the model of a protocol.
pub const POPULATION: &str = "cell";

/// A protocol that cannot be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
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
    /// There is no such kind or preset.
    #[error("there is no cell called \"{name}\"; {hint}")]
    Unknown {
        /// The name given.
        name: String,
        /// What it may be.
        hint: String,
        /// Why it is none.
        source: Box<PresetNameError>,
    },
    /// The model has no such population.
    #[error("the model has no population \"{name}\"; there are {}", known.join(", "))]
    Population {
        /// The name given.
        name: String,
        /// The populations there are.
        known: Vec<String>,
    },
    /// The numbers blew up.
    #[error(transparent)]
    Run(#[from] ntwk_core::SimulationError),
    /// The network cannot be built.
    #[error(transparent)]
    Build(#[from] ntwk_core::engine::connectivity::BuildError),
}

/// Runs a protocol's model to its end, on this thread.
fn run(model: &Model) -> Result<Recording, ProtocolError> {
    let mut simulation = Simulation::new(Network::build(model, &Job::threads(1))?);
    let mut recorder = simulation.recorder();
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
