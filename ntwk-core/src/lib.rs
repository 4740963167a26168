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
//! Units inside are **ms, mV, pF, nS, pA** (coherent: nS mV = pA, pA ms / pF = mV); rates are Hz.
//! This crate opens no files, prints nothing, and starts no threads but those it is asked for.

pub mod job;
pub mod kernel;

pub mod engine;
pub mod model;
pub mod recording;
pub mod spec;

pub use engine::checkpoint::{Checkpoint, CheckpointError};
pub use engine::network::Network;
pub use engine::run::{RunResult, Stop, simulate};
pub use engine::simulation::{BlowUp, Simulation, SimulationError};
pub use job::{Interrupted, Job, Progress};
pub use model::Model;
pub use model::cell::{CellKind, CellModel};
pub use model::cell_library::{CellLibrary, Preset};
pub use model::membrane::Membrane;
pub use recording::recorder::{MemoryRecorder, Recorder, RecorderError, SpikeCounter};
pub use recording::{PopulationRecording, Recording, Spikes, Trace};
pub use spec::ModelSpec;
pub use spec::fault::{Fault, FaultKind, Faults};
pub use spec::units::Dimension;
pub use spec::waveform::Waveform;
