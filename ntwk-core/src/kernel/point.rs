//! Advancing a slice of point neurons by one step.

use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use pulp::{Arch, NullaryFnOnce};

use super::candidates::each_candidate;
use super::{Column, POTENTIAL_LIMIT, StartInput, SummedInput, SynapticInput, TakeInput};
use crate::kernel::BLOCK;
use crate::kernel::Membrane;
use crate::kernel::{CellModel, CellStepper, NotFinite, StateVariable, StepContext};
use crate::spec::Method;

/// The equations of one neuron with `K` variables besides the membrane potential.
///
/// Mark the methods `#[inline(always)]` and keep them free of branches: they are compiled into
/// the engine's vector loops. Use [`exp`](super::exp) for exponentials.
pub trait NeuronDynamics<const K: usize>: Copy + Debug + Send + Sync + 'static {
    /// `(dV/dt in mV/ms, dx/dt)` for the potential `v` (mV), the other variables `x` and the total
    /// synaptic and injected current `current` (pA).
    fn derivatives(&self, v: f64, x: [f64; K], current: f64) -> (f64, [f64; K]);

    /// Potential above which a spike is declared (mV).
    fn threshold(&self, x: [f64; K]) -> f64;

    /// `(V, x)` after a spike.
    fn reset(&self, v: f64, x: [f64; K]) -> (f64, [f64; K]);
}

/// A point neuron: its equations and what the engine and the theory need to know besides.
#[derive(Debug, Clone)]
pub struct PointNeuron<D, const K: usize> {
    /// Equations.
    pub dynamics: D,
    /// Constants shared with the theory; `t_ref` is the refractory period.
    pub membrane: Membrane,
    /// `V_m` and the `K` other variables.
    pub variables: &'static [StateVariable],
    /// Initial `V_m` and variables: the resting state.
    pub rest: Vec<f64>,
    /// Potential above which a spike is declared at rest (mV).
    pub spike_threshold: f64,
}

impl<D: NeuronDynamics<K>, const K: usize> CellModel for PointNeuron<D, K> {
    fn membrane(&self) -> Membrane {
        self.membrane
    }

    fn variables(&self) -> &[StateVariable] {
        self.variables
    }

    fn rest(&self) -> Vec<f64> {
        self.rest.clone()
    }

    fn spike_threshold(&self) -> f64 {
        self.spike_threshold
    }

    fn lower(&self, dt: f64, method: Method) -> Arc<dyn CellStepper> {
        // A neuron that spikes in step k integrates again in step k + max(t_ref / dt, 1).
        let refractory_steps =
            (self.membrane.t_ref / dt).round().clamp(1.0, f64::from(u32::MAX / 2)) as u32;
        // From below its peak the upstroke of a spike takes a step of any length: that is a spike and no blow-up.
        let x = std::array::from_fn(|k| self.rest.get(k + 1).copied().unwrap_or(0.0));
        let (upstroke, _) = self.dynamics.derivatives(self.dynamics.threshold(x), x, 0.0);
        Arc::new(Stepper {
            dynamics: self.dynamics,
            arch: Arch::new(),
            dt,
            method,
            refractory_steps,
            highest: POTENTIAL_LIMIT + (dt * upstroke).max(0.0),
            variables: self.variables,
        })
    }
}

/// Derived constants of a point neuron for one time step.
struct Stepper<D, const K: usize> {
    dynamics: D,
    arch: Arch,
    dt: f64,
    method: Method,
    refractory_steps: u32,
    /// The highest potential (mV) at the end of a step that is still taken for a spike.
    highest: f64,
    variables: &'static [StateVariable],
}

impl<D: NeuronDynamics<K>, const K: usize> CellStepper for Stepper<D, K> {
    fn advance(
        &self,
        columns: &mut [Column],
        range: Range<usize>,
        free_from: &mut [u32],
        input: &mut SynapticInput<'_>,
        at: &mut StepContext<'_>,
        spikes: &mut Vec<u32>,
    ) -> Result<(), NotFinite> {
        let step = at.step;
        let Some((v, others)) = columns.split_first_mut() else {
            return Ok(());
        };
        let v = &mut v[range.clone()];
        let mut others = others.iter_mut();
        let mut x: [&mut [f64]; K] = std::array::from_fn(|_| {
            others.next().map(|c| &mut c[range.clone()]).unwrap_or_default()
        });
        let free_from = &mut free_from[range];
        let mut candidates = [0; BLOCK];
        let candidates = &mut candidates[..v.len()];
        let pass = Pass {
            dynamics: &self.dynamics,
            dt: self.dt,
            v,
            x: &mut x,
            free_from,
            step,
            candidates,
        };
        match self.method {
            Method::Euler => match input.at_start() {
                StartInput::Sums(input) => self.arch.dispatch(Euler { pass, input }),
                StartInput::One(input) => self.arch.dispatch(Euler { pass, input }),
                StartInput::Two(input) => self.arch.dispatch(Euler { pass, input }),
            },
            Method::Heun => self.arch.dispatch(Heun { pass, input: input.sums() }),
        }
        each_candidate(candidates, |i| {
            if self.fire(i, v, &mut x, free_from, step)? {
                spikes.push(i as u32);
            }
            Ok(())
        })
    }
}

