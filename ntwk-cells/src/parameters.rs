//! Parameters and variables that several kinds of cells share.

use ntwk_core::kernel::StateVariable;
use ntwk_core::model::cell::{Bound, BrokenRule, Fallback, Parameter, ParameterValues};
use ntwk_core::spec::units::Dimension;

pub(crate) const V_M: StateVariable = StateVariable { name: "V_m", dimension: Dimension::Voltage };
pub(crate) const W: StateVariable = StateVariable { name: "w", dimension: Dimension::Current };

pub(crate) const fn parameter(
    name: &'static str,
    dimension: Dimension,
    default: Fallback,
    range: Bound,
    doc: &'static str,
) -> Parameter {
    Parameter { name, dimension, default, range, doc }
}

pub(crate) const C_M: Parameter = parameter(
    "C_m",
    Dimension::Capacitance,
    Fallback::Required,
    Bound::Positive,
    "membrane capacitance",
);
pub(crate) const G_L: Parameter = parameter(
    "g_L",
    Dimension::Conductance,
    Fallback::Required,
    Bound::Positive,
    "leak conductance",
);
pub(crate) const E_L: Parameter =
    parameter("E_L", Dimension::Voltage, Fallback::Required, Bound::Any, "leak reversal potential");
pub(crate) const V_TH: Parameter =
    parameter("V_th", Dimension::Voltage, Fallback::Required, Bound::Any, "spike threshold");
pub(crate) const V_RESET: Parameter = parameter(
    "V_reset",
    Dimension::Voltage,
    Fallback::Required,
    Bound::Any,
    "potential after a spike",
);
pub(crate) const T_REF: Parameter = parameter(
    "t_ref",
    Dimension::Time,
    Fallback::Required,
    Bound::NonNegative,
    "refractory period, in whole steps",
);
pub(crate) const DELTA_T: Parameter = parameter(
    "Delta_T",
    Dimension::Voltage,
    Fallback::Required,
    Bound::NonNegative,
    "slope of the spike initiation; 0 is the limit without exponential",
);
pub(crate) const V_PEAK: Parameter = parameter(
    "V_peak",
    Dimension::Voltage,
    Fallback::Derived,
    Bound::Any,
    "potential at which a spike is declared; default V_th + 5 Delta_T",
);
pub(crate) const A: Parameter = parameter(
    "a",
    Dimension::Conductance,
    Fallback::Required,
    Bound::Any,
    "subthreshold adaptation",
);
pub(crate) const B: Parameter = parameter(
    "b",
    Dimension::Current,
    Fallback::Required,
    Bound::Any,
    "spike-triggered adaptation",
);
pub(crate) const TAU_W: Parameter = parameter(
    "tau_w",
    Dimension::Time,
    Fallback::Derived,
    Bound::Positive,
    "adaptation time constant; required unless a = b = 0",
);

/// Why `tau_w` does nothing, where it does nothing.
pub(crate) fn idle_tau_w(values: &ParameterValues) -> Vec<(&'static str, String)> {
    if adapts(values) {
        return Vec::new();
    }
    vec![("tau_w", "without adaptation (a = b = 0) there is no w".to_owned())]
}

/// Faults a missing `tau_w` of a cell that adapts.
pub(crate) fn require_tau_w(values: &ParameterValues, broken: &mut Vec<BrokenRule>) {
    if adapts(values) && values.get("tau_w").is_none() {
        let (a, b) = (values.value("a"), values.value("b"));
        let rule = format!("is required: the cell adapts (a = {a} nS, b = {b} pA)");
        broken.push(BrokenRule { parameter: "tau_w", rule });
    }
}

fn adapts(values: &ParameterValues) -> bool {
    values.value("a") != 0.0 || values.value("b") != 0.0
}
