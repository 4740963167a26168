//! The cell as its description says: what is recorded, and the spikes. There are no options: the description has them.

use std::time::{Duration, Instant, SystemTime};

use ntwk_core::Job;
use ntwk_io::{CellRun, Provenance, probe_unit};
use ntwk_morpho::{Location, Probe, Recording, SimulationError, Spikes};
use ntwk_plot::figures::{NamedCurve, Style, TreeColors, TreeMarker, curves, tree};
use ntwk_plot::{Axis, Figure, Layout, Panel, PlotError, Theme, Width};

use super::drawing::{pieces, position};
use super::{MorphoCell, MorphoError};
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
            spikes: &self.spikes,
            provenance,
        }
    }

    /// The recorded quantities over time.
    #[must_use]
    pub fn table(&self) -> Table {
        recorded(&self.cell, &self.recording)
    }

    /// The tree with what is on it, and the recorded quantities over time.
    ///
    /// # Errors
    /// [`PlotError`] when nothing can be drawn.
    pub fn figure(&self, theme: &Theme) -> Result<Figure, PlotError> {
        let (built, recording) = (self.cell.built(), &self.recording);
        let voltages: Vec<usize> = (0..built.probes.len())
            .filter(|&k| matches!(built.probes[k].1, Probe::Voltage(_)))
            .collect();
        // Traces have the first colours, groups of synapses those after them.
        let first_group = voltages.len();
        let mut markers: Vec<TreeMarker<'_>> = built
            .synapses
            .iter()
            .enumerate()
            .map(|(i, s)| TreeMarker {
                at: s.locations.iter().map(|p| position(&built.morphology, *p)).collect(),
                name: &s.name,
                color: first_group + i,
                small: true,
            })
            .collect();
        for (i, &k) in voltages.iter().enumerate() {
            let point = position(&built.morphology, at(&built.probes[k].1));
            markers.push(TreeMarker { at: vec![point], name: "", color: i, small: false });
        }
        let drawn = pieces(&built.morphology, built.cell.compartments(), |_| 0.0);
        let tree = tree(&drawn, &TreeColors::Plain, &markers, theme)?;
        let series = |k: usize| -> Vec<(f64, f64)> {
            recording.times.iter().copied().zip(recording.column(k).iter().copied()).collect()
        };
        let mut panels = Vec::new();
        let time = || Axis::new("time (ms)").range(0.0, built.spec.simulation.t_stop);
        let traces = |of: &[usize], label: &str| {
            let line = |(i, &k): (usize, &usize)| NamedCurve {
                name: &built.probes[k].0,
                points: series(k),
                color: Some(i),
                style: Style::Line,
            };
            let lines: Vec<NamedCurve<'_>> = of.iter().enumerate().map(line).collect();
            curves(time(), Axis::new(label), &lines, theme)
        };
        if !voltages.is_empty() {
            panels.push((1.0, Layout::panel(traces(&voltages, "V (mV)"))));
        }
        if built.synapses.iter().any(|s| s.events.iter().any(|e| !e.is_empty())) {
            panels.push((0.7, Layout::panel(events(&self.cell, first_group, time(), theme))));
        }
        for unit in ["mM", "", "mA/cm2"] {
            let of: Vec<usize> = (0..built.probes.len())
                .filter(|&k| probe_unit(&built.probes[k].1) == unit)
                .collect();
            if of.is_empty() {
                continue;
            }
            let label = match unit {
                "mM" => "Ca (mM)",
                "" => "gate",
                _ => "current (mA/cm^2)",
            };
            panels.push((0.6, Layout::panel(traces(&of, label))));
        }
        let height = 45.0 + 40.0 * panels.len() as f64;
        let layout = Layout::Row(vec![(0.8, Layout::panel(tree)), (1.2, Layout::Column(panels))]);
        Ok(Figure::new(self.cell.title(), Width::Page, height, layout, theme))
    }
}

/// What was recorded of a cell over time.
pub(super) fn recorded(cell: &MorphoCell, recording: &Recording) -> Table {
    let mut table = Table::default().numbers("time", "ms", &recording.times);
    for (k, (name, probe)) in cell.built().probes.iter().enumerate() {
        table = table.numbers(name, probe_unit(probe), &recording.column(k).to_vec());
    }
    table
}

/// Where a quantity is recorded.
fn at(probe: &Probe) -> Location {
    match probe {
        Probe::Voltage(at)
        | Probe::Calcium(at)
        | Probe::Variable { at, .. }
        | Probe::Current { at, .. } => *at,
    }
}

/// Presynaptic spikes, one row per synapse.
fn events(cell: &MorphoCell, first_color: usize, time: Axis, theme: &Theme) -> Panel {
    let mut row = 0usize;
    let mut groups = Vec::new();
    for (i, s) in cell.built().synapses.iter().enumerate() {
        let mut points = Vec::new();
        for times in &s.events {
            points.extend(times.iter().map(|&t| (t, row as f64)));
            row += 1;
        }
        groups.push(NamedCurve {
            name: "",
            points,
            color: Some(first_color + i),
            style: Style::Dots,
        });
    }
    let y = Axis::new("synapse").range(-0.5, row as f64 - 0.5);
    curves(time, y, &groups, theme)
}
