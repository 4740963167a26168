//! A run that goes to its file while it computes.

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use ntwk_core::recording::recorder::{PopulationInfo, Segment};
use ntwk_core::{
    Job, MemoryRecorder, Model, Network, Recorder, RecorderError, Recording, Simulation,
};
use ntwk_io::{
    CheckpointFile, Description, FileError, ModelText, Precision, Provenance, ResultFile,
    RunWriter, Selection, TheoryGroup, describe, write_checkpoint,
};

use sha2::{Digest, Sha256};

use crate::run::error::StreamError;
use crate::run::origin::{model_text, provenance};
use crate::run::resume::Earlier;
use crate::run::target::StreamPlan;
use ntwk_core::engine::run::{Segments, Stop, advance_to_end};

/// Bytes of samples and spikes collected before they are written.
const BLOCK_BYTES: usize = 4 << 20;
/// Seconds after which what was collected is written even if it is less.
const BLOCK_SECONDS: f64 = 2.0;

/// A run whose results are on the disk, in a file that waits for its last parts.
#[derive(Debug)]
pub struct StreamedRun {
    writer: RunWriter,
    target: PathBuf,
    /// Steps of the run, from its beginning.
    pub n_steps: u64,
    /// Steps that were done before, by the run this one goes on from.
    pub earlier_steps: u64,
    /// Time step (ms).
    pub dt: f64,
    /// Threads used, of every rank.
    pub threads: usize,
    /// Ranks that computed it: 1 for a process alone.
    pub ranks: usize,
    /// Synapses in target lists.
    pub synapses: u64,
    /// Wall-clock seconds to build the network.
    pub build_seconds: f64,
    /// Wall-clock seconds to simulate, without those to write.
    pub simulate_seconds: f64,
    /// Wall-clock seconds to write the results, until the run ended.
    pub write_seconds: f64,
    /// Why the run stopped before its end, if it did; the file holds what came before.
    pub stopped: Option<Stop>,
}

impl StreamedRun {
    /// Duration of what was run (ms).
    #[must_use]
    pub fn duration(&self) -> f64 {
        self.n_steps as f64 * self.dt
    }

    /// The file as it is now: complete HDF5, under its provisional name.
    #[must_use]
    pub fn partial_path(&self) -> &Path {
        self.writer.partial_path()
    }

    /// A part of what was recorded, read back from the file.
    ///
    /// # Errors
    /// [`StreamError::File`].
    pub fn recording(&self, selection: &Selection<'_>) -> Result<Recording, StreamError> {
        let path = self.writer.partial_path();
        let recording = ResultFile::open(path)?.recording_of(selection)?;
        recording.ok_or_else(|| {
            StreamError::File(FileError::Missing {
                path: path.to_owned(),
                object: "/run".to_owned(),
            })
        })
    }

    /// Adds the results of the theory, gives the file its final name and returns that.
    ///
    /// A run that stopped early never takes the place of one that reached its end or went further: its file keeps the
    /// provisional name, which is returned. One that stopped before anything was computed leaves no file (`None`).
    ///
    /// # Errors
    /// [`StreamError::File`]; the provisional file stays.
    pub fn finish(self, theory: &[TheoryGroup]) -> Result<Option<PathBuf>, StreamError> {
        if self.stopped.is_some() {
            return self.leave();
        }
        let seconds = self.seconds();
        self.writer.finish(Some(seconds), None, theory)?;
        Ok(Some(self.target))
    }

    /// As [`StreamedRun::finish`] without a theory, for a program that is interrupted: nothing is forced to the disk, which
    /// may take seconds. A run that reached its end keeps the name it has: see [`StreamedRun::publish`].
    ///
    /// # Errors
    /// [`StreamError::File`]; the provisional file stays.
    pub fn leave(self) -> Result<Option<PathBuf>, StreamError> {
        if self.stopped.is_some() && self.n_steps == 0 {
            self.writer.discard()?;
            return Ok(None);
        }
        let (duration, seconds) = (self.duration(), self.seconds());
        let stopped = self.stopped.as_ref().map(ToString::to_string);
        let further = |there: &Description| there.duration.is_some_and(|other| other > duration);
        let rename = stopped.is_some()
            && !describe(&self.target).is_ok_and(|there| there.is_complete() || further(&there));
        Ok(Some(self.writer.leave(Some(seconds), stopped.as_deref(), rename)?))
    }

