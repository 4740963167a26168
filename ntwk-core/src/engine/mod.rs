//! The network engine: a valid model lowered to columns of state and stepped by workers.
//!
//! [`connectivity`] turns connection rules into target lists, [`network`] lowers a model, [`simulation`] runs it on any number
//! of threads with the same bits; [`independent`] steps groups of uncoupled cells with the same kernels.

pub(crate) mod blow_up;
pub(crate) mod checkpoint;
pub mod connectivity;
pub(crate) mod delivery;
pub mod drive;
pub(crate) mod exchange;
pub(crate) mod gathered;
pub mod independent;
pub mod network;
pub(crate) mod plasticity;
pub(crate) mod poisson;
pub(crate) mod poisson_table;
pub mod random;
pub(crate) mod rank_exchange;
pub(crate) mod rank_place;
pub mod run;
pub(crate) mod sampler;
pub mod simulation;
pub(crate) mod source_variables;
pub mod state;
pub(crate) mod step_barrier;
pub(crate) mod trains;
pub(crate) mod worker;
