//! The settings sections of a model file: simulation, record, theory, compare.

use serde::Serialize;

use super::{MeasuredSpec, Method};

/// Simulation settings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SimulationSpec {
    /// Time step (ms), > 0; default 0.1.
    pub dt: f64,
    /// Duration (ms), > 0.
    pub t_stop: f64,
    /// Seed of every random stream.
    pub seed: u64,
    /// Numerical method.
    pub method: Method,
}

/// Most steps of a run.
pub const MOST_STEPS: f64 = 4_294_967_294.0;

impl Default for SimulationSpec {
    fn default() -> Self {
        Self { dt: 0.1, t_stop: 1000.0, seed: 1, method: Method::Euler }
    }
}

/// What to record. The counts are numbers of neurons, the first ones of every population.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(non_snake_case)]
pub struct RecordSpec {
    /// Whether to keep the spikes of every neuron (default true).
    pub spikes: bool,
    /// Time between samples (ms), rounded to steps; default: every step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<f64>,
    /// Neurons whose membrane potential is sampled (default 4).
    pub V_m: u64,
    /// Neurons whose adaptation and other cell variables are sampled (default 0).
    pub cell_variables: u64,
    /// Neurons whose synaptic conductances are sampled, one trace per receptor (default 0).
    pub conductances: u64,
    /// Neurons whose synaptic currents `g (E_rev - V)` are sampled, one trace per receptor
    /// (default 0).
    pub currents: u64,
}

impl Default for RecordSpec {
    fn default() -> Self {
        Self {
            spikes: true,
            interval: None,
            V_m: 4,
            cell_variables: 0,
            conductances: 0,
            currents: 0,
        }
    }
}

/// Settings of the mean-field theory.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(non_snake_case)]
pub struct TheorySpec {
    /// Time constant of the rate dynamics (ms), > 0; default 5 (El Boustani & Destexhe 2009,
    /// Zerlaut et al. 2018).
    pub T: f64,
    /// How adaptation enters; default dynamic.
    pub adaptation: AdaptationTheory,
    /// What the transfer functions are made of; default fitted.
    pub transfer_function: TransferFunctionKind,
    /// How regular spike trains are; default Poisson.
    pub spike_trains: SpikeTrainTheory,
    /// Number of terms of the effective threshold: 4, 5, 10 or 11; default 10.
    pub threshold_terms: u64,
    /// The single-cell scan the transfer functions are fitted to.
    pub scan: ScanSpec,
    /// Populations whose transfer functions were measured elsewhere; default none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub measured: Vec<MeasuredSpec>,
}

impl Default for TheorySpec {
    fn default() -> Self {
        Self {
            T: 5.0,
            adaptation: AdaptationTheory::default(),
            transfer_function: TransferFunctionKind::default(),
            spike_trains: SpikeTrainTheory::default(),
            threshold_terms: 10,
            scan: ScanSpec::default(),
            measured: Vec::new(),
        }
    }
}

/// What the transfer functions of the mean field are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferFunctionKind {
    /// An effective threshold, fitted to the single-cell scan.
    #[default]
    Fitted,
    /// The rates of the scan themselves, interpolated.
    Tabulated,
}

impl TransferFunctionKind {
    /// All by name.
    pub const NAMES: [(&'static str, Self); 2] =
        [("fitted", Self::Fitted), ("tabulated", Self::Tabulated)];
}

/// How regular the spike trains between populations are in the theory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpikeTrainTheory {
    /// Poisson trains, the assumption of the published mean fields.
    #[default]
    Poisson,
    /// As regular as the spikes of single cells are in the stationary state that the theory predicts with Poisson trains: they
    /// give a smaller variance to the membrane potential, for which transfer functions are then scanned and fitted anew.
    Measured,
}

impl SpikeTrainTheory {
    /// All by name.
    pub const NAMES: [(&'static str, Self); 2] =
        [("poisson", Self::Poisson), ("measured", Self::Measured)];
}

/// How the adaptation of the cells enters the mean field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AdaptationTheory {
    /// As a variable of its own, `tau_w dW/dt = -W + tau_w b nu + a (mu_V - E_L)`; the transfer
    /// function is scanned without adaptation (after di Volo et al. 2019, Neural Comput 31:653).
    #[default]
    Dynamic,
    /// Inside the transfer function, which is scanned with adaptation: right for stationary
    /// states, without memory in time (Zerlaut et al. 2018, J Comput Neurosci 44:45).
    Stationary,
}

impl AdaptationTheory {
    /// All by name.
    pub const NAMES: [(&'static str, Self); 2] =
        [("dynamic", Self::Dynamic), ("stationary", Self::Stationary)];
}

/// The single-cell scan of a transfer function.
///
/// Inputs are chosen so that the mean membrane potential of the theory covers a range evenly for
/// each level of background input: that is where the threshold has to be known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScanSpec {
    /// Highest mean membrane potential visited, relative to the threshold `V_th` (mV).
    pub above_threshold: f64,
    /// Lowest mean membrane potential visited, relative to the threshold `V_th` (mV), negative.
    pub below_threshold: f64,
    /// Number of mean potentials.
    pub potential_points: u64,
    /// Highest presynaptic rate of the background classes (Hz).
    pub background_max: f64,
    /// Number of background rates.
    pub background_points: u64,
    /// Points whose measured rate is above this (Hz) are left out of the fit.
    pub rate_max: f64,
    /// Independent neurons per point.
    pub neurons: u64,
    /// Time before counting starts (ms); the default lets the adaptation settle: three `tau_w`, or
    /// 200 ms without adaptation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settle: Option<f64>,
    /// Time during which spikes are counted (ms).
    pub duration: f64,
}

impl Default for ScanSpec {
    fn default() -> Self {
        Self {
            above_threshold: 6.0,
            below_threshold: -14.0,
            potential_points: 20,
            background_max: 40.0,
            background_points: 10,
            rate_max: 100.0,
            neurons: 32,
            settle: None,
            duration: 2000.0,
        }
    }
}

/// Windows of the comparison; what is absent is chosen from the waveforms.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct CompareSpec {
    /// Window of the stationary quantities (ms).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stationary: Option<[f64; 2]>,
    /// Window in which the transient peak is sought (ms).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transient: Option<[f64; 2]>,
    /// Standard deviation of the Gaussian that smooths the simulated rates (ms); default 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smoothing: Option<f64>,
}

impl CompareSpec {
    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
