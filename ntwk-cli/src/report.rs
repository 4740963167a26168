//! `ntwk report`: a run as one HTML page.

use std::path::{Path, PathBuf};

use clap::Args;
use ntwk_core::CellLibrary;
use ntwk_io::ResultFile;

use super::Failure;
use super::analyze::{parse_window, sampled};
use super::output::{make_folder, no_run, stored_model, theme, write};
use super::run::list_files;
use ntwk::figures::run::{RunFigure, RunView};
use ntwk::report::Report;
use ntwk::report::quantities::analyze;
use ntwk::report::results::stored_curves;

/// Smoothing of the rates (ms).
const SMOOTHING: f64 = 10.0;

/// Write one HTML page about a run: zoomable figures, tables, model, origin. It needs no other file
/// and no network.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  ntwk report out/results.h5 -o report.html")]
pub(crate) struct ReportArgs {
    /// Results file of `ntwk run` or `ntwk compare`.
    pub file: PathBuf,
    /// Page to write [default: report.html beside FILE].
    #[arg(short, long, value_name = "HTML")]
    pub output: Option<PathBuf>,
    /// Window of the tables FROM,TO (ms) [default: the stationary window of the model].
    #[arg(long, value_name = "FROM,TO", value_parser = parse_window)]
    pub window: Option<[f64; 2]>,
}

pub(crate) fn run(args: &ReportArgs, library: &CellLibrary) -> Result<(), Failure> {
    let file = ResultFile::open(&args.file)?;
    let model = stored_model(&file, &args.file, library)?.ok_or_else(|| no_run(&args.file))?;
    let recording = sampled(&file, &model)?.ok_or_else(|| no_run(&args.file))?;
    let text = file.model()?.map(|m| m.text).unwrap_or_default();
    let analysis = analyze(&model, &recording, args.window)?;
    let curves = stored_curves(&file.theory()?);
    let view = RunView {
        model: &model,
        recording: &recording,
        theory: curves.as_ref(),
        smoothing: SMOOTHING,
        span: None,
    };
    let mut figures = Vec::new();
    for (which, caption) in [
        (RunFigure::Overview, "Spikes, rates and membrane potentials; dashed: the theory."),
        (RunFigure::Potentials, "Membrane potentials of single neurons and their mean."),
        (RunFigure::Inputs, "Conductances and currents, mean over the recorded neurons."),
        (
            RunFigure::Histograms,
            "Distributions over neurons (rates, CV) and samples (V_m), whole run.",
        ),
    ] {
        if let Some(figure) = view.draw(which, &theme(false))? {
            figures.push((caption, figure));
        }
    }
    let provenance = file.provenance()?;
    let report = Report {
        title: model.spec().title.as_deref().unwrap_or("ntwk"),
        figures: &figures,
        analysis: &analysis,
        model: &text,
        provenance: provenance.as_ref(),
    };
    let path = args.output.clone().unwrap_or_else(|| args.file.with_file_name("report.html"));
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path
        .file_name()
        .and_then(|n| n.to_str())
        .ok_or_else(|| Failure::Argument(format!("{} does not name a file", path.display())))?;
    make_folder(folder)?;
    list_files(&[write(folder, name, report.to_html().as_bytes())?]);
    Ok(())
}
