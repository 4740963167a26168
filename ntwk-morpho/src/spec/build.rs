//! From a description and a morphology to a cell.

use super::fault::fault;
use super::{
    Activity, CellSpec, Electrode, Outside, SequenceOrder, SequenceSpec, SynapseLocations,
    SynapseSpec,
};
use crate::Discretisation;
use crate::geometry::morphology::Morphology;
use crate::membrane::cell::{Cell, CellError};
use crate::membrane::channel::Channel;
use crate::membrane::channels::Leak;
use crate::mesh::compartments::{Compartments, Location};
use crate::mesh::placement::{Per, Spread};
use crate::mesh::selection::Selection;
use crate::solver::simulation::{Probe, Recording, Simulation, SimulationError};
use ntwk_core::engine::random::{Purpose, stream};
use ntwk_core::spec::fault::Faults;
use rand::RngExt;
use std::sync::Arc;

/// The synapses of one group at their locations.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedSynapses {
    /// Name of the group.
    pub name: String,
    /// Locations, in the order of the compartments or of the file.
    pub locations: Vec<Location>,
    /// Presynaptic spikes of each (ms).
    pub events: Vec<Vec<f64>>,
}

/// A cell made from a description.
#[derive(Debug, Clone)]
pub struct BuiltCell {
    /// The morphology, after removal and simplification.
    pub morphology: Morphology,
    /// The cell.
    pub cell: Cell,
    /// Synapses by group, in the order of the file.
    pub synapses: Vec<PlacedSynapses>,
    /// (name, quantity) to record.
    pub probes: Vec<(String, Probe)>,
    /// Steps between samples.
    pub every: u64,
    /// What is recorded outside the cell.
    pub outside: Option<Outside>,
    /// (name, location) of spike detectors.
    pub detectors: Vec<(String, Location)>,
    /// How to integrate, and the rest of the description.
    pub spec: CellSpec,
}

impl BuiltCell {
    /// A simulation of the cell with its recordings set up.
    ///
    /// # Errors
    /// [`SimulationError`] when a setting is out of range or something cannot be recorded.
    pub fn simulation(&self) -> Result<Simulation, SimulationError> {
        let mut simulation = Simulation::new(&self.cell, &self.spec.simulation.settings)?;
        for (_, probe) in &self.probes {
            simulation.record(probe, self.every)?;
        }
        if let Some(outside) = &self.outside {
            simulation.record_field(&outside.weights, outside.every)?;
        }
        for (_, at) in &self.detectors {
            simulation.detect_spikes(*at, self.spec.record.threshold)?;
        }
        Ok(simulation)
    }

    /// What the recorded potentials leave to ask about, a sentence each: see [`Recording::excursions`].
    #[must_use]
    pub fn remarks(&self, recording: &Recording) -> Vec<String> {
        let excursions = recording.excursions(&self.cell).into_iter();
        excursions.map(|(probe, e)| format!("V of {} {e}", self.probes[probe].0)).collect()
    }

    /// The point that a text names.
    ///
    /// # Errors
    /// Why there is none.
    pub fn locate(&self, location: &crate::LocationSpec) -> Result<Location, String> {
        location.locate(&self.morphology, self.cell.compartments())
    }
}

/// The most presynaptic spikes of a group.
const MAX_EVENTS: f64 = 3e7;

impl CellSpec {
    /// Makes the cell on a morphology (as read or generated, before removal and simplification).
    ///
    /// # Errors
    /// All [`Faults`], with the keys they belong to and without lines.
    pub fn build(&self, morphology: &Morphology) -> Result<BuiltCell, Faults> {
        self.build_refined(morphology, 1)
    }

    /// As [`CellSpec::build`], with every branch cut into `times` as many compartments as the rule says.
    ///
    /// # Errors
    /// As [`CellSpec::build`].
    pub fn build_refined(
        &self,
        morphology: &Morphology,
        times: usize,
    ) -> Result<BuiltCell, Faults> {
        let mut faults = Faults::default();
        match self.build_with(morphology, times, &mut faults) {
            Some(built) => faults.into_result(built),
            None => Err(faults),
        }
    }

    /// How branches are cut, with the constants of the membrane.
    #[must_use]
    pub fn rule(&self) -> Discretisation {
        self.discretisation.rule(&self.membrane)
    }

