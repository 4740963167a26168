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
    /// Raster, rates with prediction, afferent rate and membrane potentials over one time axis at the left; each
    /// transfer function at the right, as curves and as a surface.
    ///
    /// # Errors
    /// What [`raster`], [`transfer`] and [`surface`] return.
    pub fn figure(&self, theme: &Theme) -> Result<Figure, PlotError> {
        let mut left = Vec::new();
        if !self.spikes.is_empty() {
            let limits = RasterLimits { neurons: 800, spikes: 30_000 };
            left.push((3.0, raster(self.spikes, self.dt, self.span, limits, theme)?, true));
        }
        if !self.rates.is_empty() {
            left.push((2.6, activity(self.rates, self.span, theme), true));
        }
        if !self.afferents.is_empty() {
            left.push((0.9, afferents(self.afferents, self.span, theme), self.rates.is_empty()));
        }
        if !self.voltages.is_empty() {
            left.push((2.6, traces(self.voltages, self.span, None, theme), true));
        }
        let last = left.len().saturating_sub(1);
        let column = left
            .into_iter()
            .enumerate()
            .map(|(i, (weight, panel, own_letter))| {
                let panel = if i < last { panel.without_x_labels() } else { panel };
                (weight, if own_letter { Layout::panel(panel) } else { Layout::part(panel) })
            })
            .collect();
        let mut parts = vec![(1.25, Layout::Column(column))];
        let mut right = Vec::new();
        for (i, data) in self.transfer.iter().enumerate() {
            let mut curves = transfer(data, theme)?;
            if i > 0 {
                curves.key.clear();
            }
            right.push((1.0, Layout::panel(curves)));
            if self.transfer.len() <= 2 {
                let shape = surface(data, false, theme)?;
                right.push((1.5, Layout::panel(Panel { title: Label::default(), ..shape })));
            }
        }
        let rows = right.len();
        if !right.is_empty() {
            parts.push((1.0, Layout::Column(right)));
        }
        let height = if rows > 3 { 42.0 * rows as f64 } else { 125.0 };
        Ok(Figure::new(self.title, Width::Page, height, Layout::Row(parts), theme))
    }
}
