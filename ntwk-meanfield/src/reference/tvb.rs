//! The mean field of The Virtual Brain (`ZerlautAdaptationFirstOrder`, `ZerlautAdaptationSecondOrder`, version 2.10.0),
//! equation by equation, for comparison and for its parameter sets.
//!
//! This is the one file in **kHz**: states, couplings and inputs are those of that simulator. [`MeanField`] is the model
//! to use; it differs from this one in that rates are in Hz, no spontaneous rate is added, and the second order is
//! dimensionally consistent. See [`TvbSecondOrder`] for where the published second order is not.
//!
//! [`MeanField`]: crate::MeanField

use crate::moments::scalar::{HyperDual, Scalar};
use crate::moments::synapse::SynapseClass;
use crate::moments::{Moments, evaluate, membrane_faults};
use crate::transfer::effective_threshold::{EffectiveThreshold, ThresholdError};
use crate::transfer::threshold_form::ThresholdForm;
use crate::transfer::transfer_function::TransferFunction;
use ntwk_core::Membrane;
use serde::{Deserialize, Serialize};

/// Rate (kHz) that the simulator adds to both recurrent rates.
const SPONTANEOUS: f64 = 1e-6;

/// Parameters under the names of the simulator; index 0 is excitatory, 1 inhibitory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(non_snake_case)]
pub struct TvbParameters {
    /// Leak conductance (nS).
    pub g_L: f64,
    /// Membrane capacitance (pF).
    pub C_m: f64,
    /// Leak reversal potential of each population (mV).
    pub E_L: [f64; 2],
    /// Spike-triggered adaptation of each population (pA).
    pub b: [f64; 2],
    /// Subthreshold adaptation of each population (nS).
    pub a: [f64; 2],
    /// Adaptation time constant of each population (ms).
    pub tau_w: [f64; 2],
    /// Reversal potential of each synapse (mV).
    pub E_syn: [f64; 2],
    /// Quantal conductance of each synapse (nS).
    pub Q: [f64; 2],
    /// Decay time of each synapse (ms).
    pub tau_syn: [f64; 2],
    /// Number of neurons.
    pub N_tot: f64,
    /// Connection probability of each synapse.
    pub p_connect: [f64; 2],
    /// Fraction of inhibitory neurons.
    pub g: f64,
    /// Number of external synapses of each kind.
    pub K_ext: [f64; 2],
    /// Time constant of the rates (ms).
    pub T: f64,
    /// Coefficients of each effective threshold (V), ten terms.
    pub P: [[f64; 10]; 2],
    /// External rate (kHz) per synapse: `external_input[target][source]`.
    pub external_input: [[f64; 2]; 2],
    /// Time constant of the Ornstein-Uhlenbeck noise (ms).
    pub tau_OU: f64,
    /// Weight of that noise.
    pub weight_noise: f64,
    /// Share of the long-range coupling that inhibitory cells receive (second order only).
    pub S_i: f64,
}

/// Parameters that the model cannot take.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TvbError {
    /// A coefficient is not finite.
    #[error("population {population}: {error}")]
    Threshold {
        /// 0 excitatory, 1 inhibitory.
        population: usize,
        /// What is wrong.
        error: ThresholdError,
    },
    /// A parameter is out of range.
    #[error("{name} = {value}; needed is {requirement}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is needed.
        requirement: &'static str,
    },
}

/// Which second-order equations are evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TvbSecondOrder {
    /// As the simulator has them: first derivatives divided by 1e3 and second ones by 1e6 although all rates are in kHz,
    /// which switches the feedback of the covariances off, and `dC_ei/dt` with transposed derivatives. (The simulator
    /// takes the derivatives by finite differences of 1e-7 kHz; here they are exact.)
    Published,
    /// Dimensionally consistent, with the indices of El Boustani and Destexhe (2009).
    Consistent,
}

/// The model, with its parameters checked.
#[derive(Debug, Clone)]
pub struct TvbModel {
    p: TvbParameters,
    thresholds: [EffectiveThreshold; 2],
    synapses: [SynapseClass; 2],
}

