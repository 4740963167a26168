//! What a simulation derives from a cell and its settings once.

use super::{Method, Settings};
use crate::cell::Cell;
use crate::hines::Tree;
use crate::mechanism::LANES;
use crate::stimulus::{VoltageClamp, Waveform};
use crate::units::{NF_PER_UF_CM2_UM2, US_PER_S_CM2_UM2};

/// What follows from the cell and the settings alone.
#[derive(Debug, Clone)]
pub(super) struct Constants {
    pub compartments: crate::Compartments,
    pub tree: Tree,
    pub n_compartments: usize,
    /// C/h (µS) at each position of the tree.
    pub capacitive: Vec<f64>,
    /// µS per S/cm², nA per mA/cm² of each compartment; zero for nodes without area and padding.
    pub area: Vec<f64>,
    pub currents: Vec<(usize, Waveform)>,
    pub clamps: Vec<(usize, VoltageClamp)>,
    /// Nodes without area, for Crank–Nicolson.
    pub massless: Vec<Massless>,
}

/// A node without area and its neighbours.
#[derive(Debug, Clone)]
pub(super) struct Massless {
    pub node: usize,
    /// Position in the tree.
    pub position: usize,
    /// (node, conductance (µS)).
    pub neighbours: Vec<(usize, f64)>,
}

impl Constants {
    pub fn new(cell: &Cell, settings: &Settings) -> Self {
        let compartments = cell.compartments.clone();
        let tree = Tree::new(&compartments, &cell.resistivity);
        let n = compartments.len();
        let list = compartments.as_slice();
        let h = if settings.method == Method::CrankNicolson {
            0.5 * settings.dt
        } else {
            settings.dt
        };
        let capacitive = tree
            .nodes()
            .iter()
            .map(|&node| match list.get(node as usize) {
                Some(c) => NF_PER_UF_CM2_UM2 * cell.capacitance[node as usize] * c.area / h,
                None => 0.0,
            })
            .collect();
        let mut area = vec![0.0; tree.len().next_multiple_of(LANES)];
        for (a, c) in area.iter_mut().zip(list) {
            *a = US_PER_S_CM2_UM2 * c.area;
        }
        let mut massless: Vec<Massless> = Vec::new();
        for (position, &node) in tree
            .nodes()
            .iter()
            .enumerate()
            .filter(|(_, node)| **node as usize >= n)
        {
            let up = (position > 0).then(|| {
                (
                    tree.nodes()[tree.parents()[position] as usize] as usize,
                    tree.links()[position],
                )
            });
            massless.push(Massless {
                node: node as usize,
                position,
                neighbours: up.into_iter().collect(),
            });
        }
        let mut index = vec![None; tree.len()];
        for (i, m) in massless.iter().enumerate() {
            index[m.position] = Some(i);
        }
        for position in 1..tree.len() {
            if let Some(i) = index[tree.parents()[position] as usize] {
                massless[i]
                    .neighbours
                    .push((tree.nodes()[position] as usize, tree.links()[position]));
            }
        }
        Constants {
            n_compartments: n,
            capacitive,
            area,
            currents: cell.currents.clone(),
            clamps: cell.clamps.clone(),
            massless,
            tree,
            compartments,
        }
    }
}
