//! Calcium pools of NMODL.

use ntwk_core::spec::tree::{Node, Value};
use ntwk_morpho::units::FARADAY;

use super::channel::{ImportedChannel, digits};
use super::syntax::{Expr, File};
use super::unfold::{Unfolding, Values};

/// Takes the equation of `cai` out of those of the mechanism: a `calcium_pool`, if it is one.
pub(super) fn pools(
    file: &File,
    suffix: &str,
    unfolding: &mut Unfolding<'_>,
    globals: &Values,
    initial: &Values,
) -> Vec<ImportedChannel> {
    let Some(ion) = file.ions.iter().find(|ion| ion.writes("cai")) else {
        return Vec::new();
    };
    // `cai = ca` gives the concentration to a state of another name.
    let state = match globals.get("cai") {
        Some(Expr::Name(state)) if file.states.iter().any(|s| s.name == *state) => state,
        _ => "cai",
    };
    let derivative = unfolding.derivatives.remove(state).and_then(|d| unfolding.expanded(&d));
    let Some(derivative) = derivative else {
        let rule = "cai is written, but there is no equation for cai' in a DERIVATIVE block: only such a pool is covered";
        unfolding.fault_at("cai", Some(ion.line), rule);
        return Vec::new();
    };
    let at = |i: f64, c: f64| {
        derivative.value(&|name| match name {
            "ica" => Some(i),
            "cai" | "Ca" => Some(c),
            _ if name == state => Some(c),
            _ => unfolding.number(name),
        })
    };
    // dc/dt = a*i + b*c + d, of inward currents at least.
    let (c0, c1) = (1e-4, 3e-4);
    let (Some(rest), Some(higher), Some(driven), Some(twice), Some(outward), Some(both)) =
        (at(0.0, c0), at(0.0, c1), at(-1e-3, c0), at(-2e-3, c0), at(1e-3, c0), at(-1e-3, c1))
    else {
        let names = "constants, ica and cai";
        return not_a_pool(unfolding, ion.line, &format!("cai' reads more than {names}"));
    };
    let b = (higher - rest) / (c1 - c0);
    let gain = (driven - rest) / 1e-3;
    let near = |x: f64, y: f64| (x - y).abs() <= 1e-6 * x.abs().max(y.abs());
    if !(b < 0.0
        && gain > 0.0
        && near(twice - rest, 2e-3 * gain)
        && near(both - higher, driven - rest))
    {
        return not_a_pool(
            unfolding,
            ion.line,
            "cai' is not a constant times ica plus (c - cai)/tau",
        );
    }
    let resting = c0 - rest / b;
    if near(outward - rest, -1e-3 * gain) {
        unfolding.notes.push(
            "cai: an outward calcium current empties the pool in the file; a calcium_pool lets inward currents fill it only"
                .to_owned(),
        );
    }
    let start =
        initial.get(state).and_then(|e| unfolding.expanded(e)?.value(&|n| unfolding.number(n)));
    if let Some(start) = start.filter(|start| !near(*start, resting)) {
        unfolding.notes.push(format!(
            "cai starts at {} mM in the file; a calcium_pool starts at its rest, {} mM",
            digits(start),
            digits(resting)
        ));
    }
    // gain = 1e4 free/(2 F depth)
    let depth = unfolding.number("depth").filter(|depth| *depth > 0.0);
    let of_depth = |depth: f64| gain * 2.0 * FARADAY * depth / 1e4;
    let (depth, free) = match depth.map(|depth| (depth, of_depth(depth))) {
        Some((depth, free)) if free <= 1.0 => (depth, free),
        _ => (1e4 / (2.0 * FARADAY * gain), 1.0),
    };
    let mut rows = vec![
        ("model".to_owned(), Node::text("calcium_pool")),
        ("depth".to_owned(), Node::text(&format!("{} um", digits(depth)))),
        ("tau_r".to_owned(), Node::text(&format!("{} ms", digits(-1.0 / b)))),
        ("Ca_inf".to_owned(), Node::text(&format!("{} mM", digits(resting)))),
    ];
    if free != 1.0 {
        rows.push(("free".to_owned(), Node::new(Value::Float(free))));
    }
    vec![ImportedChannel {
        name: suffix.to_owned(),
        kinetics: None,
        channel: Node::new(Value::Table(rows)),
    }]
}

fn not_a_pool(unfolding: &mut Unfolding<'_>, line: u32, rule: &str) -> Vec<ImportedChannel> {
    unfolding.fault_at("cai", Some(line), format!("{rule}: only a calcium_pool is covered"));
    Vec::new()
}
