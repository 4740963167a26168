//! The windows in which simulation and theory are compared.

use ntwk_core::Model;
use ntwk_core::spec::AfferentActivity;

/// Interval of the predicted trajectory (ms).
pub const TRAJECTORY_INTERVAL: f64 = 1.0;

/// Windows of a comparison, all in ms.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ComparisonWindows {
    /// Window of stationary quantities.
    pub stationary: [f64; 2],
    /// Window in which the transient peak is sought, if the inputs change.
    pub transient: Option<[f64; 2]>,
    /// Standard deviation of the Gaussian that smooths rates.
    pub smoothing: f64,
}

/// Time that a network is left to settle before its activity counts as stationary (ms).
const SETTLING: f64 = 500.0;
/// Inputs that stay within this fraction of their value count as constant.
const CONSTANT: f64 = 0.01;

impl ComparisonWindows {
    /// The windows the model asks for; what it leaves open is chosen from its inputs: the longest
    /// stretch without a change of the inputs by more than 1 %, without its first 500 ms or its first
    /// half, whichever is shorter, is stationary; the transient is what follows it, if the
    /// inputs change there.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let compare = &model.spec().compare;
        let t_stop = model.t_stop();
        let quiet = quiet_stretch(model);
        let stationary = compare.stationary.unwrap_or_else(|| {
            let length = quiet[1] - quiet[0];
            [quiet[0] + SETTLING.min(0.5 * length), quiet[1]]
        });
        let transient = compare
            .transient
            .or((quiet[1] < t_stop - model.dt()).then_some([quiet[1].max(stationary[1]), t_stop]))
            .filter(|window| window[0] < window[1]);
        Self { stationary, transient, smoothing: compare.smoothing.unwrap_or(10.0) }
    }
}

/// The longest stretch in which all inputs are constant to 1 %.
fn quiet_stretch(model: &Model) -> [f64; 2] {
    let mut inputs = Vec::new();
    for afferent in model.afferents() {
        if let AfferentActivity::Rate { rate, .. } = &afferent.activity {
            inputs.push(rate);
        }
    }
    inputs.extend(model.populations().iter().map(|p| &p.current));
    let t_stop = model.t_stop();
    let steps = t_stop.ceil() as usize;
    let mut best = [0.0, 0.0];
    let mut start = 0.0;
    for k in 1..=steps {
        let t = (k as f64).min(t_stop);
        let changed = inputs.iter().any(|input| {
            let reference = input.at(start);
            (input.at(t) - reference).abs() > CONSTANT * reference.abs().max(1e-9)
        });
        if changed {
            start = t;
        } else if t - start > best[1] - best[0] {
            best = [start, t];
        }
    }
    if best[1] > best[0] { best } else { [0.0, t_stop] }
}