    fn build_with(
        &self,
        morphology: &Morphology,
        times: usize,
        faults: &mut Faults,
    ) -> Option<BuiltCell> {
        let morphology = self
            .morphology
            .prepare(morphology)
            .map_err(|e| fault(faults, "morphology.remove", &e))
            .ok()?;
        let mut compartments = morphology
            .compartments(&self.rule())
            .map_err(|e| fault(faults, "discretisation", &e))
            .ok()?;
        if times > 1 {
            let numbers: Vec<(usize, usize)> = (0..compartments.n_branches())
                .map(|b| (b, compartments.of_branch(b).len() * times))
                .collect();
            compartments = morphology
                .compartments_with(&self.rule(), &numbers)
                .map_err(|e| fault(faults, "discretisation", &e))
                .ok()?;
        }
        let mut cell = Cell::new(compartments, self.membrane.C_m, self.membrane.R_i)
            .map_err(|e| fault(faults, "membrane", &e))
            .ok()?;
        self.passive(&mut cell, faults);
        for (name, c) in &self.channels {
            let Some(mechanism) = c.model.mechanism(&self.kinetics) else {
                let rule = format!("there is no kind of channel {}", c.model.kind());
                fault(faults, format!("channels.{name}.model"), &rule);
                continue;
            };
            let done = cell.insert_mechanism(name, &c.selection, mechanism, |at| c.factor.at(at));
            if let Err(e) = done {
                let key = match e {
                    CellError::NothingSelected { .. } => "where",
                    CellError::Factor { .. } => "factor",
                    _ => "model",
                };
                fault(faults, format!("channels.{name}.{key}"), &e);
            }
        }
        for (i, e) in self.electrodes.iter().enumerate() {
            let key = format!("electrodes[{i}].at");
            match e.at.locate(&morphology, cell.compartments()) {
                Ok(at) => {
                    let done = match &e.electrode {
                        Electrode::Current { current } => cell.inject(at, current.0.clone().into()),
                        Electrode::Voltage { .. } => e
                            .electrode
                            .clamp()
                            .map_or(Ok(()), |clamp| cell.clamp_voltage(at, clamp)),
                    };
                    if let Err(e) = done {
                        fault(faults, key, &e);
                    }
                }
                Err(e) => fault(faults, key, &e),
            }
        }
        for (name, g) in &self.gap_junctions {
            let key = format!("gap_junctions.{name}.between");
            let ends = g.between.0.map(|p| p.locate(&morphology, cell.compartments()));
            match ends {
                [Ok(a), Ok(b)] => {
                    if let Err(e) = cell.add_gap_junction(a, b, g.conductance) {
                        fault(faults, key, &e);
                    }
                }
                [a, b] => {
                    for e in [a, b].into_iter().filter_map(Result::err) {
                        fault(faults, key.clone(), &e);
                    }
                }
            }
        }
        let mut synapses = Vec::new();
        for (name, s) in &self.synapses {
            if let Some(placed) = self.place_synapses(name, s, &morphology, &mut cell, faults) {
                synapses.push(placed);
            }
        }
        let probes = self.probes(&morphology, cell.compartments(), faults);
        let outside = self.outside(&morphology, cell.compartments(), faults);
        let mut detectors = Vec::new();
        for p in &self.record.spikes.0 {
            match p.locate(&morphology, cell.compartments()) {
                Ok(at) => detectors.push((p.to_string(), at)),
                Err(e) => fault(faults, "record.spikes", &e),
            }
        }
        let dt = self.simulation.settings.dt;
        let every = self.record.every.map_or(1, |t| (t / dt).round().max(1.0) as u64);
        Some(BuiltCell {
            morphology,
            cell,
            synapses,
            probes,
            every,
            outside,
            detectors,
            spec: self.clone(),
        })
    }

    /// Capacitance, resistivity and leak of every compartment: the last rule that names it holds.
    fn passive(&self, cell: &mut Cell, faults: &mut Faults) {
        let n = cell.compartments().len();
        let m = &self.membrane;
        let mut leak = vec![(m.g_L, m.E_L); n];
        for (i, r) in m.regions.iter().enumerate() {
            let key = format!("membrane.regions[{i}].where");
            let places = r.selection.indices(cell.compartments());
            if places.is_empty() {
                fault(faults, key, "no compartment meets the selection");
                continue;
            }
            for k in places {
                leak[k].0 = r.g_L.unwrap_or(leak[k].0);
                leak[k].1 = r.E_L.unwrap_or(leak[k].1);
            }
            let changes = [
                r.C_m.map(|c| cell.set_capacitance(&r.selection, c)),
                r.R_i.map(|c| cell.set_resistivity(&r.selection, c)),
            ];
            for e in changes.into_iter().flatten().filter_map(Result::err) {
                fault(faults, key.clone(), &e);
            }
        }
        // One instance per reversal potential.
        let mut reversals: Vec<f64> = leak.iter().filter(|l| l.0 > 0.0).map(|l| l.1).collect();
        reversals.sort_by(f64::total_cmp);
        reversals.dedup();
        for (i, &reversal) in reversals.iter().enumerate() {
            let places: Vec<usize> =
                (0..n).filter(|&k| leak[k].0 > 0.0 && leak[k].1 == reversal).collect();
            let name = if i == 0 { "leak".to_owned() } else { format!("leak_{}", i + 1) };
            let mut densities = places.iter().map(|&k| leak[k].0);
            let selection = Selection::Compartments(places.clone());
            let done = cell.insert_mechanism(
                &name,
                &selection,
                Arc::new(Channel(Leak { g: 1.0, E: reversal })),
                |_| densities.next().unwrap_or(0.0),
            );
            if let Err(e) = done {
                fault(faults, "membrane", &e);
            }
        }
    }

