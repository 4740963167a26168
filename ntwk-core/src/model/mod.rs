//! A model that is valid: names resolved, units and combinations checked, immutable.

pub mod cell;
pub mod cell_library;
pub mod unused_parameters;

mod cell_checks;
mod changes;
mod coarse_step;
mod connections;
mod equation_kind;
mod in_degrees;
mod intrinsic_currents;
mod judge;
mod no_effect;
mod receptor_equations;
mod record;
mod resolve;
mod sample_steps;
mod space;
mod start;
mod synapse_equations;
mod synaptic_events;

use std::ops::Range;
use std::sync::Arc;

use crate::equations::{CellEquations, SynapseEquations};
use crate::kernel::CellModel;
pub use crate::kernel::Receptor;
use crate::model::cell::{Parameter, ParameterValues};
use crate::model::cell_library::CellLibrary;
use crate::spec::fault::Faults;
use crate::spec::key::Section;
use crate::spec::set::set;
use crate::spec::tree::{Node, Value};
use crate::spec::waveform::Waveform;
use crate::spec::{
    AfferentActivity, ConnectionSpec, DelaySpec, Distribution, Method, ModelSpec, PlasticitySpec,
    SpaceSpec, Trains,
};
pub use equation_kind::library_with_kinds;

pub(crate) use receptor_equations::{Port, PortEffect};
pub(crate) use record::Quantity;
pub use record::{RecordedAfferent, Sampled};
pub use sample_steps::SampleSteps;
pub(crate) use space::Positions;
pub use synaptic_events::SynapticEvent;

/// A valid model. Made by [`Model::from_tree`] or [`Model::from_spec`] and never changed.
#[derive(Debug, Clone)]
pub struct Model {
    spec: ModelSpec,
    n_steps: u32,
    receptors: Vec<Receptor>,
    populations: Vec<Population>,
    afferents: Vec<Afferent>,
    projections: Vec<Projection>,
    sampled: Vec<Vec<Sampled>>,
    recorded_afferents: Vec<RecordedAfferent>,
    synaptic_events: Vec<SynapticEvent>,
    /// By receptor, the equations of variables that it keeps for each source.
    source_equations: Vec<Option<Arc<CellEquations>>>,
    /// By synapse that is declared, its equations.
    synapse_equations: Vec<Option<Arc<SynapseEquations>>>,
    changes: Vec<Change>,
    notices: Vec<String>,
}

/// A change during the run: from `step` on, the model is `model`.
#[derive(Debug, Clone)]
pub struct Change {
    /// First step with the new values.
    pub step: u32,
    /// The model with this and all earlier changes made (and no changes of its own).
    pub model: Arc<Model>,
}

/// A population.
#[derive(Debug, Clone)]
pub struct Population {
    /// Name.
    pub name: String,
    /// Number of neurons.
    pub size: u32,
    /// Kind of cell, for example `AdEx`.
    pub kind: String,
    /// Cell parameters, resolved.
    pub parameters: ParameterValues,
    /// The parameters that its kind has.
    pub parameter_table: Vec<Parameter>,
    /// The cell.
    pub cell: Arc<dyn CellModel>,
    /// Injected current (pA).
    pub current: Waveform,
    /// Where the neurons lie.
    pub space: Option<SpaceSpec>,
    /// Initial values by variable (`V_m`, the cell's others, `g_<receptor>`) that differ from rest.
    pub initial: Vec<(String, Distribution)>,
    /// Currents (pA) into some neurons (ascending numbers).
    pub injections: Vec<(Vec<u32>, Waveform)>,
    /// Currents (pA) of neurons (ascending numbers) to which a change gave one of their own, in the place of `current`; no
    /// neuron is in two of them.
    pub own_currents: Vec<(Vec<u32>, Waveform)>,
    /// Voltage clamps; no two hold a neuron at the same time.
    pub voltage_clamps: Vec<VoltageClamp>,
    /// Receptors that are variables of the cells, or have equations of their own.
    pub(crate) ports: Vec<Port>,
}

/// Neurons held at a command.
#[derive(Debug, Clone, PartialEq)]
pub struct VoltageClamp {
    /// The neurons, ascending.
    pub neurons: Vec<u32>,
    /// Command (mV).
    pub command: Waveform,
    /// Steps in which they are held; to `u32::MAX` where the clamp has no end.
    pub steps: Range<u32>,
}

/// An afferent population.
#[derive(Debug, Clone, PartialEq)]
pub struct Afferent {
    /// Name.
    pub name: String,
    /// Number of afferent neurons.
    pub size: u32,
    /// How it fires.
    pub activity: AfferentActivity,
}

