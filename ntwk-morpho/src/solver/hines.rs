//! Direct solution of the equations of a tree in O(N) (Hines 1984).
//!
//! Node k has an admittance e_k of its own (to ground) and a link g_k to its parent. Eliminating from the leaves, with the
//! sums kept apart so that nothing cancels:
//!
//! ```text
//! d_k = e_k + g_k      f_k = g_k / d_k      e_p += f_k e_k      r_p += f_k r_k
//! x_0 = r_0 / e_0      x_k = r_k / d_k + f_k x_p
//! ```
//!
//! Nodes are ordered by their distance from the root in links, so that neighbours in memory do not depend on each other and
//! the divisions overlap.

use crate::mesh::compartments::Compartments;
use crate::units::MOHM_PER_OHM_CM_PER_UM;
use pulp::{Arch, NullaryFnOnce};
use std::ops::{Add, AddAssign, Div, Mul};

/// The axial tree in the order of the solution: position 0 is the root, parents come before children, the children of a
/// node stand together. Ends of branches, nodes without area, children or siblings, stand last, so that loops over the membrane
/// need not go there.
#[derive(Debug, Clone)]
pub struct Tree {
    /// Node at each position.
    nodes: Vec<u32>,
    /// Position of the parent; 0 at position 0.
    parents: Vec<u32>,
    /// Conductance to the parent (µS); 0 at position 0.
    links: Vec<f64>,
}

impl Tree {
    /// The tree of a cell with axial resistivity `resistivity` (Ω·cm, one per compartment, > 0).
    #[must_use]
    pub fn new(compartments: &Compartments, resistivity: &[f64]) -> Self {
        let links = compartments.links();
        let mut children: Vec<Vec<u32>> = vec![Vec::new(); links.len()];
        let mut root = 0;
        for (node, link) in links.iter().enumerate() {
            match link {
                Some(l) => children[l.parent].push(node as u32),
                None => root = node,
            }
        }
        let mut tree = Tree { nodes: vec![root as u32], parents: vec![0], links: vec![0.0] };
        let mut at = 0;
        let is_end = |node: u32, siblings: usize| {
            let bare = node as usize >= compartments.len() && children[node as usize].is_empty();
            bare && siblings == 1
        };
        let mut ends = Vec::new();
        while at < tree.nodes.len() {
            let together = &children[tree.nodes[at] as usize];
            for &child in together {
                let form: f64 = links[child as usize]
                    .iter()
                    .flat_map(|l| [l.above, l.below])
                    .flatten()
                    .map(|(c, form)| resistivity[c] * form)
                    .sum();
                let link = 1.0 / (MOHM_PER_OHM_CM_PER_UM * form);
                if is_end(child, together.len()) {
                    ends.push((child, at as u32, link));
                } else {
                    tree.push(child, at as u32, link);
                }
            }
            at += 1;
        }
        for (node, parent, link) in ends {
            tree.push(node, parent, link);
        }
        tree
    }

    fn push(&mut self, node: u32, parent: u32, link: f64) {
        self.nodes.push(node);
        self.parents.push(parent);
        self.links.push(link);
    }

    /// Position of each node: the inverse of [`Tree::nodes`].
    #[must_use]
    pub fn positions(&self) -> Vec<u32> {
        let mut positions = vec![0; self.nodes.len()];
        for (k, &node) in self.nodes.iter().enumerate() {
            positions[node as usize] = k as u32;
        }
        positions
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never true: there is a root.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Node at each position.
    #[must_use]
    pub fn nodes(&self) -> &[u32] {
        &self.nodes
    }

    /// Position of the parent of each position; 0 at position 0.
    #[must_use]
    pub fn parents(&self) -> &[u32] {
        &self.parents
    }

    /// Conductance to the parent at each position (µS); 0 at position 0.
    #[must_use]
    pub fn links(&self) -> &[f64] {
        &self.links
    }

    /// Eliminates from the leaves to the root. `own` becomes the admittance of the subtree, `rhs` is divided by the pivot,
    /// `factors` receives f.
    #[inline]
    pub fn eliminate<T: Number>(&self, own: &mut [T], rhs: &mut [T], factors: &mut [T]) {
        let n = self.nodes.len();
        let (own, rhs, factors) = (&mut own[..n], &mut rhs[..n], &mut factors[..n]);
        let (parents, links) = (&self.parents[..n], &self.links[..n]);
        for k in (1..n).rev() {
            let p = parents[k] as usize;
            let inverse = T::from(1.0) / (own[k] + T::from(links[k]));
            let f = T::from(links[k]) * inverse;
            own[p] += f * own[k];
            rhs[p] += f * rhs[k];
            rhs[k] = rhs[k] * inverse;
            factors[k] = f;
        }
        rhs[0] = rhs[0] / own[0];
    }

    /// Solves for the change of the potentials `v`: as [`Tree::eliminate`] and [`Tree::substitute`] for real numbers, with
    /// the axial currents −G v added to `rhs` on the way. `rhs` becomes the solution.
    pub fn solve_change(
        &self,
        arch: Arch,
        v: &[f64],
        own: &mut [f64],
        rhs: &mut [f64],
        factors: &mut [f64],
    ) {
        arch.dispatch(Change { tree: self, v, own, rhs, factors });
    }

    /// Substitutes from the root to the leaves what [`Tree::eliminate`] left in `rhs`: it becomes the solution.
    #[inline]
    pub fn substitute<T: Number>(&self, rhs: &mut [T], factors: &[T]) {
        let n = self.nodes.len();
        let (rhs, factors, parents) = (&mut rhs[..n], &factors[..n], &self.parents[..n]);
        for k in 1..n {
            let above = rhs[parents[k] as usize];
            rhs[k] += factors[k] * above;
        }
    }
}

/// A node without area and its neighbours.
#[derive(Debug, Clone)]
pub(crate) struct Massless {
    /// Its position.
    pub position: usize,
    /// (position, conductance (µS)).
    pub neighbours: Vec<(usize, f64)>,
}

impl Tree {
    /// The nodes without area of a tree with so many compartments.
    pub(crate) fn massless(&self, n_compartments: usize) -> Vec<Massless> {
        let mut massless: Vec<Massless> = Vec::new();
        let mut index = vec![None; self.len()];
        for (position, &node) in self.nodes.iter().enumerate() {
            if node as usize >= n_compartments {
                index[position] = Some(massless.len());
                let up =
                    (position > 0).then(|| (self.parents[position] as usize, self.links[position]));
                massless.push(Massless { position, neighbours: up.into_iter().collect() });
            }
        }
        for position in 1..self.len() {
            if let Some(i) = index[self.parents[position] as usize] {
                massless[i].neighbours.push((position, self.links[position]));
            }
        }
        massless
    }

