//! Changes during a run as written.

use super::ParameterText;
use crate::section;
use crate::spec::key::TableReader;
use crate::spec::key::{KeyValue, Kind, Place};
use crate::spec::tree::{Node, Value};
use crate::spec::units::Dimension;
use crate::spec::waveform::Waveform;

section! {
    /// A change of one value of the model at a time of the run.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct EventSpec, before = dimension_of_waveform {
        /// time (ms), rounded to the nearest step; the step that starts then has the new value
        time: f64 = Quantity(Time, NonNegative), required;
        /// key of the value: `populations.NAME.I_e`, `populations.NAME.cell.PARAMETER`, `afferents.NAME.rate`,
        /// `projections.NAME.weight`, `projections.NAME.release_probability`, `receptors.NAME.E_rev`,
        /// `receptors.NAME.tau_syn`
        set: String = Text, required("the key of a value, for example projections.E_I.weight");
        /// the new value; of a current or a rate it may be a waveform, whose times are those of the run
        value: EventValue = Other("the new value"), required;
    }
}

/// The waveform of an event is one of a rate or of a current.
fn dimension_of_waveform(table: &mut TableReader<'_, '_>) {
    let set = table.peek("set").map(|node| &node.value);
    let is_rate = matches!(set, Some(Value::String(set)) if set.ends_with(".rate"));
    table.own = Some(if is_rate { Dimension::Rate } else { Dimension::Current });
}

/// The new value of an event.
#[derive(Debug, Clone, PartialEq)]
pub enum EventValue {
    /// A number or text with a unit.
    Quantity(ParameterText),
    /// A waveform, for currents and rates; its times are those of the run.
    Waveform(Waveform),
}

impl KeyValue for EventValue {
    fn read(place: Place<'_, '_>, kind: &Kind) -> Self {
        match &place.node.value {
            Value::Integer(_) | Value::Float(_) | Value::String(_) => {
                Self::Quantity(ParameterText::read(place, kind))
            }
            _ => Self::Waveform(Waveform::read(place, kind)),
        }
    }

    fn nothing() -> Self {
        Self::Quantity(ParameterText::nothing())
    }

    fn write(&self) -> Option<Node> {
        match self {
            Self::Quantity(text) => text.write(),
            Self::Waveform(waveform) => waveform.write(),
        }
    }
}
