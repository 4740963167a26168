//! The command line program, in the same file.

use std::ffi::OsString;

use pyo3::prelude::*;

/// Runs the program `ntwk` with these arguments, the name of the program first; returns its exit code.
///
/// It prints, takes Ctrl-C, and ends the process itself for `--help`, `--version` and arguments that it does not know: it is
/// for a process of its own.
#[pyfunction]
pub(crate) fn command_line(py: Python<'_>, arguments: Vec<OsString>) -> i32 {
    py.detach(|| ntwk_cli::main_with_arguments(&ntwk::library(), arguments))
}
