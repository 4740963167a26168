//! One synapse after the other in every compartment: what arrives at the soma.

use super::{Contact, SETTLE, StudyError, add_contact, points, positive, settled, watch};
use crate::mesh::compartments::Location;
use crate::mesh::selection::Selection;
use crate::spec::BuiltCell;
use ntwk_core::Job;

/// EPSPs of a synapse in each of some compartments: those that were computed.
#[derive(Debug, Clone, PartialEq)]
pub struct EpspMap {
    /// The compartments.
    pub compartments: Vec<usize>,
    /// Largest deviation from rest in the compartment itself (mV).
    pub local: Vec<f64>,
    /// Largest deviation at the target (mV).
    pub remote: Vec<f64>,
    /// Time from the spike to the largest deviation at the target (ms).
    pub time_to_peak: Vec<f64>,
    /// Time integral of the deviation in the compartment (mV ms).
    pub local_area: Vec<f64>,
    /// Time integral of the deviation at the target (mV ms).
    pub remote_area: Vec<f64>,
}

/// Activates `contact` once in every compartment of `selection`, one at a time, and follows the potential there and at `to`
/// for `duration` (ms).
///
/// # Errors
/// [`StudyError`].
pub fn epsp_map(
    built: &BuiltCell,
    selection: &Selection,
    contact: &Contact,
    to: Location,
    duration: f64,
    job: &Job<'_>,
) -> Result<EpspMap, StudyError> {
    positive("duration", duration)?;
    let (cell, rest) = settled(built, job)?;
    let compartments = selection.indices(cell.compartments());
    if compartments.is_empty() {
        return Err(StudyError::Missing("no compartment meets the selection"));
    }
    let dt = built.spec.simulation.settings.dt;
    let baseline_to = rest.voltage(to)?;
    let rows = points(job, &compartments, |&k| {
        let c = cell.compartments().as_slice()[k];
        let at = Location::new(c.branch, c.x);
        let mut with = cell.clone();
        add_contact(&mut with, at, contact, 1.0, &[SETTLE])?;
        let mut simulation = rest.clone();
        simulation.replace_synapses(&with)?;
        let baseline = rest.voltage(at)?;
        let (mut local, mut remote, mut time) = (0.0f64, 0.0f64, 0.0);
        let (mut local_area, mut remote_area) = (0.0, 0.0);
        watch(&mut simulation, duration, job, |t, s| {
            let (here, there) = (s.voltage(at)? - baseline, s.voltage(to)? - baseline_to);
            if here.abs() > local.abs() {
                local = here;
            }
            if there.abs() > remote.abs() {
                (remote, time) = (there, t);
            }
            local_area += here * dt;
            remote_area += there * dt;
            Ok(())
        })?;
        Ok([local, remote, time, local_area, remote_area])
    })?;
    let column = |c: usize| rows.iter().map(|r| r[c]).collect();
    Ok(EpspMap {
        compartments: compartments[..rows.len()].to_vec(),
        local: column(0),
        remote: column(1),
        time_to_peak: column(2),
        local_area: column(3),
        remote_area: column(4),
    })
}
