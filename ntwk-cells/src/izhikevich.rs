//! The simple model of Izhikevich.

use std::sync::Arc;

use ntwk_core::Membrane;
use ntwk_core::kernel::{CellModel, CellStepper, StateVariable};
use ntwk_core::kernel::{NeuronDynamics, PointNeuron};
use ntwk_core::model::cell::{
    Bound, BrokenRule, CellKind, Fallback, Parameter, ParameterValues, WrittenEquations,
};
use ntwk_core::spec::Method;
use ntwk_core::spec::units::Dimension;

use crate::parameters::{V_M, parameter};

const U: StateVariable = StateVariable { name: "u", dimension: Dimension::Number };

const A: Parameter = parameter(
    "a",
    Dimension::Number,
    Fallback::Required,
    Bound::Any,
    "rate of the recovery variable (1/ms)",
);
const B: Parameter = parameter(
    "b",
    Dimension::Number,
    Fallback::Required,
    Bound::Any,
    "sensitivity of the recovery variable to V (1/ms)",
);
const C: Parameter =
    parameter("c", Dimension::Voltage, Fallback::Required, Bound::Any, "V after a spike");
const D: Parameter = parameter(
    "d",
    Dimension::Number,
    Fallback::Required,
    Bound::Any,
    "step of the recovery variable at a spike (mV/ms)",
);
const V_PEAK: Parameter = parameter(
    "V_peak",
    Dimension::Voltage,
    Fallback::Value(30.0),
    Bound::Any,
    "potential at which a spike is declared",
);
const C_M: Parameter = parameter(
    "C_m",
    Dimension::Capacitance,
    Fallback::Value(1.0),
    Bound::Positive,
    "capacitance that turns input in pA into mV/ms; 1 pF: 1 pA is the I = 1 of the paper",
);

/// The simple model, two variables, a quadratic membrane:
///
/// ```text
/// dV/dt = 0.04 V^2 + 5 V + 140 - u + I / C_m          (V in mV, u in mV/ms, t in ms)
/// du/dt = a (b V - u)
/// V > V_peak: spike, V = c, u = u + d
/// ```
///
/// Cells start at the stable fixed point without input, or, where there is none, at `V = c`, `u = b c`. The
/// programs of the paper take two half steps in V and then one in u from the new V; here, as in NEST's consistent
/// integration, both right-hand sides are those at the start of the step (`euler`) or of second order (`heun`).
///
/// Source: Izhikevich 2003, IEEE Trans Neural Netw 14:1569, eqs 1-3.
#[derive(Debug, Clone, Copy)]
pub struct Izhikevich;

/// Equations of [`Izhikevich`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(non_snake_case)]
pub struct IzhikevichDynamics {
    a: f64,
    b: f64,
    c: f64,
    d: f64,
    V_peak: f64,
    /// `1 / C_m` (1/pF).
    per_C_m: f64,
}

impl NeuronDynamics<1> for IzhikevichDynamics {
    #[inline(always)]
    fn derivatives(&self, v: f64, [u]: [f64; 1], current: f64) -> (f64, [f64; 1]) {
        let dv = 0.04 * v * v + 5.0 * v + 140.0 - u + current * self.per_C_m;
        (dv, [self.a * (self.b * v - u)])
    }

    #[inline(always)]
    fn threshold(&self, _: [f64; 1]) -> f64 {
        self.V_peak
    }

    #[inline(always)]
    fn reset(&self, _: f64, [u]: [f64; 1]) -> (f64, [f64; 1]) {
        (self.c, [u + self.d])
    }
}

/// The fixed points of V without input, `0.04 V^2 + (5 - b) V + 140 = 0`, the stable one first, and the slope
/// conductance per capacitance at it (1/ms); `None` when there are none.
fn fixed_points(b: f64) -> Option<(f64, f64, f64)> {
    let discriminant = (5.0 - b) * (5.0 - b) - 4.0 * 0.04 * 140.0;
    let root = discriminant.sqrt();
    (discriminant >= 0.0).then(|| ((b - 5.0 - root) / 0.08, (b - 5.0 + root) / 0.08, root))
}

