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

pub mod cell;
pub mod cell_library;
mod checkpoint;
pub mod connectivity;
mod delivery;
pub mod drive;
mod exchange;
pub mod fault;
pub mod independent;
pub mod kernel;
pub mod membrane;
pub mod model;
pub mod network;
mod plasticity;
mod poisson;
pub mod random;
pub mod recorder;
pub mod recording;
pub mod simulation;
pub mod spec;
mod trains;
pub mod tree;
pub mod units;
pub mod waveform;
mod worker;

pub use cell::{CellKind, CellModel};
pub use cell_library::{CellLibrary, Preset};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use fault::{Fault, FaultKind, Faults};
pub use membrane::Membrane;
pub use model::Model;
pub use network::Network;
pub use recorder::{MemoryRecorder, Recorder, RecorderError, SpikeCounter};
pub use recording::{PopulationRecording, Recording, Spikes, Trace};
pub use simulation::{BlowUp, Simulation, SimulationError};
pub use spec::ModelSpec;
pub use units::Dimension;
pub use waveform::Waveform;
