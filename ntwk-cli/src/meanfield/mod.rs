//! `ntwk meanfield`: the theory alone. One file per command.

mod args;
mod connectome;
mod continuation;
mod map;
mod phase_plane;
mod rates;
mod ring;
mod spectra;

pub(crate) use args::MeanfieldArgs;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ntwk::run::stream::{model_text, provenance};
use ntwk::studies::family::TheoryFamily;
use ntwk::sweep::points::ScanPlan;
use ntwk_core::spec::{ParameterScanSpec, VarySpec, VaryValues};
use ntwk_core::{CellLibrary, Job, Model};
use ntwk_io::{RunContents, TheoryGroup, WriteOptions, write_run};
use ntwk_meanfield::prediction::predict::TRAJECTORY_INTERVAL;
use ntwk_meanfield::{Input, SpatialMeanField, SpatialOptions, SpatialTrajectory};

use super::Failure;
use super::args::RunArgs;
use super::terminal::Terminal;
use args::MeanfieldCommand;

pub(crate) fn run(args: &MeanfieldArgs, library: &CellLibrary) -> Result<(), Failure> {
    match args {
        MeanfieldArgs::Rates(args) => rates::run(args, library),
        MeanfieldArgs::Study(MeanfieldCommand::PhasePlane(args)) => phase_plane::run(args, library),
        MeanfieldArgs::Study(MeanfieldCommand::Continue(args)) => continuation::run(args, library),
        MeanfieldArgs::Study(MeanfieldCommand::Spectra(args)) => spectra::run(args, library),
        MeanfieldArgs::Study(MeanfieldCommand::Map(args)) => map::run(args, library),
        MeanfieldArgs::Study(MeanfieldCommand::Ring(args)) => ring::run(args, library),
        MeanfieldArgs::Study(MeanfieldCommand::Connectome(args)) => connectome::run(args, library),
    }
}

/// The model with what varies noted in it, so that the stored model says it; a range without a number of values gets
/// `points`.
fn with_vary(
    model: &Model,
    vary: &[VarySpec],
    points: Option<u64>,
    library: &CellLibrary,
) -> Result<(Model, ParameterScanSpec), Failure> {
    let mut vary = vary.to_vec();
    for v in &mut vary {
        if let VaryValues::Range { points: given, .. } = &mut v.values {
            *given = given.or(points);
        }
    }
    let scan = ParameterScanSpec { vary, ..ParameterScanSpec::default() };
    // Its faults are reported before those of a model that contains them.
    ScanPlan::new(model, &scan)?;
    let mut spec = model.spec().clone();
    spec.scan = Some(scan.clone());
    let model = Model::from_spec(spec, library).map_err(ntwk_io::ModelFileError::from)?;
    Ok((model, scan))
}

/// The theory along keys, with a progress bar for the scans of its cells.
fn family<'a>(
    model: &Model,
    scan: &ParameterScanSpec,
    library: &'a CellLibrary,
    args: &RunArgs,
) -> Result<TheoryFamily<'a>, Failure> {
    let terminal = args.terminal();
    Ok(terminal.run("single-cell scans", |job| TheoryFamily::new(model, scan, library, job))?)
}

/// Stores a study as `FOLDER/NAME.h5`.
fn store(
    folder: &Path,
    name: &str,
    model: &Model,
    groups: &[TheoryGroup],
    job: &Job<'_>,
    started: SystemTime,
) -> Result<PathBuf, Failure> {
    let text = model_text(model)?;
    let seconds = started.elapsed().map_or(0.0, |d| d.as_secs_f64());
    let origin = provenance(model, job.thread_count(), started, seconds);
    let file = folder.join(format!("{name}.h5"));
    let contents = RunContents {
        recording: None,
        model: Some(&text),
        provenance: Some(&origin),
        theory: groups,
    };
    write_run(&file, &contents, &WriteOptions::default())?;
    Ok(file)
}

/// How places are integrated over the duration of a model: steps of `dt` (ms), or short beside the time constant.
fn place_options(model: &Model, dt: Option<f64>) -> Result<SpatialOptions, Failure> {
    #[allow(non_snake_case)]
    let T = model.spec().theory.T;
    let dt = dt.unwrap_or_else(|| {
        // A whole number of steps per stored state.
        TRAJECTORY_INTERVAL / (TRAJECTORY_INTERVAL * 20.0 / T).ceil().max(1.0)
    });
    if !(dt > 0.0 && dt <= 0.5 * T) {
        let rule =
            format!("--dt {dt}: a step (ms) > 0 and at most half of theory.T = {T} ms is needed");
        return Err(Failure::Argument(rule));
    }
    let every = (TRAJECTORY_INTERVAL / dt).round().max(1.0) as usize;
    Ok(SpatialOptions { dt, t_stop: model.t_stop(), every })
}

/// Integrates coupled places with a progress bar; says whether Ctrl-C ended it early.
fn run_places(
    network: &SpatialMeanField,
    initial: &[f64],
    input: &dyn Fn(usize, f64, &mut Input),
    options: &SpatialOptions,
    terminal: &Terminal,
) -> Result<(SpatialTrajectory, bool), Failure> {
    let trajectory = terminal
        .run("mean field", |job| network.integrate(initial, input, options, job))
        .map_err(|e| Failure::Argument(e.to_string()))?;
    Ok((trajectory, terminal.is_interrupted()))
}
