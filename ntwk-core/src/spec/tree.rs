//! A neutral tree of keys, values and lines: what TOML and JSON files become before they are a
//! model, and the strict reader that walks it and collects every fault.

use crate::spec::fault::{FaultKind, Faults, nearest};
use crate::spec::units::Dimension;

/// A value with the line it was written on.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Line in the file (1-based); `None` for trees made by code.
    pub line: Option<u32>,
}

/// The kinds of value a model file holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Float(f64),
    /// Text.
    String(String),
    /// A list.
    List(Vec<Node>),
    /// A table; keys in the order of the file.
    Table(Vec<(String, Node)>),
    /// JSON's `null`.
    Null,
}

impl Node {
    /// A node without a line.
    #[must_use]
    pub fn new(value: Value) -> Self {
        Self { value, line: None }
    }

    /// The value in one short line for a fault.
    #[must_use]
    pub fn display(&self) -> String {
        let full = match &self.value {
            Value::Bool(b) => b.to_string(),
            Value::Integer(i) => i.to_string(),
            Value::Float(x) => x.to_string(),
            Value::String(s) => format!("\"{s}\""),
            Value::List(list) => {
                format!(
                    "[{}]",
                    list.iter().take(8).map(Self::display).collect::<Vec<_>>().join(", ")
                )
            }
            Value::Table(entries) => {
                format!(
                    "{{{}}}",
                    entries.iter().map(|e| e.0.as_str()).collect::<Vec<_>>().join(", ")
                )
            }
            Value::Null => "null".to_owned(),
        };
        if full.chars().count() <= 60 {
            full
        } else {
            full.chars().take(57).chain("...".chars()).collect()
        }
    }

    /// The node at a path such as `projections[0].connection.rule`, and whether it is exactly
    /// that one; otherwise the nearest enclosing node.
    #[must_use]
    pub fn locate(&self, path: &str) -> (&Self, bool) {
        let mut node = self;
        for part in path.split('.').filter(|p| !p.is_empty()) {
            let (key, indices) =
                part.split_once('[').map_or((part, None), |(key, rest)| (key, Some(rest)));
            let Value::Table(entries) = &node.value else {
                return (node, false);
            };
            let Some(found) = entries.iter().find(|e| e.0 == key) else {
                return (node, false);
            };
            node = &found.1;
            for index in indices.into_iter().flat_map(|rest| rest.split('[')) {
                let Ok(i) = index.trim_end_matches(']').parse::<usize>() else {
                    return (node, false);
                };
                let Value::List(items) = &node.value else {
                    return (node, false);
                };
                let Some(item) = items.get(i) else {
                    return (node, false);
                };
                node = item;
            }
        }
        (node, true)
    }

    /// Name of the type for a fault.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self.value {
            Value::Bool(_) => "true/false",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::String(_) => "text",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
            Value::Null => "null",
        }
    }
}

/// Strict reader of one table: remembers which keys were asked for, so that [`finish`] can report
/// the others with the nearest valid key.
///
/// [`finish`]: TableReader::finish
pub struct TableReader<'n, 'f> {
    entries: &'n [(String, Node)],
    path: String,
    line: Option<u32>,
    asked: Vec<&'static str>,
    /// Faults found so far.
    pub faults: &'f mut Faults,
}

impl<'n, 'f> TableReader<'n, 'f> {
    /// Starts reading `node`; a fault and `None` when it is not a table.
    pub fn new(node: &'n Node, path: impl Into<String>, faults: &'f mut Faults) -> Option<Self> {
        let path = path.into();
        let Value::Table(entries) = &node.value else {
            wrong_type(faults, &path, node, "a table");
            return None;
        };
        for (i, (key, child)) in entries.iter().enumerate() {
            if entries[..i].iter().any(|e| e.0 == *key) {
                faults.push(
                    join(&path, key),
                    None,
                    child.line,
                    FaultKind::Duplicate { what: "key" },
                );
            }
        }
        Some(Self { entries, path, line: node.line, asked: Vec::new(), faults })
    }

    /// Path of `key` in the file.
    #[must_use]
    pub fn path_of(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// Line of the table itself.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.line
    }

    /// The raw node under `key`, if present.
    pub fn node(&mut self, key: &'static str) -> Option<&'n Node> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.entries.iter().find(|e| e.0 == key).map(|e| &e.1)
    }

