//! What a program that describes, simulates, predicts and compares a network needs: `use ntwk::prelude::*`.

pub use crate::{
    AfferentSpec, CellLibrary, CellSpec, Comparison, ConnectionSpec, DelaySpec, Job, Model,
    ModelSpec, ReceptorSpec, Recording, Theory, Waveform, compare, library, predict, read_model,
    simulate,
};
