//! What a model may contain and the theory does not cover.

use ntwk_core::model::Projection;
use ntwk_core::spec::{PlasticitySpec, ReceptorKind};
use ntwk_core::{Membrane, Model};

use crate::moments::synapse::{Mixture, SynapseClass};

/// A part of a model that has no mean field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {reason}")]
pub struct Unsupported {
    /// Key of the part in the model.
    pub key: String,
    /// Why the theory does not cover it.
    pub reason: String,
}

/// The membrane of a population's cells.
///
/// # Errors
/// [`Unsupported`] for a kind of cell that the theory does not cover.
pub fn covered_membrane(model: &Model, population: usize) -> Result<Membrane, Unsupported> {
    let described = &model.populations()[population];
    match described.cell.beyond_theory() {
        None => Ok(described.cell.membrane()),
        Some(why) => Err(Unsupported {
            key: format!("populations.{}.cell", described.name),
            reason: format!("the theory does not cover cells of kind {}: {why}", described.kind),
        }),
    }
}

/// The synapses of a projection as the theory sees them: `in_degree` of the mean weight.
///
/// A current of `w` pA is a mixture without a conductance: `|w|` nS with a driving force of 1 mV, or -1 mV for `w < 0`.
///
/// # Errors
/// [`Unsupported`] for a receptor that has a rise time, and for plastic synapses.
pub fn synapse_class(
    model: &Model,
    projection: &Projection,
    in_degree: f64,
) -> Result<SynapseClass, Unsupported> {
    let receptor = &model.receptors()[projection.receptor];
    let fault = |key: String, reason: &str| Unsupported { key, reason: reason.to_owned() };
    if receptor.tau_rise.is_some() {
        return Err(fault(
            format!("receptors.{}.tau_rise", receptor.name),
            "the moments are those of exponential synapses; leave the rise time out",
        ));
    }
    if let Some(plasticity) = projection.plasticity {
        let rule = match plasticity {
            PlasticitySpec::TsodyksMarkram { .. } => "short-term plasticity",
            PlasticitySpec::Stdp { .. } => "spike-timing-dependent plasticity",
        };
        let key = format!("projections.{}.plasticity", projection.name);
        return Err(fault(key, &format!("the theory has no {rule}")));
    }
    #[allow(non_snake_case)]
    let (E_rev, mixture) = match receptor.kind {
        ReceptorKind::Conductance { E_rev } => (E_rev, None),
        ReceptorKind::Mixture { E_rev, alpha, V_0 } => (E_rev, Some(Mixture { alpha, V_0 })),
        ReceptorKind::Current => {
            (projection.weight.signum(), Some(Mixture { alpha: 0.0, V_0: 0.0 }))
        }
    };
    let weight = match receptor.kind {
        ReceptorKind::Current => projection.weight.abs(),
        _ => projection.weight,
    };
    Ok(SynapseClass { in_degree, weight, tau_syn: receptor.tau_syn, E_rev, mixture })
}
