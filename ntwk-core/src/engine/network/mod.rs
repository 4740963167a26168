//! A model lowered for one time step and number of workers: columns of state, target lists,
//! delays in steps, derived constants.

pub(crate) mod delayed;
mod lower;
pub mod memory;
mod partition;
mod shares;

use std::ops::Range;
use std::sync::Arc;

use crate::engine::connectivity::{BuildError, TargetLists};
use crate::engine::drive::{BlockEvents, EventRate};
use crate::engine::plasticity::Plasticity;
use crate::engine::poisson_table::PoissonTable;
use crate::engine::rank_place::RankPlace;
use crate::engine::source_variables::{SourceSums, SourceVariables};
use crate::engine::trains::AfferentSpikes;
use crate::job::Job;
use crate::kernel::Membrane;
use crate::kernel::{CellNoise, Column, ReceptorColumn};
use crate::kernel::{CellStepper, EventEffect, EventPlaces};
use crate::model::{Change, Model, Quantity, RecordedAfferent, Sampled, Source, VoltageClamp};
use crate::spec::waveform::Waveform;

use delayed::{DelayedInput, Sender};
use lower::Lowering;
use memory::MemoryNeed;
pub(crate) use partition::Share as WorkerShare;
pub use partition::threads_for;
use partition::{Share, partition};
pub use shares::steps_per_exchange;

/// A lowered network: what every worker reads, and the part each worker owns.
pub struct Network {
    pub(crate) shared: Shared,
    /// Those of this rank.
    pub(crate) workers: Vec<WorkerState>,
    /// What the workers of all ranks own.
    pub(crate) shares: Vec<Share>,
    /// Which of the ranks that compute it this one is.
    pub(crate) place: RankPlace,
    synapses: u64,
    /// Changes still to come, the next one last.
    changes: Vec<Change>,
    /// Events that neurons receive at given times, by step.
    arrivals: Vec<Arrival>,
}

/// A [`SynapticEvent`](crate::model::SynapticEvent), lowered.
struct Arrival {
    step: u32,
    population: usize,
    /// Column of the receptor in the population.
    column: usize,
    /// Ascending.
    neurons: Vec<u32>,
    weight: f64,
}

/// What all workers read.
pub(crate) struct Shared {
    pub dt: f64,
    pub populations: Vec<LoweredPopulation>,
    /// Afferent spikes that are kept.
    pub afferents: Vec<RecordedAfferent>,
    pub projections: Vec<LoweredProjection>,
    /// Steps for which a spike is kept until it has reached its last target.
    pub wait: u32,
    /// Whether any projection carries spikes between neurons, so that workers must keep step.
    pub coupled: bool,
    /// Steps after which workers tell each other their spikes: 1, but over ranks as many as the shortest delay lets pass.
    pub round: u32,
}

/// A population, lowered.
pub(crate) struct LoweredPopulation {
    pub name: String,
    pub size: u32,
    /// First neuron in the numbering of the whole network.
    pub first: u32,
    pub stepper: Arc<dyn CellStepper>,
    pub membrane: Membrane,
    /// Potential above which a spike is declared (mV).
    pub spike_threshold: f64,
    /// What `drive` gains per pA of injected current: 1, or what it adds to a linear membrane in a step.
    pub current_gain: f64,
    /// Whether the stepper looks at the input at the end of the step.
    pub looks_at_end: bool,
    pub current: Waveform,
    pub constant_current: Option<f64>,
    pub traces: Vec<Sampled>,
    pub record_spikes: bool,
}

/// A synapse of a network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Synapse {
    /// Its projection: the index in [`Model::projections`].
    pub projection: usize,
    /// Neuron of the source.
    pub source: u32,
    /// Neuron of the target.
    pub target: u32,
    /// Steps after which an event arrives.
    pub delay: u32,
    /// Step of the receptor's variable at one event (nS or pA).
    pub weight: f64,
}

/// A projection that sends spikes along target lists.
pub(crate) struct LoweredProjection {
    /// Index in the model.
    pub index: usize,
    pub source: Source,
    pub target: usize,
    /// Receptor column in the target population.
    pub column: usize,
    /// Weight of all synapses, where they are equal.
    pub weight: f64,
    pub release: Option<Release>,
    /// Base of the draws of the places of its synapses, where their targets have several.
    pub places: Option<u64>,
}

