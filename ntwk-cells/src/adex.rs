//! The adaptive exponential integrate-and-fire family: LIF, EIF, AdEx.
//!
//! ```text
//! C_m dV/dt   = g_L (E_L - V) + g_L Delta_T exp((V - V_th) / Delta_T) - w + I
//! tau_w dw/dt = a (V - E_L) - w
//! V > V_peak: spike, V = V_reset, w = w + b; V is held for t_ref while w goes on
//! ```
//!
//! LIF has no exponential and no `w` (spike at `V > V_th`), EIF no `w`. `V_peak` defaults to
//! `V_th + 5 Delta_T`.
//!
//! Sources: Brette & Gerstner 2005, J Neurophysiol 94:3637 (eqs 1-3); Fourcaud-Trocmé et al. 2003,
//! J Neurosci 23:11628 (EIF).

use std::sync::Arc;

use ntwk_core::Membrane;
use ntwk_core::kernel::CellModel;
use ntwk_core::kernel::{NeuronDynamics, PointNeuron, exp};
use ntwk_core::model::cell::{BrokenRule, CellKind, Parameter, ParameterValues, WrittenEquations};

use crate::parameters::{
    A, B, C_M, DELTA_T, E_L, G_L, T_REF, TAU_W, V_M, V_PEAK, V_RESET, V_TH, W, idle_tau_w,
    require_tau_w,
};

/// Leaky integrate-and-fire.
#[derive(Debug, Clone, Copy)]
pub struct Lif;

/// Exponential integrate-and-fire.
#[derive(Debug, Clone, Copy)]
pub struct Eif;

/// Adaptive exponential integrate-and-fire.
#[derive(Debug, Clone, Copy)]
pub struct AdEx;

/// Equations of [`Lif`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(non_snake_case)]
pub struct LifDynamics {
    /// `1 / C_m` (1/pF).
    per_C_m: f64,
    g_L: f64,
    pub(crate) E_L: f64,
    pub(crate) V_reset: f64,
    pub(crate) V_peak: f64,
}

impl NeuronDynamics<0> for LifDynamics {
    #[inline(always)]
    fn derivatives(&self, v: f64, _: [f64; 0], current: f64) -> (f64, [f64; 0]) {
        ((self.g_L * (self.E_L - v) + current) * self.per_C_m, [])
    }

    #[inline(always)]
    fn threshold(&self, _: [f64; 0]) -> f64 {
        self.V_peak
    }

    #[inline(always)]
    fn reset(&self, _: f64, _: [f64; 0]) -> (f64, [f64; 0]) {
        (self.V_reset, [])
    }
}

/// Equations of [`Eif`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(non_snake_case)]
pub struct EifDynamics {
    pub(crate) leaky: LifDynamics,
    V_th: f64,
    /// `1 / Delta_T` (1/mV).
    per_Delta_T: f64,
    /// `g_L Delta_T` (pA).
    pub(crate) g_L_Delta_T: f64,
}

impl EifDynamics {
    /// The exponential current `g_L Delta_T exp((V - V_th) / Delta_T)` (pA).
    #[inline(always)]
    pub(crate) fn spike_current(&self, v: f64) -> f64 {
        self.g_L_Delta_T * exp((v - self.V_th) * self.per_Delta_T)
    }
}

impl NeuronDynamics<0> for EifDynamics {
    #[inline(always)]
    fn derivatives(&self, v: f64, x: [f64; 0], current: f64) -> (f64, [f64; 0]) {
        self.leaky.derivatives(v, x, current + self.spike_current(v))
    }

    #[inline(always)]
    fn threshold(&self, x: [f64; 0]) -> f64 {
        self.leaky.threshold(x)
    }

    #[inline(always)]
    fn reset(&self, v: f64, x: [f64; 0]) -> (f64, [f64; 0]) {
        self.leaky.reset(v, x)
    }
}

/// Equations of [`AdEx`], with (`EXPONENTIAL`) or without the exponential.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(non_snake_case)]
pub struct AdExDynamics<const EXPONENTIAL: bool> {
    exponential: EifDynamics,
    a: f64,
    b: f64,
    /// `1 / tau_w` (1/ms).
    per_tau_w: f64,
}

impl<const EXPONENTIAL: bool> NeuronDynamics<1> for AdExDynamics<EXPONENTIAL> {
    #[inline(always)]
    fn derivatives(&self, v: f64, [w]: [f64; 1], current: f64) -> (f64, [f64; 1]) {
        let current =
            if EXPONENTIAL { current + self.exponential.spike_current(v) } else { current };
        let (dv, []) = self.exponential.leaky.derivatives(v, [], current - w);
        let dw = (self.a * (v - self.exponential.leaky.E_L) - w) * self.per_tau_w;
        (dv, [dw])
    }

