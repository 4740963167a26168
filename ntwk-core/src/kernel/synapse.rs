//! Conductance synapses: decay and sum.

use std::ops::Range;

use pulp::{Arch, NullaryFnOnce};

use super::{Column, LinearMembrane, Propagator, Receptor, are_equal, column, rise_gain};
use crate::spec::{Method, ReceptorKind};

/// The variable `s` of one receptor for a run of neurons; it carries the current `s (q - p V)`.
#[derive(Debug, Clone)]
pub(crate) struct ReceptorColumn {
    /// `s` at the start of the step (nS or pA), one per neuron.
    pub s: Column,
    /// Share of `s` that is a conductance.
    pub p: f64,
    /// Driving force of `s` at V = 0 (mV; 1 for a current).
    pub q: f64,
    /// What `drive` gains per `s`: `q`, or what the current `s q` adds to a linear membrane in a step.
    pub into_drive: f64,
    /// Factor by which `s` decays in a step.
    pub decay: f64,
    /// The rising variable of a double exponential.
    pub rise: Option<RiseColumn>,
}

/// The variable `x` that events raise and that feeds `s`.
#[derive(Debug, Clone)]
pub(crate) struct RiseColumn {
    /// `x` at the start of the step, in units of the weight.
    pub x: Column,
    /// Factor by which `x` decays in a step.
    pub decay: f64,
    /// What `s` gains in a step per `x`.
    pub transfer: f64,
    /// What `drive` gains per `x`: what `s` of this very step adds to a linear membrane; else 0.
    pub into_drive: f64,
}

/// How the receptors of a population are integrated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Integration {
    pub dt: f64,
    pub method: Method,
    /// Linear membrane of the population's cells, which are stepped exactly whatever the method.
    pub linear: Option<LinearMembrane>,
}

impl Integration {
    /// What `drive` gains per pA of injected current.
    pub(crate) fn current_gain(&self) -> f64 {
        self.propagator().map_or(1.0, |p| p.of_constant())
    }

    fn propagator(&self) -> Option<Propagator> {
        self.linear.map(|membrane| Propagator { membrane, dt: self.dt })
    }

    /// Exact decay goes with an exact step.
    fn method(&self) -> Method {
        if self.linear.is_some() { Method::Heun } else { self.method }
    }
}

impl ReceptorColumn {
    pub(crate) fn new(receptor: &Receptor, len: usize, integration: &Integration) -> Self {
        let s = column(0.0, len);
        let mut receptor_column =
            Self { s, p: 0.0, q: 0.0, into_drive: 0.0, decay: 0.0, rise: None };
        receptor_column.derive(receptor, integration);
        receptor_column
    }

    /// Sets the constants from `receptor`, keeping the state.
    pub(crate) fn derive(&mut self, receptor: &Receptor, integration: &Integration) {
        let (dt, method, tau) = (integration.dt, integration.method(), receptor.tau_syn);
        let propagator = integration.propagator();
        (self.p, self.q) = receptor.kind.coefficients();
        if !receptor.kind.decays() {
            // Of a delta receptor all of `s` goes into the potential in one step (only linear membranes have one); of the others
            // `s` is what the events of a step add to variables of the cell.
            let delta = receptor.kind == ReceptorKind::Delta;
            (self.into_drive, self.decay) = (f64::from(u8::from(delta)), 0.0);
            return;
        }
        self.into_drive = self.q * propagator.map_or(1.0, |p| p.of_exponential(tau));
        self.decay = decay_factor(tau, dt, method);
        if let Some(tau_rise) = receptor.tau_rise {
            let x = self.rise.take().map_or_else(|| column(0.0, self.s.len()), |rise| rise.x);
            self.rise = Some(RiseColumn {
                x,
                decay: decay_factor(tau_rise, dt, method),
                transfer: transfer(tau, tau_rise, dt, method),
                into_drive: propagator.map_or(0.0, |p| self.q * rise_in_step(&p, tau, tau_rise)),
            });
        }
    }

    /// The variable that events raise by their weight.
    #[inline]
    pub(crate) fn events(&mut self) -> &mut [f64] {
        match &mut self.rise {
            Some(rise) => &mut rise.x,
            None => &mut self.s,
        }
    }
}