/// Stochastic release: probability and the base of its draws.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Release {
    pub probability: f64,
    pub base: u64,
}

/// What one worker owns.
pub(crate) struct WorkerState {
    pub parts: Vec<Part>,
    /// Per projection of [`Shared::projections`]: its synapses onto neurons of this worker.
    pub incoming: Vec<Option<Incoming>>,
    /// Receptors that events of different delays reach.
    pub delayed: Vec<DelayedInput>,
    /// Projections to look at for each delay in steps, shortest delay first.
    pub schedule: Vec<(u32, Vec<usize>)>,
    /// Per afferent population: its spikes, where some projection needs them.
    pub afferents: Vec<Option<AfferentSpikes>>,
    /// Afferent populations whose spikes this worker keeps, with their places in [`Shared::afferents`]: all workers that need a
    /// population draw the same spikes, and one of them tells.
    pub kept_afferents: Vec<(usize, usize)>,
    /// Synapses whose weights are sampled.
    pub sampled_synapses: Vec<SampledSynapses>,
    /// Variables that receptors keep for sources.
    pub sources: Vec<SourceVariables>,
    /// Room for the neurons of a part that spiked in a step.
    pub fired: Vec<u32>,
}

/// The synapses of one trace of weights onto one part.
pub(crate) struct SampledSynapses {
    /// Index of the part, and of the trace of its population.
    pub part: usize,
    pub trace: usize,
    /// Index in [`WorkerState::incoming`].
    pub incoming: usize,
    /// By target, then source.
    pub synapses: Vec<SampledSynapse>,
}

/// One synapse: its number in the target lists, and between which neurons it is, in the numbering of their populations.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SampledSynapse {
    pub synapse: usize,
    pub source: u32,
    pub target: u32,
}

/// The synapses of a projection onto one part.
pub(crate) struct Incoming {
    /// Index of the part.
    pub part: usize,
    /// Empty where they lie in rows of [`WorkerState::delayed`].
    pub lists: TargetLists,
    pub plasticity: Option<Plasticity>,
    /// Sums over variables of the sources, of receptors that keep some.
    pub sources: Option<SourceSums>,
}

/// A run of neurons of one population, with its state in columns.
pub(crate) struct Part {
    pub population: usize,
    /// First neuron, in the numbering of the population.
    pub first: u32,
    pub len: usize,
    /// Neurons that are advanced together.
    pub block: usize,
    /// State variables, `V_m` first.
    pub columns: Vec<Column>,
    pub receptors: Vec<ReceptorColumn>,
    /// First step in which each neuron is no longer refractory.
    pub free_from: Column<u32>,
    pub drives: Vec<PartDrive>,
    /// Currents into some neurons of the part (ascending indices).
    pub injections: Vec<(Vec<u32>, Waveform)>,
    /// Currents of neurons of the part (ascending indices) in the place of that of the population.
    pub own_currents: Vec<(Vec<u32>, Waveform)>,
    /// Voltage clamps, with the neurons of the part (ascending indices) that they hold.
    pub clamps: Vec<VoltageClamp>,
    /// Random numbers of the cells, block by block, where their steps need some.
    pub noise: Vec<CellNoise>,
    /// Receptors whose events raise variables of the cells.
    pub raises: Vec<Raises>,
    /// Variables of the cells that are sums over the variables of sources.
    pub summed: Vec<usize>,
}

/// A receptor whose events raise variables of the cells.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Raises {
    /// Column of the receptor.
    pub column: usize,
    /// The variables, by how much per weight, and what becomes of the events.
    pub variables: Vec<(usize, f64, EventEffect)>,
    /// Where synapses lie at several places of the cells.
    pub placed: Option<PlacedEvents>,
}

/// Events of a step by the place of the cell that they reach.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlacedEvents {
    pub places: EventPlaces,
    /// Neurons of the part.
    pub len: usize,
    /// Sums of the weights, the neurons of one place after those of another; zero between steps.
    pub sums: Vec<f64>,
}

