//! Reading one table of a description: quantities with ranges, selections, locations, formulas.

use crate::membrane::expression::Expression;
use crate::mesh::location_spec::LocationSpec;
use crate::mesh::selection::Selection;
use ntwk_core::Dimension;
use ntwk_core::spec::bound::Bound;
use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::key::TableReader;
use ntwk_core::spec::key::{Key, KeyValue, Place};
use ntwk_core::spec::nearest::nearest;
use ntwk_core::spec::tree::{Node, Value, wrong_type};
use ntwk_core::spec::value;

/// A table being read. The functions that give `Option<Option<T>>` or `Option<T>` give `None` after a fault.
pub(super) struct Section<'n, 'f>(TableReader<'n, 'f>);

/// A quantity in its range.
pub(super) fn read_quantity(
    node: &Node,
    path: &str,
    dimension: Dimension,
    bound: Bound,
    faults: &mut Faults,
) -> Option<f64> {
    let mut place = Place { node, path: path.to_owned(), own: None, root: node, faults };
    let number = value::read_quantity(&mut place, Some(dimension), bound);
    (!number.is_nan()).then_some(number)
}

impl<'n, 'f> Section<'n, 'f> {
    pub fn new(reader: TableReader<'n, 'f>) -> Self {
        Section(reader)
    }

    /// An optional quantity: `Some(None)` when absent.
    pub fn maybe(&mut self, key: &'static str, q: Dimension, bound: Bound) -> Option<Option<f64>> {
        let Some(node) = self.0.node(key) else { return Some(None) };
        let path = self.0.path_of(key);
        read_quantity(node, &path, q, bound, self.0.faults).map(Some)
    }

    /// A quantity with a default.
    pub fn or(
        &mut self,
        key: &'static str,
        q: Dimension,
        bound: Bound,
        default: f64,
    ) -> Option<f64> {
        self.maybe(key, q, bound).map(|v| v.unwrap_or(default))
    }

    /// A quantity that must be there.
    pub fn required(&mut self, key: &'static str, q: Dimension, bound: Bound) -> Option<f64> {
        let value = self.maybe(key, q, bound)?;
        if value.is_none() {
            self.0.missing(key, &q.expected());
        }
        value
    }

    /// An optional whole number: `Some(None)` when absent.
    pub fn count(&mut self, key: &'static str) -> Option<Option<u64>> {
        match self.0.node(key) {
            None => Some(None),
            Some(_) => self.0.count(key).map(Some),
        }
    }

    /// A whole number of at least `least`.
    pub fn required_count(&mut self, key: &'static str, least: u64) -> Option<u64> {
        let Some(n) = self.count(key)? else {
            self.0.missing(key, "a whole number");
            return None;
        };
        if n < least || n > 1_000_000 {
            self.0.fault(key, FaultKind::OutOfRange { allowed: format!("{least} to 1000000") });
            return None;
        }
        Some(n)
    }

    /// What a key of a table of keys holds.
    pub fn read<T: KeyValue>(&mut self, key: &Key) -> T {
        self.0.read(key)
    }

    /// An optional text.
    pub fn text(&mut self, key: &'static str) -> Option<String> {
        self.0.text(key)
    }

    /// Whether a key is there, right or wrong.
    pub fn has(&mut self, key: &'static str) -> bool {
        self.0.node(key).is_some()
    }

    /// A truth value with a default.
    pub fn flag(&mut self, key: &'static str, default: bool) -> Option<bool> {
        match self.0.node(key) {
            None => Some(default),
            Some(_) => self.0.flag(key),
        }
    }

    /// One of several words: `Some(None)` when absent.
    pub fn choice(
        &mut self,
        key: &'static str,
        words: &[&'static str],
    ) -> Option<Option<&'static str>> {
        if self.0.node(key).is_none() {
            return Some(None);
        }
        let text = self.0.text(key)?;
        self.word(key, &text, words).map(Some)
    }

    /// One of several words that must be there.
    pub fn required_choice(
        &mut self,
        key: &'static str,
        words: &[&'static str],
    ) -> Option<&'static str> {
        let text = self.0.required_text(key, &format!("one of {}", words.join(", ")))?;
        self.word(key, &text, words)
    }

