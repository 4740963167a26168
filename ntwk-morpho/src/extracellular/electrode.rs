//! The contacts of electrodes.

use std::f64::consts::PI;

/// A contact that sees the mean potential over its face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contact {
    /// Its middle (µm).
    pub position: [f64; 3],
    /// Its face.
    pub shape: ContactShape,
}

/// The face of a contact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ContactShape {
    /// No extent.
    Point,
    /// A disc.
    Disc {
        /// Direction it faces.
        normal: [f64; 3],
        /// Radius (µm).
        radius: f64,
    },
    /// A square.
    Square {
        /// Direction it faces.
        normal: [f64; 3],
        /// Side (µm).
        side: f64,
    },
}

/// Rings of a disc, and points on a side of a square.
const RINGS: usize = 8;

impl Contact {
    /// A contact without extent.
    #[must_use]
    pub fn point(position: [f64; 3]) -> Self {
        Contact { position, shape: ContactShape::Point }
    }

    /// Points of equal weight whose mean stands for the mean over the face: rings of equal area with points in turn, or a
    /// lattice.
    #[must_use]
    pub fn points(&self) -> Vec<[f64; 3]> {
        let place = |across: [[f64; 3]; 2], u: f64, v: f64| {
            [0, 1, 2].map(|i| self.position[i] + u * across[0][i] + v * across[1][i])
        };
        match self.shape {
            ContactShape::Point => vec![self.position],
            ContactShape::Disc { normal, radius } => {
                let across = plane(normal);
                let mut points = Vec::new();
                for ring in 0..RINGS {
                    // Between √(ring/RINGS) and √((ring + 1)/RINGS): the radius that halves the area.
                    let r = radius * ((ring as f64 + 0.5) / RINGS as f64).sqrt();
                    let n = 4 * RINGS;
                    for k in 0..n {
                        let angle = 2.0 * PI * (k as f64 + 0.5 * (ring % 2) as f64) / n as f64;
                        points.push(place(across, r * angle.cos(), r * angle.sin()));
                    }
                }
                points
            }
            ContactShape::Square { normal, side } => {
                let across = plane(normal);
                let n = 2 * RINGS;
                let at = |k: usize| side * ((k as f64 + 0.5) / n as f64 - 0.5);
                (0..n * n).map(|k| place(across, at(k % n), at(k / n))).collect()
            }
        }
    }
}

/// Two unit vectors across a direction.
fn plane(normal: [f64; 3]) -> [[f64; 3]; 2] {
    let unit = |v: [f64; 3]| {
        let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        v.map(|x| x / norm)
    };
    let cross = |a: [f64; 3], b: [f64; 3]| {
        [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    };
    let n = unit(normal);
    // The axis that is least along the normal.
    let least = (0..3).min_by(|&a, &b| n[a].abs().total_cmp(&n[b].abs())).unwrap_or(0);
    let mut axis = [0.0; 3];
    axis[least] = 1.0;
    let first = unit(cross(n, axis));
    [first, cross(n, first)]
}
