//! Ranks of MPI: `World` joins the processes that `mpirun` or a scheduler has started, as the
//! [`Ranks`](ntwk_core::ranks::Ranks) of a job.
//!
//! Without the feature `mpi` the crate is empty, and nothing of MPI is needed to build it. With it a build needs MPI (Open MPI,
//! MPICH), a C compiler and libclang.

#[cfg(feature = "mpi")]
mod world;

#[cfg(feature = "mpi")]
pub use world::{StartError, World};
