//! `[channels.NAME]`: built-in and declared channels in their places.

use super::constants::Constants;
use super::kinetics::KineticsSpec;
use super::values::SELECTION;
use crate::membrane::channel::{Channel, Kinetics};
use crate::membrane::channels::{
    AType, CalciumActivated, CalciumPool, DelayedRectifier, FastSodium, Hcn, HcnPoirazi,
    HighThresholdCalcium, HodgkinHuxley, Kv, Leak, Muscarinic, SlowPotassium, Sodium, TCalcium,
    TraubMiles,
};
use crate::membrane::declared::mentions;
use crate::membrane::mechanism::Mechanism;
use crate::mesh::selection::Selection;
use ntwk_core::spec::fault::FaultKind;
use ntwk_core::spec::key::plain::read_text;
use ntwk_core::spec::key::{
    Key, KeyValue, Kind, Place, Section, TableReader, Variant, put, table_of,
};
use ntwk_core::spec::tree::{Node, Value};
use ntwk_core::spec::value::Named;
use ntwk_core::{Formulas, Wanted};
use std::sync::Arc;

ntwk_core::section! {
    /// A channel in its places.
    #[derive(Debug, Clone, PartialEq)]
    pub struct ChannelSpec {
        /// its kind with its parameters
        model: ChannelModel = Flat(ChannelModel::KEYS), required;
        /// where: a selection
        selection as "where": Selection = Other(SELECTION), or(Selection::All);
        /// factor on the density: a formula of `distance` (µm along the path), `radius` (µm) and `order`
        factor: DensityFactor = Other("a formula of distance, radius and order"), none;
    }
}

ntwk_core::variants! {
    /// The built-in kinds of channels with their parameters.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub enum BuiltInChannel, key = "model", what = "kind of channel",
    required("a kind of channel, see `ntwk morpho channels`") {
        /// leak
        Leak = "leak" {
            /// its parameters
            channel: Leak = Flat(Leak::KEYS), required;
        },
        /// squid axon: sodium, potassium, leak (Hodgkin and Huxley 1952)
        HodgkinHuxley = "hodgkin_huxley" {
            /// its parameters
            channel: HodgkinHuxley = Flat(HodgkinHuxley::KEYS), required;
        },
        /// sodium and potassium shifted by V_T (Traub and Miles 1991)
        TraubMiles = "traub_miles" {
            /// its parameters
            channel: TraubMiles = Flat(TraubMiles::KEYS), required;
        },
        /// sodium (Mainen et al. 1995)
        Sodium = "sodium" {
            /// its parameters
            channel: Sodium = Flat(Sodium::KEYS), required;
        },
        /// sodium with slow inactivation (Durstewitz et al. 2000)
        FastSodium = "fast_sodium" {
            /// its parameters
            channel: FastSodium = Flat(FastSodium::KEYS), required;
        },
        /// potassium (Mainen et al. 1995)
        Kv = "kv" {
            /// its parameters
            channel: Kv = Flat(Kv::KEYS), required;
        },
        /// delayed rectifier potassium (Durstewitz et al. 2000, Poirazi et al. 2003)
        DelayedRectifier = "delayed_rectifier" {
            /// its parameters
            channel: DelayedRectifier = Flat(DelayedRectifier::KEYS), required;
        },
        /// slowly inactivating potassium (Poirazi et al. 2003)
        SlowPotassium = "slow_potassium" {
            /// its parameters
            channel: SlowPotassium = Flat(SlowPotassium::KEYS), required;
        },
        /// muscarinic potassium (Mainen et al. 1995)
        Muscarinic = "muscarinic" {
            /// its parameters
            channel: Muscarinic = Flat(Muscarinic::KEYS), required;
        },
        /// proximal A-type potassium (Hoffman et al. 1997)
        ATypeProximal = "a_type_proximal" {
            /// conductance density (S/cm²)
            g: f64 = Quantity(ConductanceDensity, NonNegative), required;
            /// reversal potential (mV)
            E: f64 = Quantity(Voltage, Any), or(AType::proximal(0.0).E);
        },
        /// distal A-type potassium (Hoffman et al. 1997)
        ATypeDistal = "a_type_distal" {
            /// conductance density (S/cm²)
            g: f64 = Quantity(ConductanceDensity, NonNegative), required;
            /// reversal potential (mV)
            E: f64 = Quantity(Voltage, Any), or(AType::distal(0.0).E);
        },
        /// high-voltage-activated calcium (Reuveni et al. 1993)
        HighThresholdCalcium = "high_threshold_calcium" {
            /// its parameters
            channel: HighThresholdCalcium = Flat(HighThresholdCalcium::KEYS), required;
        },
        /// low-threshold calcium (Destexhe and Huguenard)
        TCalcium = "t_calcium" {
            /// its parameters
            channel: TCalcium = Flat(TCalcium::KEYS), required;
        },
        /// calcium-activated potassium (Reuveni et al. 1993)
        CalciumActivated = "calcium_activated_potassium" {
            /// its parameters
            channel: CalciumActivated = Flat(CalciumActivated::KEYS), required;
        },
        /// hyperpolarisation-activated I_h (Magee 1998)
        Hcn = "hcn" {
            /// its parameters
            channel: Hcn = Flat(Hcn::KEYS), required;
        },
        /// hyperpolarisation-activated I_h (Poirazi et al. 2003)
        HcnPoirazi = "hcn_poirazi" {
            /// its parameters
            channel: HcnPoirazi = Flat(HcnPoirazi::KEYS), required;
        },
        /// calcium in a shell (Destexhe et al. 1993); carries no current
        CalciumPool = "calcium_pool" {
            /// its parameters
            pool: CalciumPool = Flat(CalciumPool::KEYS), required;
        },
    }
}

