//! `ntwk sweep`: a grid, list or sample of points over keys of a model or of a cell.

mod args;
mod figures;
mod json;
mod stored;
mod vary;

pub(crate) use args::SweepArgs;
pub(crate) use figures::plot_scan;
pub(crate) use vary::parse_vary;

use std::path::Path;

use ntwk::figures::cell_sweep::cell_sweep_figure;
use ntwk::figures::sweep::{quantity_figure, sweep_figure};
use ntwk::sweep::cell::CellSweep;
use ntwk::sweep::command::{CellCommand, command_of};
use ntwk::sweep::network::NetworkSweep;
use ntwk::sweep::points::SweepPlan;
use ntwk::sweep::run::{SweepOutcome, run_share};
use ntwk::sweep::share::{Share, ShareError, point_list, scheduled_threads};
use ntwk::sweep::store::StoreOptions;
use ntwk::sweep::task::PointTask;
use ntwk_core::CellLibrary;
use ntwk_core::spec::ParameterScanSpec;
use ntwk_core::spec::key::Words;
use ntwk_io::{Notation, ScanData, parse_tree, read_text};
use ntwk_plot::{Figure, PlotError, Theme};

use super::Failure;
use super::output::{cell_file, make_folder, model, note, plotted, print, write_figure};
use super::run::list_files;
use super::terminal::Terminal;
use args::{ComputeArgs, StoredCommand};
use figures::{no_figure, no_quantity, say_held};

/// Points that are drawn without --samples, as --points was called.
const DRAWN: std::ops::RangeInclusive<u64> = 1..=1_000_000;

pub(crate) fn run(args: &SweepArgs, library: &CellLibrary) -> Result<(), Failure> {
    match args {
        SweepArgs::Compute(args) => sweep(args, library),
        SweepArgs::Stored(StoredCommand::Status(args)) => stored::status(args),
        SweepArgs::Stored(StoredCommand::Merge(args)) => stored::merge(args),
    }
}

fn sweep(args: &ComputeArgs, library: &CellLibrary) -> Result<(), Failure> {
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
    let share = adapt(&mut sweep, args)?;
    if model.spec().scan.as_ref() != Some(&sweep) {
        // The stored model says what varied, wherever that was written.
        let mut spec = model.spec().clone();
        spec.scan = Some(sweep.clone());
        model =
            ntwk_core::Model::from_spec(spec, library).map_err(ntwk_io::ModelFileError::from)?;
    }
    let command = command_of(&sweep).map_err(ntwk_io::ModelFileError::from)?;
    let plan = SweepPlan::new(&model, &sweep)?;
    let own = share.points(plan.len()).map_err(argument)?;
    plan.check(library, &own).map_err(ntwk_io::ModelFileError::from)?;
    let task = NetworkSweep { model, plan, command, library: library.clone() };
    let theme = args.run.figure.theme_of(&task.model)?;
    compute(args, &task, &share, (sweep_figure, &theme))
}

/// Whether a file has the section that every cell file has.
fn describes_cell(file: &Path) -> bool {
    let text = read_text(file).unwrap_or_default();
    parse_tree(&text, Notation::of(file)).is_ok_and(|root| root.locate("morphology").1)
}

fn sweep_cell(args: &ComputeArgs) -> Result<(), Failure> {
    let theme = args.run.figure.theme(&[])?;
    let path = &args.run.model.model;
    let file = cell_file(path, &args.run.model.overrides)?;
    let mut scan = file.spec.scan.clone().unwrap_or_default();
    let share = adapt(&mut scan, args)?;
    command_of::<CellCommand>(&scan).map_err(ntwk_io::ModelFileError::from)?;
    let task = CellSweep::new(&file, path, &scan)?;
    compute(args, &task, &share, (cell_sweep_figure, &theme))
}

type Draw = fn(&ScanData, &Theme) -> Result<Option<Figure>, PlotError>;

