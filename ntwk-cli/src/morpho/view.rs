//! `ntwk morpho view`.

use std::path::PathBuf;

use clap::Args;
use ntwk::report::cell_view::{CellView, ViewError, ViewOptions};
use ntwk_io::{Layout, read_cell_run};
use ntwk_plot::Theme;

use super::args::time;
use super::source::{Content, Source, SourceArgs};
use crate::Failure;
use crate::output::{note, write_page};
use crate::run::list_files;
use crate::stored_run::{cell_run_title, layout_of, other_kind};

/// Write one HTML page on which a cell is turned in three dimensions, in the colours of its regions, its diameters and
/// distances, or of what a run recorded over time.
///
/// FILE is an SWC, Neurolucida (.asc) or NeuroML (.nml, .xml) file, a cell file, or results.h5 (.h5) of `ntwk morpho run`. The
/// page needs no other file and no network.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk morpho view examples/dendritic-integration/cell.toml -o cell.html
  ntwk morpho run cell.toml --out out/cell
  ntwk morpho view out/cell/results.h5 -o movie.html --from 45 --to 120 --every 0.2

A run has colours over time where it recorded a quantity at many places: record.voltage = [\"all\"] in the cell file, also \
calcium, currents, conductances. On the page: drag turns, the wheel zooms, Shift and drag moves, a click says which branch it \
is, as selections and locations name it, with its measures and the values there; h lists the keys. It works by touch.")]
pub(crate) struct ViewArgs {
    #[command(flatten)]
    pub source: SourceArgs,
    /// Page to write (.html), or folder for it [default: FILE with the ending .html].
    #[arg(short, long, value_name = "HTML")]
    pub out: Option<PathBuf>,
    /// Time of the first sample of a run that is shown (ms) [default: the first].
    #[arg(long, value_parser = time)]
    pub from: Option<f64>,
    /// Time of the last sample of a run that is shown (ms) [default: the last].
    #[arg(long, value_parser = time)]
    pub to: Option<f64>,
    /// Time between samples of a run (ms) [default: all, or as many as make 1.5 million values].
    #[arg(long, value_parser = time)]
    pub every: Option<f64>,
    /// Light on a dark background.
    #[arg(long)]
    pub dark: bool,
}

pub(crate) fn run(args: &ViewArgs) -> Result<(), Failure> {
    let file = &args.source.file;
    let view = if args.source.ends_in(&["h5", "hdf5"]) {
        stored(args)?
    } else {
        no_times(args)?;
        let source = Source::read(&args.source)?;
        let changed = source.report.as_ref().map_or(0, |(_, report)| {
            report.repairs.iter().filter(|repair| !repair.is_remark()).count()
        });
        if changed > 0 {
            note(format!("{changed} repairs of the morphology; 'ntwk morpho info' lists them"));
        }
        source.remarks.iter().for_each(note);
        match &source.content {
            Content::Morphology(morphology) => CellView::of_morphology(source.name(), morphology),
            Content::Cell(cell) => CellView::of_cell(cell),
        }
    };
    view.notes.iter().for_each(note);
    let theme = if args.dark { Theme::dark() } else { Theme::light() };
    let stem = file.file_stem().and_then(|s| s.to_str()).unwrap_or("cell");
    let html = view.to_html(&theme);
    list_files(&[write_page(file, args.out.as_deref(), &format!("{stem}.html"), &html)?]);
    Ok(())
}

/// The run of a results file.
fn stored(args: &ViewArgs) -> Result<CellView, Failure> {
    let file = &args.source.file;
    match layout_of(file)? {
        Layout::Cell => {}
        other => return Err(other_kind(file, other)),
    }
    let run = read_cell_run(file)?;
    let mut options = ViewOptions::default();
    (options.from, options.to, options.every) = (args.from, args.to, args.every);
    let named = |e: ViewError| Failure::Argument(format!("{}: {e}", file.display()));
    CellView::of_run(&cell_run_title(&run, file), &run, &options).map_err(named)
}

/// Options of runs, which others do not have.
fn no_times(args: &ViewArgs) -> Result<(), Failure> {
    let given = [("--from", args.from), ("--to", args.to), ("--every", args.every)];
    match given.iter().find(|g| g.1.is_some()) {
        None => Ok(()),
        Some((option, _)) => Err(Failure::Argument(format!(
            "{}: {option} is for results.h5 of 'ntwk morpho run', and this file has no time",
            args.source.file.display()
        ))),
    }
}