    fn word(&mut self, key: &str, text: &str, words: &[&'static str]) -> Option<&'static str> {
        let found = words.iter().copied().find(|w| *w == text);
        if found.is_none() {
            let kind = FaultKind::UnknownName {
                what: "choice",
                nearest: nearest(text, words.iter().copied()).map(str::to_owned),
                valid: words.iter().map(|&w| w.to_owned()).collect(),
            };
            self.0.fault(key, kind);
        }
        found
    }

    /// A selection; absent it is everything, or a fault when `needed`.
    pub fn selection(&mut self, key: &'static str, needed: bool) -> Option<Selection> {
        if self.0.node(key).is_none() {
            if needed {
                self.0.missing(key, "a selection such as \"apical and distance > 100 um\"");
                return None;
            }
            return Some(Selection::All);
        }
        let text = self.0.text(key)?;
        match text.parse() {
            Ok(s) => Some(s),
            Err(e) => {
                self.fault(key, &e.to_string());
                None
            }
        }
    }

    /// One location or a list of locations; `Some(None)` when absent.
    pub fn locations(&mut self, key: &'static str) -> Option<Option<Vec<LocationSpec>>> {
        let Some(node) = self.0.node(key) else { return Some(None) };
        let path = self.0.path_of(key);
        let one = |node: &Node, path: &str, faults: &mut Faults| match &node.value {
            Value::String(text) => match text.parse::<LocationSpec>() {
                Ok(p) => Some(p),
                Err(rule) => {
                    faults.push(
                        path,
                        Some(node.display()),
                        node.line,
                        FaultKind::Combination { rule },
                    );
                    None
                }
            },
            _ => {
                wrong_type(faults, path, node, "text such as \"soma\" or \"apical at 300 um\"");
                None
            }
        };
        match &node.value {
            Value::List(items) => {
                let read: Vec<Option<LocationSpec>> = items
                    .iter()
                    .enumerate()
                    .map(|(i, item)| one(item, &format!("{path}[{i}]"), self.0.faults))
                    .collect();
                read.into_iter().collect::<Option<Vec<_>>>().map(Some)
            }
            _ => one(node, &path, self.0.faults).map(|p| Some(vec![p])),
        }
    }

    /// An optional formula over `variables`: `Some(None)` when absent.
    pub fn formula(&mut self, key: &'static str, variables: &[&str]) -> Option<Option<Expression>> {
        if self.0.node(key).is_none() {
            return Some(None);
        }
        let text = self.0.text(key)?;
        match Expression::parse(&text, variables, &[]) {
            Ok(e) => Some(Some(e)),
            Err(e) => {
                self.fault(key, &e.to_string());
                None
            }
        }
    }

    /// An optional list of quantities: `Some(None)` when absent.
    pub fn list(
        &mut self,
        key: &'static str,
        q: Dimension,
        bound: Bound,
    ) -> Option<Option<Vec<f64>>> {
        let Some(node) = self.0.node(key) else { return Some(None) };
        let path = self.0.path_of(key);
        let Value::List(items) = &node.value else {
            wrong_type(self.0.faults, &path, node, "a list of numbers");
            return None;
        };
        let values: Vec<Option<f64>> = items
            .iter()
            .enumerate()
            .map(|(i, item)| read_quantity(item, &format!("{path}[{i}]"), q, bound, self.0.faults))
            .collect();
        values.into_iter().collect::<Option<Vec<_>>>().map(Some)
    }

    /// An optional list of texts: `Some(None)` when absent.
    pub fn texts(&mut self, key: &'static str) -> Option<Option<Vec<String>>> {
        let Some(node) = self.0.node(key) else { return Some(None) };
        let path = self.0.path_of(key);
        let Value::List(items) = &node.value else {
            wrong_type(self.0.faults, &path, node, "a list of texts");
            return None;
        };
        let mut texts = Vec::new();
        for (i, item) in items.iter().enumerate() {
            match &item.value {
                Value::String(s) => texts.push(s.clone()),
                _ => {
                    wrong_type(self.0.faults, &format!("{path}[{i}]"), item, "text");
                    return None;
                }
            }
        }
        Some(Some(texts))
    }

    /// An optional sub-table.
    pub fn table(&mut self, key: &'static str) -> Option<Section<'n, '_>> {
        self.0.table(key).map(Section)
    }

    /// A sub-table that must be there.
    pub fn required_table(&mut self, key: &'static str, expected: &str) -> Option<Section<'n, '_>> {
        self.0.required(key, expected)?;
        self.table(key)
    }

    /// Calls `read` on every entry of this table, whose keys are names.
    pub fn each_named(self, mut read: impl FnMut(&'n str, Section<'n, '_>)) {
        for (name, path, node) in self.0.named_entries() {
            if let Some(t) = TableReader::new(node, path, self.0.faults) {
                read(name, Section(t));
            }
        }
    }

    /// The entries of this table as (name, path, node).
    pub fn entries(&self) -> Vec<(&'n str, String, &'n Node)> {
        self.0.named_entries()
    }

    /// The faults found so far.
    pub fn faults(&mut self) -> &mut Faults {
        self.0.faults
    }

    /// Adds a fault about a key that is absent.
    pub fn missing(&mut self, key: &str, expected: &str) {
        self.0.missing(key, expected);
    }

    /// Adds a fault about a key.
    pub fn fault(&mut self, key: &str, rule: &str) {
        self.0.fault(key, FaultKind::Combination { rule: rule.to_owned() });
    }

    /// Adds a fault about something inside the value of a key.
    pub fn fault_within(&mut self, key: &'static str, inner: &str, rule: String) {
        let path = format!("{}.{inner}", self.0.path_of(key));
        let node = self.0.node(key).map(|n| n.locate(inner).0);
        let line = node.and_then(|n| n.line).or(self.0.line());
        self.0.faults.push(path, None, line, FaultKind::Combination { rule });
    }

    /// Adds a fault about a name that refers to nothing.
    pub fn unknown(&mut self, key: &str, name: &str, what: &'static str, valid: Vec<String>) {
        let near = nearest(name, valid.iter().map(String::as_str)).map(str::to_owned);
        self.0.fault(key, FaultKind::UnknownName { what, nearest: near, valid });
    }

    /// Reports keys nobody asked for.
    pub fn finish(self) {
        self.0.finish();
    }
}
