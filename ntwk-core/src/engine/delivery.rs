//! Events to receptors: rate-driven afferents, and spikes along target lists.

use std::ops::Range;
use std::sync::RwLockReadGuard;

use pulp::Arch;

use crate::engine::connectivity::{RowPlaces, SynapseRows, TargetLists};
use crate::engine::exchange::{SpikeExchange, StepSpikes};
use crate::engine::network::delayed::{DelayedInput, DelayedReceptor, RowProjection, Sender};
use crate::engine::network::{
    Incoming, LoweredProjection, Part, PartDrive, PlacedEvents, Release, Shared, WorkerState,
};
use crate::engine::plasticity::{EquationSynapses, Plasticity};
use crate::engine::poisson_table::PoissonTable;
use crate::engine::random::SynapseDraws;
use crate::engine::trains::AfferentSpikes;
use crate::kernel::{EventSums, PendingEvents, SumsAtPlaces, SumsLater, SumsNow};
use crate::model::Source;

/// Delivers the events of afferent populations that give each target a train of its own; those that are kept go to `kept`, per
/// entry of [`Shared::afferents`], as (step, target).
pub(crate) fn deliver_afferent_rates(
    arch: Arch,
    part: &mut Part,
    step: u32,
    kept: &mut [Vec<(u32, u32)>],
) {
    let first = part.first;
    for drive in &mut part.drives {
        let intensity = drive.rate.intensity(step);
        if intensity <= 0.0 {
            continue;
        }
        let weight = drive.weight;
        let table = drive.rate.is_dense(intensity).then(|| {
            let table = drive.table.get_or_insert_with(|| PoissonTable::new(intensity));
            table.set_mean(intensity);
            &*table
        });
        let statistics = drive.rate.statistics();
        if let Some(base) = drive.places {
            let raises = part.raises.iter_mut().find(|raises| raises.column == drive.column);
            if let Some(placed) = raises.and_then(|raises| raises.placed.as_mut()) {
                let kept = drive.kept.and_then(|place| kept.get_mut(place));
                deliver_to_places(drive, (base, first, part.block), placed, step, kept);
            }
            continue;
        }
        let events = part.receptors[drive.column].events();
        let blocks = drive.blocks.iter_mut().zip(events.chunks_mut(part.block));
        let Some(kept) = drive.kept.and_then(|place| kept.get_mut(place)) else {
            for (block, s) in blocks {
                match table {
                    Some(table) => block.add_dense(arch, table, weight, s),
                    None => block.draw(statistics, intensity, s.len(), |i, n| {
                        s[i] += weight * n as f64;
                    }),
                }
            }
            continue;
        };
        for ((block, s), number) in blocks.zip(0..) {
            let before = kept.len();
            let first = first + number * part.block as u32;
            let neurons = s.len();
            let take = |i: usize, n: u64| {
                s[i] += weight * n as f64;
                kept.extend((0..n).map(|_| (step, first + i as u32)));
            };
            match table {
                Some(table) => block.draw_dense(table, neurons, take),
                None => block.draw(statistics, intensity, neurons, take),
            }
            kept[before..].sort_unstable();
        }
    }
}

/// The events of a step of trains per target, each at a place of its own of the cell; `first` is the first neuron of the part.
fn deliver_to_places(
    drive: &mut PartDrive,
    (base, first, block): (u64, u32, usize),
    placed: &mut PlacedEvents,
    step: u32,
    mut kept: Option<&mut Vec<(u32, u32)>>,
) {
    let intensity = drive.rate.intensity(step);
    let (weight, len) = (drive.weight, placed.len);
    for (b, events) in drive.blocks.iter_mut().enumerate() {
        let start = b * block;
        let before = kept.as_ref().map_or(0, |kept| kept.len());
        let mut told = 0;
        let take = |i: usize, n: u64| {
            let neuron = start + i;
            for _ in 0..n {
                let draws = SynapseDraws::new(base, first + neuron as u32, step, 0);
                let at = placed.places.at(draws.uniform(told));
                told += 1;
                placed.sums[at * len + neuron] += weight;
                if let Some(kept) = &mut kept {
                    kept.push((step, first + neuron as u32));
                }
            }
        };
        let neurons = block.min(len - start);
        if drive.rate.is_dense(intensity) {
            let table = drive.table.get_or_insert_with(|| PoissonTable::new(intensity));
            table.set_mean(intensity);
            events.draw_dense(table, neurons, take);
        } else {
            events.draw(drive.rate.statistics(), intensity, neurons, take);
        }
        if let Some(kept) = &mut kept {
            kept[before..].sort_unstable();
        }
    }
}

