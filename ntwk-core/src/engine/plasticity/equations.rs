//! Synapses by equations: variables of their own, advanced from event to event.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::targets::SynapsesByTarget;
use crate::engine::connectivity::TargetLists;
use crate::equations::{EventRoom, SynapseEquations};
use crate::job::Job;
use crate::kernel::{BLOCK, EventSums};

/// State of the synapses of a projection onto the neurons of one worker.
#[derive(Debug, Clone)]
pub(crate) struct EquationSynapses {
    equations: Arc<SynapseEquations>,
    dt: f64,
    /// Variables by synapse.
    columns: Vec<Vec<f64>>,
    /// Step of the last event of each synapse.
    last: Vec<u32>,
    /// Synapses by target, where spikes of targets act.
    by_target: Option<SynapsesByTarget>,
    room: EventRoom,
    /// Variables of synapses that do not lie beside each other.
    gathered: Vec<Vec<f64>>,
}

impl EquationSynapses {
    pub(crate) fn new(
        equations: &Arc<SynapseEquations>,
        dt: f64,
        lists: &TargetLists,
        by_target: Option<SynapsesByTarget>,
    ) -> Self {
        let initial = equations.initial.iter();
        Self {
            dt,
            columns: initial.map(|&value| vec![value; lists.len()]).collect(),
            last: vec![0; lists.len()],
            by_target,
            room: EventRoom::default(),
            gathered: vec![Vec::with_capacity(BLOCK); equations.initial.len()],
            equations: equations.clone(),
        }
    }

    /// A spike arrives at the synapses `row`: what they send goes to `sums`, times their weights.
    pub(crate) fn arrive(
        &mut self,
        lists: &TargetLists,
        row: Range<usize>,
        weight: f64,
        step: u32,
        sums: &mut impl EventSums,
    ) {
        let Self { equations, dt, columns, last, room, .. } = self;
        for start in row.clone().step_by(BLOCK) {
            let run = start..(start + BLOCK).min(row.end);
            room.elapsed.clear();
            for last in &mut last[run.clone()] {
                room.elapsed.push(f64::from(step - *last) * *dt);
                *last = step;
            }
            let own = columns.iter_mut().map(|column| &mut column[run.clone()]);
            equations.on_pre.run(own, room);
            if !equations.on_pre.sends {
                continue;
            }
            let places = run.clone().map(|synapse| lists.place_of(synapse));
            match lists.weights() {
                None => {
                    sums.add_all(
                        places.zip(&room.sent).map(|(place, sent)| (place, weight * sent)),
                    );
                }
                Some(weights) => {
                    let weights = weights[run].iter().map(|&w| f64::from(w));
                    let sent = weights.zip(&room.sent).map(|(weight, sent)| weight * sent);
                    sums.add_all(places.zip(sent));
                }
            }
        }
    }

    /// Target `target` (counted from the first of the run) spikes.
    pub(crate) fn spike(&mut self, target: usize, step: u32) {
        let Self { equations, dt, columns, last, by_target, room, gathered } = self;
        let (Some(on_post), Some(by_target)) = (&equations.on_post, by_target) else { return };
        for synapses in by_target.onto(target).chunks(BLOCK) {
            room.elapsed.clear();
            for synapse in synapses {
                let last = &mut last[synapse.synapse as usize];
                room.elapsed.push(f64::from(step - *last) * *dt);
                *last = step;
            }
            for (gathered, column) in gathered.iter_mut().zip(columns.iter()) {
                gathered.clear();
                gathered.extend(synapses.iter().map(|s| column[s.synapse as usize]));
            }
            on_post.run(gathered.iter_mut().map(Vec::as_mut_slice), room);
            for (gathered, column) in gathered.iter().zip(columns.iter_mut()) {
                for (value, s) in gathered.iter().zip(synapses) {
                    column[s.synapse as usize] = *value;
                }
            }
        }
    }

    /// A variable of a synapse, as its last event has left it.
    pub(crate) fn value(&self, variable: usize, synapse: usize) -> f64 {
        self.columns[variable][synapse]
    }

    /// What changes from step to step.
    pub(crate) fn state(&self, lists: &TargetLists) -> EquationSynapsesState {
        let by_target = by_target(lists);
        let of = |column: &Vec<f64>| by_target.synapses().map(|s| column[s]).collect();
        EquationSynapsesState {
            columns: self.columns.iter().map(of).collect(),
            last: by_target.synapses().map(|s| self.last[s]).collect(),
            numbers: by_target.numbers(),
        }
    }

    /// Takes up the state of the synapses onto these targets, the first of which is `first`; `false` when it is of another
    /// projection.
    pub(crate) fn restore(
        &mut self,
        state: &EquationSynapsesState,
        lists: &TargetLists,
        first: u32,
    ) -> bool {
        let by_target = by_target(lists);
        let Some(place) = by_target.place_among(&state.numbers, first) else { return false };
        let own = place..place + self.last.len();
        let columns = state.columns.iter().map(|column| column.get(own.clone()));
        let (Some(last), Some(columns)) =
            (state.last.get(own.clone()), columns.collect::<Option<Vec<_>>>())
        else {
            return false;
        };
        if columns.len() != self.columns.len() {
            return false;
        }
        for (k, synapse) in by_target.synapses().enumerate() {
            self.last[synapse] = last[k];
            for (column, kept) in self.columns.iter_mut().zip(&columns) {
                column[synapse] = kept[k];
            }
        }
        true
    }
}

/// The synapses by target.
fn by_target(lists: &TargetLists) -> SynapsesByTarget {
    // Nothing interrupts this job.
    let by_target =
        SynapsesByTarget::new(lists, lists.sources(), lists.targets() as usize, &Job::new());
    by_target.unwrap_or_default()
}

/// The variables of synapses by equations, as a checkpoint keeps them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EquationSynapsesState {
    /// Number of synapses onto every target.
    numbers: Vec<u32>,
    /// Of every synapse, target after target.
    columns: Vec<Vec<f64>>,
    last: Vec<u32>,
}

impl EquationSynapsesState {
    /// Adds the synapses onto the targets that follow.
    pub(crate) fn append(&mut self, later: Self) {
        self.numbers.extend(later.numbers);
        self.last.extend(later.last);
        let columns = self.columns.iter_mut().zip(later.columns);
        columns.for_each(|(all, more)| all.extend(more));
    }
}