fn of<K: Kinetics<N>, const N: usize>(kinetics: K) -> Arc<dyn Mechanism> {
    Arc::new(Channel(kinetics))
}

impl BuiltInChannel {
    /// The kinds with their words, what they are and their keys.
    #[must_use]
    pub fn kinds() -> &'static [Variant] {
        if let [Key { kind: Kind::Variants(kinds), .. }] = Self::KEYS { kinds } else { &[] }
    }

    /// The mechanism.
    #[must_use]
    pub fn mechanism(self) -> Arc<dyn Mechanism> {
        match self {
            Self::Leak { channel } => of(channel),
            Self::HodgkinHuxley { channel } => of(channel),
            Self::TraubMiles { channel } => of(channel),
            Self::Sodium { channel } => of(channel),
            Self::FastSodium { channel } => of(channel),
            Self::Kv { channel } => of(channel),
            Self::DelayedRectifier { channel } => of(channel),
            Self::SlowPotassium { channel } => of(channel),
            Self::Muscarinic { channel } => of(channel),
            Self::ATypeProximal { g, E } => of(AType { E, ..AType::proximal(g) }),
            Self::ATypeDistal { g, E } => of(AType { E, ..AType::distal(g) }),
            Self::HighThresholdCalcium { channel } => of(channel),
            Self::TCalcium { channel } => of(channel),
            Self::CalciumActivated { channel } => of(channel),
            Self::Hcn { channel } => of(channel),
            Self::HcnPoirazi { channel } => of(channel),
            Self::CalciumPool { pool } => Arc::new(pool),
        }
    }
}

ntwk_core::section! {
    /// What a channel of a declared kind has of its own.
    #[derive(Debug, Clone, PartialEq)]
    pub struct DeclaredKeys, check = check_constants {
        /// conductance density (S/cm²) of a declared kind, or what its `current` calls `g`
        g: f64 = Quantity(ConductanceDensity, NonNegative), required;
        /// reversal potential (mV) of a declared kind; without it, that of `[kinetics]`
        E: Option<f64> = Quantity(Voltage, Any), none;
        /// constants of a declared kind with other values than in `[kinetics]`
        constants: Constants = NamedQuantities(Number, Any), none;
    }
}

/// The constants must be those of the kind.
fn check_constants(own: &DeclaredKeys, table: &mut TableReader<'_, '_>) {
    let root = table.root;
    let found = model(table).and_then(|name| declared(root).find(|kind| kind.0 == name));
    let Some((kind, kinetics)) = found else { return };
    let mentions_reversal = |key: &str| match kinetics.locate(key) {
        (Node { value: Value::String(text), .. }, true) => mentions(text, "E"),
        (Node { value: Value::Table(entries), .. }, true) => {
            entries.iter().any(|e| matches!(&e.1.value, Value::String(text) if mentions(text, "E")))
        }
        _ => false,
    };
    if own.E.is_some()
        && kinetics.locate("current").1
        && !["current", "let"].into_iter().any(mentions_reversal)
    {
        let rule = format!("the current of \"{kind}\" does not depend on E");
        table.fault("E", FaultKind::Combination { rule });
    }
    let known: Vec<&str> = match kinetics.locate("constants") {
        (Node { value: Value::Table(entries), .. }, true) => {
            entries.iter().map(|e| e.0.as_str()).collect()
        }
        (_, true) => return,
        (_, false) => Vec::new(),
    };
    for name in own.constants.0.keys().filter(|name| !known.contains(&name.as_str())) {
        let kind = FaultKind::unknown_name("constant", name, known.iter().copied());
        table.fault(&format!("constants.{name}"), kind);
    }
}

/// The kind of a channel, built in or one of `[kinetics]`, with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum ChannelModel {
    /// A built-in kind.
    BuiltIn(BuiltInChannel),
    /// A kind of `[kinetics]`.
    Declared {
        /// Its name.
        kind: String,
        /// What this channel has of its own.
        own: DeclaredKeys,
    },
}

