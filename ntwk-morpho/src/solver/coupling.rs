//! How strongly gap junctions couple cells: the linear response of all of them to a current into one.

use crate::mesh::compartments::{Location, LocationError};
use crate::solver::impedance::{Impedance, ImpedanceError};
use crate::solver::simulation::GapJunction;
use nalgebra::{Complex, DMatrix, DVector};

/// Potentials (mV per nA) at the point `seen` of every cell for a current into cell `cell` at `at`, at the frequency of the
/// impedances. The coupling coefficient from cell i to cell j is the ratio of component j to component i for a current into
/// cell i, both seen at their somata (Bennett 1966).
///
/// With Z_c the impedance matrix of cell c alone and u_j = e_aj − e_bj, the currents s through the junctions solve
///
/// ```text
/// (1/g_i) s_i + Σ_j u_iᵀ Z u_j s_j = u_iᵀ Z I        V = Z (I − Σ_j u_j s_j)
/// ```
///
/// # Errors
/// [`ImpedanceError::Location`] when a point is on no cell or nowhere on it.
pub fn coupled_response(
    cells: &[Impedance],
    junctions: &[GapJunction],
    (cell, at): (usize, Location),
    seen: &[Location],
) -> Result<Vec<Complex<f64>>, ImpedanceError> {
    let zero = Complex::new(0.0, 0.0);
    let one = |c: usize| -> Result<&Impedance, ImpedanceError> {
        let missing = LocationError::Node { node: c, count: cells.len() };
        Ok(cells.get(c).ok_or(missing)?)
    };
    let open: Vec<&GapJunction> = junctions.iter().filter(|j| j.conductance > 0.0).collect();
    // Per junction and end: cell, compartment, response of the cell to a unit current there.
    let mut ends = Vec::new();
    for junction in &open {
        for (&c, &at) in junction.cells.iter().zip(&junction.at) {
            let node = one(c)?.compartments().compartment(at)?;
            ends.push((c, node, one(c)?.of_node(node)));
        }
    }
    let driven = one(cell)?.of_node(one(cell)?.compartments().node(at)?);
    let of_drive = |c: usize, node: usize| if c == cell { driven[node] } else { zero };
    // What a current from the first cell of junction j to its second takes from a node.
    let of_junction = |j: usize, c: usize, node: usize| {
        let from = |end: usize| {
            let (owner, _, response) = &ends[2 * j + end];
            if *owner == c { response[node] } else { zero }
        };
        from(0) - from(1)
    };
    let n = open.len();
    let across = |i: usize, of: &dyn Fn(usize, usize) -> Complex<f64>| {
        of(ends[2 * i].0, ends[2 * i].1) - of(ends[2 * i + 1].0, ends[2 * i + 1].1)
    };
    let matrix = DMatrix::from_fn(n, n, |i, j| {
        let resistance = if i == j { 1.0 / open[i].conductance } else { 0.0 };
        across(i, &|c, node| of_junction(j, c, node)) + resistance
    });
    let right = DVector::from_fn(n, |i, _| across(i, &of_drive));
    // The real part is positive definite, so there is a solution as long as each cell has an impedance.
    let none = || DVector::from_element(n, Complex::new(f64::NAN, f64::NAN));
    let currents = matrix.lu().solve(&right).unwrap_or_else(none);
    let mut potentials = Vec::new();
    for (c, &at) in seen.iter().enumerate() {
        let node = one(c)?.compartments().node(at)?;
        let lost: Complex<f64> =
            currents.iter().enumerate().map(|(j, s)| of_junction(j, c, node) * s).sum();
        potentials.push(of_drive(c, node) - lost);
    }
    Ok(potentials)
}
