//! Where neurons lie, and how far apart.

use crate::spec::{Border, SpaceSpec};

/// Positions of the neurons of a population.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Positions {
    space: SpaceSpec,
    size: u32,
    /// Neurons in a row of a sheet.
    columns: u32,
    rows: u32,
}

impl Positions {
    pub(crate) fn new(space: SpaceSpec, size: u32) -> Self {
        let (columns, rows) = match space {
            SpaceSpec::Ring { .. } => (size, 1),
            SpaceSpec::Sheet { width, height, .. } => {
                let columns = (f64::from(size) * width / height).sqrt().round();
                let columns = columns.clamp(1.0, f64::from(size.max(1))) as u32;
                (columns, size.div_ceil(columns))
            }
        };
        Self { space, size, columns, rows }
    }

    /// Number of neurons.
    pub(crate) fn len(&self) -> u32 {
        self.size
    }

    /// Position of neuron `i` (µm).
    pub(crate) fn of(&self, i: u32) -> [f64; 2] {
        match self.space {
            SpaceSpec::Ring { length } => {
                [(f64::from(i) + 0.5) * length / f64::from(self.size), 0.0]
            }
            SpaceSpec::Sheet { width, height, .. } => [
                (f64::from(i % self.columns) + 0.5) * width / f64::from(self.columns),
                (f64::from(i / self.columns) + 0.5) * height / f64::from(self.rows),
            ],
        }
    }

    /// Distance (µm) from neuron `i` to a position in the same space, the short way round where
    /// borders meet; to a position on a ring of another length, as if that were wound round this one.
    pub(crate) fn distance(&self, i: u32, to: [f64; 2]) -> f64 {
        let [x, y] = self.of(i);
        let (dx, dy) = ((x - to[0]).abs(), (y - to[1]).abs());
        match self.space {
            SpaceSpec::Ring { length } => {
                let dx = dx % length;
                dx.min(length - dx)
            }
            SpaceSpec::Sheet { border: Border::Open, .. } => dx.hypot(dy),
            SpaceSpec::Sheet { width, height, border: Border::Periodic } => {
                dx.min(width - dx).hypot(dy.min(height - dy))
            }
        }
    }

    /// `exp(-d² / (2 sigma²))` of that distance.
    pub(crate) fn gaussian(&self, i: u32, to: [f64; 2], sigma: f64) -> f64 {
        self.gaussian_beyond(i, to, sigma, 0.0)
    }

    /// The same over its value at a distance `nearest` (µm), which may be too small for a number.
    pub(crate) fn gaussian_beyond(&self, i: u32, to: [f64; 2], sigma: f64, nearest: f64) -> f64 {
        let (d, least) = (self.distance(i, to) / sigma, nearest / sigma);
        (-0.5 * (d - least) * (d + least)).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_go_the_short_way_round() {
        let ring = Positions::new(SpaceSpec::Ring { length: 1000.0 }, 100);
        assert!((ring.distance(0, ring.of(99)) - 10.0).abs() < 1e-9);
        assert!((ring.distance(0, ring.of(50)) - 500.0).abs() < 1e-9);
        // A ring of twice the length is wound round twice.
        let long = Positions::new(SpaceSpec::Ring { length: 2000.0 }, 200);
        for (far, near) in [(0, 0), (99, 99), (100, 0), (199, 99)] {
            assert!(ring.distance(near, long.of(far)) < 1e-9, "{far}");
        }
        assert!((ring.distance(0, long.of(150)) - 500.0).abs() < 1e-9);
        // Seen from the long one, the short one is its first half.
        assert!((long.distance(150, ring.of(50)) - 1000.0).abs() < 1e-9);
        let sheet =
            |border| Positions::new(SpaceSpec::Sheet { width: 100.0, height: 50.0, border }, 200);
        let (torus, open) = (sheet(Border::Periodic), sheet(Border::Open));
        // 20 columns, 10 rows, 5 µm apart.
        assert!((torus.distance(0, torus.of(19)) - 5.0).abs() < 1e-9);
        assert!((open.distance(0, open.of(19)) - 95.0).abs() < 1e-9);
        assert!((open.distance(0, open.of(21)) - 50f64.sqrt()).abs() < 1e-9);
    }
}
