//! `ntwk sweep`: a grid, list or sample of points over keys of a model or of a cell.

use std::path::Path;

use clap::Args;
use ntwk_core::CellLibrary;
use ntwk_core::spec::key::Words;
use ntwk_core::spec::nearest::nearest;
use ntwk_core::spec::{
    ParameterScanSpec, ParameterText, RangeSpacing, Sampling, VarySpec, VaryValues,
};

use ntwk_io::{Notation, ScanData, ScanValues, parse_tree, read_text};
use ntwk_plot::{Figure, PlotError, Theme};

use super::Failure;
use super::args::RunArgs;
use super::figure_args::FigureArgs;
use super::output::{cell_file, make_folder, model, note, plotted, print, write_figure};
use super::run::list_files;
use super::words::{word, words_of};
use ntwk::figures::cell_sweep::cell_sweep_figure;
use ntwk::figures::sweep::{drawable, held, quantity_figure, sweep_figure};
use ntwk::sweep::cell::{CellSweep, PLACE_AXIS};
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
interrupted or killed. Other stored quantities are drawn by --quantity, now or later (ntwk plot DIR/scan.h5 --quantity cv). \
Points that fail keep their error and do not stop the others.")]
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
    /// Also draw this quantity of the scan (cv, V_m_mean, ...; ntwk info DIR/scan.h5 lists them); may be given several times.
    #[arg(long, value_name = "NAME")]
    pub quantity: Vec<String>,
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
    let theme = args.run.figure.theme_of(&task.model)?;
    compute(args, &task, sweep_figure, &theme)
}

/// Whether a file has the section that every cell file has.
fn describes_cell(file: &Path) -> bool {
    let text = read_text(file).unwrap_or_default();
    parse_tree(&text, Notation::of(file)).is_ok_and(|root| root.locate("morphology").1)
}

fn sweep_cell(args: &SweepArgs) -> Result<(), Failure> {
    let theme = args.run.figure.theme(&[])?;
    let path = &args.run.model.model;
    let file = cell_file(path, &args.run.model.overrides)?;
    let mut scan = file.spec.scan.clone().unwrap_or_default();
    adapt(&mut scan, args);
    command_of::<CellCommand>(&scan).map_err(ntwk_io::ModelFileError::from)?;
    let task = CellSweep::new(&file, path, &scan)?;
    compute(args, &task, cell_sweep_figure, &theme)
}

type Draw = fn(&ScanData, &Theme) -> Result<Option<Figure>, PlotError>;

fn compute(
    args: &SweepArgs,
    task: &dyn PointTask,
    draw: Draw,
    theme: &Theme,
) -> Result<(), Failure> {
    make_folder(&args.run.out)?;
    let path = args.run.out.join("scan.h5");
    let options = StoreOptions { retry_failed: args.retry_failed, fresh: args.fresh };
    let outcome = args.run.terminal().run("sweep", |job| run_points(task, &path, options, job))?;
    print(format!(
        "{} point{}: {} known before, {} computed, {} failed",
        task.points(),
        if task.points() == 1 { "" } else { "s" },
        outcome.resumed,
        outcome.computed,
        outcome.failed.len()
    ));
    if outcome.resumed + outcome.computed + outcome.failed.len() == 0 {
        // What is in the file is what was varied, and no more.
        return Failure::of_points(&outcome, &path);
    }
    let mut files = vec![path.clone()];
    match plotted(draw(&outcome.data, theme))? {
        Some(figure) => files.extend(write_figure(&args.run.out, "scan", &figure)?),
        None if task.points() < 2 => note("no figure: the sweep has one point"),
        None => note(no_figure(&outcome.data, "no figure of rates")),
    }
    for name in &args.quantity {
        match plotted(quantity_figure(&outcome.data, name, theme))? {
            Some(figure) => {
                files.extend(write_figure(&args.run.out, &format!("scan_{name}"), &figure)?);
            }
            None if task.points() < 2 => {
                note(format!("no figure of {name}: the sweep has one point"));
            }
            None => note(no_quantity(&outcome.data, name)),
        }
    }
    if files.len() > 1 {
        say_held(&outcome.data);
    }
    list_files(&files);
    Failure::of_points(&outcome, &path)
}

