//! Figures.

mod analysis_figures;
mod common;
mod figures;
