//! `ntwk plot`: figures of a stored run, and of a stored sweep.

use std::path::{Path, PathBuf};

use clap::Args;
use ntwk_core::spec::key::Words;
use ntwk_core::spec::nearest::nearest;
use ntwk_core::{CellLibrary, Job, Model, Recording, words};
use ntwk_io::{Layout, read_cell_run, read_scan};

use super::Failure;
use super::analyze::parse_window;
use super::figure_args::FigureArgs;
use super::output::{beside, make_folder, no_run, note, plotted, write_figure};
use super::run::list_files;
use super::stored_run::{StoredRun, cell_run_title, layout_of};
use super::sweep::plot_scan;
use super::table::time;
use super::words::{word, words_of};
use ntwk::figures::cell_run::cell_run_figure;
use ntwk::figures::connectivity::{
    ConnectionFigure, ConnectionFigureError, ConnectionMatrix, connection_figure,
};
use ntwk::figures::run::{RasterOrder, RunFigure, RunView};
use ntwk::report::results::stored_curves;
use ntwk::sweep::status::{is_in_parts, read_sweep, sweep_file};

/// Standard deviation of the Gaussian that smooths the rates (ms), unless another is asked for.
const SMOOTHING: f64 = 10.0;

/// Draw figures of a stored run or sweep (PNG and SVG).
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk plot out/results.h5                           overview.png and overview.svg beside the file
  ntwk plot out/results.h5 --figure raster --window 1000,1500 --order rate
  ntwk plot out/results.h5 --figure cells --neurons RecExc=0,3 --neurons RecInh=7
  ntwk plot out/results.h5 --figure all --color RecExc=#aa2200 --size 120x80mm --dpi 600
  ntwk plot out/results.h5 --figure matrix
  ntwk plot out/scan.h5 --quantity cv --quantity V_m_mean
  ntwk plot RS-FS_data.h5 --figure all               a run of neural_network_dynamics

A figure is left out, with a note, when the run did not record what it shows. Single variables are those \
of the first 100 recorded neurons, or of --neurons; weights those of all that are recorded. A run of a morphological cell has one figure, run.png; a sweep one \
for each --quantity.")]
pub(crate) struct PlotArgs {
    /// Results file of `ntwk run`, `ntwk compare` or `ntwk morpho run`, scan.h5 of `ntwk sweep` or its folder (also of a sweep in
    /// progress), or flat HDF5 of
    /// neural_network_dynamics.
    pub results: PathBuf,
    /// What to draw of a network [default: overview].
    #[arg(long,
          value_parser = words_of([RunFigure::WORDS, ConnectionFigure::WORDS, Many::WORDS]))]
    pub figure: Option<String>,
    /// Part of the run FROM,TO (ms) [default: all of it; the overview always shows all].
    #[arg(long, value_name = "FROM,TO", value_parser = parse_window,
          allow_hyphen_values = true)]
    pub window: Option<[f64; 2]>,
    /// Folder for the figure [default: that of the file].
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Standard deviation of the Gaussian that smooths the rates (ms) [default: 10].
    #[arg(long, value_name = "MS")]
    pub smoothing: Option<f64>,
    /// Neurons of a population in rasters and figures of single neurons, as RecExc=0,3,8..12 [default: all spikes, the
    /// first recorded potentials]. May be given for several populations.
    #[arg(long, value_name = "POPULATION=NUMBERS", value_parser = parse_neurons)]
    pub neurons: Vec<(String, Vec<u32>)>,
    /// Order of the neurons in rasters, from below [default: number].
    #[arg(long, value_parser = word::<RasterOrder>())]
    pub order: Option<RasterOrder>,
    /// Quantity of a scan to draw [default: the rates; of a cell, its rates, potentials and resistance]. May be given several
    /// times.
    #[arg(long, value_name = "NAME")]
    pub quantity: Vec<String>,
    #[command(flatten)]
    pub look: FigureArgs,
}

words! {
    /// Several figures at once.
    enum Many, what = "figure" {
        /// All figures of the recording: all but connectivity and matrix.
        All = "all",
    }
}

