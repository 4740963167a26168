//! Background synaptic activity: the state it puts the cell in and what that does to EPSPs.

use super::{Contact, StudyError, add_contact, positive, settled};
use crate::compartments::Location;
use crate::simulation::Simulation;
use crate::spec::BuiltCell;
use crate::stimulus::Waveform;
use crate::work::Work;

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

/// Runs the cell under the synaptic activity of its description for `duration` (ms) after `transient` (ms), three times
/// with the same spikes: alone, with a steady test current of `current` (nA) at `at`, and with the probe contact activated
/// every 150 ms. Differences between the runs give input resistance and mean EPSP; they are exact, since the activity is
/// the same. Each run is a point of `work`.
///
/// # Errors
/// [`StudyError`].
#[allow(clippy::too_many_arguments)]
pub fn background(
    built: &BuiltCell,
    at: Location,
    probe: (&Contact, Location),
    current: f64,
    transient: f64,
    duration: f64,
    threshold: f64,
    work: &Work<'_>,
) -> Result<BackgroundState, StudyError> {
    positive("duration", duration)?;
    positive("test current", current.abs())?;
    let settings = built.spec.simulation.settings;
    let mut active = built.cell.clone();
    active.currents.clear();
    active.clamps.clear();
    let (quiet, resting) = settled(built)?;
    let end = transient + duration;
    let trace = |cell: &crate::Cell| -> Result<(Vec<f64>, usize), StudyError> {
        let mut s = Simulation::new(cell, &settings)?;
        s.record_voltage(&[at], 1)?;
        s.detect_spikes(at, threshold)?;
        s.run(end)?;
        let spikes = s.spikes()[0].times.iter().filter(|t| **t >= transient).count();
        Ok((s.recording().column(0).to_vec(), spikes))
    };
    let onset = (transient / settings.dt).round() as usize;
    let times: Vec<f64> = (0..)
        .map(|k| transient + PROBE_EVERY * f64::from(k))
        .take_while(|t| t + EPSP < end)
        .collect();
    let mut cells = Vec::new();
    for base in [quiet, active] {
        let mut stepped = base.clone();
        stepped.inject(at, Waveform::step(transient, duration, current))?;
        let mut probed = base.clone();
        add_contact(&mut probed, probe.1, probe.0, 1.0, &times)?;
        cells.extend([base, stepped, probed]);
    }
    let traces = work.each(&cells, trace)?;
    if traces.len() < cells.len() {
        return Err(StudyError::Interrupted);
    }
    let mut measured = Vec::new();
    for of in traces.chunks(3) {
        let (alone, pushed, with_probe) = (&of[0].0, &of[1].0, &of[2].0);
        let n = (EPSP / settings.dt) as usize;
        let mut epsp = vec![0.0; n];
        for t in &times {
            let from = (t / settings.dt).round() as usize;
            for (k, e) in epsp.iter_mut().enumerate() {
                *e += (with_probe[from + k] - alone[from + k]) / times.len() as f64;
            }
        }
        let difference: Vec<f64> =
            pushed[onset..].iter().zip(&alone[onset..]).map(|(a, b)| a - b).collect();
        // The last half of the step is steady.
        let half = difference.len() / 2;
        let steady = difference[half..].iter().sum::<f64>() / (difference.len() - half) as f64;
        let resistance = steady / current;
        let largest = difference.iter().fold(0.0f64, |a, d| if d.abs() > a.abs() { *d } else { a });
        let reached = difference.iter().position(|d| d / largest >= 1.0 - (-1.0f64).exp());
        let tau = reached.map_or(f64::NAN, |k| k as f64 * settings.dt);
        measured.push((resistance, tau, epsp));
    }
    let (alone, spikes) = traces[3].clone();
    let values = &alone[onset.min(alone.len() - 1)..];
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
    let rest = resting.voltage(at)?;
    let peak =
        |e: &[f64]| e.iter().copied().fold(0.0f64, |a, b| if b.abs() > a.abs() { b } else { a });
    Ok(BackgroundState {
        rest,
        mean,
        sd,
        rate: spikes as f64 / (1e-3 * duration),
        input_resistance: [measured[0].0, measured[1].0],
        tau: [measured[0].1, measured[1].1],
        epsp: [peak(&measured[0].2), peak(&measured[1].2)],
        epsp_traces: [measured[0].2.clone(), measured[1].2.clone()],
        trace: alone,
        dt: settings.dt,
    })
}
