//! `ntwk meanfield`: the theory alone. One file per command.

mod args;
mod connectome;
mod continuation;
mod map;
mod phase_plane;
mod quadratic;
mod rates;
mod ring;
mod spectra;

pub(crate) use args::MeanfieldArgs;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ntwk::run::origin::{model_text, provenance};
use ntwk_core::{CellLibrary, Job, Model};
use ntwk_io::{RunContents, TheoryGroup, WriteOptions, write_run};

use super::{Failure, interruption};
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

/// Stores a study as `FOLDER/NAME`.
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
    let file = folder.join(name);
    let contents = RunContents {
        recording: None,
        model: Some(&text),
        provenance: Some(&origin),
        theory: groups,
    };
    write_run(&file, &contents, &WriteOptions::default())?;
    interruption::stored(&file);
    Ok(file)
}

/// A study that Ctrl-C ended early; what it had is in `file`.
fn interrupted(file: PathBuf) -> Failure {
    Failure::Stopped { reason: "interrupted".to_owned(), interrupted: true, file }
}
