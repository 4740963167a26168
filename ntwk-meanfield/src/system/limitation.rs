//! What the theory leaves out of a model.

use std::collections::BTreeSet;

use ntwk_core::Model;
use ntwk_core::model::Source;
use ntwk_core::spec::{AfferentActivity, ConnectionSpec, DelaySpec, EventStatistics, Trains};

use crate::scan::inputs::adaptation_is_dynamic;

/// A property of a model that its first-order mean field does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Limitation {
    /// Projections have delays.
    #[error(
        "delays ({}): rates over time use their means, stability and spectra how they are distributed; fixed points do not \
         depend on them",
        projections.join(", ")
    )]
    MeanDelays {
        /// Names of the projections.
        projections: Vec<String>,
    },
    /// Delays grow with distance.
    #[error(
        "the distance-dependent delays of {projection} are replaced by their mean; ntwk meanfield ring has a mean field \
         at every place"
    )]
    DistanceDelays {
        /// Name of the projection.
        projection: String,
    },
    /// Neurons are connected to their neighbours.
    #[error(
        "sources of {} are near their targets: neighbours share them and fire together, which the theory leaves out; rates of \
         the network may be lower by 10 to 20 %",
        projections.join(", ")
    )]
    Neighbours {
        /// Names of the projections.
        projections: Vec<String>,
    },
    /// Weights differ between synapses.
    #[error("the weights of {projection} are distributed; the theory takes their mean")]
    DistributedWeights {
        /// Name of the projection.
        projection: String,
    },
    /// Synapses with short-term plasticity are in their stationary state.
    #[error(
        "short-term plasticity of {projection} is the stationary one at the rate of its source: the theory leaves out how it \
         gets there; releases in a row are taken as independent, so that rates may be a tenth too high"
    )]
    StationaryPlasticity {
        /// Name of the projection.
        projection: String,
    },
    /// The transfer function belongs to other cells.
    #[error(
        "the transfer function of {population} was measured on other cells; moments of its V_m are those of the point neuron"
    )]
    MeasuredElsewhere {
        /// Name of the population.
        population: String,
    },
    /// Some neurons differ from the others.
    #[error("some neurons of {population} have injected currents, which the theory leaves out")]
    SingledOutNeurons {
        /// Name of the population.
        population: String,
    },
    /// Some neurons are held by a voltage clamp.
    #[error(
        "{clamped} of {neurons} neurons of {population} are held by a voltage clamp for a time, in which they do not fire; the \
         theory leaves clamps out"
    )]
    ClampedNeurons {
        /// Name of the population.
        population: String,
        /// Neurons that some clamp holds.
        clamped: usize,
        /// Neurons of the population.
        neurons: u32,
    },
    /// The model changes during the run.
    #[error("the theory leaves out the changes during the run ([[events]])")]
    Changes,
    /// Trains of afferent neurons share events, or have spikes of their own.
    #[error(
        "the theory takes the trains of {afferent} as independent, without the spikes given beside the rate"
    )]
    SharedTrains {
        /// Name of the afferent population.
        afferent: String,
    },
    /// Events are less variable than Poisson.
    #[error(
        "transfer functions and rates over time take the events of {afferent} as Poisson; at most one per step has a smaller \
         variance, which only the refined stationary state has"
    )]
    RegularEvents {
        /// Name of the afferent population.
        afferent: String,
    },
    /// Adaptation has no memory.
    #[error(
        "adaptation of {population} is stationary in its transfer function: the first-order dynamics has no memory of \
         past activity beyond T"
    )]
    StationaryAdaptation {
        /// Name of the population.
        population: String,
    },
    /// Spike trains could not be measured.
    #[error(
        "there is no stable state at which spike trains could be measured; they are taken as Poisson trains"
    )]
    NoStateForTrains,
}

impl Limitation {
    /// Whether it is one of a single mean field, which a mean field at every place does not have.
    #[must_use]
    pub fn is_of_one_place(&self) -> bool {
        matches!(
            self,
            Self::MeanDelays { .. } | Self::DistanceDelays { .. } | Self::SingledOutNeurons { .. }
        )
    }
}

/// Properties of a model that its first-order mean field does not have.
#[must_use]
pub fn limitations(model: &Model) -> Vec<Limitation> {
    let mut found = Vec::new();
    let delayed: Vec<String> = model
        .projections()
        .iter()
        .filter(|p| p.delay_steps > 0 && matches!(p.source, Source::Population(_)))
        .map(|p| p.name.clone())
        .collect();
    if !delayed.is_empty() {
        found.push(Limitation::MeanDelays { projections: delayed });
    }
    let near: Vec<String> = (model.projections().iter())
        .filter(|p| matches!(p.connection, ConnectionSpec::DistanceGaussian { .. }))
        .map(|p| p.name.clone())
        .collect();
    if !near.is_empty() {
        found.push(Limitation::Neighbours { projections: near });
    }
    for projection in model.projections() {
        let name = || projection.name.clone();
        if matches!(projection.delays, DelaySpec::Distance { .. }) {
            found.push(Limitation::DistanceDelays { projection: name() });
        }
        if projection.plasticity.is_some() {
            found.push(Limitation::StationaryPlasticity { projection: name() });
        }
        let weights = model.spec().theory.distributed_weights;
        if !weights && projection.weights.constant().is_none() {
            found.push(Limitation::DistributedWeights { projection: name() });
        }
    }
    for measured in &model.spec().theory.measured {
        found.push(Limitation::MeasuredElsewhere { population: measured.population.clone() });
    }
    for population in model.populations() {
        if !population.injections.is_empty() {
            found.push(Limitation::SingledOutNeurons { population: population.name.clone() });
        }
        let clamps = population.voltage_clamps.iter();
        let clamped: BTreeSet<u32> = clamps.flat_map(|c| c.neurons.iter().copied()).collect();
        if !clamped.is_empty() {
            found.push(Limitation::ClampedNeurons {
                population: population.name.clone(),
                clamped: clamped.len(),
                neurons: population.size,
            });
        }
    }
    if !model.changes().is_empty() || !model.synaptic_events().is_empty() {
        found.push(Limitation::Changes);
    }
    for afferent in model.afferents() {
        let name = || afferent.name.clone();
        if let AfferentActivity::Rate { trains: Trains::PerSource { correlation, spikes }, .. } =
            &afferent.activity
            && (*correlation > 0.0 || !spikes.is_empty())
        {
            found.push(Limitation::SharedTrains { afferent: name() });
        }
        if let AfferentActivity::Rate { statistics: EventStatistics::AtMostOnePerStep, .. } =
            afferent.activity
        {
            found.push(Limitation::RegularEvents { afferent: name() });
        }
    }
    for (index, population) in model.populations().iter().enumerate() {
        let membrane = population.cell.membrane();
        let adapting = membrane.a != 0.0 || membrane.b != 0.0;
        if adapting && !adaptation_is_dynamic(model, index) {
            found.push(Limitation::StationaryAdaptation { population: population.name.clone() });
        }
    }
    found
}
