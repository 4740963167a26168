//! Running a model: lowering, segments with progress, interruption.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ntwk_core::connectivity::TooManySynapses;
use ntwk_core::{MemoryRecorder, Model, Network, Recorder, Recording, Simulation, SimulationError};

/// Progress of a run, handed to a callback between segments.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Time reached (ms).
    pub time: f64,
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
        self.elapsed.as_secs_f64() / (self.time * 1e-3).max(f64::MIN_POSITIVE)
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

/// Advances to the end of the run in segments of at most `longest` steps; returns why it stopped before.
pub(crate) fn advance_to_end(
    model: &Model,
    simulation: &mut Simulation,
    recorder: &mut dyn Recorder,
    longest: u32,
    interrupt: &AtomicBool,
    progress: &mut dyn FnMut(Progress),
) -> Option<Stop> {
    let start = Instant::now();
    // A hundred segments: fine enough for a bar and an interruption, coarse enough to cost nothing.
    let segment = (model.n_steps() / 100).clamp(1, longest.clamp(1, 10_000));
    while simulation.step() < model.n_steps() {
        if interrupt.load(Ordering::Relaxed) {
            return Some(Stop::Interrupted { time: simulation.time() });
        }
        let steps = segment.min(model.n_steps() - simulation.step());
        if let Err(error) = simulation.advance(steps, recorder) {
            return Some(error.into());
        }
        progress(Progress {
            time: simulation.time(),
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
/// [`TooManySynapses`] when the network cannot be built. A run that stops early is not an error:
/// see [`RunResult::stopped`].
pub fn simulate(
    model: &Model,
    threads: usize,
    interrupt: &AtomicBool,
    progress: &mut dyn FnMut(Progress),
) -> Result<RunResult, TooManySynapses> {
    let start = Instant::now();
    let network = Network::build(model, threads)?;
    let synapses = network.synapses();
    let threads = network.threads();
    let mut simulation = Simulation::new(network);
    let build_seconds = start.elapsed().as_secs_f64();

    let mut recorder =
        MemoryRecorder::new(model.dt(), simulation.record_every(), simulation.populations());
    let start = Instant::now();
    let stopped =
        advance_to_end(model, &mut simulation, &mut recorder, u32::MAX, interrupt, progress);
    Ok(RunResult {
        recording: recorder.into_recording(),
        threads,
        synapses,
        build_seconds,
        simulate_seconds: start.elapsed().as_secs_f64(),
        stopped,
    })
}
