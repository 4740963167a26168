//! The samples that a worker takes.

use crate::engine::network::{Incoming, Part, SampledSynapses, Shared, WorkerState};
use crate::engine::plasticity::Plasticity;
use crate::model::{Quantity, Sampled};

/// When each trace of a worker is sampled next.
pub(crate) struct Sampler {
    /// Per part, per trace of its population: the next step with a sample of a neuron of the part.
    next: Vec<Vec<Option<u32>>>,
    /// The first of them.
    due: Option<u32>,
}

impl Sampler {
    /// Before `step`.
    pub(crate) fn new(shared: &Shared, parts: &[Part], step: u32) -> Self {
        let of_part = |part: &Part| {
            let traces = &shared.populations[part.population].traces;
            let next = |trace: &Sampled| {
                next_step(trace, step).filter(|_| !trace.within(part.neurons()).is_empty())
            };
            traces.iter().map(next).collect()
        };
        let next: Vec<Vec<Option<u32>>> = parts.iter().map(of_part).collect();
        let due = next.iter().flatten().flatten().min().copied();
        Self { next, due }
    }

    /// Takes the samples of `step`, at its start: per part, per trace, `[time][neuron]`.
    pub(crate) fn take(
        &mut self,
        shared: &Shared,
        state: &WorkerState,
        step: u32,
        samples: &mut [Vec<Vec<f64>>],
    ) {
        if self.due != Some(step) {
            return;
        }
        let parts = state.parts.iter().enumerate().zip(&mut self.next).zip(samples);
        for (((p, part), next), samples) in parts {
            let traces = shared.populations[part.population].traces.iter().enumerate();
            for (((t, trace), next), samples) in traces.zip(next).zip(samples) {
                if *next != Some(step) {
                    continue;
                }
                match trace.quantity {
                    Quantity::Weight { mean, variable, .. } => {
                        let mut all = state.sampled_synapses.iter();
                        if let Some(found) = all.find(|s| (s.part, s.trace) == (p, t)) {
                            let neurons = mean.then(|| trace.within(part.neurons()));
                            let what = (variable, neurons);
                            sample_weights(shared, state, found, what, step, samples);
                        }
                    }
                    Quantity::Definition(k) => {
                        let population = &shared.populations[part.population];
                        for &n in trace.within(part.neurons()) {
                            let neuron = (n - part.first) as usize;
                            let (drive, g) = part.input(
                                neuron,
                                population.current_at(step, shared.dt),
                                f64::from(step) * shared.dt,
                            );
                            samples.push(population.stepper.definition(
                                k,
                                &part.columns,
                                neuron,
                                drive,
                                g,
                                step,
                            ));
                        }
                    }
                    _ => sample(part, trace, samples),
                }
                *next = next_step(trace, step + 1);
            }
        }
        self.due = self.next.iter().flatten().flatten().min().copied();
    }
}

/// The first step from `step` on with a sample, where a step can have that number.
fn next_step(trace: &Sampled, step: u32) -> Option<u32> {
    trace.steps.next(u64::from(step)).and_then(|next| u32::try_from(next).ok())
}

fn sample(part: &Part, trace: &Sampled, samples: &mut Vec<f64>) {
    let neurons = trace.within(part.neurons());
    let (Some(&first), Some(&last)) = (neurons.first(), neurons.last()) else { return };
    let local = |n: u32| (n - part.first) as usize;
    match trace.quantity {
        Quantity::Variable(k) => pick(&part.columns[k], neurons, local, samples),
        Quantity::Receptor(c) => pick(&part.receptors[c].s, neurons, local, samples),
        Quantity::Weight { .. } | Quantity::Definition(_) => {}
        Quantity::Current(c) => {
            let (column, potential) = (&part.receptors[c], &part.columns[0]);
            let current = |i: usize| column.s[i] * (column.q - column.p * potential[i]);
            if neurons.len() == (last - first) as usize + 1 {
                samples.extend((local(first)..=local(last)).map(current));
            } else {
                samples.extend(neurons.iter().map(|&n| current(local(n))));
            }
        }
    }

    /// Copies a run of neurons, or gathers them one by one.
    fn pick(column: &[f64], neurons: &[u32], local: impl Fn(u32) -> usize, samples: &mut Vec<f64>) {
        let run = local(neurons[0])..local(neurons[neurons.len() - 1]) + 1;
        if run.len() == neurons.len() {
            samples.extend_from_slice(&column[run]);
        } else {
            samples.extend(neurons.iter().map(|&n| column[local(n)]));
        }
    }
}

/// The weight (or a variable) of every synapse, or its mean over the synapses onto each of `neurons`, NaN where there is none.
fn sample_weights(
    shared: &Shared,
    state: &WorkerState,
    found: &SampledSynapses,
    (variable, neurons): (Option<usize>, Option<&[u32]>),
    step: u32,
    samples: &mut Vec<f64>,
) {
    let Some(Incoming { lists, plasticity: Some(plasticity), .. }) =
        &state.incoming[found.incoming]
    else {
        return;
    };
    let common = shared.projections[found.incoming].weight;
    let weights = found.synapses.iter().map(|s| match (variable, plasticity) {
        (Some(variable), Plasticity::Equations(synapses)) => synapses.value(variable, s.synapse),
        _ => plasticity.weight(lists, common, s.source, s.synapse, step),
    });
    let Some(neurons) = neurons else {
        samples.extend(weights);
        return;
    };
    let mut rest = found.synapses.iter().zip(weights).peekable();
    for &neuron in neurons {
        let (mut sum, mut n) = (0.0, 0u32);
        while let Some((_, weight)) = rest.next_if(|(s, _)| s.target == neuron) {
            sum += weight;
            n += 1;
        }
        samples.push(if n > 0 { sum / f64::from(n) } else { f64::NAN });
    }
}
