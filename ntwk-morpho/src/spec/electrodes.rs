//! `[[electrodes]]`: injected currents and voltage clamps.

use super::reader::{Range, Section};
use crate::geometry::place::Place;
use crate::membrane::stimulus::{VoltageClamp, Waveform};
use crate::spec::quantity::Quantity as Q;

/// What an electrode does.
#[derive(Debug, Clone, PartialEq)]
pub enum Electrode {
    /// Injects a current (nA).
    Current(Waveform),
    /// Clamps the potential.
    Voltage(VoltageClamp),
}

/// An electrode in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct ElectrodeSpec {
    /// What it does.
    pub electrode: Electrode,
    /// Where.
    pub at: Place,
}

pub(super) fn read(root: &mut Section<'_, '_>) -> Vec<ElectrodeSpec> {
    let mut electrodes = Vec::new();
    root.each_of("electrodes", |mut t| {
        let kind = t.choice("kind", &["current", "voltage"]);
        let at = t.place("at");
        let Some(kind) = kind else { return };
        let electrode = match kind {
            Some("voltage") => clamp(&mut t).map(Electrode::Voltage),
            _ => waveform(&mut t).map(Electrode::Current),
        };
        if let Some(e) = &electrode {
            let checked = match e {
                Electrode::Current(w) => w.check(),
                Electrode::Voltage(c) => c.check(),
            };
            if let Err(e) = checked {
                t.fault(e.name, &format!("must be {}", e.expected));
            }
            t.finish();
        }
        if let (Some(electrode), Some(at)) = (electrode, at) {
            electrodes.push(ElectrodeSpec { electrode, at });
        }
    });
    electrodes
}

fn waveform(t: &mut Section<'_, '_>) -> Option<Waveform> {
    let words = ["step", "ramp", "sine", "zap", "sampled"];
    let kind = t.choice("waveform", &words)?.unwrap_or("step");
    let start = t.or("start", Q::Time, Range::Any, 0.0);
    if kind == "sampled" {
        let interval = t.required("interval", Q::Time, Range::Positive);
        let values = t.list("values", Q::Current, Range::Any)?;
        if values.is_none() {
            t.missing("values", "a list of currents in nA");
        }
        return Some(Waveform::Sampled { start: start?, interval: interval?, values: values? });
    }
    let duration = t.required("duration", Q::Time, Range::Positive);
    Some(match kind {
        "ramp" => {
            let from = t.required("from", Q::Current, Range::Any);
            let to = t.required("to", Q::Current, Range::Any);
            Waveform::Ramp { start: start?, duration: duration?, from: from?, to: to? }
        }
        "sine" => {
            let amplitude = t.required("amplitude", Q::Current, Range::Any);
            let frequency = t.required("frequency", Q::Rate, Range::NotNegative);
            let (start, duration) = (start?, duration?);
            Waveform::Sine { start, duration, amplitude: amplitude?, frequency: frequency? }
        }
        "zap" => {
            let amplitude = t.required("amplitude", Q::Current, Range::Any);
            let from = t.required("from", Q::Rate, Range::NotNegative);
            let to = t.required("to", Q::Rate, Range::NotNegative);
            let (start, duration) = (start?, duration?);
            Waveform::Zap { start, duration, amplitude: amplitude?, from: from?, to: to? }
        }
        _ => {
            let amplitude = t.required("amplitude", Q::Current, Range::Any);
            Waveform::Step { start: start?, duration: duration?, amplitude: amplitude? }
        }
    })
}

fn clamp(t: &mut Section<'_, '_>) -> Option<VoltageClamp> {
    let series_resistance = t.or("series_resistance", Q::Resistance, Range::Positive, 1e-3);
    let levels = t.list("levels", Q::Voltage, Range::Any)?;
    let until = t.list("until", Q::Time, Range::Any)?;
    match (levels, until) {
        (Some(levels), Some(until)) if levels.len() == until.len() && !levels.is_empty() => {
            let levels = until.into_iter().zip(levels).collect();
            Some(VoltageClamp { levels, series_resistance: series_resistance? })
        }
        _ => {
            t.fault("levels", "a clamp has levels (mV) and as many ends until (ms)");
            None
        }
    }
}
