//! The scan over the fluctuations of the membrane potential themselves: mean, standard deviation, autocorrelation time.
//!
//! The protocol of Zerlaut et al., J Physiol 594 (2016), for a dynamic clamp: at each point the cell receives
//!
//! - a current `I = g_L (mu_V - E_L)` that holds the mean,
//! - a shunt that raises the conductance from `g_L` to `mu_G = C_m / (tau_V - tau_syn)` and reverses at `mu_V`, so that
//!   it leaves the mean alone,
//! - two Poisson trains of opposite currents, `+-Q D exp(-t / tau_syn)` per event at `f = 2000` events/s each, with
//!
//! ```text
//! Q = mu_G sigma_V sqrt(tau_V / f) / (tau_syn D),        D = 20 mV,   tau_syn = ratio C_m / g_L
//! ```
//!
//! which makes the standard deviation `sigma_V` and the autocorrelation time `tau_V = tau_syn + C_m / mu_G`.
//!
//! The shunt is a train of many small events (its conductance fluctuates by 5 % of its mean, with no driving force at
//! `mu_V`), since the cells of the engine take all their conductances from events.

use ntwk_core::model::Receptor;
use ntwk_core::spec::{ReceptorKind, ScanSpec};
use ntwk_core::{BlowUp, CellLibrary, Job, Membrane, Model};

use crate::moments::synapse::{Mixture, SynapseClass};
use crate::moments::{Moments, MomentsError, moments};
use crate::scan::design::{AxisError, ScanAxis};
use crate::scan::inputs::adaptation_is_dynamic;
use crate::scan::measurement::{Measurement, PlannedPoint, PointInput, measure};
use crate::scan::single_cell::{SingleCellError, scanned_cell, settling_time};
use crate::scan::unsupported::{Unsupported, covered_membrane};

/// Driving force of the noise (mV).
const DRIVING_FORCE: f64 = 20.0;
/// Events per second of each of the two noise trains.
const NOISE_EVENTS: f64 = 2000.0;
/// Events per second of the shunt.
const SHUNT_EVENTS: f64 = 10_000.0;
/// Decay time of the shunt (ms).
const SHUNT_TAU: f64 = 20.0;
/// `tau_syn` of the noise over the membrane time constant at rest.
pub const DEFAULT_TAU_RATIO: f64 = 0.25;

/// What is scanned.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(non_snake_case)]
pub struct FluctuationAxes {
    /// Mean membrane potential (mV).
    pub mu_V: ScanAxis,
    /// Its standard deviation (mV), > 0.
    pub sigma_V: ScanAxis,
    /// Its autocorrelation time (ms), above `tau_syn` and at most `tau_syn + C_m / g_L`.
    pub tau_V: ScanAxis,
    /// `tau_syn` of the noise over `C_m / g_L`, > 0.
    pub tau_ratio: f64,
}

/// Fluctuations that no input can make.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FluctuationError {
    /// An axis cannot be laid out.
    #[error("{quantity}: {source}")]
    Axis {
        /// Its quantity.
        quantity: &'static str,
        /// Why.
        source: AxisError,
    },
    /// A kind of cell that has no such scan.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// Values outside what the protocol can make.
    #[error("{quantity} = {value}; needed is {rule}")]
    Value {
        /// The quantity.
        quantity: &'static str,
        /// Its value.
        value: f64,
        /// What is needed.
        rule: String,
    },
}

/// The points of a fluctuation scan.
#[derive(Debug, Clone, PartialEq)]
pub struct FluctuationPlan {
    /// Index of the population whose cell is scanned.
    pub population: usize,
    /// Constants of the cell.
    pub membrane: Membrane,
    /// Whether the cell is scanned without adaptation because the mean field has it as a variable.
    pub without_adaptation: bool,
    /// Values of `mu_V` (mV), `sigma_V` (mV) and `tau_V` (ms).
    pub axes: [Vec<f64>; 3],
    tau_syn: f64,
    name: String,
}

impl FluctuationPlan {
    /// Lays out the scan of the cell of `population`.
    ///
    /// # Errors
    /// [`FluctuationError`] for values that the protocol cannot make.
    #[allow(non_snake_case)]
    pub fn new(
        model: &Model,
        population: usize,
        axes: &FluctuationAxes,
    ) -> Result<Self, FluctuationError> {
        let described = &model.populations()[population];
        let membrane = covered_membrane(model, population)?;
        let fault =
            |quantity, value, rule: String| Err(FluctuationError::Value { quantity, value, rule });
        if !(axes.tau_ratio > 0.0 && axes.tau_ratio.is_finite()) {
            return fault("tau_syn over C_m / g_L", axes.tau_ratio, "a number > 0".to_owned());
        }
        let tau_syn = axes.tau_ratio * membrane.tau_m();
        let values = |quantity, axis: &ScanAxis| {
            axis.values().map_err(|source| FluctuationError::Axis { quantity, source })
        };
        let mu_V = values("mu_V", &axes.mu_V)?;
        let sigma_V = values("sigma_V", &axes.sigma_V)?;
        let tau_V = values("tau_V", &axes.tau_V)?;
        if let Some(&bad) = sigma_V.iter().find(|s| **s <= 0.0) {
            return fault("sigma_V", bad, "> 0 mV".to_owned());
        }
        let longest = tau_syn + membrane.tau_m();
        if let Some(&bad) =
            tau_V.iter().find(|t| !(**t > tau_syn && **t <= longest * (1.0 + 1e-12)))
        {
            let rule =
                format!("above {tau_syn} ms (the noise) and at most {longest} ms (no shunt)");
            return fault("tau_V", bad, rule);
        }
        Ok(Self {
            population,
            membrane,
            without_adaptation: adaptation_is_dynamic(model, population),
            axes: [mu_V, sigma_V, tau_V],
            tau_syn,
            name: described.name.clone(),
        })
    }