/// A rate-driven afferent projection onto a part.
pub(crate) struct PartDrive {
    /// Index in the projections of the model.
    pub projection: usize,
    pub rate: EventRate,
    pub column: usize,
    pub weight: f64,
    /// Base of the draws of the places of its events, where the targets have several.
    pub places: Option<u64>,
    pub blocks: Vec<BlockEvents>,
    /// Where its events are dense, from the first step in which they are.
    pub table: Option<PoissonTable>,
    /// Place in [`Shared::afferents`], where its events are kept.
    pub kept: Option<usize>,
}

impl Shared {
    /// Steps for which spikes have a place: others write up to a round ahead of what is read last.
    pub(crate) fn history(&self) -> u32 {
        self.wait.max(self.round - 1) + self.round + 1
    }
}

impl LoweredPopulation {
    /// Current (pA) into every neuron at the start of a step of `dt` (ms).
    pub(crate) fn current_at(&self, step: u32, dt: f64) -> f64 {
        self.constant_current.unwrap_or_else(|| self.current.at(f64::from(step) * dt))
    }
}

impl Part {
    /// What synapses, `current` (pA) and injections bring to a neuron at time t (ms): `(drive, g)` of `drive - g V`.
    pub(crate) fn input(&self, neuron: usize, current: f64, t: f64) -> (f64, f64) {
        let (mut drive, mut g) = (current, 0.0);
        for receptor in &self.receptors {
            drive += receptor.q * receptor.s[neuron];
            g += receptor.p * receptor.s[neuron];
        }
        for (neurons, injected) in &self.injections {
            if neurons.binary_search(&(neuron as u32)).is_ok() {
                drive += injected.at(t);
            }
        }
        (drive, g)
    }
}

impl WorkerState {
    /// Number of synapses onto neurons of this worker.
    fn synapses(&self) -> u64 {
        let lists = self.incoming.iter().flatten().map(|incoming| incoming.lists.len() as u64);
        let rows = self.delayed.iter().flat_map(|delayed| &delayed.senders).map(Sender::in_rows);
        lists.chain(rows).sum()
    }

    /// The synapses of a projection onto those of `neurons` that this worker owns.
    fn synapses_onto(
        &self,
        population: usize,
        trace: usize,
        incoming: usize,
        neurons: &[u32],
    ) -> Option<SampledSynapses> {
        let part = self.parts.iter().position(|part| part.population == population)?;
        let lists = &self.incoming[incoming].as_ref()?.lists;
        let first = self.parts[part].first;
        let mut synapses = Vec::new();
        for source in 0..lists.sources() {
            for synapse in lists.row(source) {
                let target = first + lists.delay_and_target(lists.place_of(synapse)).1;
                if neurons.binary_search(&target).is_ok() {
                    synapses.push(SampledSynapse { synapse, source, target });
                }
            }
        }
        // Of one target they stay in the order of their sources.
        synapses.sort_by_key(|s| s.target);
        Some(SampledSynapses { part, trace, incoming, synapses })
    }
}

impl Part {
    /// Raises the variables of the cells by the events of `step`; `fired` are the neurons (ascending, in the numbering of the part)
    /// that spiked in it.
    pub(crate) fn raise_variables(&mut self, stepper: &dyn CellStepper, step: u32, fired: &[u32]) {
        let Self { raises, receptors, columns, free_from, .. } = self;
        for Raises { column, variables, placed } in raises.iter_mut() {
            if let (Some(placed), [(_, by, _)]) = (placed, &variables[..]) {
                let of_places = placed.sums.chunks_mut(placed.len.max(1));
                for (sums, &place) in of_places.zip(&placed.places.columns) {
                    for (raised, weight) in columns[place].iter_mut().zip(sums) {
                        *raised += by * std::mem::take(weight);
                    }
                }
                continue;
            }
            let events = receptors[*column].events();
            for i in 0..events.len() {
                let weight = std::mem::take(&mut events[i]);
                if weight == 0.0 {
                    continue;
                }
                for &(variable, by, effect) in variables.iter() {
                    let lost = effect.held && stepper.is_refractory(columns, i, free_from[i], step)
                        || effect.set_by_reset && fired.binary_search(&(i as u32)).is_ok();
                    if !lost {
                        columns[variable][i] += by * weight;
                    }
                }
            }
        }
    }