    /// The raw node under `key`; a fault when it is absent.
    pub fn required(&mut self, key: &'static str, expected: &str) -> Option<&'n Node> {
        let found = self.node(key);
        if found.is_none() {
            self.missing(key, expected);
        }
        found
    }

    /// Adds a fault about `key`, with its value and line when it is present.
    pub fn fault(&mut self, key: &str, kind: FaultKind) {
        let node = self.entries.iter().find(|e| e.0 == key).map(|e| &e.1);
        let line = node.map_or(self.line, |n| n.line);
        self.faults.push(join(&self.path, key), node.map(Node::display), line, kind);
    }

    /// Adds a [`FaultKind::MissingKey`].
    pub fn missing(&mut self, key: &str, expected: &str) {
        self.faults.push(
            join(&self.path, key),
            None,
            self.line,
            FaultKind::MissingKey { expected: expected.to_owned() },
        );
    }

    /// An optional quantity: a bare number in the dimension's unit or text with a unit.
    pub fn quantity(&mut self, key: &'static str, dimension: Dimension) -> Option<f64> {
        let node = self.node(key)?;
        read_quantity(node, &join(&self.path, key), dimension, self.faults)
    }

    /// A required quantity.
    pub fn required_quantity(&mut self, key: &'static str, dimension: Dimension) -> Option<f64> {
        let unit = dimension.unit();
        let what = if unit.is_empty() {
            "a number".to_owned()
        } else {
            format!("{} in {unit}", dimension.name())
        };
        let node = self.required(key, &what)?;
        read_quantity(node, &join(&self.path, key), dimension, self.faults)
    }

    /// An optional text.
    pub fn text(&mut self, key: &'static str) -> Option<String> {
        let node = self.node(key)?;
        match &node.value {
            Value::String(s) => Some(s.clone()),
            _ => {
                wrong_type(self.faults, &join(&self.path, key), node, "text");
                None
            }
        }
    }

    /// A required text.
    pub fn required_text(&mut self, key: &'static str, expected: &str) -> Option<String> {
        self.required(key, expected)?;
        self.text(key)
    }

    /// An optional whole number >= 0.
    pub fn count(&mut self, key: &'static str) -> Option<u64> {
        let node = self.node(key)?;
        read_count(node, &join(&self.path, key), self.faults)
    }

    /// An optional truth value.
    pub fn flag(&mut self, key: &'static str) -> Option<bool> {
        let node = self.node(key)?;
        match node.value {
            Value::Bool(b) => Some(b),
            _ => {
                wrong_type(self.faults, &join(&self.path, key), node, "true or false");
                None
            }
        }
    }

    /// An optional list of quantities.
    pub fn quantities(&mut self, key: &'static str, dimension: Dimension) -> Option<Vec<f64>> {
        let node = self.node(key)?;
        let path = join(&self.path, key);
        let Value::List(items) = &node.value else {
            wrong_type(self.faults, &path, node, "a list of numbers");
            return None;
        };
        let values: Vec<Option<f64>> = items
            .iter()
            .enumerate()
            .map(|(i, item)| read_quantity(item, &format!("{path}[{i}]"), dimension, self.faults))
            .collect();
        values.into_iter().collect()
    }

    /// An optional sub-table.
    pub fn table(&mut self, key: &'static str) -> Option<TableReader<'n, '_>> {
        let node = self.node(key)?;
        let path = join(&self.path, key);
        TableReader::new(node, path, self.faults)
    }

    /// Every entry of this table as (name, path, node); for tables whose keys are names.
    #[must_use]
    pub fn named_entries(&self) -> Vec<(&'n str, String, &'n Node)> {
        self.entries
            .iter()
            .map(|(name, node)| (name.as_str(), join(&self.path, name), node))
            .collect()
    }

    /// Reports every key that nobody asked for.
    pub fn finish(self) {
        for (key, node) in self.entries {
            if !self.asked.contains(&key.as_str()) {
                let kind = FaultKind::UnknownKey {
                    nearest: nearest(key, self.asked.iter().copied()).map(str::to_owned),
                    valid: self.asked.iter().map(|&k| k.to_owned()).collect(),
                };
                self.faults.push(join(&self.path, key), Some(node.display()), node.line, kind);
            }
        }
    }
}

/// Reads a number or a text with a unit.
pub fn read_quantity(
    node: &Node,
    path: &str,
    dimension: Dimension,
    faults: &mut Faults,
) -> Option<f64> {
    let number = match &node.value {
        Value::Integer(i) => *i as f64,
        Value::Float(x) => *x,
        Value::String(text) => match dimension.parse(text) {
            Ok(x) => x,
            Err(error) => {
                faults.push(path, Some(node.display()), node.line, FaultKind::Quantity(error));
                return None;
            }
        },
        _ => {
            let unit = dimension.unit();
            let expected = if unit.is_empty() {
                "a number".to_owned()
            } else {
                format!("a number in {unit} or text with a unit")
            };
            wrong_type(faults, path, node, &expected);
            return None;
        }
    };
    if number.is_finite() {
        Some(number)
    } else {
        let kind = FaultKind::OutOfRange { allowed: "finite".to_owned() };
        faults.push(path, Some(node.display()), node.line, kind);
        None
    }
}

/// Reads a whole number >= 0 (also written `1e4`).
pub fn read_count(node: &Node, path: &str, faults: &mut Faults) -> Option<u64> {
    match node.value {
        Value::Integer(i) => match u64::try_from(i) {
            Ok(n) => Some(n),
            Err(_) => {
                let kind = FaultKind::OutOfRange { allowed: "a whole number >= 0".to_owned() };
                faults.push(path, Some(node.display()), node.line, kind);
                None
            }
        },
        Value::Float(x) if x >= 0.0 && x.fract() == 0.0 && x < 9.0e15 => Some(x as u64),
        _ => {
            wrong_type(faults, path, node, "a whole number >= 0");
            None
        }
    }
}

/// Adds a [`FaultKind::WrongType`].
pub fn wrong_type(faults: &mut Faults, path: &str, node: &Node, expected: &str) {
    let kind = FaultKind::WrongType { expected: expected.to_owned(), found: node.type_name() };
    faults.push(path, Some(node.display()), node.line, kind);
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
