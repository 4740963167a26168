//! Spike-timing-dependent plasticity: a weight per synapse, a trace per neuron.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::targets::{Incoming, SynapsesByTarget};
use crate::engine::connectivity::TargetLists;
use crate::job::{Interrupted, Job};
use crate::kernel::EventSums;

/// State of the synapses of a projection onto the neurons of one worker (see
/// [`PlasticitySpec::Stdp`](crate::spec::PlasticitySpec) for the equations).
#[derive(Debug, Clone)]
pub(crate) struct Stdp {
    /// Amplitudes in units of the weight.
    potentiation: f64,
    depression: f64,
    w_max: f64,
    /// Weights by synapse.
    weights: Vec<f64>,
    by_target: SynapsesByTarget,
    /// Traces of the arrivals from each source, and of the spikes of each target.
    arrivals: Traces,
    spikes: Traces,
    /// Steps by which the synapses see a spike of the target later than its soma, relative to the arrivals.
    lag: u32,
    /// Spikes of targets that the synapses have not seen: when they will, and the target.
    unseen: VecDeque<(u32, u32)>,
}

/// Traces that decay, each from its last event.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Traces {
    /// Decay time constant in steps.
    tau: f64,
    /// Value after the last event and the step of that event.
    values: Vec<(f64, u32)>,
}

impl Traces {
    fn new(tau: f64, n: usize) -> Self {
        Self { tau, values: vec![(0.0, 0); n] }
    }

    fn at(&self, i: usize, step: u32) -> f64 {
        let (value, last) = self.values[i];
        if value == 0.0 { 0.0 } else { value * (-f64::from(step - last) / self.tau).exp() }
    }

    fn raise(&mut self, i: usize, step: u32) {
        self.values[i] = (self.at(i, step) + 1.0, step);
    }
}

/// Constants of the rule; times in steps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StdpRule {
    pub potentiation: f64,
    pub depression: f64,
    pub tau_plus: f64,
    pub tau_minus: f64,
    pub w_max: f64,
    pub lag: u32,
}

impl Stdp {
    pub(crate) fn new(
        rule: StdpRule,
        lists: &TargetLists,
        weight: f64,
        sources: u32,
        targets: usize,
        job: &Job<'_>,
    ) -> Result<Self, Interrupted> {
        let weights: Vec<f64> = match lists.weights() {
            Some(weights) => weights.iter().map(|&w| f64::from(w)).collect(),
            None => vec![weight; lists.len()],
        };
        Ok(Self {
            potentiation: rule.potentiation,
            depression: rule.depression,
            w_max: rule.w_max,
            weights,
            by_target: SynapsesByTarget::new(lists, sources, targets, job)?,
            arrivals: Traces::new(rule.tau_plus, sources as usize),
            spikes: Traces::new(rule.tau_minus, targets),
            lag: rule.lag,
            unseen: VecDeque::new(),
        })
    }

    /// A spike of `source` arrives (all synapses have one delay, so that a place is a target): adds the weights to `sums` and depresses.
    pub(crate) fn arrive(
        &mut self,
        lists: &TargetLists,
        source: u32,
        step: u32,
        sums: &mut impl EventSums,
    ) {
        self.arrivals.raise(source as usize, step);
        for synapse in lists.row(source) {
            let target = lists.place_of(synapse);
            let weight = &mut self.weights[synapse];
            sums.add(target, *weight);
            let change = self.depression * self.spikes.at(target as usize, step);
            *weight = (*weight - change).clamp(0.0, self.w_max);
        }
    }

    /// Target `target` (counted from the first of the run) spikes in `step`: potentiates when the synapses see it.
    pub(crate) fn spike(&mut self, target: usize, step: u32) {
        if self.lag == 0 {
            self.see(target, step);
        } else {
            self.unseen.push_back((step + self.lag, target as u32));
        }
    }

    /// After the arrivals of `step`: the synapses see the spikes that reach them now.
    pub(crate) fn end_step(&mut self, step: u32) {
        while let Some(&(when, target)) = self.unseen.front()
            && when <= step
        {
            self.unseen.pop_front();
            self.see(target as usize, step);
        }
    }

    fn see(&mut self, target: usize, step: u32) {
        self.spikes.raise(target, step);
        for &Incoming { synapse, source } in self.by_target.onto(target) {
            let weight = &mut self.weights[synapse as usize];
            let change = self.potentiation * self.arrivals.at(source as usize, step);
            *weight = (*weight + change).clamp(0.0, self.w_max);
        }
    }

    /// Weight of a synapse.
    pub(crate) fn weight(&self, synapse: usize) -> f64 {
        self.weights[synapse]
    }

    /// What changes from step to step, of targets from `first` of their population on.
    pub(crate) fn state(&self, first: u32) -> StdpState {
        StdpState {
            numbers: self.by_target.numbers(),
            weights: self.by_target.synapses().map(|synapse| self.weights[synapse]).collect(),
            arrivals: self.arrivals.values.clone(),
            spikes: self.spikes.values.clone(),
            unseen: self.unseen.iter().map(|&(when, target)| (when, first + target)).collect(),
        }
    }

    /// Takes up the state of these targets, the first of which is `first`; `false` when it is of another projection.
    pub(crate) fn restore(&mut self, state: &StdpState, first: u32) -> bool {
        let own = first as usize..first as usize + self.spikes.values.len();
        let weights = self.by_target.place_among(&state.numbers, first);
        let weights = weights.and_then(|place| state.weights.get(place..));
        let (Some(weights), Some(spikes)) = (weights, state.spikes.get(own.clone())) else {
            return false;
        };
        if weights.len() < self.weights.len() || state.arrivals.len() != self.arrivals.values.len()
        {
            return false;
        }
        for (synapse, weight) in self.by_target.synapses().zip(weights) {
            self.weights[synapse] = *weight;
        }
        self.arrivals.values.copy_from_slice(&state.arrivals);
        self.spikes.values.copy_from_slice(spikes);
        let unseen = state.unseen.iter().filter(|spike| own.contains(&(spike.1 as usize)));
        self.unseen = unseen.map(|&(when, target)| (when, target - first)).collect();
        true
    }
}

/// The variables of a projection with STDP, as a checkpoint keeps them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StdpState {
    /// Number of synapses onto every target.
    numbers: Vec<u32>,
    /// Weight of every synapse, target after target.
    weights: Vec<f64>,
    /// Trace of arrivals of every source, and the step it is of.
    arrivals: Vec<(f64, u32)>,
    /// Trace of spikes of every target, and the step it is of.
    spikes: Vec<(f64, u32)>,
    /// Spikes of targets that the synapses have not seen: when they will, and the target.
    unseen: Vec<(u32, u32)>,
}

impl StdpState {
    /// Adds the synapses onto the targets that follow.
    pub(crate) fn append(&mut self, later: Self) {
        self.numbers.extend(later.numbers);
        self.weights.extend(later.weights);
        self.spikes.extend(later.spikes);
        self.unseen.extend(later.unseen);
        // They are seen in the order of their times.
        self.unseen.sort_by_key(|spike| spike.0);
    }
}
