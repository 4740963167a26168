//! The plain types that keys hold: numbers, counts, flags, texts, and lists and tables of what has keys.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::spec::bound::Bound;
use crate::spec::fault::FaultKind;
use crate::spec::key::plain::{read_count, read_flag, read_text};
use crate::spec::key::{KeyValue, Kind, Place, Section, Words};
use crate::spec::tree::{Node, Value};
use crate::spec::units::Dimension;

/// Entries with names of the user, in the order written; a table of tables in files.
pub type Named<T> = IndexMap<String, T>;

/// A number in the unit of `dimension`, or text with a unit, within `bound`; a fault and NaN otherwise. Where the
/// dimension is not known, conductances and currents (the weights of receptors) are both let through.
pub fn read_quantity(place: &mut Place<'_, '_>, dimension: Option<Dimension>, bound: Bound) -> f64 {
    let Some(dimension) = dimension else { return read_weight(place, bound) };
    let number = match &place.node.value {
        Value::Integer(i) => dimension.bare(*i as f64),
        Value::Float(x) => dimension.bare(*x),
        Value::String(text) => dimension.parse(text),
        _ => {
            place.wrong_type(&match dimension.unit() {
                "" => "a number".to_owned(),
                _ if dimension.is_ambiguous() => dimension.expected(),
                unit => format!("a number in {unit} or text with a unit"),
            });
            return f64::NAN;
        }
    };
    match number {
        Ok(number) => checked(place, number, Some(dimension), bound),
        Err(error) => {
            place.fault(FaultKind::Quantity(error));
            f64::NAN
        }
    }
}

/// A number or text with a unit of the weight of a receptor that is not known.
fn read_weight(place: &mut Place<'_, '_>, bound: Bound) -> f64 {
    let number = match &place.node.value {
        Value::Integer(i) => *i as f64,
        Value::Float(x) => *x,
        Value::String(text) => {
            if let (Err(error), Err(_)) =
                (Dimension::Conductance.parse(text), Dimension::Current.parse(text))
            {
                place.fault(FaultKind::Quantity(error));
            }
            return f64::NAN;
        }
        _ => {
            place.wrong_type("a number or text with a unit");
            return f64::NAN;
        }
    };
    checked(place, number, None, bound)
}

fn checked(
    place: &mut Place<'_, '_>,
    number: f64,
    dimension: Option<Dimension>,
    bound: Bound,
) -> f64 {
    if bound.contains(number) {
        return number;
    }
    place.out_of_range(match number.is_finite() {
        true => bound.describe(dimension.map_or("", Dimension::unit)),
        false => "finite".to_owned(),
    });
    f64::NAN
}

/// A list of quantities; numbers at fault are NaN. `None` after a fault of the list itself.
pub fn read_quantities(
    place: &mut Place<'_, '_>,
    dimension: Option<Dimension>,
    bound: Bound,
    expected: &str,
) -> Option<Vec<f64>> {
    let node = place.node;
    let bare = !dimension.is_some_and(Dimension::is_ambiguous);
    if let Some(numbers) = node.value.plain_numbers() {
        // Faults name the item, and only then is its path worth making.
        if let Some(i) = numbers.iter().position(|&x| !bound.contains(x)) {
            let item = Node::new(Value::Float(numbers[i]));
            let path = format!("{}[{i}]", place.path);
            let mut item =
                Place { node: &item, path, own: place.own, root: &item, faults: place.faults };
            checked(&mut item, numbers[i], dimension, bound);
        }
        return Some(numbers.into_owned());
    }
    match &node.value {
        Value::List(items) => Some(
            items
                .iter()
                .enumerate()
                .map(|(i, item)| match item.value {
                    Value::Integer(n) if bare && bound.contains(n as f64) => n as f64,
                    Value::Float(x) if bare && bound.contains(x) => x,
                    _ => read_quantity(&mut place.item(i, item), dimension, bound),
                })
                .collect(),
        ),
        _ => {
            place.wrong_type(expected);
            None
        }
    }
}

/// A list of whole numbers; those at fault are 0. `None` after a fault of the list itself.
pub fn read_counts(place: &mut Place<'_, '_>, expected: &str) -> Option<Arc<Vec<u64>>> {
    let node = place.node;
    match &node.value {
        Value::Counts(counts) => Some(Arc::clone(counts)),
        Value::List(items) => {
            let counts = items.iter().enumerate().map(|(i, item)| match item.value {
                Value::Integer(n) if n >= 0 => n as u64,
                _ => read_count(&mut place.item(i, item)).unwrap_or(0),
            });
            Some(Arc::new(counts.collect()))
        }
        _ => {
            place.wrong_type(expected);
            None
        }
    }
}