    /// Gives the file of a run that reached its end its final name; the theory may still be added. Where a run with its
    /// theory has that name, it waits for the theory of this one.
    ///
    /// # Errors
    /// [`StreamError::File`]; the provisional file stays.
    pub fn publish(&mut self) -> Result<(), StreamError> {
        let holds_theory = |file: ResultFile| file.theory().is_ok_and(|theory| !theory.is_empty());
        if ResultFile::open(&self.target).is_ok_and(holds_theory) {
            return Ok(());
        }
        Ok(self.writer.publish()?)
    }

    /// Wall-clock seconds of all that was done.
    fn seconds(&self) -> f64 {
        self.build_seconds + self.simulate_seconds + self.write_seconds
    }
}

/// Runs `model` to its end, from the start or from a checkpoint, and writes what it records to `plan.file` on the way.
///
/// Memory holds the network and a few megabytes of results, whatever the duration and the number of recorded neurons.
/// Until [`StreamedRun::finish`] the file has a provisional name (`<stem>.partial.<extension>`); a process that is
/// killed leaves it there, readable up to the last block.
///
/// With `plan.checkpoint`, the state is kept at multiples of that time, at an interruption and at the end. A run resumed
/// from it ends with the bits of one that was never interrupted.
///
/// Where the job is over several ranks, rank 0 calls this and the others call [`simulate_share`].
///
/// # Errors
/// [`StreamError`] when the run cannot start on some rank, and when it is interrupted before its first step. A run that stops early, also because the disk is full, is not an error:
/// see [`StreamedRun::stopped`].
pub fn simulate_to_file(
    model: &Model,
    plan: &StreamPlan,
    job: &Job<'_>,
) -> Result<StreamedRun, StreamError> {
    let started = SystemTime::now();
    let start = Instant::now();
    let (text, mut earlier) = agree(job, prepare(model, plan))?;
    let mut simulation = begin(model, earlier.as_ref(), job)?;
    let build_seconds = start.elapsed().as_secs_f64();
    let network = simulation.network();
    let (synapses, threads, ranks) = (network.synapses(), network.threads(), network.ranks());

    let setting_up = Instant::now();
    let block = simulation.recorder();
    let whole = Recording { n_steps: u64::from(model.n_steps()), ..block.recording().clone() };
    let origin = Provenance { ranks: ranks as u32, ..provenance(model, threads, started, 0.0) };
    let longest = segment_steps(simulation.populations(), BLOCK_BYTES);
    let first = simulation.step();
    let opened = || {
        if let Some(earlier) = &mut earlier {
            earlier.make_way()?;
        }
        let mut writer =
            RunWriter::create(&plan.file, &whole, Some(&text), Some(&origin), &plan.options, job)?;
        if let Some(earlier) = earlier
            && let Err(error) = earlier.copy_to(&mut writer, &whole, longest, job)
        {
            // The earlier results are where they were.
            writer.discard()?;
            return Err(error);
        }
        Ok(writer)
    };
    let writer = agree(job, opened())?;
    let mut sink = FileRecorder::new(writer, block);
    sink.write_seconds = setting_up.elapsed().as_secs_f64();
    let start = Instant::now();
    let written_before = sink.write_seconds;
    let boundary = plan.boundary(model.dt());
    let kept = |simulation: &Simulation| CheckpointFile {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model: text.text.clone(),
        double_precision: plan.options.precision == Precision::Double,
        checkpoint: simulation.checkpoint(),
    };
    let mut stopped = advance_to_end(
        model,
        &mut simulation,
        &mut sink,
        Segments { longest, boundary },
        job,
        &mut |simulation, sink| {
            if boundary.is_none() {
                return Ok(());
            }
            // Of all ranks, whatever becomes of the file.
            let kept = kept(simulation);
            // First the results: a checkpoint must never be ahead of them.
            sink.flush()
                .and_then(|()| write_checkpoint(&plan.checkpoint_path(), &kept))
                .map_err(|error| RecorderError(Box::new(error)))
        },
    );
    if stopped.as_ref().is_none_or(|stop| !stop.is_recorder())
        && let Err(error) = sink.flush()
    {
        stopped = Some(Stop::Failed(RecorderError(Box::new(error)).into()));
    }
    let loop_seconds = start.elapsed().as_secs_f64();
    Ok(StreamedRun {
        n_steps: sink.writer.n_steps(),
        earlier_steps: u64::from(first),
        writer: sink.writer,
        target: plan.file.clone(),
        dt: model.dt(),
        threads,
        ranks,
        synapses,
        build_seconds,
        simulate_seconds: loop_seconds - (sink.write_seconds - written_before),
        write_seconds: sink.write_seconds,
        stopped,
    })
}

