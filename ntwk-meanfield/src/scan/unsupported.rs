//! What a model may contain and the theory does not cover.

use ntwk_core::model::Projection;
use ntwk_core::spec::{PlasticitySpec, ReceptorKind};
use ntwk_core::{Membrane, Model};

use crate::moments::membrane_faults;
use crate::moments::short_term::ShortTermPlasticity;
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
/// [`Unsupported`] for a kind of cell that the theory does not cover, and for constants that it has no moments for (`a < 0`).
pub fn covered_membrane(model: &Model, population: usize) -> Result<Membrane, Unsupported> {
    let described = &model.populations()[population];
    match described.cell.beyond_theory() {
        None => {
            let membrane = described.cell.membrane();
            let fault = membrane_faults(&membrane).into_iter().next();
            fault.map_or(Ok(membrane), |(name, value, requirement)| {
                Err(Unsupported {
                    key: format!("populations.{}.cell.{name}", described.name),
                    reason: format!(
                        "it is {value}, and the theory needs {requirement}; 'ntwk run' simulates the model"
                    ),
                })
            })
        }
        Some(why) => Err(Unsupported {
            key: format!("populations.{}.cell", described.name),
            reason: format!("the theory does not cover cells of kind {}: {why}", described.kind),
        }),
    }
}

/// The synapses of a projection as the theory sees them: `in_degree` of the mean weight.
///
/// A current of `w` pA is a mixture without a conductance: `w` nS with a driving force of 1 mV.
///
/// # Errors
/// [`Unsupported`] for weights that change with spike timing, and for steps of the potential.
pub fn synapse_class(
    model: &Model,
    projection: &Projection,
    in_degree: f64,
) -> Result<SynapseClass, Unsupported> {
    let receptor = &model.receptors()[projection.receptor];
    if projection.synapse.is_some() {
        return Err(Unsupported {
            key: format!("projections.{}.synapse", projection.name),
            reason: "the theory has no synapses by equations (of short-term plasticity it knows plasticity.rule = \
                     \"tsodyks_markram\"): such a network can be simulated"
                .to_owned(),
        });
    }
    let short_term = match projection.plasticity {
        None => None,
        Some(PlasticitySpec::TsodyksMarkram { U, tau_rec, tau_facil }) => {
            Some(ShortTermPlasticity { U, tau_rec, tau_facil })
        }
        Some(PlasticitySpec::Stdp { .. }) => {
            return Err(Unsupported {
                key: format!("projections.{}.plasticity", projection.name),
                reason: "the theory has no spike-timing-dependent plasticity".to_owned(),
            });
        }
    };
    #[allow(non_snake_case)]
    let (E_rev, mixture) = match receptor.kind {
        ReceptorKind::Conductance { E_rev } => (E_rev, None),
        ReceptorKind::Mixture { E_rev, alpha, V_0 } => (E_rev, Some(Mixture { alpha, V_0 })),
        // A driving force of 1 mV: nS stand for pA.
        ReceptorKind::Current => (1.0, Some(Mixture { alpha: 0.0, V_0: 0.0 })),
        ReceptorKind::Variable { .. } | ReceptorKind::Equations { .. } => {
            return Err(Unsupported {
                key: format!("receptors.{}.kind", receptor.name),
                reason: "the theory knows receptors by tau_syn (\"conductance\", \"current\", \"mixture\"), none that is a variable \
                         of the cell or has equations of its own: such a network can be simulated"
                    .to_owned(),
            });
        }
        ReceptorKind::Delta => {
            return Err(Unsupported {
                key: format!("receptors.{}.kind", receptor.name),
                reason: "the theory has no steps of the potential (\"delta\"): a current with a short tau_syn and the weight \
                         weight x C_m / tau_syn is the nearest"
                    .to_owned(),
            });
        }
    };
    let weight = projection.weight;
    let (tau_syn, tau_rise) = (receptor.tau_syn, receptor.tau_rise.unwrap_or(0.0));
    Ok(SynapseClass { in_degree, weight, tau_syn, E_rev, mixture, tau_rise, short_term })
}
