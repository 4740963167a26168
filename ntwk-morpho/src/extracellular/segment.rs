//! The straight pieces of compartments, which the sources lie on.

use crate::geometry::morphology::{Morphology, distance};
use crate::mesh::compartments::Compartments;

/// A straight piece of a compartment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// Proximal end (µm).
    pub start: [f64; 3],
    /// Distal end (µm).
    pub end: [f64; 3],
    /// Diameter of the compartment (µm): potentials are finite inside half of it.
    pub diameter: f64,
    /// Share of the compartment's current, by length.
    pub share: f64,
    /// Whether it belongs to the soma.
    pub soma: bool,
}

impl Segment {
    /// Its middle (µm).
    #[must_use]
    pub fn middle(&self) -> [f64; 3] {
        [0, 1, 2].map(|i| 0.5 * (self.start[i] + self.end[i]))
    }

    /// Its length (µm).
    #[must_use]
    pub fn length(&self) -> f64 {
        distance(self.start, self.end)
    }
}

/// The pieces of every compartment: one between neighbouring samples, cut at the compartment's ends. A bent compartment stays
/// bent.
#[must_use]
pub fn segments(morphology: &Morphology, compartments: &Compartments) -> Vec<Vec<Segment>> {
    let branches = morphology.branches();
    let of = |c: &crate::Compartment| {
        let branch = &branches[c.branch];
        let length = branch.length();
        let (from, to) = (c.x_start * length, c.x_end * length);
        let soma = c.region == crate::Region::Soma;
        let mut pieces: Vec<Segment> = Vec::new();
        let mut at = 0.0;
        for w in branch.samples.windows(2) {
            let (p, q) = (w[0].position, w[1].position);
            let step = distance(p, q);
            let (lo, hi) = (from.max(at), to.min(at + step));
            // Where a compartment ends at a sample, rounding leaves a sliver, too short to have a direction.
            if hi - lo > 1e-9 * (to - from) {
                let point = |s: f64| [0, 1, 2].map(|i| p[i] + (q[i] - p[i]) * (s - at) / step);
                pieces.push(Segment {
                    start: point(lo),
                    end: point(hi),
                    diameter: 2.0 * c.radius,
                    share: (hi - lo) / (to - from),
                    soma,
                });
            }
            at += step;
        }
        let whole: f64 = pieces.iter().map(|s| s.share).sum();
        pieces.iter_mut().for_each(|s| s.share /= whole);
        pieces
    };
    compartments.as_slice().iter().map(of).collect()
}
