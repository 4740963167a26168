//! The compartments of a cell and the nodes and links that join them.

use crate::geometry::morphology::{Morphology, Sample};
use crate::geometry::region::Region;
use serde::{Deserialize, Serialize};

/// A piece of a branch with one potential.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Compartment {
    /// Branch it belongs to.
    pub branch: usize,
    /// Region of the branch.
    pub region: Region,
    /// Branch points between the branch and the root.
    pub branch_order: usize,
    /// Centre, as a fraction of the branch's length.
    pub x: f64,
    /// Proximal end, as a fraction of the branch's length.
    pub x_start: f64,
    /// Distal end, as a fraction of the branch's length.
    pub x_end: f64,
    /// Length along the axis (µm).
    pub length: f64,
    /// Membrane area (µm²).
    pub area: f64,
    /// Volume (µm³).
    pub volume: f64,
    /// Radius at the centre (µm).
    pub radius: f64,
    /// Path distance of the centre from the origin (µm), see [`Morphology::path_distances`].
    pub path_distance: f64,
    /// Position of the centre (µm).
    pub centre: [f64; 3],
    /// ∫dx/(π r²) from the proximal end to the centre (1/µm).
    pub proximal_form: f64,
    /// ∫dx/(π r²) from the centre to the distal end (1/µm).
    pub distal_form: f64,
}

/// A point of the tree: the fraction `x` of a branch's length.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// Index of the branch.
    pub branch: usize,
    /// 0 is the proximal, 1 the distal end; in between, the centre of the compartment that holds the point stands for it.
    pub x: f64,
}

impl Location {
    /// The point `x` of `branch`.
    #[must_use]
    pub fn new(branch: usize, x: f64) -> Self {
        Location { branch, x }
    }
}

/// Why there is no such place.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum LocationError {
    /// The branch does not exist.
    #[error("there is no branch {branch}; there are {count}")]
    Branch {
        /// The branch asked for.
        branch: usize,
        /// Number of branches.
        count: usize,
    },
    /// `x` is not a fraction.
    #[error("branch {branch}: x = {x}, expected 0 <= x <= 1")]
    Fraction {
        /// The branch asked for.
        branch: usize,
        /// The fraction asked for.
        x: f64,
    },
    /// The node does not exist.
    #[error("there is no node {node}; there are {count}")]
    Node {
        /// The node asked for.
        node: usize,
        /// Number of nodes.
        count: usize,
    },
}

/// The resistance between a node and its parent is `MOHM_PER_OHM_CM_PER_UM · Σ R_i form` over the halves named here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// Parent node.
    pub parent: usize,
    /// (compartment whose R_i counts, form in 1/µm) of the half on the parent's side, if it is a compartment.
    pub above: Option<(usize, f64)>,
    /// The half on the node's own side, if it is a compartment.
    pub below: Option<(usize, f64)>,
}

/// The compartments of a cell in the order of its branches, proximal first, and the nodes they are joined by.
///
/// Nodes `0..len()` are the centres of the compartments. After them come nodes without area: the proximal end of the root
/// branch, then the distal end of every branch. A branch point is the distal end of the branch it ends; keeping the node
/// instead of eliminating it keeps the tree a tree and is exact.
#[derive(Debug, Clone, PartialEq)]
pub struct Compartments {
    list: Vec<Compartment>,
    /// First compartment of every branch, and the number of all.
    first: Vec<usize>,
    /// Node where every branch starts.
    starts: Vec<usize>,
    /// Parent link of every node; `None` for the proximal end of the root, the root of the tree of nodes.
    links: Vec<Option<Link>>,
    /// (SWC id, location) of the samples that have one, for [`Compartments::location_of_sample`].
    samples: Vec<(i64, Location)>,
}

impl Compartments {
    /// Joins the compartments of a morphology. `first` has one entry per branch and a last one with the number of all.
    pub(crate) fn new(morphology: &Morphology, list: Vec<Compartment>, first: Vec<usize>) -> Self {
        let n = list.len();
        let n_branches = morphology.branches().len();
        let mut c = Compartments {
            list,
            first,
            starts: Vec::with_capacity(n_branches),
            links: vec![None; n + 1 + n_branches],
            samples: Vec::new(),
        };
        for (b, branch) in morphology.branches().iter().enumerate() {
            let start = branch.parent.map_or(n, |at| c.node_at(at.branch, at.x));
            c.starts.push(start);
            let mut parent = start;
            for k in c.first[b]..c.first[b + 1] {
                let above =
                    (parent < n && parent != start).then(|| (parent, c.list[parent].distal_form));
                c.links[k] =
                    Some(Link { parent, above, below: Some((k, c.list[k].proximal_form)) });
                parent = k;
            }
            let above = Some((parent, c.list[parent].distal_form));
            c.links[n + 1 + b] = Some(Link { parent, above, below: None });
            c.note_samples(b, &branch.samples);
        }
        c.samples.sort_by_key(|s| s.0);
        c
    }

