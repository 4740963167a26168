//! `ntwk sweep`: a grid, list or sample of points over keys of a model or of a cell.

use std::path::Path;

use clap::Args;
use ntwk_core::CellLibrary;
use ntwk_core::spec::key::Words;
use ntwk_core::spec::{
    ParameterScanSpec, ParameterText, RangeSpacing, Sampling, VarySpec, VaryValues,
};

use ntwk_io::{Notation, ScanData, parse_tree, read_text};
use ntwk_plot::{Figure, PlotError, Theme};

use super::Failure;
use super::args::RunArgs;
use super::output::{cell_file, make_folder, model, note, print, theme, write_figure};
use super::run::list_files;
use super::words::{word, words_of};
use ntwk::figures::cell_sweep::cell_sweep_figure;
use ntwk::figures::sweep::sweep_figure;
use ntwk::sweep::cell::CellSweep;
use ntwk::sweep::command::{CellCommand, NetworkCommand, command_of};
use ntwk::sweep::network::NetworkSweep;
use ntwk::sweep::points::SweepPlan;
use ntwk::sweep::run::run_points;
use ntwk::sweep::store::StoreOptions;
use ntwk::sweep::task::PointTask;

/// Vary keys of a model and compute every point: simulation, theory or both; or those of a
/// morphological cell, and compute its runs. Transfer functions are scanned by `ntwk tf scan`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk sweep examples/rs-fs/model.toml --vary 'afferents.AffExc.rate=2..10:9' --repeats 3
  ntwk sweep examples/four-regimes/model.toml --vary 'Q_e:projections[0].weight,projections[2].weight=0.5nS..6nS:8:log' \\
            --vary 'nu:afferents.AffExc.rate=3,10,25' --command compare --out out/regimes
  ntwk sweep examples/dendritic-integration/cell.toml --vary 'Q:synapses.cluster.receptors.AMPA=0.2nS..1nS:9' \\
            --vary 'membrane.R_i=80,150 Ohm cm' --out out/cell
  ntwk sweep model.toml --sampling latin_hypercube --points 200 --vary 'record.V_m=1..9' ...

KEY=FROM..TO:N[:log] are N values, KEY=A,B,C these values; FROM..TO[:log] is what random and \
latin_hypercube draw from. Several keys joined by commas take the same value; NAME: before them names \
the axis. Without --vary the section [scan] of the model says what varies.

MODEL may be a cell file, the one `ntwk morpho run` takes (--command morpho, the only one there): any of its \
keys varies, and the arrays have an axis `place` of what [record] names: spike_count, rate, first_spike, \
V_peak, V_lowest, V_mean, V_sd, V_last, V_rest, input_resistance; recorded_mean, recorded_lowest and \
recorded_highest of calcium, gates and currents.

Writes scan.h5 into DIR (arrays over labelled axes; xarray.open_dataset(..., engine=\"h5netcdf\")) and a \
figure of the rates (of a cell, also potentials and input resistance). Every point is stored when it is known: the same command continues a scan that was \
interrupted or killed. Points that fail keep their error and do not stop the others.")]
pub(crate) struct SweepArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// What varies; may be given several times.
    #[arg(long, value_name = "[NAME:]KEY=VALUES", value_parser = parse_vary)]
    pub vary: Vec<VarySpec>,
    /// What is computed at every point [default: as [scan] says, else run; of a cell, morpho].
    #[arg(long, value_parser = words_of([NetworkCommand::WORDS, CellCommand::WORDS]))]
    pub command: Option<String>,
    /// How points are chosen [default: grid, or as [scan] says].
    #[arg(long, value_parser = word::<Sampling>())]
    pub sampling: Option<Sampling>,
    /// Number of points (random and latin_hypercube sampling).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub points: Option<u64>,
    /// Repeats of every point, with the seeds that follow simulation.seed.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub repeats: Option<u64>,
    /// Compute the points that failed again.
    #[arg(long)]
    pub retry_failed: bool,
    /// Discard the points that DIR holds and compute all.
    #[arg(long)]
    pub fresh: bool,
}

