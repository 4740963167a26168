//! A model as it is written: names unresolved, combinations unchecked.
//!
//! [`ModelSpec`] is what a file, a builder or another language hands over; [`Model`] is what comes
//! out of checking it. Every quantity is already in the unit of its documentation.
//!
//! [`Model`]: crate::model::Model

pub mod bound;
pub mod declare;
pub mod fault;
pub mod key;
pub mod set;
pub mod tree;
pub mod units;
pub mod value;
pub mod waveform;

mod adaptation;
mod afferent;
mod builder;
mod connection;
mod current;
mod distribution;
mod event;
pub mod interned;
mod kind;
mod measured;
pub mod nearest;
mod neurons;
pub mod parameter_scan;
mod parameter_text;
mod population;
mod projection;
mod published;
mod quadratic;
mod receptor;
mod record;
mod sections;
mod spike_list;
mod synapse;
mod voltage_clamp;

use crate::spec::fault::{FaultKind, Faults};
use crate::spec::key::TableReader;
use crate::spec::key::{KeyValue, Kind, Place, Section};
use crate::spec::tree::{Node, Value};
use crate::{section, words};

pub use adaptation::AdaptationTheory;
pub use afferent::{AfferentActivity, AfferentSpec, EventStatistics, Trains};
pub use connection::ConnectionSpec;
pub use current::CurrentSpec;
pub use distribution::{Distribution, DistributionShape};
pub use event::{EventSpec, EventValue};
pub use kind::{
    Description, KindMethod, KindParameterSpec, KindSpec, SpikeSpec, Texts, TimeTableSpec,
};
pub use measured::MeasuredSpec;
pub use neurons::NeuronsSpec;
pub use parameter_scan::{ParameterScanSpec, RangeSpacing, Sampling, VarySpec, VaryValues};
pub use parameter_text::ParameterText;
pub use population::{Border, CellSpec, InjectionSpec, PopulationSpec, SpaceSpec};
pub use projection::{DelaySpec, PlasticitySpec, ProjectionSpec};
pub use published::{
    CoefficientUnit, NormalisationSpec, PUBLISHED_TERMS, PublishedMoments, PublishedSpec,
};
pub use quadratic::QuadraticSpec;
pub use receptor::{ReceptorKind, ReceptorSpec, VariablesOf};
pub use record::{RecordSpec, TracesSpec};
pub use sections::{
    CompareSpec, MOST_STEPS, ScanSpec, SimulationSpec, SpikeTrainTheory, StationaryTheory,
    TheoryModel, TheorySpec, TransferFunctionKind,
};
pub use spike_list::SpikeListSpec;
pub use synapse::SynapseSpec;
pub use value::Named;
pub use voltage_clamp::{VoltageClampSpec, VoltageClamps};

section! {
    /// A model as written.
    #[derive(Debug, Clone, PartialEq, Default)]
    #[non_exhaustive]
    pub struct ModelSpec, check = check_populations {
        /// title for tables and figures
        title: Option<String> = Text, none;
        /// where the model was published
        reference: Option<String> = Text, none;
        /// time step, duration, seed, method
        simulation: SimulationSpec = Table(SimulationSpec::KEYS), required("a table with t_stop, dt, seed");
        /// kinds of cells declared by their equations
        kinds: Named<KindSpec> = Named(KindSpec::KEYS), none;
        /// intrinsic currents declared by their equations, for any kind of cell that has equations
        currents: Named<CurrentSpec> = Named(CurrentSpec::KEYS), none;
        /// synaptic receptors by name
        receptors: Named<ReceptorSpec> = Named(ReceptorSpec::KEYS), none;
        /// synapses declared by their equations
        synapses: Named<SynapseSpec> = Named(SynapseSpec::KEYS), none;
        /// populations by name
        populations: Named<PopulationSpec> = Named(PopulationSpec::KEYS), required("at least one population");
        /// afferent populations by name
        afferents: Named<AfferentSpec> = Named(AfferentSpec::KEYS), none;
        /// projections
        projections: Vec<ProjectionSpec> = Tables(ProjectionSpec::KEYS), none;
        /// changes during the run
        events: Vec<EventSpec> = Tables(EventSpec::KEYS), none;
        /// what to record
        record: RecordSpec = Table(RecordSpec::KEYS), or(RecordSpec::default());
        /// settings of the mean-field theory
        theory: TheorySpec = Table(TheorySpec::KEYS), or(TheorySpec::default());
        /// windows of the comparison between simulation and theory
        compare: CompareSpec = Table(CompareSpec::KEYS), or(CompareSpec::default());
        /// scan over keys of the model
        scan: Option<ParameterScanSpec> = Table(ParameterScanSpec::KEYS), none;
    }
}

fn check_populations(model: &ModelSpec, table: &mut TableReader<'_, '_>) {
    if model.populations.is_empty() && !table.is_faulty("populations") {
        let expected = "at least one population".to_owned();
        table.fault("populations", FaultKind::MissingKey { expected });
    }
}

impl ModelSpec {
    /// Reads a model from a tree. What is at fault is absent, NaN or zero in what is returned, so that the next stage can find
    /// more faults.
    pub fn read(root: &Node, faults: &mut Faults) -> Self {
        let place = Place { node: root, path: String::new(), own: None, root, faults };
        KeyValue::read(place, &Kind::Table(Self::KEYS))
    }

    /// The model as a file has it.
    #[must_use]
    pub fn to_tree(&self) -> Node {
        self.write().unwrap_or_else(|| Node::new(Value::Table(Vec::new())))
    }
}

/// As its tree.
impl serde::Serialize for ModelSpec {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_tree().serialize(serializer)
    }
}

words! {
    /// Numerical method of the network engine.
    pub enum Method, what = "method" {
        /// forward Euler on V, w and the conductances, the schedule of Brian2
        Euler = "euler",
        /// second order: V and w by Heun's rule, conductances decay exactly
        Heun = "heun",
    }
}
