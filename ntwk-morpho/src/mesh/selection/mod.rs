//! Choosing compartments: by region, distance, order, radius, subtree, and combinations of these.

mod text;

pub use text::SelectionError;
pub(crate) use text::region;

use crate::geometry::region::Region;
use crate::mesh::compartments::Compartments;
use serde::{Deserialize, Serialize};
use std::ops::{BitAnd, BitOr, Not};

/// A rule that a compartment meets or not. Combine with `&`, `|` and `!`.
///
/// ```
/// use ntwk_morpho::{Region, Selection};
/// let distal_apical = Selection::Region(Region::Apical) & Selection::PathDistance { from: 300.0, to: f64::INFINITY };
/// # let _ = distal_apical;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Selection {
    /// Every compartment.
    All,
    /// Compartments of a region.
    Region(Region),
    /// Basal, apical and custom dendrites.
    Dendrites,
    /// `from` <= path distance of the centre from the origin < `to` (µm).
    PathDistance {
        /// Lower limit, included.
        from: f64,
        /// Upper limit, excluded.
        to: f64,
    },
    /// `from` <= branch order <= `to`.
    BranchOrder {
        /// Lowest order, included.
        from: usize,
        /// Highest order, included.
        to: usize,
    },
    /// `from` <= radius at the centre < `to` (µm).
    Radius {
        /// Lower limit, included.
        from: f64,
        /// Upper limit, excluded.
        to: f64,
    },
    /// A branch and everything distal to it.
    Subtree(usize),
    /// The compartments of some branches.
    Branches(Vec<usize>),
    /// Compartments by their index.
    Compartments(Vec<usize>),
    /// Both.
    And(Box<Selection>, Box<Selection>),
    /// One or both.
    Or(Box<Selection>, Box<Selection>),
    /// The others.
    Not(Box<Selection>),
}

impl Selection {
    /// Indices of the compartments that meet the rule, in order. Branches and compartments that do not exist meet none.
    #[must_use]
    pub fn indices(&self, compartments: &Compartments) -> Vec<usize> {
        self.mask(compartments)
            .into_iter()
            .enumerate()
            .filter_map(|(i, m)| m.then_some(i))
            .collect()
    }

    fn mask(&self, compartments: &Compartments) -> Vec<bool> {
        let list = compartments.as_slice();
        match self {
            Selection::All => vec![true; list.len()],
            Selection::Region(r) => list.iter().map(|c| c.region == *r).collect(),
            Selection::Dendrites => list.iter().map(|c| c.region.is_dendrite()).collect(),
            Selection::PathDistance { from, to } => {
                list.iter().map(|c| *from <= c.path_distance && c.path_distance < *to).collect()
            }
            Selection::BranchOrder { from, to } => {
                list.iter().map(|c| (*from..=*to).contains(&c.branch_order)).collect()
            }
            Selection::Radius { from, to } => {
                list.iter().map(|c| *from <= c.radius && c.radius < *to).collect()
            }
            Selection::Subtree(branch) => {
                let mut mask = vec![false; list.len()];
                for k in compartments.of_branch(*branch) {
                    mask[k] = true;
                }
                // Parents come before children, so one pass reaches everything distal. A branch on the middle of a
                // compartment's branch hangs on that compartment.
                for k in 0..list.len() {
                    mask[k] = mask[k] || compartments.parent(k).is_some_and(|p| p < k && mask[p]);
                }
                mask
            }
            Selection::Branches(branches) => {
                let mut mask = vec![false; list.len()];
                for k in branches.iter().flat_map(|&b| compartments.of_branch(b)) {
                    mask[k] = true;
                }
                mask
            }
            Selection::Compartments(indices) => {
                let mut mask = vec![false; list.len()];
                for &k in indices.iter().filter(|&&k| k < list.len()) {
                    mask[k] = true;
                }
                mask
            }
            Selection::And(a, b) => a
                .mask(compartments)
                .into_iter()
                .zip(b.mask(compartments))
                .map(|(a, b)| a && b)
                .collect(),
            Selection::Or(a, b) => a
                .mask(compartments)
                .into_iter()
                .zip(b.mask(compartments))
                .map(|(a, b)| a || b)
                .collect(),
            Selection::Not(a) => a.mask(compartments).into_iter().map(|a| !a).collect(),
        }
    }
}

impl From<Region> for Selection {
    fn from(region: Region) -> Self {
        Selection::Region(region)
    }
}

impl BitAnd for Selection {
    type Output = Selection;
    fn bitand(self, other: Selection) -> Selection {
        Selection::And(Box::new(self), Box::new(other))
    }
}

impl BitOr for Selection {
    type Output = Selection;
    fn bitor(self, other: Selection) -> Selection {
        Selection::Or(Box::new(self), Box::new(other))
    }
}

impl Not for Selection {
    type Output = Selection;
    fn not(self) -> Selection {
        Selection::Not(Box::new(self))
    }
}
