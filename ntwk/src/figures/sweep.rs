//! Figures of a scan: lines over one axis, maps over two.

use ndarray::Array2;
use ntwk_io::{ScanArray, ScanData, ScanValues};
use ntwk_plot::figures::{HeatMap, Shading, heat_map};
use ntwk_plot::{
    Axis, Figure, Label, Layout, Mark, Panel, PlotError, Spacing, Stroke, Swatch, Theme, Width,
};

use crate::sweep::cell::PLACE_AXIS;
use crate::sweep::points::{POINT_AXIS, SEED_AXIS};

/// Axes inside a point.
const INSIDE: [&str; 2] = ["population", PLACE_AXIS];

/// What a figure of a scan shows of it.
struct Shown<'a> {
    /// The quantity as simulated, and as predicted, where there are both.
    arrays: Vec<&'a ScanArray>,
    /// Axis inside the point: populations or places; empty for a quantity of the whole network.
    inside: &'a str,
    /// Names along it; one empty name without it.
    names: Vec<String>,
    /// Quantity with its unit.
    label: String,
}

impl Shown<'_> {
    /// The quantity called `name` with its prediction `name_theory`; `None` where the scan has none of both.
    fn of<'a>(data: &'a ScanData, name: &str) -> Option<Shown<'a>> {
        let arrays: Vec<&ScanArray> = [name.to_owned(), format!("{name}_theory")]
            .iter()
            .filter_map(|name| data.arrays.iter().find(|a| a.name == *name))
            .filter(|a| matches!(a.values, ScanValues::Numbers(_)))
            .collect();
        let first = arrays.first()?;
        let names_of = |axis: &str| match &data.get(axis)?.values {
            ScanValues::Texts(names) => Some(names.clone()),
            ScanValues::Numbers(_) => None,
        };
        let inside = INSIDE
            .into_iter()
            .filter(|axis| first.axes.iter().any(|a| a == axis))
            .find_map(|axis| Some((axis, names_of(axis)?)));
        let (inside, names) = inside.unwrap_or_else(|| ("", vec![String::new()]));
        let label = if name == "rate" {
            "rate (Hz)".to_owned()
        } else {
            with_unit(&first.long_name, &first.unit)
        };
        Some(Shown { arrays, inside, names, label })
    }

    /// What a population or place is called beside what the array is.
    fn title(&self, place: usize, array: &ScanArray) -> String {
        let predicted = array.name.ends_with("_theory");
        let what = match (self.arrays.len() > 1 || predicted, predicted) {
            (true, true) => "predicted",
            (true, false) => "simulated",
            (false, _) => "",
        };
        let parts = [self.names[place].as_str(), what];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }

    fn is_rate(&self) -> bool {
        self.arrays.iter().any(|a| a.name == "rate" || a.name == "rate_theory")
    }
}

/// Names of the quantities of a scan that [`quantity_figure`] draws: numbers, one per population or place or for the whole.
#[must_use]
pub fn drawable(data: &ScanData) -> Vec<&str> {
    let swept: Vec<&str> = data.axes.iter().map(|a| a.name.as_str()).collect();
    let of_points = |a: &&ScanArray| {
        a.name != "status"
            && matches!(a.values, ScanValues::Numbers(_))
            // What was varied is an axis of the figure, not what it shows.
            && a.axes != [POINT_AXIS]
            && a.axes.iter().all(|axis| swept.contains(&axis.as_str()))
    };
    data.arrays.iter().filter(of_points).map(|a| a.name.as_str()).collect()
}

/// Draws the rates of a scan, simulated and predicted where there are both, as of [`quantity_figure`].
///
/// # Errors
/// [`PlotError`].
pub fn sweep_figure(data: &ScanData, theme: &Theme) -> Result<Option<Figure>, PlotError> {
    if data.get("population").is_none() {
        return Ok(None);
    }
    quantity_figure(data, "rate", theme)
}

/// Draws a quantity of a scan, simulated and predicted where there are both, mean over the seeds: lines over one axis,
/// maps over the first two axes of numbers of a grid (the others at their first value, see [`held`]), points over an axis of names
/// where there is none of numbers, one panel per key of points that form no grid. `None` when there is nothing to draw: no such
/// quantity, or no key with several values.
///
/// # Errors
/// [`PlotError`].
pub fn quantity_figure(
    data: &ScanData,
    quantity: &str,
    theme: &Theme,
) -> Result<Option<Figure>, PlotError> {
    let Some(shown) = Shown::of(data, quantity) else { return Ok(None) };
    match varied(data) {
        Varied::Line(axis, values) => Ok(Some(lines(data, axis, values, None, &shown, theme))),
        Varied::Names(axis, names) => {
            let places: Vec<f64> = (0..names.len()).map(|k| k as f64).collect();
            Ok(Some(lines(data, axis, &places, Some(names), &shown, theme)))
        }
        Varied::Map(first, second) => {
            maps(data, &MapAxes::new(first, second), &shown, theme).map(Some)
        }
        Varied::Scattered(axes) => Ok(Some(scattered(data, &axes, &shown, theme))),
        Varied::Other => Ok(None),
    }
}

