//! Electrotonic lengths and the equivalent cable.

use crate::geometry::region::Region;
use crate::membrane::cell::Cell;
use crate::mesh::compartments::Location;
use crate::parameter_error::ParameterError;
use crate::solver::impedance::ImpedanceError;
use crate::units::{MOHM_PER_OHM_CM_PER_UM, US_PER_S_CM2_UM2};

/// The tree in units of its length constants, for steady potentials.
///
/// A compartment with membrane conductance G_m (µS) and axial resistance R_a (MΩ) has the electrotonic length
/// X = √(G_m R_a), which is ℓ/λ for a cylinder with λ = √(d/(4 R_i g)), and the characteristic conductance
/// G_∞ = √(G_m/R_a) = (π/2) √(g/R_i) d^{3/2} (Rall 1959). Channels count with their slope conductance in the steady state at
/// the holding potential. The soma counts as one point, at distance 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Electrotonic {
    /// Electrotonic length of each compartment.
    pub length: Vec<f64>,
    /// Length constant in each compartment (µm).
    pub lambda: Vec<f64>,
    /// Characteristic conductance of each compartment (µS).
    pub characteristic: Vec<f64>,
    /// Electrotonic distance of each node from the soma, compartments first, see [`crate::Compartments`].
    pub distance: Vec<f64>,
    /// Membrane conductance of the soma (µS).
    pub soma_conductance: f64,
    /// Electrotonic length of each compartment from its start to its centre.
    proximal: Vec<f64>,
    /// Region of each compartment.
    regions: Vec<Region>,
}

/// A stretch of the equivalent cable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// Electrotonic distance at which it begins.
    pub start: f64,
    /// Its electrotonic length.
    pub length: f64,
    /// Characteristic conductance (µS): the sum of those of the branches there.
    pub characteristic: f64,
}

/// The cable that stands for all branches together: at each electrotonic distance from the soma it has the sum of their
/// characteristic conductances, so that its diameter is (Σ d^{3/2})^{2/3} where R_i and g are uniform (Rall 1962; Fleshman,
/// Segev and Burke 1988). Exact where branches end at one distance and keep the sum (the 3/2 rule), else an approximation,
/// which [`EquivalentCable::input_conductance`] lets one judge beside [`crate::Impedance`].
#[derive(Debug, Clone, PartialEq)]
pub struct EquivalentCable {
    /// Stretches from the soma outwards.
    pub stretches: Vec<Stretch>,
    /// Membrane conductance of the soma (µS), in parallel.
    pub soma_conductance: f64,
}

