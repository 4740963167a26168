//! Studies: one file each.

pub mod family;
pub mod morpho;
pub mod spatial_rates;
pub mod table;
pub mod theory_figures;
pub mod theory_studies;
