//! Scans of single cells: what cells fire under given presynaptic rates.

pub mod design;
pub mod fluctuations;
pub mod inputs;
pub mod measurement;
pub(crate) mod point;
pub mod single_cell;
pub mod spike_trains;
pub(crate) mod unsupported;
