//! Mean fields at many nodes, coupled with conduction delays.

pub(crate) mod coupling;
pub mod ring;
pub(crate) mod spatial_mean_field;
