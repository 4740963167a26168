//! Voltage clamps as written.

use super::neurons::{NEURONS, NeuronsSpec};
use crate::section;
use crate::spec::key::{KeyValue, Kind, Place, Section};
use crate::spec::tree::{Node, Value};
use crate::spec::waveform::{Span, Waveform};

section! {
    /// Neurons whose membrane potential is held at a command while the clamp is on. They do not spike then; their
    /// conductances and other variables go on, so that recorded currents are those at the command. Released, a neuron goes on
    /// from its last command at once (from its threshold where that is lower), also where it was refractory when the clamp began.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct VoltageClampSpec {
        /// the neurons: how many (the first ones), a list of numbers, or a range `"0..10"` (without the 10); they do not spike
        /// while they are clamped
        neurons: NeuronsSpec = Other(NEURONS), required;
        /// the command (mV): a value or a waveform
        V: Waveform = Waveform(Voltage), required;
        /// when the clamp is on; without an end, until the run ends
        span: Span = Flat(Span::KEYS), none;
    }
}

/// The voltage clamps of a population: in a file one table, or a list of tables.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VoltageClamps(pub Vec<VoltageClampSpec>);

impl KeyValue for VoltageClamps {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        let Value::List(items) = &place.node.value else {
            return Self(vec![VoltageClampSpec::read(place, kind)]);
        };
        let clamp = |(i, item)| VoltageClampSpec::read(place.item(i, item), kind);
        Self(items.iter().enumerate().map(clamp).collect())
    }

    fn nothing() -> Self {
        Self::default()
    }

    fn write(&self) -> Option<Node> {
        match &self.0[..] {
            [] => None,
            [one] => one.write(),
            several => {
                let clamps = several.iter().filter_map(VoltageClampSpec::write);
                Some(Node::new(Value::List(clamps.collect())))
            }
        }
    }
}

impl VoltageClamps {
    /// Path of clamp `index` below its population, as the file has it.
    #[must_use]
    pub fn key(&self, index: usize) -> String {
        match self.0.len() {
            1 => "voltage_clamp".to_owned(),
            _ => format!("voltage_clamp[{index}]"),
        }
    }
}
