//! The tree of branches: geometry alone, before any discretisation or membrane.

use crate::geometry::region::Region;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// A point of a branch with its radius.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Position (µm).
    pub position: [f64; 3],
    /// Radius (µm), > 0.
    pub radius: f64,
    /// Number of the sample in the file it came from, if it came from one.
    pub id: Option<i64>,
}

impl Sample {
    /// A sample that comes from no file.
    #[must_use]
    pub fn new(position: [f64; 3], radius: f64) -> Self {
        Sample { position, radius, id: None }
    }
}

/// Euclidean distance (µm).
#[must_use]
pub fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    let d = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]).sqrt()
}

/// Lateral area (µm²) of a frustum of radii `r1`, `r2` and length `length` (µm): π (r1 + r2) √(l² + (r1 − r2)²).
#[must_use]
pub fn frustum_area(r1: f64, r2: f64, length: f64) -> f64 {
    PI * (r1 + r2) * length.hypot(r1 - r2)
}

/// Where a branch starts on its parent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// Index of the parent branch, smaller than that of the child.
    pub branch: usize,
    /// Fraction of the parent's length: 1 is its distal end, 0 its proximal end, 0.5 its middle. Whatever lies between
    /// the parent's axis and the child's first sample has neither resistance nor area.
    pub x: f64,
}

/// An unbranched run of samples of one region; neighbouring samples bound a frustum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    /// Structure type.
    pub region: Region,
    /// `None` for the root, which is branch 0.
    pub parent: Option<Attachment>,
    /// At least two samples, proximal first. A branch that continues its parent repeats the parent's last sample.
    pub samples: Vec<Sample>,
}

impl Branch {
    /// Length along the axis (µm).
    #[must_use]
    pub fn length(&self) -> f64 {
        self.samples.windows(2).map(|w| distance(w[0].position, w[1].position)).sum()
    }

    /// Lateral area (µm²), without end discs.
    #[must_use]
    pub fn area(&self) -> f64 {
        self.samples
            .windows(2)
            .map(|w| frustum_area(w[0].radius, w[1].radius, distance(w[0].position, w[1].position)))
            .sum()
    }

    /// The point (µm) of the axis at the fraction `x` of the branch's length; a fraction beyond an end is that end.
    #[must_use]
    pub fn point(&self, x: f64) -> [f64; 3] {
        let target = x * self.length();
        let mut arc = 0.0;
        for w in self.samples.windows(2) {
            let step = distance(w[0].position, w[1].position);
            if arc + step >= target && step > 0.0 {
                let f = ((target - arc) / step).clamp(0.0, 1.0);
                return [0, 1, 2]
                    .map(|i| w[0].position[i] + f * (w[1].position[i] - w[0].position[i]));
            }
            arc += step;
        }
        self.samples.last().map_or([f64::NAN; 3], |s| s.position)
    }
}

/// Why a list of branches is not a morphology.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MorphologyError {
    /// There is no branch.
    #[error("the morphology has no branch")]
    Empty,
    /// A branch other than the first has no parent, or the first has one.
    #[error("branch {branch}: branch 0, and it alone, is the root")]
    Root {
        /// Index of the branch.
        branch: usize,
    },
    /// The parent does not come before the child.
    #[error("branch {branch}: its parent {parent} does not come before it")]
    ParentOrder {
        /// Index of the branch.
        branch: usize,
        /// Index of its parent.
        parent: usize,
    },
    /// The attachment is not a fraction.
    #[error("branch {branch}: attached at x = {x}, expected 0 <= x <= 1")]
    Attachment {
        /// Index of the branch.
        branch: usize,
        /// The value given.
        x: f64,
    },
    /// Fewer than two samples, or all in one place.
    #[error(
        "branch {branch}: {samples} samples and a length of {length} um; it needs two and a positive length"
    )]
    TooShort {
        /// Index of the branch.
        branch: usize,
        /// Number of samples.
        samples: usize,
        /// Length (µm).
        length: f64,
    },
    /// A coordinate or radius is not finite, or a radius is not positive.
    #[error(
        "branch {branch}, sample {sample}: position {position:?} um, radius {radius} um; expected finite numbers and a radius > 0"
    )]
    Sample {
        /// Index of the branch.
        branch: usize,
        /// Index of the sample in the branch.
        sample: usize,
        /// Its position (µm).
        position: [f64; 3],
        /// Its radius (µm).
        radius: f64,
    },
    /// A generator was asked for something that does not exist.
    #[error("{name} = {value}: expected {expected}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// The value given.
        value: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// Removing a region would leave nothing.
    #[error("nothing is left without the {region}")]
    NothingLeft {
        /// The region that was removed.
        region: Region,
    },
    /// The branch is attached where an SWC file cannot say so.
    #[error(
        "branch {branch}: an SWC file cannot express an attachment at x = {x} of branch {parent}"
    )]
    NotExpressible {
        /// Index of the branch.
        branch: usize,
        /// Index of its parent.
        parent: usize,
        /// Attachment on the parent.
        x: f64,
    },
}

/// Totals of a morphology or of one region of it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Measures {
    /// Number of samples.
    pub samples: usize,
    /// Number of unbranched runs.
    pub branches: usize,
    /// Length along the axes (µm).
    pub length: f64,
    /// Lateral area (µm²).
    pub area: f64,
}