    /// Its neurons, in the numbering of the population.
    pub(crate) fn neurons(&self) -> Range<u32> {
        self.first..self.first + self.len as u32
    }

    /// Ranges of the blocks of this part.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (len, block) = (self.len, self.block);
        (0..len.div_ceil(block)).map(move |b| b * block..((b + 1) * block).min(len))
    }
}

impl Network {
    /// Lowers `model` for as many workers as [`threads_for`] says (no more than there are blocks of
    /// neurons). The connectivity is generated by as many threads as there are workers.
    ///
    /// Of several ranks each builds its share; they must all be given the same model. A rank has one thread unless the job asks for
    /// more.
    ///
    /// # Errors
    /// [`BuildError`] when it takes more memory than the machine has, when one worker's share of a projection exceeds 32-bit
    /// numbers, and when the job is interrupted; on all ranks when it is so on one.
    pub fn build(model: &Model, job: &Job<'_>) -> Result<Self, BuildError> {
        let place = RankPlace::of(job);
        let threads = match place.others() {
            None => threads_for(model, job),
            Some(_) => place.threads(job.requested_threads().unwrap_or(1)),
        };
        let lowering = Lowering::new(model);
        let shares = partition(model, threads * place.ranks());
        let own = place.workers_of(place.rank(), shares.len());
        let built = MemoryNeed::of(model).check_for_one_of(place.ranks());
        let built = built.and_then(|()| lowering.workers(&shares[own.clone()], job));
        let mut workers = place.agree(built)?;
        let round = if place.ranks() > 1 { lowering.round() } else { 1 };
        let wait = place.greatest(u64::from(lowering.longest_wait(&workers))) as u32;
        let shared = lowering.shared(wait, round);
        let history = shared.history();
        let finish = |worker| lowering.finish(worker, history, job);
        place.agree(workers.iter_mut().try_for_each(finish).map_err(BuildError::from))?;
        let synapses = place.sum(workers.iter().map(WorkerState::synapses).sum());
        let mut network = Self {
            shared,
            workers,
            shares,
            place,
            synapses,
            changes: model.changes().iter().rev().cloned().collect(),
            arrivals: lowering.arrivals(),
        };
        network.find_sampled_synapses(&lowering);
        for (place, recorded) in network.shared.afferents.iter().enumerate() {
            let (None, i) = (recorded.projection, recorded.source) else { continue };
            let teller = network.shares.iter().position(|share| lowering.needs(share, i));
            if let Some(teller) = teller.filter(|teller| own.contains(teller)) {
                network.workers[teller - own.start].kept_afferents.push((i, place));
            }
        }
        network.apply_changes(0);
        Ok(network)
    }

