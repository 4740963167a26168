//! Operations that make one morphology from another.

use crate::geometry::morphology::{Attachment, Branch, Morphology, MorphologyError};
use crate::geometry::region::Region;

/// A morphology without one of its regions, and what had to be done for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Removal {
    /// What is left.
    pub morphology: Morphology,
    /// Branches (numbered as in `morphology`) that hung on a removed branch and now hang where that one hung.
    pub reattached: Vec<usize>,
    /// Whether the root was removed, so that the first branch left is the root now.
    pub new_root: bool,
}

impl Morphology {
    /// Drops all branches of a region (`Region::Axon` removes the axon).
    ///
    /// A branch that is kept but hung on a dropped one moves to the place on its nearest kept ancestor where the dropped
    /// part began; its own geometry stays. If the root is dropped, the first branch kept becomes the root and other
    /// branches without an ancestor hang on its proximal end.
    ///
    /// # Errors
    /// [`MorphologyError::NothingLeft`] when no branch is of another region.
    pub fn without(&self, region: Region) -> Result<Removal, MorphologyError> {
        let mut index: Vec<Option<usize>> = Vec::with_capacity(self.branches().len());
        let mut kept: Vec<Branch> = Vec::new();
        let mut reattached = Vec::new();
        for (i, b) in self.branches().iter().enumerate() {
            if b.region == region {
                index.push(None);
                continue;
            }
            index.push(Some(kept.len()));
            let (parent, moved) = self.kept_ancestor(i, &index);
            let parent = match parent {
                None if !kept.is_empty() => Some(Attachment { branch: 0, x: 0.0 }),
                other => other,
            };
            if moved && parent.is_some() {
                reattached.push(kept.len());
            }
            kept.push(Branch { region: b.region, parent, samples: b.samples.clone() });
        }
        if kept.is_empty() {
            return Err(MorphologyError::NothingLeft { region });
        }
        let new_root = index[0].is_none();
        Ok(Removal { morphology: Morphology::new(kept)?, reattached, new_root })
    }

    /// The attachment on the nearest kept ancestor, and whether it is not the branch's own parent.
    fn kept_ancestor(&self, branch: usize, index: &[Option<usize>]) -> (Option<Attachment>, bool) {
        let mut at = self.branches()[branch].parent;
        let mut moved = false;
        while let Some(a) = at {
            if let Some(new) = index[a.branch] {
                return (Some(Attachment { branch: new, x: a.x }), moved);
            }
            at = self.branches()[a.branch].parent;
            moved = true;
        }
        (None, moved)
    }

    /// Moves every sample by `shift` (µm).
    ///
    /// # Errors
    /// [`MorphologyError::Sample`] when a position is not finite afterwards.
    pub fn translated(&self, shift: [f64; 3]) -> Result<Morphology, MorphologyError> {
        self.mapped(|p| [p[0] + shift[0], p[1] + shift[1], p[2] + shift[2]])
    }

    /// Turns every sample about an axis through the origin by `angle` (radians, right-handed).
    ///
    /// # Errors
    /// [`MorphologyError::Parameter`] when the axis has no length, [`MorphologyError::Sample`] when a position is not
    /// finite afterwards.
    pub fn rotated(&self, axis: [f64; 3], angle: f64) -> Result<Morphology, MorphologyError> {
        let norm = (axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2]).sqrt();
        if !(norm > 0.0 && norm.is_finite()) {
            return Err(MorphologyError::Parameter {
                name: "axis",
                value: norm,
                expected: "a vector of positive length",
            });
        }
        let k = axis.map(|a| a / norm);
        let (s, c) = angle.sin_cos();
        // Rodrigues: p cos + (k x p) sin + k (k.p)(1 - cos).
        self.mapped(|p| {
            let cross =
                [k[1] * p[2] - k[2] * p[1], k[2] * p[0] - k[0] * p[2], k[0] * p[1] - k[1] * p[0]];
            let along = (k[0] * p[0] + k[1] * p[1] + k[2] * p[2]) * (1.0 - c);
            [0, 1, 2].map(|i| p[i] * c + cross[i] * s + k[i] * along)
        })
    }

    fn mapped(&self, map: impl Fn([f64; 3]) -> [f64; 3]) -> Result<Morphology, MorphologyError> {
        let mut branches = self.branches().to_vec();
        for s in branches.iter_mut().flat_map(|b| &mut b.samples) {
            s.position = map(s.position);
        }
        Morphology::new(branches)
    }
}
