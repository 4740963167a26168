//! Simulation and theory of one model on one page.

use crate::error::PlotError;
use crate::figure::{Figure, Width};
use crate::figures::activity::{Activity, Afferent, activity, afferents};
use crate::figures::raster::{RasterLimits, RasterPopulation, raster};
use crate::figures::surface::surface;
use crate::figures::time::TimeSpan;
use crate::figures::traces::{VoltageTrace, traces};
use crate::figures::transfer::{TransferData, transfer};
use crate::label::Label;
use crate::layout::Layout;
use crate::panel::Panel;
use crate::theme::Theme;

/// All that the overview of `ntwk compare` shows. Parts that are empty are left out.
#[derive(Debug, Clone)]
pub struct Overview<'a> {
    /// What the model is called.
    pub title: &'a str,
    /// Step (ms).
    pub dt: f64,
    /// What is shown of the run.
    pub span: TimeSpan,
    /// Spikes, in the model's order of populations.
    pub spikes: &'a [RasterPopulation<'a>],
    /// Rates with their prediction, in the same order.
    pub rates: &'a [Activity<'a>],
    /// Afferent rates.
    pub afferents: &'a [Afferent<'a>],
    /// A few membrane potentials.
    pub voltages: &'a [VoltageTrace<'a>],
    /// Transfer functions of the cells.
    pub transfer: &'a [TransferData<'a>],
}

impl Overview<'_> {
    /// Raster, rates with prediction, afferent rates and membrane potentials over time, and the transfer functions.
    ///
    /// Up to two transfer functions stand at the right of the time axis, each as curves and as a surface; more of
    /// them stand below, as curves, four in a row.
    ///
    /// # Errors
    /// What [`raster`], [`transfer`] and [`surface`] return.
    pub fn figure(&self, theme: &Theme) -> Result<Figure, PlotError> {
        let mut activity = self.activity(theme)?;
        let voltages = (!self.voltages.is_empty())
            .then(|| (2.6, traces(self.voltages, self.span, None, theme), true));
        let (layout, height) = if self.transfer.len() <= 2 {
            activity.extend(voltages);
            let mut parts = vec![(1.25, over_time(activity))];
            let right = self.cells(theme)?;
            if !right.is_empty() {
                parts.push((1.0, Layout::Column(right)));
            }
            let height = if self.transfer.len() == 2 { 168.0 } else { 125.0 };
            (Layout::Row(parts), height)
        } else {
            let mut parts = vec![(1.25, over_time(activity))];
            parts.extend(voltages.map(|v| (1.0, over_time(vec![v]))));
            let mut rows = vec![(2.4, Layout::Row(parts))];
            rows.extend(self.curves(theme)?);
            let height = 95.0 + 44.0 * (rows.len() - 1) as f64;
            (Layout::Column(rows), height)
        };
        Ok(Figure::new(self.title, Width::Page, height, layout, theme))
    }

    /// Raster, rates and afferent rates with their weights, and whether each has a letter of its own.
    fn activity(&self, theme: &Theme) -> Result<Vec<(f64, Panel, bool)>, PlotError> {
        let mut panels = Vec::new();
        if !self.spikes.is_empty() {
            let limits = RasterLimits { neurons: 800, spikes: 30_000 };
            panels.push((3.0, raster(self.spikes, self.dt, self.span, limits, theme)?, true));
        }
        if !self.rates.is_empty() {
            panels.push((2.6, activity(self.rates, self.span, theme), true));
        }
        if !self.afferents.is_empty() {
            let own_letter = self.rates.is_empty();
            panels.push((0.9, afferents(self.afferents, self.span, theme), own_letter));
        }
        Ok(panels)
    }

    /// Curves and surface of each transfer function; what the points and lines are is said once.
    fn cells(&self, theme: &Theme) -> Result<Vec<(f64, Layout)>, PlotError> {
        let mut parts = Vec::new();
        for (i, data) in self.transfer.iter().enumerate() {
            let mut curves = transfer(data, theme)?;
            if i > 0 {
                curves.key.clear();
            }
            parts.push((1.0, Layout::panel(curves)));
            // The curves above carry the title and the measured points.
            let shape = surface(data, false, theme)?;
            parts.push((1.7, Layout::panel(Panel { title: Label::default(), ..shape })));
        }
        Ok(parts)
    }

    /// Rows of curves. Where all second rates agree, one colour bar at the end of a row serves it.
    fn curves(&self, theme: &Theme) -> Result<Vec<(f64, Layout)>, PlotError> {
        let same = self.transfer.windows(2).all(|d| d[0].second == d[1].second);
        let mut rows = Vec::new();
        for (r, chunk) in self.transfer.chunks(4).enumerate() {
            let mut row = Vec::new();
            for (c, data) in chunk.iter().enumerate() {
                let mut panel = transfer(data, theme)?;
                if r + c > 0 {
                    panel.key.clear();
                }
                if same && c + 1 < chunk.len() {
                    panel.color_bar = None;
                }
                if c > 0 {
                    panel.y.label = Label::default();
                }
                row.push((1.0, Layout::panel(panel)));
            }
            rows.push((1.0, Layout::Row(row)));
        }
        Ok(rows)
    }
}

/// Panels below each other over one time axis, which the last one writes.
fn over_time(panels: Vec<(f64, Panel, bool)>) -> Layout {
    let last = panels.len().saturating_sub(1);
    let place = |(i, (weight, panel, own_letter)): (usize, (f64, Panel, bool))| {
        let panel = if i < last { panel.without_x_labels() } else { panel };
        (weight, if own_letter { Layout::panel(panel) } else { Layout::part(panel) })
    };
    Layout::Column(panels.into_iter().enumerate().map(place).collect())
}