/// Delivers the spikes that arrive in `step`, and lets synapses learn of the spikes in it: `told` has the steps whose spikes became
/// known at its end (this one; over ranks those of a round, or none), and the spikes of this worker in this step.
///
/// Spikes of afferent neurons that are kept go to `kept`, per entry of [`Shared::afferents`].
/// Every receptor variable is raised in the same order whichever worker owns it: first the sum of what its bin holds
/// (filled by step, projection, source neuron), then by delay, projection, source neuron.
pub(crate) fn deliver_spikes<'e>(
    shared: &Shared,
    exchange: &'e SpikeExchange,
    published: &mut Vec<RwLockReadGuard<'e, StepSpikes>>,
    state: &mut WorkerState,
    (told, fired): (Range<u32>, &[(u32, u32)]),
    kept: &mut [Vec<(u32, u32)>],
    step: u32,
) {
    for afferent in state.afferents.iter_mut().flatten() {
        afferent.advance(step);
    }
    for &(afferent, place) in &state.kept_afferents {
        let spikes = state.afferents[afferent].as_ref().map_or(&[][..], |a| a.at(step));
        kept[place].extend(spikes.iter().map(|&neuron| (step, neuron)));
    }
    for sent in told {
        update_efficacies(shared, exchange, published, state, sent);
        send_later(shared, exchange, published, state, sent);
    }
    let WorkerState {
        parts,
        incoming,
        delayed,
        schedule,
        afferents,
        sources: variables,
        fired: state_fired,
        ..
    } = state;
    for delayed in delayed {
        delayed.take(step, parts);
    }
    for (delay, projections) in schedule.iter() {
        let Some(sent) = step.checked_sub(*delay) else {
            break;
        };
        if shared.coupled {
            exchange.read(sent, published);
        }
        for &p in projections {
            let projection = &shared.projections[p];
            let Some(Incoming { part, lists, plasticity, sources }) = &mut incoming[p] else {
                continue;
            };
            if let Some(sums) = sources {
                if sums.raises {
                    let variables = &mut variables[sums.variables];
                    each_spike(shared, projection.source, published, afferents, sent, |source| {
                        variables.event(source, step);
                    });
                }
                continue;
            }
            let part = &mut parts[*part];
            let mut rule = Rule::new(projection, lists, plasticity, part.first, sent, step);
            if let Some(base) = projection.places {
                let raises = part.raises.iter_mut().find(|r| r.column == projection.column);
                let Some(placed) = raises.and_then(|r| r.placed.as_mut()) else { continue };
                let PlacedEvents { places, len, sums } = placed;
                let first = part.first;
                each_spike(shared, projection.source, published, afferents, sent, |source| {
                    // The same for every spike of a source: the synapse does not move.
                    let draws = SynapseDraws::new(base, source, 0, 0);
                    let mut ranks = Ranks::default();
                    let place_of = |neuron: u32| {
                        let synapse = synapse_number(first + neuron, ranks.of(neuron), *delay);
                        places.at(draws.uniform(synapse))
                    };
                    let mut sums =
                        SumsAtPlaces { sums, len: *len, first: lists.place(*delay), place_of };
                    rule.send(lists, source, lists.row_at(source, *delay), &mut sums);
                });
                continue;
            }
            let events = part.receptors[projection.column].events();
            let mut sums = SumsNow::new(events, lists.place(*delay));
            each_spike(shared, projection.source, published, afferents, sent, |source| {
                rule.send(lists, source, lists.row_at(source, *delay), &mut sums);
            });
        }
    }
    // The guards must be gone when the next step is told.
    published.clear();
    for part in parts.iter_mut().filter(|part| !part.raises.is_empty()) {
        let population = &shared.populations[part.population];
        let own = population.first + part.first;
        let local = |&(_, neuron): &(u32, u32)| neuron.checked_sub(own);
        state_fired.clear();
        state_fired.extend(fired.iter().filter_map(local).filter(|&n| (n as usize) < part.len));
        part.raise_variables(population.stepper.as_ref(), step, state_fired);
    }
    for (p, synapses) in incoming.iter_mut().enumerate() {
        if let Some(Incoming { part, plasticity: Some(plasticity), .. }) = synapses
            && !matches!(plasticity, Plasticity::ShortTerm(_))
        {
            let population = &shared.populations[shared.projections[p].target];
            let first = population.first + parts[*part].first;
            let end = first + parts[*part].len as u32;
            for &(_, neuron) in fired.iter().filter(|spike| (first..end).contains(&spike.1)) {
                plasticity.spike_of_target((neuron - first) as usize, step);
            }
            plasticity.end_step(step);
        }
    }
}

