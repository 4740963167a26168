//! `ntwk morpho`: morphological cells. One file per command.

mod args;
mod bombardment;
mod channels;
mod check;
mod coupled;
mod electrotonic;
mod fit;
mod info;
mod maps;
mod movie;
mod run;
mod summation;
mod transfer;
mod work;

pub(crate) use args::MorphoArgs;

use std::path::Path;

use args::{CellArgs, MorphoCommand};
use ntwk_io::CellFile;
use ntwk_morpho::spec::{BuiltCell, SynapseSpec};
use ntwk_morpho::studies::Contact;
use ntwk_morpho::{Location, LocationSpec};
use ntwk_plot::PlotError;

use super::Failure;
use super::output::cell_file;

pub(crate) fn run(args: &MorphoArgs) -> Result<(), Failure> {
    match &args.command {
        MorphoCommand::Info(args) => info::run(args),
        MorphoCommand::Check(args) => check::run(args),
        MorphoCommand::Run(args) => run::run(args),
        MorphoCommand::Coupled(args) => coupled::run(args),
        MorphoCommand::Channels => {
            channels::run();
            Ok(())
        }
        MorphoCommand::Electrotonic(args) => electrotonic::run(args),
        MorphoCommand::Impedance(args) => maps::impedance(args),
        MorphoCommand::Epsp(args) => maps::epsp(args),
        MorphoCommand::Bap(args) => maps::bap(args),
        MorphoCommand::Summation(args) => summation::summation(args),
        MorphoCommand::Sequence(args) => summation::sequence(args),
        MorphoCommand::Movie(args) => movie::run(args),
        MorphoCommand::Background(args) => bombardment::run(args),
        MorphoCommand::Tf(args) => transfer::run(args),
        MorphoCommand::Fit(args) => fit::run(args),
    }
}

/// Reads and builds the cell of a command.
fn cell(args: &CellArgs) -> Result<(CellFile, BuiltCell), Failure> {
    let file = cell_file(&args.cell, &args.overrides)?;
    let built = file.build(&args.cell)?;
    Ok((file, built))
}

/// The title of a cell's figures.
fn title<'a>(file: &'a CellFile, path: &'a Path) -> &'a str {
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or("cell");
    file.spec.title.as_deref().unwrap_or(stem)
}

/// The point of a location given on the command line.
fn locate(built: &BuiltCell, location: &LocationSpec) -> Result<Location, Failure> {
    built.locate(location).map_err(|e| Failure::Argument(format!("{location}: {e}")))
}

/// A group of synapses of the cell, the first when none is named, and what one of its spikes activates.
fn group<'a>(
    built: &'a BuiltCell,
    name: Option<&str>,
) -> Result<(&'a SynapseSpec, Contact), Failure> {
    let all = &built.spec.synapses;
    let names = || all.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(", ");
    let found = match name {
        None => all.first().ok_or_else(|| {
            Failure::Argument(
                "the cell file has no [synapses.NAME]; this command needs a group that says which \
                 receptors a spike activates"
                    .to_owned(),
            )
        })?,
        Some(name) => all.iter().find(|s| s.name == name).ok_or_else(|| {
            Failure::Argument(format!(
                "there is no group of synapses \"{name}\"; there are: {}",
                names()
            ))
        })?,
    };
    let contact =
        found.receptors.iter().map(|&(r, w)| (built.spec.receptors[r].receptor, w)).collect();
    Ok((found, contact))
}

/// The locations of a group of synapses.
fn locations(built: &BuiltCell, name: &str) -> Vec<Location> {
    built.synapses.iter().find(|s| s.name == name).map_or_else(Vec::new, |s| s.locations.clone())
}

fn figure_error(e: PlotError) -> Failure {
    ntwk::figures::overview::FigureError::from(e).into()
}
