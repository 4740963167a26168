//! The model description of ntwk and the engine that simulates it.
//!
//! A model passes four stages, each a type with a guarantee:
//!
//! | stage | type | guarantee |
//! |---|---|---|
//! | written | [`ModelSpec`] | what the user wrote; nothing resolved |
//! | valid | [`Model`] | names resolved, units and combinations checked, all faults collected |
//! | lowered | [`Network`] | columns of state, target lists, delays in steps, constants for this dt |
//! | running | [`Simulation`] | a network with an integer clock; its results go to a [`Recorder`] |
//!
//! ```
//! use ntwk_core::spec::{AfferentSpec, CellSpec, ConnectionSpec, ReceptorSpec};
//! use ntwk_core::{Job, ModelSpec, simulate};
//!
//! let mut m = ModelSpec::new(200.0); // ms
//! m.record.V_m = 1; // of one neuron
//! m.receptor("exc", ReceptorSpec::conductance(0.0, 5.0)); // mV, ms
//! m.population("E", 100, CellSpec::preset("RS"));
//! m.afferent("A", AfferentSpec::poisson(400, 10.0)); // Hz
//! m.project("A", ["E"], "exc", 1.0, ConnectionSpec::fixed_in_degree(200)); // nS
//! m.project("E", ["E"], "exc", 1.0, ConnectionSpec::in_degree_fraction(0.05));
//!
//! let model = m.check(&ntwk_cells::library())?; // or every fault, with its key
//! let run = simulate(&model, &Job::threads(1))?.complete()?;
//! let rates = run.rates(100.0..200.0); // Hz, by name
//! assert!(rates[0].0 == "E" && rates[0].1 > 1.0);
//! let trace = run.population("E").and_then(|p| p.trace("V_m")).ok_or("V_m was not recorded")?;
//! assert_eq!(trace.data.dim(), (2000, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A [`Job`] says on how many threads a computation runs, who hears of its progress and what ends it early; results do not
//! depend on the number of threads. [`CellLibrary`] holds the kinds of cells that a model may name.
//!
//! Units inside are **ms, mV, pF, nS, pA** (coherent: nS mV = pA, pA ms / pF = mV); rates are Hz.
//! This crate opens no files, prints nothing, and starts no threads but those it is asked for.

mod equations;
pub mod job;
pub mod kernel;
pub mod ranks;

pub mod engine;
pub mod model;
pub mod recording;
pub mod spec;

pub use engine::blow_up::{BlowUp, BlowUpCause};
pub use engine::checkpoint::{Checkpoint, CheckpointError};
pub use engine::network::{Network, Synapse};
pub use engine::run::{RunResult, Stop, simulate};
pub use engine::simulation::{Simulation, SimulationError};
pub use engine::state::StateError;
pub use equations::{FormulaFault, FormulaRoom, Formulas, Wanted, constant, is_free_name};
pub use job::{Interrupted, Job, Progress};
pub use kernel::{CellModel, Membrane};
pub use model::Model;
pub use model::cell::CellKind;
pub use model::cell_library::{CellLibrary, Preset};
pub use recording::recorder::{MemoryRecorder, Recorder, RecorderError, SpikeCounter};
pub use recording::{AfferentRecording, PopulationRecording, Recording, Spikes, Trace};
pub use spec::ModelSpec;
pub use spec::fault::{Fault, FaultKind, Faults};
pub use spec::units::Dimension;
pub use spec::waveform::Waveform;

/// The example of the README is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
