//! Constants of the membrane that the theory needs, from the equations themselves.
//!
//! With the input as a current I_syn:
//!
//! ```text
//! C_m = 1 / (∂(dV/dt)/∂I_syn)          rest: all equations 0 at I_syn = 0 (Newton's method from the start)
//! g_L = -C_m ∂(dV/dt)/∂V at rest       V_th: the potential above rest where dV/dt is 0 again, other variables at rest
//! ```
//!
//! A variable y besides V that follows it has, at rest, the conductance `a = C_m (∂V'/∂y)(∂y'/∂V)/(∂y'/∂y)` and the time
//! constant `-1/(∂y'/∂y)`.

use super::cell_equations::CellEquations;
use super::graph::{Graph, Id, Node};
use super::system::Refractory;
use crate::kernel::Membrane;
use crate::spec::units::Unit;

/// The membrane of a cell, and why the theory does not cover it.
pub(super) struct Found {
    pub membrane: Membrane,
    pub beyond: Option<&'static str>,
}

/// Finds the membrane; named constants take the place of computed ones. `spike_potential` is that of the condition of a spike,
/// or infinite. Adaptation is a variable of the theory only where the cell `can_adapt`.
pub(super) fn membrane_of(cell: &CellEquations, spike_potential: f64, can_adapt: bool) -> Found {
    let mut graph = cell.graph.clone();
    let mut membrane = Membrane {
        C_m: 1.0,
        g_L: 1.0,
        E_L: cell.initial[0],
        V_th: if spike_potential.is_finite() { spike_potential } else { cell.initial[0] + 15.0 },
        V_reset: cell.initial[0],
        t_ref: 0.0,
        a: 0.0,
        b: 0.0,
        tau_w: 1.0,
    };
    let mut beyond = None;
    let mut refuse = |why: &'static str| {
        beyond.get_or_insert(why);
    };
    if !cell.units[0].measures_as(Unit::MV) {
        refuse("its first variable is no voltage");
    }
    if cell.spike.is_none() {
        refuse("it does not spike");
    }
    let rates: Vec<Id> = cell.rates.iter().flatten().copied().collect();
    let random = |node: Node| matches!(node, Node::Normal(_) | Node::Uniform(_));
    if rates.iter().any(|&id| graph.mentions(id, random)) {
        refuse("it has noise of its own, which is not among its synapses");
    }
    if rates.iter().any(|&id| graph.mentions(id, |node| matches!(node, Node::Time))) {
        refuse("its equations depend on time");
    }
    let Some(rate) = cell.rates[0] else {
        refuse("its potential has no equation");
        return Found { membrane, beyond };
    };
    let per_drive = graph.derivatives(&[rate], Node::Drive)[0];
    match graph.number_of(per_drive) {
        Some(slope) if slope > 0.0 => membrane.C_m = 1.0 / slope,
        Some(_) => refuse("I_syn does not drive its potential"),
        None => refuse("I_syn acts on its potential through something that depends on its state"),
    }
    let others: Vec<Id> = cell.rates.iter().skip(1).flatten().copied().collect();
    if others.iter().any(|&id| graph.mentions(id, |node| matches!(node, Node::Drive))) {
        refuse("I_syn drives more than its potential");
    }
    let Some(rest) = resting_state(&mut graph, cell) else {
        refuse("it has no resting state without input");
        return Found { membrane: with_named(membrane, &cell.named), beyond };
    };
    membrane.E_L = rest[0];
    let jacobian = jacobian(&mut graph, cell, &rest);
    membrane.g_L = -membrane.C_m * jacobian[0][0];
    if membrane.g_L <= 0.0 || !membrane.g_L.is_finite() {
        refuse("its conductance at rest is not positive");
        membrane.g_L = 1.0;
    }
    if let Some(threshold) = threshold(&graph, cell, &rest, spike_potential) {
        membrane.V_th = threshold;
    }
    if let Some(reset) = cell.resets[0] {
        let after = value(&graph, reset, &rest);
        membrane.V_reset = after;
    } else {
        membrane.V_reset = membrane.E_L;
    }
    if let Refractory::Time(id) = cell.refractory {
        membrane.t_ref = value(&graph, id, &rest);
    }
    if can_adapt {
        adaptation(&graph, cell, &rest, &jacobian, &mut membrane);
    }
    Found { membrane: with_named(membrane, &cell.named), beyond }
}

fn with_named(mut membrane: Membrane, named: &[(String, f64)]) -> Membrane {
    for (name, value) in named {
        let place = match name.as_str() {
            "C_m" => &mut membrane.C_m,
            "g_L" => &mut membrane.g_L,
            "E_L" => &mut membrane.E_L,
            "V_th" => &mut membrane.V_th,
            "V_reset" => &mut membrane.V_reset,
            "t_ref" => &mut membrane.t_ref,
            "a" => &mut membrane.a,
            "b" => &mut membrane.b,
            "tau_w" => &mut membrane.tau_w,
            _ => continue,
        };
        *place = *value;
    }
    membrane
}

/// The value of an expression without input, at these variables.
fn value(graph: &Graph, id: Id, state: &[f64]) -> f64 {
    graph.evaluate(&[id], |node| leaf(node, state))[0]
}

fn leaf(node: Node, state: &[f64]) -> f64 {
    match node {
        Node::Variable(v) => state.get(v as usize).copied().unwrap_or(0.0),
        _ => 0.0,
    }
}

