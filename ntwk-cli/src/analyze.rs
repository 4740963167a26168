//! `ntwk analyze`: the macroscopic quantities of a stored run.

use std::path::{Path, PathBuf};

use clap::Args;
use ntwk_core::CellLibrary;
use ntwk_core::spec::units::Dimension;

use super::Failure;
use super::args::quantity;
use super::output::{beside, make_folder, note, print, write_json};
use super::run::{list_files, rates_between};
use super::stored_run::StoredRun;
use super::table::{Table, number, time};
use ntwk::report::quantities::{Analysis, Quantity, analyze, significant};

/// Name of the file of an analysis.
const ANALYSIS: &str = "analysis.json";

/// Analyse a run: rates, irregularity, correlations, rhythm, membrane potential, conductances,
/// currents and their balance, afferent against recurrent input.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk analyze out/results.h5
  ntwk analyze out/results.h5 --window 500,2500 --out out

Definitions are those of elephant and scipy; the documentation of ntwk-analysis has the equations. \
Variables are read of the first 100 recorded neurons. Writes analysis.json into DIR.")]
pub(crate) struct AnalyzeArgs {
    /// Results file of `ntwk run` or `ntwk compare`, or flat HDF5 of neural_network_dynamics.
    pub file: PathBuf,
    /// Window FROM,TO (numbers are ms) [default: the stationary window of the model].
    #[arg(long, value_name = "FROM,TO", value_parser = parse_window, allow_hyphen_values = true)]
    pub window: Option<[f64; 2]>,
    /// Folder for analysis.json [default: that of FILE].
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

pub(crate) fn parse_window(text: &str) -> Result<[f64; 2], String> {
    let bounds: Result<Vec<f64>, String> =
        text.split(',').map(|t| quantity(t.trim(), Dimension::Time)).collect();
    match bounds?[..] {
        [from, to] if from >= 0.0 && from < to => Ok([from, to]),
        _ => Err("expected FROM,TO with 0 <= FROM < TO, for example 500,2500 or '0.5 s,2.5 s'"
            .to_owned()),
    }
}

/// Refuses a window that ends after a run of `end` (ms).
pub(crate) fn window_within(window: Option<[f64; 2]>, end: f64) -> Result<(), Failure> {
    match window {
        Some([from, to]) if to > end * (1.0 + 1e-9) => Err(Failure::Argument(format!(
            "--window {},{}: the run ends at {} ms",
            time(from),
            time(to),
            time(end)
        ))),
        _ => Ok(()),
    }
}

pub(crate) fn run(args: &AnalyzeArgs, library: &CellLibrary) -> Result<(), Failure> {
    let run = StoredRun::open(&args.file, library)?;
    let recording = run.sampled(&args.file, false)?;
    window_within(args.window, recording.duration())?;
    let analysis = analyze(&run.model, &recording, args.window)?;
    print(quantities(&analysis).to_string().trim_end());
    let inputs = inputs(&analysis);
    if !inputs.is_empty() {
        print(inputs.to_string().trim_end());
    }
    print(rates_between("values", analysis.window_ms, analysis.window_basis));
    analysis.notes.iter().for_each(note);
    print("value ± standard error (what it rests on); –: the data do not define it");
    let folder = beside(args.out.as_deref(), &args.file);
    make_folder(&folder)?;
    list_files(&[write_json(&folder, ANALYSIS, &analysis)?]);
    Ok(())
}

/// Removes the analysis that lies in a folder whose run was replaced.
pub(crate) fn remove_stale(folder: &Path) {
    let file = folder.join(ANALYSIS);
    if file.is_file() && std::fs::remove_file(&file).is_ok() {
        note(format!(
            "{} was that of the run before and is removed; 'ntwk analyze' makes it anew",
            file.display()
        ));
    }
}

/// One row per quantity, one column per population.
pub(crate) fn quantities(analysis: &Analysis) -> Table {
    let mut header = vec!["quantity"];
    header.extend(analysis.populations.iter().map(|p| p.population.as_str()));
    let mut table = Table::new(&header);
    let mut names: Vec<(&str, &str, &str)> = Vec::new();
    for q in analysis.populations.iter().flat_map(|p| &p.quantities) {
        if !names.iter().any(|n| n.0 == q.name) {
            names.push((&q.name, &q.label, &q.unit));
        }
    }
    for (name, label, unit) in names {
        let unit = if unit == "1" { String::new() } else { format!(" ({unit})") };
        let mut row = vec![format!("{label}{unit}")];
        row.extend(
            analysis
                .populations
                .iter()
                .map(|p| p.quantity(name).map_or_else(|| "–".to_owned(), Quantity::in_words)),
        );
        table.row(row);
    }
    table
}

/// Where the input of every population comes from.
pub(crate) fn inputs(analysis: &Analysis) -> Table {
    let mut table =
        Table::new(&["expected input", "kind", "events (1/s)", "conductance (nS)", "current (pA)"]);
    for input in analysis.populations.iter().flat_map(|p| &p.inputs) {
        table.row(vec![
            input.projection.clone(),
            if input.afferent { "afferent" } else { "recurrent" }.to_owned(),
            number(input.event_rate, 1),
            significant(input.conductance, None),
            input.current.map_or_else(|| "–".to_owned(), |x| significant(x, None)),
        ]);
    }
    table
}