    /// Solves for another right side with what [`Tree::solve_change`] or [`Tree::eliminate`] left in `own` and `factors`;
    /// `rhs` becomes the solution.
    pub fn solve_again(&self, own: &[f64], factors: &[f64], rhs: &mut [f64]) {
        let n = self.nodes.len();
        for k in (1..n).rev() {
            rhs[self.parents[k] as usize] += factors[k] * rhs[k];
            rhs[k] *= factors[k] / self.links[k];
        }
        rhs[0] /= own[0];
        self.substitute(rhs, factors);
    }
}

/// The hot loop of [`Tree::solve_change`]; a type of its own, so that it is compiled for each instruction set. Fused
/// operations shorten the chain from a node to its parent, on which the time depends.
struct Change<'a> {
    tree: &'a Tree,
    v: &'a [f64],
    own: &'a mut [f64],
    rhs: &'a mut [f64],
    factors: &'a mut [f64],
}

impl NullaryFnOnce for Change<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let n = self.tree.nodes.len();
        let (v, own, rhs, factors) =
            (&self.v[..n], &mut self.own[..n], &mut self.rhs[..n], &mut self.factors[..n]);
        let (parents, links) = (&self.tree.parents[..n], &self.tree.links[..n]);
        for k in (1..n).rev() {
            let p = parents[k] as usize;
            let g = links[k];
            let axial = g * (v[p] - v[k]);
            let (e, r) = (own[k], rhs[k] + axial);
            let inverse = 1.0 / (e + g);
            let f = g * inverse;
            own[p] = f.mul_add(e, own[p]);
            rhs[p] = f.mul_add(r, rhs[p] - axial);
            rhs[k] = r * inverse;
            factors[k] = f;
        }
        rhs[0] /= own[0];
        for k in 1..n {
            rhs[k] = factors[k].mul_add(rhs[parents[k] as usize], rhs[k]);
        }
    }
}

/// Real or complex numbers.
pub trait Number:
    Copy + From<f64> + Add<Output = Self> + AddAssign + Mul<Output = Self> + Div<Output = Self>
{
}

impl<T> Number for T where
    T: Copy + From<f64> + Add<Output = T> + AddAssign + Mul<Output = T> + Div<Output = T>
{
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Discretisation;
    use crate::geometry::generators::PyramidalTree;
    use nalgebra::{DMatrix, DVector};

    /// A dense solution of the same equations on random trees.
    #[test]
    fn agrees_with_dense_elimination() {
        for seed in 0..5 {
            let cell =
                PyramidalTree { obliques: 3, ..PyramidalTree::default() }.build(seed).unwrap();
            let compartments = cell.compartments(&Discretisation::MaxLength(40.0)).unwrap();
            let tree = Tree::new(&compartments, &vec![150.0; compartments.len()]);
            let n = tree.len();
            let mut own: Vec<f64> = (0..n).map(|k| 1e-4 * (1.0 + (k as f64).sin().abs())).collect();
            let mut rhs: Vec<f64> = (0..n).map(|k| (k as f64 * 0.7).cos()).collect();
            let mut matrix = DMatrix::from_diagonal(&DVector::from_vec(own.clone()));
            for k in 1..n {
                let (p, g) = (tree.parents()[k] as usize, tree.links()[k]);
                matrix[(k, k)] += g;
                matrix[(p, p)] += g;
                matrix[(k, p)] -= g;
                matrix[(p, k)] -= g;
            }
            let dense = matrix.lu().solve(&DVector::from_vec(rhs.clone())).unwrap();
            let mut factors = vec![0.0; n];
            tree.eliminate(&mut own, &mut rhs, &mut factors);
            tree.substitute(&mut rhs, &factors);
            for k in 0..n {
                assert!((rhs[k] / dense[k] - 1.0).abs() < 1e-8, "{k}: {} {}", rhs[k], dense[k]);
            }
        }
    }
}
