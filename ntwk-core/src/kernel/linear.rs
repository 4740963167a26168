//! Neurons with a linear membrane, stepped exactly.

use std::ops::Range;
use std::sync::Arc;

use pulp::{Arch, NullaryFnOnce};

use super::candidates::each_candidate;
use super::{Column, POTENTIAL_LIMIT, Propagator, StartInput, SynapticInput, TakeInput};
use crate::kernel::BLOCK;
use crate::kernel::Membrane;
use crate::kernel::{
    CellModel, CellStepper, LinearMembrane, NotFinite, StateVariable, StepContext,
};
use crate::spec::Method;

/// A leaky integrate-and-fire neuron that takes currents only and whose step is exact, whatever the
/// method of the simulation:
///
/// ```text
/// V' = E_L + e^(-dt/tau_m) (V - E_L) + drive       held for t_ref after a spike
/// V' > V_th: spike, V = V_reset
/// ```
///
/// A neuron that spikes in step k is held in the `round(t_ref/dt)` steps after it (NEST's count).
#[derive(Debug, Clone)]
pub struct LinearNeuron {
    /// Constants; those of adaptation are not used.
    pub membrane: Membrane,
    /// `V_m`.
    pub variables: &'static [StateVariable],
}

impl LinearNeuron {
    fn linear(&self) -> LinearMembrane {
        LinearMembrane { C_m: self.membrane.C_m, tau_m: self.membrane.tau_m() }
    }
}

impl CellModel for LinearNeuron {
    fn membrane(&self) -> Membrane {
        self.membrane
    }

    fn variables(&self) -> &[StateVariable] {
        self.variables
    }

    fn rest(&self) -> Vec<f64> {
        vec![self.membrane.E_L]
    }

    fn spike_threshold(&self) -> f64 {
        self.membrane.V_th
    }

    fn linear_membrane(&self) -> Option<LinearMembrane> {
        Some(self.linear())
    }

    fn lower(&self, dt: f64, _: Method) -> Arc<dyn CellStepper> {
        let held = (self.membrane.t_ref / dt).round().clamp(0.0, f64::from(u32::MAX / 2)) as u32;
        Arc::new(Stepper {
            arch: Arch::new(),
            decay: Propagator { membrane: self.linear(), dt }.decay(),
            membrane: self.membrane,
            refractory_steps: held + 1,
        })
    }
}

struct Stepper {
    arch: Arch,
    decay: f64,
    membrane: Membrane,
    refractory_steps: u32,
}

impl CellStepper for Stepper {
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
        let Some(v) = columns.first_mut() else { return Ok(()) };
        let v = &mut v[range.clone()];
        let free_from = &mut free_from[range];
        let Membrane { E_L, V_th, V_reset, .. } = self.membrane;
        let mut candidates = [0; BLOCK];
        let candidates = &mut candidates[..v.len()];
        let pass = Pass { v, free_from, step, decay: self.decay, E_L, V_th, candidates };
        match input.at_start() {
            StartInput::Sums(input) => self.arch.dispatch(Exact { pass, input }),
            StartInput::One(input) => self.arch.dispatch(Exact { pass, input }),
            StartInput::Two(input) => self.arch.dispatch(Exact { pass, input }),
        }
        each_candidate(candidates, |i| {
            if v[i].is_nan() || v[i].abs() > POTENTIAL_LIMIT {
                return Err(NotFinite { index: i, variable: "V_m", value: v[i] });
            }
            if step >= free_from[i] && v[i] > V_th {
                v[i] = V_reset;
                free_from[i] = step.saturating_add(self.refractory_steps);
                spikes.push(i as u32);
            }
            Ok(())
        })
    }
}

/// One pass over a block of neurons.
#[allow(non_snake_case)]
struct Pass<'a> {
    v: &'a mut [f64],
    free_from: &'a [u32],
    step: u32,
    decay: f64,
    E_L: f64,
    V_th: f64,
    /// Set to 1 where V' is above threshold or not a sensible number, else to 0.
    candidates: &'a mut [u8],
}

/// The exact step of [`LinearNeuron`].
struct Exact<'a, I> {
    pass: Pass<'a>,
    input: I,
}

impl<I: TakeInput> NullaryFnOnce for Exact<'_, I> {
    type Output = ();

    #[inline(always)]
    #[allow(non_snake_case)]
    fn call(self) {
        let Pass { v, free_from, step, decay, E_L, V_th, candidates } = self.pass;
        let n = v.len();
        let (free_from, candidates) = (&free_from[..n], &mut candidates[..n]);
        let mut input = self.input.cut(n);
        for i in 0..n {
            let (_, drive) = input.take(i);
            let moved = E_L + (v[i] - E_L) * decay + drive;
            let next = if step >= free_from[i] { moved } else { v[i] };
            v[i] = next;
            // False for NaN, which compares as neither. Both are looked at, so that there is no branch.
            let inside = (next <= V_th) & (next >= -POTENTIAL_LIMIT);
            candidates[i] = u8::from(!inside);
        }
    }
}