    /// Number of workers: of this rank, where there are several.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.workers.len()
    }

    /// Number of ranks that compute it: 1 for a process alone.
    #[must_use]
    pub fn ranks(&self) -> usize {
        self.place.ranks()
    }

    /// Number of synapses held in target lists (independent event trains need none), of all ranks.
    #[must_use]
    pub fn synapses(&self) -> u64 {
        self.synapses
    }

    /// Calls `f` with every synapse held in target lists of this rank, as it is at the beginning; grouped by worker, projection and source, those of
    /// a source in the order in which their events are added to a target.
    pub fn for_each_synapse(&self, mut f: impl FnMut(Synapse)) {
        for worker in &self.workers {
            let projections = self.shared.projections.iter().zip(&worker.incoming);
            for (index, (projection, incoming)) in projections.enumerate() {
                let Some(Incoming { part, lists, .. }) = incoming else { continue };
                let first = worker.parts[*part].first;
                let mut call = |source, target, delay, weight: Option<f32>| {
                    f(Synapse {
                        projection: projection.index,
                        source,
                        target,
                        delay,
                        weight: weight.map_or(projection.weight, f64::from),
                    });
                };
                for source in 0..lists.sources() {
                    for synapse in lists.row(source) {
                        let (delay, target) = lists.delay_and_target(lists.place_of(synapse));
                        let weight = lists.weights().map(|weights| weights[synapse]);
                        call(source, first + target, delay, weight);
                    }
                }
                for delayed in &worker.delayed {
                    delayed.for_each_synapse(index, |source, neuron, delay, weight| {
                        call(source, first + neuron, delay, weight);
                    });
                }
            }
        }
    }

    /// Looks up the synapses whose weights are sampled; where each is a column, the trace learns of them.
    fn find_sampled_synapses(&mut self, lowering: &Lowering<'_>) {
        for (p, population) in self.shared.populations.iter_mut().enumerate() {
            for (t, trace) in population.traces.iter_mut().enumerate() {
                let Quantity::Weight { projection, mean, .. } = trace.quantity else { continue };
                let Some(incoming) = lowering.wired_place(projection) else { continue };
                let mut columns = Vec::new();
                for worker in &mut self.workers {
                    let found = worker.synapses_onto(p, t, incoming, &trace.neurons);
                    if let Some(found) = found {
                        columns.extend_from_slice(&found.synapses);
                        worker.sampled_synapses.push(found);
                    }
                }
                if !mean {
                    let of_all = |own: Vec<u32>| match self.place.others() {
                        Some(ranks) => ranks.gather_lists(&own),
                        None => own,
                    };
                    trace.neurons = of_all(columns.iter().map(|s| s.target).collect());
                    trace.sources = of_all(columns.iter().map(|s| s.source).collect());
                }
            }
        }
    }

    /// Step of the next change.
    pub(crate) fn next_change(&self) -> Option<u32> {
        self.changes.last().map(|change| change.step)
    }

    /// Replaces the changes still to come.
    pub(crate) fn set_changes(&mut self, changes: &[Change]) {
        self.changes = changes.iter().rev().cloned().collect();
    }

    /// Makes the changes up to and with those of `step`; the state stays.
    pub(crate) fn apply_changes(&mut self, step: u32) {
        while self.next_change().is_some_and(|next| next <= step) {
            if let Some(change) = self.changes.pop() {
                self.take_over(&change.model);
            }
        }
    }

    /// Step of the next event of a receptor after `step`.
    pub(crate) fn next_arrival(&self, step: u32) -> Option<u32> {
        let later = self.arrivals.partition_point(|arrival| arrival.step <= step);
        self.arrivals.get(later).map(|arrival| arrival.step)
    }

    /// Raises the variables of receptors by the events of `step`.
    pub(crate) fn take_arrivals(&mut self, step: u32) {
        let from = self.arrivals.partition_point(|arrival| arrival.step < step);
        let populations = &self.shared.populations;
        for arrival in self.arrivals[from..].iter().take_while(|arrival| arrival.step == step) {
            let parts = self.workers.iter_mut().flat_map(|worker| &mut worker.parts);
            for part in parts.filter(|part| part.population == arrival.population) {
                let (first, own) = (part.first, part.neurons());
                let placed = part.raises.iter_mut().find(|r| r.column == arrival.column);
                let placed = placed.and_then(|raises| raises.placed.as_mut());
                // At the first of several places.
                let events = match placed {
                    Some(placed) => &mut placed.sums[..part.len],
                    None => part.receptors[arrival.column].events(),
                };
                for n in arrival.neurons.iter().filter(|n| own.contains(n)) {
                    events[(n - first) as usize] += arrival.weight;
                }
                // They come before this step: after the one before, whose spikes have been reset.
                let stepper = populations[part.population].stepper.as_ref();
                part.raise_variables(stepper, step.saturating_sub(1), &[]);
            }
        }
    }

    /// Derives every constant anew from `model`, which has the structure of this network.
    fn take_over(&mut self, model: &Model) {
        let lowering = Lowering::new(model);
        let Shared { wait, round, .. } = self.shared;
        let before = std::mem::replace(&mut self.shared, lowering.shared(wait, round));
        // Traces of weights know their synapses.
        for (new, old) in self.shared.populations.iter_mut().zip(before.populations) {
            new.traces = old.traces;
        }
        for worker in &mut self.workers {
            lowering.rederive(worker);
        }
    }
}
