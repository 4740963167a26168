//! ntwk: spiking networks, their mean-field theory and their single cells in one place.
//!
//! One description of a network drives its simulation, its mean-field theory and the comparison of both. A [`ModelSpec`] is
//! read from a file ([`read_model`]) or written in Rust; [`ModelSpec::check`] finds every fault and gives a [`Model`];
//! [`simulate`] gives a [`Recording`], [`predict`] a [`Theory`], [`compare()`] a [`Comparison`]. Results are asked for by the
//! name of a population.
//!
//! ```
//! use ntwk::prelude::*;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut m = ModelSpec::new(300.0); // ms
//! m.receptor("exc", ReceptorSpec::conductance(0.0, 5.0)); // mV, ms
//! m.receptor("inh", ReceptorSpec::conductance(-80.0, 5.0));
//! m.population("E", 400, CellSpec::preset("RS"));
//! m.population("I", 100, CellSpec::preset("FS").set("V_th", -51.0));
//! m.afferent("A", AfferentSpec::poisson(400, 8.0)); // Hz
//! m.project("A", ["E", "I"], "exc", 1.0, ConnectionSpec::in_degree_fraction(0.5)); // nS
//! m.project("E", ["E", "I"], "exc", 1.0, ConnectionSpec::in_degree_fraction(0.05)).delay = DelaySpec::constant(1.5);
//! m.project("I", ["E", "I"], "inh", 4.0, ConnectionSpec::in_degree_fraction(0.05));
//!
//! let model = m.check(&library())?;
//! let run = simulate(&model, &Job::threads(2))?.complete()?;
//! let rate = run.rate("E", 100.0..300.0).ok_or("no such population")?; // Hz
//! assert!(rate > 1.0 && rate < 30.0, "{rate}");
//! # Ok(())
//! # }
//! ```
//!
//! `examples/rs_fs.rs` goes on with [`predict`] and [`compare()`]. A fault names its key and what would be right:
//!
//! ```
//! use ntwk::prelude::*;
//!
//! let mut m = ModelSpec::new(300.0);
//! m.population("E", 400, CellSpec::preset("RT"));
//! let faults = m.check(&library()).unwrap_err();
//! assert!(faults.to_string().contains("did you mean"));
//! ```
//!
//! | module | what is in it |
//! |---|---|
//! | [`core`] | model description and network engine |
//! | [`cells`] | kinds of point neurons, published parameter sets |
//! | [`meanfield`] | moments, transfer functions, fits, dynamics, bifurcations |
//! | [`morpho`] | morphological cells |
//! | [`analysis`] | spike trains, membrane potentials, population activity |
//! | [`io`] | model files, results in HDF5, exports |
//! | [`plot`] | figures |
//! | `mpi` | with the feature of that name: ranks of MPI, over which a run may go |
//! | [`run`] | runs that go to a file while they compute, checkpoints, verification, estimates of cost |
//! | [`sweep`] | points over keys of a model or of a cell |
//! | [`studies`] | mean fields along keys, in space, of morphological cells |
//! | [`compare`](mod@compare), [`figures`], [`report`] | simulation beside theory, figures of results, pages of a run |
//!
//! Units are ms, mV, pF, nS, pA; rates are Hz. Nothing here prints. A [`Job`] says on how many threads a computation runs,
//! who hears of its progress and what ends it early; no result depends on the number of threads.

pub mod compare;
pub mod error;
pub mod figures;
pub mod prelude;
pub mod reference;
pub mod report;
pub mod run;
pub mod starter;
pub mod studies;
pub mod sweep;

pub use error::{Error, ErrorKind};
pub use ntwk_analysis as analysis;
pub use ntwk_cells as cells;
pub use ntwk_core as core;
pub use ntwk_io as io;
pub use ntwk_meanfield as meanfield;
pub use ntwk_morpho as morpho;
#[cfg(feature = "mpi")]
pub use ntwk_mpi as mpi;
pub use ntwk_plot as plot;

pub use compare::{CompareError, Comparison, compare};
pub use ntwk_core::spec::{AfferentSpec, CellSpec, ConnectionSpec, DelaySpec, ReceptorSpec};
pub use ntwk_core::{
    CellLibrary, Faults, Job, Model, ModelSpec, Recording, RunResult, Waveform, simulate,
};
pub use ntwk_io::read_model;
pub use ntwk_meanfield::{StationaryState, Theory, TheoryError, predict};

/// Every kind of cell and every published parameter set, and morphological cells that a model declares by their cell files.
#[must_use]
pub fn library() -> CellLibrary {
    with_morphological_cells(&ntwk_cells::library())
}

/// `library`, with morphological cells that a model declares by their cell files.
#[must_use]
pub fn with_morphological_cells(library: &CellLibrary) -> CellLibrary {
    let mut library = library.clone();
    library.set_described_cells(std::sync::Arc::new(ntwk_morpho::network::MorphologicalCells));
    library
}

/// The example of the README is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