/// One word of a closed set; a fault with the nearest one and `None` otherwise.
pub fn read_word<T: Words>(place: &mut Place<'_, '_>) -> Option<T> {
    let word = read_text(place)?;
    let found = T::of(&word);
    if found.is_none() {
        place.fault(FaultKind::unknown_name(T::WHAT, &word, T::WORDS.iter().map(|w| w.name)));
    }
    found
}

impl KeyValue for f64 {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        match *kind {
            Kind::Quantity(dimension, bound) | Kind::NamedQuantities(dimension, bound) => {
                read_quantity(&mut place, Some(dimension), bound)
            }
            Kind::Own(bound) => {
                let own = place.own;
                read_quantity(&mut place, own, bound)
            }
            _ => read_quantity(&mut place, Some(Dimension::Number), Bound::Any),
        }
    }

    fn nothing() -> Self {
        Self::NAN
    }

    fn write(&self) -> Option<Node> {
        Some(Node::new(Value::Float(*self)))
    }
}

impl KeyValue for u64 {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        let Some(n) = read_count(&mut place) else { return 0 };
        match *kind {
            Kind::Count(least, most) if !(least..=most).contains(&n) => {
                place.out_of_range(match most {
                    Self::MAX => format!(">= {least}"),
                    most => format!("between {least} and {most}"),
                });
                0
            }
            Kind::OneOf(numbers) if !numbers.contains(&n) => {
                let texts: Vec<String> = numbers.iter().map(u64::to_string).collect();
                let allowed = match texts.split_last() {
                    Some((last, rest)) if !rest.is_empty() => {
                        format!("{} or {last}", rest.join(", "))
                    }
                    _ => texts.concat(),
                };
                place.out_of_range(allowed);
                0
            }
            _ => n,
        }
    }

    fn nothing() -> Self {
        0
    }

    fn write(&self) -> Option<Node> {
        // No file holds a larger whole number; as a float it is at fault.
        let value = i64::try_from(*self).map_or(Value::Float(*self as f64), Value::Integer);
        Some(Node::new(value))
    }
}

impl KeyValue for bool {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        read_flag(&mut place).unwrap_or(false)
    }

    fn nothing() -> Self {
        false
    }

    fn write(&self) -> Option<Node> {
        Some(Node::new(Value::Bool(*self)))
    }
}

impl KeyValue for String {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        read_text(&mut place).unwrap_or_default()
    }

    fn nothing() -> Self {
        Self::new()
    }

    fn write(&self) -> Option<Node> {
        Some(Node::text(self))
    }
}

impl KeyValue for [f64; 2] {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        let dimension = if let Kind::Window(dimension) = kind { Some(*dimension) } else { None };
        let before = place.faults.list.len();
        let read = read_quantities(&mut place, dimension, Bound::Any, "a list of numbers");
        match read.as_deref() {
            _ if place.faults.list.len() > before => Self::nothing(),
            Some(&[start, stop]) if start >= 0.0 && start < stop => [start, stop],
            _ => {
                let unit = dimension.map_or("", Dimension::unit);
                place.out_of_range(format!("[start, stop] in {unit} with 0 <= start < stop"));
                Self::nothing()
            }
        }
    }

    fn nothing() -> Self {
        [f64::NAN; 2]
    }

    fn write(&self) -> Option<Node> {
        Some(Node::new(Value::Numbers(self.to_vec())))
    }
}

impl KeyValue for Vec<f64> {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        let (dimension, bound, expected) = match *kind {
            Kind::Quantities(dimension, bound) => (Some(dimension), bound, "a list of numbers"),
            Kind::Lists(dimension, bound) => {
                (Some(dimension), bound, "a list of numbers, or with file the name of a column")
            }
            _ => (place.own, Bound::Any, "a list of numbers"),
        };
        read_quantities(&mut place, dimension, bound, expected).unwrap_or_default()
    }

    fn nothing() -> Self {
        Self::new()
    }

    fn write(&self) -> Option<Node> {
        Some(Node::new(Value::Numbers(self.clone())))
    }
}