pub(crate) fn run(args: &PlotArgs, library: &CellLibrary) -> Result<(), Failure> {
    if args.results.is_dir() || is_in_parts(&args.results) {
        return sweep_in_parts(args);
    }
    match layout_of(&args.results)? {
        Layout::Cell => return cell_run(args),
        Layout::Scan => return sweep(args),
        _ => {}
    }
    let smoothing = args.smoothing.unwrap_or(SMOOTHING);
    if !(smoothing >= 0.0 && smoothing.is_finite()) {
        return Err(Failure::Argument("--smoothing must be a time >= 0 ms".to_owned()));
    }
    if !args.quantity.is_empty() {
        let file = args.results.display();
        let rule = "--quantity is for the points of a scan, and this is a run";
        return Err(Failure::Argument(format!("{file}: {rule}; see --figure")));
    }
    let run = StoredRun::open(&args.results, library)?;
    let out = &beside(args.out.as_deref(), &args.results);
    let asked = args.figure.as_deref().unwrap_or(RunFigure::Overview.word());
    if let Some(which) = ConnectionFigure::of(asked) {
        return connections(args, which, &run.model, out);
    }
    let theme = args.look.theme_of(&run.model)?;
    let neurons = chosen(args, &run.model)?;
    let recording = run.sampled(&args.results, !args.neurons.is_empty())?;
    check_window(args.window, recording.duration())?;
    let curves = stored_curves(&run.theory);
    let view = RunView {
        model: &run.model,
        recording: &recording,
        theory: curves.as_ref(),
        smoothing,
        span: args.window,
        neurons: &neurons,
        order: args.order.unwrap_or_default(),
    };
    make_folder(out)?;
    let figures = match RunFigure::of(asked) {
        Some(one) => vec![one],
        None => RunFigure::VALUES.to_vec(),
    };
    for &which in &figures {
        let weights = (which == RunFigure::Weights).then(|| run.weights(&args.results));
        let weights = weights.transpose()?;
        let view = RunView { recording: weights.as_ref().unwrap_or(&recording), ..view };
        let missing = which.shows_potentials() && lacks_potentials(&recording, &neurons);
        let drawn = if missing { None } else { view.draw(which, &theme)? };
        if which == RunFigure::Cells && drawn.is_some() {
            for (population, without) in view.without_currents() {
                let without: Vec<String> = without.iter().map(u32::to_string).collect();
                note(format!(
                    "figure {which}: no synaptic currents of {population} {} were recorded (record.conductances), their potential alone is shown",
                    without.join(", ")
                ));
            }
        }
        match drawn {
            Some(figure) => list_files(&write_figure(out, which.name(), &figure)?),
            None if figures.len() > 1 => {
                note(format!("no figure {which}: the run did not record what it shows"));
            }
            None => {
                // With all of the run there would be something to show.
                let whole = RunView { span: None, ..view };
                let is_short = which == RunFigure::Spectra
                    && args.window.is_some()
                    && whole.draw(which, &theme)?.is_some();
                return Err(Failure::Argument(match args.window.filter(|_| is_short) {
                    Some([from, to]) => format!(
                        "--window {},{}: {} ms hold too little for the figure {which}",
                        time(from),
                        time(to),
                        time(to - from)
                    ),
                    None => not_recorded(args, &recording, which),
                }));
            }
        }
    }
    Ok(())
}

/// Whether the potential of a chosen neuron was not recorded.
fn lacks_potentials(recording: &Recording, neurons: &[Vec<u32>]) -> bool {
    recording.populations.iter().zip(neurons).any(|(p, chosen)| {
        let recorded = |n: &u32| {
            let potentials = p.traces.iter().filter(|t| t.variable == "V_m");
            potentials.flat_map(|t| &t.neurons).any(|k| k == n)
        };
        !chosen.iter().all(recorded)
    })
}

fn not_recorded(args: &PlotArgs, recording: &Recording, which: RunFigure) -> String {
    let file = args.results.display();
    let chosen = args.neurons.iter().map(|(name, _)| name.as_str());
    let recorded: Vec<String> = chosen
        .filter_map(|name| recording.population(name))
        .filter_map(|p| Some((p, p.trace("V_m")?)))
        .map(|(p, t)| format!("{} of {}", t.neurons.len(), p.name))
        .collect();
    let of_them = if recorded.is_empty() {
        String::new()
    } else {
        format!(" of these neurons (recorded potentials: {})", recorded.join(", "))
    };
    format!(
        "{file}: the run did not record what the figure {which} shows{of_them}; see [record] of the model"
    )
}

/// Options of the runs of networks, which others do not have.
fn only_figure(args: &PlotArgs, what: &str, window: bool) -> Result<(), Failure> {
    let wrong = if args.figure.is_some() {
        "--figure"
    } else if args.smoothing.is_some() {
        "--smoothing"
    } else if window {
        "--window"
    } else if !args.neurons.is_empty() {
        "--neurons"
    } else if args.order.is_some() {
        "--order"
    } else {
        return Ok(());
    };
    Err(Failure::Argument(format!("{} holds {what}: leave out {wrong}", args.results.display())))
}

fn check_window(window: Option<[f64; 2]>, end: f64) -> Result<(), Failure> {
    match window {
        Some([from, _]) if from >= end => Err(Failure::Argument(format!(
            "--window starts after the run, which ends at {} ms",
            time(end)
        ))),
        _ => Ok(()),
    }
}

