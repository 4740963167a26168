//! One worker's steps: record, integrate, threshold, deliver.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

use pulp::Arch;

use crate::cell::SynapticInput;
use crate::drive::BLOCK;
use crate::kernel::{ConductanceSums, Injected, sum_conductances};
use crate::model::Source;
use crate::network::{Part, Quantity, Release, Shared, WorkerState};
use crate::random::SynapseDraws;
use crate::simulation::BlowUp;
use crate::spec::Method;

/// Spikes of every worker in the last steps: what workers tell each other.
pub(crate) struct SpikeExchange {
    /// `[worker][step % history]`: network-wide neuron numbers, ascending.
    slots: Vec<Vec<RwLock<Vec<u32>>>>,
    history: u32,
}

impl SpikeExchange {
    pub(crate) fn new(workers: usize, history: u32) -> Self {
        let slots =
            (0..workers).map(|_| (0..history).map(|_| RwLock::default()).collect()).collect();
        Self { slots, history }
    }

    fn slot(&self, worker: usize, step: u32) -> &RwLock<Vec<u32>> {
        &self.slots[worker][(step % self.history) as usize]
    }
}

/// A barrier that spins briefly before it yields: steps last microseconds.
struct StepBarrier {
    parties: usize,
    arrived: AtomicUsize,
    generation: AtomicUsize,
}

impl StepBarrier {
    fn new(parties: usize) -> Self {
        Self { parties, arrived: AtomicUsize::new(0), generation: AtomicUsize::new(0) }
    }

    fn wait(&self) {
        if self.parties == 1 {
            return;
        }
        let generation = self.generation.load(Ordering::Acquire);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.parties {
            self.arrived.store(0, Ordering::Relaxed);
            self.generation.fetch_add(1, Ordering::Release);
            return;
        }
        let mut spins = 0u32;
        while self.generation.load(Ordering::Acquire) == generation {
            spins += 1;
            if spins < 4096 {
                std::hint::spin_loop();
            } else {
                // More workers than free cores: let the others run.
                std::thread::yield_now();
            }
        }
    }
}

/// What the workers of one segment share: where they meet and when they stop.
pub(crate) struct Meeting {
    barrier: StepBarrier,
    /// First step in which a worker failed; `u32::MAX` while none has.
    failed_step: AtomicU32,
}

impl Meeting {
    pub(crate) fn new(workers: usize) -> Self {
        Self { barrier: StepBarrier::new(workers), failed_step: AtomicU32::new(u32::MAX) }
    }
}

/// What a worker brings back from a segment.
#[derive(Default)]
pub(crate) struct WorkerOutput {
    /// (step, network-wide neuron number), in order.
    pub spikes: Vec<(u32, u32)>,
    /// Per part, per trace of its population: samples `[time][neuron]` of the neurons in the part.
    pub traces: Vec<Vec<Vec<f64>>>,
    /// Where this worker's integration blew up.
    pub failure: Option<BlowUp>,
    /// Steps completed by this worker.
    pub steps: u32,
}

/// Runs `steps` for the worker `me`.
///
/// The order in a step is the contract of the engine:
///
/// 1. record the state at the start of the step;
/// 2. integrate V and the other variables, let the conductances decay;
/// 3. threshold and reset;
/// 4. deliver afferent events, then spikes (of `delay` steps ago), to the conductances: the next
///    step sees them.
///
/// Resetting before delivering is the same as after: a reset touches only cell variables,
/// delivery only conductances. One barrier per step lets every worker see the others' spikes; a
/// worker may already write the next step's slot while others read this one's, which is why the
/// history is one slot longer than the longest delay needs.
pub(crate) fn run_worker(
    shared: &Shared,
    exchange: &SpikeExchange,
    meeting: &Meeting,
    state: &mut WorkerState,
    me: usize,
    steps: Range<u32>,
) -> WorkerOutput {
    let arch = Arch::new();
    let mut sums = ConductanceSums {
        g: vec![0.0; BLOCK],
        drive: vec![0.0; BLOCK],
        g_end: vec![0.0; BLOCK],
        drive_end: vec![0.0; BLOCK],
    };
    let mut fired = Vec::with_capacity(BLOCK);
    let mut output = WorkerOutput {
        traces: state
            .parts
            .iter()
            .map(|p| vec![Vec::new(); shared.populations[p.population].traces.len()])
            .collect(),
        ..WorkerOutput::default()
    };
    let (first_step, n_steps) = (steps.start, steps.end - steps.start);
    for step in steps {
        if step % shared.record_every == 0 {
            for (part, traces) in state.parts.iter().zip(&mut output.traces) {
                record(shared, part, traces);
            }
        }
        let before = output.spikes.len();
        for part in &mut state.parts {
            if let Err(failure) =
                integrate(arch, shared, part, step, &mut sums, &mut fired, &mut output.spikes)
            {
                output.failure.get_or_insert(failure);
                meeting.failed_step.fetch_min(step, Ordering::AcqRel);
            }
        }
        for part in &mut state.parts {
            deliver_afferent_rates(part, step);
        }
        if shared.coupled {
            {
                let mut slot =
                    exchange.slot(me, step).write().unwrap_or_else(PoisonError::into_inner);
                slot.clear();
                slot.extend(output.spikes[before..].iter().map(|spike| spike.1));
            }
            meeting.barrier.wait();
            // A failure in this step was published before the barrier; one that a faster worker
            // meets in the next step has a larger number. So all stop after the same step.
            if meeting.failed_step.load(Ordering::Acquire) <= step {
                output.steps = step + 1 - first_step;
                return output;
            }
        } else if output.failure.is_some() {
            output.steps = step + 1 - first_step;
            return output;
        }
        deliver_spikes(shared, exchange, state, step);
    }
    output.steps = n_steps;
    output
}

