//! Running a model: lowering, segments with progress, interruption.

use std::time::{Duration, Instant};

use crate::engine::connectivity::BuildError;
use crate::{Job, Model, Network, Recorder, RecorderError, Recording, Simulation, SimulationError};

/// A finished (or stopped) run.
#[derive(Debug)]
pub struct RunResult {
    /// What was recorded.
    pub recording: Recording,
    /// Threads used.
    pub threads: usize,
    /// Synapses in target lists.
    pub synapses: u64,
    /// Wall-clock seconds to build the network.
    pub build_seconds: f64,
    /// Wall-clock seconds to simulate.
    pub simulate_seconds: f64,
    /// Why the run stopped before its end, if it did; the recording holds what came before.
    pub stopped: Option<Stop>,
}

impl RunResult {
    /// The recording of a run that reached its end.
    ///
    /// # Errors
    /// Why it stopped before.
    pub fn complete(self) -> Result<Recording, Stop> {
        match self.stopped {
            None => Ok(self.recording),
            Some(stop) => Err(stop),
        }
    }
}

/// Why a run stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// The user interrupted it.
    #[error("interrupted at t = {time} ms")]
    Interrupted {
        /// Time reached (ms).
        time: f64,
    },
    /// The integration became unstable, or the recorder failed.
    #[error(transparent)]
    Failed(#[from] SimulationError),
}

impl From<RecorderError> for Stop {
    fn from(error: RecorderError) -> Self {
        Self::Failed(error.into())
    }
}

impl Stop {
    /// Whether the user asked for it.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        matches!(self, Self::Interrupted { .. })
    }

    /// Whether the results could not be kept.
    #[must_use]
    pub fn is_recorder(&self) -> bool {
        matches!(self, Self::Failed(SimulationError::Recorder(_)))
    }
}

/// Wall-clock time that a segment should take: short enough for a bar and an interruption, also where the activity and with it
/// the work of a step grows several times; long enough to cost nothing.
const SEGMENT_TIME: Duration = Duration::from_millis(20);

/// Steps of the next segment, after one of `steps` steps that took `time`.
fn next_segment(steps: u32, time: Duration) -> u32 {
    let wanted = SEGMENT_TIME.as_secs_f64() / time.as_secs_f64().max(1e-9);
    (f64::from(steps) * wanted.min(4.0)).max(1.0) as u32
}

/// How a run is cut into segments.
#[derive(Debug, Clone, Copy)]
pub struct Segments {
    /// Steps of the longest segment.
    pub longest: u32,
    /// A segment ends at every multiple of this step.
    pub boundary: Option<u32>,
}

/// Advances to the end of the run segment by segment; returns why it stopped before. `at_boundary` is called at the
/// boundaries of `segments`, at an interruption and at the end; of several ranks on each, and all stop after the same step.
pub fn advance_to_end<R: Recorder>(
    model: &Model,
    simulation: &mut Simulation,
    recorder: &mut R,
    segments: Segments,
    job: &Job<'_>,
    at_boundary: &mut dyn FnMut(&Simulation, &mut R) -> Result<(), RecorderError>,
) -> Option<Stop> {
    let start = Instant::now();
    let n_steps = model.n_steps();
    let longest = segments.longest.max(1);
    // A step of a large network may take as long as a segment should.
    let mut segment = 1;
    let first = simulation.step();
    let ranks = simulation.network().place.others().cloned();
    while simulation.step() < n_steps {
        let mut interrupted = job.is_interrupted();
        if let Some(ranks) = &ranks {
            // All ranks make the same calls: what rank 0 makes of the time that the last one took counts.
            let steps = if ranks.rank() == 0 { segment } else { 0 };
            let mut values = [u64::from(interrupted), u64::from(steps)];
            ranks.greatest(&mut values);
            (interrupted, segment) = (values[0] > 0, values[1] as u32);
        }
        if interrupted {
            let stop = Stop::Interrupted { time: simulation.time() };
            return Some(at_boundary(simulation, recorder).map_or_else(Stop::from, |()| stop));
        }
        let step = simulation.step();
        let to_boundary = segments.boundary.map_or(u32::MAX, |every| every - step % every);
        let steps = segment.min(to_boundary).min(n_steps - step);
        let began = Instant::now();
        if let Err(error) = simulation.advance(steps, recorder) {
            return Some(error.into());
        }
        segment = next_segment(steps, began.elapsed()).min(longest);
        if steps == to_boundary || simulation.step() >= n_steps {
            let done = at_boundary(simulation, recorder);
            let failed = ranks.as_ref().is_some_and(|ranks| ranks.any(done.is_err()));
            if let Err(error) = done {
                return Some(error.into());
            }
            if failed {
                return Some(SimulationError::OtherRank.into());
            }
        }
        let simulated = f64::from(simulation.step() - first) * model.dt() * 1e-3;
        let factor = start.elapsed().as_secs_f64() / simulated;
        job.report_with(
            f64::from(simulation.step()) / f64::from(n_steps),
            &format!("{factor:.1} x real time"),
        );
    }
    None
}

/// Runs `model` from the start to its end.
///
/// Interruption and progress are looked at between segments of some hundredths of a second.
///
/// # Errors
/// [`BuildError`] when the network cannot be built, or is not because of an interruption. A run that stops early is not an error:
/// see [`RunResult::stopped`].
pub fn simulate(model: &Model, job: &Job<'_>) -> Result<RunResult, BuildError> {
    let start = Instant::now();
    let network = Network::build(model, job)?;
    let synapses = network.synapses();
    let threads = network.threads();
    let mut simulation = Simulation::new(network);
    let build_seconds = start.elapsed().as_secs_f64();

    let mut recorder = simulation.recorder();
    let start = Instant::now();
    let segments = Segments { longest: u32::MAX, boundary: None };
    let stopped =
        advance_to_end(model, &mut simulation, &mut recorder, segments, job, &mut |_, _| Ok(()));
    Ok(RunResult {
        recording: recorder.into_recording(),
        threads,
        synapses,
        build_seconds,
        simulate_seconds: start.elapsed().as_secs_f64(),
        stopped,
    })
}
