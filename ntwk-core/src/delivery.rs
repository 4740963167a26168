//! Events to receptors: rate-driven afferents, and spikes along target lists.

use std::sync::RwLockReadGuard;

use crate::connectivity::TargetLists;
use crate::drive::BLOCK;
use crate::exchange::{SpikeExchange, StepSpikes};
use crate::model::Source;
use crate::network::{Incoming, LoweredProjection, Part, Release, Shared, WorkerState};
use crate::plasticity::Plasticity;
use crate::random::SynapseDraws;

/// Delivers the events of afferent populations that give each target a train of its own.
pub(crate) fn deliver_afferent_rates(part: &mut Part, step: u32) {
    for drive in &mut part.drives {
        let intensity = drive.rate.intensity(step);
        if intensity <= 0.0 {
            continue;
        }
        let (weight, statistics) = (drive.weight, drive.rate.statistics());
        let events = part.receptors[drive.column].events();
        for (block, s) in drive.blocks.iter_mut().zip(events.chunks_mut(BLOCK)) {
            block.draw(statistics, intensity, s.len(), |i| s[i] += weight);
        }
    }
}

/// Delivers the spikes that arrive in `step`, and lets synapses learn of the spikes in it.
///
/// Every receptor variable is raised in the same order whichever worker owns it: by delay, then
/// projection, then source neuron.
pub(crate) fn deliver_spikes<'e>(
    shared: &Shared,
    exchange: &'e SpikeExchange,
    heard: &mut Vec<RwLockReadGuard<'e, StepSpikes>>,
    state: &mut WorkerState,
    fired: &[(u32, u32)],
    step: u32,
) {
    for afferent in state.afferents.iter_mut().flatten() {
        afferent.advance(step);
    }
    update_efficacies(shared, exchange, heard, state, step);
    let WorkerState { parts, incoming, schedule, afferents } = state;
    for (delay, projections) in schedule.iter() {
        let Some(sent) = step.checked_sub(*delay) else {
            break;
        };
        if shared.coupled {
            exchange.hear(sent, heard);
        }
        for &p in projections {
            let projection = &shared.projections[p];
            let Some(synapses) = &mut incoming[p] else { continue };
            let mut arrival = Arrival::new(projection, synapses, parts, *delay, sent, step);
            match projection.source {
                Source::Population(i) => {
                    let first = shared.populations[i].first;
                    for spikes in heard.iter() {
                        spikes.of(i).iter().for_each(|&neuron| arrival.send(neuron - first));
                    }
                }
                Source::Afferent(i) => {
                    if let Some(spikes) = &afferents[i] {
                        spikes.at(sent).iter().for_each(|&neuron| arrival.send(neuron));
                    }
                }
            }
        }
    }
    // The guards must be gone when the next step is told.
    heard.clear();
    for (p, synapses) in incoming.iter_mut().enumerate() {
        if let Some(Incoming { part, plasticity: Some(Plasticity::Stdp(stdp)), .. }) = synapses {
            let population = &shared.populations[shared.projections[p].target];
            let first = population.first + parts[*part].first;
            let end = first + parts[*part].len as u32;
            for &(_, neuron) in fired.iter().filter(|spike| (first..end).contains(&spike.1)) {
                stdp.spike((neuron - first) as usize, step);
            }
        }
    }
}

/// Short-term plasticity of the spikes sent in `step`.
fn update_efficacies<'e>(
    shared: &Shared,
    exchange: &'e SpikeExchange,
    heard: &mut Vec<RwLockReadGuard<'e, StepSpikes>>,
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
                    exchange.hear(step, heard);
                    listening = true;
                }
                let first = shared.populations[i].first;
                for spikes in heard.iter() {
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
    heard.clear();
}

/// The spikes of one projection and delay that arrive in a step.
struct Arrival<'a> {
    lists: &'a TargetLists,
    rule: Rule<'a>,
    events: &'a mut [f64],
    delay: u32,
}