    /// Number of points.
    #[must_use]
    pub fn len(&self) -> usize {
        self.axes.iter().map(Vec::len).product()
    }

    /// Whether there is no point.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `(mu_V, sigma_V, tau_V)` of a point; `tau_V` varies fastest.
    #[must_use]
    pub fn target(&self, point: usize) -> [f64; 3] {
        let [mu, sigma, tau] = &self.axes;
        let (rest, k) = (point / tau.len(), point % tau.len());
        [mu[rest / sigma.len()], sigma[rest % sigma.len()], tau[k]]
    }

    /// Receptors of the measurement: the two noises, then a shunt for each `mu_V`.
    fn receptors(&self) -> Vec<Receptor> {
        #[allow(non_snake_case)]
        let noise = |name: &str, E_rev: f64| Receptor {
            name: name.to_owned(),
            kind: ReceptorKind::Mixture { E_rev, alpha: 0.0, V_0: 0.0 },
            tau_syn: self.tau_syn,
            tau_rise: None,
        };
        #[allow(non_snake_case)]
        let shunt = |&E_rev: &f64| Receptor {
            name: format!("shunt {E_rev} mV"),
            kind: ReceptorKind::Conductance { E_rev },
            tau_syn: SHUNT_TAU,
            tau_rise: None,
        };
        let noises = [noise("up", DRIVING_FORCE), noise("down", -DRIVING_FORCE)];
        noises.into_iter().chain(self.axes[0].iter().map(shunt)).collect()
    }

    /// The inputs of a point: index among the receptors, synapses, presynaptic rate (Hz).
    #[allow(non_snake_case)]
    fn inputs(&self, point: usize) -> [(usize, SynapseClass, f64); 3] {
        let [mu_V, sigma_V, tau_V] = self.target(point);
        let Membrane { C_m, g_L, .. } = self.membrane;
        // pF / ms = nS
        let mu_G = (C_m / (tau_V - self.tau_syn)).max(g_L);
        // mV nS ms / (mV ms) with events per ms
        let weight = mu_G * sigma_V * (tau_V / (1e-3 * NOISE_EVENTS)).sqrt()
            / (self.tau_syn * DRIVING_FORCE);
        let noise = |E_rev| SynapseClass {
            in_degree: 1.0,
            weight,
            tau_syn: self.tau_syn,
            E_rev,
            mixture: Some(Mixture { alpha: 0.0, V_0: 0.0 }),
            tau_rise: 0.0,
            short_term: None,
        };
        let mu_index = point / (self.axes[1].len() * self.axes[2].len());
        let shunt = SynapseClass {
            in_degree: 1.0,
            weight: (mu_G - g_L) / (1e-3 * SHUNT_EVENTS * SHUNT_TAU),
            tau_syn: SHUNT_TAU,
            E_rev: mu_V,
            mixture: None,
            tau_rise: 0.0,
            short_term: None,
        };
        [
            (0, noise(DRIVING_FORCE), NOISE_EVENTS),
            (1, noise(-DRIVING_FORCE), NOISE_EVENTS),
            (2 + mu_index, shunt, if mu_G > g_L { SHUNT_EVENTS } else { 0.0 }),
        ]
    }

    /// Injected current (pA) of a point.
    fn current(&self, point: usize) -> f64 {
        self.membrane.g_L * (self.target(point)[0] - self.membrane.E_L)
    }

    /// A point, ready to be measured.
    #[must_use]
    pub fn planned(&self, point: usize) -> PlannedPoint {
        let inputs = self.inputs(point).map(|(receptor, synapses, rate)| PointInput {
            receptor,
            events: synapses.in_degree * rate,
            weight: synapses.weight.into(),
        });
        PlannedPoint {
            name: format!("{}-fluctuations-{point}", self.name),
            current: self.current(point),
            inputs: inputs.to_vec(),
        }
    }

    /// Moments of the input of a point, from the same theory as those of any other input.
    ///
    /// # Errors
    /// [`MomentsError`] where they are not defined.
    pub fn moments(&self, point: usize) -> Result<Moments, MomentsError> {
        let inputs = self.inputs(point);
        let (synapses, rates) = (inputs.map(|i| i.1), inputs.map(|i| i.2));
        moments(&self.membrane, &synapses, &rates, self.current(point))
    }

    /// Measures some points; a point that blows up fails by itself.
    ///
    /// # Errors
    /// [`SingleCellError`] when the cell cannot be set up or the job is interrupted.
    pub fn measure(
        &self,
        model: &Model,
        settings: &ScanSpec,
        library: &CellLibrary,
        points: &[usize],
        job: &Job<'_>,
    ) -> Result<Vec<Result<Measurement, BlowUp>>, SingleCellError> {
        let cell = scanned_cell(model, self.population, self.without_adaptation, library)?;
        let planned: Vec<PlannedPoint> = points.iter().map(|&p| self.planned(p)).collect();
        let settle = settling_time(&self.membrane, self.without_adaptation, settings);
        Ok(measure(model, &*cell, &self.receptors(), &planned, settings, settle, job)?)
    }
}
