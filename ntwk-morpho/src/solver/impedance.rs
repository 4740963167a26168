//! Linear response of a cell at one frequency: input and transfer impedance, attenuation, steady state.

use crate::membrane::cell::Cell;
use crate::mesh::compartments::{Compartments, Location, LocationError};
use crate::parameter_error::ParameterError;
use crate::solver::hines::Tree;
use crate::units::{NF_PER_UF_CM2_UM2, US_PER_S_CM2_UM2};
use nalgebra::Complex;
use std::f64::consts::TAU;

/// Why there is no impedance.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ImpedanceError {
    /// A parameter is out of range.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// There is no such place.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// A mechanism has no linear response of its own.
    #[error("mechanism '{mechanism}' has no admittance, so the cell has no impedance with it")]
    NoAdmittance {
        /// Name of the instance.
        mechanism: String,
    },
    /// The equations have no solution: the membrane has no conductance at 0 Hz.
    #[error(
        "the impedance at {frequency} Hz is not finite: the membrane has no conductance to hold the cell"
    )]
    Singular {
        /// The frequency (Hz).
        frequency: f64,
    },
}

impl Cell {
    /// Membrane admittance (S/cm²) of every compartment, the capacitance aside, about the steady state at `v` (mV) and
    /// `celsius` (°C) for angular frequency `omega` (1/ms), calcium at 100 nM.
    ///
    /// # Errors
    /// [`ImpedanceError::NoAdmittance`].
    pub fn admittance(
        &self,
        v: f64,
        celsius: f64,
        omega: f64,
    ) -> Result<Vec<Complex<f64>>, ImpedanceError> {
        let mut density = vec![Complex::new(0.0, 0.0); self.compartments().len()];
        for i in &self.insertions {
            // A pool carries no current: its admittance is zero.
            let y = i.mechanism.admittance(celsius, v, 1e-4, omega);
            let y = y.ok_or_else(|| ImpedanceError::NoAdmittance { mechanism: i.name.clone() })?;
            for (&p, &s) in i.places.iter().zip(&i.scale) {
                density[p] += y * s;
            }
        }
        Ok(density)
    }
}

/// The response V = Z(ω) I of all nodes to sinusoidal currents: (G + iωC) V = I by one complex elimination, O(N).
///
/// Channels count with the admittance of their gates about the steady state at the holding potential (quasi-active
/// membrane); synapses, electrodes and gap junctions do not count. Phases follow V/I with e^{+iωt}: a passive membrane lags, phase <= 0.
/// The matrix is symmetric, so Z_ij = Z_ji.
#[derive(Debug, Clone)]
pub struct Impedance {
    compartments: Compartments,
    tree: Tree,
    /// Admittance of the node and what hangs below it (µS), by position.
    below: Vec<Complex<f64>>,
    /// Own admittance (µS), by position.
    own: Vec<Complex<f64>>,
    /// Position of each node.
    positions: Vec<usize>,
}

impl Impedance {
    /// Factorises the equations of a cell at `frequency` (Hz, 0 for the steady state) about the potential `v` (mV) at
    /// `celsius` (°C). Calcium is taken at 100 nM.
    ///
    /// # Errors
    /// [`ImpedanceError`] when the frequency is negative, a mechanism has no admittance, or the steady state is singular.
    pub fn new(cell: &Cell, frequency: f64, v: f64, celsius: f64) -> Result<Self, ImpedanceError> {
        ParameterError::not_negative("frequency", frequency, "Hz")?;
        ParameterError::finite("v", v, "mV")?;
        ParameterError::finite("celsius", celsius, "C")?;
        let omega = TAU * 1e-3 * frequency;
        let compartments = cell.compartments().clone();
        let list = compartments.as_slice();
        let density = cell.admittance(v, celsius, omega)?;
        let tree = Tree::new(&compartments, &cell.resistivity);
        let mut positions = vec![0; tree.len()];
        let mut own = vec![Complex::new(0.0, 0.0); tree.len()];
        for (k, &node) in tree.nodes().iter().enumerate() {
            let node = node as usize;
            positions[node] = k;
            if let Some(c) = list.get(node) {
                let charging = omega * NF_PER_UF_CM2_UM2 * cell.capacitance[node] * c.area;
                own[k] = density[node] * (US_PER_S_CM2_UM2 * c.area) + Complex::new(0.0, charging);
            }
        }
        let mut below = own.clone();
        let mut unused = vec![Complex::new(0.0, 0.0); tree.len()];
        let mut factors = unused.clone();
        tree.eliminate(&mut below, &mut unused, &mut factors);
        if below[0].norm_sqr() == 0.0 || !below[0].re.is_finite() || !below[0].im.is_finite() {
            return Err(ImpedanceError::Singular { frequency });
        }
        Ok(Impedance { compartments, tree, below, own, positions })
    }