impl KeyValue for Vec<u64> {
    fn read(place: Place<'_, '_>, kind: &Kind) -> Self {
        Arc::unwrap_or_clone(Arc::<Self>::read(place, kind))
    }

    fn nothing() -> Self {
        Self::new()
    }

    fn write(&self) -> Option<Node> {
        Some(Node::new(Value::Counts(self.clone().into())))
    }
}

/// Shared with the tree, so that neither reading nor writing copies it.
impl KeyValue for Arc<Vec<u64>> {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        let expected = if let Kind::Counts(what) = *kind { what } else { "a list of numbers" };
        read_counts(&mut place, expected).unwrap_or_default()
    }

    fn nothing() -> Self {
        Self::default()
    }

    fn write(&self) -> Option<Node> {
        Some(Node::new(Value::Counts(Self::clone(self))))
    }
}

/// One text or a list of texts, at least one.
impl KeyValue for Vec<String> {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        let texts = match &place.node.value {
            Value::String(text) => Some(vec![text.clone()]),
            Value::List(items) if !items.is_empty() => items
                .iter()
                .map(|item| match &item.value {
                    Value::String(text) => Some(text.clone()),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        texts.unwrap_or_else(|| {
            place.wrong_type(if let Kind::Texts(what) = *kind { what } else { "a list of texts" });
            Self::new()
        })
    }

    fn nothing() -> Self {
        Self::new()
    }

    fn write(&self) -> Option<Node> {
        Some(Node::new(Value::List(self.iter().map(|text| Node::text(text)).collect())))
    }
}

impl<T: KeyValue> KeyValue for Option<T> {
    fn read(place: Place<'_, '_>, kind: &Kind) -> Self {
        Some(T::read(place, kind))
    }

    fn nothing() -> Self {
        None
    }

    fn write(&self) -> Option<Node> {
        self.as_ref().and_then(T::write)
    }

    fn read_flat(table: &mut crate::spec::key::TableReader<'_, '_>) -> Self {
        Some(T::read_flat(table))
    }
}

/// A list of tables: `[[key]]`.
pub fn read_tables<T: KeyValue>(place: &mut Place<'_, '_>, kind: &Kind) -> Vec<T> {
    let node = place.node;
    match &node.value {
        Value::List(items) => {
            items.iter().enumerate().map(|(i, item)| T::read(place.item(i, item), kind)).collect()
        }
        _ => {
            place.wrong_type(&format!("a list of tables ([[{}]])", place.path));
            Vec::new()
        }
    }
}

/// Writes a list of tables; nothing when it is empty.
pub fn write_tables<T: KeyValue>(items: &[T]) -> Option<Node> {
    let table = || Node::new(Value::Table(Vec::new()));
    let items: Vec<Node> = items.iter().map(|i| i.write().unwrap_or_else(table)).collect();
    (!items.is_empty()).then(|| Node::new(Value::List(items)))
}

/// A list of what has keys.
impl<T: Section> KeyValue for Vec<T> {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        read_tables(&mut place, kind)
    }

    fn nothing() -> Self {
        Self::new()
    }

    fn write(&self) -> Option<Node> {
        write_tables(self)
    }
}

/// A table of tables with names of the user. Entries with faults stay, so that their names are known.
impl<T: KeyValue> KeyValue for Named<T> {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        let mut entries = Self::new();
        let (own, root) = (place.own, place.root);
        let Some(table) = place.table() else { return entries };
        for (name, path, node) in table.named_entries() {
            if matches!(kind, Kind::Named(_)) && !is_name(name) {
                let allowed = "a name of letters, digits, _ and -".to_owned();
                table.faults.push(
                    path.as_str(),
                    None,
                    node.line,
                    FaultKind::OutOfRange { allowed },
                );
            }
            let entry = T::read(Place { node, path, own, root, faults: table.faults }, kind);
            entries.insert(name.to_owned(), entry);
        }
        if let Kind::Variables = kind {
            entries.sort_keys();
        }
        entries
    }

    fn nothing() -> Self {
        Self::new()
    }

    fn write(&self) -> Option<Node> {
        let table = || Node::new(Value::Table(Vec::new()));
        let entries: Vec<(String, Node)> = self
            .iter()
            .map(|(name, entry)| (name.clone(), entry.write().unwrap_or_else(table)))
            .collect();
        crate::spec::key::table_of(entries)
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}
