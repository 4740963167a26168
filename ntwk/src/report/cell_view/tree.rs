//! The tree of a page: its branches, and the frusta that are drawn.

use ntwk_io::stored_cell_run::BranchPoint;
use ntwk_morpho::geometry::morphology::distance;
use ntwk_morpho::{Attachment, Morphology, Region};
use serde::Serialize;

/// A length (µm) to a nanometre.
pub(super) fn micrometres(x: f64) -> f64 {
    (1e3 * x).round() / 1e3
}

/// A fraction of a branch to 1e-6.
fn fraction(x: f64) -> f64 {
    (1e6 * x).round() / 1e6
}

/// A branch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BranchView {
    /// Index of its region.
    pub region: usize,
    /// Its parent, and where on it the branch starts.
    pub parent: Option<BranchPoint>,
    /// Branch points between it and the root.
    pub order: usize,
    /// Number of branches on it.
    pub children: usize,
    /// Length (µm).
    pub length: f64,
    /// Lateral area (µm²).
    pub area: f64,
    /// Smallest, mean (that of a cylinder of its length and area) and largest diameter (µm).
    pub diameters: [f64; 3],
    /// Path distances (µm) of its ends, see [`Morphology::path_distances`].
    pub distance: [f64; 2],
    /// Whether path distances are those from its middle: it is a soma, and the root.
    pub is_origin: bool,
}

/// Frusta, one entry of each list per frustum.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Segments {
    /// Its branch.
    pub branch: Vec<usize>,
    /// Its compartment; none without a cell.
    pub compartment: Vec<usize>,
    /// Fractions of the branch's length at its ends.
    pub x: Vec<[f64; 2]>,
    /// Position and radius of its proximal end (µm).
    pub from: Vec<[f64; 4]>,
    /// Position and radius of its distal end (µm).
    pub to: Vec<[f64; 4]>,
}

/// Where compartments end: by branch, the fraction of its length at the end of each, and the compartment.
pub(super) struct Cuts(Vec<Vec<(f64, usize)>>);

impl Cuts {
    /// No compartments.
    pub(super) fn none(morphology: &Morphology) -> Self {
        Self(vec![Vec::new(); morphology.branches().len()])
    }

    /// Compartments as (branch, length), proximal first on each branch.
    pub(super) fn of(
        compartments: impl Iterator<Item = (usize, f64)>,
        morphology: &Morphology,
    ) -> Self {
        let mut ends = Self::none(morphology).0;
        for (k, (b, length)) in compartments.enumerate() {
            if let Some(own) = ends.get_mut(b) {
                let start = own.last().map_or(0.0, |e: &(f64, usize)| e.0);
                own.push((start + length, k));
            }
        }
        for own in &mut ends {
            let length = own.last().map_or(1.0, |e| e.0);
            own.iter_mut().for_each(|e| e.0 /= length);
        }
        Self(ends)
    }

    /// The compartment around a point.
    pub(super) fn compartment(&self, (branch, x): BranchPoint) -> Option<usize> {
        let own = self.0.get(branch)?;
        let k = own.partition_point(|e| e.0 <= x);
        own.get(k).or(own.last()).map(|e| e.1)
    }

    /// Branch and middle of every compartment.
    pub(super) fn middles(&self) -> Vec<BranchPoint> {
        let mut all: Vec<(usize, BranchPoint)> = Vec::new();
        for (b, own) in self.0.iter().enumerate() {
            let mut start = 0.0;
            for &(end, k) in own {
                all.push((k, (b, fraction(0.5 * (start + end)))));
                start = end;
            }
        }
        all.sort_by_key(|c| c.0);
        all.into_iter().map(|c| c.1).collect()
    }
}