impl ChannelModel {
    /// The word of the kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::BuiltIn(channel) => channel.name(),
            Self::Declared { kind, .. } => kind,
        }
    }

    /// The mechanism; `None` when its kind is not among the declared ones.
    #[must_use]
    pub fn mechanism(&self, declared: &Named<KineticsSpec>) -> Option<Arc<dyn Mechanism>> {
        match self {
            Self::BuiltIn(channel) => Some(channel.mechanism()),
            Self::Declared { kind, own } => {
                let mut channel = declared.get(kind)?.channel(kind);
                channel.g = own.g;
                channel.E = own.E.or(channel.E);
                for (name, value) in &mut channel.constants {
                    *value = own.constants.0.get(name).copied().unwrap_or(*value);
                }
                Some(Arc::new(channel))
            }
        }
    }
}

impl Section for ChannelModel {
    const KEYS: &'static [Key] = &[Key::flat(BuiltInChannel::KEYS), Key::flat(DeclaredKeys::KEYS)];
}

/// The kind that a table names.
fn model<'n>(table: &TableReader<'n, '_>) -> Option<&'n str> {
    match &table.peek("model")?.value {
        Value::String(name) => Some(name),
        _ => None,
    }
}

/// The kinds that a file declares.
fn declared(root: &Node) -> impl Iterator<Item = (&str, &Node)> {
    let entries = match root.locate("kinetics") {
        (Node { value: Value::Table(entries), .. }, true) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().map(|(name, node)| (name.as_str(), node))
}

/// The keys depend on the kind, and the kinds on what the file declares.
impl KeyValue for ChannelModel {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        place.table().map_or_else(Self::nothing, |mut table| Self::read_flat(&mut table))
    }

    fn nothing() -> Self {
        Self::BuiltIn(BuiltInChannel::nothing())
    }

    fn write(&self) -> Option<Node> {
        match self {
            Self::BuiltIn(channel) => channel.write(),
            Self::Declared { kind, own } => {
                let mut entries = vec![("model".to_owned(), Node::text(kind))];
                put(&mut entries, &Key::flat(DeclaredKeys::KEYS), own);
                table_of(entries)
            }
        }
    }

    fn read_flat(table: &mut TableReader<'_, '_>) -> Self {
        let root = table.root;
        let built_in = |name: &str| BuiltInChannel::kinds().iter().any(|kind| kind.name == name);
        match model(table) {
            Some(name) if declared(root).any(|kind| kind.0 == name) => {
                table.node("model");
                Self::Declared { kind: name.to_owned(), own: DeclaredKeys::read_flat(table) }
            }
            Some(name) if !built_in(name) => {
                let own = declared(root).map(|kind| kind.0);
                let all = BuiltInChannel::kinds().iter().map(|kind| kind.name).chain(own);
                table.fault("model", FaultKind::unknown_name("kind of channel", name, all));
                table.let_through(Self::KEYS);
                Self::nothing()
            }
            _ => {
                let channel = BuiltInChannel::read_flat(table);
                if table.is_faulty("model") {
                    table.let_through(DeclaredKeys::KEYS);
                }
                Self::BuiltIn(channel)
            }
        }
    }
}

/// Variables of a factor.
const FACTOR_VARIABLES: [&str; 3] = ["distance", "radius", "order"];

/// A factor on the density of a channel: a formula of `distance` (µm along the path), `radius` (µm) and `order`; 1 without.
#[derive(Debug, Clone)]
pub struct DensityFactor(Option<(String, Formulas)>);

impl DensityFactor {
    /// Its value in a compartment.
    #[must_use]
    pub fn at(&self, place: &crate::Compartment) -> f64 {
        let values = [place.path_distance, place.radius, place.branch_order as f64];
        self.0.as_ref().map_or(1.0, |(_, formula)| formula.at(&values)[0])
    }

    fn text(&self) -> Option<&str> {
        self.0.as_ref().map(|(text, _)| text.as_str())
    }
}

/// Formulas of the same text are the same.
impl PartialEq for DensityFactor {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl KeyValue for DensityFactor {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        let Some(text) = read_text(&mut place) else { return Self::nothing() };
        match Formulas::compile(&FACTOR_VARIABLES, &[], &[], &[Wanted::Value(&text)]) {
            Ok(formula) => Self(Some((text, formula))),
            Err(faults) => {
                for fault in faults {
                    place.fault(FaultKind::Combination { rule: fault.to_string() });
                }
                Self::nothing()
            }
        }
    }

    fn nothing() -> Self {
        Self(None)
    }

    fn write(&self) -> Option<Node> {
        self.text().map(Node::text)
    }
}
