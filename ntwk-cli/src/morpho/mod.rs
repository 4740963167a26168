//! `ntwk morpho`: morphological cells. One file per command.

mod args;
mod background;
mod bap;
mod channels;
mod check;
mod coupled;
mod electrotonic;
mod ending;
mod epsp;
mod fit;
mod impedance;
mod info;
mod movie;
mod ranges;
mod run;
mod sequence;
mod source;
mod summation;
mod tf;
mod view;

pub(crate) use args::MorphoArgs;

use args::{CellArgs, MorphoCommand};
use ntwk::studies::morpho::MorphoCell;

use super::Failure;
use super::output::{cell_file, note};

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
        MorphoCommand::Impedance(args) => impedance::run(args),
        MorphoCommand::Epsp(args) => epsp::run(args),
        MorphoCommand::Bap(args) => bap::run(args),
        MorphoCommand::Summation(args) => summation::run(args),
        MorphoCommand::Sequence(args) => sequence::run(args),
        MorphoCommand::Movie(args) => movie::run(args),
        MorphoCommand::View(args) => view::run(args),
        MorphoCommand::Background(args) => background::run(args),
        MorphoCommand::Tf(args) => tf::run(args),
        MorphoCommand::Fit(args) => fit::run(args),
    }
}

/// The cell of a command.
fn cell(args: &CellArgs) -> Result<MorphoCell, Failure> {
    let cell = MorphoCell::new(cell_file(&args.cell, &args.overrides)?, &args.cell)?;
    cell.built().coarse_steps().iter().for_each(note);
    cell.built().late_events().iter().for_each(note);
    Ok(cell)
}
