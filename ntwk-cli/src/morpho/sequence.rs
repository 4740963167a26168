//! `ntwk morpho sequence`.

use ntwk::studies::morpho::sequence::{SequenceOptions, sequence};

use super::args::SequenceArgs;
use super::cell;
use super::ending::end;
use crate::Failure;
use crate::output::{make_folder, print, write_columns, write_figure};
use crate::run::list_files;
use crate::table::{Table, number};
use crate::terminal::Terminal;

pub(crate) fn run(args: &SequenceArgs) -> Result<(), Failure> {
    let cell = cell(&args.study.cell)?;
    let out = &args.study.out;
    let theme = out.figure.theme(&[])?;
    let mut options = SequenceOptions::default();
    options.synapses.clone_from(&args.contact.synapses);
    (options.part, options.number) = (args.selection.clone(), args.number as usize);
    options.intervals.clone_from(&args.intervals);
    (options.to, options.duration) = (args.contact.to, args.duration);
    let terminal = Terminal::new(args.parallel.threads, out.quiet);
    let result = terminal.run("sequences", |job| sequence(&cell, &options, job))?;
    let curve = &result.curve;
    let mut table = Table::new(&["interval (ms)", "IN (mV)", "OUT (mV)", "IN/OUT"]);
    for (k, interval) in curve.intervals.iter().enumerate() {
        let (a, b) = (curve.inwards[k], curve.outwards[k]);
        table.row(vec![number(*interval, 2), number(a, 3), number(b, 3), number(a / b, 3)]);
    }
    print(format!(
        "{} synapses of \"{}\"{}, measured at {}\n",
        result.count,
        result.synapses,
        args.selection.as_ref().map_or_else(String::new, |part| format!(" on {part}")),
        args.contact.to
    ));
    print(table);
    make_folder(&out.out)?;
    let mut files = vec![write_columns(&out.out, "sequence.csv", &result.table())?];
    files.extend(write_figure(&out.out, "sequence", &result.figure(&theme))?);
    list_files(&files);
    end(&out.out.join("sequence.csv"))
}
