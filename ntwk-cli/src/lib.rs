//! The command line: one file per command, glue only.

mod analyze;
mod args;
mod cells;
mod check;
mod compare;
mod export;
mod failure;
mod features;
mod import;
mod info;
mod meanfield;
mod morpho;
mod output;
mod plan;
mod plot;
mod reference;
mod report;
mod run;
mod scan;
mod scan_design;
mod table;
mod terminal;
mod transfer_function;
mod verify;

use clap::Parser;

use args::{Cli, Command};
pub(crate) use failure::Failure;

/// Parses the command line and runs the command; returns the exit code.
#[must_use]
pub fn main() -> i32 {
    let cli = Cli::parse();
    let result = match &cli.command {
        Command::Check(args) => check::run(args),
        Command::Run(args) => run::run(args),
        Command::Compare(args) => compare::run(args),
        Command::Meanfield(args) => meanfield::run(args),
        Command::Tf(args) => transfer_function::run(args),
        Command::Plot(args) => plot::run(args),
        Command::Report(args) => report::run(args),
        Command::Scan(args) => scan::run(args),
        Command::Analyze(args) => analyze::run(args),
        Command::Features(args) => features::run(args),
        Command::Info(args) => info::run(args),
        Command::Export(args) => export::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Plan(args) => plan::run(args),
        Command::Cells(args) => cells::run(args),
        Command::Reference(args) => reference::run(args),
        Command::Import(args) => import::run(args),
        Command::Morpho(args) => morpho::run(args),
    };
    match result {
        Ok(()) => 0,
        Err(failure) => {
            output::error(&failure);
            failure.exit_code()
        }
    }
}
