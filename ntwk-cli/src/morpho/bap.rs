//! `ntwk morpho bap`.

use ntwk::studies::morpho::back_propagation::{BackPropagationOptions, back_propagation};

use super::args::BapArgs;
use super::cell;
use super::ranges::print_ranges;
use crate::Failure;
use crate::output::{make_folder, plotted, write_columns, write_figure};
use crate::run::list_files;
use crate::terminal::Terminal;

pub(crate) fn run(args: &BapArgs) -> Result<(), Failure> {
    let cell = cell(&args.study.cell)?;
    let out = &args.study.out;
    let theme = out.figure.theme(&[])?;
    let mut options = BackPropagationOptions::default();
    options.selection = args.selection.clone();
    (options.at, options.amplitude) = (args.at, args.amplitude);
    (options.width, options.duration) = (args.width, args.duration);
    let terminal = Terminal::new(Some(1), out.quiet);
    let result = terminal.run("back-propagation", |job| back_propagation(&cell, &options, job))?;
    let table = result.table();
    print_ranges(&table, &["amplitude", "delay"]);
    make_folder(&out.out)?;
    let mut files = vec![write_columns(&out.out, "bap.csv", &table)?];
    let figure = plotted(result.figure(&theme))?;
    files.extend(write_figure(&out.out, "bap", &figure)?);
    list_files(&files);
    Ok(())
}