pub(super) fn branches(morphology: &Morphology) -> Vec<BranchView> {
    let (all, regions) = (morphology.branches(), morphology.regions());
    let (ends, children) = (morphology.path_distances(), morphology.children());
    let orders = morphology.branch_orders();
    let view = |(b, branch): (usize, &ntwk_morpho::Branch)| {
        let length = branch.length();
        let diameters = branch.samples.iter().map(|s| 2.0 * s.radius);
        let (thinnest, thickest) =
            diameters.fold((f64::INFINITY, 0.0), |(l, h): (f64, f64), d| (l.min(d), h.max(d)));
        let mean = branch.area() / (std::f64::consts::PI * length);
        BranchView {
            // Of all regions that occur, its own is one.
            region: regions.iter().position(|r| *r == branch.region).unwrap_or(0),
            parent: branch.parent.map(|Attachment { branch, x }| (branch, fraction(x))),
            order: orders[b],
            children: children[b].len(),
            length: micrometres(length),
            area: micrometres(branch.area()),
            diameters: [thinnest, mean, thickest].map(micrometres),
            distance: ends[b].map(micrometres),
            is_origin: branch.parent.is_none() && branch.region == Region::Soma,
        }
    };
    all.iter().enumerate().map(view).collect()
}

pub(super) fn segments(morphology: &Morphology, cuts: &Cuts) -> Segments {
    let mut all = Segments::default();
    for (b, branch) in morphology.branches().iter().enumerate() {
        let length = branch.length();
        let mut arc = 0.0;
        for w in branch.samples.windows(2) {
            let step = distance(w[0].position, w[1].position);
            // A step of the radius has no length to draw.
            if step == 0.0 {
                continue;
            }
            let (start, end) = (arc / length, (arc + step) / length);
            let inside = cuts.0[b].iter().map(|e| e.0);
            let mut ends: Vec<f64> =
                inside.filter(|x| *x > start + 1e-9 && *x < end - 1e-9).collect();
            ends.push(end);
            let at = |x: f64| {
                let f = ((x - start) / (end - start)).clamp(0.0, 1.0);
                let mix = |a: f64, b: f64| micrometres(a + f * (b - a));
                let ([a, b], [r, s]) = ([w[0].position, w[1].position], [w[0].radius, w[1].radius]);
                [mix(a[0], b[0]), mix(a[1], b[1]), mix(a[2], b[2]), mix(r, s)]
            };
            let mut from = start;
            for to in ends {
                all.branch.push(b);
                all.compartment.extend(cuts.compartment((b, 0.5 * (from + to))));
                all.x.push([fraction(from), fraction(to)]);
                all.from.push(at(from));
                all.to.push(at(to));
                from = to;
            }
            arc += step;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use ntwk_morpho::Discretisation;
    use ntwk_morpho::geometry::generators::PyramidalTree;

    #[test]
    fn frusta_are_those_of_the_samples_cut_where_compartments_end() {
        let tree = PyramidalTree::default().build(3).unwrap();
        let n: usize = tree.branches().iter().map(|b| b.samples.len() - 1).sum();
        let plain = segments(&tree, &Cuts::none(&tree));
        assert_eq!((plain.branch.len(), plain.compartment.len()), (n, 0));
        let c = tree.compartments(&Discretisation::MaxLength(7.0)).unwrap();
        let list = c.as_slice();
        let cuts = Cuts::of(list.iter().map(|c| (c.branch, c.length)), &tree);
        let cut = segments(&tree, &cuts);
        assert!(cut.branch.len() > n && cut.branch.len() < n + c.len());
        assert_eq!(cut.compartment.len(), cut.branch.len());
        // Every frustum lies in its compartment, and lengths are kept.
        for (k, x) in cut.x.iter().enumerate() {
            let own = &list[cut.compartment[k]];
            assert_eq!(own.branch, cut.branch[k]);
            assert!(x[0] > own.x_start - 1e-5 && x[1] < own.x_end + 1e-5, "{k}");
        }
        let sum = |s: &Segments| -> f64 {
            let ends = s.from.iter().zip(&s.to);
            ends.map(|(a, b)| distance([a[0], a[1], a[2]], [b[0], b[1], b[2]])).sum()
        };
        let length = tree.measures().length;
        assert!(
            (sum(&plain) / length - 1.0).abs() < 1e-3 && (sum(&cut) / length - 1.0).abs() < 1e-3
        );
        for (k, (b, x)) in cuts.middles().into_iter().enumerate() {
            assert!(b == list[k].branch && (x - list[k].x).abs() < 1e-5);
            assert_eq!(cuts.compartment((b, x)), Some(k));
        }
        let views = branches(&tree);
        assert_eq!(views.len(), tree.branches().len());
        assert!(views[0].is_origin && views[0].parent.is_none());
    }
}
