//! A network that runs: integer clock, workers, segments.

use ndarray::Array2;

use crate::engine::blow_up::BlowUp;
use crate::engine::exchange::{SpikeExchange, StepBarrier};
use crate::engine::network::Network;
use crate::engine::worker::{WorkerOutput, run_worker};
use crate::model::RecordedAfferent;
use crate::recording::Spikes;
use crate::recording::recorder::{
    MemoryRecorder, PopulationInfo, PopulationSegment, Recorder, RecorderError, Segment,
};

/// Why a run stopped early. What was computed before has reached the recorder.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The integration became unstable.
    #[error(transparent)]
    BlowUp(#[from] BlowUp),
    /// The recorder could not keep the results.
    #[error(transparent)]
    Recorder(#[from] RecorderError),
}

/// A running network.
pub struct Simulation {
    network: Network,
    exchange: SpikeExchange,
    step: u32,
    infos: Vec<PopulationInfo>,
}

impl Simulation {
    /// A simulation at time zero.
    #[must_use]
    pub fn new(network: Network) -> Self {
        Self::starting_at(network, 0)
    }

    /// A simulation that has done `step` steps, whose state is in `network`.
    pub(crate) fn starting_at(network: Network, step: u32) -> Self {
        let populations = &network.shared.populations;
        let total = populations.last().map_or(0, |p| p.first + p.size);
        let firsts = populations.iter().map(|p| p.first).chain([total]).collect();
        let history = network.shared.history;
        let exchange = SpikeExchange::new(network.workers.len(), history, firsts);
        let infos = network
            .shared
            .populations
            .iter()
            .map(|p| PopulationInfo {
                name: p.name.clone(),
                size: p.size,
                record_spikes: p.record_spikes,
                traces: p.traces.clone(),
            })
            .collect();
        Self { network, exchange, step, infos }
    }

    /// Steps done.
    #[must_use]
    pub fn step(&self) -> u32 {
        self.step
    }

    /// An empty recorder, in memory, for what this simulation records.
    #[must_use]
    pub fn recorder(&self) -> MemoryRecorder {
        MemoryRecorder::new(self.network.shared.dt, &self.infos, self.afferents())
    }

    /// Time reached (ms).
    #[must_use]
    pub fn time(&self) -> f64 {
        f64::from(self.step) * self.network.shared.dt
    }

    /// The spikes of the last steps.
    pub(crate) fn exchange(&self) -> &SpikeExchange {
        &self.exchange
    }

    /// The lowered network.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The lowered network, to change its state between segments.
    pub(crate) fn network_mut(&mut self) -> &mut Network {
        &mut self.network
    }

    /// What recorders need to know of the populations.
    #[must_use]
    pub fn populations(&self) -> &[PopulationInfo] {
        &self.infos
    }

    /// What recorders need to know of the afferent spikes that are kept.
    #[must_use]
    pub fn afferents(&self) -> &[RecordedAfferent] {
        &self.network.shared.afferents
    }

    /// Advances by `n_steps` steps and hands what they produced to `recorder`.
    ///
    /// Splitting a run into several calls does not change its bits.
    ///
    /// # Errors
    /// [`SimulationError::BlowUp`] when a variable leaves the sensible range, after the steps up
    /// to there have been handed to the recorder; [`SimulationError::Recorder`] when it refuses
    /// them.
    pub fn advance(
        &mut self,
        n_steps: u32,
        recorder: &mut dyn Recorder,
    ) -> Result<(), SimulationError> {
        let mut left = n_steps;
        while left > 0 {
            self.network.take_arrivals(self.step);
            let next = [self.network.next_change(), self.network.next_arrival(self.step)];
            let next = next.into_iter().flatten().min();
            let steps = next.map_or(left, |next| left.min(next - self.step));
            self.advance_unchanged(steps, recorder)?;
            self.network.apply_changes(self.step);
            left -= steps;
        }
        Ok(())
    }

    /// As [`Simulation::advance`], within the time between two events of the model.
    fn advance_unchanged(
        &mut self,
        n_steps: u32,
        recorder: &mut dyn Recorder,
    ) -> Result<(), SimulationError> {
        let first = self.step;
        let outputs = self.run_workers(first, n_steps);
        let done = outputs.iter().map(|o| o.steps).min().unwrap_or(n_steps);
        let failure = outputs
            .iter()
            .filter_map(|o| o.failure.as_ref())
            .min_by(|a, b| {
                let order = |f: &BlowUp| {
                    let populations = &self.network.shared.populations;
                    (populations.iter().position(|p| p.name == f.population), f.neuron)
                };
                a.time.total_cmp(&b.time).then_with(|| order(a).cmp(&order(b)))
            })
            .cloned();
        let segment = self.assemble(&outputs, first, done);
        self.step = first + done;
        recorder.take(&segment)?;
        failure.map_or(Ok(()), |blow_up| Err(blow_up.into()))
    }

    fn run_workers(&mut self, first: u32, n_steps: u32) -> Vec<WorkerOutput> {
        let shared = &self.network.shared;
        let exchange = &self.exchange;
        let barrier = &StepBarrier::new(self.network.workers.len());
        let steps = first..first + n_steps;
        let mut workers = self.network.workers.iter_mut().enumerate();
        let Some((_, own)) = workers.next() else {
            return Vec::new();
        };
        std::thread::scope(|scope| {
            let others: Vec<_> = workers
                .map(|(me, state)| {
                    let steps = steps.clone();
                    scope.spawn(move || run_worker(shared, exchange, barrier, state, me, steps))
                })
                .collect();
            let mut outputs = vec![run_worker(shared, exchange, barrier, own, 0, steps)];
            for other in others {
                match other.join() {
                    Ok(output) => outputs.push(output),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            outputs
        })
    }

    /// Joins the workers' outputs into arrays over whole populations.
    fn assemble(&self, outputs: &[WorkerOutput], first_step: u32, n_steps: u32) -> Segment {
        let shared = &self.network.shared;
        let population_of =
            |neuron: u32| shared.populations.partition_point(|p| p.first <= neuron) - 1;
        let mut numbers = vec![0; shared.populations.len()];
        for (_, neuron) in outputs.iter().flat_map(|output| &output.spikes) {
            numbers[population_of(*neuron)] += 1;
        }
        let mut populations: Vec<PopulationSegment> = numbers
            .into_iter()
            .map(|n| PopulationSegment { spikes: Spikes::with_capacity(n), traces: Vec::new() })
            .collect();

        // Workers own ascending runs of neurons: merging by step, worker after worker, gives the
        // spikes by step and then neuron.
        let end = first_step + n_steps;
        let mut cursors = vec![0; outputs.len()];
        for step in first_step..end {
            for (output, cursor) in outputs.iter().zip(&mut cursors) {
                while let Some(&(when, neuron)) = output.spikes.get(*cursor) {
                    if when != step {
                        break;
                    }
                    let p = population_of(neuron);
                    let spikes = &mut populations[p].spikes;
                    spikes.steps.push(u64::from(step));
                    spikes.ids.push(neuron - shared.populations[p].first);
                    *cursor += 1;
                }
            }
        }

        for (p, (population, segment)) in
            shared.populations.iter().zip(&mut populations).enumerate()
        {
            for (t, plan) in population.traces.iter().enumerate() {
                let rows = plan.steps.rows(u64::from(first_step)..u64::from(end));
                let mut data = Array2::zeros((rows.len(), plan.neurons.len()));
                let mut column = 0;
                for (output, worker) in outputs.iter().zip(&self.network.workers) {
                    for (part, traces) in worker.parts.iter().zip(&output.traces) {
                        if part.population != p {
                            continue;
                        }
                        let n = plan.within(part.neurons()).len();
                        for (row, values) in
                            traces[t].chunks_exact(n.max(1)).take(rows.len()).enumerate()
                        {
                            let mut row = data.row_mut(row);
                            row.iter_mut()
                                .skip(column)
                                .take(n)
                                .zip(values)
                                .for_each(|(to, &from)| *to = from);
                        }
                        column += n;
                    }
                }
                segment.traces.push(data);
            }
        }
        let afferents = (0..shared.afferents.len()).map(|place| {
            let told = outputs.iter().flat_map(|output| &output.afferents[place]);
            let mut all: Vec<(u32, u32)> = told.filter(|spike| spike.0 < end).copied().collect();
            // Workers own ascending runs of neurons.
            all.sort_by_key(|spike| spike.0);
            let (steps, ids) = all.into_iter().map(|(step, id)| (u64::from(step), id)).unzip();
            Spikes { steps, ids }
        });
        Segment { first_step, n_steps, populations, afferents: afferents.collect() }
    }
}
