//! What a simulation leaves behind.

use super::State;
use super::balance::Balance;
use super::constants::Constants;
use super::probe::{Probe, Source};
use crate::mesh::compartments::Location;
use ndarray::{Array2, ArrayView1};

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

    /// Whether the step with this number is sampled.
    pub fn samples(&self, step: u64) -> bool {
        !self.sources.is_empty() && step.is_multiple_of(self.every)
    }

    pub fn sample(
        &mut self,
        step: u64,
        dt: f64,
        state: &State,
        constants: &Constants,
        balance: &Balance,
    ) {
        for d in &mut self.detectors {
            d.see(step as f64 * dt, dt, state.v[d.node]);
        }
        if !self.samples(step) {
            return;
        }
        self.steps.push(step);
        for source in &self.sources {
            self.samples.push(match source {
                Source::Voltage(node) => state.v[*node],
                Source::Calcium(node) => state.calcium[*node],
                Source::Variable { mechanism, variable, place } => {
                    state.mechanisms[*mechanism].variable(*variable, *place)
                }
                Source::Current(parts) => {
                    parts.iter().map(|&(part, place)| balance.part_at(part, place)[0]).sum()
                }
                Source::Conductance(parts) => {
                    parts.iter().map(|&(part, place)| balance.part_at(part, place)[1]).sum()
                }
                Source::Reversal { part, place } => balance.reversal_at(*part, *place),
                // nA over (µS per S/cm²) is mA/cm².
                Source::Capacitive(k) => balance.capacitive()[*k] / constants.area[*k],
                Source::Transmembrane(k) => balance.transmembrane()[*k],
                Source::Axial(k) => balance.axial()[*k],
                Source::Electrode(k) => balance.electrodes()[*k],
                Source::Synaptic { row, conductance } => {
                    balance.synapses_at(*row)[usize::from(*conductance)]
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