fn jacobian(graph: &mut Graph, cell: &CellEquations, state: &[f64]) -> Vec<Vec<f64>> {
    let n = cell.rates.len();
    let mut matrix = vec![vec![0.0; n]; n];
    for (i, rate) in cell.rates.iter().enumerate() {
        let Some(rate) = *rate else { continue };
        for (j, entry) in matrix[i].iter_mut().enumerate() {
            let slope = graph.derivatives(&[rate], Node::Variable(j as u32))[0];
            *entry = value(graph, slope, state);
        }
    }
    matrix
}

/// Where all equations are 0 without input: Newton's method from the start, with steps of at most 20 of each unit.
fn resting_state(graph: &mut Graph, cell: &CellEquations) -> Option<Vec<f64>> {
    let moving: Vec<usize> = (0..cell.rates.len()).filter(|&i| cell.rates[i].is_some()).collect();
    let rates: Vec<Id> = cell.rates.iter().flatten().copied().collect();
    let mut slopes: Vec<Vec<Id>> = Vec::new();
    for &rate in &rates {
        let row = moving.iter().map(|&j| graph.derivatives(&[rate], Node::Variable(j as u32))[0]);
        slopes.push(row.collect());
    }
    let mut state = cell.initial.to_vec();
    for _ in 0..200 {
        let now: Vec<f64> = graph.evaluate(&rates, |node| leaf(node, &state));
        let rows = slopes.iter().map(|row| graph.evaluate(row, |node| leaf(node, &state)));
        let change = solve(rows.collect(), now.iter().map(|x| -x).collect())?;
        let largest = change.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
        if !largest.is_finite() {
            return None;
        }
        let damping = if largest > 20.0 { 20.0 / largest } else { 1.0 };
        for (&i, x) in moving.iter().zip(&change) {
            state[i] += damping * x;
        }
        let scale = state.iter().fold(1.0f64, |scale, x| scale.max(x.abs()));
        if largest < 1e-12 * scale {
            return Some(state);
        }
    }
    None
}

/// Gaussian elimination with pivoting; `None` for a singular matrix.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = b.len();
    for k in 0..n {
        let pivot = (k..n).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs()))?;
        a.swap(k, pivot);
        b.swap(k, pivot);
        // Also where it is no number.
        if a[k][k].abs().partial_cmp(&1e-300) != Some(std::cmp::Ordering::Greater) {
            return None;
        }
        for i in k + 1..n {
            let factor = a[i][k] / a[k][k];
            let (above, below) = a.split_at_mut(i);
            for (x, y) in below[0].iter_mut().zip(&above[k]).skip(k) {
                *x -= factor * y;
            }
            b[i] -= factor * b[k];
        }
    }
    for k in (0..n).rev() {
        let sum: f64 = (k + 1..n).map(|j| a[k][j] * b[j]).sum();
        b[k] = (b[k] - sum) / a[k][k];
    }
    Some(b)
}

/// The potential above rest from which the cell goes up by itself: dV/dt is 0 and rising there, other variables as at rest but
/// for those that follow within 1 ms, which are where they settle.
fn threshold(
    graph: &Graph,
    cell: &CellEquations,
    rest: &[f64],
    spike_potential: f64,
) -> Option<f64> {
    let rate = cell.rates[0]?;
    let mut work = graph.clone();
    let fast: Vec<(usize, Id, Id)> = (1..cell.rates.len())
        .filter_map(|i| {
            let own = cell.rates[i]?;
            let affine = work.affine(own, i as u32);
            let speed = -value(&work, affine.a, rest);
            (speed > 1.0 && !affine.frozen).then_some((i, affine.a, affine.b))
        })
        .collect();
    let slope_at = |v: f64| {
        let mut state = rest.to_vec();
        state[0] = v;
        for &(i, a, b) in &fast {
            state[i] = -value(&work, b, &state) / value(&work, a, &state);
        }
        value(&work, rate, &state)
    };
    let top = if spike_potential.is_finite() { spike_potential } else { rest[0] + 100.0 };
    let steps = 400;
    let at = |k: i32| rest[0] + (top - rest[0]) * f64::from(k) / f64::from(steps);
    let mut below = 1;
    for k in 2..=steps {
        if slope_at(at(k)) > 0.0 && slope_at(at(below)) <= 0.0 {
            let (mut low, mut high) = (at(below), at(k));
            for _ in 0..60 {
                let middle = 0.5 * (low + high);
                if slope_at(middle) > 0.0 {
                    high = middle;
                } else {
                    low = middle;
                }
            }
            return Some(high);
        }
        below = k;
    }
    None
}

/// Adaptation by the one variable that a spike raises.
fn adaptation(
    graph: &Graph,
    cell: &CellEquations,
    rest: &[f64],
    jacobian: &[Vec<f64>],
    membrane: &mut Membrane,
) {
    let raised: Vec<usize> = (1..cell.rates.len())
        .filter(|&i| cell.resets[i].is_some() && cell.rates[i].is_some())
        .collect();
    let [y] = raised[..] else { return };
    let own = jacobian[y][y];
    if own >= 0.0 {
        return;
    }
    let current = -membrane.C_m * jacobian[0][y];
    let jump = cell.resets[y].map_or(0.0, |reset| value(graph, reset, rest) - rest[y]);
    membrane.a = membrane.C_m * jacobian[0][y] * jacobian[y][0] / own;
    membrane.b = current * jump;
    membrane.tau_w = -1.0 / own;
}
