//! The description of a cell as a file holds it, and its strict reader.
//!
//! A tree of keys with lines ([`ntwk_core::spec::tree::Node`], what TOML becomes) is read into a [`CellSpec`], all faults at once;
//! [`CellSpec::build`] makes a cell of it. The crate opens no files: whoever does hands over the text of the SWC file that
//! [`MorphologySource::Swc`] names.
//!
//! | table | keys |
//! |---|---|
//! | `[morphology]` | `swc`, `soma_rule`, `zero_radius`, `other_trees`; or `generator` and its parameters; `remove`, `simplify` |
//! | `[discretisation]` | `rule` = d_lambda, max_length, per_branch, per_sample, and its parameter |
//! | `[membrane]` | `C_m`, `R_i`, `g_L`, `E_L`; `[[membrane.regions]]` changes them `where` |
//! | `[channels.NAME]` | `model` and its parameters, `where`, `factor` (a formula of `distance`, `radius`, `order`) |
//! | `[kinetics.NAME]` | a channel declared as data: `gates`, `E`, `constants`, `q10`, `celsius_ref`, `carries_calcium` |
//! | `[receptors.NAME]` | `model` and its parameters |
//! | `[synapses.NAME]` | `receptors` with weights, `at` or `where` with a density or number, `times`, `rate`, `sequence` or `network` |
//! | `[gap_junctions.NAME]` | `between`, `conductance` |
//! | `[[electrodes]]` | `kind` = current or voltage, `at`, waveform |
//! | `[simulation]` | `t_stop`, `dt`, `method`, `celsius`, `v_init`, `seed` |
//! | `[record]` | `every`, `voltage`, `calcium`, `variables`, `currents`, `spikes`, `threshold` |
//! | `[scan]` | `vary` and what else the scan of a network has; `command` is morpho |

mod build;
mod channels;
mod constants;
mod coupled;
mod discretisation;
mod electrodes;
mod kinetics;
mod membrane;
mod morphology;
mod network_drive;
mod reader;
mod receptors;
mod record;
mod simulation;
mod synapses;
mod values;

pub use build::{BuiltCell, PlacedSynapses};
pub use channels::{CHANNELS, ChannelKind, ChannelSpec, Parameter};
pub use coupled::{CellJunctionSpec, CoupledCellSpec, CoupledSpec, coupled_simulation};
pub use discretisation::DiscretisationSpec;
pub use electrodes::{Electrode, ElectrodeSpec, InjectedCurrent};
pub use membrane::{MembraneSpec, RegionSpec};
pub use morphology::{Generator, MorphologySource, MorphologySpec};
pub use network_drive::NetworkDrive;
pub use receptors::{Block, ReceptorModel, ReceptorSpec};
pub use record::{ChannelCurrentSpec, ProbeSpec, RecordSpec, VariableSpec};
pub use simulation::SimulationSpec;
pub use synapses::{Activity, GapJunctionSpec, SynapseLocations, SynapseSpec};
pub use values::Locations;

use ntwk_core::spec::ParameterScanSpec;
use ntwk_core::spec::fault::Faults;
use ntwk_core::spec::key::TableReader;
use ntwk_core::spec::key::{Absent, Key, Kind, Section as _};
use ntwk_core::spec::tree::{Node, Value};
use ntwk_core::spec::value::Named;
use reader::Section;

/// A cell as written: checked alone, not yet on its morphology.
#[derive(Debug, Clone)]
pub struct CellSpec {
    /// Title for figures.
    pub title: Option<String>,
    /// Where the morphology comes from.
    pub morphology: MorphologySpec,
    /// How it is cut.
    pub discretisation: DiscretisationSpec,
    /// Passive parameters.
    pub membrane: MembraneSpec,
    /// Channels in their places.
    pub channels: Vec<ChannelSpec>,
    /// Receptors by name.
    pub receptors: Vec<ReceptorSpec>,
    /// Synapses.
    pub synapses: Vec<SynapseSpec>,
    /// Gap junctions between two points of the cell.
    pub gap_junctions: Vec<GapJunctionSpec>,
    /// Electrodes.
    pub electrodes: Vec<ElectrodeSpec>,
    /// How to integrate.
    pub simulation: SimulationSpec,
    /// What to record.
    pub record: RecordSpec,
    /// A scan over keys of the description.
    pub scan: Option<ParameterScanSpec>,
    /// What is read and should be written otherwise.
    pub notices: Vec<String>,
}

