//! Where the state of a morphological neuron is among the columns of the engine.

use std::ops::Range;

use ntwk_core::kernel::Column;

use crate::membrane::receptor::DoubleExponential;
use crate::solver::side_by_side::{COPIES, SideBySide};

/// The columns of a neuron: the potential of the soma, the events of each group of synapses (at its first site), then what the
/// neuron keeps for itself.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// Column of the potential at each position of the tree.
    pub potentials: Vec<usize>,
    /// First column of calcium, of as many as there are positions, where a mechanism uses it.
    pub calcium: Option<usize>,
    pub states: Vec<StateColumns>,
    pub groups: Vec<Group>,
    /// Number of columns.
    pub len: usize,
}

/// A variable of a mechanism in all its places.
#[derive(Debug, Clone)]
pub(super) struct StateColumns {
    pub mechanism: usize,
    pub variable: usize,
    /// First column.
    pub first: usize,
    /// Number of places.
    pub places: usize,
}

/// A group of synapses.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub name: String,
    pub sites: Vec<Site>,
    /// Share of the synapses up to and with each site.
    pub shares: Vec<f64>,
}

/// Synapses of a group at one node.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub position: usize,
    /// Column in which the events of a step wait (nS).
    pub events: usize,
    pub synapses: Vec<SiteSynapse>,
}

/// A receptor of a group at one node: Σ w e^(−t/τ_r) and Σ w e^(−t/τ_d) at the middle of the last step (nS).
#[derive(Debug, Clone)]
pub(super) struct SiteSynapse {
    pub receptor: DoubleExponential,
    /// Its peak over the weight of an event.
    pub ratio: f64,
    pub rise: usize,
    pub decay: usize,
}

/// What a group is before its columns are known: its name, its receptors with their share of the weight, and its sites as
/// positions with the number of locations there.
pub(super) struct GroupPlan {
    pub name: String,
    pub receptors: Vec<(DoubleExponential, f64)>,
    pub sites: Vec<(usize, usize)>,
}

impl Layout {
    pub fn new(
        copies: &SideBySide,
        soma: usize,
        uses_calcium: bool,
        plans: Vec<GroupPlan>,
    ) -> Self {
        let n = copies.tree().len();
        let mut len = 1 + plans.len();
        let mut more = |count: usize| {
            len += count;
            len - count
        };
        let potentials = (0..n).map(|k| if k == soma { 0 } else { more(1) }).collect();
        let calcium = uses_calcium.then(|| more(n));
        let mut states = Vec::new();
        for (mechanism, placed) in copies.mechanisms.iter().enumerate() {
            for variable in 0..placed.variables().len() {
                let places = placed.values(variable).len() / COPIES;
                states.push(StateColumns { mechanism, variable, first: more(places), places });
            }
        }
        let mut groups = Vec::new();
        for (g, plan) in plans.into_iter().enumerate() {
            let all: usize = plan.sites.iter().map(|s| s.1).sum();
            let mut before = 0;
            let (mut sites, mut shares) = (Vec::new(), Vec::new());
            for (i, &(position, count)) in plan.sites.iter().enumerate() {
                let events = if i == 0 { 1 + g } else { more(1) };
                let synapse = |&(receptor, ratio): &(DoubleExponential, f64)| SiteSynapse {
                    receptor,
                    ratio,
                    rise: more(1),
                    decay: more(1),
                };
                let synapses = plan.receptors.iter().map(synapse).collect();
                sites.push(Site { position, events, synapses });
                before += count;
                shares.push(before as f64 / all as f64);
            }
            groups.push(Group { name: plan.name, sites, shares });
        }
        Self { potentials, calcium, states, groups, len }
    }

    /// Takes the state of at most eight neurons; what is left of the eight copies has that of the first.
    pub fn load(&self, copies: &mut SideBySide, columns: &[Column], neurons: &Range<usize>) {
        for (&column, to) in self.potentials.iter().zip(copies.v.chunks_exact_mut(COPIES)) {
            take(&columns[column][neurons.clone()], to);
        }
        if let Some(first) = self.calcium {
            let n = self.potentials.len();
            let to = copies.calcium.chunks_exact_mut(COPIES);
            columns[first..first + n].iter().zip(to).for_each(|(c, to)| {
                take(&c[neurons.clone()], to);
            });
        }
        for s in &self.states {
            let to = copies.mechanisms[s.mechanism].values_mut(s.variable);
            let own = &columns[s.first..s.first + s.places];
            for (column, to) in own.iter().zip(to.chunks_exact_mut(COPIES)) {
                take(&column[neurons.clone()], to);
            }
        }
    }

    /// Gives the state back.
    pub fn store(&self, copies: &SideBySide, columns: &mut [Column], neurons: &Range<usize>) {
        for (&column, from) in self.potentials.iter().zip(copies.v.chunks_exact(COPIES)) {
            give(from, &mut columns[column][neurons.clone()]);
        }
        if let Some(first) = self.calcium {
            let n = self.potentials.len();
            let from = copies.calcium.chunks_exact(COPIES);
            columns[first..first + n].iter_mut().zip(from).for_each(|(c, from)| {
                give(from, &mut c[neurons.clone()]);
            });
        }
        for s in &self.states {
            let from = copies.mechanisms[s.mechanism].values(s.variable);
            let own = &mut columns[s.first..s.first + s.places];
            for (column, from) in own.iter_mut().zip(from.chunks_exact(COPIES)) {
                give(from, &mut column[neurons.clone()]);
            }
        }
    }
}

#[inline(always)]
fn take(from: &[f64], to: &mut [f64]) {
    match (<&[f64; COPIES]>::try_from(from), <&mut [f64; COPIES]>::try_from(&mut *to)) {
        (Ok(from), Ok(to)) => *to = *from,
        _ => {
            to[..from.len()].copy_from_slice(from);
            to[from.len()..].fill(from[0]);
        }
    }
}

#[inline(always)]
fn give(from: &[f64], to: &mut [f64]) {
    match (<&[f64; COPIES]>::try_from(from), <&mut [f64; COPIES]>::try_from(&mut *to)) {
        (Ok(from), Ok(to)) => *to = *from,
        _ => to.copy_from_slice(&from[..to.len()]),
    }
}
