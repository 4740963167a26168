//! `[synapses.NAME]`: groups of synapses, where they lie and when they are active.

use super::network_drive::{NetworkDrive, RecordedPopulation};
use super::values::{LOCATIONS, Locations, SELECTION};
use crate::mesh::location_spec::LocationSpec;
use crate::mesh::placement::{Per, Spread};
use crate::mesh::selection::Selection;
use ntwk_core::spec::fault::FaultKind;
use ntwk_core::spec::key::{KeyValue, Kind, Place, Section, TableReader, Words};
use ntwk_core::spec::tree::Node;
use ntwk_core::spec::value::Named;

ntwk_core::section! {
    /// A group of synapses.
    #[derive(Debug, Clone, PartialEq)]
    pub struct SynapseSpec, check = check_receptors {
        /// receptors with weights: all are activated by one presynaptic spike
        receptors: Named<f64> = NamedQuantities(CableConductance, NonNegative),
            required("a table of receptors with weights, { AMPA = \"0.5 nS\" }");
        /// where they lie
        locations: SynapseLocations = Flat(LocationKeys::KEYS), required;
        /// when they are active
        activity: Activity = Flat(ActivityKeys::KEYS), none;
    }
}

fn check_receptors(synapses: &SynapseSpec, table: &mut TableReader<'_, '_>) {
    if synapses.receptors.is_empty() && !table.is_faulty("receptors") {
        broken(table, "receptors", "names no receptor");
    }
}

fn broken(table: &mut TableReader<'_, '_>, key: &str, rule: &str) {
    table.fault(key, FaultKind::Combination { rule: rule.to_owned() });
}

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

ntwk_core::words! {
    /// How a number of synapses is spread.
    enum Spreading, what = "way of spreading" {
        /// evenly spaced over the length, or the area, of the part
        Even = "even",
        /// each falls anywhere, drawn independently
        Random = "random",
    }
}

ntwk_core::section! {
    /// The keys of the locations as they stand in a file.
    struct LocationKeys, check = check_locations {
        /// locations, one synapse at each: this, `density`, `density_per_length` or `number`
        at: Option<Locations> = Other(LOCATIONS), none;
        /// the part that `density`, `density_per_length` or `number` are spread over: a selection
        selection as "where": Option<Selection> = Other(SELECTION), none;
        /// density by area (1/µm²)
        density: Option<f64> = Quantity(PerArea, NonNegative), none;
        /// density by length (1/µm)
        density_per_length: Option<f64> = Quantity(PerLength, NonNegative), none;
        /// how many, spread by area
        number: Option<u64> = Count(1, 1_000_000), none;
        /// how they are spread; without it, `"even"`:
        spread: Option<Spreading> = Choice(Spreading::WORDS), none;
        /// seed of `spread = "random"`; without it, 1
        seed: Option<u64> = Count(0, u64::MAX), none;
    }
}

fn check_locations(keys: &LocationKeys, table: &mut TableReader<'_, '_>) {
    let ways = [
        ("at", keys.at.is_some()),
        ("density", keys.density.is_some()),
        ("density_per_length", keys.density_per_length.is_some()),
        ("number", keys.number.is_some()),
    ];
    let given: Vec<&str> = ways.into_iter().filter(|way| way.1).map(|way| way.0).collect();
    match given[..] {
        [] => table.missing(
            "at",
            "locations; or where with density (1/um2), density_per_length (1/um) or number",
        ),
        ["at"] => {
            if keys.at.as_ref().is_some_and(|at| at.0.is_empty()) && !table.is_faulty("at") {
                broken(table, "at", "names no location: at least one is needed");
            }
            for (key, is_given) in [
                ("where", keys.selection.is_some()),
                ("spread", keys.spread.is_some()),
                ("seed", keys.seed.is_some()),
            ] {
                if is_given {
                    let rule =
                        "belongs to density, density_per_length or number; at names the locations";
                    broken(table, key, rule);
                }
            }
        }
        [_] => {
            if keys.selection.is_none() {
                table.missing("where", SELECTION);
            }
            let is_even = keys.spread != Some(Spreading::Random) && !table.is_faulty("spread");
            if is_even && keys.seed.is_some() {
                broken(table, "seed", "only spread = \"random\" has a seed");
            }
        }
        [_, ref others @ ..] => {
            for key in others {
                let rule = "give one of at (locations), density (1/um2), density_per_length (1/um) or number";
                broken(table, key, rule);
            }
        }
    }
}