/// The decay factor of a step: `1 - dt/tau` under forward Euler, else the exact `e^(-dt/tau)`.
fn decay_factor(tau: f64, dt: f64, method: Method) -> f64 {
    match method {
        Method::Euler => 1.0 - dt / tau,
        Method::Heun => (-dt / tau).exp(),
    }
}

/// What `s` gains in a step from one unit of `x`.
fn transfer(tau: f64, tau_rise: f64, dt: f64, method: Method) -> f64 {
    let (k, equal) = (rise_gain(tau, tau_rise), are_equal(tau, tau_rise));
    match method {
        Method::Euler => k * dt,
        Method::Heun if equal => k * dt * (-dt / tau).exp(),
        Method::Heun => {
            k * ((-dt / tau).exp() - (-dt / tau_rise).exp()) * tau * tau_rise / (tau - tau_rise)
        }
    }
}

/// What one unit of `x` at the start of a step adds to a linear membrane through the `s` of that step.
fn rise_in_step(propagator: &Propagator, tau: f64, tau_rise: f64) -> f64 {
    let k = rise_gain(tau, tau_rise);
    if are_equal(tau, tau_rise) {
        return k * propagator.of_alpha(tau);
    }
    let difference = propagator.of_exponential(tau) - propagator.of_exponential(tau_rise);
    k * difference * tau * tau_rise / (tau - tau_rise)
}

/// Sums of the conductances of a block, reused from step to step.
#[derive(Debug, Clone)]
pub(crate) struct ConductanceSums {
    /// `sum_r g_r` at the start of the step (nS).
    pub g: Column,
    /// `sum_r g_r E_r + I` at the start of the step (pA).
    pub drive: Column,
    /// The same sums after the decay of this step; filled for methods that look at the end.
    pub g_end: Column,
    /// See `g_end`.
    pub drive_end: Column,
}

impl ConductanceSums {
    /// Room for blocks of up to `len` neurons.
    pub(crate) fn new(len: usize) -> Self {
        let zeros = || column(0.0, len);
        Self { g: zeros(), drive: zeros(), g_end: zeros(), drive_end: zeros() }
    }
}

/// Injected current of a step.
#[derive(Debug, Clone)]
pub(crate) struct Injected {
    /// Current at the start of the step (pA).
    pub start: f64,
    /// Current at the end of the step (pA), for methods that look at the end.
    pub end: Option<f64>,
}

/// Sums the receptors of the neurons in `range` and advances them by one step:
///
/// ```text
/// g     = sum_r p_r s_r           g_end     = sum_r p_r s_r'
/// drive = sum_r d_r s_r + I       drive_end = sum_r q_r s_r' + I_end       d_r = q_r
/// s_r' = s_r decay_r + x_r transfer_r       x_r' = x_r decay_rise_r
/// ```
///
/// For cells with a linear membrane `d_r` is what `q_r s_r` adds to the potential in the step, the rising variable
/// adds its share, and `I` comes as what it adds.
///
/// Receptors are taken two at a time: that halves the passes over the sums for the usual pair.
pub(crate) fn sum_conductances(
    arch: Arch,
    columns: &mut [ReceptorColumn],
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
            let with_end = injected.end.is_some();
            for column in columns.iter_mut().filter(|column| column.rise.is_some()) {
                arch.dispatch(AddRise { column, range: range.clone(), with_end, sums });
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
    pair: &'a mut [ReceptorColumn],
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
                let (ga, gb) = (&mut a.s[range.clone()], &mut b.s[range]);
                if let Some((end, g_end, drive_end)) = &mut ends {
                    for i in 0..n {
                        let (na, nb) = (ga[i] * a.decay, gb[i] * b.decay);
                        let (g0, d0) = if ADD { (g_end[i], drive_end[i]) } else { (0.0, *end) };
                        g_end[i] = g0 + na * a.p + nb * b.p;
                        drive_end[i] = d0 + na * a.q + nb * b.q;
                    }
                }
                for i in 0..n {
                    let (xa, xb) = (ga[i], gb[i]);
                    let (g0, d0) = if ADD { (g[i], drive[i]) } else { (0.0, injected.start) };
                    g[i] = g0 + xa * a.p + xb * b.p;
                    drive[i] = d0 + xa * a.into_drive + xb * b.into_drive;
                    ga[i] = xa * a.decay;
                    gb[i] = xb * b.decay;
                }
            }
            [a] => {
                let ga = &mut a.s[range];
                if let Some((end, g_end, drive_end)) = &mut ends {
                    for i in 0..n {
                        let na = ga[i] * a.decay;
                        let (g0, d0) = if ADD { (g_end[i], drive_end[i]) } else { (0.0, *end) };
                        g_end[i] = g0 + na * a.p;
                        drive_end[i] = d0 + na * a.q;
                    }
                }
                for i in 0..n {
                    let xa = ga[i];
                    let (g0, d0) = if ADD { (g[i], drive[i]) } else { (0.0, injected.start) };
                    g[i] = g0 + xa * a.p;
                    drive[i] = d0 + xa * a.into_drive;
                    ga[i] = xa * a.decay;
                }
            }
            // `chunks_mut(2)` yields one or two.
            _ => {}
        }
    }
}

