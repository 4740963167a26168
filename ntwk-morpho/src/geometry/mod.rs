//! The shape of a neuron: reading, generating and changing its branches.

pub mod generators;
pub mod morphology;
pub mod neurolucida;
pub mod neuroml;
pub mod operations;
pub mod region;
pub mod simplify;
pub mod swc;
