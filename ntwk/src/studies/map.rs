//! Fixed points over two keys of the model: rates, stability, number.

use ndarray::{Array2, Array3, ArrayView2};
use ntwk_core::spec::VarySpec;
use ntwk_core::{CellLibrary, Interrupted, Job, Model};
use ntwk_io::{ScanArray, ScanData, ScanValues};
use ntwk_meanfield::{
    AllFixedPoints, Completeness, FixedPoint, Stability, delay_distributions, growing_oscillation,
    map_fixed_points,
};
use ntwk_plot::figures::{HeatMap, Shading, heat_map};
use ntwk_plot::{Figure, Label, Layout, Panel, PlotError, Swatch, Theme, Width};

use crate::figures::sweep::{axis_label, rate_shading, sampled_axis, spacing};
use crate::studies::StudyError;
use crate::studies::family::{FamilyError, TheoryFamily, with_vary};
use crate::studies::options::InvalidOptions;
use crate::sweep::points::SweepAxis;

/// Most points of a map.
const MOST: usize = 1_000_000;
/// Frequency (Hz) up to which oscillations are sought, and at how many.
const HIGHEST: f64 = 1000.0;
const LOOKS: usize = 160;

/// Options of [`fixed_point_map`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MapOptions {
    /// The two keys, each with its values; the first is the horizontal axis.
    pub vary: [VarySpec; 2],
}

impl MapOptions {
    /// Over the values of two keys.
    #[must_use]
    pub fn new(vary: [VarySpec; 2]) -> Self {
        Self { vary }
    }
}

/// A map of fixed points with its axes.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MapStudy {
    /// The model with what varies noted in it.
    pub model: Model,
    /// The map.
    pub map: FixedPointMap,
    /// The two keys.
    pub axes: [SweepAxis; 2],
    /// Names of the populations.
    pub populations: Vec<String>,
}

