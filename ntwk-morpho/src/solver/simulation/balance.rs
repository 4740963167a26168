//! The currents of a step, from its solution.
//!
//! With ΔV the change the solver found (to V(t + dt) for implicit Euler, to the middle of the step for Crank–Nicolson), every
//! current is I(V) + ∂I/∂V ΔV, the one the equation was solved with. So in every compartment
//!
//! ```text
//! C ΔV/h + Σ ionic + Σ synaptic = Σ axial + electrodes + gap junctions
//! ```
//!
//! holds to round-off, and the left side, the transmembrane current, sums over a cell to what electrodes inject.

use super::constants::Constants;
use super::placed::{PartValues, Placed};
use super::synapses::Synapses;

/// The currents of the last step that were asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Balance {
    /// Whether anything here is asked for.
    wanted: bool,
    /// (mechanism, part).
    parts: Vec<(usize, usize)>,
    /// Each part, by place.
    part_values: Vec<PartValues>,
    /// Chosen labels of synapses, and the one position that counts.
    synapse_rows: Vec<(Vec<bool>, Option<usize>)>,
    /// (current (nA), conductance (µS)) of each row.
    synapse_values: Vec<[f64; 2]>,
    /// nA by position.
    capacitive: Vec<f64>,
    transmembrane: Vec<f64>,
    axial: Vec<f64>,
    electrodes: Vec<f64>,
}

/// What the solution of a step is taken from.
pub(super) struct Solution<'a> {
    /// V at the start of the step (mV), by position.
    pub v: &'a [f64],
    /// ΔV (mV), by position.
    pub change: &'a [f64],
    /// Calcium (mM), by position.
    pub calcium: &'a [f64],
    /// Current density (mA/cm²) at the start of the step.
    pub current: &'a [f64],
    /// Slope conductance (S/cm²).
    pub conductance: &'a [f64],
    /// Start and length of the step (ms).
    pub time: f64,
    pub dt: f64,
}

impl Balance {
    /// Asks for a part of a mechanism's current; its number.
    pub fn part(&mut self, mechanism: usize, part: usize) -> usize {
        self.wanted = true;
        let asked = (mechanism, part);
        self.parts.iter().position(|p| *p == asked).unwrap_or_else(|| {
            self.parts.push(asked);
            self.part_values.push(PartValues::default());
            self.parts.len() - 1
        })
    }

    /// Asks for a sum of synapses; its number.
    pub fn synapses(&mut self, chosen: Vec<bool>, position: Option<usize>) -> usize {
        self.wanted = true;
        self.synapse_rows.push((chosen, position));
        self.synapse_values.push([0.0; 2]);
        self.synapse_rows.len() - 1
    }

    /// Asks for the currents of all compartments.
    pub fn want(&mut self) {
        self.wanted = true;
    }

    pub fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// Computes what was asked for.
    pub fn take(
        &mut self,
        s: &Solution<'_>,
        constants: &Constants,
        mechanisms: &mut [Placed],
        synapses: &Synapses,
    ) {
        let n = constants.tree.len();
        for ((m, part), values) in self.parts.iter().zip(&mut self.part_values) {
            mechanisms[*m].part(*part, s.v, s.calcium, s.change, values);
        }
        for (row, sum) in self.synapse_rows.iter().zip(&mut self.synapse_values) {
            *sum = [0.0; 2];
            synapses.each(s.v, s.change, |label, position, current, conductance| {
                let here = row.1.is_none_or(|p| p == constants.homes[position] as usize);
                if row.0[label] && here {
                    sum[0] += current;
                    sum[1] += conductance;
                }
            });
        }
        self.capacitive.clear();
        self.capacitive.extend((0..n).map(|k| constants.capacitive[k] * s.change[k]));
        self.transmembrane.clear();
        self.transmembrane.extend((0..n).map(|k| {
            let ionic = constants.area[k] * (s.current[k] + s.conductance[k] * s.change[k]);
            self.capacitive[k] + ionic
        }));
        synapses.each(s.v, s.change, |_, position, current, _| {
            self.transmembrane[constants.homes[position] as usize] += current;
        });
        let (parents, links) = (constants.tree.parents(), constants.tree.links());
        let at = |k: usize| s.v[k] + s.change[k];
        self.axial.clear();
        self.axial.extend((0..n).map(|k| links[k] * (at(parents[k] as usize) - at(k))));
        self.electrodes.clear();
        let injected = constants.currents.iter().map(|(_, w)| w.over(s.time, s.dt));
        let clamped = constants.clamps.iter().map(|(k, clamp)| {
            let command = clamp.command(s.time + 0.5 * s.dt);
            command.map_or(0.0, |c| (c - at(*k)) / clamp.series_resistance)
        });
        self.electrodes.extend(injected.chain(clamped));
    }

    /// Transmembrane current (nA) by position.
    pub fn transmembrane(&self) -> &[f64] {
        &self.transmembrane
    }

    pub fn capacitive(&self) -> &[f64] {
        &self.capacitive
    }

    pub fn axial(&self) -> &[f64] {
        &self.axial
    }

    pub fn electrodes(&self) -> &[f64] {
        &self.electrodes
    }

    /// (current, conductance) of a part at a place.
    pub fn part_at(&self, part: usize, place: usize) -> [f64; 2] {
        let [current, conductance] = &self.part_values[part].current_and_conductance;
        [current[place], conductance[place]]
    }

    /// Potential (mV) at which the current of a part reverses; not a number where it has no conductance.
    pub fn reversal_at(&self, part: usize, place: usize) -> f64 {
        let [current, conductance] = self.part_at(part, place);
        self.part_values[part].potential[place] - current / conductance
    }

    /// (current, conductance) of a sum of synapses.
    pub fn synapses_at(&self, row: usize) -> [f64; 2] {
        self.synapse_values[row]
    }
}
