//! `ntwk init`: a file to begin with.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use ntwk::starter::Starter;

use super::Failure;
use super::output::{not_there, print};

/// Write a commented file to begin with: a network, a neuron with dendrites, or a mean field.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk init network                 writes network.toml, and says what to try with it
  ntwk init cell my-cell.toml")]
pub(crate) struct InitArgs {
    /// What the file is for.
    #[arg(value_enum)]
    pub kind: KindArg,
    /// The file [default: the kind with .toml].
    pub file: Option<PathBuf>,
    /// Replace the file if it exists.
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum KindArg {
    /// Populations of point neurons that fire, and a sweep over their drive.
    Network,
    /// A neuron with dendrites: channels, synapses, electrodes.
    Cell,
    /// A transfer function and the mean field made from it.
    Theory,
}

pub(crate) fn run(args: &InitArgs) -> Result<(), Failure> {
    let starter = match args.kind {
        KindArg::Network => Starter::Network,
        KindArg::Cell => Starter::Cell,
        KindArg::Theory => Starter::Theory,
    };
    let file =
        args.file.clone().unwrap_or_else(|| Path::new(starter.name()).with_extension("toml"));
    let shown = file.display().to_string();
    // What is written is TOML, and read by its ending.
    if file.extension().is_none_or(|extension| extension != "toml") {
        return Err(Failure::Argument(format!(
            "{shown}: the file is TOML; give it the ending .toml"
        )));
    }
    not_there(&file, args.force)?;
    ntwk_io::write_file(&file, starter.text(&shown).as_bytes())?;
    print(format!("wrote {shown}\ntry:"));
    for command in starter.commands(&shown) {
        print(format!("  ntwk {command}"));
    }
    Ok(())
}
