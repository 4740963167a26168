//! Morphologies made by rule: cables, branched cables, Rall trees, random pyramidal-like cells.

mod pyramidal;

pub use pyramidal::PyramidalTree;

use crate::geometry::morphology::{Attachment, Branch, Morphology, MorphologyError, Sample};
use crate::geometry::region::Region;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

fn positive(name: &'static str, value: f64) -> Result<f64, MorphologyError> {
    if value > 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(MorphologyError::Parameter { name, value, expected: "a finite number > 0" })
    }
}

/// A straight cylinder from `start` along the unit vector `direction`.
fn cylinder(
    region: Region,
    parent: Option<Attachment>,
    start: [f64; 3],
    direction: [f64; 3],
    length: f64,
    diameter: f64,
) -> Branch {
    let end = [0, 1, 2].map(|k| start[k] + length * direction[k]);
    let samples = vec![Sample::new(start, 0.5 * diameter), Sample::new(end, 0.5 * diameter)];
    Branch { region, parent, samples }
}

/// A soma of the sphere's area: a cylinder with length = diameter along y, its middle in the origin.
fn ball(diameter: f64) -> Branch {
    let r = 0.5 * diameter;
    let samples = [-r, 0.0, r].map(|y| Sample::new([0.0, y, 0.0], r)).to_vec();
    Branch { region: Region::Soma, parent: None, samples }
}

/// A cylinder of `length` and `diameter` (µm) along x: one branch of region [`Region::Basal`].
///
/// # Errors
/// [`MorphologyError::Parameter`] unless both are positive.
pub fn cable(length: f64, diameter: f64) -> Result<Morphology, MorphologyError> {
    let (length, diameter) = (positive("length", length)?, positive("diameter", diameter)?);
    Morphology::new(vec![cylinder(
        Region::Basal,
        None,
        [0.0; 3],
        [1.0, 0.0, 0.0],
        length,
        diameter,
    )])
}

/// A soma of the area of a sphere of `soma_diameter` with a cylinder of `length` and `diameter` (µm) joined to its middle.
///
/// # Errors
/// [`MorphologyError::Parameter`] unless all are positive.
pub fn ball_and_stick(
    soma_diameter: f64,
    length: f64,
    diameter: f64,
) -> Result<Morphology, MorphologyError> {
    let soma = ball(positive("soma_diameter", soma_diameter)?);
    let (length, diameter) = (positive("length", length)?, positive("diameter", diameter)?);
    let start = [0.5 * soma_diameter, 0.0, 0.0];
    let on_soma = Some(Attachment { branch: 0, x: 0.5 });
    Morphology::new(vec![
        soma,
        cylinder(Region::Basal, on_soma, start, [1.0, 0.0, 0.0], length, diameter),
    ])
}

/// A parent cylinder with two daughters at its end; each is (length, diameter) in µm.
///
/// # Errors
/// [`MorphologyError::Parameter`] unless all are positive.
pub fn y_branch(
    parent: (f64, f64),
    first: (f64, f64),
    second: (f64, f64),
) -> Result<Morphology, MorphologyError> {
    for (name, (l, d)) in [("parent", parent), ("first", first), ("second", second)] {
        positive(name, l)?;
        positive(name, d)?;
    }
    let root = cylinder(Region::Basal, None, [0.0; 3], [1.0, 0.0, 0.0], parent.0, parent.1);
    let fork = [parent.0, 0.0, 0.0];
    let at_end = Some(Attachment { branch: 0, x: 1.0 });
    let s = 0.5f64.sqrt();
    Morphology::new(vec![
        root,
        cylinder(Region::Basal, at_end, fork, [s, s, 0.0], first.0, first.1),
        cylinder(Region::Basal, at_end, fork, [s, -s, 0.0], second.0, second.1),
    ])
}

ntwk_core::section! {
    /// A symmetric binary tree: the next level's diameter and length are the present ones times a ratio.
    ///
    /// With both ratios 2^(−2/3) and 2^(−1/3) every level has the same electrotonic length and the tree collapses on one
    /// cylinder (Rall 1959); Rallpack 2 is `{ levels: 10, diameter: 16, length: 32 }` of these.
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct BinaryTree {
        /// number of levels, the root counted: 2^levels − 1 branches
        levels: u64 = Count(1, 20), required;
        /// diameter of the root branch (µm)
        diameter: f64 = Quantity(Length, Positive), required;
        /// length of the root branch (µm)
        length: f64 = Quantity(Length, Positive), required;
        /// diameter of a child over that of its parent; 2^(−2/3) by default
        diameter_ratio: f64 = Quantity(Number, Positive), or(BinaryTree::rall(1, 1.0, 1.0).diameter_ratio);
        /// length of a child over that of its parent; 2^(−1/3) by default
        length_ratio: f64 = Quantity(Number, Positive), or(BinaryTree::rall(1, 1.0, 1.0).length_ratio);
    }
}

impl BinaryTree {
    /// The 3/2 rule with levels of equal electrotonic length.
    #[must_use]
    pub fn rall(levels: u64, diameter: f64, length: f64) -> Self {
        let third = 2f64.powf(-1.0 / 3.0);
        BinaryTree { levels, diameter, length, diameter_ratio: third * third, length_ratio: third }
    }

    /// Builds the tree without a soma, in the plane, level by level.
    ///
    /// # Errors
    /// [`MorphologyError::Parameter`] unless the lengths and ratios are positive and 1 <= levels <= 20.
    pub fn build(&self) -> Result<Morphology, MorphologyError> {
        let spec = PlanarTree {
            levels: self.levels,
            diameter: positive("diameter", self.diameter)?,
            length: positive("length", self.length)?,
            diameter_ratio: positive("diameter_ratio", self.diameter_ratio)?,
            length_ratio: positive("length_ratio", self.length_ratio)?,
            start_angle: 0.0,
            half_angle: PI / 8.0,
        };
        Morphology::new(spec.grow(Vec::new(), None, [0.0; 3], || 0.0)?)
    }
}

