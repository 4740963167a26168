//! Events whose synapses differ in delay: which receptors of a worker they reach, and who sends them.

use std::ops::Range;

use super::lower::Lowering;
use super::{Incoming, Part};
use crate::engine::connectivity::{BuildError, RowBuilder, RowTargets, SynapseRows};
use crate::job::Job;
use crate::kernel::{PLACES, PendingEvents};
use crate::model::{Projection, Quantity, Source};

/// Up to [`PLACES`] receptors of neurons of a worker, what is on its way to them, and the projections that send it at the time of
/// the spike.
pub(crate) struct DelayedInput {
    pub receptors: Vec<DelayedReceptor>,
    /// In the order in which they send in a step: what reaches a receptor is summed in the order of the projections.
    pub senders: Vec<Sender>,
    pub pending: PendingEvents,
}

/// A receptor of neurons of a part.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DelayedReceptor {
    pub part: usize,
    /// Column in the part.
    pub column: usize,
    /// Neurons of the part.
    pub neurons: Range<usize>,
    /// Place of the first of them.
    pub first: usize,
}

impl DelayedReceptor {
    /// Its places.
    pub(crate) fn places(&self) -> Range<usize> {
        self.first..self.first + self.neurons.len()
    }
}

/// What sends events along synapses that differ in delay.
pub(crate) enum Sender {
    /// Projections of one source that share rows: static synapses, with weights of their own or (then one projection) equal ones.
    Rows { source: Source, projections: Vec<RowProjection>, rows: SynapseRows },
    /// A projection with target lists of its own: its index in [`Shared::projections`](super::Shared::projections), and the
    /// receptor here.
    Lists { projection: usize, receptor: usize },
}

/// One of the projections that share rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowProjection {
    /// Index in [`Shared::projections`](super::Shared::projections).
    pub projection: usize,
    /// Its receptor.
    pub receptor: usize,
}

impl Sender {
    /// Number of synapses in its rows.
    pub(super) fn in_rows(&self) -> u64 {
        match self {
            Self::Rows { rows, .. } => rows.len() as u64,
            Self::Lists { .. } => 0,
        }
    }
}

impl DelayedInput {
    /// Builds those of a worker with these parts and target lists.
    pub(super) fn of_worker(
        lowering: &Lowering<'_>,
        parts: &[Part],
        incoming: &[Option<Incoming>],
        job: &Job<'_>,
    ) -> Result<Vec<Self>, BuildError> {
        let of_part = |part: &Part| {
            let onto = |&w: &usize| lowering.projection(w).target == part.population;
            let in_rows = |&w: &usize| lowering.own_weights_in_rows(w).is_some();
            let own = (0..lowering.wired.len()).filter(onto).filter(in_rows);
            own.map(|w| lowering.projection(w).in_degree * part.len as f64).sum::<f64>()
        };
        let mut builder = RowBuilder::new(parts.iter().map(of_part).sum());
        let mut inputs = Vec::new();
        for single in [true, false] {
            for receptors in packed(lowering, parts, single) {
                let input = (receptors, single);
                inputs.push(Self::build(lowering, (parts, incoming), input, &mut builder, job)?);
            }
        }
        Ok(inputs)
    }

    fn build(
        lowering: &Lowering<'_>,
        (parts, incoming): (&[Part], &[Option<Incoming>]),
        (receptors, single): (Vec<DelayedReceptor>, bool),
        builder: &mut RowBuilder,
        job: &Job<'_>,
    ) -> Result<Self, BuildError> {
        let mut senders = Vec::new();
        for planned in plan(lowering, parts, &receptors) {
            let Planned { source, own_weights, members } = planned;
            senders.push(match own_weights {
                None => {
                    let RowProjection { projection, receptor } = members[0];
                    Sender::Lists { projection, receptor }
                }
                Some(_) => {
                    let targets = |member: &RowProjection| {
                        let DelayedReceptor { part, neurons, first, .. } =
                            &receptors[member.receptor];
                        let start = parts[*part].first;
                        RowTargets {
                            wiring: lowering.wiring(member.projection, job),
                            targets: start + neurons.start as u32..start + neurons.end as u32,
                            first_place: *first as u32,
                        }
                    };
                    let targets: Vec<RowTargets<'_>> = members.iter().map(targets).collect();
                    let rows = builder.build(&targets)?;
                    Sender::Rows { source, projections: members, rows }
                }
            });
        }
        let longest = senders.iter().map(|sender| match sender {
            Sender::Rows { rows, .. } => rows.longest_delay(),
            Sender::Lists { projection, .. } => incoming[*projection]
                .as_ref()
                .map_or(0, |incoming| incoming.lists.delays().end.saturating_sub(1)),
        });
        let places = receptors.last().map_or(0, |last| last.places().end);
        let pending = PendingEvents::new(places, longest.max().unwrap_or(0), single);
        Ok(Self { receptors, senders, pending })
    }

    /// Calls `f` with the source, target (in the numbering of its part), delay and own weight of every synapse of `projection` that
    /// lies in rows here.
    pub(super) fn for_each_synapse(
        &self,
        projection: usize,
        mut f: impl FnMut(u32, u32, u32, Option<f32>),
    ) {
        for sender in &self.senders {
            let Sender::Rows { projections, rows, .. } = sender else { continue };
            for own in projections.iter().filter(|own| own.projection == projection) {
                let receptor = &self.receptors[own.receptor];
                let to_neuron = |place: u16| {
                    let place = usize::from(place);
                    let own = receptor.places().contains(&place);
                    own.then(|| (place - receptor.first + receptor.neurons.start) as u32)
                };
                for source in 0..rows.sources() {
                    for (delay, places, weights) in rows.runs(source) {
                        for (i, &place) in places.iter().enumerate() {
                            if let Some(neuron) = to_neuron(place) {
                                f(source, neuron, delay, weights.map(|weights| weights[i]));
                            }
                        }
                    }
                }
            }
        }
    }

