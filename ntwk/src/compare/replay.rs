//! What each assumption on the input of a cell is worth: its cells under the spikes of a run, with one property of them after
//! the other taken away.

use std::fmt;

use ntwk_core::engine::connectivity::BuildError;
use ntwk_core::engine::random::{Purpose, fractions};
use ntwk_core::spec::{
    AfferentActivity, AfferentSpec, ConnectionSpec, DelaySpec, RecordSpec, SpikeListSpec, Trains,
};
use ntwk_core::{CellLibrary, Faults, Job, Model, ModelSpec, Recording, Stop, simulate};
use ntwk_meanfield::prediction::windows::ComparisonWindows;
use serde::Serialize;

use crate::compare::diagnosis::block_error;
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
    /// Afferent neurons have no place.
    #[error(
        "the projection {projection} connects by distance; the neurons of a replay, which stand for its source, have no positions"
    )]
    Distance {
        /// The projection.
        projection: String,
    },
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
    let window = stationary_window(ComparisonWindows::of(model), recording)?;
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
            errors.push(block_error(population, window, dt));
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
    let mut spec = model.spec().clone();
    spec.scan = None;
    spec.record = RecordSpec::default();
    spec.record.spikes = false;
    spec.record.V_m = 0;
    spec.simulation.t_stop = window.end() as f64 * recording.dt;
    // Connections and afferents independent of those that made the spikes.
    spec.simulation.seed = spec.simulation.seed.wrapping_add(1);
    let distinct = matches!(trains, ReplayedTrains::Poisson | ReplayedTrains::Shifted);
    let sources: Vec<&str> = recording.populations.iter().map(|p| p.name.as_str()).collect();
    let name = |source: &str| {
        let mut name = format!("trains_of_{source}");
        while spec.populations.contains_key(&name) || spec.afferents.contains_key(&name) {
            name.push('_');
        }
        name
    };
    let names: Vec<String> = sources.iter().map(|s| name(s)).collect();
    for projection in &mut spec.projections {
        let Some(source) = sources.iter().position(|s| *s == projection.source) else { continue };
        if matches!(projection.connection, ConnectionSpec::DistanceGaussian { .. })
            || matches!(projection.delay, DelaySpec::Distance { .. })
        {
            let label = || format!("{} to {}", projection.source, projection.target.join(", "));
            return Err(ReplayError::Distance {
                projection: projection.name.clone().unwrap_or_else(label),
            });
        }
        let sizes = [sources[source], projection.target[0].as_str()]
            .map(|name| spec.populations.get(name).map_or(1, |p| p.size));
        projection.source.clone_from(&names[source]);
        adapt(&mut projection.connection, sizes, distinct);
    }
    for (population, name) in recording.populations.iter().zip(names) {
        let size = population.size as u64;
        let spikes = population.spikes.as_ref().ok_or(ReplayError::NoSpikes)?;
        let activity = if trains == ReplayedTrains::Poisson {
            let rate = mean_rate(&population.counts, population.size, window, recording.dt)?;
            let trains = Trains::PerSource { correlation: 0.0, spikes: SpikeListSpec::default() };
            AfferentActivity::Rate { rate: rate.into(), statistics: Default::default(), trains }
        } else {
            let mut given = SpikeListSpec::default();
            let moved = trains != ReplayedTrains::Recorded;
            let length = window.end() - window.start();
            let shifts = moved.then(|| shifts(model.seed(), &name, size, length));
            for (&step, &id) in spikes.steps.iter().zip(&spikes.ids) {
                let mut add = |step: u64| {
                    given.times.push(step as f64 * recording.dt);
                    given.ids.push(u64::from(id));
                };
                match &shifts {
                    None if step < window.end() => add(step),
                    Some(shifts) if (window.start()..window.end()).contains(&step) => {
                        // Around the window, and on before it.
                        let first = (step + shifts[id as usize]) % length;
                        (first..window.end()).step_by(length as usize).for_each(&mut add);
                    }
                    _ => {}
                }
            }
            AfferentActivity::Spikes { spikes: given }
        };
        let mut afferent = AfferentSpec::poisson(size, 0.0);
        afferent.activity = activity;
        spec.afferents.insert(name, afferent);
    }
    Ok(spec)
}

/// A time for every train (steps below `length`).
fn shifts(seed: u64, name: &str, size: u64, length: u64) -> Vec<u64> {
    let fractions = fractions(seed, Purpose::AfferentTrains, name);
    fractions.take(size as usize).map(|u| (u * length as f64) as u64).collect()
}

/// The rule between two populations, for a source of its own; without multapses where `distinct`.
fn adapt(connection: &mut ConnectionSpec, [sources, targets]: [u64; 2], distinct: bool) {
    match connection {
        ConnectionSpec::FixedInDegree { multapses, autapses, .. }
        | ConnectionSpec::FixedOutDegree { multapses, autapses, .. } => {
            *multapses &= !distinct;
            *autapses = false;
        }
        ConnectionSpec::FixedTotalNumber { number, .. } if distinct => {
            let probability = *number as f64 / (sources as f64 * targets as f64);
            *connection = ConnectionSpec::pairwise_bernoulli(probability.min(1.0));
        }
        ConnectionSpec::PairwiseBernoulli { autapses, .. }
        | ConnectionSpec::AllToAll { autapses } => *autapses = false,
        _ => {}
    }
}
