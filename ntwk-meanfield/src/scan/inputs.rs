//! The inputs of a cell as the theory sees them: classes of equal synapses, and what the regularity of spike trains, multapses
//! and the spread of weights do to them.
//!
//! After a spike a cell needs time to recover from its reset. The variance of its spike counts over their mean, the Fano factor
//! `F`, is then below one, and so is the variance that its spikes give to the membrane potential of another cell, relative to
//! that of Poisson trains. A source with two synapses onto a neuron, or a strong one beside a weak one, give a larger variance
//! than as many equal synapses of sources of their own. Inputs that make `phi` times the variance of Poisson trains through
//! equal synapses, at the same mean, act as Poisson trains of more and smaller events: in-degree `K / phi`, weight `phi Q`.
//! [`VarianceFactors`] are these `phi`; with them the single-cell scan and the mean field see the network's synapses as such
//! ones.

use ntwk_core::Model;
use ntwk_core::model::{Projection, Source};
use ntwk_core::spec::{AdaptationTheory, Distribution};

use crate::moments::Moments;
use crate::moments::synapse::SynapseClass;
use crate::scan::measurement::Measurement;
use crate::scan::unsupported::{Unsupported, synapse_class};

/// Synapses onto a population that the theory cannot tell apart.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassOfInputs {
    /// Name of the receptor.
    pub receptor: String,
    /// Indices of the model's projections in this class.
    pub projections: Vec<usize>,
    /// Mean weight of a synapse, that of the model, in nS, or in pA where the receptor is a current.
    pub weight: f64,
    /// Events that a single cell is given for a spike of every source: `K / phi`, with the `phi` of multapses and regularity
    /// alone.
    pub event_degree: f64,
    /// Their weights (nS, or pA): `phi` times those of the synapses.
    pub event_weights: Distribution,
    /// The class; its in-degree is the sum over the projections, release probability included. Synapses with short-term
    /// plasticity have the weight of their mean release at 5 Hz.
    pub synapses: SynapseClass,
    /// Unit of its weight.
    pub unit: &'static str,
}

/// Rate (Hz) at which the scan takes plastic synapses. Transfer functions are those of the moments, whatever made them.
const TYPICAL_RATE: f64 = 5.0;

/// Groups the projections onto population `target` into classes of one receptor and distribution of weights, in order of first appearance;
/// with their synapses as the theory sees them at `factors`, of which a class has the mean over its synapses.
///
/// # Errors
/// [`Unsupported`] for synapses the theory does not cover.
pub fn classes_of_inputs(
    model: &Model,
    target: usize,
    factors: &VarianceFactors,
) -> Result<Vec<ClassOfInputs>, Unsupported> {
    let mut classes: Vec<ClassOfInputs> = Vec::new();
    for (index, projection) in model.projections().iter().enumerate() {
        if projection.target != target || effective_in_degree(projection) == 0.0 {
            continue;
        }
        let receptor = &model.receptors()[projection.receptor];
        let weights = drawn_weights(model, projection);
        let mut synapses = synapse_class(model, projection, 0.0)?;
        let (released, _) = synapses.release(TYPICAL_RATE);
        synapses.weight *= released;
        synapses.short_term = None;
        let same = classes.iter_mut().find(|class| {
            let first = &model.projections()[class.projections[0]];
            class.receptor == receptor.name
                && class.weight == projection.weight
                && first.plasticity == projection.plasticity
                && drawn_weights(model, first) == weights
        });
        match same {
            Some(class) => class.projections.push(index),
            None => classes.push(ClassOfInputs {
                receptor: receptor.name.clone(),
                projections: vec![index],
                weight: projection.weight,
                event_degree: 0.0,
                event_weights: weights.times(released),
                synapses,
                unit: receptor.kind.dimension().unit(),
            }),
        }
    }
    for class in &mut classes {
        let (mut synapses, mut variance) = (0.0, 0.0);
        let spread = weight_variance(model, &model.projections()[class.projections[0]]);
        for &p in &class.projections {
            let projection = &model.projections()[p];
            // What it is refused for, it is refused for in every place of a class.
            synapse_class(model, projection, 0.0)?;
            let degree = effective_in_degree(projection);
            synapses += degree;
            variance += degree * factors.of(model, p);
        }
        let phi = variance / synapses;
        class.synapses.in_degree = synapses / phi;
        class.synapses.weight *= phi;
        class.event_degree = synapses * spread / phi;
        class.event_weights = class.event_weights.times(phi / spread);
    }
    Ok(classes)
}

/// Whether the mean field has the adaptation of population `population` as a variable: the model
/// asks for it and the cell adapts.
#[must_use]
pub fn adaptation_is_dynamic(model: &Model, population: usize) -> bool {
    let described = &model.populations()[population];
    let membrane = described.cell.membrane();
    model.spec().theory.adaptation_of(&described.name) == AdaptationTheory::Dynamic
        && (membrane.a != 0.0 || membrane.b != 0.0)
}

