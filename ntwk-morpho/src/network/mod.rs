//! Morphological cells as neurons of a network: a kind of cell made of a cell file, which the engine of networks runs.
//!
//! A neuron's state (potentials of all nodes, calcium, gates, synapses) is columns of the engine like that of any other kind, so
//! that threads, checkpoints, recording, events and connections are the engine's own. A step takes eight neurons side by side
//! ([`crate::solver::side_by_side`]).

mod cell;
mod kind;
mod layout;
mod stepper;

pub use cell::MorphologicalNeuron;
pub use kind::{MorphologicalCells, MorphologicalKind};
