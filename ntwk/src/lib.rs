//! ntwk: spiking networks, their mean-field theory and their single cells in one place.
//!
//! One model description drives the simulation, the theory and their comparison.

pub mod compare;
pub mod error;
pub mod figures;
pub mod reference;
pub mod report;
pub mod run;
pub mod studies;
pub mod sweep;

pub use error::{Error, ErrorKind};
pub use ntwk_analysis as analysis;
pub use ntwk_cells as cells;
pub use ntwk_core as core;
pub use ntwk_io as io;
pub use ntwk_meanfield as meanfield;
pub use ntwk_morpho as morpho;
pub use ntwk_plot as plot;
