//! Conductance synapses: decay and sum.

use std::ops::Range;

use pulp::Arch;

use crate::spec::Method;

/// Conductance of one receptor for a run of neurons.
#[derive(Debug, Clone)]
#[allow(non_snake_case)]
pub(crate) struct ConductanceColumn {
    /// Conductance at the start of the step (nS), one per neuron.
    pub g: Vec<f64>,
    /// Reversal potential (mV).
    pub E_rev: f64,
    /// Factor by which `g` decays in a step.
    pub decay: f64,
}

impl ConductanceColumn {
    /// The decay factor of a step: `1 - dt/tau` under forward Euler, else the exact `e^(-dt/tau)`.
    pub(crate) fn decay_factor(tau_syn: f64, dt: f64, method: Method) -> f64 {
        match method {
            Method::Euler => 1.0 - dt / tau_syn,
            Method::Heun => (-dt / tau_syn).exp(),
        }
    }
}

/// Sums of the conductances of a block, reused from step to step.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConductanceSums {
    /// `sum_r g_r` at the start of the step (nS).
    pub g: Vec<f64>,
    /// `sum_r g_r E_r + I` at the start of the step (pA).
    pub drive: Vec<f64>,
    /// The same sums after the decay of this step; filled for methods that look at the end.
    pub g_end: Vec<f64>,
    /// See `g_end`.
    pub drive_end: Vec<f64>,
}

/// Sums the receptors of the neurons in `range` and lets the conductances decay:
///
/// ```text
/// g     = sum_r g_r           g_end     = sum_r g_r decay_r
/// drive = sum_r g_r E_r + I   drive_end = sum_r g_r decay_r E_r + I_end
/// g_r  <- g_r decay_r
/// ```
pub(crate) fn sum_conductances(
    arch: Arch,
    columns: &mut [ConductanceColumn],
    range: Range<usize>,
    current: f64,
    current_end: f64,
    with_end: bool,
    sums: &mut ConductanceSums,
) {
    let n = range.len();
    arch.dispatch(
        #[inline(always)]
        || {
            sums.g[..n].fill(0.0);
            sums.drive[..n].fill(current);
            if with_end {
                sums.g_end[..n].fill(0.0);
                sums.drive_end[..n].fill(current_end);
            }
            for column in columns {
                let (e, decay) = (column.E_rev, column.decay);
                let values = &mut column.g[range.clone()];
                if with_end {
                    add_with_end(values, e, decay, sums, n);
                } else {
                    add(values, e, decay, &mut sums.g[..n], &mut sums.drive[..n]);
                }
            }
        },
    );
}

#[inline(always)]
fn add(values: &mut [f64], e: f64, decay: f64, g: &mut [f64], drive: &mut [f64]) {
    for ((value, g), drive) in values.iter_mut().zip(g).zip(drive) {
        let now = *value;
        *g += now;
        *drive += now * e;
        *value = now * decay;
    }
}

#[inline(always)]
fn add_with_end(values: &mut [f64], e: f64, decay: f64, sums: &mut ConductanceSums, n: usize) {
    let start = sums.g[..n].iter_mut().zip(&mut sums.drive[..n]);
    let end = sums.g_end[..n].iter_mut().zip(&mut sums.drive_end[..n]);
    for ((value, (g, drive)), (g_end, drive_end)) in values.iter_mut().zip(start).zip(end) {
        let (now, next) = (*value, *value * decay);
        *g += now;
        *drive += now * e;
        *g_end += next;
        *drive_end += next * e;
        *value = next;
    }
}
