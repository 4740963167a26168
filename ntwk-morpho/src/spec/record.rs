//! `[record]`: what to record.

use super::reader::{Range, Section};
use crate::geometry::place::Place;
use ntwk_core::Dimension as D;

/// A quantity to record.
#[derive(Debug, Clone, PartialEq)]
pub enum ProbeSpec {
    /// Potential.
    Voltage(Place),
    /// Calcium concentration.
    Calcium(Place),
    /// State variable of a channel.
    Variable {
        /// The channel.
        channel: String,
        /// The variable.
        variable: String,
        /// Where.
        at: Place,
    },
    /// Current density of a channel.
    Current {
        /// The channel.
        channel: String,
        /// Where.
        at: Place,
    },
}

/// `[record]`.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordSpec {
    /// Time between samples (ms); every step when absent.
    pub every: Option<f64>,
    /// Quantities, in order of the columns.
    pub probes: Vec<ProbeSpec>,
    /// Where spikes are detected.
    pub spikes: Vec<Place>,
    /// Threshold of the detection (mV).
    pub threshold: f64,
}

impl Default for RecordSpec {
    /// The potential of the soma at every step, spikes of the soma at 0 mV.
    fn default() -> Self {
        RecordSpec {
            every: None,
            probes: vec![ProbeSpec::Voltage(Place::Soma)],
            spikes: vec![Place::Soma],
            threshold: 0.0,
        }
    }
}

pub(super) fn read(mut t: Section<'_, '_>) -> Option<RecordSpec> {
    let default = RecordSpec::default();
    let every = t.maybe("every", D::Time, Range::Positive);
    let voltage = t.places("voltage");
    let calcium = t.places("calcium");
    let spikes = t.places("spikes");
    let threshold = t.or("threshold", D::Voltage, Range::Any, default.threshold);
    let mut rest = Vec::new();
    t.each_of("variables", |mut t| {
        let (channel, variable, at) = (t.text("channel"), t.text("variable"), t.place("at"));
        match (channel, variable, at) {
            (Some(channel), Some(variable), Some(at)) => {
                rest.push(ProbeSpec::Variable { channel, variable, at });
            }
            _ => t.fault(
                "variable",
                "expected { channel = \"na\", variable = \"m\", at = \"soma\" }",
            ),
        }
        t.finish();
    });
    t.each_of("currents", |mut t| {
        match (t.text("channel"), t.place("at")) {
            (Some(channel), Some(at)) => rest.push(ProbeSpec::Current { channel, at }),
            _ => t.fault("channel", "expected { channel = \"na\", at = \"soma\" }"),
        }
        t.finish();
    });
    t.finish();
    let mut probes: Vec<ProbeSpec> = match voltage? {
        Some(places) => places.into_iter().map(ProbeSpec::Voltage).collect(),
        None => default.probes,
    };
    probes.extend(calcium?.into_iter().flatten().map(ProbeSpec::Calcium));
    probes.extend(rest);
    Some(RecordSpec {
        every: every?,
        probes,
        spikes: spikes?.unwrap_or(default.spikes),
        threshold: threshold?,
    })
}
