//! Figures of a scan: lines over one axis, maps over two.

use ndarray::Array2;
use ntwk_io::{ScanArray, ScanData, ScanValues};
use ntwk_plot::figures::{HeatMap, Shading, heat_map};
use ntwk_plot::{
    Axis, Figure, Label, Layout, Mark, Panel, PlotError, Spacing, Stroke, Swatch, Theme, Width,
};

use crate::sweep::points::{POINT_AXIS, SEED_AXIS};

/// Draws the rates of a scan, simulated and predicted where there are both, mean over the seeds: lines over one axis,
/// maps over the first two axes of a grid (the others at their first value), one panel per key of points that form no grid.
/// `None` when there is nothing to draw: no rates, or no keys of numbers.
///
/// # Errors
/// [`PlotError`].
pub fn sweep_figure(data: &ScanData, theme: &Theme) -> Result<Option<Figure>, PlotError> {
    let populations = match data.get("population").map(|a| &a.values) {
        Some(ScanValues::Texts(names)) => names.clone(),
        _ => return Ok(None),
    };
    let shown: Vec<&ScanArray> =
        ["rate", "rate_theory"].iter().filter_map(|name| data.get(name)).collect();
    if shown.is_empty() {
        return Ok(None);
    }
    match varied(data) {
        Varied::Line(axis, values) => {
            Ok(Some(lines(data, axis, values, &shown, &populations, theme)))
        }
        Varied::Map(first, second) => {
            maps(data, &MapAxes::new(first, second), &shown, &populations, theme).map(Some)
        }
        Varied::Scattered(axes) => Ok(Some(scattered(data, &axes, &shown, &populations, theme))),
        Varied::Other => Ok(None),
    }
}

/// The axes a scan is drawn over.
pub(crate) enum Varied<'a> {
    /// One axis of numbers.
    Line(&'a ScanArray, &'a [f64]),
    /// The first two of a grid.
    Map(NumberAxis<'a>, NumberAxis<'a>),
    /// Several that form no grid.
    Scattered(Vec<NumberAxis<'a>>),
    /// None.
    Other,
}

/// The axes of numbers with more than one value.
pub(crate) fn varied(data: &ScanData) -> Varied<'_> {
    let grid = data.get(POINT_AXIS).is_none();
    let axes: Vec<&ScanArray> = if grid {
        data.axes.iter().filter(|a| a.name != SEED_AXIS).collect()
    } else {
        data.arrays.iter().filter(|a| a.axes == [POINT_AXIS]).collect()
    };
    let numbers: Vec<(&ScanArray, &[f64])> = axes
        .iter()
        .filter_map(|a| match &a.values {
            ScanValues::Numbers(values) if values.len() > 1 => Some((*a, values.as_slice())),
            _ => None,
        })
        .collect();
    match numbers[..] {
        [(axis, values)] => Varied::Line(axis, values),
        [first, second, ..] if grid => Varied::Map(first, second),
        [] => Varied::Other,
        _ => Varied::Scattered(numbers),
    }
}

pub(crate) fn label(axis: &ScanArray) -> String {
    axis_label(&axis.name, &axis.unit)
}

/// Name and unit of a key: `Q_e` stays a symbol with an index, words are written apart.
pub(crate) fn axis_label(name: &str, unit: &str) -> String {
    let is_symbol = name
        .split_once('_')
        .is_some_and(|(symbol, rest)| symbol.chars().count() == 1 && !rest.contains('_'));
    let name = if is_symbol { name.to_owned() } else { name.replace('_', " ") };
    if unit.is_empty() || unit == "1" { name } else { format!("{name} ({unit})") }
}

/// Mean and standard deviation over the seeds of `array`, with axis `k` at `place[k]`.
pub(crate) fn over_seeds(
    data: &ScanData,
    array: &ScanArray,
    place: &[(&str, usize)],
) -> (f64, f64) {
    let ScanValues::Numbers(values) = &array.values else { return (f64::NAN, 0.0) };
    let length = |name: &str| data.get(name).map_or(1, |a| a.values.len());
    let seeds = length(SEED_AXIS);
    let each: Vec<f64> = (0..seeds)
        .map(|s| {
            let index = array.axes.iter().fold(0, |index, name| {
                let at = if name == SEED_AXIS {
                    s
                } else {
                    place.iter().find(|p| p.0 == name).map_or(0, |p| p.1)
                };
                index * length(name) + at
            });
            values.get(index).copied().unwrap_or(f64::NAN)
        })
        .filter(|v| v.is_finite())
        .collect();
    let mean = each.iter().sum::<f64>() / each.len() as f64;
    let variance = each.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / each.len() as f64;
    (mean, variance.sqrt())
}