/// Short-term plasticity of the spikes sent in `step`.
fn update_efficacies<'e>(
    shared: &Shared,
    exchange: &'e SpikeExchange,
    published: &mut Vec<RwLockReadGuard<'e, StepSpikes>>,
    state: &mut WorkerState,
    step: u32,
) {
    let mut listening = false;
    for (p, synapses) in state.incoming.iter_mut().enumerate() {
        let Some(Incoming { plasticity: Some(Plasticity::ShortTerm(short_term)), .. }) = synapses
        else {
            continue;
        };
        short_term.begin(step);
        match shared.projections[p].source {
            Source::Population(i) => {
                if !listening {
                    exchange.read(step, published);
                    listening = true;
                }
                let first = shared.populations[i].first;
                for spikes in published.iter() {
                    spikes.of(i).iter().for_each(|&n| short_term.spike(n - first, step));
                }
            }
            Source::Afferent(i) => {
                if let Some(spikes) = &state.afferents[i] {
                    spikes.at(step).iter().for_each(|&n| short_term.spike(n, step));
                }
            }
        }
    }
    published.clear();
}

/// Puts the events of the spikes sent in `step` into the bins of the steps in which they arrive, where delays differ.
fn send_later<'e>(
    shared: &Shared,
    exchange: &'e SpikeExchange,
    published: &mut Vec<RwLockReadGuard<'e, StepSpikes>>,
    state: &mut WorkerState,
    step: u32,
) {
    let WorkerState { parts, incoming, delayed, afferents, .. } = state;
    if !delayed.is_empty() && shared.coupled {
        exchange.read(step, published);
    }
    for DelayedInput { receptors, senders, pending } in delayed {
        for sender in senders {
            match sender {
                Sender::Rows { source, projections, rows } => {
                    let common = shared.projections[projections[0].projection].weight;
                    let release = |own: &RowProjection| shared.projections[own.projection].release;
                    if projections.iter().all(|own| release(own).is_none()) {
                        each_spike(shared, *source, published, afferents, step, |source| {
                            send_row(rows, source, common, step, pending);
                        });
                        continue;
                    }
                    let mut repeats = Repeats::default();
                    each_spike(shared, *source, published, afferents, step, |source| {
                        let repeat = repeats.of(source);
                        for own in projections.iter() {
                            let receptor = &receptors[own.receptor];
                            let first = parts[receptor.part].first;
                            let draws = release(own).map(|release| {
                                (release, SynapseDraws::new(release.base, source, step, repeat))
                            });
                            let row = (&*rows, source, common);
                            send_released(row, receptor, first, draws, step, pending);
                        }
                    });
                }
                Sender::Lists { projection: p, receptor } => {
                    let projection = &shared.projections[*p];
                    let Some(Incoming { part, lists, plasticity, .. }) = &mut incoming[*p] else {
                        continue;
                    };
                    let part = &parts[*part];
                    let receptor = &receptors[*receptor];
                    let Range { start, end } = receptor.neurons;
                    let mut sums = SumsLater {
                        pending,
                        step: step + lists.delays().start,
                        len: part.len as u32,
                        neurons: start as u32..end as u32,
                        first: receptor.first as u32,
                    };
                    let mut rule = Rule::new(projection, lists, plasticity, part.first, step, step);
                    each_spike(shared, projection.source, published, afferents, step, |source| {
                        rule.send(lists, source, lists.row(source), &mut sums);
                    });
                }
            }
        }
    }
    published.clear();
}

