//! Output of a run: spikes, sampled variables and counts, as plain arrays.

pub mod excursion;
pub mod recorder;

use std::ops::Range;

use ndarray::Array2;

use crate::model::{SampleSteps, Sampled};

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

    /// Appends later spikes.
    pub(crate) fn extend(&mut self, later: &Self) {
        self.steps.extend_from_slice(&later.steps);
        self.ids.extend_from_slice(&later.ids);
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
    /// `"V_m"`, `"w"`, `"g_<receptor>"`, `"I_<receptor>"`, `"weight_<projection>"` or `"mean_weight_<projection>"`.
    pub variable: String,
    /// Unit of `data`: `"mV"`, `"pA"` or `"nS"`.
    pub unit: String,
    /// Name of the table of `record.traces` that asked for it; `None` for the keys of `record` itself.
    pub group: Option<String>,
    /// Indices of the recorded neurons in their population; the columns of `data`.
    pub neurons: Vec<u32>,
    /// Source neuron of each column where columns are the synapses onto `neurons`; else empty.
    pub sources: Vec<u32>,
    /// When samples were taken: row `r` is the value at the start of step `steps.step(r)`.
    pub steps: SampleSteps,
    /// Samples, shape `[n_samples, n_neurons]`.
    pub data: Array2<f64>,
}

impl Trace {
    /// What `sampled` asks for, before its first sample.
    pub(crate) fn empty(sampled: &Sampled) -> Self {
        Self {
            variable: sampled.variable.clone(),
            unit: sampled.unit.to_owned(),
            group: sampled.group.clone(),
            neurons: sampled.neurons.clone(),
            sources: sampled.sources.clone(),
            steps: sampled.steps,
            data: Array2::zeros((0, sampled.neurons.len())),
        }
    }

    /// Its name among the traces of its population: the variable, after the group and a dot where it is of one.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.group {
            Some(group) => format!("{group}.{}", self.variable),
            None => self.variable.clone(),
        }
    }
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

impl PopulationRecording {
    /// Mean rate (Hz) in the steps of `window` for a step of `dt` (ms); `None` without a step or a neuron, and for steps
    /// that were not run.
    #[must_use]
    pub fn rate(&self, window: Range<u64>, dt: f64) -> Option<f64> {
        let n_steps = window.end.checked_sub(window.start).filter(|&n| n > 0 && self.size > 0)?;
        let counts = self.counts.get(window.start as usize..window.end as usize)?;
        let spikes: u64 = counts.iter().map(|&n| u64::from(n)).sum();
        Some(spikes as f64 / (self.size as f64 * (n_steps as f64 * dt * 1e-3)))
    }

    /// Steps in which one neuron spiked; `None` when there is no such neuron or spikes were not recorded.
    #[must_use]
    pub fn spikes_of(&self, neuron: u32) -> Option<Vec<u64>> {
        let spikes = self.spikes.as_ref().filter(|_| (neuron as usize) < self.size)?;
        let all = spikes.steps.iter().zip(&spikes.ids);
        Some(all.filter(|s| *s.1 == neuron).map(|s| *s.0).collect())
    }

    /// The samples of a variable: `"V_m"`, `"w"`, `"g_<receptor>"`, `"I_<receptor>"`; of several, those that the keys of
    /// `record` asked for, else those of the first table. `None` when it was not recorded.
    #[must_use]
    pub fn trace(&self, variable: &str) -> Option<&Trace> {
        self.traces.iter().find(|t| t.variable == variable)
    }

    /// The samples of a variable that the table `group` of `record.traces` asked for.
    #[must_use]
    pub fn trace_of(&self, group: &str, variable: &str) -> Option<&Trace> {
        let of_group = |t: &&Trace| t.group.as_deref() == Some(group) && t.variable == variable;
        self.traces.iter().find(of_group)
    }

    /// As [`PopulationRecording::trace`], of those that were sampled from the beginning of the run to its end: what statistics
    /// are made of.
    #[must_use]
    pub fn trace_of_the_run(&self, variable: &str) -> Option<&Trace> {
        self.traces.iter().find(|t| t.variable == variable && t.steps.cover_the_run())
    }
}

