//! AdEx with a threshold that inactivates.

use std::sync::Arc;

use ntwk_core::kernel::{CellModel, StateVariable};
use ntwk_core::kernel::{NeuronDynamics, PointNeuron};
use ntwk_core::model::cell::{
    Bound, BrokenRule, CellKind, Fallback, Parameter, ParameterValues, WrittenEquations,
};
use ntwk_core::spec::units::Dimension;

use crate::adex::{EifDynamics, complete, dynamics};
use crate::parameters::{
    A, B, C_M, DELTA_T, E_L, G_L, T_REF, TAU_W, V_M, V_PEAK, V_RESET, V_TH, W, idle_tau_w,
    parameter,
};

const THETA: StateVariable = StateVariable { name: "theta", dimension: Dimension::Voltage };

const A_I: Parameter = parameter(
    "a_i",
    Dimension::Number,
    Fallback::Required,
    Bound::NonNegative,
    "strength of the inactivation: mV of threshold per mV of potential above V_i",
);
const V_I: Parameter = parameter(
    "V_i",
    Dimension::Voltage,
    Fallback::Required,
    Bound::Any,
    "potential above which the threshold rises",
);
const TAU_THETA: Parameter = parameter(
    "tau_theta",
    Dimension::Time,
    Fallback::Required,
    Bound::Positive,
    "time constant of the threshold",
);

/// Adaptive exponential integrate-and-fire neuron with an inactivating threshold:
///
/// ```text
/// C_m dV/dt           = g_L (E_L - V) + g_L Delta_T exp((V - V_th) / Delta_T) - w + I
/// tau_w dw/dt         = a (V - E_L) - w
/// tau_theta dtheta/dt = V_th + a_i max(V - V_i, 0) - theta
/// V > theta + (V_peak - V_th): spike, V = V_reset, w += b; w and theta go on while V is held
/// ```
///
/// The exponential keeps `V_th`: inactivation raises the potential at which a spike is declared, as in the
/// programs of the source. `Delta_T = 0` has no exponential, and `a = b = Delta_T = 0` is the inactivating
/// leaky integrate-and-fire neuron. With an exponential, dt has to be short enough for the upstroke between
/// `V_th` and `theta + 5 Delta_T`; a step that overshoots beyond all sense is an error of the run.
///
/// Source: Zerlaut, Telenczuk, Deleuze, Bal, Ouanounou & Destexhe 2016, J Physiol 594:3791 (Methods,
/// theoretical models), after Platkiewicz & Brette 2011, PLoS Comput Biol 7:e1001129.
#[derive(Debug, Clone, Copy)]
pub struct IAdEx;

/// Equations of [`IAdEx`], with (`EXPONENTIAL`) or without the exponential.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(non_snake_case)]
pub struct IAdExDynamics<const EXPONENTIAL: bool> {
    exponential: EifDynamics,
    a: f64,
    b: f64,
    /// `1 / tau_w` (1/ms).
    per_tau_w: f64,
    V_th: f64,
    a_i: f64,
    V_i: f64,
    /// `1 / tau_theta` (1/ms).
    per_tau_theta: f64,
}

impl<const EXPONENTIAL: bool> NeuronDynamics<2> for IAdExDynamics<EXPONENTIAL> {
    #[inline(always)]
    fn derivatives(&self, v: f64, [w, theta]: [f64; 2], current: f64) -> (f64, [f64; 2]) {
        let current =
            if EXPONENTIAL { current + self.exponential.spike_current(v) } else { current };
        let leaky = &self.exponential.leaky;
        let (dv, []) = leaky.derivatives(v, [], current - w);
        let dw = (self.a * (v - leaky.E_L) - w) * self.per_tau_w;
        let above = if v > self.V_i { v - self.V_i } else { 0.0 };
        let dtheta = (self.V_th + self.a_i * above - theta) * self.per_tau_theta;
        (dv, [dw, dtheta])
    }

