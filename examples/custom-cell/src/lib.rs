//! A kind of cell that ntwk does not have: a leaky integrate-and-fire neuron whose threshold jumps at each spike.
//!
//! Everything a kind needs is in this file: its equations, its parameter table, and what is built from both.

use std::sync::Arc;

use ntwk::core::kernel::StateVariable;
use ntwk::core::kernel::{NeuronDynamics, PointNeuron};
use ntwk::core::model::cell::{Bound, BrokenRule, CellKind, Fallback, Parameter, ParameterValues};
use ntwk::core::{CellLibrary, CellModel, Dimension, Membrane};

/// Leaky integrate-and-fire neuron with a threshold that remembers:
///
/// ```text
/// C_m dV/dt           = g_L (E_L - V) + I
/// tau_theta dtheta/dt = V_th - theta
/// V > theta: spike, V = V_reset, theta = theta + jump; V is held for t_ref
/// ```
///
/// The form is that of Chacron, Longtin & Maler 2001, J Neurosci 21:5328 (a threshold that jumps and decays).
#[derive(Debug, Clone, Copy)]
pub struct JumpingThreshold;

/// The equations of one neuron; constants are derived once, outside the loop.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(non_snake_case)]
pub struct JumpingThresholdDynamics {
    per_C_m: f64,
    g_L: f64,
    E_L: f64,
    V_th: f64,
    V_reset: f64,
    jump: f64,
    per_tau_theta: f64,
}

// One variable besides V. The engine compiles these three functions into its vector loops.
impl NeuronDynamics<1> for JumpingThresholdDynamics {
    #[inline(always)]
    fn derivatives(&self, v: f64, [theta]: [f64; 1], current: f64) -> (f64, [f64; 1]) {
        let dv = (self.g_L * (self.E_L - v) + current) * self.per_C_m;
        (dv, [(self.V_th - theta) * self.per_tau_theta])
    }

    #[inline(always)]
    fn threshold(&self, [theta]: [f64; 1]) -> f64 {
        theta
    }

    #[inline(always)]
    fn reset(&self, _: f64, [theta]: [f64; 1]) -> (f64, [f64; 1]) {
        (self.V_reset, [theta + self.jump])
    }
}

const fn parameter(
    name: &'static str,
    dimension: Dimension,
    range: Bound,
    doc: &'static str,
) -> Parameter {
    Parameter { name, dimension, default: Fallback::Required, range, doc }
}

impl CellKind for JumpingThreshold {
    fn name(&self) -> &'static str {
        "JumpingThreshold"
    }

    fn doc(&self) -> &'static str {
        "Leaky integrate-and-fire neuron with a threshold that jumps at each spike and decays"
    }

    // Names, units, ranges: the reader of model files checks them and reports every fault.
    fn parameters(&self) -> &'static [Parameter] {
        const TABLE: [Parameter; 8] = [
            parameter("C_m", Dimension::Capacitance, Bound::Positive, "membrane capacitance"),
            parameter("g_L", Dimension::Conductance, Bound::Positive, "leak conductance"),
            parameter("E_L", Dimension::Voltage, Bound::Any, "leak reversal potential"),
            parameter("V_th", Dimension::Voltage, Bound::Any, "threshold at rest"),
            parameter("V_reset", Dimension::Voltage, Bound::Any, "potential after a spike"),
            parameter("t_ref", Dimension::Time, Bound::NonNegative, "refractory period"),
            parameter("jump", Dimension::Voltage, Bound::NonNegative, "jump of the threshold"),
            parameter("tau_theta", Dimension::Time, Bound::Positive, "its time constant"),
        ];
        &TABLE
    }

    // Rules between parameters are checked here; single values already are.
    #[allow(non_snake_case)]
    fn build(&self, values: &ParameterValues) -> Result<Arc<dyn CellModel>, Vec<BrokenRule>> {
        let value = |name| values.value(name);
        let (V_th, V_reset, E_L) = (value("V_th"), value("V_reset"), value("E_L"));
        if V_reset >= V_th {
            let rule = format!("must be below V_th ({V_th} mV)");
            return Err(vec![BrokenRule { parameter: "V_reset", rule }]);
        }
        let membrane = Membrane {
            C_m: value("C_m"),
            g_L: value("g_L"),
            E_L,
            V_th,
            V_reset,
            t_ref: value("t_ref"),
            a: 0.0,
            b: 0.0,
            tau_w: 1.0,
        };
        let dynamics = JumpingThresholdDynamics {
            per_C_m: 1.0 / membrane.C_m,
            g_L: membrane.g_L,
            E_L,
            V_th,
            V_reset,
            jump: value("jump"),
            per_tau_theta: 1.0 / value("tau_theta"),
        };
        const VARIABLES: &[StateVariable] = &[
            StateVariable { name: "V_m", dimension: Dimension::Voltage },
            StateVariable { name: "theta", dimension: Dimension::Voltage },
        ];
        Ok(Arc::new(PointNeuron {
            dynamics,
            membrane,
            variables: VARIABLES,
            rest: vec![E_L, V_th],
            spike_threshold: V_th,
        }))
    }
}

/// The cells of ntwk and this one.
#[must_use]
pub fn library() -> CellLibrary {
    let mut library = ntwk::cells::library();
    library.add_kind(Box::new(JumpingThreshold));
    library
}
