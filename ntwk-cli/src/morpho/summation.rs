//! `ntwk morpho summation`.

use ntwk::studies::morpho::summation::{SummationOptions, summation};

use super::args::SummationArgs;
use super::cell;
use super::ending::end;
use crate::Failure;
use crate::output::{make_folder, print, write_columns, write_figure};
use crate::run::list_files;
use crate::table::{Table, number};
use crate::terminal::Terminal;

pub(crate) fn run(args: &SummationArgs) -> Result<(), Failure> {
    let cell = cell(&args.study.cell)?;
    let out = &args.study.out;
    let theme = out.figure.theme(&[])?;
    let mut options = SummationOptions::default();
    options.synapses.clone_from(&args.contact.synapses);
    (options.at, options.to) = (args.at.clone(), args.contact.to);
    (options.most, options.duration) = (args.most as usize, args.duration);
    let terminal = Terminal::new(args.parallel.threads, out.quiet);
    let result = terminal.run("summation", |job| summation(&cell, &options, job))?;
    let all = &result.all;
    let mut table =
        Table::new(&["synapses", "peak (mV)", "linear (mV)", "ratio", "local peak (mV)"]);
    for (i, n) in all.numbers.iter().enumerate() {
        let (peak, expected, local) = (all.peak[i], all.expected[i], all.local_peak[i]);
        table.row(vec![
            n.to_string(),
            number(peak, 3),
            number(expected, 3),
            number(peak / expected, 3),
            number(local, 2),
        ]);
    }
    print(format!(
        "synapses of \"{}\" at {}, measured at {}\n",
        result.synapses, args.at, args.contact.to
    ));
    print(table);
    make_folder(&out.out)?;
    let mut files = vec![write_columns(&out.out, "summation.csv", &result.table())?];
    files.extend(write_figure(&out.out, "summation", &result.figure(&theme))?);
    list_files(&files);
    end(&out.out.join("summation.csv"))
}
