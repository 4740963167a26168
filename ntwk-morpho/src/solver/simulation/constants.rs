//! What a simulation derives from a cell and its settings once.

use super::gap_junctions::GapJunctions;
use super::{Method, Settings};
use crate::membrane::cell::Cell;
use crate::membrane::mechanism::LANES;
use crate::membrane::voltage_clamp::VoltageClamp;
use crate::solver::hines::{Massless, Tree};
use crate::units::{NF_PER_UF_CM2_UM2, US_PER_S_CM2_UM2};
use ntwk_core::Waveform;

/// What follows from the cell and the settings alone.
#[derive(Debug, Clone)]
pub(super) struct Constants {
    pub compartments: crate::Compartments,
    pub tree: Tree,
    pub n_compartments: usize,
    /// C/h (µS) at each position of the tree.
    pub capacitive: Vec<f64>,
    /// µS per S/cm², nA per mA/cm² at each position; zero for nodes without area and padding.
    pub area: Vec<f64>,
    /// Position of each node.
    pub positions: Vec<u32>,
    /// Position of the compartment that each position is or, for a node without area, belongs to.
    pub homes: Vec<u32>,
    /// (position, current).
    pub currents: Vec<(usize, Waveform)>,
    /// (position, clamp).
    pub clamps: Vec<(usize, VoltageClamp)>,
    /// Gap junctions, by position.
    pub gap_junctions: GapJunctions,
    /// Whether a mechanism reads or writes calcium.
    pub uses_calcium: bool,
    /// Nodes without area, for Crank–Nicolson.
    pub massless: Vec<Massless>,
}

impl Constants {
    pub fn new(cell: &Cell, settings: &Settings) -> Self {
        let compartments = cell.compartments.clone();
        let tree = Tree::new(&compartments, &cell.resistivity);
        let n = compartments.len();
        let list = compartments.as_slice();
        let h =
            if settings.method == Method::CrankNicolson { 0.5 * settings.dt } else { settings.dt };
        let capacitive = tree
            .nodes()
            .iter()
            .map(|&node| match list.get(node as usize) {
                Some(c) => NF_PER_UF_CM2_UM2 * cell.capacitance[node as usize] * c.area / h,
                None => 0.0,
            })
            .collect();
        let mut area = vec![0.0; tree.len().next_multiple_of(LANES)];
        for (a, &node) in area.iter_mut().zip(tree.nodes()) {
            *a = list.get(node as usize).map_or(0.0, |c| US_PER_S_CM2_UM2 * c.area);
        }
        let positions = tree.positions();
        let at = |node: usize| positions[node] as usize;
        let massless = tree.massless(n);
        let branch_of = |node: usize| match node.checked_sub(n + 1) {
            Some(branch) => compartments.of_branch(branch).end - 1,
            None => compartments.of_branch(0).start,
        };
        let home = |&node: &u32| {
            let node = node as usize;
            positions[if node < n { node } else { branch_of(node) }]
        };
        Constants {
            homes: tree.nodes().iter().map(home).collect(),
            n_compartments: n,
            capacitive,
            area,
            currents: cell.currents.iter().map(|(node, c)| (at(*node), c.clone())).collect(),
            gap_junctions: GapJunctions {
                list: cell.gap_junctions.iter().map(|&(a, b, g)| (at(a), at(b), g)).collect(),
            },
            clamps: cell.clamps.iter().map(|(node, c)| (at(*node), c.clone())).collect(),
            uses_calcium: cell.insertions.iter().any(|i| i.mechanism.uses_calcium()),
            positions,
            massless,
            tree,
            compartments,
        }
    }
}
