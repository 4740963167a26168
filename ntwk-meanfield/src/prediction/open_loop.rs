//! The cells of a model without effect on each other: given trains stand in place of the spikes of its populations.

use std::ops::Range;

use ntwk_core::engine::random::{Purpose, fractions};
use ntwk_core::spec::{
    AfferentActivity, AfferentSpec, ConnectionSpec, DelaySpec, RecordSpec, SpikeListSpec, Trains,
};
use ntwk_core::{Model, ModelSpec, Spikes};

/// A model whose loop cannot be opened.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OpenLoopError {
    /// Afferent neurons have no place.
    #[error(
        "the projection {projection} connects by distance; the trains in place of its source have no positions"
    )]
    Distance {
        /// The projection.
        projection: String,
    },
}

/// Independent Poisson trains of `rate` (Hz), one for each neuron of a source.
#[must_use]
pub fn poisson_trains(rate: f64) -> AfferentActivity {
    let trains = Trains::PerSource { correlation: 0.0, spikes: SpikeListSpec::default() };
    AfferentActivity::Rate { rate: rate.into(), statistics: Default::default(), trains }
}

/// `model` with afferent neurons that fire `trains`, one entry per population, in place of the spikes of its populations. Nothing
/// is recorded; connections, weights and the trains of afferents are drawn anew, so that they are independent of those of a run
/// of the model. Where `distinct`, no source has two synapses onto a neuron.
///
/// # Errors
/// [`OpenLoopError`].
pub fn open_loop(
    model: &Model,
    trains: Vec<AfferentActivity>,
    distinct: bool,
) -> Result<ModelSpec, OpenLoopError> {
    let mut spec = model.spec().clone();
    spec.scan = None;
    spec.record = RecordSpec::default();
    spec.record.spikes = false;
    spec.record.V_m = 0;
    spec.simulation.seed = spec.simulation.seed.wrapping_add(1);
    let populations = model.populations();
    let name = |source: &str| {
        let mut name = trains_of(source);
        while spec.populations.contains_key(&name) || spec.afferents.contains_key(&name) {
            name.push('_');
        }
        name
    };
    let names: Vec<String> = populations.iter().map(|p| name(&p.name)).collect();
    for projection in &mut spec.projections {
        let Some(source) = populations.iter().position(|p| p.name == projection.source) else {
            continue;
        };
        if matches!(projection.connection, ConnectionSpec::DistanceGaussian { .. })
            || matches!(projection.delay, DelaySpec::Distance { .. })
        {
            let label = || format!("{} to {}", projection.source, projection.target.join(", "));
            let projection = projection.name.clone().unwrap_or_else(label);
            return Err(OpenLoopError::Distance { projection });
        }
        let target = spec.populations.get(projection.target[0].as_str()).map_or(1, |p| p.size);
        let sizes = [u64::from(populations[source].size), target];
        projection.source.clone_from(&names[source]);
        adapt(&mut projection.connection, sizes, distinct);
    }
    for ((population, name), activity) in populations.iter().zip(names).zip(trains) {
        let mut afferent = AfferentSpec::poisson(u64::from(population.size), 0.0);
        afferent.activity = activity;
        spec.afferents.insert(name, afferent);
    }
    Ok(spec)
}

/// Name of the afferent neurons in place of a population, unless it is taken.
#[must_use]
pub fn trains_of(population: &str) -> String {
    format!("trains_of_{population}")
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

/// Spikes of cells made into trains of as many sources as are wanted, no two of them correlated: each source has the train of
/// one cell, moved around the window of the spikes by a time of its own, and repeated from 0 to `end`.
#[derive(Debug, Clone, Copy)]
pub struct MovedTrains<'a> {
    /// Spikes of the cells.
    pub spikes: &'a Spikes,
    /// Number of cells.
    pub cells: u64,
    /// Steps in which their spikes are taken.
    pub window: &'a Range<u64>,
    /// Factor of all times.
    pub stretch: f64,
    /// Number of sources.
    pub sources: u64,
}

impl MovedTrains<'_> {
    /// The trains up to step `end`, of `dt` (ms), with times of the stream (`seed`, `name`).
    #[must_use]
    pub fn until(&self, end: u64, dt: f64, seed: u64, name: &str) -> SpikeListSpec {
        let length = self.window.end.saturating_sub(self.window.start) as f64;
        let period = (length * self.stretch).round().max(1.0) as u64;
        let drawn = fractions(seed, Purpose::AfferentTrains, name);
        let moved: Vec<u64> =
            drawn.take(self.sources as usize).map(|u| (u * period as f64) as u64).collect();
        let mut given = SpikeListSpec::default();
        for (&step, &id) in self.spikes.steps.iter().zip(&self.spikes.ids) {
            if !self.window.contains(&step) {
                continue;
            }
            let at = (step as f64 * self.stretch).round() as u64;
            for source in (u64::from(id)..self.sources).step_by(self.cells.max(1) as usize) {
                let first = (at + moved[source as usize]) % period;
                for step in (first..end).step_by(period as usize) {
                    given.times.push(step as f64 * dt);
                    given.ids.push(source);
                }
            }
        }
        given
    }
}