ntwk_core::section! {
    /// A soma with one symmetric tree under Rall's 3/2 rule (d_parent^{3/2} = 2 d_child^{3/2}).
    ///
    /// Branches of level b have length `length` (or `length · 2^(−(b−1)/3)` with `equal_electrotonic`) and diameter
    /// `diameter · 2^(−2(b−1)/3)`; a child turns by ± `half_angle` plus a normal deviate of `jitter`, left before right.
    /// As all branches of a level agree, the tree collapses on one cylinder of diameter `diameter` and electrotonic length
    /// Σ ℓ_b/λ_b (Rall 1959).
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    pub struct RallTree {
        /// radius of the soma (µm); 0 for a tree without a soma
        soma_radius: f64 = Quantity(Length, NonNegative), or(5.0);
        /// number of levels: 2^levels − 1 branches
        levels: u64 = Count(1, 20), or(10);
        /// diameter of the root branch (µm)
        diameter: f64 = Quantity(Length, Positive), or(2.0);
        /// length of the root branch (µm)
        length: f64 = Quantity(Length, Positive), or(100.0);
        /// whether levels have equal electrotonic instead of equal physical length
        equal_electrotonic: bool = Flag, or(false);
        /// direction of the root branch in the plane (degrees)
        start_angle: f64 = Quantity(Angle, Any), or(45.0);
        /// half the angle between two siblings (degrees)
        half_angle: f64 = Quantity(Angle, Any), or(22.5);
        /// standard deviation of a branch's direction (degrees)
        jitter: f64 = Quantity(Angle, NonNegative), or(12.0);
    }
}

impl Default for RallTree {
    fn default() -> Self {
        ntwk_core::spec::key::defaults()
    }
}

impl RallTree {
    /// Builds the tree; the seed decides the directions alone, never the electrical properties.
    ///
    /// # Errors
    /// [`MorphologyError::Parameter`] unless diameter and length are positive, the rest finite and 1 <= levels <= 20.
    pub fn build(&self, seed: u64) -> Result<Morphology, MorphologyError> {
        for (name, value) in [("start_angle", self.start_angle), ("half_angle", self.half_angle)] {
            if !value.is_finite() {
                return Err(MorphologyError::Parameter { name, value, expected: "a finite angle" });
            }
        }
        for (name, value) in [("soma_radius", self.soma_radius), ("jitter", self.jitter)] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(MorphologyError::Parameter {
                    name,
                    value,
                    expected: "a finite number >= 0",
                });
            }
        }
        let third = 2f64.powf(-1.0 / 3.0);
        let spec = PlanarTree {
            levels: self.levels,
            diameter: positive("diameter", self.diameter)?,
            length: positive("length", self.length)?,
            diameter_ratio: third * third,
            length_ratio: if self.equal_electrotonic { third } else { 1.0 },
            start_angle: self.start_angle.to_radians(),
            half_angle: self.half_angle.to_radians(),
        };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let jitter = self.jitter.to_radians();
        let (branches, parent) = if self.soma_radius > 0.0 {
            (vec![ball(2.0 * self.soma_radius)], Some(Attachment { branch: 0, x: 0.5 }))
        } else {
            (Vec::new(), None)
        };
        let start = [
            self.soma_radius * spec.start_angle.cos(),
            self.soma_radius * spec.start_angle.sin(),
            0.0,
        ];
        Morphology::new(spec.grow(branches, parent, start, || jitter * normal(&mut rng))?)
    }
}

/// The common part of the two tree generators; angles in radians.
struct PlanarTree {
    levels: u64,
    diameter: f64,
    length: f64,
    diameter_ratio: f64,
    length_ratio: f64,
    start_angle: f64,
    half_angle: f64,
}

impl PlanarTree {
    fn grow(
        &self,
        mut branches: Vec<Branch>,
        parent: Option<Attachment>,
        start: [f64; 3],
        mut deviate: impl FnMut() -> f64,
    ) -> Result<Vec<Branch>, MorphologyError> {
        if !(1..=20).contains(&self.levels) {
            let value = self.levels as f64;
            return Err(MorphologyError::Parameter { name: "levels", value, expected: "1 to 20" });
        }
        let (mut diameter, mut length) = (self.diameter, self.length);
        let mut level = vec![(parent, start, self.start_angle)];
        for _ in 0..self.levels {
            let mut next = Vec::with_capacity(2 * level.len());
            for (parent, from, angle) in level {
                let b = cylinder(
                    Region::Basal,
                    parent,
                    from,
                    [angle.cos(), angle.sin(), 0.0],
                    length,
                    diameter,
                );
                let end = b.samples[1].position;
                let at = Some(Attachment { branch: branches.len(), x: 1.0 });
                branches.push(b);
                for side in [1.0, -1.0] {
                    next.push((at, end, angle + side * self.half_angle + deviate()));
                }
            }
            diameter *= self.diameter_ratio;
            length *= self.length_ratio;
            level = next;
        }
        Ok(branches)
    }
}

/// A standard normal deviate (Box and Muller 1958).
fn normal(rng: &mut impl Rng) -> f64 {
    let u: f64 = 1.0 - rng.random::<f64>();
    let v: f64 = rng.random();
    (-2.0 * u.ln()).sqrt() * (2.0 * PI * v).cos()
}
