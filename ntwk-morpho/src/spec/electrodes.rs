//! `[[electrodes]]`: injected currents and voltage clamps.

use super::values::LOCATION;
use crate::membrane::voltage_clamp::VoltageClamp;
use crate::mesh::location_spec::LocationSpec;
use ntwk_core::Dimension;
use ntwk_core::spec::fault::FaultKind;
use ntwk_core::spec::key::{KeyValue, Kind, Place, Section as _, TableReader};
use ntwk_core::spec::tree::Node;
use ntwk_core::spec::waveform::Shape;

ntwk_core::section! {
    /// An electrode at its location.
    #[derive(Debug, Clone, PartialEq)]
    pub struct ElectrodeSpec {
        /// where
        at: LocationSpec = Other(LOCATION), required;
        /// what it does
        electrode: Electrode = Flat(Electrode::KEYS), required;
    }
}

ntwk_core::variants! {
    /// What an electrode does.
    #[derive(Debug, Clone, PartialEq)]
    pub enum Electrode, key = "kind", what = "kind of electrode", none, check = check {
        /// injects a current
        Current = "current" {
            /// the waveform of the current
            current: InjectedCurrent = Flat(Shape::KEYS), required;
        },
        /// clamps the potential
        Voltage = "voltage" {
            /// levels of the command
            levels: Vec<f64> = Quantities(Voltage, Any), required("a list of levels in mV");
            /// end of each level; the clamp is off after the last
            until: Vec<f64> = Quantities(Time, Any), required("a list of times in ms, one per level");
            /// series resistance
            series_resistance: f64 = Quantity(Resistance, Positive), or(1e-3);
        },
    }
}

fn check(electrode: &Electrode, table: &mut TableReader<'_, '_>) {
    let Electrode::Voltage { levels, until, .. } = electrode else { return };
    if table.is_faulty("levels") || table.is_faulty("until") {
        return;
    }
    if levels.len() != until.len() || levels.is_empty() {
        let rule = "a clamp has levels (mV) and as many ends until (ms)".to_owned();
        table.fault("levels", FaultKind::Combination { rule });
    } else if let Some(Err(e)) = electrode.clamp().map(|c| c.check()) {
        let rule = format!("must be {}", e.expected);
        table.fault(e.name, FaultKind::Combination { rule });
    }
}

impl Electrode {
    /// The voltage clamp that it is, if it is one.
    #[must_use]
    pub fn clamp(&self) -> Option<VoltageClamp> {
        let Self::Voltage { levels, until, series_resistance } = self else { return None };
        let levels = until.iter().copied().zip(levels.iter().copied()).collect();
        Some(VoltageClamp { levels, series_resistance: *series_resistance })
    }
}

/// A current (nA) whose waveform is a step where it does not say.
#[derive(Debug, Clone, PartialEq)]
pub struct InjectedCurrent(pub Shape);

impl KeyValue for InjectedCurrent {
    fn read(place: Place<'_, '_>, kind: &Kind) -> Self {
        Self(Shape::read(place, kind))
    }

    fn nothing() -> Self {
        Self(Shape::nothing())
    }

    fn write(&self) -> Option<Node> {
        self.0.write_in(Dimension::CableCurrent)
    }

    fn read_flat(table: &mut TableReader<'_, '_>) -> Self {
        let own = table.own.replace(Dimension::CableCurrent);
        table.assumed = Some("step");
        let shape = Shape::read_flat(table);
        (table.own, table.assumed) = (own, None);
        Self(shape)
    }
}
