//! Groups of independent cells under Poisson input: how single cells are measured.
//!
//! The cells of a group are equal and have the same input rates; nothing couples them. So a block of cells (of several
//! groups) runs through all its steps before the next block starts, with its state in the first cache, and blocks are
//! the unit of parallel work. Kernels and schedule are those of a network: record, integrate, threshold, deliver.

use std::collections::VecDeque;
use std::sync::Arc;

use pulp::Arch;
use rand_chacha::ChaCha8Rng;

use crate::engine::blow_up::{BlowUp, BlowUpCause};
use crate::engine::poisson::PoissonTrain;
use crate::engine::random::{Purpose, stream};
use crate::job::{Interrupted, Job};
use crate::kernel::{CellModel, CellNoise, CellStepper, StepContext};
use crate::kernel::{
    Column, ConductanceSums, Injected, Integration, ReceptorColumn, SynapticInput, column,
};
use crate::kernel::{Membrane, Receptor};
use crate::spec::{Distribution, Method};

/// Cells per block. Small, since a step in which some cell of a block fires costs a second look at the whole block.
/// Part of the bit contract.
const BLOCK: usize = 128;

/// A Poisson train of events onto each cell of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct PoissonInput {
    /// Index among the receptors.
    pub receptor: usize,
    /// What an event adds to the receptor's variable (nS, or pA for a current): drawn for every event, again if its sign is
    /// not that of the mean.
    pub weight: Distribution,
    /// Events per second and cell (>= 0).
    pub rate: f64,
    /// Name of its random stream.
    pub stream: String,
}

/// Equal cells with equal input.
#[derive(Debug, Clone, PartialEq)]
pub struct CellGroup {
    /// Name, for messages.
    pub name: String,
    /// Number of cells.
    pub cells: u32,
    /// Injected current (pA).
    pub current: f64,
    /// Inputs.
    pub inputs: Vec<PoissonInput>,
}

/// How the cells are measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Protocol {
    /// Time step (ms).
    pub dt: f64,
    /// Numerical method.
    pub method: Method,
    /// Seed of the random streams.
    pub seed: u64,
    /// Steps before counting starts.
    pub settle_steps: u32,
    /// Steps in which spikes are counted.
    pub counted_steps: u32,
    /// Steps between samples of the membrane potential in the counted time; `None` takes none.
    pub potential_every: Option<u32>,
    /// Bins of the lags at which pairs of spikes are counted: their width (steps) and number; `None` counts none.
    pub pairs: Option<LagBins>,
}

/// Bins of lags: bin `k` has the lags in `(k width, (k + 1) width]`, in steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LagBins {
    /// Width (steps), >= 1.
    pub width: u32,
    /// Number of bins.
    pub bins: usize,
}

/// What a group did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GroupMeasurement {
    /// Spikes of each cell in the counted time.
    pub counts: Vec<u32>,
    /// Mean and standard deviation in time (mV) of the membrane potential of each cell outside its refractory periods;
    /// `None` for a cell without such samples. Empty when none were asked for.
    pub potentials: Vec<Option<(f64, f64)>>,
    /// Pairs of spikes of one cell in the counted time, of all cells, per bin of [`Protocol::pairs`]. Empty when none were
    /// asked for.
    pub pairs: Vec<u64>,
}

/// Runs all groups. The result of a group depends on the group, the seed and the time step
/// alone: not on the number of threads, nor on the other groups.
///
/// A group whose numbers blow up fails by itself. An input whose `receptor` is not among `receptors` does nothing.
///
/// # Errors
/// [`Interrupted`]; what was measured until then is lost.
pub fn measure_groups(
    cell: &dyn CellModel,
    receptors: &[Receptor],
    groups: &[CellGroup],
    protocol: &Protocol,
    job: &Job<'_>,
) -> Result<Vec<Result<GroupMeasurement, BlowUp>>, Interrupted> {
    let stepper = cell.lower(protocol.dt, protocol.method);
    let rest = cell.rest();
    let linear = cell.linear_membrane();
    let method = cell.method(protocol.method);
    let integration = Integration { dt: protocol.dt, method, linear };
    let membrane = cell.membrane();
    let is_random = cell.is_random();
    let bench =
        Bench { stepper, rest, receptors, groups, protocol, integration, membrane, is_random, job };
    let blocks = pack(groups);
    let measured: Vec<Vec<Measured>> = job.each(&blocks, |block| bench.run(block))?;
    job.check()?;
    let mut results: Vec<Result<GroupMeasurement, BlowUp>> =
        groups.iter().map(|_| Ok(GroupMeasurement::default())).collect();
    // Units come in the order of groups and cells, so that appending keeps the order of cells.
    for (group, part) in measured.into_iter().flatten() {
        match (&mut results[group], part) {
            (Ok(all), Ok(part)) => {
                all.counts.extend(part.counts);
                all.potentials.extend(part.potentials);
                all.pairs.resize(part.pairs.len(), 0);
                all.pairs.iter_mut().zip(part.pairs).for_each(|(sum, more)| *sum += more);
            }
            (all @ Ok(_), Err(failure)) => *all = Err(failure),
            (Err(_), _) => {}
        }
    }
    Ok(results)
}

