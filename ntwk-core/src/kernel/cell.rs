//! The contract between the engine and a point neuron: parameters, lowered for a time step, advance slices of state.

use std::sync::Arc;

use super::{CellNoise, Column, LinearMembrane, Membrane, SynapticInput};
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
    fn variables(&self) -> &[StateVariable];

    /// Initial value of each variable: the resting state. There may be more columns than variables: what a cell keeps for
    /// itself.
    fn rest(&self) -> Vec<f64>;

    /// Sets initial values that depend on those of other variables, where a model has given the variables `given` values of
    /// their own for each neuron.
    fn follow_initial(&self, _columns: &mut [Column], _given: &[usize]) {}

    /// The method of the cell's own step where that of the simulation is `simulation`; its receptors decay by the same.
    fn method(&self, simulation: Method) -> Method {
        simulation
    }

    /// Whether a step of the cell needs random numbers ([`StepContext::noise`]).
    fn is_random(&self) -> bool {
        false
    }

    /// What the cell computes on the way and can be recorded besides its variables.
    fn definitions(&self) -> &[StateVariable] {
        &[]
    }

    /// What somebody should know who steps such cells by `dt` (ms).
    fn remarks(&self, _dt: f64, _simulation: Method) -> Vec<String> {
        Vec::new()
    }

    /// Whether synapses and injected currents act on the cell.
    fn takes_input(&self) -> bool {
        true
    }

    /// What becomes of an event that raises a variable (its place) by an amount: [`EventEffect`].
    fn event_effect(&self, variable: usize) -> EventEffect {
        EventEffect { held: variable == 0, set_by_reset: variable == 0 }
    }

    /// Whether a variable (its place) moves by an equation of its own.
    fn has_equation(&self, _variable: usize) -> bool {
        true
    }

    /// Why events cannot raise a variable.
    fn refuses_events(&self, _variable: usize) -> Option<&'static str> {
        None
    }

    /// Where events that raise a variable act, when that is not the variable alone.
    fn event_places(&self, _variable: usize) -> Option<EventPlaces> {
        None
    }

    /// Why the potential of such cells cannot be clamped by the engine.
    fn refuses_clamps(&self) -> Option<&'static str> {
        None
    }

    /// Neurons that are advanced together, and in which populations are cut for workers: at most [`BLOCK`](super::BLOCK). Part of
    /// the bit contract.
    fn block(&self) -> usize {
        super::BLOCK
    }

    /// Work of a step of one neuron, in those of a point neuron.
    fn work(&self) -> u32 {
        1
    }

    /// The potential above which a spike is declared (mV).
    fn spike_threshold(&self) -> f64;

    /// For a cell whose step is propagated exactly: its linear membrane. Such a cell takes currents
    /// only, and [`SummedInput::drive`](crate::kernel::SummedInput::drive) is then the potential they add in a step.
    fn linear_membrane(&self) -> Option<LinearMembrane> {
        None
    }

    /// Why the mean-field theory does not cover this cell; `None` when [`CellModel::membrane`] is its membrane.
    fn beyond_theory(&self) -> Option<&str> {
        None
    }

    /// Derives the constants for a time step (ms) and method.
    fn lower(&self, dt: f64, method: Method) -> Arc<dyn CellStepper>;
}

/// What becomes of an event that raises a variable of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventEffect {
    /// It is lost while the cell is refractory: the variable stands still.
    pub held: bool,
    /// It is lost in the step of a spike, whose reset sets the variable.
    pub set_by_reset: bool,
}

/// Several places of a cell at which synapses of one receptor lie: each synapse of a projection is at one of them, drawn once, and
/// each event of trains per target at one drawn for it.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPlaces {
    /// The column that events at each place raise.
    pub columns: Vec<usize>,
    /// Share of the synapses up to and with each place; the last is 1.
    pub shares: Vec<f64>,
}

impl EventPlaces {
    /// The place of a number in [0, 1).
    #[must_use]
    pub fn at(&self, u: f64) -> usize {
        self.shares.partition_point(|&share| share <= u).min(self.columns.len().saturating_sub(1))
    }
}

/// A lowered cell: advances slices of neurons by one step.
pub trait CellStepper: Send + Sync {
    /// Advances the neurons of `range` by one step and appends those that spike to `spikes`
    /// (index within the range, ascending), after resetting them.
    ///
    /// `columns` holds one column per value of [`CellModel::rest`]; `free_from[i]` is the first step in which
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
        at: &mut StepContext<'_>,
        spikes: &mut Vec<u32>,
    ) -> Result<(), NotFinite>;

    /// Whether a neuron stands still after `step` has been made; `free_from` is the first step in which it is free.
    fn is_refractory(
        &self,
        _columns: &[Column],
        _neuron: usize,
        free_from: u32,
        step: u32,
    ) -> bool {
        free_from > step
    }

    /// The value of one of [`CellModel::definitions`] in a neuron at the start of a step, where its synapses and currents bring
    /// `drive - g V` (pA, nS).
    fn definition(
        &self,
        _index: usize,
        _columns: &[Column],
        _neuron: usize,
        _drive: f64,
        _g: f64,
        _step: u32,
    ) -> f64 {
        f64::NAN
    }
}

/// The step that a cell takes, and what it may use for it.
pub struct StepContext<'a> {
    /// Number of the step.
    pub step: u32,
    /// Random numbers of the cells, for those that are random.
    pub noise: &'a [CellNoise],
    /// Room for numbers of the step, which it may enlarge; kept from step to step by each worker.
    pub scratch: &'a mut Vec<f64>,
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
