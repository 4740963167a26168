//! The shape of a neuron: reading, generating, changing and selecting its branches.

pub mod generators;
pub mod morphology;
pub mod operations;
pub mod place;
pub mod region;
pub mod selection;
pub mod simplify;
pub mod swc;
