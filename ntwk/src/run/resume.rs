//! Going on with a run from its checkpoint.

use std::path::{Path, PathBuf};

use ndarray::Axis;
use ntwk_core::{Faults, Job, Model, ModelSpec, Network, Recording, Simulation, Spikes};
use ntwk_io::error::Action;
use ntwk_io::{
    CheckpointFile, FileError, Notation, ResultFile, RunWriter, Selection, parse_tree,
    read_checkpoint, write_model,
};

use crate::run::error::{ResumeError, StreamError};
use crate::run::origin::model_text;
use crate::run::target::StreamPlan;

/// The checkpoint of a run and the results up to it.
#[derive(Debug)]
pub(crate) struct Earlier {
    kept: CheckpointFile,
    /// Where the results up to the checkpoint are.
    results: PathBuf,
    /// Where an unfinished run writes.
    partial: PathBuf,
    /// Where its results wait while the run that goes on copies them.
    aside: PathBuf,
}

impl Earlier {
    /// Finds and checks what `plan` is to go on from; changes nothing.
    pub(crate) fn open(model: &Model, plan: &StreamPlan) -> Result<Self, StreamError> {
        let path = plan.checkpoint_path();
        let kept = read_checkpoint(&path)?;
        check_model(&path, &kept.model, model)?;
        let step = kept.checkpoint.step();
        let reached = f64::from(step) * model.dt();
        if step > model.n_steps() {
            return Err(ResumeError::Over { path, reached, t_stop: model.t_stop() }.into());
        }
        if kept.precision() != plan.options.precision {
            let started = if kept.double_precision { "double" } else { "single" };
            return Err(ResumeError::Precision { path, started }.into());
        }
        let beside = |word: &str| {
            let extension = plan.file.extension().unwrap_or_default().to_string_lossy();
            plan.file.with_extension(format!("{word}.{extension}"))
        };
        let (aside, partial) = (beside("earlier"), beside("partial"));
        // The furthest first: what a killed resumption left may be less than what it began from.
        let candidates = [&aside, &partial, &plan.file];
        let Some(found) = candidates.into_iter().find(|file| reaches(file, u64::from(step))) else {
            let folder = plan.file.parent().unwrap_or(Path::new(".")).to_owned();
            let file = plan.file.clone();
            return Err(ResumeError::Results { folder, reached, partial, file }.into());
        };
        Ok(Self { kept, results: found.clone(), partial, aside })
    }

    /// Moves the results aside when they lie where the run that goes on will write.
    pub(crate) fn make_way(&mut self) -> Result<(), StreamError> {
        if self.results == self.partial {
            std::fs::rename(&self.results, &self.aside).map_err(|e| replacing(&self.aside, e))?;
            self.results.clone_from(&self.aside);
        }
        Ok(())
    }

    /// The simulation at the checkpoint.
    pub(crate) fn simulation(&self, network: Network) -> Result<Simulation, StreamError> {
        Ok(Simulation::resume(network, &self.kept.checkpoint).map_err(ResumeError::State)?)
    }

    /// Copies the results up to the checkpoint in blocks of at most `longest` steps, and removes what was set aside.
    pub(crate) fn copy_to(
        self,
        writer: &mut RunWriter,
        plan: &Recording,
        longest: u32,
        job: &Job<'_>,
    ) -> Result<(), StreamError> {
        let end = u64::from(self.kept.checkpoint.step());
        let file = ResultFile::open(&self.results)?;
        let nothing = Selection { variables: Some(&[]), ..Selection::default() };
        let earlier = file.recording_of(&nothing)?.ok_or_else(|| FileError::Missing {
            path: self.results.clone(),
            object: "/run".to_owned(),
        })?;
        let block = u64::from(longest);
        let mut from = 0;
        while from < end {
            job.check().map_err(FileError::from)?;
            let to = (from + block).min(end);
            let mut part = Recording { n_steps: to - from, ..plan.clone() };
            for (target, source) in part.populations.iter_mut().zip(&earlier.populations) {
                target.counts = source.counts[from as usize..to as usize].to_vec();
                if let (Some(target), Some(source)) = (&mut target.spikes, &source.spikes) {
                    *target = between(source, from, to);
                }
                for trace in &mut target.traces {
                    let frames = trace.steps.before(from)..trace.steps.before(to);
                    let (data, _) = file.frames(&target.name, &trace.name(), frames)?;
                    trace.data.append(Axis(0), data.view()).map_err(|e| {
                        FileError::Inconsistent {
                            object: self.results.display().to_string(),
                            problem: e.to_string(),
                        }
                    })?;
                }
            }
            for (target, source) in part.afferents.iter_mut().zip(&earlier.afferents) {
                target.spikes = between(&source.spikes, from, to);
            }
            writer.append(&part)?;
            from = to;
        }
        drop(file);
        if self.results == self.aside {
            // What it held is in the new file now.
            std::fs::remove_file(&self.aside).map_err(|e| replacing(&self.aside, e))?;
        }
        Ok(())
    }
}

fn replacing(path: &Path, source: std::io::Error) -> FileError {
    FileError::Io { action: Action::Replace, path: path.to_owned(), source }
}

/// Spikes of the steps `from..to`.
fn between(spikes: &Spikes, from: u64, to: u64) -> Spikes {
    let range =
        spikes.steps.partition_point(|&s| s < from)..spikes.steps.partition_point(|&s| s < to);
    Spikes { steps: spikes.steps[range.clone()].to_vec(), ids: spikes.ids[range].to_vec() }
}

/// Whether a result file holds a run of at least `steps` steps.
fn reaches(file: &Path, steps: u64) -> bool {
    let nothing = Selection { variables: Some(&[]), ..Selection::default() };
    ResultFile::open(file)
        .and_then(|file| file.recording_of(&nothing))
        .is_ok_and(|run| run.is_some_and(|run| run.n_steps >= steps))
}

/// Faults unless the stored model is `model`, up to the end of the run.
fn check_model(path: &Path, stored: &str, model: &Model) -> Result<(), StreamError> {
    let unreadable = |faults| ResumeError::Stored { path: path.to_owned(), faults };
    let root = parse_tree(stored, Notation::Toml).map_err(unreadable)?;
    let mut faults = Faults::default();
    let spec = ModelSpec::read(&root, &mut faults);
    let mut spec = faults.into_result(spec).map_err(unreadable)?;
    spec.simulation.t_stop = model.spec().simulation.t_stop;
    if spec == *model.spec() {
        return Ok(());
    }
    let (kept, given) = (write_model(&spec, Notation::Toml)?, model_text(model)?.text);
    let (mut kept, mut given) = (kept.lines(), given.lines());
    loop {
        match (kept.next(), given.next()) {
            // Trees of cell files differ in the lines of their files, of which the text knows nothing.
            (None, None) => return Ok(()),
            (a, b) if a == b && a.is_some() => {}
            (a, b) => {
                let line = |l: Option<&str>| l.unwrap_or("(nothing more)").to_owned();
                let (kept, given) = (line(a), line(b));
                return Err(ResumeError::Model { path: path.to_owned(), kept, given }.into());
            }
        }
    }
}