impl TvbModel {
    /// Checks the parameters.
    ///
    /// # Errors
    /// [`TvbError`] naming the first parameter out of range.
    pub fn new(p: TvbParameters) -> Result<Self, TvbError> {
        let threshold = |population: usize| {
            EffectiveThreshold::from_volts(ThresholdForm::Quadratic10, &p.P[population], None)
                .map_err(|error| TvbError::Threshold { population, error })
        };
        let thresholds = [threshold(0)?, threshold(1)?];
        // The in-degree is part of the event rate.
        let synapses = [0, 1].map(|s| SynapseClass {
            in_degree: 1.0,
            weight: p.Q[s],
            tau_syn: p.tau_syn[s],
            E_rev: p.E_syn[s],
            mixture: None,
            tau_rise: 0.0,
            short_term: None,
        });
        let model = Self { p, thresholds, synapses };
        let p = &model.p;
        let positive = [("N_tot", p.N_tot), ("T", p.T), ("tau_OU", p.tau_OU)];
        let fault = (0..2)
            .flat_map(|m| membrane_faults(&model.membrane(m)))
            .chain(model.synapses.iter().flat_map(SynapseClass::faults))
            .chain(
                positive
                    .into_iter()
                    .filter(|(_, x)| !(*x > 0.0 && x.is_finite()))
                    .map(|(n, x)| (n, x, "a number > 0")),
            )
            .chain((!(0.0..1.0).contains(&p.g)).then_some(("g", p.g, "a fraction in [0, 1)")))
            .next();
        match fault {
            Some((name, value, requirement)) => {
                Err(TvbError::Parameter { name, value, requirement })
            }
            None => Ok(model),
        }
    }

    /// Moments (mV, ms) and rate (kHz) of one population (0 excitatory, else inhibitory) at recurrent rates `rates`
    /// and external rates `external` (kHz, excitatory then inhibitory) and adaptation current `w` (pA).
    #[must_use]
    pub fn transfer(
        &self,
        population: usize,
        rates: [f64; 2],
        external: [f64; 2],
        w: f64,
    ) -> (Moments, f64) {
        self.rate(population.min(1), rates, external, w)
    }

    /// Time derivative (per ms) of `[E, I, W_e, W_i, ou]` (kHz, pA) at a long-range coupling (kHz) and a local
    /// coupling coefficient.
    #[must_use]
    pub fn first_order(&self, state: [f64; 5], coupling: f64, local_coupling: f64) -> [f64; 5] {
        let [e, i, w_e, w_i, ou] = state;
        let p = &self.p;
        let long_range = coupling + local_coupling * e + p.weight_noise * ou;
        // The coupling is rectified before the external input is added.
        let long_range = if long_range * p.K_ext[0] < 0.0 { 0.0 } else { long_range };
        let rates = [e, i];
        let mut out = [0.0, 0.0, 0.0, 0.0, -ou / p.tau_OU];
        for (m, w) in [w_e, w_i].into_iter().enumerate() {
            let external =
                [long_range + p.external_input[m][0], local_coupling * i + p.external_input[m][1]];
            let (moments, f) = self.rate(m, rates, external, w);
            out[m] = (f - rates[m]) / p.T;
            out[2 + m] = self.adaptation(m, rates[m], w, moments.mu_V);
        }
        out
    }

