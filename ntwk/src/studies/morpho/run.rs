//! The cell as its description says: what is recorded, and the spikes. There are no options: the description has them.

use std::time::{Duration, Instant, SystemTime};

use ntwk_core::Job;
use ntwk_io::{CellRun, Provenance};
use ntwk_morpho::{FieldRecording, Recording, SimulationError, Spikes};
use ntwk_plot::{Figure, PlotError, Theme};

use super::drawing::{pieces, position};
use super::outside::outside_figure;
use super::{MorphoCell, MorphoError};
use crate::figures::cell_run::{CellRunView, ProbeView, SynapsesView};
use crate::studies::table::Table;

/// Why a run ended before its end.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Stopped {
    /// The job was interrupted.
    #[error("interrupted at t = {time} ms")]
    Interrupted {
        /// Time reached (ms).
        time: f64,
    },
    /// A number became infinite, or the equations have no solution.
    #[error(transparent)]
    Failed(#[from] SimulationError),
}

/// A run, as far as it came.
#[derive(Debug, Clone)]
pub struct RunResult {
    cell: MorphoCell,
    /// What was recorded.
    pub recording: Recording,
    /// What was recorded outside the cell.
    pub outside: Option<FieldRecording>,
    /// Spikes of every detector.
    pub spikes: Vec<Spikes>,
    /// Time reached (ms).
    pub time: f64,
    /// When the run began.
    pub started: SystemTime,
    /// Wall-clock time of the run.
    pub elapsed: Duration,
    /// Why it ended before `simulation.t_stop`.
    pub stopped: Option<Stopped>,
}

/// Simulates the cell until `simulation.t_stop`.
///
/// # Errors
/// [`MorphoError::Simulation`] when the simulation cannot start. A run that ends early is not an error: see
/// [`RunResult::stopped`].
pub fn run(cell: &MorphoCell, job: &Job<'_>) -> Result<RunResult, MorphoError> {
    let built = cell.built();
    let mut simulation = built.simulation()?;
    let (started, clock) = (SystemTime::now(), Instant::now());
    let ended = simulation.run_until(built.spec.simulation.t_stop, job);
    let time = simulation.time();
    let stopped = match ended {
        Ok(true) => None,
        Ok(false) => Some(Stopped::Interrupted { time }),
        Err(error) => Some(Stopped::Failed(error)),
    };
    Ok(RunResult {
        cell: cell.clone(),
        recording: simulation.recording(),
        outside: built.outside.as_ref().map(|_| simulation.field()),
        spikes: simulation.spikes(),
        time,
        started,
        elapsed: clock.elapsed(),
        stopped,
    })
}

impl RunResult {
    /// What the file of a run holds.
    #[must_use]
    pub fn contents<'a>(&'a self, provenance: &'a Provenance) -> CellRun<'a> {
        CellRun {
            built: self.cell.built(),
            text: &self.cell.file().text,
            recording: &self.recording,
            outside: self.outside.as_ref(),
            spikes: &self.spikes,
            provenance,
        }
    }

    /// The recorded quantities over time.
    #[must_use]
    pub fn table(&self) -> Table {
        recorded(&self.cell, &self.recording)
    }

    /// What was recorded outside the cell over time; `None` without `[extracellular]`.
    #[must_use]
    pub fn outside_table(&self) -> Option<Table> {
        let (field, outside) = (self.outside.as_ref()?, self.cell.built().outside.as_ref()?);
        let mut table = Table::default().numbers("time", "ms", &field.times);
        for (row, values) in outside.rows.iter().zip(field.values.columns()) {
            table = table.numbers(&row.name, row.unit, &values.to_vec());
        }
        Some(table)
    }

    /// The contacts beside the tree, and the potentials at them over time; `None` without contacts.
    ///
    /// # Errors
    /// [`PlotError`] when nothing can be drawn.
    pub fn outside_figure(&self, theme: &Theme) -> Result<Option<Figure>, PlotError> {
        let built = self.cell.built();
        let (Some(field), Some(outside)) = (&self.outside, &built.outside) else { return Ok(None) };
        outside_figure(self.cell.title(), built, outside, field, theme)
    }

    /// The tree with what is on it, and the recorded quantities over time.
    ///
    /// # Errors
    /// [`PlotError`] when nothing can be drawn.
    pub fn figure(&self, theme: &Theme) -> Result<Figure, PlotError> {
        let (built, recording) = (self.cell.built(), &self.recording);
        let place = |at| position(&built.morphology, at);
        let probes = built.probes.iter().enumerate().map(|(k, (name, probe))| ProbeView {
            name,
            unit: probe.unit(),
            at: probe.at().map(place),
            values: recording.column(k).to_vec(),
        });
        let synapses = built.synapses.iter().map(|s| SynapsesView {
            name: &s.name,
            at: s.locations.iter().map(|&at| place(at)).collect(),
            events: &s.events,
        });
        CellRunView {
            title: self.cell.title(),
            pieces: pieces(&built.morphology, built.cell.compartments(), |_| 0.0),
            span: [0.0, built.spec.simulation.t_stop],
            times: &recording.times,
            probes: probes.collect(),
            synapses: synapses.collect(),
        }
        .figure(theme)
    }
}

/// What was recorded of a cell over time.
pub(super) fn recorded(cell: &MorphoCell, recording: &Recording) -> Table {
    let mut table = Table::default().numbers("time", "ms", &recording.times);
    for (k, (name, probe)) in cell.built().probes.iter().enumerate() {
        table = table.numbers(name, probe.unit(), &recording.column(k).to_vec());
    }
    table
}
