//! From a model to the columns, constants and target lists of the engine.

use std::ops::Range;

use rand_chacha::rand_core::Rng;

use super::partition::Share;
use super::{
    Arrival, Incoming, LoweredPopulation, LoweredProjection, Part, PartDrive, PlacedEvents, Raises,
    Release, Shared, WorkerState,
};
use crate::engine::connectivity::{BuildError, TargetLists, Wiring};
use crate::engine::drive::{BlockEvents, EventRate};
use crate::engine::plasticity::{
    EquationSynapses, Plasticity, ShortTerm, Stdp, StdpRule, SynapsesByTarget,
};
use crate::engine::random::{Purpose, stream};
use crate::engine::source_variables::{Everyone, SourceSums, SourceVariables};
use crate::engine::trains::AfferentSpikes;
use crate::job::{Interrupted, Job};
use crate::kernel::{CellNoise, Integration, ReceptorColumn, column};
use crate::model::{
    Model, Population, PortEffect, Projection, Source, SynapticEvent, VoltageClamp,
};
use crate::spec::waveform::Waveform;
use crate::spec::{
    AfferentActivity, ConnectionSpec, Distribution, Method, PlasticitySpec, SpaceSpec, Trains,
};

/// A model on its way to a network.
pub(super) struct Lowering<'m> {
    pub(super) model: &'m Model,
    /// Projections that send spikes along target lists: indices in the model.
    pub(super) wired: Vec<usize>,
}

impl<'m> Lowering<'m> {
    pub(super) fn new(model: &'m Model) -> Self {
        let wired = model
            .projections()
            .iter()
            .enumerate()
            .filter(|(_, projection)| match projection.source {
                Source::Population(_) => true,
                Source::Afferent(i) => !model.afferents()[i].sends_trains_per_target(),
            })
            .map(|(index, _)| index)
            .collect();
        Self { model, wired }
    }

    /// Place among the projections with target lists of one of the model.
    pub(super) fn wired_place(&self, projection: usize) -> Option<usize> {
        self.wired.iter().position(|&index| index == projection)
    }

    /// The source of a projection with target lists.
    pub(super) fn source(&self, wired: usize) -> Source {
        self.projection(wired).source
    }

    /// What the synapses of a projection are drawn from.
    pub(super) fn wiring<'j>(&self, wired: usize, job: &'j Job<'j>) -> Wiring<'j>
    where
        'm: 'j,
    {
        let projection = self.projection(wired);
        Wiring {
            projection,
            source_size: self.source_size(projection),
            target_size: self.model.populations()[projection.target].size,
            spaces: self.spaces(projection),
            dt: self.model.dt(),
            seed: self.model.seed(),
            job,
        }
    }

    fn integration(&self, population: &Population) -> Integration {
        Integration {
            dt: self.model.dt(),
            method: population.cell.method(self.model.method()),
            linear: population.cell.linear_membrane(),
        }
    }

    /// Spaces of the source and the target of a projection, of populations that have one.
    fn spaces(&self, projection: &Projection) -> Option<[SpaceSpec; 2]> {
        let populations = self.model.populations();
        let Source::Population(source) = projection.source else { return None };
        Some([populations[source].space?, populations[projection.target].space?])
    }