    #[inline(always)]
    fn threshold(&self, [_, theta]: [f64; 2]) -> f64 {
        theta + (self.exponential.leaky.V_peak - self.V_th)
    }

    #[inline(always)]
    fn reset(&self, _: f64, [w, theta]: [f64; 2]) -> (f64, [f64; 2]) {
        (self.exponential.leaky.V_reset, [w + self.b, theta])
    }
}

impl CellKind for IAdEx {
    fn name(&self) -> &'static str {
        "iAdExp"
    }

    fn doc(&self) -> &'static str {
        "Adaptive exponential integrate-and-fire neuron with an inactivating threshold:\n\
         C_m dV/dt           = g_L (E_L - V) + g_L Delta_T exp((V - V_th)/Delta_T) - w + I\n\
         tau_w dw/dt         = a (V - E_L) - w\n\
         tau_theta dtheta/dt = V_th + a_i max(V - V_i, 0) - theta;\n\
         at V > theta + (V_peak - V_th): spike, V = V_reset, w += b, V held for t_ref.\n\
         Source: Zerlaut et al. 2016, J Physiol 594:3791, doi:10.1113/JP272317, after\n\
         Platkiewicz & Brette 2011, PLoS Comput Biol 7:e1001129, doi:10.1371/journal.pcbi.1001129."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[C_M, G_L, E_L, V_TH, DELTA_T, V_PEAK, V_RESET, T_REF, A, B, TAU_W, A_I, V_I, TAU_THETA]
    }

    fn idle(&self, values: &ParameterValues) -> Vec<(&'static str, String)> {
        let mut idle = idle_tau_w(values);
        if values.value("a_i") == 0.0 {
            let why = || "without inactivation (a_i = 0) theta stays at V_th".to_owned();
            idle.extend([("V_i", why()), ("tau_theta", why())]);
        }
        idle
    }

    fn equations(&self) -> Option<WrittenEquations> {
        Some(WrittenEquations {
            variables: &[("V", "mV"), ("w", "pA"), ("theta", "mV")],
            equations: "dV/dt = (g_L*(E_L - V) + g_L*Delta_T*exp((V - V_th)/Delta_T) - w + I_syn)/C_m\n\
                        dw/dt = (a*(V - E_L) - w)/tau_w\n\
                        dtheta/dt = (V_th + a_i*max(V - V_i, 0) - theta)/tau_theta",
            when: "V > theta + (V_peak - V_th)",
            then: "V = V_reset; w += b",
            refractory: Some("t_ref"),
            hold: &["V"],
        })
    }

    fn complete(&self, values: &ParameterValues) -> ParameterValues {
        complete(values)
    }

    #[allow(non_snake_case)]
    fn build(&self, values: &ParameterValues) -> Result<Arc<dyn CellModel>, Vec<BrokenRule>> {
        let (m, exponential) = dynamics(values)?;
        let (a_i, V_i) = (values.value("a_i"), values.value("V_i"));
        let theta = m.V_th + a_i * (m.E_L - V_i).max(0.0);
        let (a, b, per_tau_w) = (m.a, m.b, 1.0 / m.tau_w);
        let per_tau_theta = 1.0 / values.value("tau_theta");
        let spike_threshold = theta + (exponential.leaky.V_peak - m.V_th);
        let rest = vec![m.E_L, 0.0, theta];
        let variables: &'static [StateVariable] = &[V_M, W, THETA];
        macro_rules! neuron {
            ($exponential:literal) => {
                Arc::new(PointNeuron {
                    dynamics: IAdExDynamics::<$exponential> {
                        exponential,
                        a,
                        b,
                        per_tau_w,
                        V_th: m.V_th,
                        a_i,
                        V_i,
                        per_tau_theta,
                    },
                    membrane: m,
                    variables,
                    rest,
                    spike_threshold,
                })
            };
        }
        Ok(if exponential.g_L_Delta_T > 0.0 { neuron!(true) } else { neuron!(false) })
    }
}
