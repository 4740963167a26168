//! `ntwk morpho impedance`.

use ntwk::studies::morpho::impedance::{ImpedanceOptions, impedance};

use super::args::ImpedanceArgs;
use super::cell;
use super::ranges::print_ranges;
use crate::Failure;
use crate::output::{make_folder, plotted, print, write_columns, write_figure};
use crate::run::list_files;
use crate::terminal::Terminal;

pub(crate) fn run(args: &ImpedanceArgs) -> Result<(), Failure> {
    let cell = cell(&args.study.cell)?;
    let out = &args.study.out;
    let theme = out.figure.theme(&[])?;
    let mut options = ImpedanceOptions::default();
    options.selection = args.selection.clone();
    (options.frequency, options.to, options.hold) = (args.frequency, args.to, args.hold);
    let terminal = Terminal::new(Some(1), out.quiet);
    let result = terminal.run("impedance", |job| impedance(&cell, &options, job))?;
    let table = result.table();
    print(format!("at {} Hz about {} mV, to {}\n", args.frequency, result.hold, args.to));
    print_ranges(&table, &["input", "transfer", "attenuation"]);
    make_folder(&out.out)?;
    let mut files = vec![write_columns(&out.out, "impedance.csv", &table)?];
    let figure = plotted(result.figure(&theme))?;
    files.extend(write_figure(&out.out, "impedance", &figure)?);
    list_files(&files);
    Ok(())
}
