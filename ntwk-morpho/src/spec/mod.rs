//! The description of a cell as a file holds it.
//!
//! A tree of keys with lines ([`ntwk_core::spec::tree::Node`], what TOML becomes) is read into a [`CellSpec`], all faults at once;
//! [`CellSpec::build`] makes a cell of it. The crate opens no files: whoever does hands over the text of the SWC file that
//! [`MorphologySource::Swc`] names. Every section is a table of keys ([`ntwk_core::section!`]), from which come its type, reader,
//! checks, defaults, writer and reference.

mod build;
mod channels;
mod coarse_step;
mod constants;
mod coupled;
mod discretisation;
mod electrodes;
mod extracellular;
mod fault;
mod gap_junctions;
mod kinetics;
mod late_events;
mod membrane;
mod morphology;
mod network_drive;
mod receptors;
mod record;
mod simulation;
mod synapses;
mod values;

pub use build::{BuiltCell, PlacedSynapses};
pub use channels::{BuiltInChannel, ChannelModel, ChannelSpec, DeclaredKeys, DensityFactor};
pub use constants::Constants;
pub use coupled::{
    CellJunctionSpec, CellLocation, Changes, CoupledCellSpec, CoupledSpec, coupled_simulation,
};
pub use discretisation::DiscretisationSpec;
pub use electrodes::{Electrode, ElectrodeSpec, InjectedCurrent};
pub use extracellular::{
    ContactSpec, ExtracellularSpec, HeadElectrodeSpec, HeadSpec, LaminarProbeSpec, Outside,
    OutsideRow, SliceSpec,
};
pub use gap_junctions::GapJunctionSpec;
pub use kinetics::{GateSpec, KineticsSpec};
pub use membrane::{MembraneSpec, RegionSpec};
pub use morphology::{Generator, MorphologySource, MorphologySpec};
pub use network_drive::{NetworkDrive, RecordedPopulation};
pub use receptors::{Block, ReceptorModel};
pub use record::{ChannelPartSpec, IonCurrentSpec, RecordSpec, SynapsesSpec, VariableSpec};
pub use simulation::SimulationSpec;
pub use synapses::{Activity, SequenceOrder, SequenceSpec, SynapseLocations, SynapseSpec};
pub use values::{Cylinder, Ends, Locations, Places, Position, Regions};

use ntwk_core::spec::ParameterScanSpec;
use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::key::{KeyValue, Kind, Place, Section, TableReader};
use ntwk_core::spec::tree::{Node, Value};
use ntwk_core::spec::value::Named;

ntwk_core::section! {
    /// A cell as written: checked alone, not yet on its morphology.
    #[derive(Debug, Clone, PartialEq)]
    pub struct CellSpec, check = check {
        /// title for figures
        title: Option<String> = Text, none;
        /// where the morphology comes from
        morphology: MorphologySpec = Table(MorphologySpec::KEYS), required("[morphology] with swc or generator");
        /// how branches are cut
        discretisation: DiscretisationSpec = Table(DiscretisationSpec::KEYS), defaults;
        /// passive parameters
        membrane: MembraneSpec = Table(MembraneSpec::KEYS), required("[membrane] with C_m and R_i");
        /// channels in their places by name
        channels: Named<ChannelSpec> = Named(ChannelSpec::KEYS), none;
        /// kinds of channels declared as data by name
        kinetics: Named<KineticsSpec> = Named(KineticsSpec::KEYS), none;
        /// receptors by name
        receptors: Named<ReceptorModel> = Named(ReceptorModel::KEYS), none;
        /// groups of synapses by name
        synapses: Named<SynapseSpec> = Named(SynapseSpec::KEYS), none;
        /// gap junctions between two points of the cell by name
        gap_junctions: Named<GapJunctionSpec> = Named(GapJunctionSpec::KEYS), none;
        /// electrodes
        electrodes: Vec<ElectrodeSpec> = Tables(ElectrodeSpec::KEYS), none;
        /// how to integrate and for how long
        simulation: SimulationSpec = Table(SimulationSpec::KEYS), defaults;
        /// what to record
        record: RecordSpec = Table(RecordSpec::KEYS), defaults;
        /// potentials outside the cell
        extracellular: Option<ExtracellularSpec> = Table(ExtracellularSpec::KEYS), none;
        /// scan over keys of the description
        scan: Option<ParameterScanSpec> = Table(ParameterScanSpec::KEYS), none;
    }
}

/// What sections say of each other. Kinds of channels are known where a channel is read.
fn check(cell: &CellSpec, table: &mut TableReader<'_, '_>) {
    let built_in = |name: &str| BuiltInChannel::kinds().iter().any(|kind| kind.name == name);
    for name in cell.kinetics.keys().filter(|name| built_in(name)) {
        let rule = format!("\"{name}\" is a built-in kind of channel; take another name");
        table.fault(&format!("kinetics.{name}"), FaultKind::Combination { rule });
    }
    let named = |node: &Node| matches!(node.value, Value::Table(_));
    if !table.peek("receptors").is_none_or(named) {
        return;
    }
    for (group, synapses) in &cell.synapses {
        for name in synapses.receptors.keys().filter(|name| !cell.receptors.contains_key(*name)) {
            let known = cell.receptors.keys().map(String::as_str);
            let kind = FaultKind::unknown_name("receptor", name, known);
            table.fault(&format!("synapses.{group}.receptors.{name}"), kind);
        }
    }
}

impl CellSpec {
    /// Reads a description. What is at fault is absent, NaN or zero in what is returned.
    pub fn read(root: &Node, faults: &mut Faults) -> Self {
        let place = Place { node: root, path: String::new(), own: None, root, faults };
        let mut spec: Self = KeyValue::read(place, &Kind::Table(Self::KEYS));
        if spec.simulation.settings.v_init.is_nan() {
            spec.simulation.settings.v_init = spec.membrane.E_L;
        }
        spec
    }

    /// The description of a tree.
    ///
    /// # Errors
    /// All [`Faults`] with key, value and line.
    pub fn from_tree(root: &Node) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let spec = Self::read(root, &mut faults);
        faults.into_result(spec)
    }
}
