//! A random tree with the habit of a pyramidal cell.

use super::{ball, positive};
use crate::geometry::morphology::{Attachment, Branch, Morphology, MorphologyError, Sample};
use crate::geometry::region::Region;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

ntwk_core::section! {
    /// A random tree with the habit of a pyramidal cell: soma, basal trees, an apical trunk with obliques and a tuft, an axon.
    ///
    /// No claim is made on the statistics of any cell class: it is a stand-in for a reconstruction in tests, examples and
    /// benchmarks. Daughters share Rall's 3/2 power of the parent unequally, and diameters taper to `tip_diameter`.
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    pub struct PyramidalTree {
        /// soma diameter (µm)
        soma_diameter: f64 = Quantity(Length, Positive), or(18.0);
        /// number of basal trees
        basal_trees: u64 = Count(0, 1000), or(5);
        /// mean length of a basal or tuft branch (µm)
        branch_length: f64 = Quantity(Length, Positive), or(60.0);
        /// branchings from a basal root to its tips
        branchings: u64 = Count(0, 10), or(2);
        /// length of the apical trunk (µm)
        trunk_length: f64 = Quantity(Length, Positive), or(500.0);
        /// number of oblique dendrites on the trunk
        obliques: u64 = Count(0, 1000), or(6);
        /// diameter of the trunk at the soma (µm); basal roots have half of it
        trunk_diameter: f64 = Quantity(Length, Positive), or(3.0);
        /// smallest diameter (µm)
        tip_diameter: f64 = Quantity(Length, Positive), or(0.5);
        /// length of the axon (µm); 0 for none
        axon_length: f64 = Quantity(Length, NonNegative), or(100.0);
        /// distance between samples (µm)
        step: f64 = Quantity(Length, Positive), or(5.0);
    }
}

impl Default for PyramidalTree {
    fn default() -> Self {
        ntwk_core::spec::key::defaults()
    }
}

impl PyramidalTree {
    /// Builds the cell; the same seed gives the same cell on every machine.
    ///
    /// # Errors
    /// [`MorphologyError::Parameter`] unless all lengths are positive (`axon_length` may be 0), `branchings` <= 10 and
    /// `basal_trees` and `obliques` <= 1000.
    pub fn build(&self, seed: u64) -> Result<Morphology, MorphologyError> {
        for (name, value) in [
            ("soma_diameter", self.soma_diameter),
            ("branch_length", self.branch_length),
            ("trunk_length", self.trunk_length),
            ("trunk_diameter", self.trunk_diameter),
            ("tip_diameter", self.tip_diameter),
            ("step", self.step),
        ] {
            positive(name, value)?;
        }
        let counts = [
            ("branchings", self.branchings, 10),
            ("basal_trees", self.basal_trees, 1000),
            ("obliques", self.obliques, 1000),
        ];
        for (name, n, most) in counts {
            if n > most {
                let expected = if most == 10 { "at most 10" } else { "at most 1000" };
                return Err(MorphologyError::Parameter { name, value: n as f64, expected });
            }
        }
        let longest = self.trunk_length.max(1.5 * self.branch_length).max(self.axon_length);
        if longest / self.step > 1e5 {
            let (name, value) = ("step", self.step);
            return Err(MorphologyError::Parameter {
                name,
                value,
                expected: "at least 1e-5 of the longest branch",
            });
        }
        let mut g = Growth {
            spec: self,
            rng: ChaCha8Rng::seed_from_u64(seed),
            branches: vec![ball(self.soma_diameter)],
        };
        let on_soma = Some(Attachment { branch: 0, x: 0.5 });
        let r = 0.5 * self.soma_diameter;
        for k in 0..self.basal_trees {
            let turn = 2.0 * PI * (k as f64 + 0.3 * g.uniform(-1.0, 1.0)) / self.basal_trees as f64;
            let direction = unit([turn.cos(), -0.6 + 0.3 * g.uniform(-1.0, 1.0), turn.sin()]);
            let position = direction.map(|c| r * c);
            let root = Start { region: Region::Basal, parent: on_soma, position, direction };
            g.tree(root, 0.5 * self.trunk_diameter, self.branchings);
        }
        let mut at = on_soma;
        let mut position = [0.0, r, 0.0];
        let mut diameter = self.trunk_diameter;
        let apical = |parent, position, direction| Start {
            region: Region::Apical,
            parent,
            position,
            direction,
        };
        for piece in 0..=self.obliques {
            let length = self.trunk_length / (self.obliques + 1) as f64;
            let end = (diameter * 0.93).max(self.tip_diameter);
            let direction = unit([0.1 * g.uniform(-1.0, 1.0), 1.0, 0.1 * g.uniform(-1.0, 1.0)]);
            let (trunk, tip) = g.branch(apical(at, position, direction), length, [diameter, end]);
            at = Some(Attachment { branch: trunk, x: 1.0 });
            if piece < self.obliques {
                let turn = 2.0 * PI * g.uniform(0.0, 1.0);
                let side = unit([turn.cos(), 0.3, turn.sin()]);
                g.tree(apical(at, tip, side), (0.4 * end).max(self.tip_diameter), 1);
            }
            position = tip;
            diameter = end;
        }
        for side in [0.4, -0.4] {
            let tuft = unit([side, 1.0, 0.2 * g.uniform(-1.0, 1.0)]);
            g.tree(apical(at, position, tuft), 0.6 * diameter, self.branchings);
        }
        if self.axon_length > 0.0 {
            let (position, direction) = ([0.0, -r, 0.0], [0.0, -1.0, 0.0]);
            let hillock = Start { region: Region::Axon, parent: on_soma, position, direction };
            g.branch(hillock, self.axon_length, [1.0, 0.5]);
        }
        Morphology::new(g.branches)
    }
}

