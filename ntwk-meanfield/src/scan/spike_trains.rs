//! Spike trains that are no Poisson trains: how regular the spikes of cells are, and what that does to the cells they reach.
//!
//! After a spike a cell needs time to recover from its reset. The variance of its spike counts over their mean, the Fano factor
//! `F`, is then below one, and so is the variance that its spikes give to the membrane potential of another cell, relative to
//! that of Poisson trains. Trains that make `phi` times the variance of Poisson trains at the same mean act as Poisson trains of
//! more and smaller events: in-degree `K / phi`, weight `phi Q`. [`VarianceFactors`] are these `phi`; with them the single-cell
//! scan and the mean field see the network's synapses as such ones.

use ntwk_core::Model;
use ntwk_core::model::Source;

use crate::moments::Moments;
use crate::moments::synapse::SynapseClass;
use crate::scan::measurement::Measurement;
use crate::scan::single_cell::effective_in_degree;
use crate::scan::unsupported::{Unsupported, synapse_class};

/// Width of the bins of lags (ms).
pub(crate) const LAG_BIN: f64 = 1.0;
/// Number of bins: up to 50 ms. The membrane of a receiving cell remembers `tau_syn + tau_m`; slower fluctuations, such as
/// those of adaptation, are changes of the rate to it.
pub(crate) const LAG_BINS: usize = 50;

/// Fewest pairs of Poisson trains that tell something.
const FEWEST_PAIRS: f64 = 20.0;

/// How the spikes of a train follow each other: its autocovariance at lags above zero, relative to the squared rate.
///
/// With the rate `m(s)` at a time `s` after a spike and the mean rate `nu` it is `m(s)/nu - 1`: 0 for a Poisson train, -1 where
/// a cell is refractory, above 0 where it bursts.
#[derive(Debug, Clone, PartialEq)]
pub struct Autocovariance {
    /// Rate of the train (Hz).
    rate: f64,
    /// Width of a bin of lags (ms).
    bin: f64,
    /// Value in each bin; 0 for all where there are too few spikes to tell.
    values: Vec<f64>,
}

impl Autocovariance {
    /// From pairs of spikes of `cells` cells at `rate` (Hz) in `duration` ms, counted in bins of lags of `bin` ms: Poisson
    /// trains have `cells nu² bin (duration - s)` pairs in a bin around the lag `s`.
    #[must_use]
    pub fn of_pairs(pairs: &[u64], bin: f64, cells: f64, rate: f64, duration: f64) -> Self {
        let nu = 1e-3 * rate;
        let poisson =
            |k: usize| cells * nu * nu * bin * (duration - (k as f64 + 0.5) * bin).max(0.0);
        let enough = (0..pairs.len()).map(poisson).sum::<f64>() >= FEWEST_PAIRS;
        let value = |(k, &counted): (usize, &u64)| {
            if enough && poisson(k) > 0.0 { counted as f64 / poisson(k) - 1.0 } else { 0.0 }
        };
        Self::new(rate, bin, pairs.iter().enumerate().map(value).collect())
    }

    /// Of a train of `rate` (Hz), with the values in bins of lags of `bin` ms.
    #[must_use]
    pub fn new(rate: f64, bin: f64, values: Vec<f64>) -> Self {
        Self { rate, bin, values }
    }

    /// Lags (ms) of the bins, at their middle, with the values there.
    pub fn lags(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.values.iter().enumerate().map(|(k, &c)| ((k as f64 + 0.5) * self.bin, c))
    }

    /// Fano factor of the train, the variance of its counts over their mean in windows longer than its memory:
    ///
    /// ```text
    /// F = 1 + 2 nu int c(s) ds
    /// ```
    #[must_use]
    pub fn fano_factor(&self) -> f64 {
        self.variance_factor(1.0, |_| 1.0)
    }

    /// `1 + 2 p nu int rho(s) c(s) ds`.
    fn variance_factor(&self, p: f64, rho: impl Fn(f64) -> f64) -> f64 {
        let sum: f64 = self.lags().map(|(s, c)| rho(s) * c).sum();
        1.0 + 2e-3 * p * self.rate * self.bin * sum
    }
}

/// Variance that the synapses of each class give to the membrane potential, relative to Poisson trains of the same rates.
///
/// One factor per projection of a model, the same for all projections that form a class of inputs of a cell
/// ([`classes_of_inputs`](crate::scan::single_cell::classes_of_inputs)): the theory cannot tell its synapses apart.
#[derive(Debug, Clone, PartialEq)]
pub struct VarianceFactors(Vec<f64>);

impl VarianceFactors {
    /// All 1: Poisson trains.
    #[must_use]
    pub fn poisson(model: &Model) -> Self {
        Self(vec![1.0; model.projections().len()])
    }

