//! The mean field of a model whose populations lie on a ring.

use ntwk_core::Model;
use ntwk_core::Waveform;
use ntwk_core::model::{Population, Source as ModelSource};
use ntwk_core::spec::{ConnectionSpec, DelaySpec, SpaceSpec};

use crate::scan::unsupported::Unsupported;
use crate::spatial::coupling::{Coupling, InvalidCoupling};
use crate::spatial::spatial_mean_field::{SpatialError, SpatialMeanField};
use crate::system::MeanField;
use crate::system::from_model::{FromModelError, ModelInput};
use crate::system::input::{Input, InputSource};

/// The mean field of a ring, and its input by node: the description that is simulated, with the neurons of each node as one
/// local population.
///
/// Connections that fall off with distance become a Gaussian of the same width between the centres of the nodes (see
/// [`Coupling::ring`]); those that do not fall off receive the mean of all nodes; one-to-one connections stay in their node. A delay that
/// grows with distance is that of the centres. Populations without a space do the same at every node.
#[derive(Debug, Clone)]
pub struct RingModel {
    /// The coupled nodes.
    pub network: SpatialMeanField,
    /// Circumference (µm).
    pub length: f64,
    input: ModelInput,
    /// Population, share of each node's neurons, current.
    injections: Vec<(usize, Vec<f64>, Waveform)>,
}

/// A model that has no mean field on a ring.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RingModelError {
    /// No population lies on a ring, or they lie on different ones.
    #[error(
        "{0}: the mean field of a ring needs populations with space = {{ layout = \"ring\", length = ... }}, all of one length"
    )]
    NoRing(String),
    /// There is no mean field.
    #[error(transparent)]
    Model(#[from] FromModelError),
    /// A coupling is out of range.
    #[error(transparent)]
    Coupling(#[from] InvalidCoupling),
    /// The nodes cannot be coupled.
    #[error(transparent)]
    Network(#[from] SpatialError),
}

impl RingModel {
    /// The ring of `model`, cut into `nodes`, each with the mean field `local` of the model.
    ///
    /// # Errors
    /// [`RingModelError`].
    pub fn new(model: &Model, local: MeanField, nodes: usize) -> Result<Self, RingModelError> {
        let length = ring_length(model)?;
        let mut network = SpatialMeanField::new(local, nodes)?;
        for population in 0..model.populations().len() {
            for (connection, projection) in model.projections_onto(population).enumerate() {
                let ModelSource::Population(_) = projection.source else { continue };
                let mean = f64::from(projection.delay_steps) * model.dt();
                let delay = |distance: f64| match projection.delays {
                    // µm and m/s, that is µm/µs.
                    DelaySpec::Distance { base, velocity } => base + 1e-3 * distance / velocity,
                    DelaySpec::Drawn(_) => mean,
                };
                let coupling = match &projection.connection {
                    ConnectionSpec::DistanceGaussian { sigma, .. } => {
                        Coupling::ring(nodes, length, Some(*sigma), delay)?
                    }
                    ConnectionSpec::OneToOne => Coupling::local(nodes, delay(0.0))?,
                    ConnectionSpec::Pairs { .. } => {
                        return Err(FromModelError::from(Unsupported {
                            key: format!("projections.{}.connection", projection.name),
                            reason: "the mean field of a ring needs a rule, not given pairs"
                                .to_owned(),
                        })
                        .into());
                    }
                    _ => Coupling::ring(nodes, length, None, delay)?,
                };
                network.connect(population, connection, coupling)?;
            }
        }
        let injections = model
            .populations()
            .iter()
            .enumerate()
            .flat_map(|(p, population)| {
                population.injections.iter().map(move |(neurons, current)| {
                    (p, shares(population, neurons, nodes), current.clone())
                })
            })
            .collect();
        Ok(Self { network, length, input: ModelInput::new(model)?, injections })
    }

    /// Input of a node at time `t` (ms). Of a current into part of a node's neurons the mean over the node counts.
    pub fn write(&self, node: usize, t: f64, input: &mut Input) {
        self.input.write(t, input);
        for (population, shares, current) in &self.injections {
            if shares[node] > 0.0 {
                input.currents[*population] += shares[node] * current.at(t);
            }
        }
    }

    /// Distance of the centres of the nodes from the beginning of the ring (µm).
    #[must_use]
    pub fn positions(&self) -> Vec<f64> {
        let n = self.network.nodes();
        (0..n).map(|x| (x as f64 + 0.5) * self.length / n as f64).collect()
    }
}

/// The node of a neuron of a population of `size` on a ring of `nodes`.
#[must_use]
pub fn node_of(neuron: u32, size: u32, nodes: usize) -> usize {
    let position = (f64::from(neuron) + 0.5) / f64::from(size.max(1));
    ((position * nodes as f64) as usize).min(nodes.saturating_sub(1))
}

fn ring_length(model: &Model) -> Result<f64, RingModelError> {
    let mut length = None;
    for population in model.populations() {
        match (population.space, length) {
            (None, _) => {}
            (Some(SpaceSpec::Ring { length: l }), None) => length = Some(l),
            (Some(SpaceSpec::Ring { length: l }), Some(known)) if l == known => {}
            _ => return Err(RingModelError::NoRing(format!("populations.{}", population.name))),
        }
    }
    length.ok_or_else(|| RingModelError::NoRing("populations".to_owned()))
}

/// The share of each node's neurons that is among `neurons`.
fn shares(population: &Population, neurons: &[u32], nodes: usize) -> Vec<f64> {
    if population.space.is_none() {
        return vec![neurons.len() as f64 / f64::from(population.size.max(1)); nodes];
    }
    let count = |ids: &mut dyn Iterator<Item = u32>| {
        let mut counts = vec![0.0; nodes];
        ids.for_each(|i| counts[node_of(i, population.size, nodes)] += 1.0);
        counts
    };
    let all = count(&mut (0..population.size));
    let some = count(&mut neurons.iter().copied());
    some.iter().zip(&all).map(|(s, a)| if *a > 0.0 { s / a } else { 0.0 }).collect()
}
