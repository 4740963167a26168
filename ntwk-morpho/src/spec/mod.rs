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
mod coupled;
mod electrodes;
mod kinetics;
mod morphology;
mod network_drive;
mod reader;
mod record;
mod synapses;

pub use build::{BuiltCell, PlacedSynapses};
pub use channels::{CHANNELS, ChannelKind, ChannelSpec, Parameter};
pub use coupled::{CellJunctionSpec, CoupledCellSpec, CoupledSpec, coupled_simulation};
pub use electrodes::{Electrode, ElectrodeSpec};
pub use morphology::{Generator, MorphologySource, MorphologySpec};
pub use network_drive::NetworkDrive;
pub use record::{ProbeSpec, RecordSpec};
pub use synapses::{Activity, GapJunctionSpec, ReceptorSpec, SynapseLocations, SynapseSpec};

use crate::mesh::selection::Selection;
use crate::solver::simulation::{Method, Settings};
use ntwk_core::Dimension;
use ntwk_core::spec::ParameterScanSpec;
use ntwk_core::spec::bound::Bound;
use ntwk_core::spec::fault::Faults;
use ntwk_core::spec::key::{Absent, Key, Kind, Section as _};
use ntwk_core::spec::tree::{Node, TableReader};
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

/// How branches are cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DiscretisationSpec {
    /// The d_lambda rule with the membrane of `[membrane]`.
    DLambda {
        /// Largest compartment in units of λ_f.
        d_lambda: f64,
        /// Frequency (Hz).
        frequency: f64,
    },
    /// The others, as they are.
    Fixed(crate::Discretisation),
}

/// Passive parameters of a part of the cell; the last that names a compartment holds.
#[derive(Debug, Clone, PartialEq)]
#[allow(non_snake_case)]
pub struct RegionSpec {
    /// Which part.
    pub selection: Selection,
    /// Specific capacitance (µF/cm²).
    pub C_m: Option<f64>,
    /// Axial resistivity (Ω·cm).
    pub R_i: Option<f64>,
    /// Leak conductance density (S/cm²).
    pub g_L: Option<f64>,
    /// Leak reversal potential (mV).
    pub E_L: Option<f64>,
}

/// Passive parameters.
#[derive(Debug, Clone, PartialEq)]
#[allow(non_snake_case)]
pub struct MembraneSpec {
    /// Specific capacitance (µF/cm²).
    pub C_m: f64,
    /// Axial resistivity (Ω·cm).
    pub R_i: f64,
    /// Leak conductance density (S/cm²), 0 for none.
    pub g_L: f64,
    /// Leak reversal potential (mV).
    pub E_L: f64,
    /// Parts with values of their own.
    pub regions: Vec<RegionSpec>,
}

/// How to integrate and for how long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimulationSpec {
    /// Duration (ms).
    pub t_stop: f64,
    /// Step, scheme, temperature, initial values.
    pub settings: Settings,
    /// Seed of all randomness of the cell.
    pub seed: u64,
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

/// The temperature of most recordings (°C), and the default of a description.
const CELSIUS: f64 = 34.0;

const SCAN: Key = Key {
    name: "scan",
    was: None,
    kind: Kind::Table(ParameterScanSpec::KEYS),
    absent: Absent::Nothing,
    doc: "scan over keys of the cell",
};

fn read(root: &Node, faults: &mut Faults) -> Option<CellSpec> {
    let mut table = Section::new(TableReader::new(root, "", faults)?);
    let title = table.text("title");
    let morphology = match table.required_table("morphology", "[morphology] with swc or generator")
    {
        Some(t) => morphology::read(t),
        None => None,
    };
    let discretisation = match table.table("discretisation") {
        Some(t) => discretisation(t),
        None => Some(DiscretisationSpec::DLambda { d_lambda: 0.1, frequency: 100.0 }),
    };
    let membrane = match table.required_table("membrane", "[membrane] with C_m and R_i") {
        Some(t) => membrane(t),
        None => None,
    };
    let kinetics = match table.table("kinetics") {
        Some(t) => kinetics::read(t),
        None => Vec::new(),
    };
    let channels = match table.table("channels") {
        Some(t) => channels::read(t, &kinetics),
        None => Vec::new(),
    };
    let receptors = match table.table("receptors") {
        Some(t) => synapses::receptors(t),
        None => Vec::new(),
    };
    let synapses = match table.table("synapses") {
        Some(t) => synapses::read(t, &receptors),
        None => Vec::new(),
    };
    let gap_junctions = match table.table("gap_junctions") {
        Some(t) => synapses::gap_junctions(t),
        None => Vec::new(),
    };
    let electrodes = electrodes::read(&mut table);
    let simulation = match table.table("simulation") {
        Some(t) => simulation(t, membrane.as_ref()),
        None => simulation_defaults(membrane.as_ref()),
    };
    let record = match table.table("record") {
        Some(t) => record::read(t),
        None => Some(RecordSpec::default()),
    };
    let scan = table.read(&SCAN);
    table.finish();
    Some(CellSpec {
        title,
        morphology: morphology?,
        discretisation: discretisation?,
        membrane: membrane?,
        channels,
        receptors,
        synapses,
        gap_junctions,
        electrodes,
        simulation: simulation?,
        record: record?,
        scan,
        notices: Vec::new(),
    })
}