/// What a rising variable adds to its receptor, and to the sums at the end of the step.
struct AddRise<'a> {
    column: &'a mut ReceptorColumn,
    range: Range<usize>,
    with_end: bool,
    sums: &'a mut ConductanceSums,
}

impl NullaryFnOnce for AddRise<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { column, range, with_end, sums } = self;
        let n = range.len();
        let (p, q) = (column.p, column.q);
        let Some(rise) = &mut column.rise else { return };
        let (s, x) = (&mut column.s[range.clone()], &mut rise.x[range]);
        let (g_end, drive_end) = (&mut sums.g_end[..n], &mut sums.drive_end[..n]);
        if rise.into_drive != 0.0 {
            sums.drive[..n].iter_mut().zip(&*x).for_each(|(d, x)| *d += x * rise.into_drive);
        }
        for i in 0..n {
            let gain = x[i] * rise.transfer;
            s[i] += gain;
            x[i] *= rise.decay;
            if with_end {
                g_end[i] += p * gain;
                drive_end[i] += q * gain;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Response of `s` to one event of weight 2 under `method`, sampled at the steps.
    fn response(tau_syn: f64, tau_rise: f64, dt: f64, method: Method) -> Vec<f64> {
        let kind = ReceptorKind::Conductance { E_rev: 0.0 };
        let receptor = Receptor { name: "r".to_owned(), kind, tau_syn, tau_rise: Some(tau_rise) };
        let integration = Integration { dt, method, linear: None };
        let mut column = ReceptorColumn::new(&receptor, 1, &integration);
        column.events()[0] += 2.0;
        let mut sums = ConductanceSums::new(1);
        let injected = Injected { start: 0.0, end: Some(0.0) };
        (0..(60.0 / dt) as usize)
            .map(|_| {
                sum_conductances(
                    Arch::new(),
                    std::slice::from_mut(&mut column),
                    0..1,
                    &injected,
                    &mut sums,
                );
                assert_eq!(sums.g_end[0], column.s[0]);
                sums.g[0]
            })
            .collect()
    }

    #[test]
    fn a_double_exponential_follows_its_formula_and_peaks_at_the_weight() {
        for (tau, rise) in [(5.0, 0.5), (5.0, 4.9999), (3.0, 3.0)] {
            let s = response(tau, rise, 0.05, Method::Heun);
            let peak = s.iter().copied().fold(0.0, f64::max);
            // The exact propagator is exact at the steps; the peak lies between two of them.
            assert!((peak - 2.0).abs() < 2e-3, "{tau} {rise}: {peak}");
            if tau != rise {
                let t_peak = (tau / rise).ln() * tau * rise / (tau - rise);
                let shape = |t: f64| (-t / tau).exp() - (-t / rise).exp();
                for (k, value) in s.iter().enumerate() {
                    let expected = 2.0 * shape(k as f64 * 0.05) / shape(t_peak);
                    assert!((value - expected).abs() < 1e-9, "{k}: {value} {expected}");
                }
            }
        }
    }

    #[test]
    fn the_euler_step_converges_to_it() {
        let exact = response(5.0, 1.0, 0.1, Method::Heun);
        let error = |dt: f64| {
            let stride = (0.1 / dt).round() as usize;
            let s = response(5.0, 1.0, dt, Method::Euler);
            exact.iter().enumerate().map(|(k, e)| (s[k * stride] - e).abs()).fold(0.0, f64::max)
        };
        let (coarse, fine) = (error(0.1), error(0.01));
        assert!(fine < 0.15 * coarse && fine < 0.02, "{coarse} {fine}");
    }
}
