//! One worker's steps: record, integrate, threshold, deliver.

use std::ops::Range;

use pulp::Arch;

use crate::engine::blow_up::{BlowUp, BlowUpCause};
use crate::engine::delivery::{deliver_afferent_rates, deliver_spikes};
use crate::engine::exchange::SpikeExchange;
use crate::engine::network::{Incoming, Part, Shared, WorkerState};
use crate::engine::sampler::Sampler;
use crate::engine::step_barrier::StepBarrier;
use crate::kernel::BLOCK;
use crate::kernel::{ConductanceSums, Injected, StepContext, SynapticInput};
use crate::model::Source;

/// What a worker brings back from a segment.
#[derive(Default)]
pub(crate) struct WorkerOutput {
    /// (step, network-wide neuron number), in order.
    pub spikes: Vec<(u32, u32)>,
    /// Per part, per trace of its population: samples `[time][neuron]` of the neurons in the part.
    pub traces: Vec<Vec<Vec<f64>>>,
    /// Per entry of [`Shared::afferents`]: (step, train), by step and then train.
    pub afferents: Vec<Vec<(u32, u32)>>,
    /// Where this worker's integration blew up.
    pub failure: Option<BlowUp>,
    /// Steps completed by this worker.
    pub steps: u32,
}

impl WorkerOutput {
    /// That of a segment whose last step is `last`, as it failed. The trains of afferent neurons are not told in that step.
    fn ending_with(mut self, last: u32, first_step: u32, trains: &[(usize, usize)]) -> Self {
        self.steps = last + 1 - first_step;
        for &(_, place) in trains {
            self.afferents[place].retain(|spike| spike.0 < last);
        }
        self
    }
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
/// delivery only receptors. One barrier per step lets every worker see the others' spikes; a
/// worker may already write the next step's slot while others read this one's, which is why the
/// history is one slot longer than the longest delay needs. Over ranks the workers meet at the end of every [`Shared::round`] steps
/// only, before any spike of these arrives.
pub(crate) fn run_worker(
    shared: &Shared,
    exchange: &SpikeExchange,
    barrier: &StepBarrier<'_>,
    state: &mut WorkerState,
    me: usize,
    steps: Range<u32>,
) -> WorkerOutput {
    let arch = Arch::new();
    let mut room = Room {
        sums: ConductanceSums::new(BLOCK),
        scratch: Vec::new(),
        fired: Vec::with_capacity(BLOCK),
    };
    let mut published = Vec::new();
    let mut output = WorkerOutput {
        traces: state
            .parts
            .iter()
            .map(|p| vec![Vec::new(); shared.populations[p.population].traces.len()])
            .collect(),
        afferents: vec![Vec::new(); shared.afferents.len()],
        ..WorkerOutput::default()
    };
    let (first_step, end_step) = (steps.start, steps.end);
    let mut sampler = Sampler::new(shared, &state.parts, first_step);
    // The first step whose spikes this worker has not been told.
    let mut untold = first_step;
    for step in steps {
        for part in &mut state.parts {
            clamp(shared, part, step);
        }
        sampler.take(shared, state, step, &mut output.traces);
        let before = output.spikes.len();
        let mut told = step..step;
        if let Err(failure) = sum_over_sources(arch, shared, state, step) {
            output.failure.get_or_insert(failure);
            barrier.fail(step);
        }
        for part in &mut state.parts {
            if let Err(failure) = integrate(arch, shared, part, step, &mut room, &mut output.spikes)
            {
                output.failure.get_or_insert(failure);
                barrier.fail(step);
            }
        }
        for part in &mut state.parts {
            deliver_afferent_rates(arch, part, step, &mut output.afferents);
        }
        if shared.coupled {
            exchange.publish(me, step, output.spikes[before..].iter().map(|spike| spike.1));
            let meets = (step + 1 - first_step).is_multiple_of(shared.round);
            if meets || step + 1 == end_step || output.failure.is_some() {
                if let Some(last) = barrier.wait(exchange, me, untold..step + 1) {
                    return output.ending_with(last, first_step, &state.kept_afferents);
                }
                (told, untold) = (untold..step + 1, step + 1);
            }
        } else if output.failure.is_some() {
            return output.ending_with(step, first_step, &[]);
        } else {
            told = step..step + 1;
        }
        let WorkerOutput { spikes, afferents, .. } = &mut output;
        let told = (told, &spikes[before..]);
        deliver_spikes(shared, exchange, &mut published, state, told, afferents, step);
    }
    output.steps = end_step - first_step;
    output
}

/// Sums the variables that receptors keep for sources into the cells, and makes a step with them.
fn sum_over_sources(
    arch: Arch,
    shared: &Shared,
    state: &mut WorkerState,
    step: u32,
) -> Result<(), BlowUp> {
    let WorkerState { parts, incoming, sources: variables, .. } = state;
    if variables.is_empty() {
        return Ok(());
    }
    for part in parts.iter_mut() {
        for &variable in &part.summed {
            part.columns[variable].fill(0.0);
        }
    }
    for incoming in incoming.iter().flatten() {
        let Incoming { part, lists, sources: Some(sums), .. } = incoming else { continue };
        let part = &mut parts[*part];
        sums.sum_into(&variables[sums.variables], lists, part.first, &mut part.columns);
    }
    for variables in variables {
        let source = variables.source;
        variables.advance(arch, step).map_err(|bad| {
            let population = match source {
                Source::Population(i) => &shared.populations[i],
                Source::Afferent(_) => &shared.populations[0],
            };
            BlowUp {
                population: match source {
                    Source::Population(_) => population.name.clone(),
                    Source::Afferent(_) => "of afferent neurons".to_owned(),
                },
                neuron: bad.index as u32,
                variable: bad.variable,
                value: bad.value,
                time: f64::from(step) * shared.dt,
                dt: shared.dt,
                cause: Box::new(BlowUpCause::of(
                    &[],
                    0,
                    0.0,
                    &population.membrane,
                    shared.dt,
                    true,
                )),
            }
        })?;
    }
    Ok(())
}

/// Puts clamped neurons at their command, where they are held like refractory ones until the clamp ends.
///
/// One that is released above its threshold starts from that: no neuron is above it at the start of a step.
fn clamp(shared: &Shared, part: &mut Part, step: u32) {
    let Part { clamps, columns, free_from, .. } = part;
    let Some(potential) = columns.first_mut().filter(|_| !clamps.is_empty()) else { return };
    let threshold = shared.populations[part.population].spike_threshold;
    for clamp in clamps.iter().filter(|clamp| clamp.steps.end == step) {
        clamp.neurons.iter().for_each(|&n| {
            potential[n as usize] = potential[n as usize].min(threshold);
        });
    }
    for clamp in clamps.iter().filter(|clamp| clamp.steps.contains(&step)) {
        let command = clamp.command.at(f64::from(step) * shared.dt);
        for &n in &clamp.neurons {
            potential[n as usize] = command;
            free_from[n as usize] = clamp.steps.end;
        }
    }
}

/// What a worker keeps from step to step, so that a step takes no memory.
struct Room {
    sums: ConductanceSums,
    scratch: Vec<f64>,
    fired: Vec<u32>,
}

fn integrate(
    arch: Arch,
    shared: &Shared,
    part: &mut Part,
    step: u32,
    room: &mut Room,
    spikes: &mut Vec<(u32, u32)>,
) -> Result<(), BlowUp> {
    let Room { sums, scratch, fired } = room;
    let population = &shared.populations[part.population];
    let gain = population.current_gain;
    let current_at = |step: u32| gain * population.current_at(step, shared.dt);
    let end = population.looks_at_end.then(|| current_at(step + 1));
    let injected = Injected { start: current_at(step), end };
    for (block, range) in part.blocks().enumerate() {
        let (injections, own_currents) = (&part.injections, &part.own_currents);
        let inject = |sums: &mut ConductanceSums| {
            let of_all = |step: u32| population.current.at(f64::from(step) * shared.dt);
            let added = injections.iter().map(|(neurons, current)| (neurons, current, false));
            let replaced = own_currents.iter().map(|(neurons, current)| (neurons, current, true));
            for (neurons, current, replaces) in added.chain(replaced) {
                let add = |step: u32, drive: &mut [f64]| {
                    let from = neurons.partition_point(|&n| (n as usize) < range.start);
                    let current = current.at(f64::from(step) * shared.dt);
                    let current = gain * if replaces { current - of_all(step) } else { current };
                    neurons[from..]
                        .iter()
                        .take_while(|&&n| (n as usize) < range.end)
                        .for_each(|&n| drive[n as usize - range.start] += current);
                };
                add(step, &mut sums.drive);
                if end.is_some() {
                    add(step + 1, &mut sums.drive_end);
                }
            }
        };
        let some = !injections.is_empty() || !own_currents.is_empty();
        let mut input = SynapticInput {
            arch,
            receptors: &mut part.receptors,
            range: range.clone(),
            injected: &injected,
            inject: some.then_some(&inject),
            sums,
        };
        fired.clear();
        let noise = part.noise.get(block).map_or(&[][..], std::slice::from_ref);
        let mut at = StepContext { step, noise, scratch };
        let offset = part.first + range.start as u32;
        population
            .stepper
            .advance(
                &mut part.columns,
                range.clone(),
                &mut part.free_from,
                &mut input,
                &mut at,
                fired,
            )
            .map_err(|bad| BlowUp {
                population: population.name.clone(),
                neuron: offset + bad.index as u32,
                variable: bad.variable,
                value: bad.value,
                time: f64::from(step) * shared.dt,
                dt: shared.dt,
                cause: Box::new(BlowUpCause::of(
                    &part.receptors,
                    range.start + bad.index,
                    injected.start / gain,
                    &population.membrane,
                    shared.dt,
                    !population.looks_at_end,
                )),
            })?;
        spikes.extend(fired.iter().map(|&i| (step, population.first + offset + i)));
    }
    Ok(())
}