    fn note_samples(&mut self, branch: usize, samples: &[Sample]) {
        let mut arc = vec![0.0];
        for w in samples.windows(2) {
            arc.push(
                arc[arc.len() - 1]
                    + crate::geometry::morphology::distance(w[0].position, w[1].position),
            );
        }
        let length = arc[arc.len() - 1];
        for (s, a) in samples.iter().zip(arc) {
            if let Some(id) = s.id {
                self.samples.push((id, Location::new(branch, (a / length).min(1.0))));
            }
        }
    }

    /// The node of a valid point.
    fn node_at(&self, branch: usize, x: f64) -> usize {
        if x <= 0.0 {
            return self.starts[branch];
        }
        if x >= 1.0 {
            return self.list.len() + 1 + branch;
        }
        let (from, to) = (self.first[branch], self.first[branch + 1]);
        let k = self.list[from..to].partition_point(|c| c.x_end <= x);
        (from + k).min(to - 1)
    }

    /// The compartments.
    #[must_use]
    pub fn as_slice(&self) -> &[Compartment] {
        &self.list
    }

    /// Number of compartments.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Never true: a morphology has at least one branch, and a branch one compartment.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Number of branches.
    #[must_use]
    pub fn n_branches(&self) -> usize {
        self.starts.len()
    }

    /// Number of nodes: compartments, the proximal end of the root, the distal end of every branch.
    #[must_use]
    pub fn n_nodes(&self) -> usize {
        self.links.len()
    }

    /// The compartments of a branch.
    #[must_use]
    pub fn of_branch(&self, branch: usize) -> std::ops::Range<usize> {
        match (self.first.get(branch), self.first.get(branch + 1)) {
            (Some(&a), Some(&b)) => a..b,
            _ => 0..0,
        }
    }

    /// The parent link of every node; `None` for the one root.
    #[must_use]
    pub fn links(&self) -> &[Option<Link>] {
        &self.links
    }

    /// The compartment towards the root, passing over nodes without area; `None` for the first.
    #[must_use]
    pub fn parent(&self, compartment: usize) -> Option<usize> {
        let mut node = self.links.get(compartment)?.as_ref()?.parent;
        while node >= self.list.len() {
            node = self.links[node].as_ref()?.parent;
        }
        Some(node)
    }

    /// The node that stands for a point: an end node for x = 0 and x = 1, else the centre of the compartment around it.
    ///
    /// # Errors
    /// [`LocationError`] when the branch does not exist or `x` is not a fraction.
    pub fn node(&self, at: Location) -> Result<usize, LocationError> {
        let Location { branch, x } = at;
        if branch >= self.n_branches() {
            return Err(LocationError::Branch { branch, count: self.n_branches() });
        }
        if !(0.0..=1.0).contains(&x) {
            return Err(LocationError::Fraction { branch, x });
        }
        Ok(self.node_at(branch, x))
    }

    /// The compartment around a point; at an end of a branch the one that ends there.
    ///
    /// # Errors
    /// As [`Compartments::node`].
    pub fn compartment(&self, at: Location) -> Result<usize, LocationError> {
        self.node(at)?;
        let (from, to) = (self.first[at.branch], self.first[at.branch + 1]);
        let k = self.list[from..to].partition_point(|c| c.x_end <= at.x);
        Ok((from + k).min(to - 1))
    }

    /// Path distance (µm) of a point from the origin, see [`Morphology::path_distances`]; NaN where there is no such point.
    #[must_use]
    pub fn path_distance(&self, at: Location) -> f64 {
        let Ok(k) = self.compartment(at) else { return f64::NAN };
        let c = &self.list[k];
        // On a soma root both halves count from the middle.
        let outwards = if c.path_distance < 0.5 * c.length && c.x < 0.5 { -1.0 } else { 1.0 };
        let length = c.length / (c.x_end - c.x_start);
        (c.path_distance + outwards * (at.x - c.x) * length).abs()
    }

    /// Where the sample with an SWC id lies: on its own branch, not on a branch that starts there.
    #[must_use]
    pub fn location_of_sample(&self, id: i64) -> Option<Location> {
        let from = self.samples.partition_point(|s| s.0 < id);
        self.samples[from..].iter().take_while(|s| s.0 == id).map(|s| s.1).next()
    }

    /// Total membrane area (µm²).
    #[must_use]
    pub fn area(&self) -> f64 {
        self.list.iter().map(|c| c.area).sum()
    }
}