/// Fixed points of `model` over two keys that leave its cells as they are.
///
/// # Errors
/// [`StudyError`].
pub fn fixed_point_map(
    model: &Model,
    options: &MapOptions,
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<MapStudy, StudyError> {
    let (model, scan) = with_vary(model, &options.vary, None, library)?;
    let family = TheoryFamily::new(&model, &scan, library, job)?;
    let axes = [family.axes()[0].clone(), family.axes()[1].clone()];
    let [x, y] = axes.each_ref().map(|axis| axis.numbers.clone().unwrap_or_default());
    let shape = [x.len(), y.len()];
    let points = x.len().saturating_mul(y.len());
    if points > MOST {
        let rule = format!("{points} points; a map holds up to {MOST}");
        return Err(InvalidOptions::one("", "", rule).into());
    }
    let populations: Vec<String> = model.populations().iter().map(|p| p.name.clone()).collect();
    let results = map_fixed_points::<FamilyError>(
        points,
        &|k| family.system(&[x[k / shape[1]], y[k % shape[1]]]),
        &job.stage("fixed points"),
    )?;
    let mut map = FixedPointMap::new(shape, populations.len(), &results);
    let places: Vec<(usize, Option<&FixedPoint>)> =
        results.iter().map(|r| r.as_ref().ok().and_then(highest)).enumerate().collect();
    let sought = |(k, point): &(usize, Option<&FixedPoint>)| {
        let values = [x[k / shape[1]], y[k % shape[1]]];
        Ok::<_, Interrupted>(point.and_then(|point| oscillation(&family, &values, point)))
    };
    let found = job.stage("oscillations").each(&places, sought)?;
    for (hertz, found) in map.oscillation.iter_mut().zip(found) {
        *hertz = found.unwrap_or(f64::NAN);
    }
    job.check()?;
    Ok(MapStudy { model, map, axes, populations })
}

/// The stable state with the highest rates.
fn highest(points: &AllFixedPoints) -> Option<&FixedPoint> {
    points.points.iter().rev().find(|f| f.stability == Stability::Stable)
}

/// Frequency (Hz) of the oscillation that grows at a state of spiking cells (`theory.model = "siegert"`), with the delays of the
/// model.
fn oscillation(family: &TheoryFamily, values: &[f64; 2], point: &FixedPoint) -> Option<f64> {
    let (system, input) = family.system(values).ok()?;
    let delays = delay_distributions(&family.model(values).ok()?);
    let state = system.adapted_state(&point.rates, &input).ok()?;
    let step = HIGHEST / LOOKS as f64;
    let frequencies: Vec<f64> = (0..=LOOKS).map(|k| k as f64 * step).collect();
    let found = growing_oscillation(&system, &state, &input, &delays, &frequencies);
    found.ok().flatten().map(|o| o.frequency)
}

impl MapStudy {
    /// Points of the map.
    #[must_use]
    pub fn points(&self) -> usize {
        self.map.count.len()
    }

    /// As labelled arrays over the two keys.
    #[must_use]
    pub fn arrays(&self) -> ScanData {
        self.map.data(self.axes.each_ref(), &self.populations)
    }

    /// Rates of the highest stable state (and of the lowest, where several are stable anywhere), the number of stable fixed
    /// points and the slowest decay, over the two keys. `None` without two values of each key or without any stable state.
    ///
    /// # Errors
    /// [`PlotError`].
    pub fn figure(&self, theme: &Theme) -> Result<Option<Figure>, PlotError> {
        map_figure(&self.map, self.axes.each_ref(), &self.populations, theme)
    }
}

/// A map over a grid of two keys: number of fixed points, lowest and highest stable state.
#[derive(Debug, Clone, PartialEq)]
pub struct FixedPointMap {
    /// Fixed points found, `[first x second]`; NaN where there is no theory.
    pub count: Array2<f64>,
    /// Whether these are all: 2 where that is certain, 1 where their indices sum to +1, 0 where a point is missing.
    pub complete: Array2<f64>,
    /// Stable ones.
    pub stable: Array2<f64>,
    /// Rates (Hz) of the stable state with the lowest rates, `[first x second x population]`; NaN where there is none.
    pub low: Array3<f64>,
    /// Rates (Hz) of the stable state with the highest rates.
    pub high: Array3<f64>,
    /// Whether all moments of the highest stable state lie on the scanned set.
    pub in_domain: Array2<f64>,
    /// Largest real part (1/s) of the eigenvalues of the highest stable state.
    pub leading: Array2<f64>,
    /// Frequency (Hz) of the oscillation that grows at the highest stable state through the response of its cells in time and the
    /// delays; NaN where none does, and where the cells of the theory have no such response.
    pub oscillation: Array2<f64>,
    /// Places without a theory, with the first error.
    pub failed: (usize, Option<String>),
}

impl FixedPointMap {
    /// From the results of every place of a grid, row by row.
    fn new<E: std::fmt::Display>(
        shape: [usize; 2],
        n: usize,
        results: &[Result<AllFixedPoints, E>],
    ) -> Self {
        let [rows, columns] = shape;
        let plain = || Array2::from_elem((rows, columns), f64::NAN);
        let cube = || Array3::from_elem((rows, columns, n), f64::NAN);
        let mut map = Self {
            count: plain(),
            complete: plain(),
            stable: plain(),
            low: cube(),
            high: cube(),
            in_domain: plain(),
            leading: plain(),
            oscillation: plain(),
            failed: (0, None),
        };
        for (place, result) in results.iter().enumerate() {
            let at = [place / columns, place % columns];
            match result {
                Err(error) => {
                    map.failed.0 += 1;
                    map.failed.1.get_or_insert_with(|| error.to_string());
                }
                Ok(points) => {
                    let stable: Vec<_> =
                        points.points.iter().filter(|f| f.stability == Stability::Stable).collect();
                    map.count[at] = points.points.len() as f64;
                    map.complete[at] = match points.completeness {
                        Completeness::Complete => 2.0,
                        Completeness::Plausible => 1.0,
                        Completeness::Incomplete => 0.0,
                    };
                    map.stable[at] = stable.len() as f64;
                    if let (Some(low), Some(high)) = (stable.first(), stable.last()) {
                        for k in 0..n {
                            map.low[[at[0], at[1], k]] = low.rates[k];
                            map.high[[at[0], at[1], k]] = high.rates[k];
                        }
                        map.in_domain[at] = f64::from(u8::from(high.in_domain.iter().all(|d| *d)));
                        map.leading[at] = high.eigenvalues.first().map_or(f64::NAN, |z| z.re);
                    }
                }
            }
        }
        map
    }

    /// How many places have how many stable fixed points.
    #[must_use]
    pub fn in_words(&self) -> String {
        let places = self.count.len();
        let with = |n: f64| self.stable.iter().filter(|s| **s == n).count();
        let several = self.stable.iter().filter(|s| **s > 1.0).count();
        let lacking = match self.complete.iter().filter(|c| **c == 0.0).count() {
            0 => String::new(),
            n => format!("; at {n} the search did not find all"),
        };
        let growing = match self.oscillation.iter().filter(|f| f.is_finite()).count() {
            0 => String::new(),
            n => format!("; at {n} an oscillation grows in the highest of them"),
        };
        format!(
            "{places} points: {} with one stable fixed point, {several} with several, {} with none{growing}{lacking}",
            with(1.0),
            with(0.0)
        )
    }

    /// As labelled arrays over the two keys.
    fn data(&self, axes: [&SweepAxis; 2], populations: &[String]) -> ScanData {
        let axis = |a: &SweepAxis| ScanArray {
            name: a.name.clone(),
            axes: vec![a.name.clone()],
            values: ScanValues::Numbers(a.numbers.clone().unwrap_or_default()),
            unit: if a.unit.is_empty() { "1".to_owned() } else { a.unit.clone() },
            long_name: a.keys.join(", "),
        };
        let population = ScanArray {
            name: "population".to_owned(),
            axes: vec!["population".to_owned()],
            values: ScanValues::Texts(populations.to_vec()),
            unit: "1".to_owned(),
            long_name: "population".to_owned(),
        };
        let [first, second] = axes.map(|a| a.name.clone());
        let plane = |name: &str, unit: &str, long_name: &str, values: &Array2<f64>| ScanArray {
            name: name.to_owned(),
            axes: vec![first.clone(), second.clone()],
            values: ScanValues::Numbers(values.iter().copied().collect()),
            unit: unit.to_owned(),
            long_name: long_name.to_owned(),
        };
        let cube = |name: &str, long_name: &str, values: &Array3<f64>| ScanArray {
            name: name.to_owned(),
            axes: vec![first.clone(), second.clone(), "population".to_owned()],
            values: ScanValues::Numbers(values.iter().copied().collect()),
            unit: "Hz".to_owned(),
            long_name: long_name.to_owned(),
        };
        ScanData {
            axes: vec![axis(axes[0]), axis(axes[1]), population],
            arrays: vec![
                plane("fixed_points", "1", "fixed points found", &self.count),
                plane(
                    "complete",
                    "1",
                    "2: all fixed points, 1: plausible, 0: not all",
                    &self.complete,
                ),
                plane("stable", "1", "stable fixed points found", &self.stable),
                cube("rate_low", "rates of the lowest stable fixed point", &self.low),
                cube("rate_high", "rates of the highest stable fixed point", &self.high),
                plane("in_domain", "1", "highest state on the scanned set", &self.in_domain),
                plane("leading", "1/s", "leading eigenvalue of the highest state", &self.leading),
                plane(
                    "oscillation",
                    "Hz",
                    "oscillation that grows at the highest state, by the response of its cells",
                    &self.oscillation,
                ),
            ],
        }
    }
}

/// Rates of the highest stable state (and of the lowest, where several are stable anywhere), the number of stable fixed
/// points and the slowest decay, over the two keys. `None` without two values of each key or without any stable state.
fn map_figure(
    map: &FixedPointMap,
    axes: [&SweepAxis; 2],
    populations: &[String],
    theme: &Theme,
) -> Result<Option<Figure>, PlotError> {
    let numbers = axes.map(|a| a.numbers.clone().unwrap_or_default());
    let stable = map.stable.iter().any(|s| *s > 0.0);
    if numbers.iter().any(|v| v.len() < 2) || !stable {
        return Ok(None);
    }
    let order = numbers.each_ref().map(|values| {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        order
    });
    let [x, y]: [Vec<f64>; 2] = [0, 1].map(|k| order[k].iter().map(|&i| numbers[k][i]).collect());
    let labels = axes.map(|a| axis_label(&a.name, &a.unit));
    let draw = |values: ArrayView2<'_, f64>, label: &str, title: &str, shading, range| {
        let sorted =
            Array2::from_shape_fn((x.len(), y.len()), |(i, j)| values[[order[0][i], order[1][j]]]);
        let map = HeatMap {
            x_label: &labels[0],
            y_label: &labels[1],
            label,
            x: &x,
            y: &y,
            values: sorted.view(),
            shading,
            range,
            spacing: [spacing(&x), spacing(&y)],
        };
        let mut panel = heat_map(&map, theme)?.titled(Label::plain(title));
        panel.x.ticks = sampled_axis("", &x).ticks;
        panel.y.ticks = sampled_axis("", &y).ticks;
        Ok::<_, PlotError>(panel)
    };
    let several = map.stable.iter().any(|s| *s > 1.0);
    // One scale for all rates, so that states and populations can be compared by eye.
    let values = || map.high.iter().chain(&map.low).copied().filter(|v| v.is_finite());
    let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
    let (shading, range) = rate_shading(least, most);
    let mut panels = Vec::new();
    for (p, name) in populations.iter().enumerate() {
        let plane = |cube: &Array3<f64>| cube.index_axis(ndarray::Axis(2), p).to_owned();
        let high = plane(&map.high);
        let low = plane(&map.low);
        let mut add = |values: &Array2<f64>, title: String| {
            let shown = values.mapv(|v| if v.is_nan() { v } else { v.max(range.0) });
            let panel = draw(shown.view(), "rate (Hz)", &title, shading, Some(range))?;
            panels.push(Layout::panel(panel));
            Ok::<_, PlotError>(())
        };
        if several {
            add(&low, format!("{name}, lowest stable state"))?;
            add(&high, format!("{name}, highest stable state"))?;
        } else {
            add(&high, format!("{name}, stable state"))?;
        }
    }
    panels.push(Layout::panel(counts(
        draw(
            map.stable.view(),
            "",
            "stable fixed points",
            Shading::Linear,
            Some((0.0, MOST_COUNTED)),
        )?,
        &map.stable,
    )));
    panels.push(Layout::panel(draw(
        map.leading.view(),
        "leading eigenvalue (1/s)",
        "highest stable state",
        Shading::Linear,
        None,
    )?));
    if map.oscillation.iter().any(|f| f.is_finite()) {
        let title = "oscillation that grows there";
        let values = map.oscillation.view();
        panels.push(Layout::panel(draw(values, "frequency (Hz)", title, Shading::Linear, None)?));
    }
    let mut rows = Vec::new();
    let mut panels = panels.into_iter();
    while let Some(left) = panels.next() {
        let mut row = vec![(1.0, left)];
        row.extend(panels.next().map(|right| (1.0, right)));
        rows.push((1.0, Layout::Row(row)));
    }
    let height = 62.0 * rows.len() as f64;
    Ok(Some(Figure::new("Map of fixed points", Width::Page, height, Layout::Column(rows), theme)))
}

/// Number of stable fixed points from which on colours are the same.
const MOST_COUNTED: f64 = 3.0;

/// A map of whole numbers: a key of their colours instead of a bar between them.
fn counts(mut panel: Panel, values: &Array2<f64>) -> Panel {
    if let Some(bar) = panel.color_bar.take() {
        let most = values.iter().copied().filter(|v| v.is_finite()).fold(0.0, f64::max);
        for n in 0..=most.min(MOST_COUNTED) as usize {
            if values.iter().any(|v| v.min(MOST_COUNTED) == n as f64) {
                let more =
                    if n as f64 == MOST_COUNTED && most > MOST_COUNTED { "≥ " } else { "" };
                let color = bar.color(n as f64);
                panel.key.push((Swatch::Patch(color), Label::plain(format!("{more}{n}"))));
            }
        }
    }
    panel
}