impl<D: NeuronDynamics<K>, const K: usize> Stepper<D, K> {
    /// Resets neuron `i` of a block if it spikes, which it says.
    ///
    /// Not inlined, so that the search for the next one stays in registers.
    #[inline(never)]
    fn fire(
        &self,
        i: usize,
        v: &mut [f64],
        x: &mut [&mut [f64]; K],
        free_from: &mut [u32],
        step: u32,
    ) -> Result<bool, NotFinite> {
        let now: [f64; K] = std::array::from_fn(|k| x[k][i]);
        // The negation also catches NaN.
        if !(v[i] >= -POTENTIAL_LIMIT && v[i] <= self.highest) {
            // A variable that is not a number poisons V one step later: name the culprit.
            let culprit = now.iter().position(|value| !value.is_finite());
            let (variable, value) = match culprit {
                Some(k) => (self.variables.get(k + 1).map_or("x", |s| s.name), now[k]),
                None => ("V_m", v[i]),
            };
            return Err(NotFinite { index: i, variable, value });
        }
        let fires = step >= free_from[i] && v[i] > self.dynamics.threshold(now);
        if fires {
            let (reset_v, reset_x) = self.dynamics.reset(v[i], now);
            v[i] = reset_v;
            for k in 0..K {
                x[k][i] = reset_x[k];
            }
            free_from[i] = step.saturating_add(self.refractory_steps);
        }
        Ok(fires)
    }
}

/// Whether a neuron is a sensible number below its threshold; false for NaN, which compares as neither.
#[inline(always)]
fn is_below<D: NeuronDynamics<K>, const K: usize>(dynamics: &D, v: f64, x: [f64; K]) -> bool {
    // Both are looked at, so that there is no branch in the vector loops.
    (v <= dynamics.threshold(x)) & (v >= -POTENTIAL_LIMIT)
}

/// One pass over a slice of neurons.
struct Pass<'a, 's, D, const K: usize> {
    dynamics: &'a D,
    dt: f64,
    v: &'a mut [f64],
    x: &'a mut [&'s mut [f64]; K],
    free_from: &'a [u32],
    step: u32,
    /// Set to 1 where V' is above its threshold or not a sensible number, else to 0.
    candidates: &'a mut [u8],
}

/// Forward Euler, every right-hand side from the values at the start of the step:
///
/// ```text
/// I  = drive - g V                     drive = sum_r g_r E_r + I_e
/// V' = V + dt dV/dt(V, x, I)           held while refractory
/// x' = x + dt dx/dt(V, x, I)           goes on while refractory
/// ```
struct Euler<'a, 's, D, I, const K: usize> {
    pass: Pass<'a, 's, D, K>,
    input: I,
}

impl<D: NeuronDynamics<K>, I: TakeInput, const K: usize> NullaryFnOnce for Euler<'_, '_, D, I, K> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Pass { dynamics, dt, v, x, free_from, step, candidates } = self.pass;
        let n = v.len();
        let columns = x.each_mut().map(|c| &mut c[..n]);
        let (free_from, candidates) = (&free_from[..n], &mut candidates[..n]);
        let mut input = self.input.cut(n);
        for i in 0..n {
            let v0 = v[i];
            let x0: [f64; K] = std::array::from_fn(
                #[inline(always)]
                |k| columns[k][i],
            );
            let (g, drive) = input.take(i);
            let (dv, dx) = dynamics.derivatives(v0, x0, drive - g * v0);
            let v1 = if step >= free_from[i] { v0 + dt * dv } else { v0 };
            let x1: [f64; K] = std::array::from_fn(
                #[inline(always)]
                |k| x0[k] + dt * dx[k],
            );
            v[i] = v1;
            for k in 0..K {
                columns[k][i] = x1[k];
            }
            candidates[i] = u8::from(!is_below(dynamics, v1, x1));
        }
    }
}

/// Heun's rule, second order, with the exactly decayed conductances at the end of the step:
///
/// ```text
/// (p, q)   = (V, x) + dt f(V, x, start)        p is limited to the threshold
/// (V', x') = (V, x) + dt/2 [ f(V, x, start) + f(p, q, end) ]
/// ```
///
/// The limit on the predictor bounds its exponential; it acts only in the step of a spike.
struct Heun<'a, 's, D, const K: usize> {
    pass: Pass<'a, 's, D, K>,
    input: SummedInput<'a>,
}

impl<D: NeuronDynamics<K>, const K: usize> NullaryFnOnce for Heun<'_, '_, D, K> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { pass, input } = self;
        let Pass { dynamics, dt, v, x, free_from, step, candidates } = pass;
        let n = v.len();
        let columns = x.each_mut().map(|c| &mut c[..n]);
        let (free_from, g, drive) = (&free_from[..n], &input.g[..n], &input.drive[..n]);
        let (g_end, drive_end) = (&input.g_end[..n], &input.drive_end[..n]);
        let candidates = &mut candidates[..n];
        for i in 0..n {
            let v0 = v[i];
            let x0: [f64; K] = std::array::from_fn(
                #[inline(always)]
                |k| columns[k][i],
            );
            let active = step >= free_from[i];
            let (dv0, dx0) = dynamics.derivatives(v0, x0, drive[i] - g[i] * v0);
            let p = if active { v0 + dt * dv0 } else { v0 };
            let q: [f64; K] = std::array::from_fn(
                #[inline(always)]
                |k| x0[k] + dt * dx0[k],
            );
            let top = dynamics.threshold(x0);
            let p = if p > top { top } else { p };
            let (dv1, dx1) = dynamics.derivatives(p, q, drive_end[i] - g_end[i] * p);
            let v1 = if active { v0 + 0.5 * dt * (dv0 + dv1) } else { v0 };
            let x1: [f64; K] = std::array::from_fn(
                #[inline(always)]
                |k| x0[k] + 0.5 * dt * (dx0[k] + dx1[k]),
            );
            v[i] = v1;
            for k in 0..K {
                columns[k][i] = x1[k];
            }
            candidates[i] = u8::from(!is_below(dynamics, v1, x1));
        }
    }
}
