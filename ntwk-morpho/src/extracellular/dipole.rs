//! The dipole moment of a cell and its far field.

use super::segment::Segment;
use ndarray::Array2;
use std::f64::consts::PI;

/// The matrix `[3, n_compartments]` (µm) that makes the dipole moment p = Σ I_k r_k (nA µm) of the transmembrane currents:
/// the middles of the compartments. Independent of the origin only where the currents sum to zero, without electrodes in
/// the cell.
#[must_use]
pub fn dipole_moment(compartments: &[Vec<Segment>]) -> Array2<f64> {
    Array2::from_shape_fn((3, compartments.len()), |(i, k)| {
        compartments[k].iter().map(|s| s.share * s.middle()[i]).sum()
    })
}

/// The potential (mV) of a dipole moment `p` (nA µm) at a displacement (µm) from it in an infinite conductor (S/m):
/// p·R/(4πσR³).
#[must_use]
pub fn dipole_potential(p: [f64; 3], displacement: [f64; 3], conductivity: f64) -> f64 {
    let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    let r = dot(displacement, displacement).sqrt();
    dot(p, displacement) / (4.0 * PI * conductivity * r * r * r)
}
