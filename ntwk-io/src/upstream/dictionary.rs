//! A flat dictionary of the package, which remembers the keys it was asked for.

use std::collections::{BTreeMap, BTreeSet};

use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::tree::{Node, Value};

/// The keys of a dictionary with what was found wrong and worth a word.
pub(super) struct Dictionary<'a> {
    entries: BTreeMap<&'a str, &'a Node>,
    order: Vec<&'a str>,
    asked: BTreeSet<String>,
    pub(super) faults: Faults,
    pub(super) notes: Vec<String>,
}

impl<'a> Dictionary<'a> {
    /// The keys of a table that are no comments. Of a key that is given twice the last value counts, as in Python.
    pub(super) fn new(table: &'a [(String, Node)]) -> Self {
        let mut dictionary = Self {
            entries: BTreeMap::new(),
            order: Vec::new(),
            asked: BTreeSet::new(),
            faults: Faults::default(),
            notes: Vec::new(),
        };
        for (key, node) in table.iter().filter(|(key, _)| !is_comment(key)) {
            match dictionary.entries.insert(key, node) {
                None => dictionary.order.push(key),
                Some(earlier) if earlier.value != node.value => {
                    let (old, new) = (earlier.display(), node.display());
                    dictionary
                        .note(format!("{key}: given twice, {old} and {new}; the last counts"));
                }
                Some(_) => {}
            }
        }
        dictionary
    }

    /// The keys, in the order of the file.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.order.clone().into_iter()
    }

    /// The keys that nobody asked for, in the order of the file.
    pub(super) fn unread(&self) -> Vec<&'a str> {
        self.keys().filter(|&key| !self.asked.contains(key)).collect()
    }

    /// The keys that were asked for, whether they are there or not.
    pub(super) fn asked(&self) -> impl Iterator<Item = &str> {
        self.asked.iter().map(String::as_str)
    }

    /// Whether a key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// The value of a key in one short line.
    pub(super) fn shown(&self, key: &str) -> String {
        self.entries.get(key).map(|node| node.display()).unwrap_or_default()
    }

    pub(super) fn node(&mut self, key: &str) -> Option<&'a Node> {
        self.asked.insert(key.to_owned());
        self.entries.get(key).copied()
    }

    pub(super) fn number(&mut self, key: &str) -> Option<f64> {
        let node = self.node(key)?;
        let number = number_of(node);
        if number.is_none() {
            self.wrong_type(key, "a number");
        }
        number
    }

    pub(super) fn required(&mut self, key: &str, expected: &str) -> Option<f64> {
        if !self.has(key) {
            self.missing(key, expected);
        }
        self.number(key)
    }

    /// A number, or a list of numbers with one for each step of the run, which the last one extends.
    pub(super) fn numbers(&mut self, key: &str) -> Option<Vec<f64>> {
        let node = self.node(key)?;
        let numbers: Option<Vec<f64>> = match &node.value {
            Value::List(items) => items.iter().map(number_of).collect(),
            Value::Numbers(numbers) => Some(numbers.clone()),
            _ => number_of(node).map(|number| vec![number]),
        };
        if numbers.is_none() {
            self.wrong_type(key, "a number or a list of numbers");
        }
        numbers
    }

    pub(super) fn names(&mut self, key: &str) -> Option<Vec<String>> {
        let node = self.node(key)?;
        let name = |item: &Node| match &item.value {
            Value::String(name) => Some(name.clone()),
            _ => None,
        };
        let names: Option<Vec<String>> = match &node.value {
            Value::List(items) => items.iter().map(name).collect(),
            _ => None,
        };
        if names.is_none() {
            self.wrong_type(key, "a list of names");
        }
        names
    }

    /// Adds the fault of a key that is absent, once.
    pub(super) fn missing(&mut self, key: &str, expected: &str) {
        if !self.faults.list.iter().any(|fault| fault.key == key) {
            let kind = FaultKind::MissingKey { expected: expected.to_owned() };
            self.faults.push(key, None, None, kind);
        }
    }

    fn wrong_type(&mut self, key: &str, expected: &str) {
        let found = self.entries.get(key).map_or("nothing", |node| node.type_name());
        let expected = expected.to_owned();
        self.fault(key, FaultKind::WrongType { expected, found });
    }

    /// Adds a fault about a key that is present.
    pub(super) fn fault(&mut self, key: &str, kind: FaultKind) {
        let node = self.entries.get(key);
        let (value, line) = (node.map(|n| n.display()), node.and_then(|n| n.line));
        self.faults.push(key, value, line, kind);
    }

    /// Adds the fault of a key that breaks a rule, once.
    pub(super) fn broken(&mut self, key: &str, rule: String) {
        let kind = FaultKind::Combination { rule };
        if !self.faults.list.iter().any(|fault| fault.key == key && fault.kind == kind) {
            self.fault(key, kind);
        }
    }

    /// Adds a note; one that is there already is not repeated.
    pub(super) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

fn number_of(node: &Node) -> Option<f64> {
    match node.value {
        Value::Integer(i) => Some(i as f64),
        Value::Float(x) if x.is_finite() => Some(x),
        _ => None,
    }
}

/// Comments are keys with a space (the rule of the package's reader of parameters), or without a letter.
fn is_comment(key: &str) -> bool {
    key.contains(char::is_whitespace) || !key.contains(char::is_alphabetic)
}
