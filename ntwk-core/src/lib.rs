//! The model description of ntwk and the engine that simulates it.
//!
//! Units inside are **ms, mV, pF, nS, pA** (coherent: nS mV = pA, pA ms / pF = mV); rates are Hz.

pub mod membrane;
pub mod recording;

pub use membrane::Membrane;
pub use recording::{PopulationRecording, Recording, Spikes, Trace};
