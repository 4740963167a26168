//! Figures of the scan of a cell: lines over one axis, maps over two.

use ntwk_io::{ScanArray, ScanData, ScanValues};
use ntwk_plot::figures::Shading;
use ntwk_plot::{
    Axis, Figure, Label, Layout, Mark, Panel, PlotError, Stroke, Swatch, Theme, Width,
};

use crate::figures::sweep::{MapAxes, Varied, label, over_seeds, sampled_axis, varied};
use crate::sweep::cell::PLACE_AXIS;

/// Draws the scan of a cell, mean over the seeds: firing rates, highest and mean potential and input resistance, place by
/// place, over one axis; maps of firing rate and highest potential over the first two axes of a grid (the others at their
/// first value). Rates are left out where there is no spike at all. `None` where an axis has names, or several quantities do not form a grid.
///
/// # Errors
/// [`PlotError`].
pub fn cell_sweep_figure(data: &ScanData, theme: &Theme) -> Result<Option<Figure>, PlotError> {
    let places = match data.get(PLACE_AXIS).map(|a| &a.values) {
        Some(ScanValues::Texts(names)) => names.clone(),
        _ => return Ok(None),
    };
    match varied(data) {
        Varied::Line(axis, values) => Ok(Some(lines(data, axis, values, &places, theme))),
        Varied::Map(x, y) => maps(data, &MapAxes::new(x, y), &places, theme),
        Varied::Names(..) | Varied::Scattered(_) | Varied::Other => Ok(None),
    }
}

/// Whether an array has a number at a place, anywhere in the scan.
fn has(data: &ScanData, name: &str, place: usize, places: usize) -> bool {
    match data.get(name).map(|a| &a.values) {
        Some(ScanValues::Numbers(v)) => v.iter().skip(place).step_by(places).any(|x| x.is_finite()),
        _ => false,
    }
}

/// Whether there is a spike anywhere in the scan.
fn fires(data: &ScanData) -> bool {
    match data.get("rate").map(|a| &a.values) {
        Some(ScanValues::Numbers(v)) => v.iter().any(|&x| x > 0.0),
        _ => false,
    }
}

fn lines(
    data: &ScanData,
    axis: &ScanArray,
    values: &[f64],
    places: &[String],
    theme: &Theme,
) -> Figure {
    let along = axis.axes.first().map_or("", String::as_str);
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let sorted: Vec<f64> = order.iter().map(|&i| values[i]).collect();
    let x = || sampled_axis(&label(axis), &sorted);
    let mut panels: Vec<Panel> = Vec::new();
    for (y, solid, dashed) in [
        ("rate (Hz)", "rate", None),
        ("V (mV)", "V_peak", Some("V_mean")),
        ("input resistance (MΩ)", "input_resistance", None),
    ] {
        if solid == "rate" && !fires(data) {
            continue;
        }
        let mut panel = Panel::new(x(), Axis::new(y));
        for p in (0..places.len()).filter(|&p| has(data, solid, p, places.len())) {
            let color = theme.population(p);
            let curve = |name: &str| -> (Vec<(f64, f64)>, Vec<f64>) {
                let Some(array) = data.get(name) else { return Default::default() };
                let at = |&i: &usize| over_seeds(data, array, &[(along, i), (PLACE_AXIS, p)]);
                let points = order.iter().map(|i| (values[*i], at(i).0)).collect();
                (points, order.iter().map(|i| at(i).1).collect())
            };
            let (points, errors) = curve(solid);
            panel.marks.push(Mark::line(points.clone(), Stroke::solid(color, 0.7)));
            panel.marks.push(Mark::Points { points, errors, color, radius: 2.0, hollow: false });
            if let Some(dashed) = dashed {
                panel.marks.push(Mark::line(curve(dashed).0, Stroke::dashed(color, 1.1)));
            }
            panel.key.push((Swatch::Disc(color), Label::plain(&places[p])));
        }
        if panel.marks.is_empty() {
            continue;
        }
        if dashed.is_some() {
            let stroke = |dashed: bool| {
                let color = theme.ink;
                Swatch::Line(if dashed {
                    Stroke::dashed(color, 1.1)
                } else {
                    Stroke::solid(color, 0.7)
                })
            };
            panel.key.push((stroke(false), Label::plain("highest")));
            panel.key.push((stroke(true), Label::plain("mean")));
        }
        panels.push(panel);
    }
    let height = 52.0 * panels.len() as f64;
    let rows = panels.into_iter().map(|p| (1.0, Layout::panel(p))).collect();
    Figure::new("Scan", Width::Column, height, Layout::Column(rows), theme)
}

fn maps(
    data: &ScanData,
    axes: &MapAxes<'_>,
    places: &[String],
    theme: &Theme,
) -> Result<Option<Figure>, PlotError> {
    let mut panels = Vec::new();
    for (name, unit) in [("rate", "rate (Hz)"), ("V_peak", "highest V (mV)")] {
        let Some(array) = data.get(name).filter(|_| name != "rate" || fires(data)) else {
            continue;
        };
        let shown = (0..places.len()).filter(|&p| has(data, name, p, places.len()));
        let all: Vec<_> = shown.map(|p| (p, axes.of(data, array, (PLACE_AXIS, p)))).collect();
        // One scale for all places, so that they can be compared by eye.
        let range = all
            .iter()
            .flat_map(|(_, map)| map.iter().copied())
            .filter(|v| v.is_finite())
            .fold(None, |r: Option<(f64, f64)>, v| {
                Some(r.map_or((v, v), |(low, high)| (low.min(v), high.max(v))))
            });
        for (p, values) in &all {
            let map = axes.panel(values, unit, Shading::Linear, range, theme)?;
            panels.push((1.0, Layout::panel(map.titled(Label::plain(&places[*p])))));
        }
    }
    if panels.is_empty() {
        return Ok(None);
    }
    let width = if panels.len() > 1 { Width::Page } else { Width::Column };
    let rows: Vec<_> = panels.chunks(2).map(|row| (1.0, Layout::Row(row.to_vec()))).collect();
    let height = 62.0 * rows.len() as f64;
    Ok(Some(Figure::new("Scan", width, height, Layout::Column(rows), theme)))
}
