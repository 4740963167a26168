//! Conductance synapses: decay and sum.

use std::ops::Range;

use pulp::{Arch, NullaryFnOnce};

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

/// Injected current of a step.
#[derive(Debug, Clone)]
pub(crate) struct Injected {
    /// Current at the start of the step (pA).
    pub start: f64,
    /// Current at the end of the step (pA), for methods that look at the end.
    pub end: Option<f64>,
}

/// Sums the receptors of the neurons in `range` and lets the conductances decay:
///
/// ```text
/// g     = sum_r g_r           g_end     = sum_r g_r decay_r
/// drive = sum_r g_r E_r + I   drive_end = sum_r g_r decay_r E_r + I_end
/// g_r  <- g_r decay_r
/// ```
///
/// Receptors are taken two at a time: that halves the passes over the sums for the usual pair.
pub(crate) fn sum_conductances(
    arch: Arch,
    columns: &mut [ConductanceColumn],
    range: Range<usize>,
    injected: &Injected,
    sums: &mut ConductanceSums,
) {
    let n = range.len();
    let mut pairs = columns.chunks_mut(2);
    match pairs.next() {
        Some(pair) => {
            // The first pair sets the sums, so that they need no clearing.
            arch.dispatch(SumPair::<false> { pair, range: range.clone(), injected, sums });
            for pair in pairs {
                arch.dispatch(SumPair::<true> { pair, range: range.clone(), injected, sums });
            }
        }
        None => {
            sums.g[..n].fill(0.0);
            sums.drive[..n].fill(injected.start);
            sums.g_end[..n].fill(0.0);
            sums.drive_end[..n].fill(injected.end.unwrap_or(injected.start));
        }
    }
}

/// One pass for one or two receptors, setting the sums or adding to them.
struct SumPair<'a, const ADD: bool> {
    pair: &'a mut [ConductanceColumn],
    range: Range<usize>,
    injected: &'a Injected,
    sums: &'a mut ConductanceSums,
}

impl<const ADD: bool> NullaryFnOnce for SumPair<'_, ADD> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { pair, range, injected, sums } = self;
        let n = range.len();
        let (g, drive) = (&mut sums.g[..n], &mut sums.drive[..n]);
        let mut ends =
            injected.end.map(|end| (end, &mut sums.g_end[..n], &mut sums.drive_end[..n]));
        match pair {
            [a, b] => {
                let (ga, gb) = (&mut a.g[range.clone()], &mut b.g[range]);
                if let Some((end, g_end, drive_end)) = &mut ends {
                    for i in 0..n {
                        let (na, nb) = (ga[i] * a.decay, gb[i] * b.decay);
                        let (g0, d0) = if ADD { (g_end[i], drive_end[i]) } else { (0.0, *end) };
                        g_end[i] = g0 + na + nb;
                        drive_end[i] = d0 + na * a.E_rev + nb * b.E_rev;
                    }
                }
                for i in 0..n {
                    let (xa, xb) = (ga[i], gb[i]);
                    let (g0, d0) = if ADD { (g[i], drive[i]) } else { (0.0, injected.start) };
                    g[i] = g0 + xa + xb;
                    drive[i] = d0 + xa * a.E_rev + xb * b.E_rev;
                    ga[i] = xa * a.decay;
                    gb[i] = xb * b.decay;
                }
            }
            [a] => {
                let ga = &mut a.g[range];
                if let Some((end, g_end, drive_end)) = &mut ends {
                    for i in 0..n {
                        let na = ga[i] * a.decay;
                        let (g0, d0) = if ADD { (g_end[i], drive_end[i]) } else { (0.0, *end) };
                        g_end[i] = g0 + na;
                        drive_end[i] = d0 + na * a.E_rev;
                    }
                }
                for i in 0..n {
                    let xa = ga[i];
                    let (g0, d0) = if ADD { (g[i], drive[i]) } else { (0.0, injected.start) };
                    g[i] = g0 + xa;
                    drive[i] = d0 + xa * a.E_rev;
                    ga[i] = xa * a.decay;
                }
            }
            // `chunks_mut(2)` yields one or two.
            _ => {}
        }
    }
}
