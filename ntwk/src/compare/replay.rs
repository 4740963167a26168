//! What each assumption on the input of a cell is worth: its cells under the spikes of a run, with one property of them after
//! the other taken away.

use std::fmt;

use ntwk_core::engine::connectivity::BuildError;
use ntwk_core::spec::{AfferentActivity, SpikeListSpec};
use ntwk_core::{CellLibrary, Faults, Job, Model, ModelSpec, Recording, Stop, simulate};
use ntwk_meanfield::prediction::open_loop::{
    MovedTrains, OpenLoopError, open_loop, poisson_trains, trains_of,
};
use ntwk_meanfield::prediction::windows::ComparisonWindows;
use serde::Serialize;

use crate::compare::rate_error::rate_error;
use crate::compare::{CompareError, stationary_window};
use ntwk_analysis::{AnalysisError, Window, mean_rate};

/// What the cells of a replay receive from the populations. Every one keeps a property that the one before has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayedTrains {
    /// Poisson trains at the simulated rates of the populations, no source twice onto a neuron.
    Poisson,
    /// The simulated trains, each moved around the window by a time of its own: their regularity and the spread of rates over
    /// neurons are those of the network, no two are correlated. No source twice onto a neuron.
    Shifted,
    /// The same, connected as the model has it.
    ShiftedWithMultapses,
    /// The simulated trains as they are.
    Recorded,
}

impl ReplayedTrains {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Poisson, Self::Shifted, Self::ShiftedWithMultapses, Self::Recorded];
}

/// For tables.
impl fmt::Display for ReplayedTrains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Poisson => "Poisson trains",
            Self::Shifted => "+ regularity",
            Self::ShiftedWithMultapses => "+ multapses",
            Self::Recorded => "+ correlations",
        })
    }
}

/// Rates of the cells of all populations in one replay.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Replay {
    /// What they received.
    pub trains: ReplayedTrains,
    /// Mean rates (Hz) of the populations in the stationary window.
    pub rates: Vec<f64>,
    /// Their standard errors (Hz) from blocks of 100 ms; `None` for fewer than four.
    pub errors: Vec<Option<f64>>,
}

/// A replay that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// There are no spikes.
    #[error("a replay needs the spikes of the run: record.spikes = true")]
    NoSpikes,
    /// It connects by distance.
    #[error(transparent)]
    OpenLoop(#[from] OpenLoopError),
    /// The window is too short.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// The model of the replay has faults.
    #[error("the replay cannot be set up: {0}")]
    Faults(#[from] Faults),
    /// It cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// It stopped early.
    #[error("the replay with {trains} stopped: {reason}")]
    Stopped {
        /// Which.
        trains: ReplayedTrains,
        /// Why.
        reason: Stop,
    },
}

impl From<AnalysisError> for ReplayError {
    fn from(error: AnalysisError) -> Self {
        Self::Compare(error.into())
    }
}

/// Simulates the cells of `model` under the spikes of `recording`, without effect on each other: every projection from a
/// population comes from as many afferent neurons, which send [`ReplayedTrains::ALL`] in turn. Connections, weights and the
/// trains of afferents are drawn anew.
///
/// The difference between two replays is the share of one assumption; the last one differs from the network by what a neuron's
/// own spikes do to its input.
///
/// # Errors
/// [`ReplayError`].
pub fn replay(
    model: &Model,
    recording: &Recording,
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<Vec<Replay>, ReplayError> {
    let windows = ComparisonWindows::of(model);
    let window = stationary_window(windows, recording)?;
    let mut replays = Vec::new();
    for (k, trains) in ReplayedTrains::ALL.into_iter().enumerate() {
        let spec = replayed(model, recording, window, trains)?;
        let cells = Model::from_spec(spec, library)?;
        let result = simulate(&cells, &job.part(k, ReplayedTrains::ALL.len()))?;
        if let Some(reason) = result.stopped {
            return Err(ReplayError::Stopped { trains, reason });
        }
        let (mut rates, mut errors) = (Vec::new(), Vec::new());
        for population in &result.recording.populations {
            let dt = recording.dt;
            rates.push(mean_rate(&population.counts, population.size, window, dt)?);
            errors.push(rate_error(model, population, window, windows.basis, dt));
        }
        replays.push(Replay { trains, rates, errors });
    }
    Ok(replays)
}

/// The model whose populations receive `trains` of the spikes of `recording` instead of each other's.
fn replayed(
    model: &Model,
    recording: &Recording,
    window: Window,
    trains: ReplayedTrains,
) -> Result<ModelSpec, ReplayError> {
    let dt = recording.dt;
    let given = recording.populations.iter().map(|population| {
        let size = population.size as u64;
        let spikes = population.spikes.as_ref().ok_or(ReplayError::NoSpikes)?;
        Ok(match trains {
            ReplayedTrains::Poisson => {
                poisson_trains(mean_rate(&population.counts, population.size, window, dt)?)
            }
            ReplayedTrains::Recorded => {
                let within = || {
                    let all = spikes.steps.iter().zip(&spikes.ids);
                    all.filter(|(step, _)| **step < window.end())
                };
                let mut given = SpikeListSpec::default();
                given.times = within().map(|(&step, _)| step as f64 * dt).collect();
                given.ids = within().map(|(_, &id)| u64::from(id)).collect();
                AfferentActivity::Spikes { spikes: given }
            }
            ReplayedTrains::Shifted | ReplayedTrains::ShiftedWithMultapses => {
                let window = window.start()..window.end();
                let moved = MovedTrains {
                    spikes,
                    cells: size,
                    window: &window,
                    stretch: 1.0,
                    sources: size,
                };
                let name = trains_of(&population.name);
                let spikes = moved.until(window.end, dt, model.seed(), &name);
                AfferentActivity::Spikes { spikes }
            }
        })
    });
    let given = given.collect::<Result<Vec<_>, ReplayError>>()?;
    let distinct = matches!(trains, ReplayedTrains::Poisson | ReplayedTrains::Shifted);
    let mut spec = open_loop(model, given, distinct)?;
    spec.simulation.t_stop = window.end() as f64 * dt;
    Ok(spec)
}