impl Afferent {
    /// Whether each target has an event train of its own, so that there are no target lists.
    #[must_use]
    pub fn sends_trains_per_target(&self) -> bool {
        matches!(self.activity, AfferentActivity::Rate { trains: Trains::PerTarget, .. })
    }
}

/// Where a projection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Index of a population.
    Population(usize),
    /// Index of an afferent population.
    Afferent(usize),
}

/// A projection onto one population.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    /// Name, unique in the model.
    pub name: String,
    /// Source.
    pub source: Source,
    /// Index of the target population.
    pub target: usize,
    /// Index of the receptor.
    pub receptor: usize,
    /// Mean step of the receptor's variable at one event (nS, or pA for a current), of what is drawn: values of the other sign
    /// are drawn again.
    pub weight: f64,
    /// Distribution of the weights.
    pub weights: Distribution,
    /// Mean delay in whole steps.
    pub delay_steps: u32,
    /// Delays (ms).
    pub delays: DelaySpec,
    /// Probability that an event is transmitted.
    pub release_probability: f64,
    /// Connection rule.
    pub connection: ConnectionSpec,
    /// Expected number of sources per target neuron (exact for rules of fixed in-degree).
    pub in_degree: f64,
    /// Standard deviation of the number of sources over target neurons.
    pub in_degree_sd: f64,
    /// Other synapses that a synapse's source has onto the same target, on average: `E[sum m (m - 1)] / K` with `m` synapses
    /// of each source and the in-degree `K`. Zero where nothing is drawn twice, and for independent trains per target.
    pub multapses: f64,
    /// Dynamics of the synapses.
    pub plasticity: Option<PlasticitySpec>,
    /// Equations of the synapses: their place among those declared.
    pub synapse: Option<usize>,
}

impl Projection {
    /// Expected number of synapses.
    #[must_use]
    pub fn synapses(&self, target_size: u32) -> f64 {
        self.in_degree * f64::from(target_size)
    }

    /// Values that a drawn weight may have; others are drawn again.
    #[must_use]
    pub fn weight_range(&self) -> [f64; 2] {
        weight_range(&self.weights, self.plasticity.as_ref())
    }

    /// Standard deviation of the weights that are drawn, over their mean.
    #[must_use]
    pub fn weight_cv(&self) -> f64 {
        let [low, high] = self.weight_range();
        let [mean, sd] = self.weights.moments_within(low, high);
        if mean == 0.0 { 0.0 } else { (sd / mean).abs() }
    }
}

/// Weights have the sign of their written mean, and plastic ones do not exceed their limit.
fn weight_range(weights: &Distribution, plasticity: Option<&PlasticitySpec>) -> [f64; 2] {
    if weights.mean() < 0.0 {
        return [f64::NEG_INFINITY, 0.0];
    }
    match plasticity {
        Some(PlasticitySpec::Stdp { w_max, .. }) => [0.0, *w_max],
        _ => [0.0, f64::INFINITY],
    }
}

impl ModelSpec {
    /// The valid model: names resolved with the kinds and presets of `library`, ranges and combinations checked.
    ///
    /// # Errors
    /// All faults, as of [`Model::from_spec`].
    pub fn check(&self, library: &CellLibrary) -> Result<Model, Faults> {
        Model::from_spec(self.clone(), library)
    }
}

