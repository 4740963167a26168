//! The state of a simulation between two steps, to be kept and taken up again.

mod population;
mod synapses;

use serde::{Deserialize, Serialize};

use crate::engine::network::{Network, WorkerState};
use crate::engine::simulation::Simulation;
use crate::engine::source_variables::SourceKey;
use crate::engine::trains::TrainState;

use population::PopulationState;
use synapses::SynapseState;

/// Everything that changes while a simulation runs. Parameters, connections and constants are not
/// in it: they come from the model.
///
/// A simulation restored from a checkpoint goes on with the same bits as the one it was taken
/// from, on any number of threads and ranks: arrays are those of whole populations, in the order of their neurons.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Checkpoint {
    step: u32,
    /// Spikes of the last steps: (step, network-wide numbers).
    kept: Vec<(u32, Vec<u32>)>,
    populations: Vec<PopulationState>,
    /// Of projections with target lists: what of their synapses changes.
    synapses: Vec<Option<SynapseState>>,
    /// Variables that receptors keep for sources.
    sources: Vec<(SourceKey, Vec<Vec<f64>>)>,
    afferents: Vec<Option<TrainState>>,
}

/// A checkpoint that does not belong to the network it is to be restored to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Another model.
    #[error("the checkpoint is of another model: {what} do not fit")]
    Model {
        /// What differs.
        what: &'static str,
    },
}

impl Checkpoint {
    /// Steps done.
    #[must_use]
    pub fn step(&self) -> u32 {
        self.step
    }

    /// Adds the state of a worker behind those whose neurons come before its own.
    fn take(&mut self, worker: &WorkerState, wait: u32) {
        for (index, part) in worker.parts.iter().enumerate() {
            let taken = PopulationState::take(worker, index, self.step);
            self.populations[part.population].append(taken);
        }
        for (all, incoming) in self.synapses.iter_mut().zip(&worker.incoming) {
            let Some(incoming) = incoming else { continue };
            let first = worker.parts[incoming.part].first;
            append(all, SynapseState::take(incoming, first, self.step, wait), SynapseState::append);
        }
        for variables in &worker.sources {
            self.add_source(variables.key(), || variables.state());
        }
        // All workers that need a population have drawn the same.
        for (all, own) in self.afferents.iter_mut().zip(&worker.afferents) {
            let state = || own.as_ref().map(|own| own.state(self.step, wait));
            *all = all.take().or_else(state);
        }
    }

    /// Adds the state of the next rank.
    fn append(&mut self, later: Self) {
        let populations = self.populations.iter_mut().zip(later.populations);
        populations.for_each(|(all, more)| all.append(more));
        for (all, more) in self.synapses.iter_mut().zip(later.synapses) {
            append(all, more, SynapseState::append);
        }
        for (key, state) in later.sources {
            self.add_source(key, || state);
        }
        for (all, own) in self.afferents.iter_mut().zip(later.afferents) {
            *all = all.take().or(own);
        }
    }

    fn add_source(&mut self, key: SourceKey, state: impl FnOnce() -> Vec<Vec<f64>>) {
        if !self.sources.iter().any(|known| known.0 == key) {
            self.sources.push((key, state()));
        }
    }

    /// Gives a worker the state of its neurons.
    fn restore(&self, worker: &mut WorkerState, network: &Sizes) -> Result<(), CheckpointError> {
        let fits = |fits: bool, what: &'static str| {
            if fits { Ok(()) } else { Err(CheckpointError::Model { what }) }
        };
        fits(self.populations.len() == network.populations.len(), "populations")?;
        fits(self.synapses.len() == worker.incoming.len(), "projections")?;
        fits(self.afferents.len() == worker.afferents.len(), "afferent populations")?;
        for part in &mut worker.parts {
            let kept = &self.populations[part.population];
            fits(kept.restore(part, network.populations[part.population]), "populations")?;
        }
        let pending =
            |population: usize, column: usize| self.populations[population].pending(column);
        fits(population::restore_pending(worker, pending, self.step), "delays")?;
        for (incoming, kept) in worker.incoming.iter_mut().zip(&self.synapses) {
            let Some(incoming) = incoming else { continue };
            let first = worker.parts[incoming.part].first;
            let good = match (&incoming.plasticity, kept) {
                (None, None) => true,
                (Some(_), Some(kept)) => kept.restore(incoming, first, self.step, network.wait),
                _ => false,
            };
            fits(good, "plastic projections")?;
        }
        for variables in &mut worker.sources {
            let kept = self.sources.iter().find(|kept| kept.0 == variables.key());
            fits(kept.is_some_and(|kept| variables.restore(&kept.1)), "receptors")?;
        }
        for (afferent, kept) in worker.afferents.iter_mut().zip(&self.afferents) {
            let good = match (afferent, kept) {
                (None, _) => true,
                (Some(afferent), Some(kept)) => afferent.restore(kept, self.step, network.wait),
                (Some(_), None) => false,
            };
            fits(good, "afferent populations")?;
        }
        Ok(())
    }
}

/// What a checkpoint must fit.
struct Sizes {
    /// Neurons of every population.
    populations: Vec<u32>,
    /// Steps for which spikes are kept.
    wait: u32,
}

/// Adds what comes later to what there is of it.
fn append<T>(all: &mut Option<T>, later: Option<T>, add: impl FnOnce(&mut T, T)) {
    match (all, later) {
        (Some(all), Some(later)) => add(all, later),
        (all @ None, later) => *all = later,
        (Some(_), None) => {}
    }
}

/// The steps before `step` whose spikes are kept for `wait` steps.
fn kept_steps(step: u32, wait: u32) -> std::ops::Range<u32> {
    step.saturating_sub(wait)..step
}

impl Simulation {
    /// The state after the steps done so far.
    ///
    /// Of several ranks all must call it; rank 0 has the state of the whole network, another that of its share.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        let Network { shared, workers, place, .. } = self.network();
        let afferents = workers.first().map_or(0, |worker| worker.afferents.len());
        let mut checkpoint = Checkpoint {
            step: self.step(),
            // Those of all ranks: they have told each other.
            kept: self.exchange().kept(kept_steps(self.step(), shared.wait)),
            populations: vec![PopulationState::default(); shared.populations.len()],
            synapses: vec![None; shared.projections.len()],
            sources: Vec::new(),
            afferents: vec![None; afferents],
        };
        workers.iter().for_each(|worker| checkpoint.take(worker, shared.wait));
        if let Some(ranks) = place.others() {
            // Numbers in memory can be written, and what the same program wrote can be read.
            let bytes = postcard::to_stdvec(&checkpoint).unwrap_or_default();
            for later in ranks.gather(bytes).iter().skip(1) {
                match postcard::from_bytes(later) {
                    Ok(later) => checkpoint.append(later),
                    Err(error) => unreachable!("the state of another rank: {error}"),
                }
            }
        }
        checkpoint
    }

    /// A simulation that goes on from `checkpoint`; of several ranks each is given that of the whole network.
    ///
    /// # Errors
    /// [`CheckpointError`] when the checkpoint is not of this network.
    pub fn resume(mut network: Network, checkpoint: &Checkpoint) -> Result<Self, CheckpointError> {
        let sizes = Sizes {
            populations: network.shared.populations.iter().map(|p| p.size).collect(),
            wait: network.shared.wait,
        };
        for worker in &mut network.workers {
            checkpoint.restore(worker, &sizes)?;
        }
        network.apply_changes(checkpoint.step);
        let simulation = Self::starting_at(network, checkpoint.step);
        simulation.exchange().restore(&checkpoint.kept);
        Ok(simulation)
    }
}
