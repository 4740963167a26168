//! The current-based leaky integrate-and-fire neuron with exact steps.

use std::sync::Arc;

use ntwk_core::Membrane;
use ntwk_core::kernel::CellModel;
use ntwk_core::kernel::LinearNeuron;
use ntwk_core::model::cell::{Bound, BrokenRule, CellKind, Fallback, Parameter, ParameterValues};
use ntwk_core::spec::units::Dimension;

use crate::parameters::{C_M, E_L, T_REF, V_M, V_RESET, V_TH, parameter};

const TAU_M: Parameter = parameter(
    "tau_m",
    Dimension::Time,
    Fallback::Required,
    Bound::Positive,
    "membrane time constant, C_m / g_L",
);

/// Leaky integrate-and-fire with exponential currents, propagated exactly from step to step:
///
/// ```text
/// dV/dt = -(V - E_L) / tau_m + (sum_r I_r + I_e) / C_m         dI_r/dt = -I_r / tau_syn,r
/// V > V_th: spike, V = V_reset, held for round(t_ref / dt) steps
/// ```
///
/// The step is exact for any mixture of time constants (singly and doubly exponential, alpha) and currents that
/// are constant within a step, under `euler` and `heun` alike. The receptors onto it have to be currents.
///
/// Sources: Rotter & Diesmann 1999, Biol Cybern 81:381 (exact integration); the model `iaf_psc_exp` of NEST, whose
/// count of refractory steps this is. NEST gives a spike the time of the end of its step, ntwk that of its start.
#[derive(Debug, Clone, Copy)]
pub struct IafPscExp;

impl CellKind for IafPscExp {
    fn name(&self) -> &'static str {
        "iaf_psc_exp"
    }

    fn doc(&self) -> &'static str {
        "Current-based leaky integrate-and-fire neuron, each step exact, as NEST's iaf_psc_exp:\n\
         dV/dt = -(V - E_L)/tau_m + I/C_m, I a sum of exponential currents (kind = \"current\") and I_e;\n\
         at V > V_th: spike, V = V_reset, held for t_ref.\n\
         Source: Rotter & Diesmann 1999, Biol Cybern 81:381, doi:10.1007/s004220050570."
    }

    fn parameters(&self) -> &'static [Parameter] {
        &[C_M, TAU_M, E_L, V_TH, V_RESET, T_REF]
    }

    #[allow(non_snake_case)]
    fn build(&self, values: &ParameterValues) -> Result<Arc<dyn CellModel>, Vec<BrokenRule>> {
        let value = |name| values.value(name);
        let (V_th, V_reset) = (value("V_th"), value("V_reset"));
        if V_reset >= V_th {
            let rule = format!("must be below V_th ({V_th} mV)");
            return Err(vec![BrokenRule { parameter: "V_reset", rule }]);
        }
        let membrane = Membrane {
            C_m: value("C_m"),
            g_L: value("C_m") / value("tau_m"),
            E_L: value("E_L"),
            V_th,
            V_reset,
            t_ref: value("t_ref"),
            a: 0.0,
            b: 0.0,
            tau_w: 1.0,
        };
        Ok(Arc::new(LinearNeuron { membrane, variables: &[V_M] }))
    }
}
