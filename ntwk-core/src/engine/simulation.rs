//! A network that runs: integer clock, workers, segments.

use std::sync::{Arc, Mutex};

use ndarray::Array2;

use crate::engine::blow_up::BlowUp;
use crate::engine::exchange::SpikeExchange;
use crate::engine::gathered::{decode, encode};
use crate::engine::network::Network;
use crate::engine::rank_exchange::RankExchange;
use crate::engine::step_barrier::StepBarrier;
use crate::engine::worker::{WorkerOutput, run_worker};
use crate::model::RecordedAfferent;
use crate::ranks::Ranks;
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
    /// Another rank stopped, and says why.
    #[error("another rank stopped")]
    OtherRank,
}

/// A running network.
pub struct Simulation {
    network: Network,
    exchange: SpikeExchange,
    /// With the other ranks, where there are some.
    rank_exchange: Option<Mutex<RankExchange>>,
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
        let history = network.shared.history();
        let place = &network.place;
        let exchange = SpikeExchange::new(place, network.workers.len(), history, firsts);
        let between = |ranks: &Arc<dyn Ranks>| {
            Mutex::new(RankExchange::new(ranks.clone(), network.shared.round))
        };
        let rank_exchange = place.others().map(between);
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
        Self { network, exchange, rank_exchange, step, infos }
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
    /// Splitting a run into several calls does not change its bits. Of several ranks all make the same calls; the recorder of rank
    /// 0 is handed everything, that of another rank nothing.
    ///
    /// # Errors
    /// [`SimulationError::BlowUp`] when a variable leaves the sensible range, after the steps up
    /// to there have been handed to the recorder; [`SimulationError::Recorder`] when it refuses
    /// them; [`SimulationError::OtherRank`] where one of these happened on another rank.
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
        let Some(ranks) = self.network.place.others().cloned() else {
            let failure = self.first_failure(&outputs);
            let segment = self.assemble(&outputs, first, done);
            self.step = first + done;
            recorder.take(&segment)?;
            return failure.map_or(Ok(()), |blow_up| Err(blow_up.into()));
        };
        let own_failure = outputs.iter().any(|output| output.failure.is_some());
        let mut values = [u64::from(u32::MAX - done), u64::from(own_failure)];
        ranks.greatest(&mut values);
        let done = u32::MAX - values[0] as u32;
        self.step = first + done;
        let gathered = ranks.gather(encode(&outputs));
        let (mut kept, mut failure) = (Ok(()), None);
        if ranks.rank() == 0 {
            let outputs = self.decode(&gathered);
            failure = self.first_failure(&outputs);
            kept = recorder.take(&self.assemble(&outputs, first, done));
        }
        let lost = ranks.any(kept.is_err());
        kept?;
        match failure {
            Some(blow_up) => Err(blow_up.into()),
            None if lost || values[1] > 0 => Err(SimulationError::OtherRank),
            None => Ok(()),
        }
    }

    /// What the workers of all ranks brought back; none of those without neurons.
    fn decode(&self, gathered: &[Vec<u8>]) -> Vec<WorkerOutput> {
        let Network { shared, shares, place, .. } = &self.network;
        let of_rank = |(rank, bytes): (usize, &Vec<u8>)| {
            decode(shared, &shares[place.workers_of(rank, shares.len())], bytes)
        };
        gathered.iter().enumerate().flat_map(of_rank).collect()
    }

    /// The first blow-up: by time, population and neuron, whichever worker has it.
    fn first_failure(&self, outputs: &[WorkerOutput]) -> Option<BlowUp> {
        let failures = outputs.iter().filter_map(|o| o.failure.as_ref());
        let first = failures.min_by(|a, b| {
            let order = |f: &BlowUp| {
                let populations = &self.network.shared.populations;
                (populations.iter().position(|p| p.name == f.population), f.neuron)
            };
            a.time.total_cmp(&b.time).then_with(|| order(a).cmp(&order(b)))
        });
        first.cloned()
    }

    fn run_workers(&mut self, first: u32, n_steps: u32) -> Vec<WorkerOutput> {
        let shared = &self.network.shared;
        let exchange = &self.exchange;
        let barrier = &StepBarrier::new(self.network.workers.len(), self.rank_exchange.as_ref());
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
                for (output, share) in outputs.iter().zip(&self.network.shares) {
                    for ((of, neurons), traces) in share.iter().zip(&output.traces) {
                        if *of != p {
                            continue;
                        }
                        let n = plan.within(neurons.clone()).len();
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
