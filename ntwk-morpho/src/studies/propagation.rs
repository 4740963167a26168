//! The potential of the whole tree over time: back-propagating action potentials, snapshots for a movie.

use super::{SETTLE, StudyError, positive, settled, watch};
use crate::mesh::compartments::Location;
use crate::solver::simulation::Pace;
use crate::spec::BuiltCell;
use ntwk_core::{Job, Waveform};

/// What a pulse at the soma does in every compartment.
#[derive(Debug, Clone, PartialEq)]
pub struct Propagation {
    /// Largest depolarisation from rest (mV) per compartment.
    pub amplitude: Vec<f64>,
    /// Time of the fastest rise after that at the soma (ms) per compartment.
    pub delay: Vec<f64>,
    /// Potential at some points over time (mV), one column per point.
    pub traces: Vec<Vec<f64>>,
    /// Time between samples (ms).
    pub dt: f64,
}

/// Injects a pulse (nA, ms) at `at` into the resting cell and follows every compartment for `duration` (ms).
///
/// # Errors
/// [`StudyError`].
pub fn back_propagation(
    built: &BuiltCell,
    at: Location,
    amplitude: f64,
    width: f64,
    duration: f64,
    points: &[Location],
    job: &Job<'_>,
) -> Result<Propagation, StudyError> {
    positive("duration", duration)?;
    positive("width", width)?;
    let (mut cell, mut simulation) = settled(built, job)?;
    cell.inject(at, Waveform::step(SETTLE + 1.0, width, amplitude))?;
    simulation.replace_currents(&cell)?;
    let n = cell.compartments().len();
    let rest = simulation.voltages();
    let mut last = rest.clone();
    let mut peak = vec![0.0f64; n];
    let mut rise = vec![(0.0f64, 0.0f64); n];
    let mut traces = vec![Vec::new(); points.len()];
    let mut pace = Pace::new();
    watch(&mut simulation, duration, job, |t, s| {
        if pace.step() {
            job.report(t / duration);
        }
        let v = s.voltages();
        for k in 0..n {
            peak[k] = peak[k].max(v[k] - rest[k]);
            if v[k] - last[k] > rise[k].0 {
                rise[k] = (v[k] - last[k], t);
            }
        }
        for (trace, p) in traces.iter_mut().zip(points) {
            trace.push(s.voltage(*p)?);
        }
        last = v;
        Ok(())
    })?;
    let soma = cell.compartments().compartment(at).map_err(crate::SimulationError::from)?;
    let start = rise[soma].1;
    Ok(Propagation {
        amplitude: peak,
        delay: rise.iter().map(|r| r.1 - start).collect(),
        traces,
        dt: built.spec.simulation.settings.dt,
    })
}

/// The potential of every compartment at equal times.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshots {
    /// Times (ms).
    pub times: Vec<f64>,
    /// Potentials (mV), one list per time.
    pub voltages: Vec<Vec<f64>>,
}

/// Runs the cell as described, with its electrodes and synapses, and keeps the potential of all compartments from `from`
/// to `to` every `every` (ms). It is one simulation, so it uses one thread; interrupted, it gives the snapshots so far.
///
/// # Errors
/// [`StudyError`]; more than 2000 snapshots are refused.
pub fn snapshots(
    built: &BuiltCell,
    from: f64,
    to: f64,
    every: f64,
    job: &Job<'_>,
) -> Result<Snapshots, StudyError> {
    positive("every", every)?;
    positive("to - from", to - from)?;
    if (to - from) / every > 2000.0 {
        let (name, expected) = ("every", "at most 2000 snapshots");
        return Err(StudyError::Parameter { name, value: every, expected });
    }
    let mut simulation = built.simulation()?;
    let n = built.cell.compartments().len();
    let mut out = Snapshots { times: Vec::new(), voltages: Vec::new() };
    let count = ((to - from) / every + 1e-9).floor() as usize;
    for k in 0..=count {
        let until = from + k as f64 * every;
        if !simulation.run_until(until, &job.silent())? {
            break;
        }
        out.times.push(simulation.time());
        out.voltages.push(simulation.voltages().into_iter().take(n).collect());
        job.report(k as f64 / count.max(1) as f64);
    }
    if out.times.is_empty() { Err(StudyError::Interrupted) } else { Ok(out) }
}