/// Some cells of a group in a block.
#[derive(Debug, Clone, Copy)]
struct Unit {
    group: usize,
    /// Index of its random streams.
    stream: u64,
    /// First cell, in the numbering of the group.
    first: u32,
    /// Place in the block.
    at: usize,
    len: usize,
}

/// Index of a group with what some of its cells did.
type Measured = (usize, Result<GroupMeasurement, BlowUp>);

/// Puts groups into blocks, in order; a group that is larger than a block is cut.
fn pack(groups: &[CellGroup]) -> Vec<Vec<Unit>> {
    let mut blocks: Vec<Vec<Unit>> = Vec::new();
    let mut filled = BLOCK;
    for (group, cells) in groups.iter().enumerate() {
        let cells = cells.cells as usize;
        for (stream, first) in (0u64..).zip((0..cells).step_by(BLOCK)) {
            let len = (cells - first).min(BLOCK);
            if filled + len > BLOCK {
                blocks.push(Vec::new());
                filled = 0;
            }
            if let Some(block) = blocks.last_mut() {
                block.push(Unit { group, stream, first: first as u32, at: filled, len });
            }
            filled += len;
        }
    }
    blocks
}

/// What all blocks share.
struct Bench<'a> {
    stepper: Arc<dyn CellStepper>,
    rest: Vec<f64>,
    receptors: &'a [Receptor],
    groups: &'a [CellGroup],
    protocol: &'a Protocol,
    integration: Integration,
    membrane: Membrane,
    /// Whether cells need random numbers of their own.
    is_random: bool,
    job: &'a Job<'a>,
}

/// Steps between two looks at the interruption of a job: some tenths of a millisecond.
const LOOK_EVERY: u32 = 64;

/// Why a block was left.
enum Left {
    /// The numbers of this unit blew up.
    BlownUp(usize, BlowUp),
    /// The job was interrupted.
    Interrupted,
}

impl From<Interrupted> for Left {
    fn from(_: Interrupted) -> Self {
        Left::Interrupted
    }
}

/// One input onto the cells of a unit.
struct Train {
    column: usize,
    weight: EventWeight,
    events: PoissonTrain,
    at: usize,
    len: usize,
}

/// What an event adds.
enum EventWeight {
    Equal(f64),
    Drawn(Distribution, Box<ChaCha8Rng>),
}

/// Sums of a cell's samples, relative to its resting potential so that squares keep their digits.
#[derive(Clone, Copy, Default)]
struct Samples {
    n: f64,
    sum: f64,
    squares: f64,
}

impl Samples {
    fn moments(self, offset: f64) -> Option<(f64, f64)> {
        let mean = self.sum / self.n;
        let variance = (self.squares / self.n - mean * mean).max(0.0);
        (self.n > 0.0).then(|| (offset + mean, variance.sqrt()))
    }
}

/// Counts the pairs that a spike of a cell makes with its earlier ones, of which those within the longest lag are kept.
fn count_pairs(earlier: &mut VecDeque<u32>, step: u32, lags: LagBins, pairs: &mut [u64]) {
    let width = lags.width.max(1);
    let bin = |other: u32| ((step - other - 1) / width) as usize;
    while earlier.front().is_some_and(|&other| bin(other) >= lags.bins) {
        earlier.pop_front();
    }
    // A cell spikes at most once in a step, so that every lag is at least one step.
    earlier.iter().for_each(|&other| pairs[bin(other)] += 1);
    earlier.push_back(step);
}

