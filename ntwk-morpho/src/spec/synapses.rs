//! `[synapses]`, `[gap_junctions]`.

use super::ReceptorSpec;
use super::network_drive::{self, NetworkDrive};
use super::reader::{Section, read_quantity};
use crate::mesh::location_spec::LocationSpec;
use crate::mesh::placement::{Per, Spread};
use crate::mesh::selection::Selection;
use ntwk_core::Dimension as D;
use ntwk_core::spec::bound::Bound;

/// Where the synapses of a group lie.
#[derive(Debug, Clone, PartialEq)]
pub enum SynapseLocations {
    /// One at each location.
    At(Vec<LocationSpec>),
    /// Spread by density (1/µm² or 1/µm).
    Density {
        /// Where.
        selection: Selection,
        /// What the density counts.
        per: Per,
        /// The density.
        density: f64,
        /// How.
        spread: Spread,
    },
    /// So many, spread by area.
    Number {
        /// Where.
        selection: Selection,
        /// How many.
        number: u64,
        /// How.
        spread: Spread,
    },
}

/// When the synapses of a group are active.
#[derive(Debug, Clone, PartialEq)]
pub enum Activity {
    /// Never.
    Silent,
    /// All at these times (ms).
    Times(Vec<f64>),
    /// Each with a Poisson train of its own.
    Poisson {
        /// Rate (Hz).
        rate: f64,
        /// Start and end (ms).
        from: f64,
        /// End (ms), the end of the run when absent.
        until: Option<f64>,
    },
    /// One after the other, in order of distance from the origin.
    Sequence {
        /// Time of the first (ms).
        start: f64,
        /// Time from one to the next (ms).
        interval: f64,
        /// From the distal end inwards.
        inwards: bool,
    },
    /// Each with the spikes of a neuron of a network.
    Network(NetworkDrive),
}

/// `[synapses.NAME]`.
#[derive(Debug, Clone, PartialEq)]
pub struct SynapseSpec {
    /// Name.
    pub name: String,
    /// (index of the receptor, weight (µS)): all are activated by one presynaptic spike.
    pub receptors: Vec<(usize, f64)>,
    /// Where.
    pub locations: SynapseLocations,
    /// When.
    pub activity: Activity,
}

/// `[gap_junctions.NAME]`.
#[derive(Debug, Clone, PartialEq)]
pub struct GapJunctionSpec {
    /// Name.
    pub name: String,
    /// The two points.
    pub between: [LocationSpec; 2],
    /// Conductance (µS).
    pub conductance: f64,
}

pub(super) fn read(t: Section<'_, '_>, receptors: &[ReceptorSpec]) -> Vec<SynapseSpec> {
    let mut all = Vec::new();
    t.each_named(|name, mut t| {
        let weights = weights(&mut t, receptors);
        let locations = locations(&mut t);
        let activity = activity(&mut t);
        t.finish();
        if let (Some(receptors), Some(locations), Some(activity)) = (weights, locations, activity) {
            all.push(SynapseSpec { name: name.to_owned(), receptors, locations, activity });
        }
    });
    all
}

/// `receptors = { AMPA = "0.5 nS", NMDA = "0.8 nS" }`.
fn weights(t: &mut Section<'_, '_>, known: &[ReceptorSpec]) -> Option<Vec<(usize, f64)>> {
    let mut table =
        t.required_table("receptors", "a table of receptors with weights, { AMPA = \"0.5 nS\" }")?;
    let mut all = Vec::new();
    let mut sound = true;
    for (name, path, node) in table.entries() {
        let weight =
            read_quantity(node, &path, D::CableConductance, Bound::NonNegative, table.faults());
        match (known.iter().position(|r| r.name == name), weight) {
            (Some(index), Some(weight)) => all.push((index, weight)),
            (None, _) => {
                sound = false;
                table.unknown(
                    name,
                    name,
                    "receptor",
                    known.iter().map(|r| r.name.clone()).collect(),
                );
            }
            _ => sound = false,
        }
    }
    if sound && all.is_empty() {
        t.fault("receptors", "names no receptor");
        sound = false;
    }
    sound.then_some(all)
}

fn locations(t: &mut Section<'_, '_>) -> Option<SynapseLocations> {
    let at = t.locations("at")?;
    let ways = [t.has("at"), t.has("density"), t.has("density_per_length"), t.has("number")];
    if ways.iter().filter(|w| **w).count() != 1 {
        t.fault(
            "at",
            "give one of at (locations), density (1/um2), density_per_length (1/um) or number",
        );
        return None;
    }
    if let Some(at) = at {
        return Some(SynapseLocations::At(at));
    }
    let selection = t.selection("where", true);
    let even = t.choice("spread", &["even", "random"])? != Some("random");
    let seed = t.count("seed")?;
    if even && seed.is_some() {
        t.fault("seed", "only spread = \"random\" has a seed");
    }
    let spread = if even { Spread::Even } else { Spread::Random { seed: seed.unwrap_or(1) } };
    if ways[3] {
        let number = t.required_count("number", 1);
        return Some(SynapseLocations::Number { selection: selection?, number: number?, spread });
    }
    let (per, density) = if ways[1] {
        (Per::Area, t.required("density", D::PerArea, Bound::NonNegative))
    } else {
        (Per::Length, t.required("density_per_length", D::PerLength, Bound::NonNegative))
    };
    Some(SynapseLocations::Density { selection: selection?, per, density: density?, spread })
}

fn activity(t: &mut Section<'_, '_>) -> Option<Activity> {
    let ways = [t.has("times"), t.has("rate"), t.has("sequence"), t.has("network")];
    if ways.iter().filter(|w| **w).count() > 1 {
        t.fault("rate", "give at most one of times, rate, sequence and network");
        return None;
    }
    if let Some(times) = t.list("times", D::Time, Bound::NonNegative)? {
        return Some(Activity::Times(times));
    }
    if ways[1] {
        let rate = t.required("rate", D::Rate, Bound::NonNegative);
        let from = t.or("from", D::Time, Bound::NonNegative, 0.0);
        let until = t.maybe("until", D::Time, Bound::NonNegative);
        return Some(Activity::Poisson { rate: rate?, from: from?, until: until? });
    }
    if ways[3] {
        return network_drive::read(t).map(Activity::Network);
    }
    let Some(mut s) = t.table("sequence") else {
        return if ways[2] { None } else { Some(Activity::Silent) };
    };
    let start = s.required("start", D::Time, Bound::NonNegative);
    let interval = s.required("interval", D::Time, Bound::NonNegative);
    let order = s.required_choice("order", &["in", "out"]);
    s.finish();
    Some(Activity::Sequence { start: start?, interval: interval?, inwards: order? == "in" })
}

pub(super) fn gap_junctions(t: Section<'_, '_>) -> Vec<GapJunctionSpec> {
    let mut all = Vec::new();
    t.each_named(|name, mut t| {
        let conductance = t.required("conductance", D::CableConductance, Bound::NonNegative);
        let between = t.locations("between");
        match between.flatten().as_deref() {
            Some(&[a, b]) => {
                if let Some(conductance) = conductance {
                    let name = name.to_owned();
                    all.push(GapJunctionSpec { name, between: [a, b], conductance });
                }
            }
            _ => t.fault("between", "expected two locations, [\"soma\", \"tip\"]"),
        }
        t.finish();
    });
    all
}
