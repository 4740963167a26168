//! Cells joined by gap junctions, solved together. There are no options: the description has them.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use ntwk_core::Job;
use ntwk_io::{CellRun, CoupledFile, Provenance};
use ntwk_morpho::spec::coupled_simulation;
use ntwk_morpho::studies::{quiet, settled};
use ntwk_morpho::{
    CoupledError, FieldRecording, Impedance, Location, Probe, Recording, Spikes, coupled_response,
};
use ntwk_plot::figures::{NamedCurve, Style, curves};
use ntwk_plot::{Axis, Figure, Layout, Theme, Width};

use super::MorphoError;
use crate::studies::table::Table;

/// Cells with the junctions between them. Clones share both.
#[derive(Debug, Clone)]
pub struct CoupledMorphoCells {
    file: Arc<CoupledFile>,
    stem: String,
}

impl CoupledMorphoCells {
    /// The cells of a description that was read from `path`.
    #[must_use]
    pub fn new(file: CoupledFile, path: &Path) -> Self {
        let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or("cells").to_owned();
        Self { file: Arc::new(file), stem }
    }

    /// The description, with the cells in compartments.
    #[must_use]
    pub fn file(&self) -> &CoupledFile {
        &self.file
    }

    /// Names of the cells.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.file.spec.cells.keys().map(String::as_str)
    }

    /// Title of figures: that of the description, else the name of its file.
    #[must_use]
    pub fn title(&self) -> &str {
        self.file.spec.title.as_deref().unwrap_or(&self.stem)
    }
}

/// Why a run of joined cells ended before its end.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CoupledStopped {
    /// The job was interrupted.
    #[error("interrupted at t = {time} ms")]
    Interrupted {
        /// Time reached (ms).
        time: f64,
    },
    /// A cell failed.
    #[error(transparent)]
    Failed(#[from] CoupledError),
}

/// A run of joined cells, as far as it came.
#[derive(Debug, Clone)]
pub struct CoupledResult {
    cells: CoupledMorphoCells,
    /// What was recorded of each cell.
    pub recordings: Vec<Recording>,
    /// What was recorded outside each cell.
    pub outside: Vec<Option<FieldRecording>>,
    /// Spikes of every detector of each cell.
    pub spikes: Vec<Vec<Spikes>>,
    /// Times (ms) of the currents.
    pub times: Vec<f64>,
    /// Current through each junction (nA) at these times, from its first cell to its second.
    pub currents: Vec<Vec<f64>>,
    /// Time reached (ms).
    pub time: f64,
    /// When the run began.
    pub started: SystemTime,
    /// Wall-clock time of the run.
    pub elapsed: Duration,
    /// Why it ended before `simulation.t_stop`.
    pub stopped: Option<CoupledStopped>,
}

/// Steady coupling coefficients between the somata at rest: V of soma `j` per V of soma `i`, for a steady current into soma
/// `i`, in row `i` and column `j`.
///
/// # Errors
/// [`MorphoError::Study`] when a cell has no linear response.
pub fn coupling_coefficients(
    cells: &CoupledMorphoCells,
    job: &Job<'_>,
) -> Result<Vec<Vec<f64>>, MorphoError> {
    let soma = Location::new(0, 0.5);
    let mut alone = Vec::new();
    for built in &cells.file.cells {
        let (_, resting) = settled(built, job)?;
        let celsius = built.spec.simulation.settings.celsius;
        alone.push(Impedance::new(&quiet(built), 0.0, resting.voltage(soma)?, celsius)?);
    }
    let somata = vec![soma; alone.len()];
    let mut rows = Vec::new();
    for k in 0..alone.len() {
        job.check()?;
        let v = coupled_response(&alone, &cells.file.junctions, (k, soma), &somata)?;
        rows.push(v.iter().map(|x| x.re / v[k].re).collect());
    }
    Ok(rows)
}