    fn place_synapses(
        &self,
        name: &str,
        s: &SynapseSpec,
        morphology: &Morphology,
        cell: &mut Cell,
        faults: &mut Faults,
    ) -> Option<PlacedSynapses> {
        let key = |k: &str| format!("synapses.{name}.{k}");
        let c = cell.compartments();
        let locations = match &s.locations {
            SynapseLocations::At(texts) => {
                let mut found = Vec::new();
                for p in texts {
                    match p.locate(morphology, c) {
                        Ok(at) => found.push(at),
                        Err(e) => fault(faults, key("at"), &e),
                    }
                }
                found
            }
            SynapseLocations::Density { selection, per, density, spread } => {
                if selection.indices(c).is_empty() {
                    fault(faults, key("where"), "no compartment meets the selection");
                    return None;
                }
                c.spread(selection, *per, *density, *spread)
                    .map_err(|e| fault(faults, key("density"), &e))
                    .ok()?
            }
            SynapseLocations::Number { selection, number, spread } => {
                if selection.indices(c).is_empty() {
                    fault(faults, key("where"), "no compartment meets the selection");
                    return None;
                }
                spread_number(c, selection, *number, *spread)
                    .map_err(|e| fault(faults, key("number"), &e))
                    .ok()?
            }
        };
        if let Activity::Poisson { rate, from, until } = &s.activity {
            let span = (until.unwrap_or(self.simulation.t_stop) - from).max(0.0);
            let expected = 1e-3 * rate * span * locations.len() as f64;
            if expected > MAX_EVENTS {
                let rule = format!("{expected:.1e} spikes are expected, more than {MAX_EVENTS:e}");
                fault(faults, key("rate"), &rule);
                return None;
            }
        }
        let events = self
            .events(name, s, &locations, c)
            .map_err(|rule| fault(faults, key("network"), &rule))
            .ok()?;
        for (at, times) in locations.iter().zip(&events) {
            for (receptor, &weight) in &s.receptors {
                let Some(model) = self.receptors.get(receptor) else {
                    fault(faults, key(&format!("receptors.{receptor}")), "no such receptor");
                    return None;
                };
                let done = cell.add_synapse(*at, model.receptor(), weight).and_then(|index| {
                    cell.name_synapse(index, name, receptor)?;
                    cell.add_spikes(index, times)
                });
                if let Err(e) = done {
                    fault(faults, key("receptors"), &e);
                    return None;
                }
            }
        }
        Some(PlacedSynapses { name: name.to_owned(), locations, events })
    }

    /// Presynaptic spikes of each synapse of a group.
    fn events(
        &self,
        name: &str,
        s: &SynapseSpec,
        locations: &[Location],
        c: &Compartments,
    ) -> Result<Vec<Vec<f64>>, &'static str> {
        Ok(match &s.activity {
            Activity::Silent => vec![Vec::new(); locations.len()],
            Activity::Times(times) => vec![times.clone(); locations.len()],
            Activity::Poisson { rate, from, until } => {
                let end = until.unwrap_or(self.simulation.t_stop);
                (0..locations.len())
                    .map(|k| poisson(self.simulation.seed, name, k as u64, *rate, *from, end))
                    .collect()
            }
            Activity::Sequence(SequenceSpec { start, interval, order: from }) => {
                let mut order: Vec<usize> = (0..locations.len()).collect();
                let distance = |k: usize| c.path_distance(locations[k]);
                order.sort_by(|&a, &b| distance(a).total_cmp(&distance(b)).then(a.cmp(&b)));
                if *from == SequenceOrder::In {
                    order.reverse();
                }
                let mut events = vec![Vec::new(); locations.len()];
                for (rank, k) in order.into_iter().enumerate() {
                    events[k].push(start + rank as f64 * interval);
                }
                events
            }
            Activity::Network(drive) => {
                let simulation = &self.simulation;
                drive
                    .events(simulation.seed, name, locations.len(), simulation.t_stop)
                    .ok_or("the spikes of the network have not been read")?
            }
        })
    }
}

/// `number` locations by area.
pub(crate) fn spread_number(
    c: &Compartments,
    selection: &Selection,
    number: u64,
    spread: Spread,
) -> Result<Vec<Location>, crate::parameter_error::ParameterError> {
    let area: f64 = selection.indices(c).iter().map(|&k| c.as_slice()[k].area).sum();
    c.spread(selection, Per::Area, number as f64 / area, spread)
}

/// Times (ms) of a Poisson train of `rate` (Hz) between `from` and `until`, from a stream of its own.
#[must_use]
pub(crate) fn poisson(
    seed: u64,
    name: &str,
    index: u64,
    rate: f64,
    from: f64,
    until: f64,
) -> Vec<f64> {
    let mut times = Vec::new();
    if rate <= 0.0 {
        return times;
    }
    let mut rng = stream(seed, Purpose::AfferentEvents, name, index);
    let mut t = from;
    loop {
        // 1 − u is never zero.
        t -= libm::log(1.0 - rng.random::<f64>()) * 1e3 / rate;
        if t >= until || t.is_nan() {
            return times;
        }
        times.push(t);
    }
}