impl Model {
    /// Reads and checks a model tree.
    ///
    /// # Errors
    /// All faults, with the key and, where the tree has them, line and value.
    pub fn from_tree(root: &Node, library: &CellLibrary) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let spec = ModelSpec::read(root, &mut faults);
        if !matches!(root.value, Value::Table(_)) {
            return Err(faults);
        }
        let mut model = resolve::resolve(spec, root, library, &mut faults);
        model.notices.extend(std::mem::take(&mut faults.notices));
        faults.into_result(model)
    }

    /// Checks a model made by code: by the rules of a file, as the tree that a file would have.
    ///
    /// # Errors
    /// All faults.
    pub fn from_spec(spec: ModelSpec, library: &CellLibrary) -> Result<Self, Faults> {
        let tree = spec.to_tree();
        // What is read from the tree takes its place: no two copies of long lists.
        drop(spec);
        Self::from_tree(&tree, library)
    }

    /// This model with other values of some keys: `simulation.t_stop`, `projections[0].weight`,
    /// `projections.E_I.weight` (see [`set`]).
    ///
    /// # Errors
    /// The faults of paths that lead nowhere, or all faults of the model with these values.
    pub fn with<K: AsRef<str>>(
        &self,
        changes: &[(K, Value)],
        library: &CellLibrary,
    ) -> Result<Self, Faults> {
        let mut tree = self.spec.to_tree();
        let mut faults = Faults::default();
        for (path, value) in changes {
            let (path, shown) = (path.as_ref(), Node::new(value.clone()).display());
            if let Err(kind) = set(&mut tree, ModelSpec::KEYS, path, value.clone()) {
                faults.push(path, Some(shown), None, kind);
            }
        }
        // Keys that cannot be set keep the value they have, so that the others are judged as well.
        match Self::from_tree(&tree, library) {
            Ok(model) => faults.into_result(model),
            Err(more) => {
                faults.list.extend(more.list);
                Err(faults)
            }
        }
    }

    /// The description this model was made from.
    #[must_use]
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    /// Time step (ms).
    #[must_use]
    pub fn dt(&self) -> f64 {
        self.spec.simulation.dt
    }

    /// Number of steps of a whole run.
    #[must_use]
    pub fn n_steps(&self) -> u32 {
        self.n_steps
    }

    /// Duration of a whole run (ms).
    #[must_use]
    pub fn t_stop(&self) -> f64 {
        f64::from(self.n_steps) * self.dt()
    }

    /// Seed of every random stream.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.spec.simulation.seed
    }

    /// Numerical method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.spec.simulation.method
    }

    /// Receptors.
    #[must_use]
    pub fn receptors(&self) -> &[Receptor] {
        &self.receptors
    }

    /// Populations.
    #[must_use]
    pub fn populations(&self) -> &[Population] {
        &self.populations
    }

    /// Afferent populations.
    #[must_use]
    pub fn afferents(&self) -> &[Afferent] {
        &self.afferents
    }

    /// Projections, one per target.
    #[must_use]
    pub fn projections(&self) -> &[Projection] {
        &self.projections
    }

    /// Changes during the run, in order of time.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Events that single neurons receive at given times, in order of time.
    #[must_use]
    pub fn synaptic_events(&self) -> &[SynapticEvent] {
        &self.synaptic_events
    }

    /// Things that are allowed and probably not meant.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Projections onto population `target`.
    pub fn projections_onto(&self, target: usize) -> impl Iterator<Item = &Projection> {
        self.projections.iter().filter(move |p| p.target == target)
    }

    /// Receptors that some projection onto population `target`, or an event, acts on, ascending.
    #[must_use]
    pub fn receptors_of(&self, target: usize) -> Vec<usize> {
        let mut used: Vec<usize> = self.projections_onto(target).map(|p| p.receptor).collect();
        let events = self.synaptic_events.iter().filter(|e| e.population == target);
        used.extend(events.map(|event| event.receptor));
        used.sort_unstable();
        used.dedup();
        used
    }

    /// The equations of the variables that a receptor keeps for each source.
    pub(crate) fn source_equations(&self, receptor: usize) -> Option<&Arc<CellEquations>> {
        self.source_equations.get(receptor)?.as_ref()
    }

    /// The equations of a synapse, by its place among those declared.
    pub(crate) fn synapse_equations(&self, synapse: usize) -> Option<&Arc<SynapseEquations>> {
        self.synapse_equations.get(synapse)?.as_ref()
    }

    /// Name of a projection's source.
    #[must_use]
    pub fn source_name(&self, source: Source) -> &str {
        match source {
            Source::Population(i) => &self.populations[i].name,
            Source::Afferent(i) => &self.afferents[i].name,
        }
    }

    /// Steps between two samples of the variables that the keys of `record` ask for.
    #[must_use]
    pub fn record_every(&self) -> u32 {
        self.spec.record.interval.map_or(1, |interval| self.steps_between(interval) as u32)
    }

    /// What is sampled of population `index`: what the keys of `record` ask for, then its tables in their order.
    #[must_use]
    pub fn sampled(&self, index: usize) -> &[Sampled] {
        &self.sampled[index]
    }

    /// Afferent spikes that are kept, in the order of `record.afferents`.
    #[must_use]
    pub fn recorded_afferents(&self) -> &[RecordedAfferent] {
        &self.recorded_afferents
    }

    /// Mean and standard deviation (ms) of the delays of a projection as they are drawn; of those by distance `None`.
    #[must_use]
    pub fn drawn_delays(&self, projection: &Projection) -> Option<[f64; 2]> {
        match &projection.delays {
            DelaySpec::Drawn(d) => {
                Some(d.moments_within(0.0, connections::MAX_DELAY_STEPS * self.dt()))
            }
            DelaySpec::Distance { .. } => None,
        }
    }

    /// Whole steps of an interval between samples (ms).
    fn steps_between(&self, interval: f64) -> u64 {
        (interval / self.dt()).round().clamp(1.0, f64::from(u32::MAX)) as u64
    }
}