impl Bench<'_> {
    /// Runs a block; a unit that blows up is taken out and the others start again, which gives the numbers they would
    /// have had without it.
    fn run(&self, block: &[Unit]) -> Result<Vec<Measured>, Interrupted> {
        let mut failed: Vec<Measured> = Vec::new();
        let mut units = block.to_vec();
        loop {
            match self.attempt(&units) {
                Ok(measured) => {
                    let mut all: Vec<Measured> =
                        units.iter().map(|u| u.group).zip(measured.into_iter().map(Ok)).collect();
                    all.extend(failed);
                    return Ok(all);
                }
                Err(Left::BlownUp(index, blow_up)) => {
                    failed.push((units.remove(index).group, Err(blow_up)));
                }
                Err(Left::Interrupted) => return Err(Interrupted),
            }
        }
    }

    fn attempt(&self, units: &[Unit]) -> Result<Vec<GroupMeasurement>, Left> {
        let method = self.integration.method;
        let Protocol { dt, seed, settle_steps, counted_steps, potential_every, pairs, .. } =
            *self.protocol;
        let n = units.last().map_or(0, |u| u.at + u.len);
        let (mut columns, mut trains) = self.inputs(units, n);
        let mut state: Vec<Column> = self.rest.iter().map(|&x| column(x, n)).collect();
        let offset = self.rest.first().copied().unwrap_or(0.0);
        let mut free_from = column(0, n);
        let mut sums = ConductanceSums::new(n);
        let mut counts = vec![0u32; n];
        let mut earlier = vec![VecDeque::new(); n];
        let bins = pairs.map_or(0, |p| p.bins);
        let mut counted_pairs = vec![vec![0u64; bins]; units.len()];
        let mut samples = vec![Samples::default(); n];
        let mut fired = Vec::with_capacity(n);
        let end = (method != Method::Euler).then_some(0.0);
        let gain = self.integration.current_gain();
        let injected = Injected { start: 0.0, end };
        let driven = units.iter().any(|unit| self.groups[unit.group].current != 0.0);
        let arch = Arch::new();
        let mut scratch = Vec::new();
        let noise: Vec<CellNoise> = units
            .iter()
            .filter(|_| self.is_random)
            .map(|unit| CellNoise {
                cells: unit.at..unit.at + unit.len,
                stream: stream(seed, Purpose::CellNoise, &self.groups[unit.group].name, 0),
                index: unit.stream,
            })
            .collect();
        for step in 0..settle_steps.saturating_add(counted_steps) {
            if step % LOOK_EVERY == 0 {
                self.job.check()?;
            }
            let counted = step >= settle_steps;
            if counted
                && potential_every.is_some_and(|every| (step - settle_steps) % every.max(1) == 0)
            {
                take_samples(&state[0], &free_from, step, offset, &mut samples);
            }
            let inject = |sums: &mut ConductanceSums| {
                for unit in units {
                    let current = gain * self.groups[unit.group].current;
                    let cells = unit.at..unit.at + unit.len;
                    sums.drive[cells.clone()].iter_mut().for_each(|d| *d += current);
                    sums.drive_end[cells].iter_mut().for_each(|d| *d += current);
                }
            };
            let mut input = SynapticInput {
                arch,
                receptors: &mut columns,
                range: 0..n,
                injected: &injected,
                inject: driven.then_some(&inject),
                sums: &mut sums,
            };
            fired.clear();
            let mut at = StepContext { step, noise: &noise, scratch: &mut scratch };
            self.stepper
                .advance(&mut state, 0..n, &mut free_from, &mut input, &mut at, &mut fired)
                .map_err(|bad| {
                    let index = units.partition_point(|u| u.at + u.len <= bad.index);
                    let unit = units[index];
                    let failure = BlowUp {
                        population: self.groups[unit.group].name.clone(),
                        neuron: unit.first + (bad.index - unit.at) as u32,
                        variable: bad.variable,
                        value: bad.value,
                        time: f64::from(step) * dt,
                        dt,
                        cause: Box::new(BlowUpCause::of(
                            &columns,
                            bad.index,
                            self.groups[unit.group].current,
                            &self.membrane,
                            dt,
                            method == Method::Euler,
                        )),
                    };
                    Left::BlownUp(index, failure)
                })?;
            if counted {
                for &i in &fired {
                    counts[i as usize] += 1;
                    if let Some(lags) = pairs {
                        let unit = units.partition_point(|u| u.at + u.len <= i as usize);
                        let found = &mut counted_pairs[unit];
                        count_pairs(&mut earlier[i as usize], step, lags, found);
                    }
                }
            }
            for train in &mut trains {
                let Train { column, weight, events, at, len } = train;
                let s = &mut columns[*column].events()[*at..*at + *len];
                match weight {
                    EventWeight::Equal(weight) => events.draw(*len, |i| s[i] += *weight),
                    EventWeight::Drawn(weights, rng) => {
                        let positive = weights.mean() >= 0.0;
                        let allowed = |w: f64| w == 0.0 || (w > 0.0) == positive;
                        events.draw(*len, |i| s[i] += weights.draw_within(&mut **rng, allowed));
                    }
                }
            }
        }
        let measured = units.iter().zip(counted_pairs).map(|(unit, pairs)| {
            let cells = unit.at..unit.at + unit.len;
            let potentials = potential_every.map_or_else(Vec::new, |_| {
                samples[cells.clone()].iter().map(|s| s.moments(offset)).collect()
            });
            GroupMeasurement { counts: counts[cells].to_vec(), potentials, pairs }
        });
        Ok(measured.collect())
    }

    /// The receptors that the units use, and their inputs.
    fn inputs(&self, units: &[Unit], n: usize) -> (Vec<ReceptorColumn>, Vec<Train>) {
        let Protocol { dt, seed, .. } = *self.protocol;
        let mut used: Vec<usize> = Vec::new();
        let mut columns = Vec::new();
        let mut trains = Vec::new();
        for unit in units {
            for input in &self.groups[unit.group].inputs {
                let Some(receptor) = self.receptors.get(input.receptor) else { continue };
                let column = used.iter().position(|&r| r == input.receptor).unwrap_or_else(|| {
                    used.push(input.receptor);
                    columns.push(ReceptorColumn::new(receptor, n, &self.integration));
                    columns.len() - 1
                });
                let mean = input.rate * dt * 1e-3 * unit.len as f64;
                let rng = stream(seed, Purpose::AfferentEvents, &input.stream, unit.stream);
                if let Some(events) = PoissonTrain::new(mean, rng) {
                    let weight = match input.weight.constant() {
                        Some(weight) => EventWeight::Equal(weight),
                        None => {
                            let rng = stream(seed, Purpose::Weights, &input.stream, unit.stream);
                            EventWeight::Drawn(input.weight.clone(), Box::new(rng))
                        }
                    };
                    trains.push(Train { column, weight, events, at: unit.at, len: unit.len });
                }
            }
        }
        (columns, trains)
    }
}

