//! Mean fields at many nodes, coupled with conduction delays.

pub(crate) mod pathway;
pub(crate) mod place_network;
pub mod ring;
