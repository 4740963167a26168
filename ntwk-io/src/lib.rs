//! Files of ntwk: results in HDF5 (SONATA layout where there is one), exports and NumPy arrays.
//!
//! - [`write_run`] stores a recording with its model, its origin and the results of the theory; [`RunWriter`] does so
//!   while the run computes. The layout is documented in [`run_file`].
//! - [`ResultFile`] reads such files, and SONATA files of other programs; [`describe`] says what a file holds.
//! - [`read_flat`] and [`write_flat`]: the layout of the `ntwk` Python package.
//! - [`write_nwb`], [`write_npz`], [`write_spikes_csv`], [`write_rates_csv`], [`write_trace_csv`]: exports.
//! - [`read_cell`], [`read_morphology`]: descriptions of morphological cells and SWC files.
//! - [`read_model`]: model files; [`read_linked_data`]: the connections, spikes and waveforms they keep in other files.
//! - [`write_checkpoint`], [`read_checkpoint`]: the state of a run, to go on from.
//! - [`read_npy`], [`read_npy_vector`], [`write_npy_vector`]: arrays of NumPy, such as coefficients of transfer functions.
//!
//! Files that are written whole are replaced in one step. Every failure is a [`FileError`] that names the file; no
//! content of a file leads to a panic.

mod atomic;
pub mod cell_file;
pub mod cell_run_file;
pub mod checkpoint_file;
mod coupled_file;
pub mod csv;
pub mod description;
pub mod error;
pub mod flat_file;
mod hdf5_reader;
mod hdf5_writer;
pub mod matrix_csv;
pub mod model_data;
pub mod model_file;
pub mod npy;
pub mod npz;
pub mod nwb_file;
pub mod provenance;
pub mod result_file;
pub mod run_file;
pub mod run_writer;
pub mod scan_file;
pub mod theory;
pub mod upstream;

pub use cell_file::{
    CellFile, CellFileError, cell_text, read_cell, read_cell_tree, read_morphology,
};
pub use cell_run_file::{CellRun, probe_unit, read_trace_csv, write_cell_csv, write_cell_run};
pub use checkpoint_file::{CheckpointFile, read_checkpoint, write_checkpoint};
pub use coupled_file::{CoupledFile, read_coupled};
pub use csv::{write_rates_csv, write_spikes_csv, write_trace_csv};
pub use description::{Description, Layout, describe};
pub use error::FileError;
pub use flat_file::{FlatFile, read_flat, write_flat};
pub use matrix_csv::{Matrix, read_matrix_csv};
pub use model_data::read_linked_data;
pub use model_file::{
    ModelFileError, Notation, apply_overrides, parse_tree, read_model, write_model,
};
pub use npy::{read_npy, read_npy_vector, write_npy_vector};
pub use npz::write_npz;
pub use nwb_file::write_nwb;
pub use provenance::Provenance;
pub use result_file::{Report, ResultFile, Selection, SpikeTrains};
pub use run_file::{Compression, ModelText, Precision, RunContents, WriteOptions, write_run};
pub use run_writer::RunWriter;
pub use scan_file::{
    ScanArray, ScanData, ScanValues, StudyText, read_scan, read_study, write_scan,
};
pub use theory::{Attribute, NamedArray, TheoryGroup};
pub use upstream::{Import, import_upstream};
