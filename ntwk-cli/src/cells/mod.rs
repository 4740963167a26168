//! `ntwk cells`: the library of cells, and single cells on the bench.

mod bench;
mod catalogue;
mod fi;
mod pulse;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ntwk_core::CellLibrary;
use ntwk_io::read_kinds;

use super::Failure;
use fi::FiArgs;
use pulse::PulseArgs;

/// The library of cells: kinds with their equations, published parameter sets, single-cell protocols.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk cells list
  ntwk cells show AdEx
  ntwk cells pulse RS --current '-100 pA,250 pA'
  ntwk cells fi RS --from 0 --to '600 pA'
  ntwk cells show my_cell --kinds my_cells.toml      a kind of your own, by its equations")]
pub(crate) struct CellsArgs {
    /// File with kinds of cells of your own: a model, or tables [kinds.NAME] alone.
    #[arg(long, value_name = "FILE", global = true)]
    kinds: Option<PathBuf>,
    #[command(subcommand)]
    command: CellsCommand,
}

#[derive(Debug, Subcommand)]
enum CellsCommand {
    /// List all kinds and presets.
    #[command(after_help = "Example:\n  ntwk cells list")]
    List,
    /// Show one: equation and parameters of a kind, values and citation of a preset.
    #[command(after_help = "\
Examples:
  ntwk cells show AdEx
  ntwk cells show RS
  ntwk cells show AdExp_a_4_b_40        a preset with values changed in its name")]
    Show {
        /// Kind, preset, or preset with changes (PRESET_PARAMETER_VALUE...).
        name: String,
    },
    Pulse(PulseArgs),
    Fi(FiArgs),
}

pub(crate) fn run(args: &CellsArgs, library: &CellLibrary) -> Result<(), Failure> {
    let library = &match &args.kinds {
        Some(file) => read_kinds(file, library)?,
        None => library.clone(),
    };
    match &args.command {
        CellsCommand::List => {
            catalogue::list(library);
            Ok(())
        }
        CellsCommand::Show { name } => catalogue::show(name, library),
        CellsCommand::Pulse(args) => pulse::run(args, library),
        CellsCommand::Fi(args) => fi::run(args, library),
    }
}
