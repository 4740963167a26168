//! Recorded potentials of a cell that no neuron reaches.

use super::probe::Probe;
use super::recording::Recording;
use crate::membrane::cell::Cell;
use ntwk_core::recording::excursion::Excursion;

impl Recording {
    /// The recorded potentials of `cell` that leave the plausible range where and while no voltage clamp holds them: the column of
    /// the recording and what it does, in the order of the columns.
    #[must_use]
    pub fn excursions(&self, cell: &Cell) -> Vec<(usize, Excursion)> {
        let mut found = Vec::new();
        for (probe, what) in self.probes.iter().enumerate() {
            let Probe::Voltage(at) = what else { continue };
            let column = self.column(probe);
            let samples = self.times.iter().copied().zip(column.iter().copied());
            let free = samples.filter(|&(t, _)| !cell.is_clamped(*at, t));
            found.extend(Excursion::of(free).map(|excursion| (probe, excursion)));
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

    fn recorded(prepare: impl FnOnce(&mut Cell)) -> Vec<(usize, Excursion)> {
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
        assert!(found.len() == 1 && found[0].0 == 0, "{found:?}");
        assert!(
            (10.0..12.0).contains(&found[0].1.time) && found[0].1.farthest > 100.0,
            "{found:?}"
        );
        assert!(recorded(step(-10.0))[0].1.farthest < -150.0);
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
