//! `ntwk plot`: figures of a stored run, and of a stored sweep.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use ntwk_core::CellLibrary;
use ntwk_io::{Layout, Notation, parse_tree, read_cell_run, read_scan};

use super::Failure;
use super::analyze::parse_window;
use super::output::{beside, make_folder, no_run, note, plotted, theme, write_figure};
use super::run::list_files;
use super::stored_run::{StoredRun, layout_of};
use ntwk::figures::cell_run::cell_run_figure;
use ntwk::figures::cell_sweep::cell_sweep_figure;
use ntwk::figures::connectivity::connection_figure;
use ntwk::figures::run::{RunFigure, RunView};
use ntwk::figures::sweep::sweep_figure;
use ntwk::report::results::stored_curves;

/// Standard deviation of the Gaussian that smooths the rates (ms), unless another is asked for.
const SMOOTHING: f64 = 10.0;

/// Draw figures of a stored run or sweep (PNG and SVG).
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk plot out/results.h5                           overview.png and overview.svg beside the file
  ntwk plot out/results.h5 --figure raster --window 1000,1500 --dark
  ntwk plot out/results.h5 --figure all
  ntwk plot out/results.h5 --figure connectivity
  ntwk plot out/scan.h5                              the figure of a sweep
  ntwk plot RS-FS_data.h5 --figure all               a run of neural_network_dynamics

A figure is left out, with a note, when the run did not record what it shows. Single variables are those \
of the first 100 recorded neurons. A run of a morphological cell and a sweep have one figure each, run.png and \
scan.png.")]
pub(crate) struct PlotArgs {
    /// Results file of `ntwk run`, `ntwk compare` or `ntwk morpho run`, scan.h5 of `ntwk sweep`, or flat HDF5 of
    /// neural_network_dynamics.
    pub results: PathBuf,
    /// What to draw of a network [default: overview].
    #[arg(long, value_enum)]
    pub figure: Option<FigureArg>,
    /// Part of the run FROM,TO (ms) [default: all of it; the overview always shows all].
    #[arg(long, value_name = "FROM,TO", value_parser = parse_window)]
    pub window: Option<[f64; 2]>,
    /// Folder for the figure [default: that of the file].
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Standard deviation of the Gaussian that smooths the rates (ms) [default: 10].
    #[arg(long, value_name = "MS")]
    pub smoothing: Option<f64>,
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
    match layout_of(&args.results)? {
        Layout::Cell => return cell_run(args),
        Layout::Scan => return sweep(args),
        _ => {}
    }
    let smoothing = args.smoothing.unwrap_or(SMOOTHING);
    if !(smoothing >= 0.0 && smoothing.is_finite()) {
        return Err(Failure::Argument("--smoothing must be a time >= 0 ms".to_owned()));
    }
    let run = StoredRun::open(&args.results, library)?;
    let out = &beside(args.out.as_deref(), &args.results);
    let chosen = args.figure.unwrap_or(FigureArg::Overview);
    if chosen == FigureArg::Connectivity {
        return connectivity(args, &run.model, out);
    }
    let recording = run.sampled(&args.results)?;
    check_window(args.window, recording.duration())?;
    let curves = stored_curves(&run.theory);
    let view = RunView {
        model: &run.model,
        recording: &recording,
        theory: curves.as_ref(),
        smoothing,
        span: args.window,
    };
    make_folder(out)?;
    let figures = chosen.figures();
    for &which in &figures {
        match view.draw(which, &theme(args.dark))? {
            Some(figure) => list_files(&write_figure(out, which.name(), &figure)?),
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

/// The figures of a network are named; others have one.
fn only_figure(args: &PlotArgs, what: &str, window: bool) -> Result<(), Failure> {
    let wrong = if args.figure.is_some() {
        "--figure"
    } else if args.smoothing.is_some() {
        "--smoothing"
    } else if window {
        "--window"
    } else {
        return Ok(());
    };
    Err(Failure::Argument(format!(
        "{} holds {what}, which has one figure: leave out {wrong}",
        args.results.display()
    )))
}

fn check_window(window: Option<[f64; 2]>, end: f64) -> Result<(), Failure> {
    match window {
        Some([from, _]) if from >= end => {
            Err(Failure::Argument(format!("--window starts after the run, which ends at {end} ms")))
        }
        _ => Ok(()),
    }
}

fn cell_run(args: &PlotArgs) -> Result<(), Failure> {
    only_figure(args, Layout::Cell.content(), false)?;
    let run = read_cell_run(&args.results)?;
    check_window(args.window, run.times.last().copied().unwrap_or(0.0))?;
    let title = parse_tree(&run.text, Notation::Toml).ok().and_then(|tree| {
        let (title, exact) = tree.locate("title");
        exact.then(|| title.display().trim_matches('"').to_owned())
    });
    let stem = args.results.file_stem().and_then(|s| s.to_str()).unwrap_or("cell");
    let title = title.unwrap_or_else(|| stem.to_owned());
    let out = &beside(args.out.as_deref(), &args.results);
    let figure = plotted(cell_run_figure(&title, &run, args.window, &theme(args.dark)))?;
    make_folder(out)?;
    list_files(&write_figure(out, "run", &figure)?);
    Ok(())
}

fn sweep(args: &PlotArgs) -> Result<(), Failure> {
    only_figure(args, "a sweep", args.window.is_some())?;
    let (data, _, _) = read_scan(&args.results)?.ok_or_else(|| no_run(&args.results))?;
    let theme = &theme(args.dark);
    let figure = match plotted(sweep_figure(&data, theme))? {
        Some(figure) => Some(figure),
        None => plotted(cell_sweep_figure(&data, theme))?,
    };
    let figure = figure.ok_or_else(|| {
        Failure::Argument(format!(
            "{} holds points that 'ntwk plot' cannot draw: it draws the rates of 'ntwk sweep' over keys of numbers; the command that made other points draws its own figure",
            args.results.display()
        ))
    })?;
    let out = &beside(args.out.as_deref(), &args.results);
    make_folder(out)?;
    let stem = args.results.file_stem().and_then(|s| s.to_str()).unwrap_or("scan");
    list_files(&write_figure(out, stem, &figure)?);
    Ok(())
}

fn connectivity(args: &PlotArgs, model: &ntwk_core::Model, out: &Path) -> Result<(), Failure> {
    if args.window.is_some() {
        return Err(Failure::Argument("connectivity has no time: leave out --window".to_owned()));
    }
    match connection_figure(model, &ntwk_core::Job::new(), &theme(args.dark))? {
        Some(figure) => {
            make_folder(out)?;
            list_files(&write_figure(out, "connectivity", &figure)?);
            Ok(())
        }
        None => Err(Failure::Argument(format!(
            "{}: the model has no connections between its populations",
            args.results.display()
        ))),
    }
}
