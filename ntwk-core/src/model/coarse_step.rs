//! A time step too long for what it has to resolve.

use super::{Population, Receptor};
use crate::spec::{Method, ModelSpec};

/// A step is called coarse that is longer than this part of a time constant.
const COARSE: f64 = 0.2;

/// What the time step is too long for, a sentence each: receptors, membranes, refractory periods in whole steps.
pub(super) fn coarse_step(
    spec: &ModelSpec,
    receptors: &[Receptor],
    populations: &[Population],
) -> Vec<String> {
    let dt = spec.simulation.dt;
    let mut notices = Vec::new();
    let note = |what: String, tau: f64| {
        format!(
            "simulation.dt = {dt} ms is coarse for {what} ({tau} ms): try a fifth of it, and see whether the rates change"
        )
    };
    // Linear cells and their currents are propagated exactly, and under Heun's rule conductances decay exactly.
    let linear = |p: &Population| p.cell.linear_membrane().is_some();
    if spec.simulation.method == Method::Euler && !populations.iter().all(linear) {
        for r in receptors.iter().filter(|r| r.kind.decays()) {
            let times = [("tau_rise", r.tau_rise), ("tau_syn", Some(r.tau_syn))];
            let short = times
                .into_iter()
                .find_map(|(key, tau)| Some((key, tau.filter(|tau| dt > COARSE * tau)?)));
            if let Some((key, tau)) = short {
                notices.push(note(format!("{key} of receptor {}", r.name), tau));
            }
        }
    }
    for p in populations {
        let m = p.cell.membrane();
        // Cells without a leak have no such constant.
        let tau = (m.C_m / m.g_L * 1e9).round() / 1e9;
        if p.cell.beyond_theory().is_none() && !linear(p) && dt > COARSE * tau {
            notices.push(note(format!("the membrane of {}", p.name), tau));
        }
        let kept = (m.t_ref / dt).round().max(1.0) * dt;
        if m.t_ref > 0.0 && (kept - m.t_ref).abs() > 0.1 * m.t_ref {
            notices.push(format!(
                "t_ref of {} ({} ms) becomes {kept} ms: whole steps of simulation.dt = {dt} ms",
                p.name, m.t_ref
            ));
        }
    }
    notices
}
