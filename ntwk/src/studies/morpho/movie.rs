//! The potential over the tree at equal times: the frames of a movie.

use ntwk_core::Job;
use ntwk_morpho::studies::{Snapshots, snapshots};
use ntwk_plot::figures::{Shading, TreeColors, tree};
use ntwk_plot::{Figure, Label, Layout, Panel, PlotError, Theme, Width};

use super::checks::Checks;
use super::drawing::pieces;
use super::{MorphoCell, MorphoError};
use crate::studies::table::{ColumnValues, Table};

/// Frames of the picture that goes with a movie.
const STILLS: usize = 6;

/// The times of the frames.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MovieOptions {
    /// Time of the first frame (ms); 0 by default.
    pub from: f64,
    /// Time of the last frame (ms); `simulation.t_stop` by default, and at most that.
    pub to: Option<f64>,
    /// Time between frames (ms); 1 by default.
    pub every: f64,
}

impl Default for MovieOptions {
    fn default() -> Self {
        Self { from: 0.0, to: None, every: 1.0 }
    }
}

/// The frames, the first ones when the study was interrupted.
#[derive(Debug, Clone)]
pub struct MovieResult {
    cell: MorphoCell,
    /// Decimals of the times that tell the frames apart.
    decimals: usize,
    /// Lowest and highest potential of all frames (mV).
    range: (f64, f64),
    /// Times and potentials.
    pub snapshots: Snapshots,
}

/// Runs the cell as its description says, and keeps the potential of all compartments at equal times.
///
/// # Errors
/// [`MorphoError`].
pub fn movie(
    cell: &MorphoCell,
    options: &MovieOptions,
    job: &Job<'_>,
) -> Result<MovieResult, MorphoError> {
    let t_stop = cell.built().spec.simulation.t_stop;
    let to = options.to.unwrap_or(t_stop);
    let mut checks = Checks::default();
    let too_short = to > t_stop + 1e-9;
    checks.take(if too_short { Err(MorphoError::TooShort { t_stop, needed: to }) } else { Ok(()) });
    checks.not_negative("from", options.from);
    checks.positive("every", options.every);
    checks.require("to", to, to > options.from && to.is_finite(), "a time after `from`");
    checks.none()?;
    let snapshots = snapshots(cell.built(), options.from, to, options.every, job)?;
    let range = snapshots
        .voltages
        .iter()
        .flatten()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
    let exact = |d: &usize| {
        let scaled = options.every * 10f64.powi(*d as i32);
        (scaled - scaled.round()).abs() < 1e-6
    };
    let decimals = (1..4).find(exact).unwrap_or(4);
    Ok(MovieResult { cell: cell.clone(), decimals, range, snapshots })
}

impl MovieResult {
    /// Number of frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.snapshots.times.len()
    }

    /// The times of the frames.
    #[must_use]
    pub fn table(&self) -> Table {
        Table::default()
            .with("frame", "", ColumnValues::Counts((0..self.frames() as u64).collect()))
            .numbers("time", "ms", &self.snapshots.times)
    }

    /// Frame `index`. All frames have one scale of colours.
    ///
    /// # Errors
    /// [`PlotError`] when nothing can be drawn.
    pub fn frame(&self, index: usize, theme: &Theme) -> Result<Figure, PlotError> {
        let layout = Layout::panel(self.panel(index, theme)?);
        Ok(Figure::new(self.cell.title(), Width::Column, 95.0, layout, theme))
    }

    /// Some of the frames side by side.
    ///
    /// # Errors
    /// [`PlotError`] when nothing can be drawn.
    pub fn figure(&self, theme: &Theme) -> Result<Figure, PlotError> {
        let n = self.frames();
        let stills = STILLS.min(n);
        let mut chosen = Vec::new();
        for i in 0..stills {
            let k = if stills > 1 { i * (n - 1) / (stills - 1) } else { 0 };
            let mut still = self.panel(k, theme)?;
            if i + 1 < stills {
                still.color_bar = None;
            }
            chosen.push((1.0, Layout::panel(still)));
        }
        // The times name the frames.
        Ok(Figure {
            letters: false,
            ..Figure::new(self.cell.title(), Width::Page, 56.0, Layout::Row(chosen), theme)
        })
    }

    fn panel(&self, index: usize, theme: &Theme) -> Result<Panel, PlotError> {
        let (built, decimals) = (self.cell.built(), self.decimals);
        let voltages = &self.snapshots.voltages[index];
        let drawn = pieces(&built.morphology, built.cell.compartments(), |k| voltages[k]);
        let colors = TreeColors::Quantity {
            label: "V (mV)",
            shading: Shading::Linear,
            range: Some(self.range),
        };
        let time = format!("t = {:.decimals$} ms", self.snapshots.times[index]);
        Ok(tree(&drawn, &colors, &[], theme)?.titled(Label::plain(&time)))
    }
}
