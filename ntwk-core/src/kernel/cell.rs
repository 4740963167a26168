//! The contract between the engine and a point neuron: parameters, lowered for a time step, advance slices of state.

use std::sync::Arc;

use super::{Column, LinearMembrane, Membrane, SynapticInput};
use crate::spec::Method;
use crate::spec::units::Dimension;

/// A state variable of a cell: `V_m` first, then whatever the model adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateVariable {
    /// Name in recordings, for example `V_m` or `w`.
    pub name: &'static str,
    /// Unit.
    pub dimension: Dimension,
}

/// Parameters of one population's neurons.
pub trait CellModel: Send + Sync + std::fmt::Debug {
    /// Constants the theory needs.
    fn membrane(&self) -> Membrane;

    /// State variables; the first is the membrane potential.
    fn variables(&self) -> &'static [StateVariable];

    /// Initial value of each variable: the resting state.
    fn rest(&self) -> Vec<f64>;

    /// The potential above which a spike is declared (mV).
    fn spike_threshold(&self) -> f64;

    /// For a cell whose step is propagated exactly: its linear membrane. Such a cell takes currents
    /// only, and [`SummedInput::drive`](crate::kernel::SummedInput::drive) is then the potential they add in a step.
    fn linear_membrane(&self) -> Option<LinearMembrane> {
        None
    }

    /// Why the mean-field theory does not cover this cell; `None` when [`CellModel::membrane`] is its membrane.
    fn beyond_theory(&self) -> Option<&'static str> {
        None
    }

    /// Derives the constants for a time step (ms) and method.
    fn lower(&self, dt: f64, method: Method) -> Arc<dyn CellStepper>;
}

/// A lowered cell: advances slices of neurons by one step.
pub trait CellStepper: Send + Sync {
    /// Advances the neurons of `range` by one step and appends those that spike to `spikes`
    /// (index within the range, ascending), after resetting them.
    ///
    /// `columns` holds one column per state variable; `free_from[i]` is the first step in which
    /// neuron `i` is no longer refractory; `input` has one entry per neuron of the range, which is
    /// of at most [`BLOCK`](super::BLOCK) neurons.
    ///
    /// # Errors
    /// [`NotFinite`] for the first neuron whose potential is not a number or beyond all sense.
    fn advance(
        &self,
        columns: &mut [Column],
        range: std::ops::Range<usize>,
        free_from: &mut [u32],
        input: &mut SynapticInput<'_>,
        step: u32,
        spikes: &mut Vec<u32>,
    ) -> Result<(), NotFinite>;
}

/// A state variable left the range in which the model means anything.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NotFinite {
    /// Index of the neuron in its range.
    pub index: usize,
    /// Name of the variable.
    pub variable: &'static str,
    /// Its value.
    pub value: f64,
}