fn integrate(
    arch: Arch,
    shared: &Shared,
    part: &mut Part,
    step: u32,
    sums: &mut ConductanceSums,
    fired: &mut Vec<u32>,
    spikes: &mut Vec<(u32, u32)>,
) -> Result<(), BlowUp> {
    let population = &shared.populations[part.population];
    let current_at = |step: u32| {
        population
            .constant_current
            .unwrap_or_else(|| population.current.at(f64::from(step) * shared.dt))
    };
    let end = (shared.method != Method::Euler).then(|| current_at(step + 1));
    let injected = Injected { start: current_at(step), end };
    for range in part.blocks() {
        let n = range.len();
        sum_conductances(arch, &mut part.conductances, range.clone(), &injected, sums);
        let input = SynapticInput {
            g: &sums.g[..n],
            drive: &sums.drive[..n],
            g_end: &sums.g_end[..n],
            drive_end: &sums.drive_end[..n],
        };
        fired.clear();
        let offset = part.first + range.start as u32;
        population
            .stepper
            .advance(&mut part.columns, range, &mut part.free_from, input, step, fired)
            .map_err(|bad| BlowUp {
                population: population.name.clone(),
                neuron: offset + bad.index as u32,
                variable: bad.variable,
                value: bad.value,
                time: f64::from(step) * shared.dt,
                dt: shared.dt,
            })?;
        spikes.extend(fired.iter().map(|&i| (step, population.first + offset + i)));
    }
    Ok(())
}

fn record(shared: &Shared, part: &Part, traces: &mut [Vec<f64>]) {
    for (plan, samples) in shared.populations[part.population].traces.iter().zip(traces) {
        let n = (plan.neurons.saturating_sub(part.first) as usize).min(part.len);
        match plan.quantity {
            Quantity::Variable(k) => samples.extend_from_slice(&part.columns[k][..n]),
            Quantity::Conductance(c) => samples.extend_from_slice(&part.conductances[c].g[..n]),
            Quantity::Current(c) => {
                let column = &part.conductances[c];
                let potential = &part.columns[0][..n];
                samples.extend(
                    column.g[..n].iter().zip(potential).map(|(g, v)| g * (column.E_rev - v)),
                );
            }
        }
    }
}

fn deliver_afferent_rates(part: &mut Part, step: u32) {
    for drive in &mut part.drives {
        let intensity = drive.rate.intensity(step);
        if intensity <= 0.0 {
            continue;
        }
        let g = &mut part.conductances[drive.column].g;
        for (block, g) in drive.blocks.iter_mut().zip(g.chunks_mut(BLOCK)) {
            block.deliver(drive.rate.statistics(), intensity, drive.weight, g);
        }
    }
}

fn deliver_spikes(shared: &Shared, exchange: &SpikeExchange, state: &mut WorkerState, step: u32) {
    for (p, projection) in shared.projections.iter().enumerate() {
        let Some((part, lists)) = &state.lists[p] else {
            continue;
        };
        let part = &mut state.parts[*part];
        debug_assert_eq!(part.population, projection.target);
        let Some(sent) = step.checked_sub(projection.delay_steps) else {
            continue;
        };
        let first_target = part.first;
        let g = part.conductances[projection.column].g.as_mut_slice();
        let mut send = |source: u32| {
            let targets = lists.of(source as usize);
            match projection.release {
                None => targets.iter().for_each(|&t| g[t as usize] += projection.weight),
                Some(release) => send_stochastic(
                    release,
                    projection.weight,
                    source,
                    sent,
                    first_target,
                    targets,
                    g,
                ),
            }
        };
        match projection.source {
            Source::Population(i) => {
                let source = &shared.populations[i];
                for worker in 0..exchange.slots.len() {
                    let slot =
                        exchange.slot(worker, sent).read().unwrap_or_else(PoisonError::into_inner);
                    let start = slot.partition_point(|&neuron| neuron < source.first);
                    let end = slot.partition_point(|&neuron| neuron < source.first + source.size);
                    slot[start..end].iter().for_each(|&neuron| send(neuron - source.first));
                }
            }
            Source::Afferent(i) => {
                let events = &shared.afferents[i];
                let cursor = &mut state.cursors[p];
                while let Some(&(when, id)) = events.get(*cursor) {
                    if when > sent {
                        break;
                    }
                    if when == sent {
                        send(id);
                    }
                    *cursor += 1;
                }
            }
        }
    }
}

/// Sends one spike to its targets with stochastic release. The draw of a synapse depends on
/// source, step, target neuron and rank among multapses only, so that it is the same whichever
/// worker owns the target.
fn send_stochastic(
    release: Release,
    weight: f64,
    source: u32,
    step: u32,
    first_target: u32,
    targets: &[u32],
    g: &mut [f64],
) {
    let draws = SynapseDraws::new(release.base, source, step);
    let mut previous = None;
    let mut rank = 0u64;
    for &t in targets {
        rank = if previous == Some(t) { rank + 1 } else { 0 };
        previous = Some(t);
        let synapse = u64::from(first_target + t) | rank << 32;
        if draws.uniform(synapse) < release.probability {
            g[t as usize] += weight;
        }
    }
}
