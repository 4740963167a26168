//! Figures of runs, sweeps, transfer functions and cells.

pub mod cell;
pub mod cell_run;
pub mod cell_sweep;
pub mod connectivity;
pub mod overview;
pub(crate) mod potential;
pub mod run;
pub mod sweep;
pub mod transfer;
pub mod weights;
