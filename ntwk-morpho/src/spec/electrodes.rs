//! `[[electrodes]]`: injected currents and voltage clamps.

use super::reader::Section;
use crate::membrane::voltage_clamp::VoltageClamp;
use crate::mesh::location_spec::LocationSpec;
use ntwk_core::Dimension as D;
use ntwk_core::Waveform;
use ntwk_core::spec::bound::Bound;

/// What an electrode does.
#[derive(Debug, Clone, PartialEq)]
pub enum Electrode {
    /// Injects a current (nA).
    Current(Waveform),
    /// Clamps the potential.
    Voltage(VoltageClamp),
}

/// An electrode at its location.
#[derive(Debug, Clone, PartialEq)]
pub struct ElectrodeSpec {
    /// What it does.
    pub electrode: Electrode,
    /// Where.
    pub at: LocationSpec,
}

pub(super) fn read(root: &mut Section<'_, '_>) -> Vec<ElectrodeSpec> {
    let mut electrodes = Vec::new();
    root.each_of("electrodes", |mut t| {
        let kind = t.choice("kind", &["current", "voltage"]);
        let at = t.location("at");
        let Some(kind) = kind else { return };
        let electrode = match kind {
            Some("voltage") => clamp(&mut t).map(Electrode::Voltage),
            _ => t.shape(D::CableCurrent).map(|shape| Electrode::Current(shape.into())),
        };
        if let Some(e) = &electrode {
            if let Electrode::Voltage(c) = e
                && let Err(e) = c.check()
            {
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

fn clamp(t: &mut Section<'_, '_>) -> Option<VoltageClamp> {
    let series_resistance = t.or("series_resistance", D::Resistance, Bound::Positive, 1e-3);
    let levels = t.list("levels", D::Voltage, Bound::Any)?;
    let until = t.list("until", D::Time, Bound::Any)?;
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