    #[inline(always)]
    fn threshold(&self, _: [f64; 1]) -> f64 {
        self.exponential.leaky.V_peak
    }

    #[inline(always)]
    fn reset(&self, _: f64, [w]: [f64; 1]) -> (f64, [f64; 1]) {
        (self.exponential.leaky.V_reset, [w + self.b])
    }
}

/// Constants common to the family; what a kind lacks is zero. A cell that does not adapt has no `tau_w`; any
/// value does for it.
pub(crate) fn membrane(values: &ParameterValues) -> Membrane {
    Membrane {
        C_m: values.value("C_m"),
        g_L: values.value("g_L"),
        E_L: values.value("E_L"),
        V_th: values.value("V_th"),
        V_reset: values.value("V_reset"),
        t_ref: values.value("t_ref"),
        a: values.get("a").unwrap_or(0.0),
        b: values.get("b").unwrap_or(0.0),
        tau_w: values.get("tau_w").unwrap_or(1.0),
    }
}

/// The equations of the family and the rules that bind its parameters.
#[allow(non_snake_case)]
pub(crate) fn dynamics(
    values: &ParameterValues,
) -> Result<(Membrane, EifDynamics), Vec<BrokenRule>> {
    let m = membrane(values);
    let Delta_T = values.get("Delta_T").unwrap_or(0.0);
    let V_peak = values.get("V_peak").unwrap_or(m.V_th + 5.0 * Delta_T);
    let mut broken = Vec::new();
    if m.V_reset >= V_peak {
        let rule =
            format!("must be below the potential at which a spike is declared ({V_peak} mV)");
        broken.push(BrokenRule { parameter: "V_reset", rule });
    }
    if V_peak < m.V_th {
        let rule = format!("must not be below V_th ({} mV)", m.V_th);
        broken.push(BrokenRule { parameter: "V_peak", rule });
    }
    // The exponential current must stay far from overflow up to V_peak.
    if Delta_T > 0.0 && (V_peak - m.V_th) / Delta_T > 200.0 {
        let rule = format!(
            "is {} slopes Delta_T above V_th; the exponential would overflow; at most {} mV, and from V_th + 5 Delta_T on \
             ({} mV) a higher one changes the time of a spike by a step at most",
            (V_peak - m.V_th) / Delta_T,
            m.V_th + 200.0 * Delta_T,
            m.V_th + 5.0 * Delta_T
        );
        broken.push(BrokenRule { parameter: "V_peak", rule });
    }
    if values.get("a").is_some() {
        require_tau_w(values, &mut broken);
    }
    if broken.is_empty() {
        let leaky = LifDynamics {
            per_C_m: 1.0 / m.C_m,
            g_L: m.g_L,
            E_L: m.E_L,
            V_reset: m.V_reset,
            V_peak,
        };
        let per_Delta_T = if Delta_T > 0.0 { 1.0 / Delta_T } else { 0.0 };
        Ok((m, EifDynamics { leaky, V_th: m.V_th, per_Delta_T, g_L_Delta_T: m.g_L * Delta_T }))
    } else {
        Err(broken)
    }
}

/// Values with `V_peak` and `tau_w` where they are left out.
pub(crate) fn complete(values: &ParameterValues) -> ParameterValues {
    let mut complete = values.clone();
    let derived = [
        ("V_peak", values.value("V_th") + 5.0 * values.get("Delta_T").unwrap_or(0.0)),
        ("tau_w", membrane(values).tau_w),
    ];
    for (name, value) in derived {
        if values.get(name).is_none() {
            complete.values.push((name, value));
        }
    }
    complete
}

fn without_w<D: NeuronDynamics<0>>(m: Membrane, dynamics: D) -> Arc<dyn CellModel> {
    let spike_threshold = dynamics.threshold([]);
    Arc::new(PointNeuron {
        dynamics,
        membrane: m,
        variables: &[V_M],
        rest: vec![m.E_L],
        spike_threshold,
    })
}

fn with_w<D: NeuronDynamics<1>>(m: Membrane, dynamics: D) -> Arc<dyn CellModel> {
    let spike_threshold = dynamics.threshold([0.0]);
    Arc::new(PointNeuron {
        dynamics,
        membrane: m,
        variables: &[V_M, W],
        rest: vec![m.E_L, 0.0],
        spike_threshold,
    })
}