/// Synapses that transmit: in-degree times release probability.
#[must_use]
pub fn effective_in_degree(projection: &Projection) -> f64 {
    projection.in_degree * projection.release_probability
}

/// Variance that the synapses of each projection give to the membrane potential, relative to Poisson trains of the same rates
/// through equal synapses of sources of their own.
///
/// With the coefficient of variation `cv` of the weights, the mean number `m` of other synapses of a source onto the same
/// neuron ([`Projection::multapses`]), the release probability `p` and the regularity `r` of trains (0 for Poisson trains, see
/// [`measured`](Self::measured)),
///
/// ```text
/// phi = 1 + cv² + p m + p (1 + cv² + m) r
/// ```
///
/// the second moment of the conductance that a spike of one source makes, over `p Q²` per synapse, and that of two spikes.
/// `theory.multapses = false` leaves out `m`, `theory.distributed_weights = false` leaves out `cv`.
#[derive(Debug, Clone, PartialEq)]
pub struct VarianceFactors {
    /// One per projection: `2 nu int rho(s) c(s) ds`.
    regularity: Vec<f64>,
}

impl VarianceFactors {
    /// Of Poisson trains.
    #[must_use]
    pub fn poisson(model: &Model) -> Self {
        Self { regularity: vec![0.0; model.projections().len()] }
    }

    /// From the regularity of cells at the rates where the membrane potential has `moments`: `cells` are measurements of all
    /// populations there.
    ///
    /// With the autocovariance `c(s)` of a train ([`Autocovariance`](crate::scan::spike_trains::Autocovariance)) and the autocorrelation of the response to a spike,
    /// `rho(s) = (tau_m exp(-s/tau_m) - tau_syn exp(-s/tau_syn)) / (tau_m - tau_syn)`,
    ///
    /// ```text
    /// r = 2 nu int rho(s) c(s) ds
    /// ```
    ///
    /// Afferents are Poisson trains. Projections onto populations that were measured elsewhere (`theory.measured`) keep Poisson
    /// trains: theirs had them.
    #[must_use]
    pub fn measured(model: &Model, moments: &[Moments], cells: &[Measurement]) -> Self {
        let mut factors = Self::poisson(model);
        let elsewhere = &model.spec().theory.measured;
        for (projection, regularity) in model.projections().iter().zip(&mut factors.regularity) {
            let target = &model.populations()[projection.target].name;
            let Source::Population(source) = projection.source else { continue };
            if elsewhere.iter().any(|m| m.population == *target) {
                continue;
            }
            let tau_m = moments[projection.target].tau_m;
            let receptor = &model.receptors()[projection.receptor];
            let times = [tau_m, receptor.tau_syn, receptor.tau_rise.unwrap_or(0.0)];
            let rho = |s| response_autocorrelation(s, times);
            if let Some(train) = &cells[source].autocovariance {
                *regularity = train.regularity(rho);
            }
        }
        factors
    }

    /// The factor of a projection.
    #[must_use]
    pub fn of(&self, model: &Model, projection: usize) -> f64 {
        let described = &model.projections()[projection];
        let p = described.release_probability;
        let spread = weight_variance(model, described);
        let again = multapses(model, described);
        let regularity = p * (spread + again) * self.regularity[projection];
        (spread + p * again + regularity).max(SMALLEST)
    }

    /// The factor of a projection without that of its weights, whose distribution is drawn from.
    pub(crate) fn without_weights(&self, model: &Model, projection: usize) -> f64 {
        self.of(model, projection) / weight_variance(model, &model.projections()[projection])
    }

    /// The synapses of a projection as the theory sees them: in-degree `K / phi`, weight `phi Q`.
    pub(crate) fn synapses(
        &self,
        model: &Model,
        projection: usize,
    ) -> Result<SynapseClass, Unsupported> {
        let described = &model.projections()[projection];
        let synapses = synapse_class(model, described, effective_in_degree(described))?;
        let phi = self.of(model, projection);
        Ok(SynapseClass {
            in_degree: synapses.in_degree / phi,
            weight: synapses.weight * phi,
            ..synapses
        })
    }
}

/// The weights of a projection as the theory draws them for single cells.
pub(crate) fn drawn_weights(model: &Model, projection: &Projection) -> Distribution {
    if model.spec().theory.distributed_weights {
        projection.weights.clone()
    } else {
        Distribution::Constant(projection.weight)
    }
}

/// `1 + cv²` of the weights of a projection, as far as the theory has it.
fn weight_variance(model: &Model, projection: &Projection) -> f64 {
    if model.spec().theory.distributed_weights { 1.0 + projection.weight_cv().powi(2) } else { 1.0 }
}

/// The multapses of a projection, as far as the theory has them.
fn multapses(model: &Model, projection: &Projection) -> f64 {
    if model.spec().theory.counts_multapses() { projection.multapses } else { 0.0 }
}