/// A tree of branches. Branch 0 is the root, and every parent comes before its children.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Morphology {
    branches: Vec<Branch>,
}

impl Morphology {
    /// Checks the branches and keeps them.
    ///
    /// # Errors
    /// [`MorphologyError`] when the list is empty, out of order, or a sample or attachment is not usable.
    pub fn new(branches: Vec<Branch>) -> Result<Self, MorphologyError> {
        if branches.is_empty() {
            return Err(MorphologyError::Empty);
        }
        for (i, b) in branches.iter().enumerate() {
            match b.parent {
                None if i == 0 => {}
                None => return Err(MorphologyError::Root { branch: i }),
                Some(_) if i == 0 => return Err(MorphologyError::Root { branch: i }),
                Some(at) => {
                    if at.branch >= i {
                        return Err(MorphologyError::ParentOrder { branch: i, parent: at.branch });
                    }
                    if !(0.0..=1.0).contains(&at.x) {
                        return Err(MorphologyError::Attachment { branch: i, x: at.x });
                    }
                }
            }
            for (j, s) in b.samples.iter().enumerate() {
                let finite = s.position.iter().all(|c| c.is_finite()) && s.radius.is_finite();
                if !finite || s.radius <= 0.0 {
                    return Err(MorphologyError::Sample {
                        branch: i,
                        sample: j,
                        position: s.position,
                        radius: s.radius,
                    });
                }
            }
            let length = b.length();
            if b.samples.len() < 2 || !(length > 0.0 && length.is_finite() && b.area().is_finite())
            {
                return Err(MorphologyError::TooShort {
                    branch: i,
                    samples: b.samples.len(),
                    length,
                });
            }
        }
        Ok(Morphology { branches })
    }

    /// The branches, root first.
    #[must_use]
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// Gives the branches up, to change them and build anew.
    #[must_use]
    pub fn into_branches(self) -> Vec<Branch> {
        self.branches
    }

    /// The children of every branch, in order.
    #[must_use]
    pub fn children(&self) -> Vec<Vec<usize>> {
        let mut children = vec![Vec::new(); self.branches.len()];
        for (i, b) in self.branches.iter().enumerate() {
            if let Some(at) = b.parent {
                children[at.branch].push(i);
            }
        }
        children
    }

    /// Number of branch points between a branch and the root; the root and the branches on a soma have 0.
    ///
    /// A lone continuation (a change of region without a second child) is no branch point.
    #[must_use]
    pub fn branch_orders(&self) -> Vec<usize> {
        let children = self.children();
        let mut order = vec![0; self.branches.len()];
        for (i, b) in self.branches.iter().enumerate() {
            if let Some(at) = b.parent {
                let on_soma = self.branches[at.branch].region == Region::Soma;
                order[i] =
                    order[at.branch] + usize::from(!on_soma && children[at.branch].len() > 1);
            }
        }
        order
    }

    /// Path distance (µm) from the origin to the proximal and the distal end of every branch.
    ///
    /// The origin is the middle of the root branch where that is a soma, else its proximal end. Wires (between a soma's
    /// middle and a neurite's first sample) are not counted.
    #[must_use]
    pub fn path_distances(&self) -> Vec<[f64; 2]> {
        let mut ends: Vec<[f64; 2]> = Vec::with_capacity(self.branches.len());
        for b in &self.branches {
            let length = b.length();
            ends.push(match b.parent {
                None if b.region == Region::Soma => [0.5 * length, 0.5 * length],
                None => [0.0, length],
                Some(at) => {
                    let start = self.distance_on(at, &ends);
                    [start, start + length]
                }
            });
        }
        ends
    }

    /// Path distance (µm) of the point `x` of a branch whose ends are known.
    fn distance_on(&self, at: Attachment, ends: &[[f64; 2]]) -> f64 {
        let parent = &self.branches[at.branch];
        if parent.parent.is_none() && parent.region == Region::Soma {
            (at.x - 0.5).abs() * parent.length()
        } else {
            ends[at.branch][0] + at.x * parent.length()
        }
    }

    /// Totals over all branches.
    #[must_use]
    pub fn measures(&self) -> Measures {
        self.sum(|_| true)
    }

    /// Totals over the branches of one region.
    #[must_use]
    pub fn measures_of(&self, region: Region) -> Measures {
        self.sum(|b| b.region == region)
    }

    /// The regions that occur, in SWC order.
    #[must_use]
    pub fn regions(&self) -> Vec<Region> {
        let set: std::collections::BTreeSet<Region> =
            self.branches.iter().map(|b| b.region).collect();
        set.into_iter().collect()
    }

    fn sum(&self, keep: impl Fn(&Branch) -> bool) -> Measures {
        self.branches.iter().filter(|b| keep(b)).fold(Measures::default(), |m, b| Measures {
            samples: m.samples + b.samples.len(),
            branches: m.branches + 1,
            length: m.length + b.length(),
            area: m.area + b.area(),
        })
    }

    /// The tip (end of a branch without children) with the largest path distance, optionally of some regions only.
    #[must_use]
    pub fn farthest_tip(&self, keep: impl Fn(Region) -> bool) -> Option<usize> {
        let children = self.children();
        let ends = self.path_distances();
        (0..self.branches.len())
            .filter(|&i| children[i].is_empty() && keep(self.branches[i].region))
            .max_by(|&a, &b| ends[a][1].total_cmp(&ends[b][1]).then(b.cmp(&a)))
    }
}