impl Electrotonic {
    /// The tree of `cell` about the potential `v` (mV) at `celsius` (°C). Calcium is taken at 100 nM.
    ///
    /// # Errors
    /// [`ImpedanceError`] when a mechanism has no admittance or the membrane of a compartment has no positive conductance.
    pub fn new(cell: &Cell, v: f64, celsius: f64) -> Result<Self, ImpedanceError> {
        ParameterError::finite("v", v, "mV")?;
        ParameterError::finite("celsius", celsius, "C")?;
        let density = cell.admittance(v, celsius, 0.0)?;
        let compartments = cell.compartments();
        let list = compartments.as_slice();
        let n = list.len();
        let (mut length, mut lambda, mut characteristic) =
            (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        let mut soma_conductance = 0.0;
        for (k, c) in list.iter().enumerate() {
            let membrane = density[k].re * US_PER_S_CM2_UM2 * c.area;
            if membrane.is_nan() || membrane <= 0.0 {
                return Err(ImpedanceError::Singular { frequency: 0.0 });
            }
            let form = c.proximal_form + c.distal_form;
            let axial = MOHM_PER_OHM_CM_PER_UM * cell.resistivity[k] * form;
            length[k] = (membrane * axial).sqrt();
            lambda[k] = c.length / length[k];
            characteristic[k] = (membrane / axial).sqrt();
            if c.region == Region::Soma {
                soma_conductance += membrane;
            }
        }
        // Halves of compartments between neighbouring nodes; none within the soma.
        let half = |side: Option<(usize, f64)>| -> f64 {
            side.filter(|(c, _)| list[*c].region != Region::Soma).map_or(0.0, |(c, form)| {
                length[c] * form / (list[c].proximal_form + list[c].distal_form)
            })
        };
        let links = compartments.links();
        let mut neighbours: Vec<Vec<(usize, f64)>> = vec![Vec::new(); links.len()];
        for (node, link) in links.iter().enumerate() {
            if let Some(l) = link {
                let step = half(l.above) + half(l.below);
                neighbours[node].push((l.parent, step));
                neighbours[l.parent].push((node, step));
            }
        }
        let origin = compartments.node(Location::new(0, 0.5))?;
        let mut distance = vec![f64::NAN; links.len()];
        distance[origin] = 0.0;
        let mut open = vec![origin];
        while let Some(node) = open.pop() {
            for &(next, step) in &neighbours[node] {
                if distance[next].is_nan() {
                    distance[next] = distance[node] + step;
                    open.push(next);
                }
            }
        }
        let proximal = (0..n).map(|k| half(Some((k, list[k].proximal_form)))).collect();
        let regions = list.iter().map(|c| c.region).collect();
        Ok(Electrotonic {
            length,
            lambda,
            characteristic,
            distance,
            soma_conductance,
            proximal,
            regions,
        })
    }

    /// The equivalent cable in stretches of electrotonic length `step` (> 0); the last one is shorter.
    ///
    /// # Errors
    /// [`ParameterError`] when `step` is not positive.
    pub fn equivalent_cable(&self, step: f64) -> Result<EquivalentCable, ParameterError> {
        ParameterError::positive("step", step, "")?;
        let span = |k: usize| {
            let start = self.distance[k] - self.proximal[k];
            (start, start + self.length[k])
        };
        let branches = || (0..self.length.len()).filter(|&k| self.regions[k] != Region::Soma);
        let end = branches().map(|k| span(k).1).fold(0.0, f64::max);
        let count = (end / step - 1e-9).ceil().max(0.0) as usize;
        let mut stretches: Vec<Stretch> = (0..count)
            .map(|i| {
                let start = i as f64 * step;
                Stretch { start, length: step.min(end - start), characteristic: 0.0 }
            })
            .collect();
        for k in branches() {
            let (from, to) = span(k);
            let first = (from.max(0.0) / step) as usize;
            for s in stretches.iter_mut().skip(first).take_while(|s| s.start < to) {
                let overlap = to.min(s.start + s.length) - from.max(s.start);
                s.characteristic += self.characteristic[k] * overlap.max(0.0) / s.length;
            }
        }
        Ok(EquivalentCable { stretches, soma_conductance: self.soma_conductance })
    }
}

impl EquivalentCable {
    /// Conductance of the branches seen from the soma (µS): the cable with a sealed end.
    #[must_use]
    pub fn dendritic_conductance(&self) -> f64 {
        self.stretches.iter().rev().fold(0.0, |load, s| {
            let (g, t) = (s.characteristic, s.length.tanh());
            if g > 0.0 { g * (load + g * t) / (g + load * t) } else { load }
        })
    }

    /// Input conductance at the soma (µS).
    #[must_use]
    pub fn input_conductance(&self) -> f64 {
        self.soma_conductance + self.dendritic_conductance()
    }

