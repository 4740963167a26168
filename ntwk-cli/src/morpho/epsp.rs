//! `ntwk morpho epsp`.

use ntwk::studies::morpho::epsp::{EpspOptions, epsp};

use super::args::EpspArgs;
use super::cell;
use super::ending::end;
use super::ranges::print_ranges;
use crate::Failure;
use crate::output::{make_folder, plotted, print, write_columns, write_figure};
use crate::run::list_files;
use crate::terminal::Terminal;

pub(crate) fn run(args: &EpspArgs) -> Result<(), Failure> {
    let cell = cell(&args.study.cell)?;
    let out = &args.study.out;
    let theme = out.figure.theme(&[])?;
    let mut options = EpspOptions::default();
    options.synapses.clone_from(&args.contact.synapses);
    options.selection = args.selection.clone();
    (options.to, options.duration) = (args.contact.to, args.duration);
    let terminal = Terminal::new(args.parallel.threads, out.quiet);
    let result = terminal.run("EPSPs", |job| epsp(&cell, &options, job))?;
    let table = result.table();
    print(format!(
        "one synapse of \"{}\" in each compartment, measured at {}\n",
        result.synapses, args.contact.to
    ));
    print_ranges(&table, &["local_peak", "peak", "attenuation", "time_to_peak"]);
    make_folder(&out.out)?;
    let mut files = vec![write_columns(&out.out, "epsp.csv", &table)?];
    let figure = plotted(result.figure(&theme))?;
    files.extend(write_figure(&out.out, "epsp", &figure)?);
    list_files(&files);
    end(&out.out.join("epsp.csv"))
}
