//! The command line: one file per command, glue only.
//!
//! [`main_with`] is the whole program `ntwk` for the kinds of cells it is given. A crate with a kind of its own has every
//! command for it with a `main.rs` of three lines:
//!
//! ```no_run
//! let mut library = ntwk_cells::library();
//! library.add_kind(Box::new(ntwk_cells::Lif)); // or the kind of your own
//! std::process::exit(ntwk_cli::main_with(&library));
//! ```

mod analyze;
mod args;
mod cells;
mod check;
mod compare;
mod connections;
mod export;
mod failure;
mod features;
mod figure_args;
mod import;
mod info;
mod init;
mod interruption;
mod meanfield;
mod morpho;
mod output;
mod plan;
mod plot;
mod ranks;
mod reference;
mod report;
mod run;
mod scan_design;
mod stored_run;
mod sweep;
mod table;
mod terminal;
mod transfer_function;
mod verify;
mod words;

use std::ffi::OsString;

use clap::Parser;
use ntwk_core::CellLibrary;

use args::{Cli, Command};
pub(crate) use failure::Failure;

/// Parses the command line and runs its command with the kinds and presets of `library`; returns the exit code.
///
/// As [`main_with_arguments`] with the arguments of the process.
#[must_use]
pub fn main_with(library: &CellLibrary) -> i32 {
    main_with_arguments(library, std::env::args_os())
}

/// Parses `arguments`, the name of the program first, and runs their command; returns the exit code. Morphological cells that a
/// model declares by their cell files come with every library.
///
/// Prints to standard output and standard error, and ends the program itself for `--help`, `--version` and arguments that
/// cannot be parsed.
#[must_use]
pub fn main_with_arguments(
    library: &CellLibrary,
    arguments: impl IntoIterator<Item = OsString>,
) -> i32 {
    let library = &ntwk::with_morphological_cells(library);
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = Cli::parse_from(&arguments);
    interruption::listen(|text| output::say(text));
    output::begin_notes();
    if arguments.get(1).is_some_and(|command| command == "scan") {
        output::note(
            "`ntwk scan` is now called `ntwk sweep`; the old name goes with the next version",
        );
    }
    let result = ranks::check(&cli.command).and_then(|()| command(&cli.command, library));
    match result {
        Ok(()) => 0,
        Err(failure) => {
            output::error(&failure);
            failure.exit_code()
        }
    }
}

fn command(command: &Command, library: &CellLibrary) -> Result<(), Failure> {
    match command {
        Command::Check(args) => check::run(args, library),
        Command::Run(args) => run::run(args, library),
        Command::Compare(args) => compare::run(args, library),
        Command::Meanfield(args) => meanfield::run(args, library),
        Command::Tf(args) => transfer_function::run(args, library),
        Command::Plot(args) => plot::run(args, library),
        Command::Report(args) => report::run(args, library),
        Command::Sweep(args) => sweep::run(args, library),
        Command::Analyze(args) => analyze::run(args, library),
        Command::Features(args) => features::run(args),
        Command::Info(args) => info::run(args),
        Command::Export(args) => export::run(args, library),
        Command::Verify(args) => verify::run(args, library),
        Command::Plan(args) => plan::run(args, library),
        Command::Cells(args) => cells::run(args, library),
        Command::Reference(args) => reference::run(args),
        Command::Init(args) => init::run(args),
        Command::Import(args) => import::run(args, library),
        Command::Morpho(args) => morpho::run(args),
    }
}