fn lines(
    data: &ScanData,
    axis: &ScanArray,
    values: &[f64],
    shown: &[&ScanArray],
    populations: &[String],
    theme: &Theme,
) -> Figure {
    let along = axis.axes.first().map_or("", String::as_str);
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut panel = Panel::new(Axis::new(&label(axis)), Axis::new("rate (Hz)"));
    for (p, name) in populations.iter().enumerate() {
        let color = theme.population(p);
        panel.key.push((Swatch::Disc(color), Label::plain(name)));
        for array in shown {
            let predicted = array.name != "rate";
            let at = |&i: &usize| over_seeds(data, array, &[(along, i), ("population", p)]);
            let points: Vec<(f64, f64)> = order.iter().map(|i| (values[*i], at(i).0)).collect();
            if predicted {
                panel.marks.push(Mark::line(points, Stroke::dashed(color, 1.1)));
            } else {
                panel.marks.push(Mark::line(points.clone(), Stroke::solid(color, 0.7)));
                let errors = order.iter().map(|i| at(i).1).collect();
                panel.marks.push(Mark::Points {
                    points,
                    errors,
                    color,
                    radius: 2.0,
                    hollow: false,
                });
            }
        }
    }
    if shown.iter().any(|a| a.name != "rate") {
        let stroke = Stroke::dashed(theme.population(0), 1.1);
        panel.key.push((Swatch::Line(stroke), Label::plain("predicted")));
    }
    Figure::new("Scan", Width::Column, 60.0, Layout::panel(panel), theme)
}

