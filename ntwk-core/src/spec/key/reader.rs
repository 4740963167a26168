//! Reading a table by its keys: what is there, what is missing, what nobody knows.

use super::plain::{read_count, read_flag, read_text};
use super::{Absent, Key, KeyValue, Kind, Place, Variant, key_names};
use crate::spec::fault::{FaultKind, Faults};
use crate::spec::nearest::nearest;
use crate::spec::tree::{Node, Value, locate, wrong_type};
use crate::spec::units::Dimension;

/// Strict reader of one table: remembers which keys were asked for, so that [`finish`] can report
/// the others with the nearest valid key.
///
/// [`finish`]: TableReader::finish
pub struct TableReader<'n, 'f> {
    entries: &'n [(String, Node)],
    path: String,
    line: Option<u32>,
    asked: Vec<&'static str>,
    /// Dimension of the quantities that have that of what the table describes; `None` when it is not known.
    pub own: Option<Dimension>,
    /// The word of a key with [`Kind::Variants`] where the table has none and must.
    pub assumed: Option<&'static str>,
    /// The whole file.
    pub root: &'n Node,
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
        Some(Self {
            entries,
            path,
            line: node.line,
            asked: Vec::new(),
            own: None,
            assumed: None,
            root: node,
            faults,
        })
    }

    /// What a key of the table of keys holds: read, judged, or what stands in for it when it is absent.
    pub fn read<T: KeyValue>(&mut self, key: &Key) -> T {
        if let Kind::Flat(_) = key.kind {
            return T::read_flat(self);
        }
        let mut name = key.name;
        if let (None, Some(was)) = (self.peek(name), key.was)
            && self.peek(was).is_some()
        {
            let new = self.path_of(name);
            self.notice(was, &format!(" is now {new}; the old key is read for one more version"));
            name = was;
        }
        if let Some(place) = self.place(name) {
            return T::read(place, &key.kind);
        }
        let own = self.own;
        match key.absent {
            Absent::Nothing => T::nothing(),
            Absent::Required(what) => {
                match what {
                    "" => self.missing(key.name, &key.kind.expected(own)),
                    what => self.missing(key.name, what),
                }
                T::nothing()
            }
            Absent::Value(value) => {
                let (node, path) = (value(), self.path_of(key.name));
                let place = Place { node: &node, path, own, root: &node, faults: self.faults };
                T::read(place, &key.kind)
            }
        }
    }

    /// The word of a key with [`Kind::Variants`], as its table has it. Without one no other key can be judged, and those of
    /// every variant are let through.
    pub fn variant(&mut self, key: &Key, what: &'static str) -> Option<&'static str> {
        let Kind::Variants(variants) = key.kind else { return None };
        let names = variants.iter().map(|v| v.name);
        let found = match (self.node(key.name), key.absent) {
            (None, Absent::Nothing) => names.clone().next(),
            (None, Absent::Required(_)) if self.assumed.is_some() => {
                names.clone().find(|n| Some(*n) == self.assumed)
            }
            (None, Absent::Required(expected)) => {
                match expected {
                    "" => self.missing(key.name, &key.kind.expected(None)),
                    expected => self.missing(key.name, expected),
                }
                None
            }
            (None, Absent::Value(value)) => {
                let value = value();
                names.clone().find(|n| matches!(&value.value, Value::String(word) if word == n))
            }
            (Some(node), _) => {
                let path = self.path_of(key.name);
                let mut place =
                    Place { node, path, own: None, root: self.root, faults: self.faults };
                let word = read_text(&mut place);
                let was = variants.iter().find(|v| v.was.is_some() && v.was == word.as_deref());
                let found =
                    was.map(|v| v.name).or(names.clone().find(|n| word.as_deref() == Some(n)));
                if let Some(Variant { name, was: Some(was), .. }) = was {
                    let text = format!(
                        ": \"{was}\" is now \"{name}\"; the old word is read for one more version"
                    );
                    place.faults.notice(place.path.clone() + &text);
                }
                if let (Some(word), None) = (&word, found) {
                    place.fault(FaultKind::unknown_name(what, word, names));
                }
                found
            }
        };
        if found.is_none() {
            variants.iter().for_each(|v| self.let_through(v.keys));
        }
        found
    }

    /// Lets keys through without reading them: where they cannot be judged, they are not unknown either.
    pub fn let_through(&mut self, keys: &'static [Key]) {
        self.asked.extend(key_names(keys));
    }

    /// Whether a key was at fault, or absent and required, so that no rule may judge it.
    #[must_use]
    pub fn is_faulty(&self, key: &str) -> bool {
        !self.faults.is_empty() && self.faults.concern(&self.path_of(key))
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

    /// The node under `key` without asking for it: reading it is left to others.
    #[must_use]
    pub fn peek(&self, key: &str) -> Option<&'n Node> {
        self.entries.iter().find(|e| e.0 == key).map(|e| &e.1)
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
        let (node, exact) = locate(self.entries, key);
        let line = node.map_or(self.line, |n| n.line);
        let value = node.filter(|_| exact).map(Node::display);
        self.faults.push(join(&self.path, key), value, line, kind);
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

    /// The value under a key as a place to read from.
    pub fn place(&mut self, key: &'static str) -> Option<Place<'n, '_>> {
        let (own, root) = (self.own, self.root);
        let node = self.node(key)?;
        Some(Place { node, path: join(&self.path, key), own, root, faults: self.faults })
    }

    /// Adds a notice about a key: its path, then `text`.
    pub fn notice(&mut self, key: &str, text: &str) {
        let path = self.path_of(key);
        self.faults.notice(path + text);
    }

    /// An optional text.
    pub fn text(&mut self, key: &'static str) -> Option<String> {
        read_text(&mut self.place(key)?)
    }

    /// A required text.
    pub fn required_text(&mut self, key: &'static str, expected: &str) -> Option<String> {
        self.required(key, expected)?;
        self.text(key)
    }

    /// An optional whole number >= 0.
    pub fn count(&mut self, key: &'static str) -> Option<u64> {
        read_count(&mut self.place(key)?)
    }

    /// An optional truth value.
    pub fn flag(&mut self, key: &'static str) -> Option<bool> {
        read_flag(&mut self.place(key)?)
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
                // A key that several variants share was asked for by each.
                let mut valid: Vec<String> = Vec::new();
                for asked in self.asked.iter().map(|&k| k.to_owned()) {
                    if !valid.contains(&asked) {
                        valid.push(asked);
                    }
                }
                let nearest = nearest(key, self.asked.iter().copied()).map(str::to_owned);
                let kind = FaultKind::UnknownKey { nearest, valid };
                self.faults.push(join(&self.path, key), Some(node.display()), node.line, kind);
            }
        }
    }
}

/// What a section holds when a file has none of its keys.
#[must_use]
pub fn defaults<T: KeyValue>() -> T {
    let (node, mut faults) = (Node::new(Value::Table(Vec::new())), Faults::default());
    T::read(
        Place { node: &node, path: String::new(), own: None, root: &node, faults: &mut faults },
        &Kind::Other(""),
    )
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