/// Sends a spike of `source` along its row; `common` is the weight of all synapses where they are equal.
#[inline]
fn send_row(rows: &SynapseRows, source: u32, common: f64, step: u32, pending: &mut PendingEvents) {
    for (delay, places, weights) in rows.runs(source) {
        match weights {
            Some(weights) => pending.add_run(step + delay, places, weights),
            None => pending.add_equal(step + delay, places, common),
        }
    }
}

/// Sends it along the synapses of the row that reach `receptor`, of neurons of a part that begins with neuron `first`; each
/// transmits with a probability where there are draws for it.
fn send_released(
    (rows, source, common): (&SynapseRows, u32, f64),
    receptor: &DelayedReceptor,
    first: u32,
    draws: Option<(Release, SynapseDraws)>,
    step: u32,
    pending: &mut PendingEvents,
) {
    let own = receptor.places();
    for (delay, places, weights) in rows.runs(source) {
        let mut ranks = Ranks::default();
        for (i, &place) in places.iter().enumerate() {
            if !own.contains(&usize::from(place)) {
                continue;
            }
            let rank = ranks.of(u32::from(place));
            let neuron = (usize::from(place) - own.start + receptor.neurons.start) as u32;
            let transmits = draws.is_none_or(|(release, draws)| {
                draws.uniform(synapse_number(first + neuron, rank, delay)) < release.probability
            });
            if transmits {
                let weight = weights.map_or(common, |weights| f64::from(weights[i]));
                pending.add(step + delay, place, weight);
            }
        }
    }
}