impl CellKind for Lif {
    fn name(&self) -> &'static str {
        "LIF"
    }

    fn doc(&self) -> &'static str {
        "Leaky integrate-and-fire neuron:\n\
         C_m dV/dt = g_L (E_L - V) + I; at V > V_th: spike, V = V_reset, held for t_ref.\n\
         Source: Lapicque 1907; Dayan & Abbott 2001, section 5.4."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[C_M, G_L, E_L, V_TH, V_RESET, T_REF]
    }

    fn equations(&self) -> Option<WrittenEquations> {
        Some(WrittenEquations {
            variables: &[("V", "mV")],
            equations: "dV/dt = (g_L*(E_L - V) + I_syn)/C_m",
            when: "V > V_th",
            then: "V = V_reset",
            refractory: Some("t_ref"),
            hold: &["V"],
        })
    }

    fn build(&self, values: &ParameterValues) -> Result<Arc<dyn CellModel>, Vec<BrokenRule>> {
        dynamics(values).map(|(m, d)| without_w(m, d.leaky))
    }
}

impl CellKind for Eif {
    fn name(&self) -> &'static str {
        "EIF"
    }

    fn doc(&self) -> &'static str {
        "Exponential integrate-and-fire neuron:\n\
         C_m dV/dt = g_L (E_L - V) + g_L Delta_T exp((V - V_th)/Delta_T) + I;\n\
         at V > V_peak: spike, V = V_reset, held for t_ref.\n\
         Source: Fourcaud-Trocmé, Hansel, van Vreeswijk & Brunel 2003, J Neurosci 23:11628."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[C_M, G_L, E_L, V_TH, DELTA_T, V_PEAK, V_RESET, T_REF]
    }

    fn equations(&self) -> Option<WrittenEquations> {
        Some(WrittenEquations {
            variables: &[("V", "mV")],
            equations: "dV/dt = (g_L*(E_L - V) + g_L*Delta_T*exp((V - V_th)/Delta_T) + I_syn)/C_m",
            when: "V > V_peak",
            then: "V = V_reset",
            refractory: Some("t_ref"),
            hold: &["V"],
        })
    }

    fn complete(&self, values: &ParameterValues) -> ParameterValues {
        complete(values)
    }

    fn build(&self, values: &ParameterValues) -> Result<Arc<dyn CellModel>, Vec<BrokenRule>> {
        dynamics(values)
            .map(|(m, d)| if d.g_L_Delta_T > 0.0 { without_w(m, d) } else { without_w(m, d.leaky) })
    }
}

impl CellKind for AdEx {
    fn name(&self) -> &'static str {
        "AdEx"
    }

    fn doc(&self) -> &'static str {
        "Adaptive exponential integrate-and-fire neuron:\n\
         C_m dV/dt   = g_L (E_L - V) + g_L Delta_T exp((V - V_th)/Delta_T) - w + I\n\
         tau_w dw/dt = a (V - E_L) - w;\n\
         at V > V_peak: spike, V = V_reset, w += b, V held for t_ref while w goes on.\n\
         Source: Brette & Gerstner 2005, J Neurophysiol 94:3637, eqs 1-3."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[C_M, G_L, E_L, V_TH, DELTA_T, V_PEAK, V_RESET, T_REF, A, B, TAU_W]
    }

    fn idle(&self, values: &ParameterValues) -> Vec<(&'static str, String)> {
        idle_tau_w(values)
    }

    fn equations(&self) -> Option<WrittenEquations> {
        Some(WrittenEquations {
            variables: &[("V", "mV"), ("w", "pA")],
            equations: "dV/dt = (g_L*(E_L - V) + g_L*Delta_T*exp((V - V_th)/Delta_T) - w + I_syn)/C_m\n\
                        dw/dt = (a*(V - E_L) - w)/tau_w",
            when: "V > V_peak",
            then: "V = V_reset; w += b",
            refractory: Some("t_ref"),
            hold: &["V"],
        })
    }

    fn complete(&self, values: &ParameterValues) -> ParameterValues {
        complete(values)
    }

    /// Without adaptation (a = b = 0) `w` stays zero, so the equations without it are used.
    fn build(&self, values: &ParameterValues) -> Result<Arc<dyn CellModel>, Vec<BrokenRule>> {
        let (m, d) = dynamics(values)?;
        let exponential = d.g_L_Delta_T > 0.0;
        let adapting = m.a != 0.0 || m.b != 0.0;
        let per_tau_w = 1.0 / m.tau_w;
        Ok(match (exponential, adapting) {
            (true, true) => {
                with_w(m, AdExDynamics::<true> { exponential: d, a: m.a, b: m.b, per_tau_w })
            }
            (false, true) => {
                with_w(m, AdExDynamics::<false> { exponential: d, a: m.a, b: m.b, per_tau_w })
            }
            (true, false) => without_w(m, d),
            (false, false) => without_w(m, d.leaky),
        })
    }
}
