//! `ntwk report`: a run as one HTML page.

use std::path::PathBuf;

use clap::Args;
use ntwk_core::CellLibrary;

use super::Failure;
use super::analyze::{parse_window, window_within};
use super::figure_args::FigureArgs;
use super::output::write_page;
use super::run::list_files;
use super::stored_run::StoredRun;
use ntwk::figures::run::{RasterOrder, RunFigure, RunView};
use ntwk::report::Report;
use ntwk::report::quantities::analyze;
use ntwk::report::results::stored_curves;

/// Smoothing of the rates (ms).
const SMOOTHING: f64 = 10.0;

/// Write one HTML page about a run: zoomable figures, tables, model, origin. It needs no other file
/// and no network. That of a comparison begins with its table: simulated, predicted, error.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  ntwk report out/results.h5 -o report.html")]
pub(crate) struct ReportArgs {
    /// Results file of `ntwk run` or `ntwk compare`, or flat HDF5 of neural_network_dynamics.
    pub file: PathBuf,
    /// Page to write, or folder for report.html [default: report.html beside FILE].
    #[arg(short, long, alias = "output", value_name = "HTML")]
    pub out: Option<PathBuf>,
    /// Window of the tables FROM,TO (numbers are ms) [default: the stationary window of the model].
    #[arg(long, value_name = "FROM,TO", value_parser = parse_window, allow_hyphen_values = true)]
    pub window: Option<[f64; 2]>,
    #[command(flatten)]
    pub figure: FigureArgs,
}

pub(crate) fn run(args: &ReportArgs, library: &CellLibrary) -> Result<(), Failure> {
    let run = StoredRun::open(&args.file, library)?;
    let recording = run.sampled(&args.file, false)?;
    window_within(args.window, recording.duration())?;
    let analysis = analyze(&run.model, &recording, args.window)?;
    let curves = stored_curves(&run.theory);
    let view = RunView {
        model: &run.model,
        recording: &recording,
        theory: curves.as_ref(),
        smoothing: SMOOTHING,
        span: None,
        neurons: &[],
        order: RasterOrder::Number,
    };
    let theme = &args.figure.theme_of(&run.model)?;
    let mut figures = Vec::new();
    let overview = match curves {
        Some(_) => "Spikes, rates and membrane potentials; dashed: the theory.",
        None => "Spikes, rates and membrane potentials.",
    };
    for (which, caption) in [
        (RunFigure::Overview, overview),
        (RunFigure::Potentials, "Membrane potentials of single neurons and their mean."),
        (RunFigure::Inputs, "Conductances and currents, mean over the recorded neurons."),
        (
            RunFigure::Histograms,
            "Distributions over neurons (rates, CV) and samples (V_m), whole run.",
        ),
    ] {
        if let Some(figure) = view.draw(which, theme)? {
            figures.push((caption, figure));
        }
    }
    let report = Report {
        title: run.model.spec().title.as_deref().unwrap_or("ntwk"),
        figures: &figures,
        analysis: &analysis,
        theory: &run.theory,
        model: &run.text,
        provenance: run.provenance.as_ref(),
    };
    let html = report.to_html();
    list_files(&[write_page(&args.file, args.out.as_deref(), "report.html", &html)?]);
    Ok(())
}