/// A neuron of this kind: the theory, which is one of conductances, does not cover it.
#[derive(Debug)]
struct IzhikevichCell(PointNeuron<IzhikevichDynamics, 1>);

impl CellModel for IzhikevichCell {
    fn membrane(&self) -> Membrane {
        self.0.membrane()
    }

    fn variables(&self) -> &[StateVariable] {
        self.0.variables()
    }

    fn rest(&self) -> Vec<f64> {
        self.0.rest()
    }

    fn spike_threshold(&self) -> f64 {
        self.0.spike_threshold()
    }

    fn beyond_theory(&self) -> Option<&str> {
        Some(
            "its membrane is quadratic: it has no leak conductance, which the moments of the theory need",
        )
    }

    fn lower(&self, dt: f64, method: Method) -> Arc<dyn CellStepper> {
        self.0.lower(dt, method)
    }
}

impl CellKind for Izhikevich {
    fn name(&self) -> &'static str {
        "Izhikevich"
    }

    fn doc(&self) -> &'static str {
        "Izhikevich's simple model (quadratic membrane, recovery variable):\n\
         dV/dt = 0.04 V^2 + 5 V + 140 - u + I/C_m\n\
         du/dt = a (b V - u)      (V in mV, u in mV/ms, t in ms);\n\
         at V > V_peak: spike, V = c, u += d.\n\
         Source: Izhikevich 2003, IEEE Trans Neural Netw 14:1569, doi:10.1109/TNN.2003.820440.\n\
         For simulations: the mean-field theory has no membrane of this form."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[A, B, C, D, V_PEAK, C_M]
    }

    fn idle(&self, values: &ParameterValues) -> Vec<(&'static str, String)> {
        if values.value("a") != 0.0 {
            return Vec::new();
        }
        vec![("b", "with a = 0 the recovery variable does not follow V".to_owned())]
    }

    fn equations(&self) -> Option<WrittenEquations> {
        Some(WrittenEquations {
            variables: &[("V", "mV"), ("u", "1")],
            equations: "dV/dt = (0.04/mV*V^2 + 5*V + 140 mV - u*mV)/ms + I_syn/C_m\n\
                        du/dt = a*(b*V/mV - u)/ms",
            when: "V > V_peak",
            then: "V = c; u += d",
            refractory: None,
            hold: &[],
        })
    }

    #[allow(non_snake_case)]
    fn build(&self, values: &ParameterValues) -> Result<Arc<dyn CellModel>, Vec<BrokenRule>> {
        let value = |name| values.value(name);
        let (b, c, V_peak, C_m) = (value("b"), value("c"), value("V_peak"), value("C_m"));
        if c >= V_peak {
            let rule =
                format!("must be below the potential at which a spike is declared ({V_peak} mV)");
            return Err(vec![BrokenRule { parameter: "c", rule }]);
        }
        // Without fixed points the parabola is lowest between where they would be.
        let (V_rest, V_th, slope) = fixed_points(b).unwrap_or((c, (b - 5.0) / 0.08, 0.0));
        let dynamics =
            IzhikevichDynamics { a: value("a"), b, c, d: value("d"), V_peak, per_C_m: 1.0 / C_m };
        // The linearisation at rest and the unstable fixed point, for analyses that want a threshold.
        let membrane = Membrane {
            C_m,
            g_L: slope * C_m,
            E_L: V_rest,
            V_th,
            V_reset: c,
            t_ref: 0.0,
            a: 0.0,
            b: 0.0,
            tau_w: 1.0,
        };
        Ok(Arc::new(IzhikevichCell(PointNeuron {
            dynamics,
            membrane,
            variables: &[V_M, U],
            rest: vec![V_rest, b * V_rest],
            spike_threshold: V_peak,
        })))
    }
}