/// Draws a stored scan: `quantity`, or what the command that made it draws.
pub(crate) fn plot_scan(
    data: &ScanData,
    path: &Path,
    quantities: &[String],
    (out, look): (&Path, &FigureArgs),
) -> Result<(), Failure> {
    let names = data.get("population").or_else(|| data.get(PLACE_AXIS)).map(|a| &a.values);
    let names: Vec<&str> = match names {
        Some(ScanValues::Texts(names)) => names.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    let theme = look.theme(&names)?;
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or("scan");
    let mut figures = Vec::new();
    if quantities.is_empty() {
        let figure = match data.get(PLACE_AXIS) {
            Some(_) => plotted(cell_sweep_figure(data, &theme))?,
            None => plotted(sweep_figure(data, &theme))?,
        };
        let figure = figure.ok_or_else(|| {
            let what = format!("{}: no figure of rates", path.display());
            Failure::Argument(no_figure(data, &what))
        })?;
        figures.push((stem.to_owned(), figure));
    }
    for name in quantities {
        let figure = plotted(quantity_figure(data, name, &theme))?
            .ok_or_else(|| Failure::Argument(no_quantity(data, name)))?;
        figures.push((format!("{stem}_{name}"), figure));
    }
    say_held(data);
    make_folder(out)?;
    for (name, figure) in &figures {
        list_files(&write_figure(out, name, figure)?);
    }
    Ok(())
}

/// Says at which values of other axes the figures of a scan are.
fn say_held(data: &ScanData) {
    for (name, value, n) in held(data) {
        note(format!(
            "figures show {name} = {value} alone, the first of its {n} values; the file has all"
        ));
    }
}

/// Why there is no figure of a scan, and what there could be.
fn no_figure(data: &ScanData, what: &str) -> String {
    let names = drawable(data);
    if names.is_empty() {
        return format!("{what}: the scan holds no numbers to draw");
    }
    format!("{what}; --quantity draws {} over keys with several values", names.join(", "))
}

fn no_quantity(data: &ScanData, name: &str) -> String {
    let names = drawable(data);
    if names.contains(&name) {
        return format!("no figure of {name}: no key has several values");
    }
    let meant = nearest(name, names.iter().copied());
    let meant = meant.map_or_else(String::new, |n| format!("; nearest: {n}"));
    format!("no figure of {name}: the scan holds {}{meant}", names.join(", "))
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
        let parts = with_common_unit(right);
        let values = VaryValues::List { values: parts.iter().map(|part| value(part)).collect() };
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

/// The values of a list; a unit after the last one alone is that of all: `2,4,6nS` is `2nS,4nS,6nS`.
fn with_common_unit(list: &str) -> Vec<String> {
    let parts: Vec<&str> = list.split(',').map(str::trim).collect();
    let is_number = |part: &&str| part.parse::<f64>().is_ok();
    let unit = match parts.split_last() {
        Some((last, before)) if !before.is_empty() && before.iter().all(is_number) => {
            let split = last.find(|c: char| {
                c.is_alphabetic() && !matches!(c, 'e' | 'E') || matches!(c, 'µ' | '%')
            });
            split.map(|at| last.split_at(at)).filter(|(n, _)| is_number(&n.trim())).map(|s| s.1)
        }
        _ => None,
    };
    let with_unit = |part: &&str| match unit {
        Some(unit) if is_number(part) => format!("{part} {unit}"),
        _ => (*part).to_owned(),
    };
    parts.iter().map(with_unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_after_the_last_value_is_that_of_all() {
        assert_eq!(with_common_unit("2,4,6nS"), ["2 nS", "4 nS", "6nS"]);
        assert_eq!(with_common_unit("80, 150 Ohm cm"), ["80 Ohm cm", "150 Ohm cm"]);
        assert_eq!(with_common_unit("1e2,1e3 pA"), ["1e2 pA", "1e3 pA"]);
        // Values of their own units, bare numbers and words stay.
        for list in ["1nS,2pS", "1,2,3", "RS,FS", "1,FS", "3 Hz", "euler,heun"] {
            let plain: Vec<&str> = list.split(',').collect();
            assert_eq!(with_common_unit(list), plain, "{list}");
        }
    }
}