    /// Adds what arrives in `step` to the receptors.
    pub(crate) fn take(&mut self, step: u32, parts: &mut [Part]) {
        let due = self.pending.due(step);
        for receptor in &self.receptors {
            let events = parts[receptor.part].receptors[receptor.column].events();
            let events = &mut events[receptor.neurons.clone()];
            for (event, due) in events.iter_mut().zip(&mut due[receptor.places()]) {
                *event += std::mem::take(due);
            }
        }
    }
}

/// The receptors of parts that delayed events reach, packed into runs of up to [`PLACES`]: those whose events all have weights of
/// single precision, or the others.
fn packed(lowering: &Lowering<'_>, parts: &[Part], single: bool) -> Vec<Vec<DelayedReceptor>> {
    let mut packed: Vec<Vec<DelayedReceptor>> = Vec::new();
    let mut used = PLACES;
    for (index, part) in parts.iter().enumerate() {
        for column in 0..part.receptors.len() {
            let mut sending = lowering.sending_later(part.population, column).peekable();
            if sending.peek().is_none()
                || sending.all(|w| lowering.own_weights_in_rows(w) == Some(true)) != single
            {
                continue;
            }
            let mut start = 0;
            while start < part.len {
                if used == PLACES {
                    packed.push(Vec::new());
                    used = 0;
                }
                let end = part.len.min(start + PLACES - used);
                if let Some(last) = packed.last_mut() {
                    let neurons = start..end;
                    last.push(DelayedReceptor { part: index, column, neurons, first: used });
                }
                used += end - start;
                start = end;
            }
        }
    }
    packed
}

/// A sender before its rows are drawn.
struct Planned {
    source: Source,
    /// Of rows: whether synapses have weights of their own.
    own_weights: Option<bool>,
    members: Vec<RowProjection>,
}

/// Which projections onto `receptors` share rows: those of one source with weights of their own, as long as every receptor is
/// reached in the order of its projections.
fn plan(lowering: &Lowering<'_>, parts: &[Part], receptors: &[DelayedReceptor]) -> Vec<Planned> {
    let mut planned: Vec<Planned> = Vec::new();
    // For each receptor the sender from which on the next projection may join.
    let mut next = vec![0; receptors.len()];
    for projection in 0..lowering.wired.len() {
        for (r, receptor) in receptors.iter().enumerate() {
            let population = parts[receptor.part].population;
            let mut all = lowering.sending_later(population, receptor.column);
            if !all.any(|w| w == projection) {
                continue;
            }
            let member = RowProjection { projection, receptor: r };
            let source = lowering.source(projection);
            let own_weights = lowering.own_weights_in_rows(projection);
            let joins = |other: &Planned| {
                own_weights == Some(true)
                    && other.own_weights == Some(true)
                    && other.source == source
            };
            let place = (next[r]..planned.len()).find(|&i| joins(&planned[i]));
            match place {
                Some(i) => planned[i].members.push(member),
                None => planned.push(Planned { source, own_weights, members: vec![member] }),
            }
            next[r] = place.unwrap_or(planned.len() - 1) + 1;
        }
    }
    planned
}

impl Lowering<'_> {
    /// Whether the events of a projection are put into bins when they are sent: where synapses differ in delay, and
    /// no weight or probability changes while a spike is on its way (it is that of the arrival which counts).
    pub(super) fn sends_later(&self, wired: usize) -> bool {
        let projection = self.projection(wired);
        let lasts = |now: &Projection| {
            now.weight == projection.weight
                && now.release_probability == projection.release_probability
        };
        projection.delays.as_constant().is_none()
            && !self.is_placed(projection)
            && self
                .model
                .changes()
                .iter()
                .all(|change| lasts(&change.model.projections()[self.wired[wired]]))
    }

    /// Those onto a receptor of a population that send their events at the time of the spike.
    pub(super) fn sending_later(
        &self,
        population: usize,
        column: usize,
    ) -> impl Iterator<Item = usize> + '_ {
        (0..self.wired.len()).filter(move |&w| {
            let projection = self.projection(w);
            projection.target == population
                && self.column_of(projection) == column
                && self.sends_later(w)
        })
    }

    /// Whether the synapses of a projection lie in rows that it may share with others, and then whether each has a weight of its
    /// own: static ones that differ in delay and that nothing looks at.
    pub(super) fn own_weights_in_rows(&self, wired: usize) -> Option<bool> {
        let projection = self.projection(wired);
        let mut sampled = self.model.sampled(projection.target).iter().map(|s| &s.quantity);
        let is_seen = sampled.any(|quantity| {
            matches!(quantity, Quantity::Weight { projection, .. } if *projection == self.wired[wired])
        });
        let is_static = projection.plasticity.is_none()
            && projection.synapse.is_none()
            && self.model.source_equations(projection.receptor).is_none();
        (is_static && !is_seen && self.sends_later(wired))
            .then(|| projection.weights.constant().is_none())
    }
}
