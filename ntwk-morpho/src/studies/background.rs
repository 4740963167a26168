//! Background synaptic activity: the state it puts the cell in and what that does to EPSPs.

use super::{Contact, StudyError, add_contact, positive, settled};
use crate::membrane::cell::Cell;
use crate::mesh::compartments::Location;
use crate::solver::simulation::{Settings, Simulation};
use crate::spec::BuiltCell;
use ntwk_core::{Job, Waveform};

/// A cell under its synaptic activity and at rest.
#[derive(Debug, Clone, PartialEq)]
pub struct BackgroundState {
    /// Potential at rest (mV).
    pub rest: f64,
    /// Mean potential under activity (mV).
    pub mean: f64,
    /// Its standard deviation (mV).
    pub sd: f64,
    /// Spikes per second.
    pub rate: f64,
    /// Input resistance at rest and under activity (MΩ).
    pub input_resistance: [f64; 2],
    /// Time constant at rest and under activity (ms): when the response to the current step reaches 1 − 1/e of its largest
    /// value.
    pub tau: [f64; 2],
    /// Peak of the mean EPSP of the probe synapse at rest and under activity (mV).
    pub epsp: [f64; 2],
    /// Mean EPSPs over time at rest and under activity (mV).
    pub epsp_traces: [Vec<f64>; 2],
    /// Potential under activity (mV), one sample per step, the transient included.
    pub trace: Vec<f64>,
    /// Time between samples (ms).
    pub dt: f64,
}

/// Time from one probe to the next (ms).
const PROBE_EVERY: f64 = 150.0;
/// Duration of the mean EPSP (ms).
const EPSP: f64 = 80.0;

/// What the study measures, and for how long.
#[derive(Debug, Clone, PartialEq)]
pub struct BackgroundProtocol {
    /// Where the potential is measured and the test current enters.
    pub at: Location,
    /// The contact of a probe synapse.
    pub probe: Contact,
    /// Where its synapses are, which are active together.
    pub probe_at: Vec<Location>,
    /// Test current (nA).
    pub current: f64,
    /// Initial transient to discard (ms).
    pub transient: f64,
    /// Time measured (ms).
    pub duration: f64,
    /// Threshold of a spike (mV).
    pub threshold: f64,
}

/// One of the runs of the study.
#[derive(Debug, Clone, PartialEq)]
pub struct BackgroundRun {
    /// Potential (mV), one sample per step from t = 0.
    pub trace: Vec<f64>,
    /// Spikes after the transient.
    pub spikes: u64,
}

/// The cell at rest and under the synaptic activity of its description, each three times with the same spikes: alone, with
/// a steady test current, and with the probe contact activated every 150 ms. Differences between the runs give input
/// resistance and mean EPSP; they are exact, since the activity is the same. The runs do not depend on each other.
#[derive(Debug, Clone)]
pub struct BackgroundStudy {
    protocol: BackgroundProtocol,
    settings: Settings,
    /// Alone, pushed, probed at rest; then the same under activity.
    cells: Vec<Cell>,
    rest: f64,
    /// Times of the probe (ms).
    times: Vec<f64>,
}

