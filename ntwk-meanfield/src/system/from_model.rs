//! The mean-field system of a model: the same description that is simulated.

use std::sync::Arc;

use ntwk_core::model::Source as ModelSource;
use ntwk_core::spec::AfferentActivity;
use ntwk_core::{Model, Waveform};

use crate::scan::inputs::VarianceFactors;
use crate::scan::inputs::adaptation_is_dynamic;
use crate::scan::unsupported::{Unsupported, covered_membrane};
use crate::system::input::{Input, InputSource};
use crate::system::{
    Adaptation, Connection, InvalidMeanField, MeanField, MeanFieldPopulation, Source,
};
use crate::transfer::transfer_function::DynTransferFunction;

/// A model that has no mean field.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FromModelError {
    /// An afferent population is given as spikes: the theory needs its rate.
    #[error(
        "afferent population {afferent} is given as spikes; the theory needs a rate (afferents.{afferent}.rate)"
    )]
    AfferentSpikes {
        /// The afferent population.
        afferent: String,
    },
    /// Not one transfer function per population.
    #[error("{given} transfer functions were given for {populations} populations")]
    TransferFunctions {
        /// Functions given.
        given: usize,
        /// Populations of the model.
        populations: usize,
    },
    /// A part of the model that the theory does not cover.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// The assembled system has faults.
    #[error(transparent)]
    System(#[from] InvalidMeanField),
}

/// Assembles the mean field of `model` with one transfer function per population.
///
/// Every projection becomes a [`Connection`] with its mean in-degree times its release
/// probability, as trains with the variance of `factors` let it act. Adaptation is a variable of its own or contained in the transfer function, as the
/// model's `[theory] adaptation` says; the transfer functions must have been fitted accordingly.
///
/// # Errors
/// [`FromModelError`].
pub fn mean_field(
    model: &Model,
    transfer_functions: &[Arc<dyn DynTransferFunction>],
    factors: &VarianceFactors,
) -> Result<MeanField, FromModelError> {
    if transfer_functions.len() != model.populations().len() {
        return Err(FromModelError::TransferFunctions {
            given: transfer_functions.len(),
            populations: model.populations().len(),
        });
    }
    let populations = model
        .populations()
        .iter()
        .zip(transfer_functions)
        .enumerate()
        .map(|(index, (population, transfer_function))| {
            Ok(MeanFieldPopulation {
                name: population.name.clone(),
                size: population.size as usize,
                membrane: covered_membrane(model, index)?,
                transfer_function: Arc::clone(transfer_function),
                connections: model
                    .projections()
                    .iter()
                    .enumerate()
                    .filter(|(_, projection)| projection.target == index)
                    .map(|(p, projection)| {
                        Ok(Connection {
                            source: match projection.source {
                                ModelSource::Population(i) => Source::Population(i),
                                ModelSource::Afferent(i) => Source::Afferent(i),
                            },
                            synapse: factors.synapses(model, p)?,
                        })
                    })
                    .collect::<Result<_, Unsupported>>()?,
                adaptation: if adaptation_is_dynamic(model, index) {
                    Adaptation::Explicit
                } else {
                    Adaptation::InTransferFunction
                },
            })
        })
        .collect::<Result<_, Unsupported>>()?;
    let afferents = model.afferents().iter().map(|a| a.name.clone()).collect();
    Ok(MeanField::new(populations, afferents, model.spec().theory.T)?)
}

/// The inputs of a model as functions of time: afferent rates and injected currents.
#[derive(Debug, Clone)]
pub struct ModelInput {
    rates: Vec<Waveform>,
    currents: Vec<Waveform>,
    discontinuities: Vec<f64>,
}

impl ModelInput {
    /// The inputs of `model`.
    ///
    /// # Errors
    /// [`FromModelError::AfferentSpikes`] when an afferent population has no rate.
    pub fn new(model: &Model) -> Result<Self, FromModelError> {
        let rates = model
            .afferents()
            .iter()
            .map(|afferent| match &afferent.activity {
                AfferentActivity::Rate { rate, .. } => Ok(rate.clone()),
                AfferentActivity::Spikes { .. } => {
                    Err(FromModelError::AfferentSpikes { afferent: afferent.name.clone() })
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        let currents: Vec<Waveform> =
            model.populations().iter().map(|p| p.current.clone()).collect();
        let until = model.t_stop();
        let mut discontinuities: Vec<f64> =
            rates.iter().chain(&currents).flat_map(|w| w.discontinuities(until)).collect();
        discontinuities.sort_by(f64::total_cmp);
        discontinuities.dedup();
        Ok(Self { rates, currents, discontinuities })
    }

    /// Mean input over a window of times (ms), sampled every `dt`.
    #[must_use]
    pub fn mean(&self, window: [f64; 2], dt: f64) -> Input {
        let n = ((window[1] - window[0]) / dt).round().max(1.0) as usize;
        let mean = |waveform: &Waveform| match waveform.constant() {
            Some(value) => value,
            None => (0..n).map(|k| waveform.at(window[0] + k as f64 * dt)).sum::<f64>() / n as f64,
        };
        Input {
            afferent_rates: self.rates.iter().map(mean).collect(),
            currents: self.currents.iter().map(mean).collect(),
        }
    }
}

impl InputSource for ModelInput {
    fn discontinuities(&self) -> &[f64] {
        &self.discontinuities
    }

    fn write(&self, t: f64, input: &mut Input) {
        for (value, waveform) in input.afferent_rates.iter_mut().zip(&self.rates) {
            *value = waveform.at(t);
        }
        for (value, waveform) in input.currents.iter_mut().zip(&self.currents) {
            *value = waveform.at(t);
        }
    }
}
