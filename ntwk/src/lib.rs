//! The library facade of ntwk.
pub mod simulate;
