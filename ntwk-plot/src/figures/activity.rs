//! Population rates with the prediction over them, and the afferent rates that drive them.

use ntwk_analysis::PopulationRate;

use crate::axis::Axis;
use crate::color::Color;
use crate::figure::{Figure, Width};
use crate::figures::time::{Series, TimeSpan};
use crate::label::Label;
use crate::layout::Layout;
use crate::mark::Mark;
use crate::panel::{Panel, Swatch};
use crate::svg::Stroke;
use crate::theme::Theme;

/// The rate of one population, simulated and predicted (Hz).
#[derive(Debug, Clone, Copy)]
pub struct Activity<'a> {
    /// Name of the population.
    pub name: &'a str,
    /// The binned rate: a thin line.
    pub binned: Option<&'a PopulationRate>,
    /// The smoothed rate: a thick line.
    pub smoothed: Option<&'a PopulationRate>,
    /// The mean-field prediction: a dashed line.
    pub predicted: Option<Series<'a>>,
}

/// The rate of one afferent population (Hz).
#[derive(Debug, Clone, Copy)]
pub struct Afferent<'a> {
    /// Name of the afferent population.
    pub name: &'a str,
    /// Its rate in time.
    pub rate: Series<'a>,
}

/// Rates of the populations against time, in the model's order.
#[must_use]
pub fn activity(populations: &[Activity<'_>], span: TimeSpan, theme: &Theme) -> Panel {
    let mut marks = Vec::new();
    let mut key = Vec::new();
    for (i, p) in populations.iter().enumerate() {
        let color = theme.population(i);
        if let Some(r) = p.binned {
            marks.push(rate_mark(r, span, Stroke::solid(theme.pale(color, 0.62), 0.4)));
        }
        key.push((Swatch::Line(Stroke::solid(color, 1.6)), Label::plain(p.name)));
    }
    for (i, p) in populations.iter().enumerate() {
        if let Some(r) = p.smoothed {
            let times = r.times();
            // The constructor only refuses unequal lengths.
            if let Ok(series) = Series::new(&times, &r.values) {
                marks
                    .push(Mark::line(series.points(span), Stroke::solid(theme.population(i), 1.6)));
            }
        }
    }
    for (i, p) in populations.iter().enumerate() {
        if let Some(s) = p.predicted {
            marks.push(Mark::line(s.points(span), prediction(theme, theme.population(i))));
        }
    }
    if populations.iter().any(|p| p.predicted.is_some()) {
        key.push((Swatch::Line(prediction(theme, theme.muted)), "mean field".into()));
    }
    let axis = Axis::new("rate (Hz)");
    let y = match highest_shown(populations, span) {
        Some(top) => axis.range(0.0, top),
        None => axis,
    };
    Panel { marks, key, ..Panel::new(span.axis(), y) }
}

/// Smoothed and predicted rates on a logarithmic axis, from a tenth of a spike per bin and population (or a ten-thousandth of
/// the highest rate) on: what is lower, silence too, lies on the foot of the panel. `least` is that rate (Hz).
#[must_use]
pub fn log_activity(
    populations: &[Activity<'_>],
    least: f64,
    span: TimeSpan,
    theme: &Theme,
) -> Panel {
    let curves: Vec<Activity<'_>> =
        populations.iter().map(|p| Activity { binned: None, ..*p }).collect();
    let mut panel = activity(&curves, span, theme);
    let values = || panel.marks.iter().flat_map(Mark::extent).map(|p| p.1);
    let highest = values().filter(|v| v.is_finite()).fold(0.0, f64::max);
    let floor = if least.is_finite() && least > 0.0 { least } else { 1e-4 * highest };
    let floor = floor.min(0.1 * highest).max(1e-4 * highest);
    for mark in &mut panel.marks {
        if let Mark::Line { points, .. } = mark {
            for point in points.iter_mut().filter(|p| p.1 < floor) {
                point.1 = floor;
            }
        }
    }
    panel.y = Axis::new("rate (Hz)").log();
    if highest > 0.0 {
        panel.y = panel.y.range(floor, 1.3 * highest);
    }
    panel
}

/// Where the axis of the rates ends if the curves would shrink below the noise of the bins: at the highest of the smoothed
/// and predicted rates, or where one bin in a hundred lies above, with a margin. A synchronous onset puts all neurons
/// into one bin. `None` if nothing is cut off, or there are only bins.
fn highest_shown(populations: &[Activity<'_>], span: TimeSpan) -> Option<f64> {
    let mut curves = 0.0f64;
    let mut bins = Vec::new();
    for p in populations {
        let inside = |rate: &PopulationRate| -> Vec<f64> {
            let inside = |i: &usize| span.contains(rate.time(*i));
            (0..rate.values.len()).filter(inside).map(|i| rate.values[i]).collect()
        };
        curves = p.smoothed.map(inside).into_iter().flatten().fold(curves, f64::max);
        let predicted = p.predicted.iter().flat_map(|s| s.points(span));
        curves = predicted.map(|point| point.1).fold(curves, f64::max);
        bins.extend(p.binned.map(inside).into_iter().flatten());
    }
    bins.sort_by(f64::total_cmp);
    let highest = *bins.last()?;
    let usual = bins[(bins.len() - 1) * 99 / 100];
    let top = 1.1 * curves.max(usual);
    (curves > 0.0 && top < 0.5 * highest).then_some(top)
}

/// How predictions are drawn over what is simulated in `color`.
pub(crate) fn prediction(theme: &Theme, color: Color) -> Stroke {
    Stroke::dashed(theme.strong(color), 1.1)
}

/// The bins of the span, as steps.
fn rate_mark(rate: &PopulationRate, span: TimeSpan, stroke: Stroke) -> Mark {
    let inside: Vec<usize> =
        (0..rate.values.len()).filter(|&i| span.contains(rate.time(i))).collect();
    let (Some(&first), Some(&last)) = (inside.first(), inside.last()) else {
        return Mark::line([], stroke);
    };
    let start = span.on_axis(rate.start + first as f64 * rate.bin);
    let bin = span.on_axis(rate.bin);
    Mark::steps(start, bin, &rate.values[first..=last], stroke)
}

/// Rates of the afferent populations against time: grey shades, since they are no population of the network.
#[must_use]
pub fn afferents(waveforms: &[Afferent<'_>], span: TimeSpan, theme: &Theme) -> Panel {
    let n = waveforms.len().max(1) as f64;
    let strokes: Vec<Stroke> = (0..waveforms.len())
        .map(|i| {
            Stroke::solid(theme.ink.mix(theme.background, 0.55 * i as f64 / n), theme.line_width)
        })
        .collect();
    let marks = waveforms
        .iter()
        .zip(&strokes)
        .map(|(w, &stroke)| Mark::line(w.rate.points(span), stroke))
        .collect();
    let mut key: Vec<_> = waveforms
        .iter()
        .zip(strokes)
        .map(|(w, s)| (Swatch::Line(s), Label::plain(w.name)))
        .collect();
    if key.len() == 1 {
        // One curve needs no key: the axis says that it is the input.
        key.clear();
    }
    let y = Axis::new("input (Hz)");
    let mut panel = Panel { marks, key, ..Panel::new(span.axis(), y) };
    // A constant input would otherwise fill its panel with the neighbourhood of one number.
    let (_, high) = panel.scales().1.bounds();
    if waveforms.iter().flat_map(|w| w.rate.points(span)).all(|p| p.1 >= 0.0) {
        panel.y = panel.y.range(0.0, high.max(1e-9));
    }
    panel
}

/// Population rates above the afferent rates, at one column width.
#[must_use]
pub fn activity_figure(
    populations: &[Activity<'_>],
    waveforms: &[Afferent<'_>],
    span: TimeSpan,
    theme: &Theme,
) -> Figure {
    let rates = activity(populations, span, theme);
    let title = "Population activity";
    if waveforms.is_empty() {
        return Figure::new(title, Width::Column, 55.0, Layout::panel(rates), theme);
    }
    let layout = Layout::Column(vec![
        (3.0, Layout::panel(rates.without_x_labels())),
        (1.0, Layout::part(afferents(waveforms, span, theme))),
    ]);
    Figure::new(title, Width::Column, 70.0, layout, theme)
}
