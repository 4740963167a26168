//! `[kinetics.NAME]`: channels declared as data.

use super::constants::constants;
use super::reader::Section;
use crate::membrane::declared::{DeclaredChannel, DeclaredGate, GateFormulas};
use ntwk_core::Dimension as D;
use ntwk_core::spec::bound::Bound;

pub(super) fn read(t: Section<'_, '_>) -> Vec<DeclaredChannel> {
    let mut kinds = Vec::new();
    t.each_named(|name, mut t| {
        let reversal = t.required("E", D::Voltage, Bound::Any);
        let q10 = t.or("q10", D::Number, Bound::Positive, 1.0);
        let celsius_ref = t.or("celsius_ref", D::Temperature, Bound::Any, 6.3);
        let carries_calcium = t.flag("carries_calcium", false);
        let constants = match t.table("constants") {
            Some(c) => constants(c),
            None => Some(Vec::new()),
        };
        let mut gates = Vec::new();
        let mut complete = true;
        match t
            .required_table("gates", "[kinetics.NAME.gates.x] with alpha and beta, or inf and tau")
        {
            Some(table) => table.each_named(|gate, mut g| match read_gate(gate, &mut g) {
                Some(gate) => {
                    g.finish();
                    gates.push(gate);
                }
                None => complete = false,
            }),
            None => complete = false,
        }
        if super::CHANNELS.iter().any(|c| c.name == name) {
            t.fault("E", &format!("\"{name}\" is a built-in kind of channel; take another name"));
        }
        let parts = (reversal, q10, celsius_ref, carries_calcium, constants);
        if let (
            (Some(reversal), Some(q10), Some(celsius_ref), Some(carries_calcium), Some(constants)),
            true,
        ) = (parts, complete)
        {
            let kind = name.to_owned();
            let channel = DeclaredChannel {
                kind,
                gates,
                g: 0.0,
                E: reversal,
                constants,
                q10,
                celsius_ref,
                carries_calcium,
            };
            for (gate, what, error) in channel.formula_faults() {
                t.fault_within("gates", &format!("{gate}.{what}"), error.to_string());
            }
            kinds.push(channel);
        }
        t.finish();
    });
    kinds
}

fn read_gate(name: &str, t: &mut Section<'_, '_>) -> Option<DeclaredGate> {
    let power = match t.count("power") {
        Some(p) => p.unwrap_or(1),
        None => return None,
    };
    if !(1..=8).contains(&power) {
        t.fault("power", "must be 1 to 8");
        return None;
    }
    let mut formula = |key| t.text(key);
    let (alpha, beta, inf, tau) =
        (formula("alpha"), formula("beta"), formula("inf"), formula("tau"));
    let formulas = match (alpha, beta, inf, tau) {
        (Some(alpha), Some(beta), None, None) => GateFormulas::Rates { alpha, beta },
        (None, None, Some(inf), Some(tau)) => GateFormulas::Relaxation { inf, tau },
        _ => {
            t.fault("power", "a gate has alpha and beta (1/ms), or inf and tau (ms), as texts");
            return None;
        }
    };
    Some(DeclaredGate { name: name.to_owned(), power: power as u32, formulas })
}
