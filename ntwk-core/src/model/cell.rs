//! The contract between the engine and a point-neuron model.
//!
//! A cell is described by a [`CellKind`] (its name and parameter table), built into a
//! [`CellModel`] (parameters), lowered for a time step into a [`CellStepper`] (derived constants)
//! that advances whole slices of state. A new cell is one file, in this workspace or in its
//! user's own crate: implement [`NeuronDynamics`](crate::kernel::NeuronDynamics) for the
//! equations of one neuron and hand it to [`PointNeuron`](crate::kernel::PointNeuron).

use std::sync::Arc;

use crate::kernel::{Column, SynapticInput};
use crate::model::membrane::Membrane;
use crate::spec::Method;
pub use crate::spec::bound::Bound;
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

/// A membrane `C_m dV/dt = -C_m (V - E_L) / tau_m + I` without any dependence of `I` on `V`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(non_snake_case)]
pub struct LinearMembrane {
    /// Membrane capacitance (pF), > 0.
    pub C_m: f64,
    /// Membrane time constant (ms), > 0.
    pub tau_m: f64,
}

/// A lowered cell: advances slices of neurons by one step.
pub trait CellStepper: Send + Sync {
    /// Advances the neurons of `range` by one step and appends those that spike to `spikes`
    /// (index within the range, ascending), after resetting them.
    ///
    /// `columns` holds one column per state variable; `free_from[i]` is the first step in which
    /// neuron `i` is no longer refractory; `input` has one entry per neuron of the range, which is
    /// of at most [`BLOCK`](crate::engine::drive::BLOCK) neurons.
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

/// One parameter of a cell kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameter {
    /// Name, for example `C_m`.
    pub name: &'static str,
    /// Dimension, hence the unit of a bare number.
    pub dimension: Dimension,
    /// Value when the model does not give one.
    pub default: Fallback,
    /// Allowed range.
    pub range: Bound,
    /// One line for `ntwk cells show`.
    pub doc: &'static str,
}

/// What stands in for a parameter the model does not give.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fallback {
    /// Nothing: the model must give it.
    Required,
    /// A fixed value.
    Value(f64),
    /// The kind derives it from other parameters, as its line of documentation says.
    Derived,
}

/// Values of a kind's parameters, in the order of its table.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterValues {
    /// (name, value); a parameter without value and default is absent.
    pub values: Vec<(&'static str, f64)>,
}

impl ParameterValues {
    /// Value of `name`, `None` when it was left out.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.values.iter().find(|v| v.0 == name).map(|v| v.1)
    }

    /// Value of a parameter that validation guarantees to be present; NaN (never a panic) if a
    /// kind asks for a name that is not in its own table.
    #[must_use]
    pub fn value(&self, name: &str) -> f64 {
        self.get(name).unwrap_or(f64::NAN)
    }
}

/// A rule about several parameters that is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenRule {
    /// The parameter to blame.
    pub parameter: &'static str,
    /// The rule, with the numbers.
    pub rule: String,
}

/// A kind of point neuron: what a model file may name.
pub trait CellKind: Send + Sync {
    /// Name in model files, for example `AdEx`.
    fn name(&self) -> &'static str;

    /// One paragraph: equation and source.
    fn doc(&self) -> &'static str;

    /// Parameter table.
    fn parameters(&self) -> &'static [Parameter];

    /// Parameters that have no effect beside the values of the others, and why. A model that gives one
    /// of them gets a notice: it is not refused, since a scan or an event may give it its effect.
    fn idle(&self, _values: &ParameterValues) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Builds the cell; single values are already checked against their range.
    ///
    /// # Errors
    /// Every rule about combinations of parameters that is broken.
    fn build(&self, values: &ParameterValues) -> Result<Arc<dyn CellModel>, Vec<BrokenRule>>;
}