impl BackgroundStudy {
    /// States of the cell, in the order of the runs.
    pub const STATES: [&'static str; 2] = ["rest", "active"];
    /// Runs in each state.
    pub const RUNS: [&'static str; 3] = ["alone", "test_current", "probe"];

    /// Prepares the runs.
    ///
    /// # Errors
    /// [`StudyError`].
    pub fn new(
        built: &BuiltCell,
        protocol: BackgroundProtocol,
        job: &Job<'_>,
    ) -> Result<Self, StudyError> {
        positive("duration", protocol.duration)?;
        positive("test current", protocol.current.abs())?;
        let settings = built.spec.simulation.settings;
        let mut active = built.cell.clone();
        active.currents.clear();
        active.clamps.clear();
        let (quiet, resting) = settled(built, job)?;
        let rest = resting.voltage(protocol.at)?;
        let BackgroundProtocol { at, transient, duration, current, .. } = protocol;
        let times: Vec<f64> = (0..)
            .map(|k| transient + PROBE_EVERY * f64::from(k))
            .take_while(|t| t + EPSP < transient + duration)
            .collect();
        let mut cells = Vec::new();
        for base in [quiet, active] {
            let mut stepped = base.clone();
            stepped.inject(at, Waveform::step(transient, duration, current))?;
            let mut probed = base.clone();
            for &place in &protocol.probe_at {
                add_contact(&mut probed, place, &protocol.probe, 1.0, &times)?;
            }
            cells.extend([base, stepped, probed]);
        }
        Ok(Self { protocol, settings, cells, rest, times })
    }

    /// What is measured, and for how long.
    #[must_use]
    pub fn protocol(&self) -> &BackgroundProtocol {
        &self.protocol
    }

    /// Number of samples of a trace.
    #[must_use]
    pub fn samples(&self) -> usize {
        let end = self.protocol.transient + self.protocol.duration;
        (end / self.settings.dt - 1e-9).ceil() as usize + 1
    }

    /// Time between samples (ms).
    #[must_use]
    pub fn dt(&self) -> f64 {
        self.settings.dt
    }

    /// Does run `k` of [`BackgroundStudy::STATES`] times [`BackgroundStudy::RUNS`].
    ///
    /// # Errors
    /// [`StudyError::Interrupted`] once the job is interrupted, [`StudyError::Simulation`].
    pub fn run(&self, k: usize, job: &Job<'_>) -> Result<BackgroundRun, StudyError> {
        let missing = StudyError::Missing("there are six runs");
        let mut s = Simulation::new(self.cells.get(k).ok_or(missing)?, &self.settings)?;
        s.record_voltage(&[self.protocol.at], 1)?;
        s.detect_spikes(self.protocol.at, self.protocol.threshold)?;
        for _ in 1..self.samples() {
            job.check()?;
            s.step()?;
        }
        let from = self.protocol.transient;
        let spikes = s.spikes()[0].times.iter().filter(|t| **t >= from).count() as u64;
        Ok(BackgroundRun { trace: s.recording().column(0).to_vec(), spikes })
    }

    /// What the six runs say.
    ///
    /// # Errors
    /// [`StudyError::Missing`] unless there are six with all their samples.
    pub fn state(&self, runs: &[BackgroundRun]) -> Result<BackgroundState, StudyError> {
        let n = self.samples();
        if runs.len() != self.cells.len() || runs.iter().any(|r| r.trace.len() != n) {
            return Err(StudyError::Missing("there must be six runs with all samples"));
        }
        let BackgroundProtocol { transient, duration, current, .. } = self.protocol;
        let dt = self.settings.dt;
        let onset = (transient / dt).round() as usize;
        let mut measured = Vec::new();
        for of in runs.chunks(Self::RUNS.len()) {
            let (alone, pushed, with_probe) = (&of[0].trace, &of[1].trace, &of[2].trace);
            let n = (EPSP / dt) as usize;
            let mut epsp = vec![0.0; n];
            for t in &self.times {
                let from = (t / dt).round() as usize;
                for (k, e) in epsp.iter_mut().enumerate() {
                    *e += (with_probe[from + k] - alone[from + k]) / self.times.len() as f64;
                }
            }
            let difference: Vec<f64> =
                pushed[onset..].iter().zip(&alone[onset..]).map(|(a, b)| a - b).collect();
            // The last half of the step is steady.
            let half = difference.len() / 2;
            let steady = difference[half..].iter().sum::<f64>() / (difference.len() - half) as f64;
            let resistance = steady / current;
            let largest =
                difference.iter().fold(0.0f64, |a, d| if d.abs() > a.abs() { *d } else { a });
            let reached = difference.iter().position(|d| d / largest >= 1.0 - (-1.0f64).exp());
            let tau = reached.map_or(f64::NAN, |k| k as f64 * dt);
            measured.push((resistance, tau, epsp));
        }
        let BackgroundRun { trace, spikes } = runs[Self::RUNS.len()].clone();
        let values = &trace[onset.min(trace.len() - 1)..];
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let square = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
        let peak = |e: &[f64]| {
            e.iter().copied().fold(0.0f64, |a, b| if b.abs() > a.abs() { b } else { a })
        };
        Ok(BackgroundState {
            rest: self.rest,
            mean,
            sd: (square / values.len() as f64).sqrt(),
            rate: spikes as f64 / (1e-3 * duration),
            input_resistance: [measured[0].0, measured[1].0],
            tau: [measured[0].1, measured[1].1],
            epsp: [peak(&measured[0].2), peak(&measured[1].2)],
            epsp_traces: [measured[0].2.clone(), measured[1].2.clone()],
            trace,
            dt,
        })
    }
}
