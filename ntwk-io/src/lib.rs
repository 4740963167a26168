//! Files of ntwk: results in HDF5 (SONATA layout where there is one), exports and NumPy arrays.
//!
//! - [`write_run`] stores a recording with its model, its origin and the results of the theory; [`RunWriter`] does so
//!   while the run computes. The layout is documented in [`run_file`].
//! - [`ResultFile`] reads such files, and SONATA files of other programs; [`describe`] says what a file holds.
//! - [`read_flat`] and [`write_flat`]: the layout of the `ntwk` Python package.
//! - [`write_nwb`], [`write_npz`], [`write_spikes_csv`], [`write_rates_csv`], [`write_trace_csv`]: exports; [`write_table`] and [`write_file`] write any
//!   other table and file.
//! - [`read_cell`], [`read_morphology`]: descriptions of morphological cells and SWC files.
//! - [`read_model`]: model files; [`read_linked_data`]: the connections, spikes and waveforms they keep in other files.
//! - [`write_checkpoint`], [`read_checkpoint`]: the state of a run, to go on from.
//! - [`read_npy`], [`read_npy_vector`], [`write_npy_vector`]: arrays of NumPy, such as coefficients of transfer functions.
//!
//! ```
//! use ntwk_io::{ResultFile, RunContents, WriteOptions, write_run};
//! use ntwk_core::{PopulationRecording, Recording, Spikes};
//!
//! let cells = PopulationRecording {
//!     name: "cells".to_owned(),
//!     size: 2,
//!     spikes: Some(Spikes { steps: vec![1, 3], ids: vec![0, 1] }),
//!     counts: vec![0, 1, 0, 1], // spikes of the population in each step
//!     traces: Vec::new(),
//! };
//! let run = Recording { dt: 0.1, n_steps: 4, populations: vec![cells], afferents: Vec::new() };
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("results.h5");
//! write_run(
//!     &path,
//!     &RunContents { recording: Some(&run), model: None, provenance: None, theory: &[] },
//!     &WriteOptions::default(),
//! )?;
//! let read = ResultFile::open(&path)?.recording()?.ok_or("no recording")?;
//! assert_eq!(read.spike_times("cells", 0), Some(vec![0.1])); // ms
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A model file is read with [`read_model`], which reports every fault with its line:
//!
//! ```
//! let folder = tempfile::tempdir()?;
//! let file = folder.path().join("model.toml");
//! std::fs::write(&file, "[simulation]\nt_stop = '1 mV'\n[populations.E]\nsize = 0\ncell = 'RT'\n")?;
//! let faults = ntwk_io::read_model(&file, &[], &ntwk_cells::library()).unwrap_err().to_string();
//! assert!(["t_stop", "size", "RT"].iter().all(|word| faults.contains(word)), "{faults}");
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Files that are written whole are replaced in one step. Every failure is a [`FileError`] that names the file; no
//! content of a file leads to a panic.

mod atomic;
mod brian2;
pub mod cell_file;
pub mod cell_run_file;
pub mod checkpoint_file;
pub mod claim_folder;
mod coupled_file;
pub mod csv;
pub mod delimited;
pub mod description;
pub mod dictionary_file;
pub mod edge_file;
mod element_report;
pub mod error;
pub mod file_kind;
pub mod flat_file;
mod hdf5_reader;
mod hdf5_writer;
pub mod matrix_csv;
pub mod model_data;
pub mod model_file;
mod nmodl;
pub mod npy;
pub mod npz;
pub mod nwb_file;
pub mod part_file;
pub mod part_folder;
pub mod provenance;
pub mod result_file;
pub mod run_file;
pub mod run_writer;
pub mod scan_file;
pub mod sonata;
pub mod stored_cell_run;
pub mod theory;
pub mod trace_csv;
pub mod upstream;

pub use atomic::{remove_unfinished, write_file};
pub use brian2::{Brian2Import, import_brian2};
pub use cell_file::{
    CellFile, CellFileError, cell_text, read_cell, read_cell_tree, read_morphology,
    read_neurolucida, read_neuroml,
};
pub use cell_run_file::{CellRun, write_cell_csv, write_cell_run};
pub use checkpoint_file::{CheckpointFile, read_checkpoint, write_checkpoint};
pub use claim_folder::{Claim, ClaimFolder};
pub use coupled_file::{CoupledFile, read_coupled};
pub use csv::{write_afferent_spikes_csv, write_rates_csv, write_spikes_csv, write_trace_csv};
pub use delimited::{Column, Field, write_table};
pub use description::{Description, Layout, describe};
pub use dictionary_file::{Entry, read_dictionary, write_dictionary};
pub use edge_file::{EdgeList, EdgeProperty, write_edges, write_edges_csv};
pub use element_report::write_element_reports;
pub use error::FileError;
pub use file_kind::{FileKind, read_text};
pub use flat_file::{FlatFile, read_flat, write_flat};
pub use hdf5_writer::{Compression, Precision};
pub use matrix_csv::{Matrix, read_matrix_csv};
pub use model_data::read_linked_data;
pub use model_file::{
    ModelFileError, Notation, apply_overrides, model_of_tree, parse_tree, read_kinds, read_model,
    write_model, write_tree,
};
pub use nmodl::{NmodlImport, import_nmodl};
pub use npy::{read_npy, read_npy_vector, write_npy_vector};
pub use npz::{write_cell_npz, write_npz};
pub use nwb_file::write_nwb;
pub use part_file::{PartHeader, PartPoint, PartQuantity, PartReader, PartWriter};
pub use part_folder::{PartFolder, remove_file};
pub use provenance::Provenance;
pub use result_file::{Report, ResultFile, Selection, SpikeTrains};
pub use run_file::{ModelText, RunContents, WriteOptions, write_run};
pub use run_writer::RunWriter;
pub use scan_file::{
    ScanArray, ScanData, ScanValues, StudyText, read_scan, read_study, write_scan,
};
pub use sonata::{SonataImport, import_sonata};
pub use stored_cell_run::{StoredCellRun, read_cell_run, write_cell_spikes, write_cell_traces};
pub use theory::{Attribute, NamedArray, TheoryGroup};
pub use trace_csv::read_trace_csv;
pub use upstream::{Import, import_stored, import_upstream};

/// The example of the README is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
