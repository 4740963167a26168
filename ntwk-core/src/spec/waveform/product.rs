//! Waveforms multiplied with each other.

use super::Waveform;
use crate::spec::bound::Bound;
use crate::spec::key::{KeyValue, Kind, Place};
use crate::spec::tree::{Node, Value};
use crate::spec::units::Dimension;

/// Waveforms to be multiplied: the first has the unit of the quantity, the others are numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Factors(pub Vec<Waveform>);

/// What a fault expects.
pub(super) const FACTORS: &str =
    "a list of values and waveforms, the first in the unit of the quantity, the others numbers";

impl Factors {
    /// Product of what `value` says of each.
    pub(super) fn product(&self, value: impl Fn(&Waveform) -> f64) -> f64 {
        self.0.iter().map(value).product()
    }
}

impl KeyValue for Factors {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        let factors: Vec<&Node> = match &place.node.value {
            Value::List(items) if !items.is_empty() => items.iter().collect(),
            _ => {
                place.wrong_type(FACTORS);
                return Self::nothing();
            }
        };
        let mut read = Vec::with_capacity(factors.len());
        for (i, factor) in factors.into_iter().enumerate() {
            read.push(Waveform::read(place.item(i, factor), &Kind::Own(Bound::Any)));
            place.own = Some(Dimension::Number);
        }
        Self(read)
    }

    fn nothing() -> Self {
        Self(vec![Waveform::nothing()])
    }

    fn write(&self) -> Option<Node> {
        Some(Node::new(Value::List(self.0.iter().filter_map(KeyValue::write).collect())))
    }
}