/// The axes a scan is drawn over.
pub(crate) enum Varied<'a> {
    /// One axis of numbers.
    Line(&'a ScanArray, &'a [f64]),
    /// One axis of names, and none of numbers.
    Names(&'a ScanArray, &'a [String]),
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
        [] => {
            let named = data.axes.iter().filter(|a| grid && a.name != SEED_AXIS);
            let named = named.filter(|a| matches!(&a.axes[..], [own] if *own == a.name));
            let mut named = named.filter_map(|a| match &a.values {
                ScanValues::Texts(names)
                    if names.len() > 1 && !INSIDE.contains(&a.name.as_str()) =>
                {
                    Some(Varied::Names(a, names))
                }
                _ => None,
            });
            named.next().unwrap_or(Varied::Other)
        }
        _ => Varied::Scattered(numbers),
    }
}

/// The axes of a grid that a figure does not show, each with the value that it has there and their number.
#[must_use]
pub fn held(data: &ScanData) -> Vec<(&str, String, usize)> {
    let shown: Vec<&str> = match varied(data) {
        Varied::Line(axis, _) | Varied::Names(axis, _) => vec![&axis.name],
        Varied::Map(first, second) => vec![&first.0.name, &second.0.name],
        Varied::Scattered(_) | Varied::Other => return Vec::new(),
    };
    let is_held = |name: &str| {
        name != SEED_AXIS && name != POINT_AXIS && !INSIDE.contains(&name) && !shown.contains(&name)
    };
    let swept = data.get("status").map_or(&[][..], |status| &status.axes);
    data.axes
        .iter()
        .filter(|axis| is_held(&axis.name) && swept.contains(&axis.name) && axis.values.len() > 1)
        .map(|axis| {
            let first = match &axis.values {
                ScanValues::Numbers(values) => with_unit_after(values[0], &axis.unit),
                ScanValues::Texts(names) => names[0].clone(),
            };
            (axis.name.as_str(), first, axis.values.len())
        })
        .collect()
}

fn with_unit_after(value: f64, unit: &str) -> String {
    if unit.is_empty() || unit == "1" { short(value) } else { format!("{} {unit}", short(value)) }
}

pub(crate) fn label(axis: &ScanArray) -> String {
    axis_label(&axis.name, &axis.unit)
}

/// Name and unit of a key: `Q_e` stays a symbol with an index, words are written apart.
pub(crate) fn axis_label(name: &str, unit: &str) -> String {
    let is_symbol = name.split_once('_').is_some_and(|(symbol, rest)| {
        // V_th and g_L, not the rate of a population A.
        let short = rest.chars().count() <= 3 || matches!(rest, "reset" | "peak");
        symbol.chars().count() == 1 && short
    });
    with_unit(&if is_symbol { name.to_owned() } else { name.replace('_', " ") }, unit)
}

fn with_unit(name: &str, unit: &str) -> String {
    if unit.is_empty() || unit == "1" { name.to_owned() } else { format!("{name} ({unit})") }
}

/// The axis of sampled `values` (ascending): logarithmic where they are, with ticks at the values where these are few and far
/// enough apart to be read.
pub(crate) fn sampled_axis(label: &str, values: &[f64]) -> Axis {
    let axis = Axis::new(label);
    let logarithmic = spacing(values) == Spacing::Log;
    let axis = if logarithmic { axis.log() } else { axis };
    let at = |v: f64| if logarithmic { v.ln() } else { v };
    let (Some(&first), Some(&last)) = (values.first(), values.last()) else { return axis };
    let span = at(last) - at(first);
    let apart = values.windows(2).all(|pair| at(pair[1]) - at(pair[0]) > 0.09 * span);
    if values.len() < 2 || values.len() > MOST_TICKS || !apart {
        return axis;
    }
    let written = |v: f64| Label::plain(short(v));
    axis.ticks_at(values.iter().map(|&v| (v, written(v))).collect())
}

/// Sampled values up to which an axis has a tick for each.
const MOST_TICKS: usize = 7;