/// Smallest factor: trains as regular as clockwork leave this part of the variance of Poisson trains.
pub(crate) const SMALLEST: f64 = 0.05;

/// Autocorrelation of the response of a membrane to a spike, at the lag `s` (ms): that of a chain of exponentials with the
/// time constants of membrane, decay and rise (0: none), `sum_i tau_i^(2n-3) exp(-s/tau_i) / prod_j (tau_i^2 - tau_j^2)`.
fn response_autocorrelation(s: f64, [tau_m, tau_syn, tau_rise]: [f64; 3]) -> f64 {
    let difference = tau_m - tau_syn;
    if tau_rise == 0.0 {
        if difference.abs() < 1e-4 * tau_syn {
            // The limit of equal time constants.
            let tau = 0.5 * (tau_m + tau_syn);
            return (1.0 + s / tau) * (-s / tau).exp();
        }
        return (tau_m * (-s / tau_m).exp() - tau_syn * (-s / tau_syn).exp()) / difference;
    }
    // Apart by a thousandth where they agree: the function is smooth there.
    let mut tau = [tau_m, tau_syn, tau_rise];
    tau.sort_by(f64::total_cmp);
    tau[1] = tau[1].max(1.001 * tau[0]);
    tau[2] = tau[2].max(1.001 * tau[1]);
    let term = |i: usize, lag: f64| {
        let others = (0..3).filter(|j| *j != i).map(|j| tau[i] * tau[i] - tau[j] * tau[j]);
        tau[i].powi(3) * (-lag / tau[i]).exp() / others.product::<f64>()
    };
    let sum = |lag: f64| (0..3).map(|i| term(i, lag)).sum::<f64>();
    sum(s) / sum(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::spike_trains::Autocovariance;

    /// 500 trains over 20 s of a Poisson process with a dead time of 8 ms: to first order in `nu d` no pair below, as many as
    /// a Poisson train has above.
    fn dead_time(rate: f64) -> Autocovariance {
        let expected = |s: f64| 500.0 * 1e-6 * rate * rate * (20_000.0 - s);
        let pairs: Vec<u64> = (0..50)
            .map(|k| if k < 8 { 0 } else { expected(f64::from(k) + 0.5).round() as u64 })
            .collect();
        Autocovariance::of_pairs(&pairs, 1.0, 500.0, rate, 20_000.0)
    }

    #[test]
    fn pairs_of_trains_with_a_dead_time_give_their_fano_factor() {
        for rate in [3.0, 6.0, 12.0] {
            let train = dead_time(rate);
            let fano = 1.0 - 2e-3 * rate * 8.0;
            // Whole numbers of pairs: half a pair of 90 in each of 42 bins.
            assert!((train.fano_factor() - fano).abs() < 2e-3, "{rate} {}", train.fano_factor());
            assert_eq!(train.lags().next(), Some((0.5, -1.0)));
        }
        let silent = Autocovariance::of_pairs(&[0; 50], 1.0, 500.0, 0.0, 2000.0);
        assert_eq!(silent.fano_factor(), 1.0, "too few spikes to tell");
    }

    #[test]
    fn a_slow_membrane_sees_counts_and_a_fast_one_single_spikes() {
        let train = dead_time(6.0);
        let phi = |tau_m: f64, tau_syn: f64, p: f64| {
            1.0 + p * train.regularity(|s| response_autocorrelation(s, [tau_m, tau_syn, 0.0]))
        };
        assert!((phi(1e6, 10.0, 1.0) - train.fano_factor()).abs() < 1e-4);
        assert!((phi(1e-2, 2e-2, 1.0) - 1.0).abs() < 1e-6);
        // In between, the integral over the silence in closed form; midpoints of 1 ms are good to 1e-4 of it.
        let area = |tau: f64| tau * tau * (1.0 - (-8.0 / tau).exp());
        let integral = (area(4.2) - area(5.0)) / (4.2 - 5.0);
        let expected = 1.0 - 2e-3 * 6.0 * integral;
        assert!((phi(4.2, 5.0, 1.0) - expected).abs() < 1e-3, "{} {expected}", phi(4.2, 5.0, 1.0));
        // A rise of no length is none.
        let with_rise =
            |rise| 1.0 + train.regularity(|s| response_autocorrelation(s, [4.2, 5.0, rise]));
        assert!((with_rise(1e-3) - with_rise(0.0)).abs() < 1e-5);
        assert!(with_rise(4.0) < with_rise(0.0), "a slower response sees more of the silence");
        // Continuous where the two time constants agree; half of it where half of the spikes are lost.
        assert!((phi(5.0, 5.0, 1.0) - phi(5.001, 5.0, 1.0)).abs() < 1e-5);
        assert!(((1.0 - phi(4.2, 5.0, 0.5)) / (1.0 - phi(4.2, 5.0, 1.0)) - 0.5).abs() < 1e-12);
    }
}