/// Simulates the cells together until `simulation.t_stop`.
///
/// # Errors
/// [`MorphoError`] when the simulation cannot start. A run that ends early is not an error: see [`CoupledResult::stopped`].
pub fn coupled(cells: &CoupledMorphoCells, job: &Job<'_>) -> Result<CoupledResult, MorphoError> {
    let file = &cells.file;
    let mut together = coupled_simulation(&file.cells, &file.junctions)?;
    let simulation = file.cells[0].spec.simulation;
    let every = file.cells[0].every;
    let (started, clock) = (SystemTime::now(), Instant::now());
    let (mut times, mut currents) = (vec![0.0], vec![together.currents()]);
    let ended = together.run_until(simulation.t_stop, job, |t, cells| {
        if ((t / simulation.settings.dt).round() as u64).is_multiple_of(every) {
            times.push(t);
            currents.push(cells.currents());
        }
    });
    let time = together.time();
    let stopped = match ended {
        Ok(true) => None,
        Ok(false) => Some(CoupledStopped::Interrupted { time }),
        Err(error) => Some(CoupledStopped::Failed(error)),
    };
    let of_junction = |j| currents.iter().map(|row: &Vec<f64>| row[j]).collect();
    Ok(CoupledResult {
        cells: cells.clone(),
        recordings: together.cells().iter().map(|s| s.recording()).collect(),
        outside: file
            .cells
            .iter()
            .zip(together.cells())
            .map(|(built, s)| built.outside.as_ref().map(|_| s.field()))
            .collect(),
        spikes: together.cells().iter().map(|s| s.spikes()).collect(),
        currents: (0..file.spec.gap_junctions.len()).map(of_junction).collect(),
        times,
        time,
        started,
        elapsed: clock.elapsed(),
        stopped,
    })
}

impl CoupledResult {
    /// What the file of a run of cell `index` holds.
    #[must_use]
    pub fn contents<'a>(&'a self, index: usize, provenance: &'a Provenance) -> CellRun<'a> {
        let file = &self.cells.file;
        CellRun {
            built: &file.cells[index],
            text: &file.files[index].1.text,
            recording: &self.recordings[index],
            outside: self.outside[index].as_ref(),
            spikes: &self.spikes[index],
            provenance,
        }
    }

    /// The currents of the junctions over time.
    #[must_use]
    pub fn table(&self) -> Table {
        let junctions = self.cells.file.spec.gap_junctions.keys().zip(&self.currents);
        let times = Table::default().numbers("time", "ms", &self.times);
        junctions.fold(times, |table, (name, values)| table.numbers(name, "nA", values))
    }

    /// Potentials of all cells, and the currents through the junctions.
    #[must_use]
    pub fn figure(&self, theme: &Theme) -> Figure {
        let file = &self.cells.file;
        let time = || Axis::new("time (ms)").range(0.0, file.cells[0].spec.simulation.t_stop);
        let mut names = Vec::new();
        for (k, (cell, built)) in self.cells.names().zip(&file.cells).enumerate() {
            for (column, (name, probe)) in built.probes.iter().enumerate() {
                if matches!(probe, Probe::Voltage(_)) {
                    names.push((format!("{cell}: {name}"), k, column));
                }
            }
        }
        let line = |name, points, color| NamedCurve { name, points, color, style: Style::Line };
        let voltages: Vec<NamedCurve<'_>> = names
            .iter()
            .enumerate()
            .map(|(i, (name, k, column))| {
                let r = &self.recordings[*k];
                let values = r.column(*column);
                line(name, r.times.iter().copied().zip(values.iter().copied()).collect(), Some(i))
            })
            .collect();
        let junctions = file.spec.gap_junctions.keys().zip(&self.currents);
        let through: Vec<NamedCurve<'_>> = junctions
            .enumerate()
            .map(|(j, (name, values))| {
                let points = self.times.iter().zip(values).map(|(t, i)| (*t, 1e3 * i)).collect();
                line(name, points, Some(voltages.len() + j))
            })
            .collect();
        let top = curves(time(), Axis::new("V (mV)"), &voltages, theme);
        let bottom = curves(time(), Axis::new("junction current (pA)"), &through, theme);
        let rows = vec![(1.2, Layout::panel(top)), (1.0, Layout::panel(bottom))];
        Figure::new(self.cells.title(), Width::Page, 105.0, Layout::Column(rows), theme)
    }
}
