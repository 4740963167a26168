//! What a simulation leaves behind.

use super::placed::Placed;
use crate::mesh::compartments::Location;
use ndarray::{Array2, ArrayView1};
use serde::{Deserialize, Serialize};

/// A quantity that can be recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    /// Potential (mV).
    Voltage(Location),
    /// Calcium concentration (mM).
    Calcium(Location),
    /// A state variable of a mechanism; in a sample at t it stands at t + dt/2 (staggered).
    Variable {
        /// Name of the instance.
        mechanism: String,
        /// Name of the variable.
        variable: String,
        /// Where.
        at: Location,
    },
    /// Current density of a mechanism (mA/cm², outward positive) at the potential of the sample.
    Current {
        /// Name of the instance.
        mechanism: String,
        /// Where.
        at: Location,
    },
}

impl Probe {
    /// Where it is recorded.
    #[must_use]
    pub fn at(&self) -> Location {
        match self {
            Self::Voltage(at)
            | Self::Calcium(at)
            | Self::Variable { at, .. }
            | Self::Current { at, .. } => *at,
        }
    }
}

/// Where a probe finds its value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source {
    Voltage(usize),
    Calcium(usize),
    Variable { mechanism: usize, variable: usize, place: usize },
    Current { mechanism: usize, place: usize },
}

/// Recorded quantities over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Times of the samples (ms).
    pub times: Vec<f64>,
    /// What the columns are.
    pub probes: Vec<Probe>,
    /// Samples, shape `[n_samples, n_probes]`.
    pub values: Array2<f64>,
}

impl Recording {
    /// One probe over time.
    ///
    /// # Panics
    /// When there is no such column, as any index does.
    #[must_use]
    pub fn column(&self, probe: usize) -> ArrayView1<'_, f64> {
        self.values.column(probe)
    }
}

/// Upward crossings of a threshold at one point.
#[derive(Debug, Clone, PartialEq)]
pub struct Spikes {
    /// Where.
    pub at: Location,
    /// The threshold (mV).
    pub threshold: f64,
    /// Times (ms), interpolated linearly within the step.
    pub times: Vec<f64>,
}

#[derive(Debug, Clone)]
pub(super) struct SpikeDetector {
    at: Location,
    node: usize,
    threshold: f64,
    last: f64,
    times: Vec<f64>,
}

impl SpikeDetector {
    pub fn new(at: Location, node: usize, threshold: f64) -> Self {
        SpikeDetector { at, node, threshold, last: f64::INFINITY, times: Vec::new() }
    }

    pub fn spikes(&self) -> Spikes {
        Spikes { at: self.at, threshold: self.threshold, times: self.times.clone() }
    }

    fn see(&mut self, t: f64, dt: f64, v: f64) {
        if self.last <= self.threshold && v > self.threshold {
            self.times.push(t - dt * (v - self.threshold) / (v - self.last));
        }
        self.last = v;
    }
}

/// Probes, detectors and their samples so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Recorder {
    probes: Vec<Probe>,
    sources: Vec<Source>,
    every: u64,
    steps: Vec<u64>,
    samples: Vec<f64>,
    pub detectors: Vec<SpikeDetector>,
}

impl Recorder {
    pub fn add(&mut self, probe: Probe, source: Source, every: u64) {
        self.probes.push(probe);
        self.sources.push(source);
        self.every = every;
    }

    pub fn sample(
        &mut self,
        step: u64,
        dt: f64,
        v: &[f64],
        calcium: &[f64],
        mechanisms: &mut [Placed],
    ) {
        for d in &mut self.detectors {
            d.see(step as f64 * dt, dt, v[d.node]);
        }
        if self.sources.is_empty() || !step.is_multiple_of(self.every) {
            return;
        }
        self.steps.push(step);
        for source in &self.sources {
            self.samples.push(match *source {
                Source::Voltage(node) => v[node],
                Source::Calcium(node) => calcium[node],
                Source::Variable { mechanism, variable, place } => {
                    mechanisms[mechanism].variable(variable, place)
                }
                Source::Current { mechanism, place } => {
                    mechanisms[mechanism].current_at(place, v, calcium)
                }
            });
        }
    }

    pub fn recording(&self, dt: f64) -> Recording {
        let shape = (self.steps.len(), self.probes.len());
        // Every sample pushed one value per probe, so the shape fits.
        let values = Array2::from_shape_vec(shape, self.samples.clone())
            .unwrap_or_else(|_| Array2::zeros(shape));
        Recording {
            times: self.steps.iter().map(|&k| k as f64 * dt).collect(),
            probes: self.probes.clone(),
            values,
        }
    }
}
