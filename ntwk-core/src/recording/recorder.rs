//! Sinks for what a simulation produces.

use ndarray::{Array2, Axis};

use crate::model::{RecordedAfferent, Sampled};
use crate::recording::{AfferentRecording, PopulationRecording, Recording, Spikes, Trace};

/// What a run of steps produced.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// First step.
    pub first_step: u32,
    /// Number of steps.
    pub n_steps: u32,
    /// One entry per population.
    pub populations: Vec<PopulationSegment>,
    /// Afferent spikes that are kept, by step and then train: one entry per [`RecordedAfferent`] of the simulation.
    pub afferents: Vec<Spikes>,
}

/// What one population produced in a segment.
#[derive(Debug, Clone, PartialEq)]
pub struct PopulationSegment {
    /// All spikes, by step and then neuron.
    pub spikes: Spikes,
    /// One array `[samples, neurons]` per trace of the population.
    pub traces: Vec<Array2<f64>>,
}

/// A description of one population, for recorders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PopulationInfo {
    /// Name.
    pub name: String,
    /// Number of neurons.
    pub size: u32,
    /// Whether the model asks for its spikes.
    pub record_spikes: bool,
    /// Traces, in the order of [`PopulationSegment::traces`].
    pub traces: Vec<Sampled>,
}

/// A sink that is handed the segments of a run in order.
pub trait Recorder {
    /// Takes one segment.
    ///
    /// # Errors
    /// A recorder that cannot keep the segment (a full disk, say) says so; the run stops.
    fn take(&mut self, segment: &Segment) -> Result<(), RecorderError>;
}

/// A recorder could not keep what it was given.
#[derive(Debug, thiserror::Error)]
#[error("recording failed: {0}")]
pub struct RecorderError(#[from] pub Box<dyn std::error::Error + Send + Sync>);

/// Keeps everything in memory.
///
/// [`simulate`](crate::engine::run::simulate) does this for a whole run; step by step it is
///
/// ```
/// use ntwk_core::{Job, Model, Network, Recording, Simulation};
///
/// fn first_100_ms(model: &Model) -> Result<Recording, Box<dyn std::error::Error>> {
///     let mut simulation = Simulation::new(Network::build(model, &Job::threads(1))?);
///     let mut recorder = simulation.recorder();
///     simulation.advance((100.0 / model.dt()) as u32, &mut recorder)?;
///     Ok(recorder.into_recording())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct MemoryRecorder {
    infos: Vec<PopulationInfo>,
    afferents: Vec<RecordedAfferent>,
    recording: Recording,
}

impl MemoryRecorder {
    /// A recorder for populations described by `infos`, afferent spikes and a step of `dt` (ms).
    pub(crate) fn new(dt: f64, infos: &[PopulationInfo], afferents: &[RecordedAfferent]) -> Self {
        let populations = infos
            .iter()
            .map(|info| PopulationRecording {
                name: info.name.clone(),
                size: info.size as usize,
                spikes: info.record_spikes.then(Spikes::default),
                counts: Vec::new(),
                traces: info.traces.iter().map(Trace::empty).collect(),
            })
            .collect();
        let silent = |recorded: &RecordedAfferent| AfferentRecording {
            name: recorded.name.clone(),
            afferent: recorded.afferent.clone(),
            target: recorded.target.clone(),
            size: recorded.size as usize,
            spikes: Spikes::default(),
        };
        let recording = Recording {
            dt,
            n_steps: 0,
            populations,
            afferents: afferents.iter().map(silent).collect(),
        };
        Self { infos: infos.to_vec(), afferents: afferents.to_vec(), recording }
    }

    /// What was recorded so far.
    #[must_use]
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// What was recorded since the beginning or the last call; the recorder is empty then.
    #[must_use]
    pub fn take_recording(&mut self) -> Recording {
        let empty = Self::new(self.recording.dt, &self.infos, &self.afferents).recording;
        std::mem::replace(&mut self.recording, empty)
    }

    /// What was recorded.
    #[must_use]
    pub fn into_recording(self) -> Recording {
        self.recording
    }
}

impl Recorder for MemoryRecorder {
    fn take(&mut self, segment: &Segment) -> Result<(), RecorderError> {
        self.recording.n_steps = u64::from(segment.first_step) + u64::from(segment.n_steps);
        for (kept, new) in self.recording.afferents.iter_mut().zip(&segment.afferents) {
            kept.spikes.extend(new);
        }
        let kept = self.recording.populations.iter_mut().zip(&segment.populations);
        for (info, (population, new)) in self.infos.iter().zip(kept) {
            let start = population.counts.len();
            population.counts.resize(start + segment.n_steps as usize, 0);
            for &step in &new.spikes.steps {
                population.counts[start + (step - u64::from(segment.first_step)) as usize] += 1;
            }
            if info.record_spikes
                && let Some(spikes) = &mut population.spikes
            {
                spikes.extend(&new.spikes);
            }
            for (trace, samples) in population.traces.iter_mut().zip(&new.traces) {
                trace
                    .data
                    .append(Axis(0), samples.view())
                    .map_err(|error| RecorderError(Box::new(error)))?;
            }
        }
        Ok(())
    }
}

/// Counts the spikes of every neuron in a window of steps, and keeps nothing else.
#[derive(Debug, Clone)]
pub struct SpikeCounter {
    window: std::ops::Range<u64>,
    counts: Vec<Vec<u32>>,
}

impl SpikeCounter {
    /// Counts spikes of populations of the given sizes in the steps of `window`.
    #[must_use]
    pub fn new(window: std::ops::Range<u64>, sizes: impl IntoIterator<Item = u32>) -> Self {
        Self { window, counts: sizes.into_iter().map(|n| vec![0; n as usize]).collect() }
    }

    /// Number of spikes of each neuron, per population.
    #[must_use]
    pub fn counts(&self) -> &[Vec<u32>] {
        &self.counts
    }
}

impl Recorder for SpikeCounter {
    fn take(&mut self, segment: &Segment) -> Result<(), RecorderError> {
        for (counts, population) in self.counts.iter_mut().zip(&segment.populations) {
            for (step, &id) in population.spikes.steps.iter().zip(&population.spikes.ids) {
                if self.window.contains(step) {
                    counts[id as usize] += 1;
                }
            }
        }
        Ok(())
    }
}
