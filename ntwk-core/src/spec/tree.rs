//! A neutral tree of keys, values and lines: what TOML and JSON files become before they are a
//! model, and the strict reader that walks it and collects every fault.

use std::borrow::Cow;
use std::sync::Arc;

use crate::spec::fault::{FaultKind, Faults};

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
    /// A list of numbers made by code, without a node for each.
    Numbers(Vec<f64>),
    /// A list of whole numbers made by code, without a node for each; shared, as there may be a billion.
    Counts(Arc<Vec<u64>>),
    /// A table; keys in the order of the file.
    Table(Vec<(String, Node)>),
    /// JSON's `null`.
    Null,
}

impl Value {
    /// The numbers of a list that was made by code without a node for each.
    #[must_use]
    pub fn plain_numbers(&self) -> Option<Cow<'_, [f64]>> {
        match self {
            Self::Numbers(numbers) => Some(Cow::Borrowed(numbers)),
            Self::Counts(counts) => Some(counts.iter().map(|&n| n as f64).collect()),
            _ => None,
        }
    }
}

impl Node {
    /// Adds the names (words that begin with a letter or `_`) in all texts, but for those under the keys `without`.
    pub fn collect_names(&self, without: &[&str], names: &mut std::collections::HashSet<String>) {
        match &self.value {
            Value::String(text) => {
                let is_part = |c: char| c.is_alphanumeric() || c == '_';
                let begins =
                    |word: &&str| word.starts_with(|c: char| c.is_alphabetic() || c == '_');
                names.extend(text.split(|c| !is_part(c)).filter(begins).map(str::to_owned));
            }
            Value::List(items) => items.iter().for_each(|item| item.collect_names(without, names)),
            Value::Table(entries) => entries
                .iter()
                .filter(|(key, _)| !without.contains(&key.as_str()))
                .for_each(|(_, node)| node.collect_names(without, names)),
            _ => {}
        }
    }

    /// A node without a line.
    #[must_use]
    pub fn new(value: Value) -> Self {
        Self { value, line: None }
    }

    /// Text without a line.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::new(Value::String(text.to_owned()))
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
            Value::Numbers(list) => {
                let shown: Vec<String> = list.iter().take(8).map(f64::to_string).collect();
                format!("[{}]", shown.join(", "))
            }
            Value::Counts(list) => {
                let shown: Vec<String> = list.iter().take(8).map(u64::to_string).collect();
                format!("[{}]", shown.join(", "))
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
        let Value::Table(entries) = &self.value else { return (self, path.is_empty()) };
        let (node, exact) = locate(entries, path);
        (node.unwrap_or(self), exact)
    }

    /// Name of the type for a fault.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self.value {
            Value::Bool(_) => "true/false",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::String(_) => "text",
            Value::List(_) | Value::Numbers(_) | Value::Counts(_) => "a list",
            Value::Table(_) => "a table",
            Value::Null => "null",
        }
    }
}

/// The node at a path in a table, or the nearest one around it (`None`: the table itself), and whether it is exactly that.
pub(crate) fn locate<'n>(entries: &'n [(String, Node)], path: &str) -> (Option<&'n Node>, bool) {
    let (mut node, mut entries) = (None, Some(entries));
    for part in path.split('.').filter(|p| !p.is_empty()) {
        let (key, indices) = part.split_once('[').map_or((part, None), |(k, rest)| (k, Some(rest)));
        let Some((_, found)) = entries.and_then(|all| all.iter().find(|e| e.0 == key)) else {
            return (node, false);
        };
        let mut found = found;
        for index in indices.into_iter().flat_map(|rest| rest.split('[')) {
            let item = match (&found.value, index.trim_end_matches(']').parse::<usize>()) {
                (Value::List(items), Ok(i)) => items.get(i),
                _ => None,
            };
            match item {
                Some(item) => found = item,
                None => return (Some(found), false),
            }
        }
        node = Some(found);
        entries = if let Value::Table(inner) = &found.value { Some(inner) } else { None };
    }
    (node, true)
}

/// As a map, a list or a plain value, without lines.
impl serde::Serialize for Node {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Bool(flag) => serializer.serialize_bool(*flag),
            Value::Integer(n) => serializer.serialize_i64(*n),
            Value::Float(x) => serializer.serialize_f64(*x),
            Value::String(text) => serializer.serialize_str(text),
            Value::List(items) => serializer.collect_seq(items),
            Value::Numbers(numbers) => serializer.collect_seq(numbers),
            Value::Counts(counts) => serializer.collect_seq(counts.iter()),
            Value::Table(entries) => serializer.collect_map(entries.iter().map(|e| (&e.0, &e.1))),
            Value::Null => serializer.serialize_unit(),
        }
    }
}

/// Adds a [`FaultKind::WrongType`].
pub fn wrong_type(faults: &mut Faults, path: &str, node: &Node, expected: &str) {
    let kind = FaultKind::WrongType { expected: expected.to_owned(), found: node.type_name() };
    faults.push(path, Some(node.display()), node.line, kind);
}
