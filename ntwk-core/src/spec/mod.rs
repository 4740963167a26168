//! A model as it is written: names unresolved, combinations unchecked.
//!
//! [`ModelSpec`] is what a file, a builder or another language hands over; [`Model`] is what comes
//! out of checking it. Every quantity is already in the unit of its documentation.
//!
//! [`Model`]: crate::model::Model

pub mod fault;
pub mod tree;
pub mod units;
pub mod waveform;

mod afferent;
mod builder;
mod connection;
mod distribution;
mod event;
mod measured;
pub mod parameter_scan;
mod population;
mod projection;
mod read;
mod receptor;
mod sections;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

pub use afferent::{AfferentActivity, AfferentSpec, EventStatistics, SpikeListSpec, Trains};
pub use connection::ConnectionSpec;
pub use distribution::{Distribution, DistributionShape};
pub use event::{EventSpec, EventValue};
pub use measured::MeasuredSpec;
pub use parameter_scan::{
    ParameterScanSpec, RangeSpacing, Sampling, ScanCommand, VarySpec, VaryValues,
    read_parameter_scan,
};
pub use population::{
    Border, CellSpec, InjectionSpec, NeuronsSpec, ParameterText, PopulationSpec, SpaceSpec,
    VoltageClampSpec,
};
pub use projection::{DelaySpec, PlasticitySpec, ProjectionSpec};
pub use receptor::{ReceptorKind, ReceptorSpec};
pub use sections::{
    AdaptationTheory, CompareSpec, MOST_STEPS, RecordSpec, ScanSpec, SimulationSpec,
    SpikeTrainTheory, TheorySpec, TransferFunctionKind,
};

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
    /// Changes during the run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventSpec>,
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

    /// Puts an entry at the place of the one of the same name, or at the end.
    pub fn set(&mut self, name: String, value: T) -> &mut T {
        let index = self.index(&name).unwrap_or(self.0.len());
        if index == self.0.len() {
            self.0.push((name, value));
        } else {
            self.0[index].1 = value;
        }
        &mut self.0[index].1
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
