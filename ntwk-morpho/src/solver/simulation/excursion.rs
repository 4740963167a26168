//! Potentials that no neuron reaches: most often a current or a conductance in the wrong unit.

use super::recording::{Probe, Recording};
use crate::membrane::cell::Cell;
use std::fmt;

/// Potentials (mV) between which neurons stay.
pub const PLAUSIBLE: [f64; 2] = [-150.0, 100.0];

/// A recorded potential beyond [`PLAUSIBLE`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Excursion {
    /// The column of the recording.
    pub probe: usize,
    /// Time (ms) of the first sample beyond.
    pub time: f64,
    /// The sample that lies farthest beyond (mV).
    pub farthest: f64,
}

impl fmt::Display for Excursion {
    /// As the end of a sentence whose subject is the place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Excursion { time, farthest, .. } = self;
        let [low, high] = PLAUSIBLE;
        write!(
            f,
            "leaves {low} to {high} mV at t = {time} ms and reaches {farthest:.1} mV; check the units of \
             currents and conductances"
        )
    }
}

impl Recording {
    /// The recorded potentials of `cell` that leave [`PLAUSIBLE`] where and while no voltage clamp holds them, in the order
    /// of the columns.
    #[must_use]
    pub fn excursions(&self, cell: &Cell) -> Vec<Excursion> {
        let [low, high] = PLAUSIBLE;
        let beyond = |v: f64| (low - v).max(v - high);
        let mut found = Vec::new();
        for (probe, what) in self.probes.iter().enumerate() {
            let Probe::Voltage(at) = what else { continue };
            let column = self.column(probe);
            let outside = self
                .times
                .iter()
                .zip(column.iter().copied())
                .filter(|&(&t, v)| beyond(v) > 0.0 && !cell.is_clamped(*at, t));
            let farther =
                |e: Excursion, v| if beyond(v) > beyond(e.farthest) { v } else { e.farthest };
            found.extend(outside.fold(None, |excursion: Option<Excursion>, (&time, v)| {
                Some(match excursion {
                    None => Excursion { probe, time, farthest: v },
                    Some(e) => Excursion { farthest: farther(e, v), ..e },
                })
            }));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::generators::cable;
    use crate::membrane::channels::Leak;
    use crate::membrane::voltage_clamp::VoltageClamp;
    use crate::{Discretisation, Location, Selection, Settings, Simulation};
    use ntwk_core::Waveform;

    const HERE: Location = Location { branch: 0, x: 0.5 };

    fn recorded(prepare: impl FnOnce(&mut Cell)) -> Vec<Excursion> {
        let m = cable(10.0, 10.0).unwrap();
        let compartments = m.compartments(&Discretisation::PerBranch(1)).unwrap();
        let mut cell = Cell::new(compartments, 1.0, 100.0).unwrap();
        cell.insert("leak", &Selection::All, Leak { g: 1e-4, E: -70.0 }).unwrap();
        prepare(&mut cell);
        let settings = Settings { v_init: -70.0, ..Settings::default() };
        let mut simulation = Simulation::new(&cell, &settings).unwrap();
        simulation.record_voltage(&[HERE], 1).unwrap();
        simulation.run(50.0).unwrap();
        simulation.recording().excursions(&cell)
    }

    #[test]
    fn a_current_in_the_wrong_unit_is_remarked() {
        let step = |amplitude| {
            move |c: &mut Cell| {
                c.inject(HERE, Waveform::step(10.0, 20.0, amplitude)).unwrap();
            }
        };
        assert_eq!(recorded(step(0.01)), []);
        let found = recorded(step(10.0));
        assert!(found.len() == 1 && found[0].probe == 0, "{found:?}");
        assert!((10.0..12.0).contains(&found[0].time) && found[0].farthest > 100.0, "{found:?}");
        assert!(recorded(step(-10.0))[0].farthest < -150.0);
    }

    #[test]
    fn a_clamped_potential_is_meant() {
        let clamp = |until| {
            move |c: &mut Cell| {
                let levels = vec![(until, 140.0)];
                c.clamp_voltage(HERE, VoltageClamp { levels, series_resistance: 1e-3 }).unwrap();
            }
        };
        assert_eq!(recorded(clamp(100.0)), []);
        // Let go at 140 mV, the cell is beyond sense until it decays.
        assert_eq!(recorded(clamp(20.0)).len(), 1);
    }
}