/// The share of a rank other than 0 in a run of [`simulate_to_file`]; why the run stopped before its end, if it did.
///
/// # Errors
/// As of that; [`StreamError::OtherRank`] where the reason is one of another rank.
pub fn simulate_share(
    model: &Model,
    plan: &StreamPlan,
    job: &Job<'_>,
) -> Result<Option<Stop>, StreamError> {
    let (_, earlier) = agree(job, prepare(model, plan))?;
    let mut simulation = begin(model, earlier.as_ref(), job)?;
    let longest = segment_steps(simulation.populations(), BLOCK_BYTES);
    // Rank 0 opens the file.
    agree(job, Ok(()))?;
    let segments = Segments { longest, boundary: plan.boundary(model.dt()) };
    let at_boundary = &mut |simulation: &Simulation, _: &mut NotRecorded| {
        // Rank 0 writes it.
        if segments.boundary.is_some() {
            let _ = simulation.checkpoint();
        }
        Ok(())
    };
    Ok(advance_to_end(model, &mut simulation, &mut NotRecorded, segments, job, at_boundary))
}

/// The model as text, and what the run goes on from; of several ranks each prepares the same.
fn prepare(model: &Model, plan: &StreamPlan) -> Result<(ModelText, Option<Earlier>), StreamError> {
    Ok((model_text(model)?, plan.resume.then(|| Earlier::open(model, plan)).transpose()?))
}

/// The simulation at the beginning of the run, or at its checkpoint.
fn begin(
    model: &Model,
    earlier: Option<&Earlier>,
    job: &Job<'_>,
) -> Result<Simulation, StreamError> {
    if let Some(ranks) = job.ranks() {
        let text = env!("CARGO_PKG_VERSION").to_owned() + &model_text(model)?.text;
        let sum = Sha256::digest(text.as_bytes());
        if !ranks.agree_on(sum.iter().take(8).fold(0, |all, &byte| all << 8 | u64::from(byte))) {
            return Err(StreamError::OtherModels);
        }
    }
    let network = Network::build(model, job)?;
    match earlier {
        None => Ok(Simulation::new(network)),
        Some(earlier) => agree(job, earlier.simulation(network)),
    }
}

/// What this rank has done, unless another failed.
fn agree<T>(job: &Job<'_>, own: Result<T, StreamError>) -> Result<T, StreamError> {
    let failed = job.ranks().is_some_and(|ranks| ranks.any(own.is_err()));
    if failed && own.is_ok() { Err(StreamError::OtherRank) } else { own }
}

/// Of a rank that is handed nothing.
struct NotRecorded;

impl Recorder for NotRecorded {
    fn take(&mut self, _: &Segment) -> Result<(), RecorderError> {
        Ok(())
    }
}

/// Steps whose samples fill a block of so many bytes.
pub(crate) fn segment_steps(infos: &[PopulationInfo], bytes: usize) -> u32 {
    let samples = infos.iter().flat_map(|p| &p.traces);
    let per_step: f64 = samples.map(|t| t.neurons.len() as f64 / t.steps.every as f64).sum();
    // The cast ends at `u32::MAX`.
    (bytes as f64 / (8.0 * per_step)).max(1.0) as u32
}

/// Collects segments and writes them block by block.
struct FileRecorder {
    writer: RunWriter,
    block: MemoryRecorder,
    collected: usize,
    last: Instant,
    write_seconds: f64,
}

impl FileRecorder {
    fn new(writer: RunWriter, block: MemoryRecorder) -> Self {
        Self { writer, block, collected: 0, last: Instant::now(), write_seconds: 0.0 }
    }

    /// Writes what was collected.
    fn flush(&mut self) -> Result<(), FileError> {
        let start = Instant::now();
        let mut block = self.block.take_recording();
        // The recorder knows where in the run it is, a block how long it is.
        block.n_steps = block.populations.first().map_or(0, |p| p.counts.len() as u64);
        let written = if block.n_steps == 0 { Ok(()) } else { self.writer.append(&block) };
        (self.collected, self.last) = (0, Instant::now());
        self.write_seconds += (self.last - start).as_secs_f64();
        written
    }
}

impl Recorder for FileRecorder {
    fn take(&mut self, segment: &Segment) -> Result<(), RecorderError> {
        self.block.take(segment)?;
        for population in &segment.populations {
            self.collected += 16 * population.spikes.len()
                + population.traces.iter().map(|t| 8 * t.len()).sum::<usize>();
        }
        self.collected += segment.afferents.iter().map(|a| 16 * a.len()).sum::<usize>();
        if self.collected >= BLOCK_BYTES || self.last.elapsed().as_secs_f64() > BLOCK_SECONDS {
            self.flush().map_err(|error| RecorderError(Box::new(error)))?;
        }
        Ok(())
    }
}