impl CellSpec {
    /// Reads a description.
    ///
    /// # Errors
    /// All [`Faults`] with key, value and line.
    pub fn from_tree(root: &Node) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        match read(root, &mut faults) {
            Some(mut spec) => {
                spec.notices = std::mem::take(&mut faults.notices);
                faults.into_result(spec)
            }
            // What could not be read has a fault.
            None => Err(faults.into_result(()).err().unwrap_or_default()),
        }
    }
}

/// A section without keys.
fn empty() -> Node {
    Node::new(Value::Table(Vec::new()))
}

const fn section(name: &'static str, keys: &'static [Key], absent: Absent) -> Key {
    Key { name, was: None, kind: Kind::Table(keys), absent, doc: "" }
}

const RECEPTORS: Key = Key {
    name: "receptors",
    was: None,
    kind: Kind::Named(ReceptorModel::KEYS),
    absent: Absent::Nothing,
    doc: "",
};
const ELECTRODES: Key = Key {
    name: "electrodes",
    was: None,
    kind: Kind::Tables(ElectrodeSpec::KEYS),
    absent: Absent::Nothing,
    doc: "",
};
const DISCRETISATION: Key =
    section("discretisation", DiscretisationSpec::KEYS, Absent::Value(empty));
const MEMBRANE: Key =
    section("membrane", MembraneSpec::KEYS, Absent::Required("[membrane] with C_m and R_i"));
const SIMULATION: Key = section("simulation", SimulationSpec::KEYS, Absent::Value(empty));
const RECORD: Key = section("record", RecordSpec::KEYS, Absent::Value(empty));
const SCAN: Key = section("scan", ParameterScanSpec::KEYS, Absent::Nothing);

impl CellSpec {
    /// The sections that are made from tables of keys.
    pub const KEYS: &'static [Key] =
        &[DISCRETISATION, MEMBRANE, RECEPTORS, ELECTRODES, SIMULATION, RECORD, SCAN];
}

fn read(root: &Node, faults: &mut Faults) -> Option<CellSpec> {
    let mut table = Section::new(TableReader::new(root, "", faults)?);
    let title = table.text("title");
    let morphology = match table.required_table("morphology", "[morphology] with swc or generator")
    {
        Some(t) => morphology::read(t),
        None => None,
    };
    let discretisation = table.read(&DISCRETISATION);
    let membrane: MembraneSpec = table.read(&MEMBRANE);
    let kinetics = match table.table("kinetics") {
        Some(t) => kinetics::read(t),
        None => Vec::new(),
    };
    let channels = match table.table("channels") {
        Some(t) => channels::read(t, &kinetics),
        None => Vec::new(),
    };
    let receptors: Named<ReceptorModel> = table.read(&RECEPTORS);
    let receptors: Vec<ReceptorSpec> = receptors
        .into_iter()
        .map(|(name, model)| ReceptorSpec { name, receptor: model.receptor() })
        .collect();
    let synapses = match table.table("synapses") {
        Some(t) => synapses::read(t, &receptors),
        None => Vec::new(),
    };
    let gap_junctions = match table.table("gap_junctions") {
        Some(t) => synapses::gap_junctions(t),
        None => Vec::new(),
    };
    let electrodes = table.read(&ELECTRODES);
    let mut simulation: SimulationSpec = table.read(&SIMULATION);
    if simulation.settings.v_init.is_nan() {
        simulation.settings.v_init = membrane.E_L;
    }
    let record = table.read(&RECORD);
    let scan = table.read(&SCAN);
    table.finish();
    Some(CellSpec {
        title,
        morphology: morphology?,
        discretisation,
        membrane,
        channels,
        receptors,
        synapses,
        gap_junctions,
        electrodes,
        simulation,
        record,
        scan,
        notices: Vec::new(),
    })
}
