//! How EPSPs add up: number of synapses active together, order and speed of a sequence.

use super::{Contact, SETTLE, StudyError, add_contact, points, positive, settled, watch};
use crate::mesh::compartments::Location;
use crate::spec::BuiltCell;
use ntwk_core::Job;

/// Peaks against the number of synapses that are active together.
#[derive(Debug, Clone, PartialEq)]
pub struct SummationCurve {
    /// Numbers of synapses, from 1.
    pub numbers: Vec<usize>,
    /// Peak at the target (mV).
    pub peak: Vec<f64>,
    /// The number times the peak for one: what linear summation gives (mV).
    pub expected: Vec<f64>,
    /// Peak where the synapses are (mV).
    pub local_peak: Vec<f64>,
    /// Potential at the synapses over time for each number (mV, deviation from rest), one sample per step.
    pub local_traces: Vec<Vec<f64>>,
    /// Time between samples (ms).
    pub dt: f64,
}

/// Activates 1 to `most` synapses at `at` at the same time.
///
/// # Errors
/// [`StudyError`].
pub fn summation(
    built: &BuiltCell,
    contact: &Contact,
    at: Location,
    to: Location,
    most: usize,
    duration: f64,
    job: &Job<'_>,
) -> Result<SummationCurve, StudyError> {
    positive("duration", duration)?;
    positive("number of synapses", most as f64)?;
    let (cell, rest) = settled(built, job)?;
    let (baseline, baseline_to) = (rest.voltage(at)?, rest.voltage(to)?);
    let numbers: Vec<usize> = (1..=most).collect();
    let rows = points(job, &numbers, |&n| {
        let mut with = cell.clone();
        // Synapses of one receptor at one place share their state, so n synapses are one of n times the weight.
        add_contact(&mut with, at, contact, n as f64, &[SETTLE])?;
        let mut simulation = rest.clone();
        simulation.replace_synapses(&with)?;
        let (mut peak, mut local) = (0.0f64, 0.0f64);
        let mut trace = Vec::new();
        watch(&mut simulation, duration, job, |_, s| {
            let here = s.voltage(at)? - baseline;
            peak = peak.max(s.voltage(to)? - baseline_to);
            local = local.max(here);
            trace.push(here);
            Ok(())
        })?;
        Ok((peak, local, trace))
    })?;
    let one = rows[0].0;
    Ok(SummationCurve {
        numbers: numbers[..rows.len()].to_vec(),
        peak: rows.iter().map(|r| r.0).collect(),
        expected: numbers[..rows.len()].iter().map(|&n| n as f64 * one).collect(),
        local_peak: rows.iter().map(|r| r.1).collect(),
        local_traces: rows.into_iter().map(|r| r.2).collect(),
        dt: built.spec.simulation.settings.dt,
    })
}

/// Peaks at the target for a sequence of synapses in both orders.
#[derive(Debug, Clone, PartialEq)]
pub struct SequenceCurve {
    /// Intervals between neighbours (ms).
    pub intervals: Vec<f64>,
    /// Peak for activation from the distal synapse inwards (mV).
    pub inwards: Vec<f64>,
    /// Peak for activation from the proximal synapse outwards (mV).
    pub outwards: Vec<f64>,
    /// Potential at the target over time for each interval, inwards and outwards (mV, deviation from rest).
    pub traces: Vec<[Vec<f64>; 2]>,
    /// Time between samples (ms).
    pub dt: f64,
}

/// Activates synapses at `locations` one after the other, inwards and outwards, for each of some intervals (ms).
///
/// # Errors
/// [`StudyError`].
pub fn sequences(
    built: &BuiltCell,
    contact: &Contact,
    locations: &[Location],
    to: Location,
    intervals: &[f64],
    duration: f64,
    job: &Job<'_>,
) -> Result<SequenceCurve, StudyError> {
    positive("duration", duration)?;
    if locations.len() < 2 {
        return Err(StudyError::Missing("a sequence needs at least two synapses"));
    }
    let (cell, rest) = settled(built, job)?;
    let baseline = rest.voltage(to)?;
    let mut order: Vec<Location> = locations.to_vec();
    let distance = |at: &Location| cell.compartments().path_distance(*at);
    order.sort_by(|a, b| distance(b).total_cmp(&distance(a)));
    let rows = points(job, intervals, |&interval| {
        if !(interval >= 0.0 && interval.is_finite()) {
            let (name, expected) = ("interval", "a finite number >= 0");
            return Err(StudyError::Parameter { name, value: interval, expected });
        }
        let run = |reversed: bool| -> Result<(f64, Vec<f64>), StudyError> {
            let mut with = cell.clone();
            for (k, at) in order.iter().enumerate() {
                let rank = if reversed { order.len() - 1 - k } else { k };
                let time = SETTLE + rank as f64 * interval;
                add_contact(&mut with, *at, contact, 1.0, &[time])?;
            }
            let mut simulation = rest.clone();
            simulation.replace_synapses(&with)?;
            let mut trace = Vec::new();
            watch(&mut simulation, duration, job, |_, s| {
                trace.push(s.voltage(to)? - baseline);
                Ok(())
            })?;
            Ok((trace.iter().copied().fold(0.0, f64::max), trace))
        };
        Ok([run(false)?, run(true)?])
    })?;
    Ok(SequenceCurve {
        intervals: intervals[..rows.len()].to_vec(),
        inwards: rows.iter().map(|r| r[0].0).collect(),
        outwards: rows.iter().map(|r| r[1].0).collect(),
        traces: rows.into_iter().map(|r| r.map(|(_, trace)| trace)).collect(),
        dt: built.spec.simulation.settings.dt,
    })
}