/// Spikes of an afferent population.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AfferentRecording {
    /// Name of the afferent population; of one that gives each target a train of its own, that of the projection.
    pub name: String,
    /// Name of the afferent population.
    pub afferent: String,
    /// Name of the target population where `spikes` are the events that its neurons receive, at the step of their arrival;
    /// `None` where they are spikes of the afferent neurons, at the step in which these are sent.
    pub target: Option<String>,
    /// Number of trains: targets, or afferent neurons.
    pub size: usize,
    /// The spikes, by step and then train. Several in one step are there several times.
    pub spikes: Spikes,
}

/// Recording of a run.
///
/// ```
/// use ntwk_core::{PopulationRecording, Recording, Spikes};
///
/// let spikes = Spikes { steps: vec![10, 10, 15], ids: vec![0, 1, 1] };
/// let mut counts = vec![0; 20];
/// (counts[10], counts[15]) = (2, 1);
/// let cells =
///     PopulationRecording { name: "E".to_owned(), size: 2, spikes: Some(spikes), counts, traces: Vec::new() };
/// let run = Recording { dt: 0.5, n_steps: 20, populations: vec![cells], afferents: Vec::new() };
/// assert_eq!(run.rates(0.0..10.0), [("E", 150.0)]);
/// assert_eq!(run.rate("E", 6.0..10.0), Some(125.0));
/// assert_eq!(run.spike_times("E", 1), Some(vec![5.0, 7.5]));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Time step (ms).
    pub dt: f64,
    /// Number of steps run; the run covers `[0, n_steps * dt)`.
    pub n_steps: u64,
    /// One entry per population, in the model's order.
    pub populations: Vec<PopulationRecording>,
    /// Spikes of afferent populations, as far as `record.afferents` asks for them.
    pub afferents: Vec<AfferentRecording>,
}

impl Recording {
    /// The recording of the population called `name`.
    #[must_use]
    pub fn population(&self, name: &str) -> Option<&PopulationRecording> {
        self.populations.iter().find(|p| p.name == name)
    }

    /// Spikes of the afferent population called `name`, or of the trains of the projection with that name.
    #[must_use]
    pub fn afferent(&self, name: &str) -> Option<&AfferentRecording> {
        self.afferents.iter().find(|a| a.name == name)
    }

    /// Mean rate (Hz) of the population called `name` from `window.start` to `window.end` (ms), rounded to steps and cut to
    /// the run; `None` without such a population or a step in the window.
    #[must_use]
    pub fn rate(&self, name: &str, window: Range<f64>) -> Option<f64> {
        self.population(name)?.rate(self.steps(window), self.dt)
    }

    /// Mean rate (Hz) of every population in a window as of [`Recording::rate`], with its name; empty without a step in the
    /// window.
    #[must_use]
    pub fn rates(&self, window: Range<f64>) -> Vec<(&str, f64)> {
        let steps = self.steps(window);
        let rate = |p: &PopulationRecording| p.rate(steps.clone(), self.dt);
        self.populations.iter().filter_map(|p| Some((p.name.as_str(), rate(p)?))).collect()
    }

    /// Spike times (ms) of one neuron of the population called `name`; `None` when there is no such neuron or spikes were
    /// not recorded.
    #[must_use]
    pub fn spike_times(&self, name: &str, neuron: u32) -> Option<Vec<f64>> {
        let steps = self.population(name)?.spikes_of(neuron)?;
        Some(steps.iter().map(|&step| step as f64 * self.dt).collect())
    }

    /// The steps of a window (ms), within the run.
    fn steps(&self, window: Range<f64>) -> Range<u64> {
        let step = |t: f64| ((t / self.dt).round() as u64).min(self.n_steps);
        step(window.start)..step(window.end)
    }

    /// Duration of the run (ms).
    #[must_use]
    pub fn duration(&self) -> f64 {
        self.n_steps as f64 * self.dt
    }
}