    /// From the regularity of cells at the rates `rates` (Hz) of the populations and `afferent_rates` of the afferents, where
    /// the membrane potential has `moments`: `cells` are measurements of all populations there.
    ///
    /// With the autocovariance `c(s)` of a train ([`Autocovariance`]) and the autocorrelation of the response to a spike,
    /// `rho(s) = (tau_m exp(-s/tau_m) - tau_syn exp(-s/tau_syn)) / (tau_m - tau_syn)`,
    ///
    /// ```text
    /// phi = 1 + 2 p nu int rho(s) c(s) ds
    /// ```
    ///
    /// where `p`, the release probability, makes trains less regular. Afferents are Poisson trains. Classes onto populations
    /// that were measured elsewhere (`theory.measured`) keep Poisson trains: theirs had them.
    ///
    /// # Errors
    /// [`Unsupported`] for synapses the theory does not cover.
    pub fn measured(
        model: &Model,
        rates: &[f64],
        afferent_rates: &[f64],
        moments: &[Moments],
        cells: &[Measurement],
    ) -> Result<Self, Unsupported> {
        let mut factors = Self::poisson(model);
        let elsewhere = &model.spec().theory.measured;
        for (target, population) in model.populations().iter().enumerate() {
            if elsewhere.iter().any(|m| m.population == population.name) {
                continue;
            }
            let tau_m = moments[target].tau_m;
            for class in crate::scan::single_cell::classes_of_inputs(model, target, &factors)? {
                // The synapses of a class are equal: their variances are as their event rates.
                let (mut events, mut variance) = (0.0, 0.0);
                for &p in &class.projections {
                    let projection = &model.projections()[p];
                    let (rate, phi) = match projection.source {
                        Source::Afferent(i) => (afferent_rates[i], 1.0),
                        Source::Population(i) => {
                            let p = projection.release_probability;
                            let rho =
                                |s| response_autocorrelation(s, tau_m, class.synapses.tau_syn);
                            let train = cells[i].autocovariance.as_ref();
                            (rates[i], train.map_or(1.0, |t| t.variance_factor(p, rho)))
                        }
                    };
                    events += effective_in_degree(projection) * rate;
                    variance += effective_in_degree(projection) * rate * phi;
                }
                if events > 0.0 {
                    let phi = (variance / events).max(SMALLEST);
                    class.projections.iter().for_each(|&p| factors.0[p] = phi);
                }
            }
        }
        Ok(factors)
    }

    /// The factor of a projection.
    #[must_use]
    pub fn of(&self, projection: usize) -> f64 {
        self.0[projection]
    }

    /// The synapses of a projection as the theory sees them: in-degree `K / phi`, weight `phi Q`.
    pub(crate) fn synapses(
        &self,
        model: &Model,
        projection: usize,
    ) -> Result<SynapseClass, Unsupported> {
        let described = &model.projections()[projection];
        let synapses = synapse_class(model, described, effective_in_degree(described))?;
        let phi = self.of(projection);
        Ok(SynapseClass {
            in_degree: synapses.in_degree / phi,
            weight: synapses.weight * phi,
            ..synapses
        })
    }
}

/// Smallest factor: trains as regular as clockwork leave this part of the variance of Poisson trains.
const SMALLEST: f64 = 0.05;

/// Autocorrelation of the response of a membrane to a spike, at the lag `s` (ms).
fn response_autocorrelation(s: f64, tau_m: f64, tau_syn: f64) -> f64 {
    let difference = tau_m - tau_syn;
    if difference.abs() < 1e-4 * tau_syn {
        // The limit of equal time constants.
        let tau = 0.5 * (tau_m + tau_syn);
        return (1.0 + s / tau) * (-s / tau).exp();
    }
    (tau_m * (-s / tau_m).exp() - tau_syn * (-s / tau_syn).exp()) / difference
}

#[cfg(test)]
mod tests {
    use super::*;

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
            train.variance_factor(p, |s| response_autocorrelation(s, tau_m, tau_syn))
        };
        assert!((phi(1e6, 10.0, 1.0) - train.fano_factor()).abs() < 1e-4);
        assert!((phi(1e-2, 2e-2, 1.0) - 1.0).abs() < 1e-6);
        // In between, the integral over the silence in closed form; midpoints of 1 ms are good to 1e-4 of it.
        let area = |tau: f64| tau * tau * (1.0 - (-8.0 / tau).exp());
        let integral = (area(4.2) - area(5.0)) / (4.2 - 5.0);
        let expected = 1.0 - 2e-3 * 6.0 * integral;
        assert!((phi(4.2, 5.0, 1.0) - expected).abs() < 1e-3, "{} {expected}", phi(4.2, 5.0, 1.0));
        // Continuous where the two time constants agree; half of it where half of the spikes are lost.
        assert!((phi(5.0, 5.0, 1.0) - phi(5.001, 5.0, 1.0)).abs() < 1e-5);
        assert!(((1.0 - phi(4.2, 5.0, 0.5)) / (1.0 - phi(4.2, 5.0, 1.0)) - 0.5).abs() < 1e-12);
    }
}
