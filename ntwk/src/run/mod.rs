//! A network simulated from its description to its results file.

pub mod connections;
pub mod error;
pub mod launcher;
pub mod origin;
pub mod plan;
pub mod resume;
pub mod stream;
pub mod target;
pub mod verify;
