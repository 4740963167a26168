//! Changes during a run as written.

use super::ParameterText;
use super::neurons::{NEURONS, NeuronsSpec};
use super::receptor::weights_onto;
use crate::section;
use crate::spec::fault::FaultKind;
use crate::spec::key::TableReader;
use crate::spec::key::{KeyValue, Kind, Place};
use crate::spec::tree::{Node, Value};
use crate::spec::units::Dimension;
use crate::spec::waveform::Waveform;

section! {
    /// What happens at a time of the run: one value of the model changes, or neurons receive an event of a synapse.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct EventSpec, before = dimensions, check = check {
        /// time (ms), rounded to the nearest step; the step that starts then has the new value
        time: f64 = Quantity(Time, NonNegative), required;
        /// key of the value that changes: `populations.NAME.I_e`, `populations.NAME.cell.PARAMETER`, `afferents.NAME.rate`,
        /// `projections.NAME.weight`, `projections.NAME.release_probability`, `receptors.NAME.E_rev`,
        /// `receptors.NAME.tau_syn`
        set: Option<String> = Text, none;
        /// the new value; of a current or a rate it may be a waveform, whose times are those of the run
        value: Option<EventValue> = Other("the new value"), none;
        /// in the place of `set` and `value`: the population whose neurons receive an event
        population: Option<String> = Text, none;
        /// the receptor that the event acts on
        receptor: Option<String> = Text, none;
        /// step of the receptor's variable, as the weight of a synapse: it acts from the step on that starts at `time`
        weight: Option<f64> = Own(Any), none;
        /// the neurons that receive the event, or, with `set`, those whose `I_e` changes: how many (the first ones), a list of
        /// numbers, or a range `"0..10"` (without the 10); without it, all of the population
        neurons: Option<NeuronsSpec> = Other(NEURONS), none;
    }
}

/// The waveform of an event is one of a rate or of a current, its weight that of its receptor.
fn dimensions(table: &mut TableReader<'_, '_>) {
    let text = |table: &TableReader<'_, '_>, key| match table.peek(key).map(|node| &node.value) {
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    table.own = if let Some(receptor) = text(table, "receptor") {
        weights_onto(table.root, &receptor)
    } else if text(table, "set").is_some_and(|set| set.ends_with(".rate")) {
        Some(Dimension::Rate)
    } else {
        Some(Dimension::Current)
    };
}

fn check(event: &EventSpec, table: &mut TableReader<'_, '_>) {
    let change = [
        ("set", event.set.is_some(), "the key of a value, for example projections.E_I.weight"),
        ("value", event.value.is_some(), "the new value"),
    ];
    let synaptic = [
        ("population", event.population.is_some(), "the name of a population"),
        ("receptor", event.receptor.is_some(), "the name of a receptor"),
        ("weight", event.weight.is_some(), "the step of the receptor's variable"),
    ];
    let given = |table: &TableReader<'_, '_>, keys: &[(&str, bool, &str)]| {
        keys.iter().find(|k| k.1 || table.is_faulty(k.0)).map(|k| k.0.to_owned())
    };
    let wanted: &[_] = match (given(table, &change), given(table, &synaptic)) {
        (Some(_), Some(key)) => {
            let rule = "an event is a change (set, value) or an event of a synapse (population, receptor, weight), not both";
            return table.fault(&key, FaultKind::Combination { rule: rule.to_owned() });
        }
        (_, Some(_)) => &synaptic,
        (Some(_), None) => &change,
        (None, None) => {
            return table.missing(
                "set",
                "the key of a value, for example projections.E_I.weight; or population, receptor and weight of an event",
            );
        }
    };
    for (key, is_given, expected) in wanted {
        if !is_given && !table.is_faulty(key) {
            table.missing(key, expected);
        }
    }
    let of_current = |set: &String| set.starts_with("populations.") && set.ends_with(".I_e");
    if event.neurons.is_some() && event.set.as_ref().is_some_and(|set| !of_current(set)) {
        let rule = "only populations.NAME.I_e and events of receptors can concern single neurons; other values are those of a \
                    whole population or projection, which may be split in two";
        table.fault("neurons", FaultKind::Combination { rule: rule.to_owned() });
    }
    if table.own == Some(Dimension::Conductance) && event.weight.is_some_and(|w| w < 0.0) {
        let allowed = ">= 0 nS (a receptor's E_rev makes it excitatory or inhibitory)".to_owned();
        table.fault("weight", FaultKind::OutOfRange { allowed });
    }
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