impl KeyValue for SynapseLocations {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        place.table().map_or_else(Self::nothing, |mut table| Self::read_flat(&mut table))
    }

    fn nothing() -> Self {
        Self::At(Vec::new())
    }

    fn write(&self) -> Option<Node> {
        let none = LocationKeys::nothing();
        let (mut keys, selection, spread) = match self.clone() {
            Self::At(at) => return LocationKeys { at: Some(Locations(at)), ..none }.write(),
            Self::Density { selection, per: Per::Area, density, spread } => {
                (LocationKeys { density: Some(density), ..none }, selection, spread)
            }
            Self::Density { selection, per: Per::Length, density, spread } => {
                (LocationKeys { density_per_length: Some(density), ..none }, selection, spread)
            }
            Self::Number { selection, number, spread } => {
                (LocationKeys { number: Some(number), ..none }, selection, spread)
            }
        };
        keys.selection = Some(selection);
        (keys.spread, keys.seed) = match spread {
            Spread::Even => (Some(Spreading::Even), None),
            Spread::Random { seed } => (Some(Spreading::Random), Some(seed)),
        };
        keys.write()
    }

    fn read_flat(table: &mut TableReader<'_, '_>) -> Self {
        let keys = LocationKeys::read_flat(table);
        let selection = keys.selection.unwrap_or(Selection::All);
        let spread = match keys.spread {
            Some(Spreading::Random) => Spread::Random { seed: keys.seed.unwrap_or(1) },
            _ => Spread::Even,
        };
        if let Some(Locations(at)) = keys.at {
            Self::At(at)
        } else if let Some(number) = keys.number {
            Self::Number { selection, number, spread }
        } else if let Some(density) = keys.density {
            Self::Density { selection, per: Per::Area, density, spread }
        } else if let Some(density) = keys.density_per_length {
            Self::Density { selection, per: Per::Length, density, spread }
        } else {
            Self::nothing()
        }
    }
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
    /// One after the other.
    Sequence(SequenceSpec),
    /// Each with the spikes of a neuron of a network.
    Network(NetworkDrive),
}

ntwk_core::section! {
    /// Synapses that are active one after the other, in order of distance from the origin.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct SequenceSpec {
        /// time of the first (ms)
        start: f64 = Quantity(Time, NonNegative), required;
        /// time from one to the next (ms)
        interval: f64 = Quantity(Time, NonNegative), required;
        /// which is the first:
        order: SequenceOrder = Choice(SequenceOrder::WORDS), required;
    }
}

ntwk_core::words! {
    /// Order of a sequence.
    pub enum SequenceOrder, what = "order" {
        /// from the distal end inwards
        In = "in",
        /// outwards
        Out = "out",
    }
}

ntwk_core::section! {
    /// The keys of an activity as they stand in a file.
    struct ActivityKeys, check = check_activity {
        /// all at these times (ms); at most one of this, `rate`, `sequence` and `network`, and silent without any
        times: Option<Vec<f64>> = Quantities(Time, NonNegative), none;
        /// rate of a Poisson train each (Hz)
        rate: Option<f64> = Quantity(Rate, NonNegative), none;
        /// start of the trains of `rate` (ms); without it, 0
        from: Option<f64> = Quantity(Time, NonNegative), none;
        /// end of the trains of `rate` (ms); without it, the end of the run
        until: Option<f64> = Quantity(Time, NonNegative), none;
        /// one after the other
        sequence: Option<SequenceSpec> = Table(SequenceSpec::KEYS), none;
        /// each hears a neuron of a network
        network: Option<RecordedPopulation> = Table(RecordedPopulation::KEYS), none;
    }
}

fn check_activity(keys: &ActivityKeys, table: &mut TableReader<'_, '_>) {
    let ways = [
        ("times", keys.times.is_some()),
        ("rate", keys.rate.is_some()),
        ("sequence", keys.sequence.is_some()),
        ("network", keys.network.is_some()),
    ];
    for (key, _) in ways.into_iter().filter(|way| way.1).skip(1) {
        broken(table, key, "give at most one of times, rate, sequence and network");
    }
    for (key, is_given) in [("from", keys.from.is_some()), ("until", keys.until.is_some())] {
        if is_given && keys.rate.is_none() {
            broken(table, key, "belongs to a rate");
        }
    }
}

impl KeyValue for Activity {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        place.table().map_or_else(Self::nothing, |mut table| Self::read_flat(&mut table))
    }

    fn nothing() -> Self {
        Self::Silent
    }

    /// The spikes of a network stay in their file.
    fn write(&self) -> Option<Node> {
        let none = ActivityKeys::nothing();
        match self.clone() {
            Self::Silent => none,
            Self::Times(times) => ActivityKeys { times: Some(times), ..none },
            Self::Poisson { rate, from, until } => {
                ActivityKeys { rate: Some(rate), from: Some(from), until, ..none }
            }
            Self::Sequence(sequence) => ActivityKeys { sequence: Some(sequence), ..none },
            Self::Network(drive) => ActivityKeys { network: Some(drive.source), ..none },
        }
        .write()
    }

    fn read_flat(table: &mut TableReader<'_, '_>) -> Self {
        let keys = ActivityKeys::read_flat(table);
        if let Some(times) = keys.times {
            Self::Times(times)
        } else if let Some(rate) = keys.rate {
            Self::Poisson { rate, from: keys.from.unwrap_or(0.0), until: keys.until }
        } else if let Some(sequence) = keys.sequence {
            Self::Sequence(sequence)
        } else if let Some(source) = keys.network {
            Self::Network(NetworkDrive { source, trains: None })
        } else {
            Self::Silent
        }
    }
}
