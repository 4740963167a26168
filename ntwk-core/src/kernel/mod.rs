//! The hot loops. Everything that runs once per neuron and step is here, with its formula.
//!
//! The loops are plain Rust written so that the compiler vectorises them; `pulp` compiles each for
//! several instruction sets and picks one at run time. No fused multiply-add is used, so every
//! instruction set gives the same bits.

mod candidates;
mod column;
mod exp;
mod input;
mod linear;
mod pending;
mod point;
mod propagator;
mod synapse;

pub use column::{Column, column};
pub use exp::exp;
pub(crate) use input::{StartInput, TakeInput};
pub use input::{SummedInput, SynapticInput};
pub use linear::LinearNeuron;
pub(crate) use pending::{PendingEvents, Sums};
pub use point::{NeuronDynamics, PointNeuron};
pub use propagator::Propagator;
pub(crate) use synapse::{ConductanceSums, Injected, Integration, ReceptorColumn, rise_gain};

/// The largest |V_m| (mV) that is still taken for a membrane potential; beyond it the integration
/// has blown up.
pub const POTENTIAL_LIMIT: f64 = 1e3;
