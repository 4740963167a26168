//! Studies: one file each.

pub mod background_task;
pub mod family;
pub mod morpho_transfer;
pub mod spatial_rates;
pub mod theory_figures;
pub mod theory_studies;
