//! `[record]`: what to record.

use super::reader::Section;
use crate::mesh::location_spec::LocationSpec;
use ntwk_core::Dimension as D;
use ntwk_core::spec::bound::Bound;

/// A quantity to record.
#[derive(Debug, Clone, PartialEq)]
pub enum ProbeSpec {
    /// Potential.
    Voltage(LocationSpec),
    /// Calcium concentration.
    Calcium(LocationSpec),
    /// State variable of a channel.
    Variable {
        /// The channel.
        channel: String,
        /// The variable.
        variable: String,
        /// Where.
        at: LocationSpec,
    },
    /// Current density of a channel.
    Current {
        /// The channel.
        channel: String,
        /// Where.
        at: LocationSpec,
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
    pub spikes: Vec<LocationSpec>,
    /// Threshold of the detection (mV).
    pub threshold: f64,
}

impl Default for RecordSpec {
    /// The potential of the soma at every step, spikes of the soma at 0 mV.
    fn default() -> Self {
        RecordSpec {
            every: None,
            probes: vec![ProbeSpec::Voltage(LocationSpec::Soma)],
            spikes: vec![LocationSpec::Soma],
            threshold: 0.0,
        }
    }
}

pub(super) fn read(mut t: Section<'_, '_>) -> Option<RecordSpec> {
    let default = RecordSpec::default();
    let every = t.maybe("every", D::Time, Bound::Positive);
    let voltage = t.locations("voltage");
    let calcium = t.locations("calcium");
    let spikes = t.locations("spikes");
    let threshold = t.or("threshold", D::Voltage, Bound::Any, default.threshold);
    let mut rest = Vec::new();
    t.each_of("variables", |mut t| {
        let (channel, variable, at) = (t.text("channel"), t.text("variable"), t.location("at"));
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
        match (t.text("channel"), t.location("at")) {
            (Some(channel), Some(at)) => rest.push(ProbeSpec::Current { channel, at }),
            _ => t.fault("channel", "expected { channel = \"na\", at = \"soma\" }"),
        }
        t.finish();
    });
    t.finish();
    let mut probes: Vec<ProbeSpec> = match voltage? {
        Some(locations) => locations.into_iter().map(ProbeSpec::Voltage).collect(),
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