fn cell_run(args: &PlotArgs) -> Result<(), Failure> {
    only_figure(args, Layout::Cell.content(), false)?;
    if !args.quantity.is_empty() {
        return Err(Failure::Argument(format!(
            "{}: --quantity is for sweeps",
            args.results.display()
        )));
    }
    let run = read_cell_run(&args.results)?;
    check_window(args.window, run.times.last().copied().unwrap_or(0.0))?;
    let title = cell_run_title(&run, &args.results);
    let out = &beside(args.out.as_deref(), &args.results);
    let figure = plotted(cell_run_figure(&title, &run, args.window, &args.look.theme(&[])?))?;
    make_folder(out)?;
    list_files(&write_figure(out, "run", &figure)?);
    Ok(())
}

fn sweep(args: &PlotArgs) -> Result<(), Failure> {
    only_figure(args, "a sweep (see --quantity)", args.window.is_some())?;
    let (data, _, _) = read_scan(&args.results)?.ok_or_else(|| no_run(&args.results))?;
    let out = &beside(args.out.as_deref(), &args.results);
    plot_scan(&data, &args.results, &args.quantity, (out, &args.look))
}

/// Draws what is known of a sweep that is complete or in progress, by its folder or its file.
fn sweep_in_parts(args: &PlotArgs) -> Result<(), Failure> {
    only_figure(args, "a sweep (see --quantity)", args.window.is_some())?;
    let file = sweep_file(&args.results);
    let data = read_sweep(&file)?.data;
    let out = &beside(args.out.as_deref(), &file);
    plot_scan(&data, &file, &args.quantity, (out, &args.look))
}

/// The neurons of each population, in the model's order.
fn chosen(args: &PlotArgs, model: &Model) -> Result<Vec<Vec<u32>>, Failure> {
    let mut all = vec![Vec::new(); model.populations().len()];
    for (name, neurons) in &args.neurons {
        let names = model.populations().iter().map(|p| p.name.as_str());
        let Some(place) = names.clone().position(|n| n == name) else {
            let meant =
                nearest(name, names).map_or_else(String::new, |n| format!("; nearest: {n}"));
            return Err(Failure::Argument(format!(
                "--neurons {name}=...: there is no population of this name{meant}"
            )));
        };
        let size = model.populations()[place].size;
        if let Some(beyond) = neurons.iter().find(|&&n| n >= size) {
            return Err(Failure::Argument(format!(
                "--neurons {name}={beyond}: {name} has {size} neurons, from 0 to {}",
                size - 1
            )));
        }
        all[place].extend(neurons);
    }
    Ok(all)
}

/// `POPULATION=0,3,8..12`, both ends of a range included.
fn parse_neurons(text: &str) -> Result<(String, Vec<u32>), String> {
    let expected = "expected POPULATION=NUMBERS, for example RecExc=0,3,8..12";
    let (name, list) = text.split_once('=').ok_or(expected)?;
    let number = |text: &str| text.trim().parse::<u32>().map_err(|_| expected.to_owned());
    let mut neurons = Vec::new();
    for part in list.split(',') {
        match part.split_once("..") {
            Some((from, to)) => {
                let (from, to) = (number(from)?, number(to)?);
                if from > to || to - from > 100_000 {
                    return Err(expected.to_owned());
                }
                neurons.extend(from..=to);
            }
            None => neurons.push(number(part)?),
        }
    }
    if name.trim().is_empty() {
        return Err(expected.to_owned());
    }
    Ok((name.trim().to_owned(), neurons))
}

fn connections(
    args: &PlotArgs,
    which: ConnectionFigure,
    model: &Model,
    out: &Path,
) -> Result<(), Failure> {
    let given = [
        ("--window", args.window.is_some()),
        ("--neurons", !args.neurons.is_empty()),
        ("--order", args.order.is_some()),
    ];
    if let Some((option, _)) = given.iter().find(|g| g.1) {
        let why = if *option == "--window" { "has no time" } else { "shows all neurons" };
        return Err(Failure::Argument(format!("{which} {why}: leave out {option}")));
    }
    let (theme, job) = (args.look.theme_of(model)?, Job::new());
    let figure = match which {
        ConnectionFigure::Connectivity => connection_figure(model, &job, &theme)?,
        ConnectionFigure::Matrix if model.projections().is_empty() => None,
        ConnectionFigure::Matrix => {
            let counted = ConnectionMatrix::of(model, &job).map_err(ConnectionFigureError::from)?;
            Some(plotted(counted.figure(&theme))?)
        }
    };
    let Some(figure) = figure else {
        let what = match which {
            ConnectionFigure::Connectivity => "connections between its populations",
            ConnectionFigure::Matrix => "projections",
        };
        let file = args.results.display();
        return Err(Failure::Argument(format!("{file}: the model has no {what}")));
    };
    make_folder(out)?;
    list_files(&write_figure(out, which.word(), &figure)?);
    Ok(())
}
