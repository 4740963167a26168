//! `ntwk morpho background`.

use ntwk::studies::morpho::background::{BackgroundOptions, background};
use ntwk::studies::table::{ColumnValues, Table as Columns};

use super::args::BackgroundArgs;
use super::cell;
use super::ending::{print_points, store_options};
use crate::Failure;
use crate::output::{make_folder, note, print, write_columns, write_figure};
use crate::run::list_files;
use crate::table::{Table, number, optional};
use crate::terminal::Terminal;

pub(crate) fn run(args: &BackgroundArgs) -> Result<(), Failure> {
    let cell = cell(&args.study.cell)?;
    let out = &args.study.out;
    let theme = out.figure.theme(&[])?;
    let mut options = BackgroundOptions::default();
    options.synapses.clone_from(&args.synapses);
    (options.at, options.number) = (args.at.clone(), args.number as usize);
    (options.to, options.current) = (args.to, args.current);
    (options.transient, options.duration) = (args.transient, args.duration);
    make_folder(&out.out)?;
    let stored = out.out.join("background.h5");
    let store = store_options(&args.resume);
    let terminal = Terminal::new(args.parallel.threads, out.quiet);
    let result =
        terminal.run("background", |job| background(&cell, &options, &stored, store, job))?;
    print_points(&result.runs);
    let (Some(state), Some(columns), Some(figure)) =
        (&result.state, result.table(), result.figure(&theme))
    else {
        list_files(std::slice::from_ref(&result.runs.stored));
        return Failure::of_points(&result.runs);
    };
    if state.rate > 0.0 {
        note(
            "the cell fires under this activity: input resistance, time constant and EPSP include the spikes",
        );
    }
    let probes = if args.number == 1 { String::new() } else { format!("{} of ", args.number) };
    let (group, at) = (&result.synapses, &args.at);
    print(format!("probe: {probes}\"{group}\" at {at}, measured at {}\n", args.to));
    print(comparison(&columns));
    let mut files = vec![stored, write_columns(&out.out, "background.csv", &columns)?];
    files.extend(write_figure(&out.out, "background", &figure)?);
    list_files(&files);
    Ok(())
}

/// Decimals of the EPSP's peak, and of everything else.
const DIGITS: [usize; 2] = [3, 2];

/// Every quantity at rest and under activity, with the ratio.
fn comparison(columns: &Columns) -> Table {
    let mut table = Table::new(&["", "at rest", "under activity", "ratio"]);
    let texts = |name: &str| match columns.column(name).map(|c| &c.values) {
        Some(ColumnValues::Texts(v)) => v.as_slice(),
        _ => &[],
    };
    let numbers = |name: &str| match columns.column(name).map(|c| &c.values) {
        Some(ColumnValues::Numbers(v)) => v.as_slice(),
        _ => &[],
    };
    let names = texts("quantity").iter().zip(texts("unit"));
    for ((name, unit), (rest, active)) in names.zip(numbers("rest").iter().zip(numbers("active"))) {
        let digits = DIGITS[usize::from(name != "EPSP peak")];
        let ratio = optional(Some(active / rest).filter(|r| r.is_finite()), 3);
        let label = format!("{name} ({unit})");
        table.row(vec![label, number(*rest, digits), number(*active, digits), ratio]);
    }
    table
}