/// Rates over each key by itself: discs are simulated, rings predicted.
fn scattered(
    data: &ScanData,
    axes: &[NumberAxis<'_>],
    shown: &[&ScanArray],
    populations: &[String],
    theme: &Theme,
) -> Figure {
    let both = shown.len() > 1;
    let mut rows: Vec<(f64, Layout)> = Vec::new();
    let columns = if axes.len().is_multiple_of(3) { 3 } else { 2 };
    for (k, part) in axes.chunks(columns).enumerate() {
        let mut row = Vec::new();
        for (axis, values) in part {
            let mut panel = Panel::new(Axis::new(&label(axis)), Axis::new("rate (Hz)"));
            for (p, name) in populations.iter().enumerate() {
                let color = theme.population(p);
                for array in shown {
                    let at =
                        |i: usize| over_seeds(data, array, &[(POINT_AXIS, i), ("population", p)]).0;
                    let points = values.iter().enumerate().map(|(i, &x)| (x, at(i)));
                    panel.marks.push(Mark::Points {
                        points: points.filter(|(_, y)| y.is_finite()).collect(),
                        errors: Vec::new(),
                        color,
                        radius: 2.0,
                        hollow: array.name != "rate",
                    });
                }
                if k == 0 && row.is_empty() {
                    panel.key.push((Swatch::Disc(color), Label::plain(name)));
                }
            }
            if both && k == 0 && row.is_empty() {
                panel.key.push((Swatch::Ring(theme.ink), Label::plain("predicted")));
            }
            row.push((1.0, Layout::panel(panel)));
        }
        rows.push((1.0, Layout::Row(row)));
    }
    let width = if axes.len() > 1 { Width::Page } else { Width::Column };
    let height = 62.0 * rows.len() as f64;
    Figure::new("Scan", width, height, Layout::Column(rows), theme)
}

/// Logarithmic for values in equal ratios.
pub(crate) fn spacing(values: &[f64]) -> Spacing {
    let ratios: Vec<f64> = values.windows(2).map(|pair| pair[1] / pair[0]).collect();
    let equal = |ratio: &f64| (ratio / ratios[0] - 1.0).abs() < 1e-6;
    let logarithmic =
        values.iter().all(|&v| v > 0.0) && ratios.len() > 1 && ratios.iter().all(equal);
    if logarithmic { Spacing::Log } else { Spacing::Linear }
}

/// Shading and range of rates between `low` and `high`. Over decades it is logarithmic, and silence (below a hundredth of the
/// highest rate) is drawn as the lowest shade.
pub(crate) fn rate_shading(low: f64, high: f64) -> (Shading, (f64, f64)) {
    if high > 30.0 * low.max(0.0) {
        (Shading::Log, (low.max(0.01 * high), high))
    } else {
        (Shading::Linear, (low, high))
    }
}

/// An axis of numbers with its values.
pub(crate) type NumberAxis<'a> = (&'a ScanArray, &'a [f64]);

/// Two axes of a grid in ascending order.
pub(crate) struct MapAxes<'a> {
    names: [&'a ScanArray; 2],
    orders: [Vec<usize>; 2],
    values: [Vec<f64>; 2],
}

impl<'a> MapAxes<'a> {
    /// Sorts the values.
    pub(crate) fn new(first: NumberAxis<'a>, second: NumberAxis<'a>) -> Self {
        let both = [first, second];
        let orders = both.map(|(_, values)| {
            let mut order: Vec<usize> = (0..values.len()).collect();
            order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
            order
        });
        let sorted = |k: usize| orders[k].iter().map(|&i| both[k].1[i]).collect();
        Self { names: both.map(|b| b.0), values: [sorted(0), sorted(1)], orders }
    }

    /// Means over the seeds of `array` at one place of an axis inside the point.
    pub(crate) fn of(
        &self,
        data: &ScanData,
        array: &ScanArray,
        inside: (&str, usize),
    ) -> Array2<f64> {
        let shape = (self.values[0].len(), self.values[1].len());
        Array2::from_shape_fn(shape, |(i, j)| {
            let [x, y] = self.names.map(|axis| axis.name.as_str());
            let place = [(x, self.orders[0][i]), (y, self.orders[1][j]), inside];
            over_seeds(data, array, &place).0
        })
    }

    /// The panel of such values.
    pub(crate) fn panel(
        &self,
        values: &Array2<f64>,
        name: &str,
        shading: Shading,
        range: Option<(f64, f64)>,
        theme: &Theme,
    ) -> Result<Panel, PlotError> {
        let [x, y] = &self.values;
        let map = HeatMap {
            x_label: &label(self.names[0]),
            y_label: &label(self.names[1]),
            label: name,
            x,
            y,
            values: values.view(),
            shading,
            range,
            spacing: [spacing(x), spacing(y)],
        };
        heat_map(&map, theme)
    }
}

fn maps(
    data: &ScanData,
    axes: &MapAxes<'_>,
    shown: &[&ScanArray],
    populations: &[String],
    theme: &Theme,
) -> Result<Figure, PlotError> {
    let map_of = |p: usize, array: &ScanArray| axes.of(data, array, ("population", p));
    // One scale for all maps, so that simulation and theory can be compared by eye.
    let finite: Vec<f64> = (0..populations.len())
        .flat_map(|p| shown.iter().flat_map(|array| map_of(p, array)).collect::<Vec<_>>())
        .filter(|v| v.is_finite())
        .collect();
    let (low, high) =
        finite.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
    let (shading, range) = rate_shading(low, high);
    let mut rows = Vec::new();
    for (p, name) in populations.iter().enumerate() {
        let mut row = Vec::new();
        for array in shown {
            let values = map_of(p, array).mapv(|v| if v.is_nan() { v } else { v.max(range.0) });
            let what = if array.name == "rate" { "simulated" } else { "predicted" };
            let panel = axes.panel(&values, "rate (Hz)", shading, Some(range), theme)?;
            row.push((1.0, Layout::panel(panel.titled(Label::plain(format!("{name}, {what}"))))));
        }
        rows.push((1.0, Layout::Row(row)));
    }
    let width = if shown.len() > 1 { Width::Page } else { Width::Column };
    let height = 58.0 * rows.len() as f64;
    Ok(Figure::new("Scan", width, height, Layout::Column(rows), theme))
}
