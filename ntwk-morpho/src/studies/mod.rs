//! Experiments on a cell: maps of impedance and of EPSPs, summation, sequences, back-propagation, background activity.
//!
//! Each starts from rest: electrodes and synaptic activity of the description are left out unless the experiment is about
//! them, the cell settles, and what follows is measured against the settled potential. A study over points takes a [`Job`];
//! interrupted, it gives what the first points gave.

mod background;
mod epsp_map;
mod error_estimate;
mod impedance_map;
mod propagation;
mod summation;

pub use background::{BackgroundProtocol, BackgroundRun, BackgroundState, BackgroundStudy};
pub use epsp_map::{EpspMap, epsp_map};
pub use error_estimate::{ErrorEstimate, EstimateError, estimate_error};
pub use impedance_map::{ImpedanceMap, impedance_map};
pub use propagation::{Propagation, Snapshots, back_propagation, snapshots};
pub use summation::{SequenceCurve, SummationCurve, sequences, summation};

use crate::membrane::cell::{Cell, CellError};
use crate::membrane::receptor::Receptor;
use crate::mesh::compartments::Location;
use crate::solver::impedance::ImpedanceError;
use crate::solver::simulation::{Simulation, SimulationError};
use crate::spec::BuiltCell;
use ntwk_core::{Interrupted, Job};

/// Why a study could not be done.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// A simulation failed.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    /// Something cannot be put on the cell.
    #[error(transparent)]
    Cell(#[from] CellError),
    /// The cell has no linear response.
    #[error(transparent)]
    Impedance(#[from] ImpedanceError),
    /// Interrupted before anything was computed.
    #[error("interrupted before the first result")]
    Interrupted,
    /// What the study needs is not there.
    #[error("{0}")]
    Missing(&'static str),
    /// A parameter of the study is out of range.
    #[error("{name} = {value}: expected {expected}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// The value given.
        value: f64,
        /// What it should be.
        expected: &'static str,
    },
}

impl StudyError {
    /// Whether the study was interrupted before its first result.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        matches!(self, Self::Interrupted)
    }
}

impl From<Interrupted> for StudyError {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

/// What one presynaptic spike activates: receptors with peak conductances (µS).
pub type Contact = Vec<(Receptor, f64)>;

/// Time the cell is given to settle (ms).
pub const SETTLE: f64 = 500.0;

/// The cell without electrodes and synapses.
#[must_use]
pub fn quiet(built: &BuiltCell) -> Cell {
    let mut cell = built.cell.clone();
    cell.currents.clear();
    cell.clamps.clear();
    cell.synapses.clear();
    cell
}

/// The quiet cell after [`SETTLE`], nothing recorded.
///
/// # Errors
/// [`StudyError::Simulation`], [`StudyError::Interrupted`].
pub fn settled(built: &BuiltCell, job: &Job<'_>) -> Result<(Cell, Simulation), StudyError> {
    let cell = quiet(built);
    let mut simulation = Simulation::new(&cell, &built.spec.simulation.settings)?;
    if !simulation.run_until(SETTLE, &job.silent())? {
        return Err(StudyError::Interrupted);
    }
    Ok((cell, simulation))
}

/// Adds the receptors of a contact at a place, with spikes at `times`.
fn add_contact(
    cell: &mut Cell,
    at: Location,
    contact: &Contact,
    factor: f64,
    times: &[f64],
) -> Result<(), CellError> {
    for &(receptor, weight) in contact {
        let synapse = cell.add_synapse(at, receptor, factor * weight)?;
        cell.add_spikes(synapse, times)?;
    }
    Ok(())
}

/// Does `one` for the points of a study; what the first points gave, at least one.
fn points<T: Sync, R: Send>(
    job: &Job<'_>,
    all: &[T],
    one: impl Fn(&T) -> Result<R, StudyError> + Sync,
) -> Result<Vec<R>, StudyError> {
    let results = job.each(all, |point| match one(point) {
        Err(StudyError::Interrupted) => Ok(None),
        result => result.map(Some),
    })?;
    let first: Vec<R> = results.into_iter().map_while(|result| result).collect();
    if first.is_empty() { Err(StudyError::Interrupted) } else { Ok(first) }
}

fn positive(name: &'static str, value: f64) -> Result<f64, StudyError> {
    if value > 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(StudyError::Parameter { name, value, expected: "a finite number > 0" })
    }
}

/// Runs for `duration` (ms) from where the simulation stands and calls `see` with the time since then and the simulation
/// after every step; ends with [`StudyError::Interrupted`] once the job is interrupted.
fn watch(
    simulation: &mut Simulation,
    duration: f64,
    job: &Job<'_>,
    mut see: impl FnMut(f64, &Simulation) -> Result<(), SimulationError>,
) -> Result<(), StudyError> {
    let start = simulation.time();
    see(0.0, simulation)?;
    while simulation.time() < start + duration - 1e-9 {
        if job.is_interrupted() {
            return Err(StudyError::Interrupted);
        }
        simulation.step()?;
        see(simulation.time() - start, simulation)?;
    }
    Ok(())
}
