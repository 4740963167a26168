//! Selections and locations as values of keys.

use crate::mesh::location_spec::LocationSpec;
use crate::mesh::selection::Selection;
use ntwk_core::spec::fault::FaultKind;
use ntwk_core::spec::key::plain::read_text;
use ntwk_core::spec::key::{KeyValue, Kind, Place};
use ntwk_core::spec::tree::{Node, Value};

impl KeyValue for Selection {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        let Some(text) = read_text(&mut place) else { return Self::All };
        text.parse().unwrap_or_else(|e: <Self as std::str::FromStr>::Err| {
            place.fault(FaultKind::Combination { rule: e.to_string() });
            Self::All
        })
    }

    /// Everything.
    fn nothing() -> Self {
        Self::All
    }

    /// Nothing: a selection does not remember its text.
    fn write(&self) -> Option<Node> {
        None
    }
}

impl KeyValue for LocationSpec {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        let Some(text) = read_text(&mut place) else { return Self::Soma };
        text.parse().unwrap_or_else(|rule| {
            place.fault(FaultKind::Combination { rule });
            Self::Soma
        })
    }

    /// The soma.
    fn nothing() -> Self {
        Self::Soma
    }

    fn write(&self) -> Option<Node> {
        Some(Node::text(&self.to_string()))
    }
}

/// One location or a list of locations.
#[derive(Debug, Clone, PartialEq)]
pub struct Locations(pub Vec<LocationSpec>);

impl Locations {
    /// The soma alone.
    #[must_use]
    pub fn soma() -> Self {
        Self(vec![LocationSpec::Soma])
    }
}

impl KeyValue for Locations {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        let node = place.node;
        match &node.value {
            Value::List(items) => Self(
                items
                    .iter()
                    .enumerate()
                    .map(|(i, item)| LocationSpec::read(place.item(i, item), kind))
                    .collect(),
            ),
            _ => Self(vec![LocationSpec::read(place, kind)]),
        }
    }

    fn nothing() -> Self {
        Self(Vec::new())
    }

    fn write(&self) -> Option<Node> {
        let items = self.0.iter().filter_map(KeyValue::write).collect();
        Some(Node::new(Value::List(items)))
    }
}