    /// Diameter (µm) of a stretch for a membrane of conductance `g` (S/cm²) and axial resistivity `R_i` (Ω·cm).
    #[must_use]
    #[allow(non_snake_case)]
    pub fn diameter(&self, stretch: &Stretch, g: f64, R_i: f64) -> f64 {
        // G_∞ (S) = (π/2) √(g/R_i) d^{3/2} with d in cm.
        let d = (1e-6 * stretch.characteristic * 2.0 / (std::f64::consts::PI * (g / R_i).sqrt()))
            .powf(2.0 / 3.0);
        1e4 * d
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::generators::{PyramidalTree, RallTree, ball_and_stick};
    use crate::membrane::channels::Leak;
    use crate::{Discretisation, Impedance, Selection};

    fn passive(m: &crate::Morphology, g: f64) -> Cell {
        let compartments = m.compartments(&Discretisation::MaxLength(2.0)).unwrap();
        let mut cell = Cell::new(compartments, 1.0, 100.0).unwrap();
        cell.insert("leak", &Selection::All, Leak { g, E: -70.0 }).unwrap();
        cell
    }

    /// λ (µm) of a cylinder of diameter d (µm), 20000 Ω cm² and 100 Ω cm.
    fn lambda(d: f64) -> f64 {
        1e4 * (20_000.0 * d * 1e-4 / 400.0).sqrt()
    }

    #[test]
    fn a_stick_has_the_length_of_its_formula() {
        let cell = passive(&ball_and_stick(20.0, 1000.0, 2.0).unwrap(), 5e-5);
        let e = Electrotonic::new(&cell, -70.0, 6.3).unwrap();
        let tip = cell.compartments().node(Location::new(1, 1.0)).unwrap();
        assert!((e.distance[tip] - 1000.0 / lambda(2.0)).abs() < 1e-9, "{}", e.distance[tip]);
        assert!((e.lambda[tip - cell.compartments().n_branches() - 1] - lambda(2.0)).abs() < 1e-6);
        let cable = e.equivalent_cable(0.05).unwrap();
        let last = cable.stretches.last().unwrap();
        assert!((last.start + last.length - e.distance[tip]).abs() < 1e-9);
        for s in &cable.stretches {
            assert!((cable.diameter(s, 5e-5, 100.0) - 2.0).abs() < 1e-6, "{s:?}");
        }
        let exact = Impedance::new(&cell, 0.0, -70.0, 6.3).unwrap();
        let exact = 1.0 / exact.input(Location::new(0, 0.5)).unwrap().re;
        assert!((cable.input_conductance() / exact - 1.0).abs() < 1e-5);
        assert!(e.equivalent_cable(0.0).is_err());
    }

    /// Seven levels that halve under the 3/2 rule are one cylinder as long as their electrotonic lengths together.
    #[test]
    fn a_rall_tree_collapses_on_one_cylinder() {
        let tree = RallTree { levels: 7, ..RallTree::default() }.build(1).unwrap();
        let cell = passive(&tree, 5e-5);
        let e = Electrotonic::new(&cell, -70.0, 6.3).unwrap();
        let length: f64 =
            (0..7).map(|b| 100.0 / lambda(2.0 * 2f64.powf(-2.0 * f64::from(b) / 3.0))).sum();
        let cable = e.equivalent_cable(0.02).unwrap();
        let last = cable.stretches.last().unwrap();
        assert!((last.start + last.length - length).abs() < 1e-9, "{last:?} {length}");
        let (low, high) = cable.stretches.iter().fold((f64::MAX, f64::MIN), |(l, h), s| {
            (l.min(s.characteristic), h.max(s.characteristic))
        });
        assert!(high / low - 1.0 < 1e-9, "{low} {high}");
        let exact = Impedance::new(&cell, 0.0, -70.0, 6.3).unwrap();
        let exact = 1.0 / exact.input(Location::new(0, 0.5)).unwrap().re;
        assert!((cable.input_conductance() / exact - 1.0).abs() < 1e-4);
    }

    /// Branches of a pyramidal tree end at different distances, so that the cable is near but not exact; nothing of the
    /// membrane is lost.
    #[test]
    fn the_cable_has_the_membrane_of_the_tree() {
        let cell = passive(&PyramidalTree::default().build(2).unwrap(), 5e-5);
        let e = Electrotonic::new(&cell, -70.0, 6.3).unwrap();
        let cable = e.equivalent_cable(0.01).unwrap();
        let of_cable: f64 = cable.stretches.iter().map(|s| s.length * s.characteristic).sum();
        let of_tree: f64 = (0..e.length.len())
            .filter(|&k| e.regions[k] != Region::Soma)
            .map(|k| e.length[k] * e.characteristic[k])
            .sum();
        assert!((of_cable / of_tree - 1.0).abs() < 1e-9, "{of_cable} {of_tree}");
        let exact = Impedance::new(&cell, 0.0, -70.0, 6.3).unwrap();
        let exact = 1.0 / exact.input(Location::new(0, 0.5)).unwrap().re;
        let off = cable.input_conductance() / exact - 1.0;
        assert!(off.abs() < 0.1, "{off}");
    }

    #[test]
    fn a_membrane_without_conductance_has_no_length_constant() {
        let cell = passive(&ball_and_stick(20.0, 100.0, 2.0).unwrap(), 0.0);
        let none = Electrotonic::new(&cell, -70.0, 6.3);
        assert!(matches!(none, Err(ImpedanceError::Singular { .. })));
    }
}
