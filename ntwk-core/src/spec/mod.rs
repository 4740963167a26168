//! A model as it is written: names unresolved, combinations unchecked.
//!
//! [`ModelSpec`] is what a file, a builder or another language hands over; [`Model`] is what comes
//! out of checking it. Every quantity is already in the unit of its documentation.
//!
//! [`Model`]: crate::model::Model

pub mod parameter_scan;
mod read;
mod sections;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

pub use parameter_scan::{
    ParameterScanSpec, RangeSpacing, Sampling, ScanCommand, VarySpec, VaryValues,
};
pub use sections::{
    AdaptationTheory, CompareSpec, RecordSpec, ScanSpec, SimulationSpec, TheorySpec,
};

use crate::waveform::Waveform;

/// A model as written.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ModelSpec {
    /// Title for tables and figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where the model was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Time step, duration, seed, method.
    pub simulation: SimulationSpec,
    /// Synaptic receptors by name.
    #[serde(skip_serializing_if = "Named::is_empty")]
    pub receptors: Named<ReceptorSpec>,
    /// Populations by name, in order.
    pub populations: Named<PopulationSpec>,
    /// Afferent populations by name, in order.
    #[serde(skip_serializing_if = "Named::is_empty")]
    pub afferents: Named<AfferentSpec>,
    /// Projections.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub projections: Vec<ProjectionSpec>,
    /// What to record.
    pub record: RecordSpec,
    /// Settings of the mean-field theory.
    pub theory: TheorySpec,
    /// Windows of the comparison between simulation and theory.
    #[serde(skip_serializing_if = "CompareSpec::is_empty")]
    pub compare: CompareSpec,
    /// Scan over keys of the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scan: Option<ParameterScanSpec>,
}

/// Entries with a name each, in the order written; a table in files.
#[derive(Debug, Clone, PartialEq)]
pub struct Named<T>(pub Vec<(String, T)>);

impl<T> Named<T> {
    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entry called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|e| e.0 == name).map(|e| &e.1)
    }

    /// Index of the entry called `name`.
    #[must_use]
    pub fn index(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|e| e.0 == name)
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|e| e.0.as_str())
    }
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Numerical method of the network engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Forward Euler on V, w and the conductances (the schedule of Brian2).
    #[default]
    Euler,
    /// Conductances decay exactly; V and w by Heun's second-order rule.
    Heun,
}

impl Method {
    /// All methods by name.
    pub const NAMES: [(&'static str, Self); 2] = [("euler", Self::Euler), ("heun", Self::Heun)];
}

/// A synaptic receptor: a conductance `g` with `dg/dt = -g / tau_syn`, raised by the weight at
/// each event, carrying the current `g (E_rev - V)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[allow(non_snake_case)]
pub struct ReceptorSpec {
    /// Reversal potential (mV).
    pub E_rev: f64,
    /// Decay time constant (ms), > 0.
    pub tau_syn: f64,
}

/// A population of identical neurons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PopulationSpec {
    /// Number of neurons, >= 1.
    pub size: u64,
    /// Injected current (pA), the same for every neuron.
    #[serde(rename = "I_e", skip_serializing_if = "Option::is_none")]
    pub current: Option<Waveform>,
    /// The cell.
    pub cell: CellSpec,
}

/// A cell: a model with its parameters, or a preset with the parameters that differ.
#[derive(Debug, Clone, PartialEq)]
pub struct CellSpec {
    /// Kind of cell, for example `AdEx`; may be left out when a preset is named.
    pub model: Option<String>,
    /// A published parameter set.
    pub preset: Option<String>,
    /// Parameters by name.
    pub values: Vec<(String, ParameterText)>,
}

impl Serialize for CellSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(model) = &self.model {
            map.serialize_entry("model", model)?;
        }
        if let Some(preset) = &self.preset {
            map.serialize_entry("preset", preset)?;
        }
        for (name, value) in &self.values {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// A parameter whose dimension is known only to its cell kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ParameterText {
    /// A bare number in the documented unit.
    Number(f64),
    /// Text with a unit.
    Text(String),
}

/// A population that only sends events.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AfferentSpec {
    /// Number of afferent neurons, >= 1.
    pub size: u64,
    /// How it fires.
    #[serde(flatten)]
    pub activity: AfferentActivity,
}

/// How an afferent population fires.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum AfferentActivity {
    /// Each target neuron receives its own realisation of its in-degree's summed events.
    Rate {
        /// Rate of one afferent neuron (Hz).
        rate: Waveform,
        /// Statistics of the summed events.
        statistics: EventStatistics,
    },
    /// Given spikes, sent along the connections of each projection.
    Spikes {
        /// The spikes.
        spikes: SpikeListSpec,
    },
}

/// Spikes as two lists of equal length.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SpikeListSpec {
    /// Times (ms), >= 0, in any order; each is rounded to the nearest step.
    pub times: Vec<f64>,
    /// Afferent neuron of each spike.
    pub ids: Vec<u64>,
}

/// Statistics of the events one target neuron receives from a rate-driven afferent population.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventStatistics {
    /// A Poisson process: a step may hold several events. What the theory assumes.
    #[default]
    Poisson,
    /// At most one event per neuron and step, with probability `in-degree x rate x dt` (capped at
    /// one): the drive of the upstream Python package, whose variance is smaller.
    AtMostOnePerStep,
}

impl EventStatistics {
    /// All kinds by name.
    pub const NAMES: [(&'static str, Self); 2] =
        [("poisson", Self::Poisson), ("at_most_one_per_step", Self::AtMostOnePerStep)];
}

/// A projection from one source to one or several target populations.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProjectionSpec {
    /// Name; the default is `<source>_<target>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Source population or afferent population.
    pub source: String,
    /// Target populations; each gets a projection of its own with these settings.
    pub target: Vec<String>,
    /// Receptor the events act on.
    pub receptor: String,
    /// Conductance step of one event (nS), >= 0.
    pub weight: f64,
    /// Delay (ms), >= 0, rounded to the nearest step; 0 acts on the next step.
    pub delay: f64,
    /// Probability that an event is transmitted, in [0, 1].
    pub release_probability: f64,
    /// Connection rule.
    pub connection: ConnectionSpec,
}

/// Connection rules.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum ConnectionSpec {
    /// Every target draws the same number of sources: `in_degree`, or
    /// `floor(probability x source size)`.
    FixedInDegree {
        /// Number of sources per target.
        #[serde(skip_serializing_if = "Option::is_none")]
        in_degree: Option<u64>,
        /// Connection probability.
        #[serde(skip_serializing_if = "Option::is_none")]
        probability: Option<f64>,
        /// Whether a source may be drawn twice (default true: sources drawn with replacement).
        multapses: bool,
        /// Whether a neuron may be its own source (default false).
        autapses: bool,
    },
    /// Every pair is connected with the same probability.
    PairwiseBernoulli {
        /// Connection probability.
        probability: f64,
        /// Whether a neuron may be its own source (default false).
        autapses: bool,
    },
    /// Every pair is connected.
    AllToAll {
        /// Whether a neuron is its own source (default false).
        autapses: bool,
    },
    /// Source `i` to target `i`; the sizes must be equal.
    OneToOne,
    /// The pairs given.
    Pairs {
        /// Source of each connection.
        sources: Vec<u64>,
        /// Target of each connection.
        targets: Vec<u64>,
    },
}
