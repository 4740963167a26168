//! The kind of a point neuron: its name, its table of parameters, and the cell it builds from their values.
//!
//! A [`CellKind`] builds a [`CellModel`] (parameters), which is lowered for a time step into a
//! [`CellStepper`](crate::kernel::CellStepper) (derived constants) that advances whole slices of state. A new cell is one
//! file, in this workspace or in its user's own crate: implement [`NeuronDynamics`](crate::kernel::NeuronDynamics) for the
//! equations of one neuron and hand it to [`PointNeuron`](crate::kernel::PointNeuron).

use std::sync::Arc;

use crate::kernel::CellModel;
use crate::spec::KindSpec;
pub use crate::spec::bound::Bound;
use crate::spec::units::Dimension;

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

/// The equations of a kind as a model file has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenEquations {
    /// Variables with their units, the membrane potential first.
    pub variables: &'static [(&'static str, &'static str)],
    /// Equations.
    pub equations: &'static str,
    /// Condition of a spike.
    pub when: &'static str,
    /// What a spike sets.
    pub then: &'static str,
    /// Refractory period.
    pub refractory: Option<&'static str>,
    /// Variables that stand still in it.
    pub hold: &'static [&'static str],
}

/// A kind of point neuron: what a model file may name.
pub trait CellKind: Send + Sync {
    /// Name in model files, for example `AdEx`.
    fn name(&self) -> &'static str;

    /// One paragraph: equation and source.
    fn doc(&self) -> &'static str;

    /// Parameter table.
    fn parameters(&self) -> &[Parameter];

    /// Parameters that have no effect beside the values of the others, and why. A model that gives one
    /// of them gets a notice: it is not refused, since a scan or an event may give it its effect.
    fn idle(&self, _values: &ParameterValues) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Its equations as a model file has them, for currents that are added to it; they give the spikes of the cell that the
    /// kind builds.
    fn equations(&self) -> Option<WrittenEquations> {
        None
    }

    /// The values with those of parameters that are derived.
    fn complete(&self, values: &ParameterValues) -> ParameterValues {
        values.clone()
    }

    /// What a model declares it by, where it is no kind of ntwk or of a crate.
    fn declaration(&self) -> Option<&KindSpec> {
        None
    }

    /// Builds the cell; single values are already checked against their range.
    ///
    /// # Errors
    /// Every rule about combinations of parameters that is broken.
    fn build(&self, values: &ParameterValues) -> Result<Arc<dyn CellModel>, Vec<BrokenRule>>;
}
