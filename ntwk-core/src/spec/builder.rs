//! Models described in Rust: the constructors of the entries of a model file, with the defaults of the file.

use super::{
    AfferentActivity, AfferentSpec, CellSpec, ConnectionSpec, Distribution, InjectionSpec,
    ModelSpec, Named, NeuronsSpec, ParameterText, PopulationSpec, ProjectionSpec, ReceptorSpec,
    SimulationSpec, SpikeListSpec, VoltageClampSpec,
};
use crate::spec::key::KeyValue;
use crate::spec::waveform::{Span, Waveform};

/// Describes a model entry by entry. Every method that adds an entry returns it, so that its other keys can be set.
///
/// ```
/// use ntwk_core::ModelSpec;
/// use ntwk_core::spec::{AfferentSpec, CellSpec, ConnectionSpec, DelaySpec, ReceptorSpec};
///
/// let mut m = ModelSpec::new(500.0);
/// m.simulation.seed = 7;
/// m.receptor("exc", ReceptorSpec::conductance(0.0, 5.0));
/// m.population("E", 800, CellSpec::kind("LIF").set("C_m", 200.0).set("g_L", "10 nS")).current = Some(50.0.into());
/// m.afferent("A", AfferentSpec::poisson(400, 4.0));
/// m.project("A", ["E"], "exc", 1.0, ConnectionSpec::in_degree_fraction(0.5));
/// m.project("E", ["E"], "exc", 1.0, ConnectionSpec::pairwise_bernoulli(0.05)).delay = DelaySpec::constant(1.5);
/// assert_eq!(m.projections[1].delay.as_constant(), Some(1.5));
/// ```
impl ModelSpec {
    /// A model without populations that runs for `t_stop` (ms), with the defaults of model files elsewhere.
    #[must_use]
    pub fn new(t_stop: f64) -> Self {
        let simulation = SimulationSpec { t_stop, ..SimulationSpec::default() };
        Self { simulation, ..Self::default() }
    }

    /// Adds a receptor; one of the same name is replaced.
    pub fn receptor(
        &mut self,
        name: impl Into<String>,
        receptor: ReceptorSpec,
    ) -> &mut ReceptorSpec {
        put(&mut self.receptors, name.into(), receptor)
    }

    /// Adds a population of `size` neurons, at rest and without injected current; one of the same name is replaced.
    pub fn population(
        &mut self,
        name: impl Into<String>,
        size: u64,
        cell: CellSpec,
    ) -> &mut PopulationSpec {
        put(&mut self.populations, name.into(), PopulationSpec::new(size, cell))
    }

    /// Adds an afferent population; one of the same name is replaced.
    pub fn afferent(
        &mut self,
        name: impl Into<String>,
        afferent: AfferentSpec,
    ) -> &mut AfferentSpec {
        put(&mut self.afferents, name.into(), afferent)
    }

    /// Adds a projection from `source` onto every population of `targets`, without delay: an event steps the variable of
    /// `receptor` by `weight` (nS, or pA for a receptor that is a current).
    pub fn project<T: Into<String>>(
        &mut self,
        source: impl Into<String>,
        targets: impl IntoIterator<Item = T>,
        receptor: impl Into<String>,
        weight: impl Into<Distribution>,
        connection: ConnectionSpec,
    ) -> &mut ProjectionSpec {
        let mut projection = ProjectionSpec::new(source, "", receptor, 0.0, connection);
        projection.target = targets.into_iter().map(Into::into).collect();
        projection.weight = weight.into();
        let index = self.projections.len();
        self.projections.push(projection);
        &mut self.projections[index]
    }
}

impl CellSpec {
    /// The cell of a published parameter set, for example `RS`; `ntwk cells list` lists them.
    #[must_use]
    pub fn preset(name: impl Into<String>) -> Self {
        Self { preset: Some(name.into()), ..KeyValue::nothing() }
    }

    /// A cell of a kind, for example `AdEx`; its parameters follow with [`CellSpec::set`].
    #[must_use]
    pub fn kind(name: impl Into<String>) -> Self {
        Self { model: Some(name.into()), ..KeyValue::nothing() }
    }

    /// The same cell with a parameter: a number in the unit of the parameter, or text with a unit (`"200 pF"`).
    #[must_use]
    pub fn set(mut self, parameter: impl Into<String>, value: impl Into<ParameterText>) -> Self {
        let (parameter, value) = (parameter.into(), value.into());
        self.values.retain(|v| v.0 != parameter);
        self.values.push((parameter, value));
        self
    }
}

impl From<f64> for ParameterText {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for ParameterText {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A constant.
impl From<f64> for Waveform {
    fn from(value: f64) -> Self {
        Self::Constant(value)
    }
}

impl AfferentSpec {
    /// Spikes at `times` (ms) of the afferent neurons `ids`, two lists of equal length.
    #[must_use]
    pub fn spikes(size: u64, times: Vec<f64>, ids: Vec<u64>) -> Self {
        let activity = AfferentActivity::Spikes { spikes: SpikeListSpec { times, ids } };
        Self { size, activity }
    }
}

impl InjectionSpec {
    /// `current` (pA) into `neurons`.
    #[must_use]
    pub fn new(neurons: NeuronsSpec, current: impl Into<Waveform>) -> Self {
        Self { neurons, current: current.into() }
    }
}

impl VoltageClampSpec {
    /// `neurons` held at `V` (mV) for a `span` of time.
    #[must_use]
    #[allow(non_snake_case)]
    pub fn new(neurons: NeuronsSpec, V: impl Into<Waveform>, span: Span) -> Self {
        Self { neurons, V: V.into(), span }
    }
}

impl ConnectionSpec {
    /// Every target draws `floor(fraction x source size)` sources, with replacement and without autapses.
    #[must_use]
    pub fn in_degree_fraction(fraction: f64) -> Self {
        Self::FixedInDegree {
            in_degree: None,
            probability: Some(fraction),
            multapses: true,
            autapses: false,
        }
    }

    /// Every source draws `out_degree` targets, with replacement and without autapses.
    #[must_use]
    pub fn fixed_out_degree(out_degree: u64) -> Self {
        Self::FixedOutDegree { out_degree, multapses: true, autapses: false }
    }

    /// `number` synapses, each between a source and a target drawn evenly; autapses occur.
    #[must_use]
    pub fn fixed_total_number(number: u64) -> Self {
        Self::FixedTotalNumber { number, autapses: true }
    }

    /// Every pair but a neuron and itself is connected with `probability`.
    #[must_use]
    pub fn pairwise_bernoulli(probability: f64) -> Self {
        Self::PairwiseBernoulli { probability, autapses: false }
    }

    /// Every pair but a neuron and itself is connected with `probability x exp(-d² / (2 sigma²))` at the distance `d` (µm).
    #[must_use]
    pub fn distance_gaussian(sigma: f64, probability: f64) -> Self {
        Self::DistanceGaussian {
            sigma,
            probability: Some(probability),
            in_degree: None,
            multapses: true,
            autapses: false,
        }
    }

    /// Every pair but a neuron and itself is connected.
    #[must_use]
    pub fn all_to_all() -> Self {
        Self::AllToAll { autapses: false }
    }
}

/// Puts an entry at the place of the one of the same name, or at the end.
fn put<T>(entries: &mut Named<T>, name: String, value: T) -> &mut T {
    let (index, _) = entries.insert_full(name, value);
    &mut entries[index]
}
