//! Changes during a run as written.

use serde::Serialize;

use super::ParameterText;
use crate::spec::fault::FaultKind;
use crate::spec::tree::{Node, TableReader, Value, wrong_type};
use crate::spec::units::Dimension;
use crate::spec::waveform::Waveform;

/// A change of one value of the model at a time of the run.
///
/// What can change: `populations.NAME.I_e`, `populations.NAME.cell.PARAMETER`,
/// `afferents.NAME.rate`, `projections.NAME.weight` and `projections.NAME.release_probability` (by
/// the projection's name), `receptors.NAME.E_rev` and `receptors.NAME.tau_syn`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EventSpec {
    /// Time (ms), >= 0, rounded to the nearest step; the step that starts then has the new value.
    pub time: f64,
    /// Key of the value.
    pub set: String,
    /// The new value.
    pub value: EventValue,
}

/// The new value of an event.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum EventValue {
    /// A number or text with a unit.
    Quantity(ParameterText),
    /// A waveform, for currents and rates; its times are those of the run.
    Waveform(Waveform),
}

pub(super) fn read_events(table: &mut TableReader<'_, '_>) -> Vec<EventSpec> {
    let Some(node) = table.node("events") else {
        return Vec::new();
    };
    let Value::List(items) = &node.value else {
        wrong_type(table.faults, "events", node, "a list of tables ([[events]])");
        return Vec::new();
    };
    let events: Vec<Option<EventSpec>> = items
        .iter()
        .enumerate()
        .map(|(i, item)| {
            let mut entry = TableReader::new(item, format!("events[{i}]"), table.faults)?;
            let event = read_event(&mut entry);
            entry.finish();
            event
        })
        .collect();
    // All or none, so that the places in the list stay those of the file.
    events.into_iter().collect::<Option<_>>().unwrap_or_default()
}

fn read_event(table: &mut TableReader<'_, '_>) -> Option<EventSpec> {
    let time = table.required_quantity("time", Dimension::Time);
    if time.is_some_and(|t| t < 0.0) {
        table.fault("time", FaultKind::OutOfRange { allowed: ">= 0 ms".to_owned() });
    }
    let set = table.required_text("set", "the key of a value, for example projections.E_I.weight");
    let node: Option<&Node> = table.required("value", "the new value");
    let path = table.path_of("value");
    let value = node.and_then(|node| match &node.value {
        Value::Integer(i) => Some(EventValue::Quantity(ParameterText::Number(*i as f64))),
        Value::Float(x) => Some(EventValue::Quantity(ParameterText::Number(*x))),
        Value::String(s) => Some(EventValue::Quantity(ParameterText::Text(s.clone()))),
        _ => {
            let is_rate = set.as_ref().is_some_and(|set| set.ends_with(".rate"));
            let dimension = if is_rate { Dimension::Rate } else { Dimension::Current };
            Waveform::read(node, &path, dimension, table.faults).map(EventValue::Waveform)
        }
    });
    Some(EventSpec { time: time?, set: set?, value: value? })
}