    /// Potential of every node (complex mV) for currents (complex nA) at some points; at 0 Hz the steady state, as the
    /// deviation from rest.
    ///
    /// # Errors
    /// [`ImpedanceError::Location`] when there is no such point.
    pub fn response(
        &self,
        currents: &[(Location, Complex<f64>)],
    ) -> Result<Vec<Complex<f64>>, ImpedanceError> {
        let mut rhs = vec![Complex::new(0.0, 0.0); self.tree.len()];
        for (at, i) in currents {
            rhs[self.positions[self.compartments.node(*at)?]] += i;
        }
        Ok(self.solve(rhs))
    }

    /// The compartments of the cell.
    #[must_use]
    pub fn compartments(&self) -> &Compartments {
        &self.compartments
    }

    /// Potential of every node for a unit current into a node of [`Impedance::compartments`].
    pub(crate) fn of_node(&self, node: usize) -> Vec<Complex<f64>> {
        let mut rhs = vec![Complex::new(0.0, 0.0); self.tree.len()];
        rhs[self.positions[node]] = Complex::new(1.0, 0.0);
        self.solve(rhs)
    }

    /// The solution for currents by position, by node.
    fn solve(&self, mut rhs: Vec<Complex<f64>>) -> Vec<Complex<f64>> {
        let n = self.tree.len();
        let mut own = self.own.clone();
        let mut factors = vec![Complex::new(0.0, 0.0); n];
        self.tree.eliminate(&mut own, &mut rhs, &mut factors);
        self.tree.substitute(&mut rhs, &factors);
        (0..n).map(|node| rhs[self.positions[node]]).collect()
    }

    /// Input impedance (MΩ) at a point.
    ///
    /// # Errors
    /// [`ImpedanceError::Location`] when there is no such point.
    pub fn input(&self, at: Location) -> Result<Complex<f64>, ImpedanceError> {
        self.transfer(at, at)
    }

    /// Transfer impedance (MΩ): potential at `to` per current at `from`, equal in both directions.
    ///
    /// # Errors
    /// [`ImpedanceError::Location`] when there is no such point.
    pub fn transfer(&self, from: Location, to: Location) -> Result<Complex<f64>, ImpedanceError> {
        let node = self.compartments.node(to)?;
        Ok(self.response(&[(from, Complex::new(1.0, 0.0))])?[node])
    }

    /// Voltage attenuation V(from)/V(to) for a current at `from`, >= 1 in modulus in a passive cell.
    ///
    /// # Errors
    /// [`ImpedanceError::Location`] when there is no such point.
    pub fn attenuation(
        &self,
        from: Location,
        to: Location,
    ) -> Result<Complex<f64>, ImpedanceError> {
        let (source, target) = (self.compartments.node(from)?, self.compartments.node(to)?);
        let v = self.response(&[(from, Complex::new(1.0, 0.0))])?;
        Ok(v[source] / v[target])
    }

    /// Input impedance (MΩ) at every node, compartments first, by one sweep up and one down the tree, O(N).
    #[must_use]
    pub fn inputs(&self) -> Vec<Complex<f64>> {
        let n = self.tree.len();
        let (parents, links) = (self.tree.parents(), self.tree.links());
        // Seen through the link from the parent: g Y/(g + Y).
        let through = |k: usize, y: Complex<f64>| y * links[k] / (y + links[k]);
        // Everything not below k, seen from k. Children stand together, so siblings are summed from both sides.
        let mut above = vec![Complex::new(0.0, 0.0); n];
        let mut from = 1;
        while from < n {
            let p = parents[from];
            let to = from + parents[from..].iter().take_while(|&&q| q == p).count();
            let rest = self.own[p as usize] + above[p as usize];
            let mut left = Complex::new(0.0, 0.0);
            for (k, above) in above.iter_mut().enumerate().take(to).skip(from) {
                *above = rest + left;
                left += through(k, self.below[k]);
            }
            let mut right = Complex::new(0.0, 0.0);
            for (k, above) in above.iter_mut().enumerate().take(to).skip(from).rev() {
                *above = through(k, *above + right);
                right += through(k, self.below[k]);
            }
            from = to;
        }
        (0..n).map(|node| self.positions[node]).map(|k| 1.0 / (self.below[k] + above[k])).collect()
    }
}
