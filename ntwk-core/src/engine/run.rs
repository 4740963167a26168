//! Running a model: lowering, segments with progress, interruption.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::engine::connectivity::WiringTooLarge;
use crate::{
    MemoryRecorder, Model, Network, Recorder, RecorderError, Recording, Simulation, SimulationError,
};

/// Progress of a run, handed to a callback between segments.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Time reached (ms).
    pub time: f64,
    /// Time from which the run goes (ms): 0, or that of the checkpoint it goes on from.
    pub start: f64,
    /// Time at the end (ms).
    pub t_stop: f64,
    /// Wall-clock time since the run began, without the building of the network.
    pub elapsed: Duration,
}

impl Progress {
    /// Fraction done, in [0, 1].
    #[must_use]
    pub fn fraction(&self) -> f64 {
        if self.t_stop > 0.0 { (self.time / self.t_stop).min(1.0) } else { 1.0 }
    }

    /// Wall-clock seconds per simulated second so far.
    #[must_use]
    pub fn real_time_factor(&self) -> f64 {
        self.elapsed.as_secs_f64() / ((self.time - self.start) * 1e-3).max(f64::MIN_POSITIVE)
    }
}

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

/// Why a run stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// The user interrupted it.
    #[error("interrupted at t = {time} ms")]
    Interrupted {
        /// Time reached (ms).
        time: f64,
    },
    /// Numbers blew up, or the recorder failed.
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

/// How a run is cut into segments.
#[derive(Debug, Clone, Copy)]
pub struct Segments {
    /// Steps of the longest segment.
    pub longest: u32,
    /// A segment ends at every multiple of this step.
    pub boundary: Option<u32>,
}

/// Advances to the end of the run segment by segment; returns why it stopped before. `at_boundary` is called at the
/// boundaries of `segments`, at an interruption and at the end.
pub fn advance_to_end<R: Recorder>(
    model: &Model,
    simulation: &mut Simulation,
    recorder: &mut R,
    segments: Segments,
    interrupt: &AtomicBool,
    progress: &mut dyn FnMut(Progress),
    at_boundary: &mut dyn FnMut(&Simulation, &mut R) -> Result<(), RecorderError>,
) -> Option<Stop> {
    let start = Instant::now();
    let n_steps = model.n_steps();
    // A hundred segments: fine enough for a bar and an interruption, coarse enough to cost nothing.
    let segment = (n_steps / 100).clamp(1, segments.longest.clamp(1, 10_000));
    let first = simulation.step();
    while simulation.step() < n_steps {
        if interrupt.load(Ordering::Relaxed) {
            let stop = Stop::Interrupted { time: simulation.time() };
            return Some(at_boundary(simulation, recorder).map_or_else(Stop::from, |()| stop));
        }
        let step = simulation.step();
        let to_boundary = segments.boundary.map_or(u32::MAX, |every| every - step % every);
        let steps = segment.min(to_boundary).min(n_steps - step);
        if let Err(error) = simulation.advance(steps, recorder) {
            return Some(error.into());
        }
        if (steps == to_boundary || simulation.step() >= n_steps)
            && let Err(error) = at_boundary(simulation, recorder)
        {
            return Some(error.into());
        }
        progress(Progress {
            time: simulation.time(),
            start: f64::from(first) * model.dt(),
            t_stop: model.t_stop(),
            elapsed: start.elapsed(),
        });
    }
    None
}

/// Default number of threads: the machine's.
#[must_use]
pub fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Runs `model` from the start to its end.
///
/// `interrupt` is looked at between segments of some milliseconds; `progress` is called there too.
///
/// # Errors
/// [`WiringTooLarge`] when the network cannot be built. A run that stops early is not an error:
/// see [`RunResult::stopped`].
pub fn simulate(
    model: &Model,
    threads: usize,
    interrupt: &AtomicBool,
    progress: &mut dyn FnMut(Progress),
) -> Result<RunResult, WiringTooLarge> {
    let start = Instant::now();
    let network = Network::build(model, threads)?;
    let synapses = network.synapses();
    let threads = network.threads();
    let mut simulation = Simulation::new(network);
    let build_seconds = start.elapsed().as_secs_f64();

    let mut recorder =
        MemoryRecorder::new(model.dt(), simulation.record_every(), simulation.populations());
    let start = Instant::now();
    let segments = Segments { longest: u32::MAX, boundary: None };
    let stopped = advance_to_end(
        model,
        &mut simulation,
        &mut recorder,
        segments,
        interrupt,
        progress,
        &mut |_, _| Ok(()),
    );
    Ok(RunResult {
        recording: recorder.into_recording(),
        threads,
        synapses,
        build_seconds,
        simulate_seconds: start.elapsed().as_secs_f64(),
        stopped,
    })
}