    /// Time derivative (per ms) of `[E, I, C_ee, C_ei, C_ii, W_e, W_i, ou]` (kHz, kHz², pA).
    #[must_use]
    pub fn second_order(
        &self,
        state: [f64; 8],
        coupling: f64,
        local_coupling: f64,
        equations: TvbSecondOrder,
    ) -> [f64; 8] {
        let [e, i, c_ee, c_ei, c_ii, w_e, w_i, ou] = state;
        let p = &self.p;
        let rates = [e, i];
        let sizes = [p.N_tot * (1.0 - p.g), p.N_tot * p.g];
        let (first, second) = match equations {
            TvbSecondOrder::Published => (1e-3, 1e-6),
            TvbSecondOrder::Consistent => (1.0, 1.0),
        };
        let mut out = [0.0; 8];
        let (mut lag, mut noise, mut slope) = ([0.0; 2], [0.0; 2], [[0.0; 2]; 2]);
        for (m, w) in [w_e, w_i].into_iter().enumerate() {
            let share = [1.0, p.S_i][m];
            let long_range = share * coupling
                + local_coupling * e
                + p.external_input[m][0]
                + p.weight_noise * ou;
            let long_range = if long_range * p.K_ext[0] < 0.0 { 0.0 } else { long_range };
            let external = [long_range, local_coupling * i + p.external_input[m][1]];
            let derivative = |a: usize, b: usize| {
                let variable = |k: usize| HyperDual::variable(rates[k], k == a, k == b);
                self.rate(m, [variable(0), variable(1)], external, w)
            };
            let (ee, ei, ii) = (derivative(0, 0), derivative(0, 1), derivative(1, 1));
            let f = ee.1.value;
            slope[m] = [first * ei.1.a, first * ei.1.b];
            lag[m] = f - rates[m];
            noise[m] = f * (1.0 / p.T - f) / if sizes[m] > 0.0 { sizes[m] } else { f64::INFINITY };
            let correction = 0.5 * c_ee * ee.1.ab + c_ei * ei.1.ab + 0.5 * c_ii * ii.1.ab;
            out[m] = (lag[m] + second * correction) / p.T;
            out[5 + m] = self.adaptation(m, rates[m], w, ee.0.mu_V.value);
        }
        let [[e_e, e_i], [i_e, i_i]] = slope;
        let mixed = match equations {
            TvbSecondOrder::Published => c_ee * e_e + c_ei * i_e + c_ei * e_i + c_ii * i_i,
            TvbSecondOrder::Consistent => c_ee * i_e + c_ei * (e_e + i_i) + c_ii * e_i,
        };
        out[2] = (noise[0] + lag[0] * lag[0] + 2.0 * (c_ee * e_e + c_ei * e_i) - 2.0 * c_ee) / p.T;
        out[3] = (lag[0] * lag[1] + mixed - 2.0 * c_ei) / p.T;
        out[4] = (noise[1] + lag[1] * lag[1] + 2.0 * (c_ii * i_i + c_ei * i_e) - 2.0 * c_ii) / p.T;
        out[7] = -ou / p.tau_OU;
        out
    }

    fn membrane(&self, m: usize) -> Membrane {
        let p = &self.p;
        Membrane {
            C_m: p.C_m,
            g_L: p.g_L,
            E_L: p.E_L[m],
            // The ten-term threshold uses neither threshold, reset nor refractory period.
            V_th: p.E_L[m],
            V_reset: p.E_L[m],
            t_ref: 0.0,
            a: p.a[m],
            b: p.b[m],
            tau_w: p.tau_w[m],
        }
    }

    fn rate<S: Scalar>(
        &self,
        m: usize,
        rates: [S; 2],
        external: [f64; 2],
        w: f64,
    ) -> (Moments<S>, S) {
        let p = &self.p;
        let sources = [(1.0 - p.g) * p.N_tot, p.g * p.N_tot];
        let events = |s: usize| {
            (rates[s] + SPONTANEOUS) * (1e3 * p.p_connect[s] * sources[s])
                + 1e3 * external[s] * p.K_ext[s]
        };
        let membrane = self.membrane(m);
        let inputs = self.synapses.iter().zip([events(0), events(1)]);
        let moments = evaluate(&membrane, inputs, S::constant(-w));
        let rate = self.thresholds[m].rate(&membrane, &moments) * 1e-3;
        (moments, rate)
    }

    fn adaptation(&self, m: usize, rate: f64, w: f64, mu: f64) -> f64 {
        let p = &self.p;
        -w / p.tau_w[m] + p.b[m] * rate + p.a[m] * (mu - p.E_L[m]) / p.tau_w[m]
    }
}
