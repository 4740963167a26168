//! `ntwk scan`: a grid, list or sample of points over keys of a model.

use clap::{Args, ValueEnum};
use ntwk_core::spec::{
    ParameterScanSpec, ParameterText, RangeSpacing, Sampling, ScanCommand, VarySpec, VaryValues,
};

use super::Failure;
use super::args::RunArgs;
use super::output::{make_folder, model, note, print, theme, write_figure};
use super::progress::{Bar, interrupt_flag};
use super::run::list_files;
use ntwk::scan::ScanPlan;
use ntwk::scan_figure::scan_figure;
use ntwk::scan_run::{ScanOptions, run_scan};

/// Vary keys of a model and compute every point: simulation, theory or both.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk scan examples/rs-fs/model.toml --vary 'afferents.AffExc.rate=2..10:9' --repeats 3
  ntwk scan examples/four-regimes/model.toml --vary 'Q_e:projections[0].weight,projections[2].weight=0.5nS..6nS:8:log' \\
            --vary 'nu:afferents.AffExc.rate=3,10,25' --command compare --out out/regimes
  ntwk scan model.toml --sampling latin_hypercube --points 200 --vary 'record.V_m=1..9' ...

KEY=FROM..TO:N[:log] are N values, KEY=A,B,C these values; FROM..TO[:log] is what random and \
latin_hypercube draw from. Several keys joined by commas take the same value; NAME: before them names \
the axis. Without --vary the section [scan] of the model says what varies.

Writes scan.h5 into DIR (arrays over labelled axes; xarray.open_dataset(..., engine=\"h5netcdf\")) and a \
figure of the rates. Every point is stored when it is known: the same command continues a scan that was \
interrupted or killed. Points that fail keep their error and do not stop the others.")]
pub(crate) struct ScanArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// What varies; may be given several times.
    #[arg(long, value_name = "[NAME:]KEY=VALUES", value_parser = parse_vary)]
    pub vary: Vec<VarySpec>,
    /// What is computed at every point [default: run, or as [scan] says].
    #[arg(long, value_enum)]
    pub command: Option<CommandArg>,
    /// How points are chosen [default: grid, or as [scan] says].
    #[arg(long, value_enum)]
    pub sampling: Option<SamplingArg>,
    /// Points of random and latin_hypercube.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub points: Option<u64>,
    /// Repeats of every point, with the seeds that follow simulation.seed.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub repeats: Option<u64>,
    /// Compute the points that failed again.
    #[arg(long)]
    pub retry_failed: bool,
    /// Forget the points that DIR holds.
    #[arg(long)]
    pub fresh: bool,
}

/// Choices of `--command`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CommandArg {
    Run,
    Meanfield,
    Compare,
}

/// Choices of `--sampling`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum SamplingArg {
    Grid,
    List,
    Random,
    LatinHypercube,
}

pub(crate) fn run(args: &ScanArgs) -> Result<(), Failure> {
    let mut model = model(&args.run)?;
    let library = ntwk_cells::library();
    let mut scan = model.spec().scan.clone().unwrap_or_default();
    adapt(&mut scan, args);
    if model.spec().scan.as_ref() != Some(&scan) {
        // The stored model says what varied, wherever that was written.
        let mut spec = model.spec().clone();
        spec.scan = Some(scan.clone());
        model =
            ntwk_core::Model::from_spec(spec, &library).map_err(ntwk_io::ModelFileError::from)?;
    }
    let plan = ScanPlan::new(&model, &scan)?;
    plan.check(&library).map_err(ntwk_io::ModelFileError::from)?;
    make_folder(&args.run.out)?;
    let path = args.run.out.join("scan.h5");
    let bar = Bar::new("scan", args.run.quiet);
    let interrupt = interrupt_flag();
    let options = ScanOptions {
        threads: args.run.threads(),
        retry_failed: args.retry_failed,
        fresh: args.fresh,
    };
    let outcome = run_scan(&model, &plan, &library, &path, options, &interrupt, &mut |progress| {
        let failed = match progress.failed {
            0 => String::new(),
            n => format!(", {n} failed"),
        };
        let remark = format!("{} of {} points{failed}", progress.known, progress.total);
        bar.set(progress.known as f64 / progress.total.max(1) as f64, remark);
    });
    bar.finish();
    let outcome = outcome?;
    print(format!(
        "{} points: {} known before, {} computed, {} failed",
        plan.len(),
        outcome.resumed,
        outcome.computed,
        outcome.failed.len()
    ));
    let mut files = vec![path.clone()];
    match scan_figure(&outcome.data, &theme(args.run.dark))
        .map_err(ntwk::overview::FigureError::from)?
    {
        Some(figure) => files.extend(write_figure(&args.run.out, "scan", &figure)?),
        None => note("no figure: it needs rates over one axis of numbers, or a grid of two"),
    }
    list_files(&files);
    if outcome.interrupted {
        let reason = "interrupted; the same command goes on".to_owned();
        return Err(Failure::Stopped { reason, interrupted: true, file: path });
    }
    match outcome.failed.first() {
        None => Ok(()),
        Some((changes, error)) => {
            let point: Vec<String> = changes.iter().map(|(k, v)| format!("{k}={v}")).collect();
            Err(Failure::Points {
                failed: outcome.failed.len(),
                first: format!("{}: {error}", point.join(" ")),
            })
        }
    }
}

/// What the command line says goes before what the model says.
fn adapt(scan: &mut ParameterScanSpec, args: &ScanArgs) {
    if !args.vary.is_empty() {
        scan.vary.clone_from(&args.vary);
    }
    if let Some(command) = args.command {
        scan.command = match command {
            CommandArg::Run => ScanCommand::Run,
            CommandArg::Meanfield => ScanCommand::Meanfield,
            CommandArg::Compare => ScanCommand::Compare,
        };
    }
    if let Some(sampling) = args.sampling {
        scan.sampling = match sampling {
            SamplingArg::Grid => Sampling::Grid,
            SamplingArg::List => Sampling::List,
            SamplingArg::Random => Sampling::Random,
            SamplingArg::LatinHypercube => Sampling::LatinHypercube,
        };
    }
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
        return Ok(VarySpec {
            name,
            key,
            values: VaryValues::List { values: right.split(',').map(value).collect() },
        });
    };
    let mut parts = rest.split(':');
    let to = parts.next().unwrap_or_default();
    let (mut points, mut spacing) = (None, RangeSpacing::Linear);
    for part in parts {
        match part.trim() {
            "log" => spacing = RangeSpacing::Log,
            "linear" => spacing = RangeSpacing::Linear,
            n => points = Some(n.parse().ok().filter(|&n| n > 0).ok_or(expected)?),
        }
    }
    let values = VaryValues::Range { from: value(from), to: value(to), points, spacing };
    Ok(VarySpec { name, key, values })
}