fn take_samples(
    potentials: &[f64],
    free_from: &[u32],
    step: u32,
    offset: f64,
    samples: &mut [Samples],
) {
    for ((v, &free), s) in potentials.iter().zip(free_from).zip(samples) {
        if step >= free {
            let x = v - offset;
            s.n += 1.0;
            s.sum += x;
            s.squares += x * x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(cells: u32) -> CellGroup {
        CellGroup { name: "g".to_owned(), cells, current: 0.0, inputs: Vec::new() }
    }

    #[test]
    fn pairs_of_spikes_are_counted_by_their_lag() {
        let (mut earlier, mut pairs) = (VecDeque::new(), vec![0; 3]);
        let lags = LagBins { width: 10, bins: 3 };
        for step in [100, 110, 111, 130, 200] {
            count_pairs(&mut earlier, step, lags, &mut pairs);
        }
        // 100-110 and 110-111; 100-111, 110-130 and 111-130; 100-130. The last spike is alone.
        assert_eq!(pairs, [2, 3, 1]);
        assert_eq!(earlier, [200]);
    }

    #[test]
    fn groups_fill_blocks_in_order_and_large_ones_are_cut() {
        let blocks = pack(&[group(70), group(50), group(30), group(300)]);
        let places: Vec<Vec<(usize, u64, usize, usize)>> = blocks
            .iter()
            .map(|b| b.iter().map(|u| (u.group, u.stream, u.at, u.len)).collect())
            .collect();
        assert_eq!(
            places,
            [
                vec![(0, 0, 0, 70), (1, 0, 70, 50)],
                vec![(2, 0, 0, 30)],
                vec![(3, 0, 0, 128)],
                vec![(3, 1, 0, 128)],
                vec![(3, 2, 0, 44)],
            ]
        );
        assert!(pack(&[]).is_empty() && pack(&[group(0)]).is_empty());
    }
}
