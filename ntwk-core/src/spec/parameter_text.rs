//! A value whose unit is known only where it is used.

use crate::spec::key::{KeyValue, Kind, Place};
use crate::spec::tree::{Node, Value};

/// A parameter whose dimension is known only to its cell kind.
#[derive(Debug, Clone, PartialEq)]
pub enum ParameterText {
    /// A bare number in the documented unit.
    Number(f64),
    /// Text with a unit.
    Text(String),
}

impl KeyValue for ParameterText {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        match &place.node.value {
            Value::Integer(i) => Self::Number(*i as f64),
            Value::Float(x) => Self::Number(*x),
            Value::String(text) => Self::Text(text.clone()),
            _ => {
                place.wrong_type("a number or text with a unit");
                Self::nothing()
            }
        }
    }

    fn nothing() -> Self {
        Self::Number(f64::NAN)
    }

    fn write(&self) -> Option<Node> {
        Some(match self {
            Self::Number(x) => Node::new(Value::Float(*x)),
            Self::Text(text) => Node::text(text),
        })
    }
}
