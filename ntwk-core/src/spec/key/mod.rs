//! The tables of keys: one line per key of a file, which says what it is called, what it holds, which values are allowed,
//! what stands in for it when it is left out, and what it means.
//!
//! [`section!`](crate::section), [`variants!`](crate::variants) and [`words!`](crate::words) make a type from such a table,
//! with its reader, its checks, its defaults and its writer; the reference of the files is printed from the same table. A
//! new key is a line there, and nothing else.

pub mod plain;
pub mod reader;

use crate::spec::bound::Bound;
use crate::spec::fault::{FaultKind, Faults};
use crate::spec::tree::{Node, Value};

use crate::spec::units::Dimension;
pub use reader::{TableReader, defaults};

/// One key of a table of a file.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Name.
    pub name: &'static str,
    /// What it was called before, read with a notice for one more version.
    pub was: Option<&'static str>,
    /// What it holds.
    pub kind: Kind,
    /// What its absence means.
    pub absent: Absent,
    /// What it means: one paragraph.
    pub doc: &'static str,
}

/// What a key holds.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A number in the unit of the dimension, or text with a unit.
    Quantity(Dimension, Bound),
    /// The same of the dimension that the table around says: a current or a rate of a waveform, a weight.
    Own(Bound),
    /// A list of quantities.
    Quantities(Dimension, Bound),
    /// A list of quantities of the dimension that the table around says.
    OwnList,
    /// A table of lists of quantities, with names of the user.
    Lists(Dimension, Bound),
    /// A table of quantities, with names of the user.
    NamedQuantities(Dimension, Bound),
    /// `[start, stop]` with 0 <= start < stop.
    Window(Dimension),
    /// A whole number from the first to the second.
    Count(u64, u64),
    /// One of several whole numbers.
    OneOf(&'static [u64]),
    /// A list of whole numbers; the text says of what.
    Counts(&'static str),
    /// `true` or `false`.
    Flag,
    /// Text.
    Text,
    /// One text or several.
    Texts(&'static str),
    /// A number or text with a unit whose dimension is known only later.
    Value,
    /// One of several words.
    Choice(&'static [Word]),
    /// One of several words, each with keys of its own beside it.
    Variants(&'static [Variant]),
    /// A table.
    Table(&'static [Key]),
    /// A list of tables.
    Tables(&'static [Key]),
    /// A table of tables with names of the user.
    Named(&'static [Key]),
    /// Keys of the table around.
    Flat(&'static [Key]),
    /// A value or a waveform.
    Waveform(Dimension),
    /// A value or a distribution; or a list.
    Distribution(Dimension),
    /// A value or a distribution of the dimension that the table around says.
    OwnDistribution,
    /// Values or distributions by the name of a variable, in the order of the names: notations write tables after plain
    /// values, and a model must not depend on its notation.
    Variables,
    /// What its type says; the text is what a fault expects.
    Other(&'static str),
}

/// What the absence of a key means.
#[derive(Debug, Clone, Copy)]
pub enum Absent {
    /// A fault; the text says what is expected where the kind of the key does not say enough.
    Required(&'static str),
    /// Nothing is given.
    Nothing,
    /// This value.
    Value(fn() -> Node),
}

/// A word that a key may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub name: &'static str,
    /// What it means: one paragraph.
    pub doc: &'static str,
}

/// A word that a key may hold, and the keys that belong to it.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    /// The word.
    pub name: &'static str,
    /// The word that stood for it before, read with a notice for one more version.
    pub was: Option<&'static str>,
    /// What it means: one paragraph.
    pub doc: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
}

impl Key {
    /// The keys of another table, among those of this one.
    #[must_use]
    pub const fn flat(keys: &'static [Self]) -> Self {
        let (kind, absent) = (Kind::Flat(keys), Absent::Nothing);
        Self { name: "", was: None, kind, absent, doc: "" }
    }
}

impl Kind {
    /// What a fault says when the key is missing.
    #[must_use]
    pub fn expected(&self, own: Option<Dimension>) -> String {
        match self {
            Self::Quantity(dimension, _) => dimension.expected(),
            Self::Own(_) => own.map_or_else(|| "a number".to_owned(), Dimension::expected),
            Self::Quantities(..) | Self::OwnList => "a list of numbers".to_owned(),
            Self::Window(_) => "[start, stop]".to_owned(),
            Self::Count(..) | Self::OneOf(_) => "a whole number >= 0".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Text => "text".to_owned(),
            Self::Value => "a number or text with a unit".to_owned(),
            Self::Choice(words) => one_of(words.iter().map(|w| w.name)),
            Self::Variants(variants) => one_of(variants.iter().map(|v| v.name)),
            Self::Table(_)
            | Self::Named(_)
            | Self::Flat(_)
            | Self::Lists(..)
            | Self::NamedQuantities(..)
            | Self::Variables => "a table".to_owned(),
            Self::Tables(_) => "a list of tables".to_owned(),
            Self::Waveform(d) => format!("{} or a waveform", d.expected()),
            Self::Distribution(d) => format!("{} or a distribution", d.expected()),
            Self::OwnDistribution => {
                let value = own.map_or_else(
                    || "a conductance in nS or a current in pA".to_owned(),
                    Dimension::expected,
                );
                format!("{value}, a distribution, or a list with rule = \"pairs\"")
            }
            Self::Counts(what) | Self::Texts(what) | Self::Other(what) => (*what).to_owned(),
        }
    }
}

/// `one of a, b, c`.
pub(crate) fn one_of(words: impl Iterator<Item = &'static str>) -> String {
    format!("one of {}", words.collect::<Vec<_>>().join(", "))
}

/// The value of a key in a file: the node, where it stands, and where its faults go.
pub struct Place<'n, 'f> {
    /// The value.
    pub node: &'n Node,
    /// Path of the key.
    pub path: String,
    /// Dimension that the table around says its quantities have; `None` when it is not known.
    pub own: Option<Dimension>,
    /// The whole file.
    pub root: &'n Node,
    /// Faults found so far.
    pub faults: &'f mut Faults,
}

impl<'n> Place<'n, '_> {
    /// Adds a fault about this value.
    pub fn fault(&mut self, kind: FaultKind) {
        self.faults.push(self.path.as_str(), Some(self.node.display()), self.node.line, kind);
    }

    /// Adds a [`FaultKind::WrongType`].
    pub fn wrong_type(&mut self, expected: &str) {
        let found = self.node.type_name();
        self.fault(FaultKind::WrongType { expected: expected.to_owned(), found });
    }

    /// Adds a [`FaultKind::OutOfRange`].
    pub fn out_of_range(&mut self, allowed: impl Into<String>) {
        self.fault(FaultKind::OutOfRange { allowed: allowed.into() });
    }

    /// An item of this list.
    pub fn item<'a>(&'a mut self, index: usize, node: &'n Node) -> Place<'n, 'a> {
        let path = format!("{}[{index}]", self.path);
        Place { node, path, own: self.own, root: self.root, faults: self.faults }
    }

    /// The table that this value is; a fault when it is none.
    pub fn table(&mut self) -> Option<TableReader<'n, '_>> {
        let mut table = TableReader::new(self.node, self.path.as_str(), self.faults)?;
        table.own = self.own;
        table.root = self.root;
        Some(table)
    }
}

/// A type that a key may hold.
pub trait KeyValue: Sized {
    /// Reads the value of a key; where that is at fault, [`KeyValue::nothing`] stands in, so that the rest can be judged.
    fn read(place: Place<'_, '_>, kind: &Kind) -> Self;

    /// Stands in for a value that is absent or at fault: NaN, 0, nothing. No rule may judge it.
    fn nothing() -> Self;

    /// The value as a file has it; `None` when it is left out.
    fn write(&self) -> Option<Node>;

    /// Reads the keys of this type from a table that has others too ([`Kind::Flat`]).
    fn read_flat(_table: &mut TableReader<'_, '_>) -> Self {
        Self::nothing()
    }
}

/// A type made from a table of keys.
pub trait Section: KeyValue {
    /// The keys, in the order in which they are written.
    const KEYS: &'static [Key];
}

/// A closed set of words.
pub trait Words: Sized + Copy + 'static {
    /// What a word of this set is: `method`, `spacing`.
    const WHAT: &'static str;
    /// All words.
    const WORDS: &'static [Word];
    /// All values, in the same order.
    const VALUES: &'static [Self];

    /// The word of this value.
    fn word(self) -> &'static str;

    /// The value of a word.
    #[must_use]
    fn of(word: &str) -> Option<Self> {
        Self::WORDS.iter().zip(Self::VALUES).find(|(w, _)| w.name == word).map(|(_, v)| *v)
    }
}

/// Adds what a key holds to the entries of a table.
pub fn put(entries: &mut Vec<(String, Node)>, key: &Key, value: &impl KeyValue) {
    match (key.kind, value.write()) {
        (Kind::Flat(_), Some(Node { value: Value::Table(more), .. })) => entries.extend(more),
        (
            Kind::Quantity(dimension, _)
            | Kind::Quantities(dimension, _)
            | Kind::NamedQuantities(dimension, _),
            Some(mut node),
        ) => {
            give_unit(&mut node, dimension);
            entries.push((key.name.to_owned(), node));
        }
        (_, Some(node)) => entries.push((key.name.to_owned(), node)),
        (_, None) => {}
    }
}

/// Gives numbers their unit where they could not be read without.
pub(crate) fn give_unit(node: &mut Node, dimension: Dimension) {
    if !dimension.is_ambiguous() {
        return;
    }
    let text = |x: f64| Value::String(format!("{x} {}", dimension.unit()));
    match &mut node.value {
        Value::Float(x) => node.value = text(*x),
        Value::Numbers(numbers) => {
            node.value = Value::List(numbers.iter().map(|&x| Node::new(text(x))).collect());
        }
        Value::Table(entries) => {
            entries.iter_mut().for_each(|(_, node)| give_unit(node, dimension));
        }
        _ => {}
    }
}

/// As a file has it, a table whose quantities have the dimension that the table around says.
pub(crate) fn give_own_units(table: &mut Node, keys: &'static [Key], own: Dimension) {
    for key in keys {
        let entry = match &mut table.value {
            Value::Table(entries) => entries.iter_mut().find(|e| e.0 == key.name).map(|e| &mut e.1),
            _ => return,
        };
        match (key.kind, entry) {
            (Kind::Own(_) | Kind::OwnList, Some(node)) => give_unit(node, own),
            (Kind::Flat(more), _) => give_own_units(table, more, own),
            (Kind::Variants(variants), Some(Node { value: Value::String(word), .. })) => {
                if let Some(variant) = variants.iter().find(|v| v.name == word) {
                    give_own_units(table, variant.keys, own);
                }
            }
            _ => {}
        }
    }
}

/// A table with these entries, or nothing without any.
#[must_use]
pub fn table_of(entries: Vec<(String, Node)>) -> Option<Node> {
    (!entries.is_empty()).then(|| Node::new(Value::Table(entries)))
}

/// The keys at a path of tables and named tables, such as `projections.connection`.
#[must_use]
pub fn keys_at(keys: &'static [Key], path: &str) -> Option<&'static [Key]> {
    let (first, rest) = path.split_once('.').map_or((path, ""), |(first, rest)| (first, rest));
    if first.is_empty() {
        return Some(keys);
    }
    keys.iter().find_map(|key| match key.kind {
        Kind::Flat(more) => keys_at(more, path),
        Kind::Table(more) | Kind::Tables(more) | Kind::Named(more) if key.name == first => {
            keys_at(more, rest)
        }
        _ => None,
    })
}

/// The names of all keys that a table may have, those of its variants among them.
#[must_use]
pub fn key_names(keys: &'static [Key]) -> Vec<&'static str> {
    keys.iter()
        .flat_map(|key| match key.kind {
            Kind::Flat(more) => key_names(more),
            Kind::Variants(variants) => {
                let inner = variants.iter().flat_map(|v| key_names(v.keys));
                std::iter::once(key.name).chain(inner).collect()
            }
            _ => vec![key.name],
        })
        .collect()
}

/// The key called `name` of a table, or of one of its variants.
#[must_use]
pub fn find(keys: &'static [Key], name: &str) -> Option<&'static Key> {
    keys.iter().find_map(|key| match key.kind {
        _ if key.name == name => Some(key),
        Kind::Flat(more) => find(more, name),
        Kind::Variants(variants) => variants.iter().find_map(|v| find(v.keys, name)),
        _ => None,
    })
}