/// Where and whereto a branch grows.
#[derive(Clone, Copy)]
struct Start {
    region: Region,
    parent: Option<Attachment>,
    position: [f64; 3],
    direction: [f64; 3],
}

struct Growth<'a> {
    spec: &'a PyramidalTree,
    rng: ChaCha8Rng,
    branches: Vec<Branch>,
}

impl Growth<'_> {
    fn uniform(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.rng.random::<f64>()
    }

    /// Grows one branch of `length` whose diameter goes from `diameters[0]` to `diameters[1]`; its index and its end.
    fn branch(&mut self, from: Start, length: f64, diameters: [f64; 2]) -> (usize, [f64; 3]) {
        let steps = (length / self.spec.step).ceil().max(1.0) as usize;
        let mut heading = from.direction;
        let mut position = from.position;
        // A daughter begins with its parent's radius and takes its own within the first step, as SWC files have it.
        let above = from.parent.filter(|at| at.branch > 0);
        let joint = above.and_then(|at| self.branches[at.branch].samples.last());
        let mut samples =
            vec![Sample::new(position, joint.map_or(0.5 * diameters[0], |s| s.radius))];
        for k in 1..=steps {
            heading = unit(heading.map(|c| c + 0.15 * self.rng.random_range(-1.0..1.0)));
            position = [0, 1, 2].map(|i| position[i] + length / steps as f64 * heading[i]);
            let d = diameters[0] + (diameters[1] - diameters[0]) * k as f64 / steps as f64;
            samples.push(Sample::new(position, 0.5 * d));
        }
        self.branches.push(Branch { region: from.region, parent: from.parent, samples });
        (self.branches.len() - 1, position)
    }

    /// Grows a tree with `branchings` branchings from its root to every tip.
    fn tree(&mut self, root: Start, diameter: f64, branchings: u64) {
        let mut todo = vec![(root, diameter, branchings)];
        while let Some((from, diameter, left)) = todo.pop() {
            let length = self.spec.branch_length * self.uniform(0.5, 1.5);
            let end = (0.85 * diameter).max(self.spec.tip_diameter);
            let (b, position) = self.branch(from, length, [diameter, end]);
            if left == 0 {
                continue;
            }
            let share = self.uniform(0.35, 0.65);
            let turn = unit([0, 1, 2].map(|_| self.rng.random_range(-1.0..1.0)));
            for (part, side) in [(share, 0.6), (1.0 - share, -0.6)] {
                let direction = unit([0, 1, 2].map(|i| from.direction[i] + side * turn[i]));
                let parent = Some(Attachment { branch: b, x: 1.0 });
                let daughter = Start { region: from.region, parent, position, direction };
                todo.push((
                    daughter,
                    (end * part.powf(2.0 / 3.0)).max(self.spec.tip_diameter),
                    left - 1,
                ));
            }
        }
    }
}

fn unit(v: [f64; 3]) -> [f64; 3] {
    let n = (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt();
    if n > 0.0 { v.map(|c| c / n) } else { [0.0, 1.0, 0.0] }
}
