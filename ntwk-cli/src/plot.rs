//! `ntwk plot`: figures of a results file.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ntwk_core::CellLibrary;
use ntwk_io::ResultFile;

use super::Failure;
use super::analyze::{parse_window, sampled};
use super::output::{make_folder, no_run, note, stored_model, theme, write_figure};
use super::run::list_files;
use ntwk::figures::connectivity::connection_figure;
use ntwk::figures::run::{RunFigure, RunView};
use ntwk::report::results::stored_curves;

/// Draw figures of a results file (PNG and SVG).
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk plot out/results.h5 --out out
  ntwk plot out/results.h5 --figure raster --window 1000,1500 --dark
  ntwk plot out/results.h5 --figure all
  ntwk plot out/results.h5 --figure connectivity

A figure is left out, with a note, when the run did not record what it shows. Single variables are those \
of the first 100 recorded neurons.")]
pub(crate) struct PlotArgs {
    /// Results file written by `ntwk run` or `ntwk compare`.
    pub results: PathBuf,
    /// What to draw.
    #[arg(long, value_enum, default_value_t = FigureArg::Overview)]
    pub figure: FigureArg,
    /// Part of the run FROM,TO (ms) [default: all of it; the overview always shows all].
    #[arg(long, value_name = "FROM,TO", value_parser = parse_window)]
    pub window: Option<[f64; 2]>,
    /// Folder for the figure.
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub out: PathBuf,
    /// Standard deviation of the Gaussian that smooths the rates (ms).
    #[arg(long, value_name = "MS", default_value_t = 10.0)]
    pub smoothing: f64,
    /// Dark background.
    #[arg(long)]
    pub dark: bool,
}

/// Choices of `--figure`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FigureArg {
    /// Everything on one page.
    Overview,
    /// Spikes of all populations, sub-sampled.
    Raster,
    /// Population rates, binned and smoothed, with the prediction where there is one.
    Activity,
    /// Single membrane potentials with their spikes, and their mean.
    Potentials,
    /// Recorded conductances and currents, mean over neurons.
    Inputs,
    /// Distributions of rates, CVs and membrane potentials.
    Histograms,
    /// Power spectra of the population rates.
    Spectra,
    /// Who connects to whom: drawn anew from the stored model and seed, by all cores.
    Connectivity,
    /// All but connectivity.
    All,
}

impl FigureArg {
    /// Figures of the recording; connectivity is none.
    fn figures(self) -> Vec<RunFigure> {
        match self {
            Self::Overview => vec![RunFigure::Overview],
            Self::Raster => vec![RunFigure::Raster],
            Self::Activity => vec![RunFigure::Activity],
            Self::Potentials => vec![RunFigure::Potentials],
            Self::Inputs => vec![RunFigure::Inputs],
            Self::Histograms => vec![RunFigure::Histograms],
            Self::Spectra => vec![RunFigure::Spectra],
            Self::Connectivity => Vec::new(),
            Self::All => RunFigure::ALL.to_vec(),
        }
    }
}

pub(crate) fn run(args: &PlotArgs, library: &CellLibrary) -> Result<(), Failure> {
    if !(args.smoothing >= 0.0 && args.smoothing.is_finite()) {
        return Err(Failure::Argument("--smoothing must be a time >= 0 ms".to_owned()));
    }
    let file = ResultFile::open(&args.results)?;
    let model =
        stored_model(&file, &args.results, library)?.ok_or_else(|| no_run(&args.results))?;
    if args.figure == FigureArg::Connectivity {
        return connectivity(args, &model);
    }
    let recording = sampled(&file, &model)?.ok_or_else(|| no_run(&args.results))?;
    if args.window.is_some_and(|[from, _]| from >= recording.duration()) {
        let end = recording.duration();
        return Err(Failure::Argument(format!(
            "--window starts after the run, which ends at {end} ms"
        )));
    }
    let curves = stored_curves(&file.theory()?);
    let view = RunView {
        model: &model,
        recording: &recording,
        theory: curves.as_ref(),
        smoothing: args.smoothing,
        span: args.window,
    };
    make_folder(&args.out)?;
    let figures = args.figure.figures();
    for &which in &figures {
        match view.draw(which, &theme(args.dark))? {
            Some(figure) => list_files(&write_figure(&args.out, which.name(), &figure)?),
            None if figures.len() > 1 => {
                note(format!("no figure {}: the run did not record what it shows", which.name()));
            }
            None => {
                return Err(Failure::Argument(format!(
                    "{}: the run did not record what the figure {} shows; see [record] of the model",
                    args.results.display(),
                    which.name()
                )));
            }
        }
    }
    Ok(())
}

fn connectivity(args: &PlotArgs, model: &ntwk_core::Model) -> Result<(), Failure> {
    if args.window.is_some() {
        return Err(Failure::Argument("connectivity has no time: leave out --window".to_owned()));
    }
    match connection_figure(model, &ntwk_core::Job::new(), &theme(args.dark))? {
        Some(figure) => {
            make_folder(&args.out)?;
            list_files(&write_figure(&args.out, "connectivity", &figure)?);
            Ok(())
        }
        None => Err(Failure::Argument(format!(
            "{}: the model has no connections between its populations",
            args.results.display()
        ))),
    }
}