fn discretisation(mut t: Section<'_, '_>) -> Option<DiscretisationSpec> {
    use crate::Discretisation as D;
    const RULES: [&str; 4] = ["d_lambda", "max_length", "per_branch", "per_sample"];
    let rule = t.choice("rule", &RULES)?.unwrap_or("d_lambda");
    let spec = match rule {
        "max_length" => {
            let length = t.required("max_length", Dimension::Length, Bound::Positive);
            length.map(|l| DiscretisationSpec::Fixed(D::MaxLength(l)))
        }
        "per_branch" => {
            let number = t.required_count("per_branch", 1);
            number.map(|n| DiscretisationSpec::Fixed(D::PerBranch(n as usize)))
        }
        "per_sample" => Some(DiscretisationSpec::Fixed(D::PerSample)),
        _ => {
            let d_lambda = t.or("d_lambda", Dimension::Number, Bound::Positive, 0.1);
            let frequency = t.or("frequency", Dimension::Rate, Bound::Positive, 100.0);
            d_lambda
                .zip(frequency)
                .map(|(d_lambda, frequency)| DiscretisationSpec::DLambda { d_lambda, frequency })
        }
    };
    t.finish();
    spec
}

#[allow(non_snake_case)]
fn membrane(mut t: Section<'_, '_>) -> Option<MembraneSpec> {
    let C_m = t.or("C_m", Dimension::SpecificCapacitance, Bound::Positive, 1.0);
    let R_i = t.required("R_i", Dimension::Resistivity, Bound::Positive);
    let g_L = t.or("g_L", Dimension::ConductanceDensity, Bound::NonNegative, 0.0);
    let E_L = t.or("E_L", Dimension::Voltage, Bound::Any, -70.0);
    let mut regions = Vec::new();
    t.each_of("regions", |mut r| {
        let selection = r.selection("where", true);
        let values = (
            r.maybe("C_m", Dimension::SpecificCapacitance, Bound::Positive),
            r.maybe("R_i", Dimension::Resistivity, Bound::Positive),
            r.maybe("g_L", Dimension::ConductanceDensity, Bound::NonNegative),
            r.maybe("E_L", Dimension::Voltage, Bound::Any),
        );
        r.finish();
        if let (Some(selection), (Some(C_m), Some(R_i), Some(g_L), Some(E_L))) = (selection, values)
        {
            regions.push(RegionSpec { selection, C_m, R_i, g_L, E_L });
        }
    });
    t.finish();
    Some(MembraneSpec { C_m: C_m?, R_i: R_i?, g_L: g_L?, E_L: E_L?, regions })
}

/// The potential to start from: that of the leak.
fn v_init(membrane: Option<&MembraneSpec>) -> f64 {
    membrane.map_or(-70.0, |m| m.E_L)
}

fn simulation_defaults(membrane: Option<&MembraneSpec>) -> Option<SimulationSpec> {
    let settings = Settings { celsius: CELSIUS, v_init: v_init(membrane), ..Settings::default() };
    Some(SimulationSpec { t_stop: 200.0, settings, seed: 1 })
}

fn simulation(mut t: Section<'_, '_>, m: Option<&MembraneSpec>) -> Option<SimulationSpec> {
    let base = simulation_defaults(m)?;
    let t_stop = t.or("t_stop", Dimension::Time, Bound::Positive, base.t_stop);
    let dt = t.or("dt", Dimension::Time, Bound::Positive, base.settings.dt);
    let method = t.choice("method", &["implicit_euler", "crank_nicolson"]).map(|m| match m {
        Some("crank_nicolson") => Method::CrankNicolson,
        _ => Method::ImplicitEuler,
    });
    let celsius = t.or("celsius", Dimension::Temperature, Bound::Any, base.settings.celsius);
    let v_init = t.or("v_init", Dimension::Voltage, Bound::Any, base.settings.v_init);
    let calcium_init = t.or(
        "calcium_init",
        Dimension::Concentration,
        Bound::NonNegative,
        base.settings.calcium_init,
    );
    let seed = t.count("seed").map(|s| s.unwrap_or(base.seed));
    if t_stop.zip(dt).is_some_and(|(t_stop, dt)| t_stop / dt > 1e9) {
        t.fault("t_stop", "t_stop / dt must be at most 1e9 steps");
    }
    if celsius.is_some_and(|c| !(-50.0..=100.0).contains(&c)) {
        t.fault("celsius", "must be between -50 and 100 C");
    }
    t.finish();
    let settings = Settings {
        dt: dt?,
        method: method?,
        celsius: celsius?,
        v_init: v_init?,
        calcium_init: calcium_init?,
    };
    Some(SimulationSpec { t_stop: t_stop?, settings, seed: seed? })
}
