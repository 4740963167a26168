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
    /// What linear summation gives (mV): the peak of the sum of the responses to each synapse alone.
    pub expected: Vec<f64>,
    /// Peak where the synapses are (mV), the largest at any of them.
    pub local_peak: Vec<f64>,
    /// Potential at the first synapse over time for each number (mV, deviation from rest), one sample per step.
    pub local_traces: Vec<Vec<f64>>,
    /// Time between samples (ms).
    pub dt: f64,
}

/// Synapses at equal places: where, and how many.
fn gathered(sites: &[Location]) -> Vec<(Location, f64)> {
    let mut places: Vec<(Location, f64)> = Vec::new();
    for &at in sites {
        match places.iter_mut().find(|p| p.0 == at) {
            Some(place) => place.1 += 1.0,
            None => places.push((at, 1.0)),
        }
    }
    places
}

/// What synapses that are active at the same time do.
struct Response {
    local: f64,
    at_first: Vec<f64>,
    remote: Vec<f64>,
}

/// Activates the first one, two, ... of the synapses at `sites` at the same time.
///
/// # Errors
/// [`StudyError`].
pub fn summation(
    built: &BuiltCell,
    contact: &Contact,
    sites: &[Location],
    to: Location,
    duration: f64,
    job: &Job<'_>,
) -> Result<SummationCurve, StudyError> {
    positive("duration", duration)?;
    positive("number of synapses", sites.len() as f64)?;
    let (cell, rest) = settled(built, job)?;
    let baseline_to = rest.voltage(to)?;
    let respond = |active: &[Location]| -> Result<Response, StudyError> {
        let mut with = cell.clone();
        let places = gathered(active);
        for &(at, n) in &places {
            // Synapses of one receptor at one place share their state, so n synapses are one of n times the weight.
            add_contact(&mut with, at, contact, n, &[SETTLE])?;
        }
        let baselines = places.iter().map(|p| rest.voltage(p.0)).collect::<Result<Vec<_>, _>>()?;
        let mut simulation = rest.clone();
        simulation.replace_synapses(&with)?;
        let mut r = Response { local: 0.0, at_first: Vec::new(), remote: Vec::new() };
        watch(&mut simulation, duration, job, |_, s| {
            for (k, ((at, _), baseline)) in places.iter().zip(&baselines).enumerate() {
                let here = s.voltage(*at)? - baseline;
                r.local = r.local.max(here);
                if k == 0 {
                    r.at_first.push(here);
                }
            }
            r.remote.push(s.voltage(to)? - baseline_to);
            Ok(())
        })?;
        Ok(r)
    };
    let numbers: Vec<usize> = (1..=sites.len()).collect();
    // The second and further synapses at a place do alone what the first does.
    let different = gathered(sites);
    let alone: Vec<Vec<f64>> = if different.len() == 1 {
        Vec::new()
    } else {
        points(job, &different, |(at, _)| Ok(respond(&[*at])?.remote))?
    };
    if different.len() > 1 && alone.len() < different.len() {
        return Err(StudyError::Interrupted);
    }
    let rows = points(job, &numbers, |&n| respond(&sites[..n]))?;
    let peak_of = |trace: &[f64]| trace.iter().copied().fold(0.0f64, f64::max);
    let expected = |n: usize| {
        if alone.is_empty() {
            return n as f64 * peak_of(&rows[0].remote);
        }
        let mut sum = vec![0.0; alone[0].len()];
        for (at, count) in gathered(&sites[..n]) {
            let one = different.iter().position(|d| d.0 == at).map(|k| &alone[k]);
            for (s, v) in sum.iter_mut().zip(one.into_iter().flatten()) {
                *s += count * v;
            }
        }
        peak_of(&sum)
    };
    Ok(SummationCurve {
        numbers: numbers[..rows.len()].to_vec(),
        peak: rows.iter().map(|r| peak_of(&r.remote)).collect(),
        expected: numbers[..rows.len()].iter().map(|&n| expected(n)).collect(),
        local_peak: rows.iter().map(|r| r.local).collect(),
        local_traces: rows.into_iter().map(|r| r.at_first).collect(),
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
