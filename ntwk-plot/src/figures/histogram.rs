//! How a quantity is distributed in each population.

use crate::axis::Axis;
use crate::label::Label;
use crate::mark::Mark;
use crate::panel::{Panel, Swatch};
use crate::scale::{Scale, Spacing, range_of};
use crate::svg::Stroke;
use crate::theme::Theme;

/// How far below an edge (in bins) rounding may leave a value that lies on it.
const EDGE: f64 = 1e-9;

/// A quantity of one population.
#[derive(Debug, Clone, Copy)]
pub struct Distribution<'a> {
    /// Name of the population.
    pub name: &'a str,
    /// Values; those that are not finite are not counted.
    pub values: &'a [f64],
}

/// Share of the values (%) in `bins` equal bins that all populations have in common; `label` names the quantity with
/// its unit, as in [`Label::math`].
///
/// ```
/// use ntwk_plot::figures::{Distribution, histogram};
/// use ntwk_plot::{Figure, Layout, Theme, Width};
///
/// let theme = Theme::light();
/// let rates = [3.0, 4.5, 4.0, 9.0]; // Hz
/// let panel = histogram(&[Distribution { name: "E", values: &rates }], 10, "rate (Hz)", &theme);
/// let figure = Figure::new("Rates of the neurons", Width::Column, 50.0, Layout::panel(panel), &theme);
/// assert!(figure.to_svg().contains("Rates of the neurons"));
/// ```
#[must_use]
pub fn histogram(
    distributions: &[Distribution<'_>],
    bins: usize,
    label: &str,
    theme: &Theme,
) -> Panel {
    let bins = bins.max(1);
    let all = distributions.iter().flat_map(|d| d.values).copied();
    let (low, high) = range_of(all, 0.0);
    let (low, high) = Scale::new(Spacing::Linear, low, high).bounds();
    let width = (high - low) / bins as f64;
    let mut areas = Vec::new();
    let mut outlines = Vec::new();
    let mut key = Vec::new();
    for (i, d) in distributions.iter().enumerate() {
        let color = theme.population(i);
        let mut counts = vec![0_usize; bins];
        let finite: Vec<f64> = d.values.iter().copied().filter(|v| v.is_finite()).collect();
        for v in &finite {
            // The highest value belongs to the last bin; one on an edge to the bin above, rounded or not.
            counts[(((v - low) / width + EDGE) as usize).min(bins - 1)] += 1;
        }
        let share = |n: usize| 100.0 * n as f64 / finite.len().max(1) as f64;
        let edge = |k: usize| low + k as f64 * width;
        let mut points = vec![(low, 0.0)];
        for (k, &n) in counts.iter().enumerate() {
            points.extend([(edge(k), share(n)), (edge(k + 1), share(n))]);
        }
        points.push((edge(bins), 0.0));
        areas.push(Mark::Area {
            points: points.clone(),
            fill: color,
            opacity: 0.25,
            outline: None,
        });
        outlines.push(Mark::line(points, Stroke::solid(color, 0.9)));
        key.push((Swatch::Patch(color), Label::plain(d.name)));
    }
    areas.extend(outlines);
    let x = Axis::new(label).range(low, high);
    Panel { marks: areas, key, ..Panel::new(x, Axis::new("share (%)")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_are_all() {
        let values = [1.0, 2.0, 2.0, 9.0, f64::NAN, 10.0];
        let panel = histogram(
            &[Distribution { name: "x", values: &values }],
            4,
            "rate (Hz)",
            &Theme::light(),
        );
        let Mark::Area { points, .. } = &panel.marks[0] else { panic!("no area") };
        let total: f64 = points[1..points.len() - 1].iter().step_by(2).map(|p| p.1).sum();
        assert!((total - 100.0).abs() < 1e-9);
        assert_eq!(
            histogram(&[Distribution { name: "", values: &[] }], 0, "", &Theme::light())
                .marks
                .len(),
            2
        );
    }
}
