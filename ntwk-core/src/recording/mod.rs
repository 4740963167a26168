//! What a run leaves behind: spikes, sampled variables and counts, as plain arrays.

pub mod recorder;

use ndarray::Array2;

/// Spikes of one population, in order of step and, within a step, of neuron.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spikes {
    /// Step `k` in which the threshold was crossed; the spike time is `k * dt`.
    pub steps: Vec<u64>,
    /// Neuron index in its population, same length as `steps`.
    pub ids: Vec<u32>,
}

impl Spikes {
    /// No spikes, and room for `n`.
    #[must_use]
    pub fn with_capacity(n: usize) -> Self {
        Self { steps: Vec::with_capacity(n), ids: Vec::with_capacity(n) }
    }

    /// Number of spikes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no spike.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Spike times (ms) for a step of `dt` (ms), same order as `ids`.
    #[must_use]
    pub fn times(&self, dt: f64) -> Vec<f64> {
        self.steps.iter().map(|&k| k as f64 * dt).collect()
    }
}

/// One variable sampled for some neurons of a population.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// `"V_m"`, `"w"`, `"g_<receptor>"` or `"I_<receptor>"`.
    pub variable: String,
    /// Unit of `data`: `"mV"`, `"pA"` or `"nS"`.
    pub unit: String,
    /// Indices of the recorded neurons in their population; the columns of `data`.
    pub neurons: Vec<u32>,
    /// Steps between two samples (>= 1); row `r` is the value at the start of step `r * every`.
    pub every: u64,
    /// Samples, shape `[n_samples, n_neurons]`.
    pub data: Array2<f64>,
}

/// Recording of one population.
#[derive(Debug, Clone, PartialEq)]
pub struct PopulationRecording {
    /// Name of the population in the model.
    pub name: String,
    /// Number of neurons.
    pub size: usize,
    /// Spikes, when they were recorded.
    pub spikes: Option<Spikes>,
    /// Number of spikes of the whole population in each step, length = number of steps run.
    pub counts: Vec<u32>,
    /// Sampled variables.
    pub traces: Vec<Trace>,
}

/// Recording of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Time step (ms).
    pub dt: f64,
    /// Number of steps run; the run covers `[0, n_steps * dt)`.
    pub n_steps: u64,
    /// One entry per population, in the model's order.
    pub populations: Vec<PopulationRecording>,
}

impl Recording {
    /// The recording of the population called `name`.
    #[must_use]
    pub fn population(&self, name: &str) -> Option<&PopulationRecording> {
        self.populations.iter().find(|p| p.name == name)
    }

    /// Duration of the run (ms).
    #[must_use]
    pub fn duration(&self) -> f64 {
        self.n_steps as f64 * self.dt
    }
}
