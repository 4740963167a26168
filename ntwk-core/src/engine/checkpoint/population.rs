//! The state of the neurons of a population.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::engine::drive::BlockEvents;
use crate::engine::network::{Part, WorkerState};

/// Of consecutive neurons, from the first of the population on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct PopulationState {
    columns: Vec<Vec<f64>>,
    receptors: Vec<ReceptorState>,
    free_from: Vec<u32>,
    /// Per drive, per block of neurons.
    drives: Vec<Vec<BlockEvents>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ReceptorState {
    s: Vec<f64>,
    /// `x` of a double exponential.
    x: Option<Vec<f64>>,
    pending: Option<Pending>,
}

/// What is on its way to a receptor: sums of the neurons for each of the next steps, none where all are zero.
pub(super) type Pending = Vec<Vec<f64>>;

impl PopulationState {
    /// That of a part of a worker before `step`.
    pub(super) fn take(worker: &WorkerState, index: usize, step: u32) -> Self {
        let part = &worker.parts[index];
        let receptor = |column: usize| ReceptorState {
            s: part.receptors[column].s.to_vec(),
            x: part.receptors[column].rise.as_ref().map(|rise| rise.x.to_vec()),
            pending: take_pending(worker, index, column, step),
        };
        Self {
            columns: part.columns.iter().map(|c| c.to_vec()).collect(),
            receptors: (0..part.receptors.len()).map(receptor).collect(),
            free_from: part.free_from.to_vec(),
            drives: part.drives.iter().map(|drive| drive.blocks.clone()).collect(),
        }
    }

    /// Adds the neurons that follow.
    pub(super) fn append(&mut self, later: Self) {
        let before = self.free_from.len();
        if before == 0 {
            *self = later;
            return;
        }
        let more = later.free_from.len();
        self.free_from.extend(later.free_from);
        let columns = self.columns.iter_mut().zip(later.columns);
        columns.for_each(|(all, more)| all.extend(more));
        let drives = self.drives.iter_mut().zip(later.drives);
        drives.for_each(|(all, more)| all.extend(more));
        for (all, later) in self.receptors.iter_mut().zip(later.receptors) {
            all.s.extend(later.s);
            if let (Some(all), Some(more)) = (&mut all.x, later.x) {
                all.extend(more);
            }
            if let (Some(all), Some(mut later)) = (&mut all.pending, later.pending) {
                let steps = all.len().max(later.len());
                all.resize(steps, Vec::new());
                later.resize(steps, Vec::new());
                for (all, later) in all.iter_mut().zip(later) {
                    if !all.is_empty() || !later.is_empty() {
                        all.resize(before, 0.0);
                        all.extend(later);
                        all.resize(before + more, 0.0);
                    }
                }
            }
        }
    }

    /// What is on its way to a receptor.
    pub(super) fn pending(&self, column: usize) -> Option<&Pending> {
        self.receptors.get(column).and_then(|receptor| receptor.pending.as_ref())
    }

    /// Gives a part of a population of `size` neurons its state, but what is on its way; `false` when some length differs.
    pub(super) fn restore(&self, part: &mut Part, size: u32) -> bool {
        let size = size as usize;
        let blocks = size.div_ceil(part.block);
        let fits = self.columns.len() == part.columns.len()
            && self.columns.iter().all(|c| c.len() == size)
            && self.free_from.len() == size
            && self.receptors.len() == part.receptors.len()
            && self.receptors.iter().zip(&part.receptors).all(|(kept, receptor)| {
                kept.s.len() == size
                    && kept.x.is_some() == receptor.rise.is_some()
                    && kept.x.as_ref().is_none_or(|x| x.len() == size)
            })
            && self.drives.len() == part.drives.len()
            && self.drives.iter().all(|kept| kept.len() == blocks);
        if !fits {
            return false;
        }
        let first = part.first as usize;
        let own = first..first + part.len;
        for (column, kept) in part.columns.iter_mut().zip(&self.columns) {
            column.copy_from_slice(&kept[own.clone()]);
        }
        part.free_from.copy_from_slice(&self.free_from[own.clone()]);
        for (receptor, kept) in part.receptors.iter_mut().zip(&self.receptors) {
            receptor.s.copy_from_slice(&kept.s[own.clone()]);
            if let (Some(rise), Some(x)) = (&mut receptor.rise, &kept.x) {
                rise.x.copy_from_slice(&x[own.clone()]);
            }
        }
        for (drive, kept) in part.drives.iter_mut().zip(&self.drives) {
            // Parts begin with a block.
            let blocks = drive.blocks.len();
            drive.blocks.clone_from_slice(&kept[first / part.block..first / part.block + blocks]);
        }
        true
    }
}

/// What is on its way to a receptor of a part, from `step` on.
fn take_pending(worker: &WorkerState, part: usize, column: usize, step: u32) -> Option<Pending> {
    let own = || {
        worker.delayed.iter().flat_map(move |delayed| {
            let own =
                delayed.receptors.iter().filter(move |r| (r.part, r.column) == (part, column));
            own.map(|receptor| (&delayed.pending, receptor))
        })
    };
    let steps = own().map(|(pending, _)| pending.steps()).max()?;
    let mut all = vec![Vec::new(); steps as usize];
    for (pending, receptor) in own() {
        for (ahead, row) in (0..pending.steps()).zip(&mut all) {
            let sums = pending.state(step + ahead, receptor.places());
            if sums.iter().any(|sum| *sum != 0.0) {
                row.resize(worker.parts[part].len, 0.0);
                row[receptor.neurons.clone()].copy_from_slice(&sums);
            }
        }
    }
    Some(all)
}

/// Takes up what is on its way to the receptors of a worker, by population and column; `false` when delays differ.
pub(super) fn restore_pending<'k>(
    worker: &mut WorkerState,
    kept: impl Fn(usize, usize) -> Option<&'k Pending>,
    step: u32,
) -> bool {
    let WorkerState { parts, delayed, .. } = worker;
    let of = |part: usize, column: usize| kept(parts[part].population, column);
    for delayed in delayed.iter_mut() {
        for receptor in &delayed.receptors {
            let Some(rows) = of(receptor.part, receptor.column) else { return false };
            let first = parts[receptor.part].first as usize;
            let Range { start, end } = receptor.neurons;
            // As many steps as the longest delay of this receptor, or of those that shared its bins.
            for (ahead, row) in (0..).zip(rows) {
                let Some(sums) = row.get(first + start..first + end) else { continue };
                if sums.iter().all(|sum| *sum == 0.0) {
                    continue;
                }
                if ahead >= delayed.pending.steps() {
                    return false;
                }
                delayed.pending.restore(step + ahead, receptor.first, sums);
            }
        }
    }
    let is_reached = |part: usize, column: usize| {
        let mut receptors = delayed.iter().flat_map(|delayed| &delayed.receptors);
        receptors.any(|r| (r.part, r.column) == (part, column))
    };
    (0..parts.len()).all(|part| {
        let mut columns = 0..parts[part].receptors.len();
        columns.all(|c| of(part, c).is_some() == is_reached(part, c))
    })
}
