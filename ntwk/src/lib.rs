//! ntwk: spiking networks, their mean-field theory and their single cells in one place.
//!
//! One model description drives the simulation, the theory and their comparison.

pub mod analyze;
pub mod background_task;
pub mod cell_figures;
pub mod cell_scan;
pub mod cell_scan_figure;
pub mod cells_at_rates;
pub mod compare;
pub mod connection_figure;
pub mod diagnosis;
pub mod morpho_figures;
pub mod morpho_transfer;
pub mod overview;
pub mod place_rates;
pub mod plan;
pub mod point_task;
pub mod report;
pub mod results;
pub mod resume;
pub mod run_figures;
pub mod scan;
pub mod scan_figure;
pub mod scan_point;
pub mod scan_run;
pub mod simulate;
pub mod stream;
pub mod theory;
pub mod theory_family;
pub mod theory_figures;
pub mod theory_studies;
pub mod transfer_figure;
pub mod transfer_scan;
mod transfer_scan_file;
pub mod verify;
pub mod windows;

pub use ntwk_analysis as analysis;
pub use ntwk_cells as cells;
pub use ntwk_core as core;
pub use ntwk_io as io;
pub use ntwk_meanfield as meanfield;
pub use ntwk_morpho as morpho;
pub use ntwk_plot as plot;
