//! A network simulated from its description to its results file.

pub mod plan;
pub mod resume;
pub mod stream;
pub mod verify;