pub(crate) fn run(args: &SweepArgs, library: &CellLibrary) -> Result<(), Failure> {
    let file = &args.run.model.model;
    let cell_word = CellCommand::Morpho.word();
    let morpho = args.command.as_deref() == Some(cell_word);
    if describes_cell(file) {
        if !morpho && args.command.is_some() {
            return Err(Failure::Argument(format!(
                "{} describes a morphological cell: --command morpho",
                file.display()
            )));
        }
        return sweep_cell(args);
    }
    // A file that cannot be read is one of a model; reading it says why.
    if morpho && file.exists() {
        return Err(Failure::Argument(format!(
            "--command morpho needs the file of a morphological cell; {} has no [morphology]",
            file.display()
        )));
    }
    let mut model = model(&args.run, library)?;
    let mut sweep = model.spec().scan.clone().unwrap_or_default();
    adapt(&mut sweep, args);
    if model.spec().scan.as_ref() != Some(&sweep) {
        // The stored model says what varied, wherever that was written.
        let mut spec = model.spec().clone();
        spec.scan = Some(sweep.clone());
        model =
            ntwk_core::Model::from_spec(spec, library).map_err(ntwk_io::ModelFileError::from)?;
    }
    let command = command_of(&sweep).map_err(ntwk_io::ModelFileError::from)?;
    let plan = SweepPlan::new(&model, &sweep)?;
    plan.check(library).map_err(ntwk_io::ModelFileError::from)?;
    let task = NetworkSweep { model, plan, command, library: library.clone() };
    compute(args, &task, sweep_figure)
}

/// Whether a file has the section that every cell file has.
fn describes_cell(file: &Path) -> bool {
    let text = read_text(file).unwrap_or_default();
    parse_tree(&text, Notation::of(file)).is_ok_and(|root| root.locate("morphology").1)
}

fn sweep_cell(args: &SweepArgs) -> Result<(), Failure> {
    let path = &args.run.model.model;
    let file = cell_file(path, &args.run.model.overrides)?;
    let mut scan = file.spec.scan.clone().unwrap_or_default();
    adapt(&mut scan, args);
    command_of::<CellCommand>(&scan).map_err(ntwk_io::ModelFileError::from)?;
    let task = CellSweep::new(&file, path, &scan)?;
    compute(args, &task, cell_sweep_figure)
}

type Draw = fn(&ScanData, &Theme) -> Result<Option<Figure>, PlotError>;

fn compute(args: &SweepArgs, task: &dyn PointTask, draw: Draw) -> Result<(), Failure> {
    make_folder(&args.run.out)?;
    let path = args.run.out.join("scan.h5");
    let options = StoreOptions { retry_failed: args.retry_failed, fresh: args.fresh };
    let outcome = args.run.terminal().run("sweep", |job| run_points(task, &path, options, job))?;
    print(format!(
        "{} points: {} known before, {} computed, {} failed",
        task.points(),
        outcome.resumed,
        outcome.computed,
        outcome.failed.len()
    ));
    let mut files = vec![path.clone()];
    match draw(&outcome.data, &theme(args.run.dark))
        .map_err(ntwk::figures::overview::FigureError::from)?
    {
        Some(figure) => files.extend(write_figure(&args.run.out, "scan", &figure)?),
        None => note("no figure: it needs results over keys of numbers"),
    }
    list_files(&files);
    Failure::of_points(&outcome, &path)
}

/// What the command line says goes before what the model says.
fn adapt(scan: &mut ParameterScanSpec, args: &SweepArgs) {
    if !args.vary.is_empty() {
        scan.vary.clone_from(&args.vary);
    }
    scan.command = args.command.clone().or(scan.command.take());
    scan.sampling = args.sampling.unwrap_or(scan.sampling);
    scan.points = args.points.or(scan.points);
    scan.repeats = args.repeats.unwrap_or(scan.repeats);
}

/// `[NAME:]KEY[,KEY...]=FROM..TO[:N][:log]` or `...=A,B,C`.
pub(crate) fn parse_vary(text: &str) -> Result<VarySpec, String> {
    let expected = "expected [NAME:]KEY=FROM..TO:N[:log] or KEY=A,B,C";
    let (left, right) = text.split_once('=').ok_or(expected)?;
    let (name, keys) = match left.split_once(':') {
        Some((name, keys)) => (Some(name.trim().to_owned()), keys),
        None => (None, left),
    };
    let key: Vec<String> = keys.split(',').map(|k| k.trim().to_owned()).collect();
    if key.iter().any(String::is_empty) || name.as_deref() == Some("") || right.trim().is_empty() {
        return Err(expected.to_owned());
    }
    let value = |text: &str| match text.trim().parse::<f64>() {
        Ok(number) => ParameterText::Number(number),
        Err(_) => ParameterText::Text(text.trim().to_owned()),
    };
    let Some((from, rest)) = right.split_once("..") else {
        let values = VaryValues::List { values: right.split(',').map(value).collect() };
        return Ok(VarySpec::new(name, key, values));
    };
    let mut parts = rest.split(':');
    let to = parts.next().unwrap_or_default();
    let (mut points, mut spacing) = (None, RangeSpacing::Linear);
    for part in parts {
        match RangeSpacing::of(part.trim()) {
            Some(word) => spacing = word,
            None => points = Some(part.trim().parse().ok().ok_or(expected)?),
        }
    }
    let values = VaryValues::Range { from: value(from), to: value(to), points, spacing };
    Ok(VarySpec::new(name, key, values))
}
