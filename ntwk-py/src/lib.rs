//! The native part of the Python package `ntwk`: one file per noun, each a thin layer over the library.
//!
//! The classes here hold models, recordings and theories; what users see (`ntwk.Model`, `ntwk.Run`, ...) is Python on top of
//! them, in `python/ntwk`. Arrays are handed over, not copied: what the library has made becomes the memory of a NumPy array.
//! Every computation runs on a thread of its own, without the interpreter's lock ([`computation`]): the calling thread looks at
//! Ctrl-C and reports progress meanwhile.

// Arguments of Python functions are owned by their nature.
#![allow(clippy::needless_pass_by_value)]

mod arrays;
mod cell;
mod command_line;
mod comparison;
mod computation;
mod dictionary;
mod error;
mod figure;
mod model;
mod recording;
mod run;
mod simulation;
mod stored;
mod studies;
mod sweep;
mod theory;
mod transfer;
mod tree;

use pyo3::prelude::*;

/// The native part of the package `ntwk`.
#[pymodule]
mod _ntwk {
    #[pymodule_export]
    use super::cell::Cell;
    #[pymodule_export]
    use super::command_line::command_line;
    #[pymodule_export]
    use super::comparison::compare;
    #[pymodule_export]
    use super::dictionary::{load_dictionary, store_dictionary};
    #[pymodule_export]
    use super::figure::Figure;
    #[pymodule_export]
    use super::model::{Model, init, presets};
    #[pymodule_export]
    use super::recording::Recording;
    #[pymodule_export]
    use super::run::{run, run_to_file};
    #[pymodule_export]
    use super::simulation::Simulation;
    #[pymodule_export]
    use super::stored::load;
    #[pymodule_export]
    use super::studies::{bifurcations, fixed_points_map};
    #[pymodule_export]
    use super::sweep::{merge, status, sweep};
    #[pymodule_export]
    use super::theory::{Theory, check_covered};
    #[pymodule_export]
    use super::transfer::{TransferFit, TransferScan};

    use super::*;

    #[pymodule_init]
    fn init_module(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