/// Calls `f` with every spike of a source in step `sent`, as the number of the neuron in its population.
#[inline]
fn each_spike(
    shared: &Shared,
    source: Source,
    published: &[RwLockReadGuard<'_, StepSpikes>],
    afferents: &[Option<AfferentSpikes>],
    sent: u32,
    mut f: impl FnMut(u32),
) {
    match source {
        Source::Population(i) => {
            let first = shared.populations[i].first;
            for spikes in published {
                spikes.of(i).iter().for_each(|&neuron| f(neuron - first));
            }
        }
        Source::Afferent(i) => {
            if let Some(spikes) = &afferents[i] {
                spikes.at(sent).iter().for_each(|&neuron| f(neuron));
            }
        }
    }
}

/// How the spikes of a projection that were sent in one step act on its targets.
enum Rule<'a> {
    /// All synapses have this weight.
    Equal(f64),
    /// Each has its own.
    Weights(&'a [f32]),
    /// Each transmits with a probability.
    Stochastic(Stochastic<'a>),
    /// The next efficacy multiplies the weight.
    ShortTerm { efficacies: std::slice::Iter<'a, f64>, weight: f64 },
    /// Weights that the arrival changes.
    Stdp { stdp: &'a mut crate::engine::plasticity::Stdp, step: u32 },
    /// What its equations send multiplies the weight.
    Equations { synapses: &'a mut EquationSynapses, weight: f64, step: u32 },
}

struct Stochastic<'a> {
    release: Release,
    weight: f64,
    weights: Option<&'a [f32]>,
    sent: u32,
    first_target: u32,
    repeats: Repeats,
}

/// How often a source was met before in a step: it may send several events.
#[derive(Default)]
struct Repeats(Option<(u32, u32)>);

impl Repeats {
    /// Of the next spike, which is one of `source`.
    fn of(&mut self, source: u32) -> u32 {
        let repeat = match self.0 {
            Some((before, repeat)) if before == source => repeat + 1,
            _ => 0,
        };
        self.0 = Some((source, repeat));
        repeat
    }
}

/// Ranks of multapses, whose synapses lie side by side.
#[derive(Default)]
struct Ranks(Option<(u32, u64)>);

impl Ranks {
    /// Of the next synapse, which is one at `place`.
    fn of(&mut self, place: u32) -> u64 {
        let rank = match self.0 {
            Some((before, rank)) if before == place => rank + 1,
            _ => 0,
        };
        self.0 = Some((place, rank));
        rank
    }
}

/// The number of a synapse of a source among the draws of a spike: by target neuron, rank among multapses and delay, so that its
/// draw is the same whichever worker owns the target.
fn synapse_number(target: u32, rank: u64, delay: u32) -> u64 {
    u64::from(target) | (rank & 0xffff) << 32 | u64::from(delay) << 48
}

impl<'a> Rule<'a> {
    /// For the synapses `lists` onto the neurons from `first_target` on; the spikes were sent in the step `sent`.
    fn new(
        projection: &LoweredProjection,
        lists: &'a TargetLists,
        plasticity: &'a mut Option<Plasticity>,
        first_target: u32,
        sent: u32,
        step: u32,
    ) -> Self {
        let weight = projection.weight;
        match (plasticity, projection.release, lists.weights()) {
            (Some(Plasticity::Stdp(stdp)), ..) => Self::Stdp { stdp, step },
            (Some(Plasticity::Equations(synapses)), ..) => {
                Self::Equations { synapses, weight, step }
            }
            (Some(Plasticity::ShortTerm(short_term)), ..) => {
                Self::ShortTerm { efficacies: short_term.at(sent).iter(), weight }
            }
            (None, Some(release), weights) => Self::Stochastic(Stochastic {
                release,
                weight,
                weights,
                sent,
                first_target,
                repeats: Repeats::default(),
            }),
            (None, None, Some(weights)) => Self::Weights(weights),
            (None, None, None) => Self::Equal(weight),
        }
    }

    /// The next spike is one of `source`, whose synapses `row` add to `sums`.
    #[inline]
    fn send(
        &mut self,
        lists: &TargetLists,
        source: u32,
        row: Range<usize>,
        sums: &mut impl EventSums,
    ) {
        match lists.places(row.clone()) {
            RowPlaces::Short(places) => {
                let places = places.iter().map(|&place| u32::from(place));
                self.send_to(places, lists, source, row, sums);
            }
            RowPlaces::Long(places) => {
                self.send_to(places.iter().copied(), lists, source, row, sums);
            }
        }
    }

    #[inline]
    fn send_to(
        &mut self,
        places: impl Iterator<Item = u32>,
        lists: &TargetLists,
        source: u32,
        row: Range<usize>,
        sums: &mut impl EventSums,
    ) {
        match self {
            Self::Equal(weight) => sums.add_all(places.map(|place| (place, *weight))),
            Self::Weights(weights) => {
                sums.add_all(places.zip(weights[row].iter().map(|&w| f64::from(w))));
            }
            Self::ShortTerm { efficacies, weight } => {
                let efficacy = efficacies.next().copied().unwrap_or(0.0);
                match lists.weights() {
                    None => sums.add_all(places.map(|place| (place, efficacy * *weight))),
                    Some(weights) => {
                        let weights = weights[row].iter().map(|&w| efficacy * f64::from(w));
                        sums.add_all(places.zip(weights));
                    }
                }
            }
            Self::Stdp { stdp, step } => stdp.arrive(lists, source, *step, sums),
            Self::Equations { synapses, weight, step } => {
                synapses.arrive(lists, row, *weight, *step, sums);
            }
            Self::Stochastic(rule) => rule.send(lists, source, row, sums),
        }
    }
}

impl Stochastic<'_> {
    fn send(
        &mut self,
        lists: &TargetLists,
        source: u32,
        row: Range<usize>,
        sums: &mut impl EventSums,
    ) {
        let repeat = self.repeats.of(source);
        let draws = SynapseDraws::new(self.release.base, source, self.sent, repeat);
        let mut ranks = Ranks::default();
        for i in row {
            let place = lists.place_of(i);
            let rank = ranks.of(place);
            let (delay, target) = lists.delay_and_target(place);
            let synapse = synapse_number(self.first_target + target, rank, delay);
            if draws.uniform(synapse) < self.release.probability {
                sums.add(place, self.weights.map_or(self.weight, |w| f64::from(w[i])));
            }
        }
    }
}