fn compute(
    args: &ComputeArgs,
    task: &dyn PointTask,
    share: &Share,
    (draw, theme): (Draw, &Theme),
) -> Result<(), Failure> {
    let scheduled = || scheduled_threads(&variable).map(|n| n.map(|n| n as u32));
    let threads = match args.run.threads {
        Some(threads) => Some(threads),
        None => scheduled().map_err(argument)?,
    };
    let terminal = Terminal::new(threads, args.run.quiet);
    if args.json {
        return json::points(task, share, &terminal);
    }
    share.points(task.points()).map_err(argument)?;
    make_folder(&args.run.out)?;
    let path = args.run.out.join("scan.h5");
    let options = StoreOptions { retry_failed: args.retry_failed, fresh: args.fresh };
    let outcome = terminal.points("sweep", |job| run_share(task, &path, options, share, job))?;
    print_outcome(&outcome, share);
    if outcome.is_complete() {
        draw_all(args, task, &outcome, (draw, theme))?;
    } else if outcome.open == 0 {
        let path = path.display();
        note(format!(
            "all points are known; the process that is still at work makes {path} of them"
        ));
    } else if !outcome.interrupted {
        note(format!(
            "{} of {} points are left to other processes; the last one makes {}. ntwk sweep status {} says who computes",
            outcome.open,
            outcome.points,
            path.display(),
            args.run.out.display()
        ));
    }
    Failure::of_points(&outcome)
}

/// Says what was known and what was computed.
fn print_outcome(outcome: &SweepOutcome, share: &Share) {
    let plural = if outcome.points == 1 { "" } else { "s" };
    let whose = match share {
        Share::All => format!("{} point{plural}", outcome.points),
        Share::Claims => {
            format!("{} point{plural}, those that others do not claim", outcome.points)
        }
        Share::Shard(shard) => {
            format!("shard {shard}: {} of {} point{plural}", outcome.share, outcome.points)
        }
        Share::Points(_) => format!("{} of {} point{plural}", outcome.share, outcome.points),
    };
    print(format!(
        "{whose}: {} known before, {} computed, {} failed",
        outcome.resumed,
        outcome.computed,
        outcome.failed.len()
    ));
}

/// Draws a scan of which all points are known.
fn draw_all(
    args: &ComputeArgs,
    task: &dyn PointTask,
    outcome: &SweepOutcome,
    (draw, theme): (Draw, &Theme),
) -> Result<(), Failure> {
    crate::interruption::stored(&outcome.stored);
    let mut files = vec![outcome.stored.clone()];
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
    Ok(())
}

/// What the command line says goes before what the model says; the share of this process.
fn adapt(scan: &mut ParameterScanSpec, args: &ComputeArgs) -> Result<Share, Failure> {
    if !args.vary.is_empty() {
        scan.vary.clone_from(&args.vary);
    }
    scan.command = args.command.clone().or(scan.command.take());
    scan.sampling = args.sampling.unwrap_or(scan.sampling);
    scan.points = args.samples.or(scan.points);
    scan.repeats = args.repeats.unwrap_or(scan.repeats);
    if let Some(list) = &args.points {
        let drawn = list.parse().ok().filter(|n| DRAWN.contains(n));
        if drawn.is_some() && scan.sampling.draws() && scan.points.is_none() && !args.json {
            note(
                "the number of points that are drawn is now --samples; --points N for it goes with the next version",
            );
            scan.points = drawn;
            return Ok(Share::All);
        }
        return Ok(Share::Points(point_list(list).map_err(argument)?));
    }
    if args.claim {
        return Ok(Share::Claims);
    }
    let Some(choice) = args.shard else { return Ok(Share::All) };
    let shard = choice
        .resolve(&variable)
        .map_err(|error| Failure::Argument(format!("--shard auto: {error}")))?;
    Ok(Share::Shard(shard))
}

/// A variable of the environment.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

// By value, as what maps errors passes them.
#[allow(clippy::needless_pass_by_value)]
fn argument(error: ShareError) -> Failure {
    Failure::Argument(error.to_string())
}