/// How a spike acts on its targets.
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
    Stdp { stdp: &'a mut crate::plasticity::Stdp, step: u32 },
}

struct Stochastic<'a> {
    release: Release,
    weight: f64,
    weights: Option<&'a [f32]>,
    sent: u32,
    first_target: u32,
    /// Last source and how often it was met: a source may send several events in a step.
    previous: Option<(u32, u32)>,
}

impl<'a> Arrival<'a> {
    fn new(
        projection: &LoweredProjection,
        synapses: &'a mut Incoming,
        parts: &'a mut [Part],
        delay: u32,
        sent: u32,
        step: u32,
    ) -> Self {
        let part = &mut parts[synapses.part];
        debug_assert_eq!(part.population, projection.target);
        let Incoming { lists, plasticity, .. } = synapses;
        let weight = projection.weight;
        let rule = match (plasticity, projection.release, lists.weights()) {
            (Some(Plasticity::Stdp(stdp)), ..) => Rule::Stdp { stdp, step },
            (Some(Plasticity::ShortTerm(short_term)), ..) => {
                Rule::ShortTerm { efficacies: short_term.at(sent).iter(), weight }
            }
            (None, Some(release), weights) => Rule::Stochastic(Stochastic {
                release,
                weight,
                weights,
                sent,
                first_target: part.first,
                previous: None,
            }),
            (None, None, Some(weights)) => Rule::Weights(weights),
            (None, None, None) => Rule::Equal(weight),
        };
        let events = part.receptors[projection.column].events();
        Self { lists, rule, events, delay }
    }

    #[inline]
    fn send(&mut self, source: u32) {
        let Self { lists, rule, events, delay } = self;
        let row = lists.row(source, *delay);
        let targets = &lists.all_targets()[row.clone()];
        match rule {
            Rule::Equal(weight) => targets.iter().for_each(|&t| events[t as usize] += *weight),
            Rule::Weights(weights) => {
                for (&t, &w) in targets.iter().zip(&weights[row]) {
                    events[t as usize] += f64::from(w);
                }
            }
            Rule::ShortTerm { efficacies, weight } => {
                let efficacy = efficacies.next().copied().unwrap_or(0.0);
                match lists.weights() {
                    None => {
                        let w = efficacy * *weight;
                        targets.iter().for_each(|&t| events[t as usize] += w);
                    }
                    Some(weights) => {
                        for (&t, &w) in targets.iter().zip(&weights[row]) {
                            events[t as usize] += efficacy * f64::from(w);
                        }
                    }
                }
            }
            Rule::Stdp { stdp, step } => stdp.arrive(lists, source, *delay, *step, events),
            Rule::Stochastic(rule) => rule.send(source, *delay, row.start, targets, events),
        }
    }
}

impl Stochastic<'_> {
    /// The draw of a synapse depends on source, step, delay, target neuron and rank among
    /// multapses only, so that it is the same whichever worker owns the target.
    fn send(
        &mut self,
        source: u32,
        delay: u32,
        first_synapse: usize,
        targets: &[u32],
        events: &mut [f64],
    ) {
        let repeat = match self.previous {
            Some((before, repeat)) if before == source => repeat + 1,
            _ => 0,
        };
        self.previous = Some((source, repeat));
        let draws = SynapseDraws::new(self.release.base, source, self.sent, repeat);
        let mut previous = None;
        let mut rank = 0u64;
        for (i, &t) in targets.iter().enumerate() {
            rank = if previous == Some(t) { rank + 1 } else { 0 };
            previous = Some(t);
            let synapse =
                u64::from(self.first_target + t) | (rank & 0xffff) << 32 | u64::from(delay) << 48;
            if draws.uniform(synapse) < self.release.probability {
                events[t as usize] +=
                    self.weights.map_or(self.weight, |w| f64::from(w[first_synapse + i]));
            }
        }
    }
}
