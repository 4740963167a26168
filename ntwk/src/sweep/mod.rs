//! Sweeps: the same computation at many points over keys of a model or of a cell.

pub mod cell;
pub mod command;
pub mod identity;
pub mod network;
mod parts;
pub mod points;
pub mod result_names;
pub mod results;
pub mod run;
pub mod share;
pub mod status;
pub mod store;
pub mod task;
pub mod transfer_scan;
mod unit;