    pub(super) fn projection(&self, wired: usize) -> &'m Projection {
        &self.model.projections()[self.wired[wired]]
    }

    /// What all workers read; spikes are kept for `wait` steps, and told in rounds of `round` steps.
    pub(super) fn shared(&self, wait: u32, round: u32) -> Shared {
        let model = self.model;
        let projections: Vec<LoweredProjection> =
            self.wired.iter().map(|&index| self.lower_projection(index)).collect();
        Shared {
            dt: model.dt(),
            populations: self.lower_populations(),
            afferents: model.recorded_afferents().to_vec(),
            coupled: projections.iter().any(|p| matches!(p.source, Source::Population(_))),
            projections,
            wait,
            round,
        }
    }

    fn lower_populations(&self) -> Vec<LoweredPopulation> {
        let model = self.model;
        let mut first = 0;
        let populations = model.populations().iter().enumerate();
        populations
            .map(|(index, population)| {
                let lowered = LoweredPopulation {
                    name: population.name.clone(),
                    size: population.size,
                    first,
                    stepper: population.cell.lower(model.dt(), model.method()),
                    membrane: population.cell.membrane(),
                    spike_threshold: population.cell.spike_threshold(),
                    current_gain: self.integration(population).current_gain(),
                    looks_at_end: population.cell.method(model.method()) != Method::Euler
                        && population.cell.linear_membrane().is_none(),
                    constant_current: population.current.constant(),
                    current: population.current.clone(),
                    traces: model.sampled(index).to_vec(),
                    record_spikes: model.spec().record.spikes,
                };
                first += population.size;
                lowered
            })
            .collect()
    }

    fn lower_projection(&self, index: usize) -> LoweredProjection {
        let projection = &self.model.projections()[index];
        let seed = self.model.seed();
        let release = (projection.release_probability < 1.0).then(|| Release {
            probability: projection.release_probability,
            base: stream(seed, Purpose::Release, &projection.name, 0).next_u64(),
        });
        let base = || stream(seed, Purpose::Places, &projection.name, 0).next_u64();
        LoweredProjection {
            index,
            places: self.is_placed(projection).then(base),
            source: projection.source,
            target: projection.target,
            column: self.column_of(projection),
            weight: projection.weight,
            release,
        }
    }

    /// Whether the synapses of a projection lie at several places of its targets.
    pub(super) fn is_placed(&self, projection: &Projection) -> bool {
        let population = &self.model.populations()[projection.target];
        population.ports.iter().any(|port| match &port.effect {
            PortEffect::Raises(variables) if port.receptor == projection.receptor => {
                matches!(variables[..], [(v, _)] if population.cell.event_places(v).is_some())
            }
            _ => false,
        })
    }

    /// Column of a projection's receptor in its target population; projections that share a
    /// receptor share the column.
    pub(super) fn column_of(&self, projection: &Projection) -> usize {
        let receptors = self.model.receptors_of(projection.target);
        receptors.iter().position(|&r| r == projection.receptor).unwrap_or(0)
    }

    /// Builds what one worker owns, but the rows of its delayed input.
    pub(super) fn worker(&self, share: &Share, job: &Job<'_>) -> Result<WorkerState, BuildError> {
        let parts = share.iter().map(|(p, range)| self.build_part(*p, range, job));
        let parts: Vec<Part> = parts.collect::<Result<_, _>>()?;
        let mut incoming = Vec::with_capacity(self.wired.len());
        for w in 0..self.wired.len() {
            let projection = self.projection(w);
            let part = parts.iter().position(|part| part.population == projection.target);
            incoming.push(match part {
                None => None,
                Some(part) => {
                    let lists = match self.own_weights_in_rows(w) {
                        // Its synapses are drawn into rows.
                        Some(_) => TargetLists::default(),
                        None => TargetLists::build(&self.wiring(w, job), parts[part].neurons())?,
                    };
                    Some(Incoming { part, lists, plasticity: None, sources: None })
                }
            });
        }
        Ok(WorkerState {
            parts,
            incoming,
            delayed: Vec::new(),
            schedule: Vec::new(),
            afferents: Vec::new(),
            kept_afferents: Vec::new(),
            sampled_synapses: Vec::new(),
            sources: Vec::new(),
            fired: Vec::new(),
        })
    }

    fn source_size(&self, projection: &Projection) -> u32 {
        match projection.source {
            Source::Population(i) => self.model.populations()[i].size,
            Source::Afferent(i) => self.model.afferents()[i].size,
        }
    }

    /// Adds what depends on how many steps spikes are kept.
    pub(super) fn finish(
        &self,
        worker: &mut WorkerState,
        history: u32,
        job: &Job<'_>,
    ) -> Result<(), Interrupted> {
        let (model, dt) = (self.model, self.model.dt());
        for (w, incoming) in worker.incoming.iter_mut().enumerate() {
            let Some(incoming) = incoming else { continue };
            let projection = self.projection(w);
            let sources = self.source_size(projection);
            incoming.plasticity = match projection.plasticity {
                None => None,
                Some(PlasticitySpec::TsodyksMarkram { U, tau_rec, tau_facil }) => {
                    let times = [tau_rec / dt, tau_facil / dt];
                    Some(Plasticity::ShortTerm(ShortTerm::new(U, times, sources, history)))
                }
                Some(PlasticitySpec::Stdp {
                    A_plus,
                    A_minus,
                    tau_plus,
                    tau_minus,
                    w_max,
                    dendritic_delay_fraction,
                }) => {
                    // A spike of the source acts the rest of the delay before its arrival, one of the target this share later;
                    // both are shifted, so that the first acts at the arrival.
                    let delay = incoming.lists.delays().end - 1;
                    let lag = 2.0 * dendritic_delay_fraction * f64::from(delay);
                    let rule = StdpRule {
                        potentiation: A_plus * w_max,
                        depression: A_minus * w_max,
                        tau_plus: tau_plus / dt,
                        tau_minus: tau_minus / dt,
                        w_max,
                        lag: lag.round() as u32,
                    };
                    let targets = worker.parts[incoming.part].len;
                    let (lists, weight) = (&incoming.lists, projection.weight);
                    let stdp = Stdp::new(rule, lists, weight, sources, targets, job)?;
                    Some(Plasticity::Stdp(stdp))
                }
            };
            incoming.sources = self.sources(projection, &mut worker.sources);
            if let Some(equations) = projection.synapse.and_then(|s| model.synapse_equations(s)) {
                let targets = worker.parts[incoming.part].len;
                let by_target = match &equations.on_post {
                    None => None,
                    Some(_) => Some(SynapsesByTarget::new(&incoming.lists, sources, targets, job)?),
                };
                let synapses = EquationSynapses::new(equations, dt, &incoming.lists, by_target);
                incoming.plasticity = Some(Plasticity::Equations(synapses));
            }
            let delays = incoming.lists.delays();
            if self.sends_later(w) {
                continue;
            }
            for delay in delays {
                match worker.schedule.iter_mut().find(|entry| entry.0 == delay) {
                    Some(entry) => entry.1.push(w),
                    None => worker.schedule.push((delay, vec![w])),
                }
            }
        }
        worker.schedule.sort_by_key(|entry| entry.0);
        worker.afferents = model
            .afferents()
            .iter()
            .enumerate()
            .map(|(i, afferent)| {
                let needed = worker.incoming.iter().enumerate().any(|(w, incoming)| {
                    incoming.is_some() && self.projection(w).source == Source::Afferent(i)
                });
                needed.then(|| AfferentSpikes::new(afferent, dt, model.seed(), history))
            })
            .collect();
        Ok(())
    }

    fn build_part(
        &self,
        index: usize,
        range: &Range<u32>,
        job: &Job<'_>,
    ) -> Result<Part, Interrupted> {
        let model = self.model;
        let population = &model.populations()[index];
        let len = (range.end - range.start) as usize;
        let integration = self.integration(population);
        let receptors = model
            .receptors_of(index)
            .iter()
            .map(|&r| ReceptorColumn::new(&model.receptors()[r], len, &integration))
            .collect();
        let block = population.cell.block();
        let first_block = u64::from(range.start) / block as u64;
        let blocks = len.div_ceil(block) as u64;
        let kept = model.recorded_afferents();
        let drives = model
            .projections()
            .iter()
            .enumerate()
            .filter(|(_, projection)| projection.target == index)
            .filter_map(|(p, projection)| {
                let name = &projection.name;
                let events = |b| {
                    let purpose = Purpose::AfferentEvents;
                    BlockEvents::new(model.seed(), purpose, name, first_block + b)
                };
                Some(PartDrive {
                    projection: p,
                    rate: self.event_rate(projection)?,
                    column: self.column_of(projection),
                    weight: projection.weight,
                    places: self.is_placed(projection).then(|| {
                        stream(model.seed(), Purpose::Places, &projection.name, 0).next_u64()
                    }),
                    blocks: (0..blocks).map(events).collect(),
                    table: None,
                    kept: kept.iter().position(|k| k.projection == Some(p)),
                })
            })
            .collect();
        let injections = local_currents(&population.injections, range);
        let clamps = population
            .voltage_clamps
            .iter()
            .map(|clamp| VoltageClamp { neurons: local(&clamp.neurons, range), ..clamp.clone() })
            .filter(|clamp| !clamp.neurons.is_empty())
            .collect();
        let own_currents = local_currents(&population.own_currents, range);
        let mut part = Part {
            population: index,
            first: range.start,
            len,
            block,
            columns: population.cell.rest().into_iter().map(|value| column(value, len)).collect(),
            receptors,
            free_from: column(0, len),
            drives,
            injections,
            own_currents,
            clamps,
            noise: self.noise(population, range),
            raises: self.raises(index, len),
            summed: self.summed(index),
        };
        self.initialise(population, &mut part, job)?;
        Ok(part)
    }

    /// The receptors of a population whose events raise variables of the cells.
    fn raises(&self, index: usize, len: usize) -> Vec<Raises> {
        let receptors = self.model.receptors_of(index);
        let population = &self.model.populations()[index];
        let raises = population.ports.iter().filter_map(|port| {
            let PortEffect::Raises(variables) = &port.effect else { return None };
            let effect = |&(variable, by)| (variable, by, population.cell.event_effect(variable));
            let places = match variables[..] {
                [(variable, _)] => population.cell.event_places(variable),
                _ => None,
            };
            Some(Raises {
                column: receptors.iter().position(|&r| r == port.receptor)?,
                variables: variables.iter().map(effect).collect(),
                placed: places.map(|places| PlacedEvents {
                    sums: vec![0.0; len * places.columns.len()],
                    places,
                    len,
                }),
            })
        });
        raises.collect()
    }

    /// Variables of the cells of a population that are sums over the variables of sources.
    fn summed(&self, index: usize) -> Vec<usize> {
        let ports = self.model.populations()[index].ports.iter();
        let sums = ports.filter_map(|port| match &port.effect {
            PortEffect::Sums(sums) => Some(sums.iter().map(|sum| sum.1)),
            PortEffect::Raises(_) => None,
        });
        sums.flatten().collect()
    }

    /// How a projection sums variables of its sources, where its receptor keeps some; those are among `variables` afterwards.
    fn sources(
        &self,
        projection: &Projection,
        variables: &mut Vec<SourceVariables>,
    ) -> Option<SourceSums> {
        let model = self.model;
        let equations = model.source_equations(projection.receptor)?;
        let ports = &model.populations()[projection.target].ports;
        let port = ports.iter().find(|port| port.receptor == projection.receptor)?;
        let PortEffect::Sums(sums) = &port.effect else { return None };
        let recurrent = projection.source == Source::Population(projection.target);
        let everyone = match projection.connection {
            ConnectionSpec::AllToAll { .. } if projection.weights.constant().is_none() => None,
            ConnectionSpec::AllToAll { autapses: false } if recurrent => Some(Everyone::Others),
            ConnectionSpec::AllToAll { .. } => Some(Everyone::All),
            _ => None,
        };
        let Projection { source, receptor, delay_steps: delay, weight, .. } = *projection;
        let same =
            |v: &SourceVariables| (v.source, v.receptor, v.delay) == (source, receptor, delay);
        let known = variables.iter().position(same);
        if known.is_none() {
            let size = self.source_size(projection);
            let step = (model.dt(), model.method());
            variables.push(SourceVariables::new(equations, step, (source, size), receptor, delay));
        }
        Some(SourceSums {
            variables: known.unwrap_or(variables.len() - 1),
            raises: known.is_none(),
            summed: sums.clone(),
            everyone,
            weight,
        })
    }

    /// The random numbers of the cells of a part, one entry for each block.
    fn noise(&self, population: &Population, range: &Range<u32>) -> Vec<CellNoise> {
        if !population.cell.is_random() {
            return Vec::new();
        }
        let stream = stream(self.model.seed(), Purpose::CellNoise, &population.name, 0);
        let size = population.cell.block();
        let starts = range.clone().step_by(size);
        let block = |start: u32| CellNoise {
            cells: 0..((range.end - start) as usize).min(size),
            stream: stream.clone(),
            index: u64::from(start) / size as u64,
        };
        starts.map(block).collect()
    }

    /// Draws the initial values that differ from rest, block by block.
    fn initialise(
        &self,
        population: &Population,
        part: &mut Part,
        job: &Job<'_>,
    ) -> Result<(), Interrupted> {
        let model = self.model;
        let variables = population.cell.variables();
        let receptors = model.receptors_of(part.population);
        for (name, distribution) in &population.initial {
            let column: &mut [f64] = if let Some(k) = variables.iter().position(|v| v.name == name)
            {
                &mut part.columns[k]
            } else {
                let receptor = name.strip_prefix("g_");
                let position = receptors
                    .iter()
                    .position(|&r| Some(model.receptors()[r].name.as_str()) == receptor);
                match position {
                    Some(column) => &mut part.receptors[column].s,
                    // A receptor that no projection onto this population uses.
                    None => continue,
                }
            };
            let entity = format!("{}.{name}", population.name);
            let size = part.block;
            let first_block = u64::from(part.first) / size as u64;
            for (b, values) in column.chunks_mut(size).enumerate() {
                job.check()?;
                let block = first_block + b as u64;
                if let Distribution::Listed(listed) = distribution {
                    let from = part.first as usize + b * size;
                    values.iter_mut().zip(&listed[from..]).for_each(|(value, own)| *value = *own);
                    continue;
                }
                let mut rng = stream(model.seed(), Purpose::Initial, &entity, block);
                // A parameter that is drawn outside its range is drawn again.
                let parameter = population.parameter_table.iter().find(|p| p.name == name);
                let fits = |x: f64| parameter.is_none_or(|p| p.range.contains(x));
                for value in values {
                    *value = distribution.draw(&mut rng);
                    let mut tries = 0;
                    while !fits(*value) && tries < 1000 {
                        *value = distribution.draw(&mut rng);
                        tries += 1;
                    }
                }
            }
        }
        let given: Vec<usize> = population
            .initial
            .iter()
            .filter_map(|(name, _)| variables.iter().position(|v| v.name == name))
            .collect();
        population.cell.follow_initial(&mut part.columns, &given);
        Ok(())
    }

    /// The rate of a projection whose targets have an event train each.
    fn event_rate(&self, projection: &Projection) -> Option<EventRate> {
        let Source::Afferent(i) = projection.source else { return None };
        let AfferentActivity::Rate { rate, statistics, trains: Trains::PerTarget } =
            &self.model.afferents()[i].activity
        else {
            return None;
        };
        let synapses = projection.in_degree * projection.release_probability;
        let (dt, delay) = (self.model.dt(), projection.delay_steps);
        Some(EventRate::new(rate, synapses, dt, delay, *statistics))
    }

    /// The events that neurons receive at given times, by step.
    pub(super) fn arrivals(&self) -> Vec<Arrival> {
        let events = self.model.synaptic_events().iter();
        let arrival = |event: &SynapticEvent| {
            let receptors = self.model.receptors_of(event.population);
            Some(Arrival {
                step: event.step,
                population: event.population,
                column: receptors.iter().position(|&r| r == event.receptor)?,
                neurons: event.neurons.clone(),
                weight: event.weight,
            })
        };
        events.filter_map(arrival).collect()
    }

    /// Derives the constants of a worker anew, keeping its state.
    pub(super) fn rederive(&self, worker: &mut WorkerState) {
        let model = self.model;
        for part in &mut worker.parts {
            let receptors = model.receptors_of(part.population);
            let population = &model.populations()[part.population];
            let integration = self.integration(population);
            part.own_currents = local_currents(&population.own_currents, &part.neurons());
            for (column, &r) in part.receptors.iter_mut().zip(&receptors) {
                column.derive(&model.receptors()[r], &integration);
            }
            part.raises = self.raises(part.population, part.len);
            for drive in &mut part.drives {
                let projection = &model.projections()[drive.projection];
                drive.weight = projection.weight;
                if let Some(rate) = self.event_rate(projection) {
                    drive.rate = rate;
                }
            }
        }
        for (w, incoming) in worker.incoming.iter_mut().enumerate() {
            if let Some(sources) = incoming.as_mut().and_then(|i| i.sources.as_mut()) {
                sources.weight = self.projection(w).weight;
            }
        }
        for (spikes, afferent) in worker.afferents.iter_mut().zip(model.afferents()) {
            if let Some(spikes) = spikes {
                spikes.set_rate(afferent, model.dt());
            }
        }
    }
}

/// Those of the neurons that are in `range`, counted from its first.
fn local(neurons: &[u32], range: &Range<u32>) -> Vec<u32> {
    neurons.iter().filter(|n| range.contains(n)).map(|n| n - range.start).collect()
}

/// The currents into neurons of `range`, counted from its first.
fn local_currents(
    currents: &[(Vec<u32>, Waveform)],
    range: &Range<u32>,
) -> Vec<(Vec<u32>, Waveform)> {
    let local = currents.iter().map(|(neurons, current)| (local(neurons, range), current.clone()));
    local.filter(|(neurons, _)| !neurons.is_empty()).collect()
}
