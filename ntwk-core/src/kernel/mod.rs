//! The hot loops. Everything that runs once per neuron and step is here, with its formula.
//!
//! The loops are plain Rust written so that the compiler vectorises them; `pulp` compiles each for
//! several instruction sets and picks one at run time. No fused multiply-add is used, so every
//! instruction set gives the same bits.

pub(crate) mod candidates;
mod cell;
mod column;
mod exp;
mod input;
mod linear;
mod linear_membrane;
mod membrane;
mod noise;
mod pending;
mod point;
mod propagator;
mod receptor;
mod synapse;

pub use cell::{
    CellModel, CellStepper, EventEffect, EventPlaces, NotFinite, StateVariable, StepContext,
};
pub use column::{Column, column};
pub use exp::exp;
pub(crate) use input::{StartInput, TakeInput};
pub use input::{SummedInput, SynapticInput};
pub use linear::LinearNeuron;
pub use linear_membrane::LinearMembrane;
pub use membrane::Membrane;
pub use noise::CellNoise;
pub(crate) use pending::{EventSums, PLACES, PendingEvents, SumsAtPlaces, SumsLater, SumsNow};
pub use point::{NeuronDynamics, PointNeuron};
pub use propagator::Propagator;
pub use receptor::Receptor;
pub(crate) use receptor::{are_equal, rise_gain};
pub(crate) use synapse::{ConductanceSums, Injected, Integration, ReceptorColumn};

/// The largest |V_m| (mV) that is still taken for a membrane potential; beyond it the integration
/// has blown up.
pub const POTENTIAL_LIMIT: f64 = 1e3;

/// Neurons per block: the unit in which neurons are given to workers, state is visited in cache
/// and afferent events are drawn. Part of the bit contract.
pub const BLOCK: usize = 512;