/// Four digits without trailing zeros, and a real minus sign.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    let text = if size != 0.0 && !(1e-3..1e5).contains(&size) {
        format!("{value:.2e}")
    } else {
        let digits = if size == 0.0 { 0 } else { (3 - size.log10().floor() as i32).max(0) };
        let text = format!("{value:.0$}", digits as usize);
        match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text,
        }
    };
    text.replace('-', "−")
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
    names: Option<&[String]>,
    shown: &Shown<'_>,
    theme: &Theme,
) -> Figure {
    let along = axis.axes.first().map_or("", String::as_str);
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let sorted: Vec<f64> = order.iter().map(|&i| values[i]).collect();
    let x = match names {
        None => sampled_axis(&label(axis), &sorted),
        Some(names) => {
            let ticks = values.iter().zip(names).map(|(&v, name)| (v, Label::plain(name)));
            let ends = (-0.5, values.len() as f64 - 0.5);
            Axis::new(&label(axis)).range(ends.0, ends.1).ticks_at(ticks.collect())
        }
    };
    let mut panel = Panel::new(x, Axis::new(&shown.label));
    for (p, name) in shown.names.iter().enumerate() {
        let color = theme.population(p);
        if !name.is_empty() {
            panel.key.push((Swatch::Disc(color), Label::plain(name)));
        }
        for array in &shown.arrays {
            let predicted = array.name.ends_with("_theory");
            let at = |&i: &usize| over_seeds(data, array, &[(along, i), (shown.inside, p)]);
            let points: Vec<(f64, f64)> = order.iter().map(|i| (values[*i], at(i).0)).collect();
            // Between names there is nothing to join.
            let joined = names.is_none();
            if predicted && joined {
                panel.marks.push(Mark::line(points, Stroke::dashed(color, 1.1)));
                continue;
            }
            if joined {
                panel.marks.push(Mark::line(points.clone(), Stroke::solid(color, 0.7)));
            }
            let errors = match predicted {
                true => Vec::new(),
                false => order.iter().map(|i| at(i).1).collect(),
            };
            panel.marks.push(Mark::Points {
                points,
                errors,
                color,
                radius: 2.0,
                hollow: predicted,
            });
        }
    }
    if shown.arrays.iter().any(|a| a.name.ends_with("_theory")) {
        let swatch = match names {
            None => Swatch::Line(Stroke::dashed(theme.population(0), 1.1)),
            Some(_) => Swatch::Ring(theme.ink),
        };
        panel.key.push((swatch, Label::plain("predicted")));
    }
    Figure::new("Scan", Width::Column, 60.0, Layout::panel(panel), theme)
}

/// The quantity over each key by itself: discs are simulated, rings predicted.
fn scattered(data: &ScanData, axes: &[NumberAxis<'_>], shown: &Shown<'_>, theme: &Theme) -> Figure {
    let both = shown.arrays.len() > 1;
    let mut rows: Vec<(f64, Layout)> = Vec::new();
    let columns = if axes.len().is_multiple_of(3) { 3 } else { 2 };
    for (k, part) in axes.chunks(columns).enumerate() {
        let mut row = Vec::new();
        for (axis, values) in part {
            let mut panel = Panel::new(Axis::new(&label(axis)), Axis::new(&shown.label));
            for (p, name) in shown.names.iter().enumerate() {
                let color = theme.population(p);
                for array in &shown.arrays {
                    let at =
                        |i: usize| over_seeds(data, array, &[(POINT_AXIS, i), (shown.inside, p)]).0;
                    let points = values.iter().enumerate().map(|(i, &x)| (x, at(i)));
                    panel.marks.push(Mark::Points {
                        points: points.filter(|(_, y)| y.is_finite()).collect(),
                        errors: Vec::new(),
                        color,
                        radius: 2.0,
                        hollow: array.name.ends_with("_theory"),
                    });
                }
                if k == 0 && row.is_empty() && !name.is_empty() {
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
        let mut panel = heat_map(&map, theme)?;
        for (axis, values) in [(&mut panel.x, x), (&mut panel.y, y)] {
            axis.ticks = sampled_axis("", values).ticks;
        }
        Ok(panel)
    }
}

fn maps(
    data: &ScanData,
    axes: &MapAxes<'_>,
    shown: &Shown<'_>,
    theme: &Theme,
) -> Result<Figure, PlotError> {
    let map_of = |p: usize, array: &ScanArray| axes.of(data, array, (shown.inside, p));
    // One scale for all maps, so that simulation and theory can be compared by eye.
    let finite: Vec<f64> = (0..shown.names.len())
        .flat_map(|p| shown.arrays.iter().flat_map(|a| map_of(p, a)).collect::<Vec<_>>())
        .filter(|v| v.is_finite())
        .collect();
    let (low, high) =
        finite.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
    let (shading, range) = if shown.is_rate() {
        rate_shading(low, high)
    } else if low < 0.0 && high > 0.0 {
        (Shading::Signed, (low, high))
    } else {
        (Shading::Linear, (low, high))
    };
    let mut rows = Vec::new();
    for p in 0..shown.names.len() {
        let mut row = Vec::new();
        for array in &shown.arrays {
            let values = map_of(p, array).mapv(|v| if v.is_nan() { v } else { v.max(range.0) });
            let panel = axes.panel(&values, &shown.label, shading, Some(range), theme)?;
            row.push((1.0, Layout::panel(panel.titled(Label::plain(shown.title(p, array))))));
        }
        rows.push((1.0, Layout::Row(row)));
    }
    let width = if shown.arrays.len() > 1 { Width::Page } else { Width::Column };
    let height = 58.0 * rows.len() as f64;
    Ok(Figure::new("Scan", width, height, Layout::Column(rows), theme))
}
