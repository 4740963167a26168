//! The state of a simulation between two steps, to be kept and taken up again.

use serde::{Deserialize, Serialize};

use crate::engine::drive::BlockEvents;
use crate::engine::network::{Network, Part, WorkerState};
use crate::engine::plasticity::{EquationSynapsesState, Plasticity, SourceState, StdpState};
use crate::engine::simulation::Simulation;
use crate::engine::source_variables::SourceVariables;
use crate::engine::trains::TrainState;

/// Everything that changes while a simulation runs. Parameters, connections and constants are not
/// in it: they come from the model.
///
/// A simulation restored from a checkpoint goes on with the same bits as the one it was taken
/// from. The checkpoint is of as many workers as that one had.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Checkpoint {
    step: u32,
    /// Spikes of the last steps: (step, network-wide numbers).
    kept: Vec<(u32, Vec<u32>)>,
    workers: Vec<WorkerCheckpoint>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct WorkerCheckpoint {
    parts: Vec<PartCheckpoint>,
    plasticity: Vec<Option<PlasticityCheckpoint>>,
    /// Variables that receptors keep for sources.
    sources: Vec<Vec<Vec<f64>>>,
    afferents: Vec<Option<TrainState>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct PartCheckpoint {
    columns: Vec<Vec<f64>>,
    receptors: Vec<ReceptorCheckpoint>,
    free_from: Vec<u32>,
    drives: Vec<Vec<BlockEvents>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ReceptorCheckpoint {
    s: Vec<f64>,
    /// `x` of a double exponential.
    x: Option<Vec<f64>>,
    /// Events on their way.
    pending: Option<Vec<f64>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum PlasticityCheckpoint {
    ShortTerm(Vec<SourceState>, Vec<Vec<f64>>),
    Stdp(StdpState),
    /// With spikes of targets on their way to the synapses.
    DendriticStdp(StdpState, Vec<(u32, u32)>),
    Equations(EquationSynapsesState),
}

/// A checkpoint that does not belong to the network it is to be restored to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Another number of threads.
    #[error("the checkpoint was taken with {taken} threads and cannot go on with {wanted}")]
    Threads {
        /// Threads of the checkpoint.
        taken: usize,
        /// Threads of the network.
        wanted: usize,
    },
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

    /// Threads it was taken with.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.workers.len()
    }
}

impl Simulation {
    /// The state after the steps done so far.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            step: self.step(),
            kept: self.exchange().kept(self.step()),
            workers: self.network().workers.iter().map(|w| take_worker(w, self.step())).collect(),
        }
    }

    /// A simulation that goes on from `checkpoint`.
    ///
    /// # Errors
    /// [`CheckpointError`] when the checkpoint is not of this network.
    pub fn resume(mut network: Network, checkpoint: &Checkpoint) -> Result<Self, CheckpointError> {
        let (taken, wanted) = (checkpoint.threads(), network.workers.len());
        if taken != wanted {
            return Err(CheckpointError::Threads { taken, wanted });
        }
        for (worker, kept) in network.workers.iter_mut().zip(&checkpoint.workers) {
            restore_worker(worker, kept, checkpoint.step)?;
        }
        network.apply_changes(checkpoint.step);
        let simulation = Self::starting_at(network, checkpoint.step);
        simulation.exchange().restore(&checkpoint.kept);
        Ok(simulation)
    }
}

fn take_worker(worker: &WorkerState, step: u32) -> WorkerCheckpoint {
    let plasticity = worker.incoming.iter().map(|incoming| {
        incoming.as_ref().and_then(|i| i.plasticity.as_ref()).map(|p| match p {
            Plasticity::ShortTerm(short_term) => {
                let (sources, efficacies) = short_term.state();
                PlasticityCheckpoint::ShortTerm(sources, efficacies)
            }
            Plasticity::Stdp(stdp) => match stdp.unseen() {
                none if none.is_empty() => PlasticityCheckpoint::Stdp(stdp.state()),
                unseen => PlasticityCheckpoint::DendriticStdp(stdp.state(), unseen),
            },
            Plasticity::Equations(synapses) => PlasticityCheckpoint::Equations(synapses.state()),
        })
    });
    WorkerCheckpoint {
        parts: (0..worker.parts.len()).map(|part| take_part(worker, part, step)).collect(),
        plasticity: plasticity.collect(),
        sources: worker.sources.iter().map(SourceVariables::state).collect(),
        afferents: worker.afferents.iter().map(|a| a.as_ref().map(|a| a.state())).collect(),
    }
}

fn take_part(worker: &WorkerState, index: usize, step: u32) -> PartCheckpoint {
    let part = &worker.parts[index];
    PartCheckpoint {
        columns: part.columns.iter().map(|c| c.to_vec()).collect(),
        receptors: part
            .receptors
            .iter()
            .enumerate()
            .map(|(column, r)| ReceptorCheckpoint {
                s: r.s.to_vec(),
                x: r.rise.as_ref().map(|rise| rise.x.to_vec()),
                pending: take_pending(worker, index, column, step),
            })
            .collect(),
        free_from: part.free_from.to_vec(),
        drives: part.drives.iter().map(|drive| drive.blocks.clone()).collect(),
    }
}

/// What is on its way to a receptor: `[step % steps][neuron]`, of the steps from `step` on.
fn take_pending(worker: &WorkerState, part: usize, column: usize, step: u32) -> Option<Vec<f64>> {
    let own = || {
        worker.delayed.iter().flat_map(move |delayed| {
            let own =
                delayed.receptors.iter().filter(move |r| (r.part, r.column) == (part, column));
            own.map(|receptor| (&delayed.pending, receptor))
        })
    };
    let steps = own().map(|(pending, _)| pending.steps()).max()?;
    let len = worker.parts[part].len;
    let mut ring = vec![0.0; len * steps as usize];
    for (pending, receptor) in own() {
        for due in step..step + pending.steps() {
            let row = &mut ring[(due % steps) as usize * len..][..len];
            row[receptor.neurons.clone()].copy_from_slice(&pending.state(due, receptor.places()));
        }
    }
    Some(ring)
}

