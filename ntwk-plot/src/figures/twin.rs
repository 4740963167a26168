//! Spikes and population rates over one time axis in one panel.

use crate::PlotError;
use crate::axis::Axis;
use crate::figures::activity::Activity;
use crate::figures::raster::{RasterLimits, RasterPopulation, raster};
use crate::figures::time::{Series, TimeSpan};
use crate::mark::Mark;
use crate::panel::{Panel, Twin};
use crate::svg::Stroke;
use crate::theme::Theme;

/// The raster of [`raster`], pale, and over it the smoothed rates (Hz, axis at the right). Populations of both lists are those
/// of the model, in its order; `dt` is the step (ms).
///
/// # Errors
/// What [`raster`] returns.
pub fn twin(
    spikes: &[RasterPopulation<'_>],
    rates: &[Activity<'_>],
    dt: f64,
    span: TimeSpan,
    limits: RasterLimits,
    theme: &Theme,
) -> Result<Panel, PlotError> {
    let mut panel = raster(spikes, dt, span, limits, theme)?;
    for mark in &mut panel.marks {
        if let Mark::Segments { stroke, .. } = mark {
            *stroke = stroke.opacity(0.45);
        }
    }
    let mut marks = Vec::new();
    let mut highest = 0.0_f64;
    for (i, rate) in rates.iter().enumerate() {
        let Some(smoothed) = rate.smoothed else { continue };
        let times = smoothed.times();
        let points = Series::new(&times, &smoothed.values)?.points(span);
        highest = points.iter().map(|p| p.1).fold(highest, f64::max);
        // The spikes beneath have the same colour: a halo keeps the line apart from them.
        marks.push(Mark::line(points.iter().copied(), Stroke::solid(theme.background, 3.2)));
        marks.push(Mark::line(points, Stroke::solid(theme.strong(theme.population(i)), 1.4)));
    }
    let y = Axis::new("rate (Hz)").range(0.0, (1.05 * highest).max(1e-9));
    panel.twin = Some(Twin { y, marks });
    Ok(panel)
}