/// Takes up what is on its way to the receptors; `false` when some length differs.
fn restore_pending(worker: &mut WorkerState, kept: &[PartCheckpoint], step: u32) -> bool {
    let WorkerState { parts, delayed, .. } = worker;
    let of = |part: usize, column: usize| kept[part].receptors[column].pending.as_ref();
    for delayed in delayed.iter_mut() {
        for receptor in &delayed.receptors {
            let len = parts[receptor.part].len;
            let Some(ring) = of(receptor.part, receptor.column).filter(|r| r.len() % len == 0)
            else {
                return false;
            };
            // As many steps as the longest delay of this receptor, or of those that share its bins.
            let steps = (ring.len() / len) as u32;
            for due in step..step + steps {
                let sums = &ring[(due % steps) as usize * len..][receptor.neurons.clone()];
                if sums.iter().all(|sum| *sum == 0.0) {
                    continue;
                }
                if due - step >= delayed.pending.steps() {
                    return false;
                }
                delayed.pending.restore(due, receptor.first, sums);
            }
        }
    }
    let is_reached = |part: usize, column: usize| {
        let mut receptors = delayed.iter().flat_map(|delayed| &delayed.receptors);
        receptors.any(|r| (r.part, r.column) == (part, column))
    };
    (0..parts.len()).all(|part| {
        let columns = 0..parts[part].receptors.len();
        columns.into_iter().all(|c| of(part, c).is_some() == is_reached(part, c))
    })
}

fn restore_worker(
    worker: &mut WorkerState,
    kept: &WorkerCheckpoint,
    step: u32,
) -> Result<(), CheckpointError> {
    let fits = |fits: bool, what: &'static str| {
        if fits { Ok(()) } else { Err(CheckpointError::Model { what }) }
    };
    fits(worker.parts.len() == kept.parts.len(), "populations")?;
    fits(worker.incoming.len() == kept.plasticity.len(), "projections")?;
    fits(worker.afferents.len() == kept.afferents.len(), "afferent populations")?;
    for (part, kept) in worker.parts.iter_mut().zip(&kept.parts) {
        fits(restore_part(part, kept), "populations")?;
    }
    fits(restore_pending(worker, &kept.parts, step), "delays")?;
    for (incoming, kept) in worker.incoming.iter_mut().zip(&kept.plasticity) {
        let plasticity = incoming.as_mut().and_then(|i| i.plasticity.as_mut());
        let good = match (plasticity, kept) {
            (None, None) => true,
            (
                Some(Plasticity::ShortTerm(short_term)),
                Some(PlasticityCheckpoint::ShortTerm(sources, efficacies)),
            ) => short_term.restore(sources, efficacies),
            (Some(Plasticity::Stdp(stdp)), Some(PlasticityCheckpoint::Stdp(state))) => {
                stdp.restore(state, &[])
            }
            (
                Some(Plasticity::Stdp(stdp)),
                Some(PlasticityCheckpoint::DendriticStdp(state, unseen)),
            ) => stdp.restore(state, unseen),
            (
                Some(Plasticity::Equations(synapses)),
                Some(PlasticityCheckpoint::Equations(state)),
            ) => synapses.restore(state),
            _ => false,
        };
        fits(good, "plastic projections")?;
    }
    fits(worker.sources.len() == kept.sources.len(), "receptors")?;
    for (variables, kept) in worker.sources.iter_mut().zip(&kept.sources) {
        fits(variables.restore(kept), "receptors")?;
    }
    for (afferent, kept) in worker.afferents.iter_mut().zip(&kept.afferents) {
        let good = match (afferent, kept) {
            (None, None) => true,
            (Some(afferent), Some(kept)) => afferent.restore(kept),
            _ => false,
        };
        fits(good, "afferent populations")?;
    }
    Ok(())
}

/// Takes up the state of a part; `false` when some length differs.
fn restore_part(part: &mut Part, kept: &PartCheckpoint) -> bool {
    let len = part.len;
    let fits = kept.columns.len() == part.columns.len()
        && kept.columns.iter().all(|c| c.len() == len)
        && kept.free_from.len() == len
        && kept.receptors.len() == part.receptors.len()
        && kept.receptors.iter().zip(&part.receptors).all(|(kept, receptor)| {
            kept.s.len() == len
                && kept.x.is_some() == receptor.rise.is_some()
                && kept.x.as_ref().is_none_or(|x| x.len() == len)
        })
        && kept.drives.len() == part.drives.len()
        && kept.drives.iter().zip(&part.drives).all(|(k, d)| k.len() == d.blocks.len());
    if !fits {
        return false;
    }
    for (column, kept) in part.columns.iter_mut().zip(&kept.columns) {
        column.copy_from_slice(kept);
    }
    part.free_from.copy_from_slice(&kept.free_from);
    for (receptor, kept) in part.receptors.iter_mut().zip(&kept.receptors) {
        receptor.s.copy_from_slice(&kept.s);
        if let (Some(rise), Some(x)) = (&mut receptor.rise, &kept.x) {
            rise.x.copy_from_slice(x);
        }
    }
    for (drive, blocks) in part.drives.iter_mut().zip(&kept.drives) {
        drive.blocks.clone_from(blocks);
    }
    true
}
