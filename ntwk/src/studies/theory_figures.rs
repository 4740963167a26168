//! Figures of studies of a mean field: phase plane, bifurcation diagram, spectra, map of fixed points.

use ndarray::{Array2, ArrayView2};
use ntwk_meanfield::{
    Bifurcation, BifurcationDiagram, BranchPoint, FixedPoints, PhasePlane, SelfConsistency,
    Stability, Trajectory,
};
use ntwk_plot::figures::{self, HeatMap, NamedCurve, Shading, Style, curves, heat_map};
use ntwk_plot::{
    Axis, Figure, Label, Layout, Mark, Panel, PlotError, Point, Stroke, Swatch, Theme, Width,
};

use crate::figures::sweep::{axis_label, rate_shading, spacing};
use crate::studies::theory_studies::{FixedPointMap, Spectra};
use crate::sweep::points::ScanAxis;

/// The rate of a population as an axis label.
fn rate_label(population: &str) -> String {
    format!("ν_{{{population}}} (Hz)")
}

/// The phase plane of two populations (`chosen`, named `shown`) with the fixed points of the system and trajectories.
#[must_use]
pub fn phase_plane_figure(
    plane: &PhasePlane,
    ranges: [[f64; 2]; 2],
    chosen: [usize; 2],
    shown: &[String; 2],
    points: &FixedPoints,
    trajectories: &[Trajectory],
    theme: &Theme,
) -> Figure {
    let ny = plane.y.len();
    let flow: Vec<(Point, Point)> = plane
        .field
        .iter()
        .enumerate()
        .map(|(k, [dx, dy])| ((plane.x[k / ny], plane.y[k % ny]), (*dx, *dy)))
        .collect();
    let lines = |which: usize| -> Vec<Vec<Point>> {
        plane.nullclines[which]
            .iter()
            .map(|line| line.iter().map(|&[a, b]| (a, b)).collect())
            .collect()
    };
    let [sx, sy] = ranges.map(|[low, high]| high - low);
    let paths: Vec<Vec<Point>> = trajectories
        .iter()
        .map(|t| {
            let places = (0..t.times.len()).map(|k| {
                let state = t.state(k);
                (state[chosen[0]], state[chosen[1]])
            });
            thinned(places, 2e-3, (sx, sy))
        })
        .collect();
    let fixed_points: Vec<figures::FixedPoint> = points
        .points
        .iter()
        .map(|f| figures::FixedPoint {
            at: (f.rates[chosen[0]], f.rates[chosen[1]]),
            stable: f.stability == Stability::Stable,
        })
        .collect();
    let panel = figures::phase_plane(
        &figures::PhasePlane {
            x_label: &rate_label(&shown[0]),
            y_label: &rate_label(&shown[1]),
            x_range: (ranges[0][0], ranges[0][1]),
            y_range: (ranges[1][0], ranges[1][1]),
            flow: &flow,
            x_nullclines: &lines(0),
            y_nullclines: &lines(1),
            trajectories: &paths,
            fixed_points: &fixed_points,
        },
        theme,
    );
    Figure::new("Phase plane", Width::Column, 82.0, Layout::panel(panel), theme)
}

/// Graphical solutions for the fixed points `points`, one panel per population: its response to its own rate, the others at rest
/// with it, over the line on which both are equal; discs at stable fixed points, rings at the others.
#[must_use]
pub fn self_consistency_figure(
    solutions: &[SelfConsistency],
    names: &[String],
    points: &FixedPoints,
    theme: &Theme,
) -> Figure {
    let mut panels = Vec::new();
    for solution in solutions {
        let p = solution.population;
        let color = theme.population(p);
        let highest = solution.range[1];
        let label = rate_label(&names[p]);
        let y = Axis::new(&format!("response of {} (Hz)", names[p])).range(0.0, highest);
        let mut panel = Panel::new(Axis::new(&label).range(0.0, highest), y);
        let equal = [(0.0, 0.0), (highest, highest)];
        panel.marks.push(Mark::line(equal, Stroke::dashed(theme.muted, theme.line_width)));
        for curve in &solution.curves {
            let points = curve.iter().map(|&[x, y]| (x, y));
            panel.marks.push(Mark::line(points, Stroke::solid(color, theme.line_width)));
        }
        for f in &points.points {
            let at = (f.rates[p], f.rates[p]);
            if at.0 <= highest {
                let hollow = f.stability != Stability::Stable;
                panel.marks.push(Mark::Points {
                    points: vec![at],
                    errors: Vec::new(),
                    color: theme.ink,
                    radius: 1.1,
                    hollow,
                });
            }
        }
        panels.push((1.0, Layout::panel(panel)));
    }
    let width = if panels.len() == 1 { Width::Column } else { Width::Page };
    let height = if panels.len() == 1 { 75.0 } else { 170.0 / panels.len() as f64 };
    Figure::new("Fixed points", width, height, Layout::Row(panels), theme)
}

/// Points at least `distance` (relative to the ranges `scale`) from each other, and the last one.
fn thinned(points: impl Iterator<Item = Point>, distance: f64, (sx, sy): (f64, f64)) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::new();
    let mut last = None;
    for p in points {
        let far =
            kept.last().is_none_or(|q| ((p.0 - q.0) / sx).hypot((p.1 - q.1) / sy) >= distance);
        if far {
            kept.push(p);
        }
        last = Some(p);
    }
    if kept.last() != last.as_ref() {
        kept.extend(last);
    }
    kept
}

/// Rates of all populations along a key: stable branches solid, unstable ones dashed, pale where the moments lie outside the
/// scan of the transfer functions; discs at saddle-nodes, rings at Hopf bifurcations.
#[must_use]
pub fn bifurcation_figure(
    diagram: &BifurcationDiagram,
    axis: &ScanAxis,
    logarithmic: bool,
    populations: &[String],
    theme: &Theme,
) -> Figure {
    let label = axis_label(&axis.name, &axis.unit);
    let numbers = axis.numbers.as_deref().unwrap_or_default();
    let ends =
        numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
    let mut rows = Vec::new();
    for (p, name) in populations.iter().enumerate() {
        let x = Axis::new(&label).range(ends.0, ends.1);
        let x = if logarithmic { x.log() } else { x };
        let mut panel = Panel::new(x, Axis::new(&rate_label(name)));
        let mut seen = [false; 3];
        for branch in &diagram.branches {
            for (piece, points) in pieces(&branch.points) {
                seen[0] |= piece.stable;
                seen[1] |= !piece.stable;
                seen[2] |= !piece.scanned;
                let points = points.iter().map(|q| (q.parameter, q.fixed_point.rates[p]));
                panel.marks.push(Mark::line(points, stroke(piece, p, theme)));
            }
        }
        let of = |wanted: fn(&Bifurcation) -> bool| -> Vec<Point> {
            let found = diagram.branches.iter().flat_map(|b| &b.bifurcations);
            found
                .filter(|b| wanted(&b.0))
                .map(|b| (b.2.parameter, b.2.fixed_point.rates[p]))
                .collect()
        };
        let marked = [
            ("saddle-node", of(|b| matches!(b, Bifurcation::SaddleNode)), theme.ink, false),
            ("Hopf", of(|b| matches!(b, Bifurcation::Hopf { .. })), theme.ink, true),
            ("crossing", of(|b| matches!(b, Bifurcation::Crossing)), theme.muted, false),
        ];
        // The key says it once, above the first panel.
        if p == 0 {
            let kinds = [
                (true, true, "stable"),
                (false, true, "unstable"),
                (true, false, "outside the scan"),
            ];
            for ((stable, scanned, text), _) in kinds.into_iter().zip(seen).filter(|k| k.1) {
                let swatch = Swatch::Line(stroke(Piece { stable, scanned }, p, theme));
                panel.key.push((swatch, Label::plain(text)));
            }
        }
        for (text, points, color, hollow) in marked {
            if points.is_empty() {
                continue;
            }
            if p == 0 {
                let swatch = if hollow { Swatch::Ring(color) } else { Swatch::Disc(color) };
                panel.key.push((swatch, Label::plain(text)));
            }
            panel.marks.push(Mark::Points {
                points,
                errors: Vec::new(),
                color,
                radius: 2.0,
                hollow,
            });
        }
        let last = p + 1 == populations.len();
        let panel = if last { panel } else { panel.without_x_labels() };
        rows.push((1.0, Layout::panel(panel)));
    }
    let height = 16.0 + 40.0 * rows.len() as f64;
    Figure::new("Bifurcation diagram", Width::Column, height, Layout::Column(rows), theme)
}

/// What a piece of a branch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    stable: bool,
    /// Whether the moments of all populations lie in the scan of their transfer function.
    scanned: bool,
}

fn stroke(piece: Piece, population: usize, theme: &Theme) -> Stroke {
    let color = theme.population(population);
    let color = if piece.scanned { color } else { theme.pale(color, 0.5) };
    if piece.stable { Stroke::solid(color, 1.3) } else { Stroke::dashed(color, 0.9) }
}

/// A branch cut where its kind changes; neighbouring pieces share a point.
fn pieces(points: &[BranchPoint]) -> Vec<(Piece, &[BranchPoint])> {
    let kind = |p: &BranchPoint| Piece {
        stable: p.is_stable(),
        scanned: p.fixed_point.in_domain.iter().all(|d| *d),
    };
    let mut cut = Vec::new();
    let mut from = 0;
    for i in 1..=points.len() {
        if i == points.len() || kind(&points[i]) != kind(&points[from]) {
            cut.push((kind(&points[from]), &points[from..(i + 1).min(points.len())]));
            from = i;
        }
    }
    cut
}

/// Most afferents whose response is drawn; the file has all.
const MOST_AFFERENTS: usize = 4;

/// Power spectra and coherence of the finite-size fluctuations, gain and phase of the response to each afferent.
#[must_use]
pub fn spectra_figure(
    spectra: &Spectra,
    populations: &[String],
    afferents: &[String],
    theme: &Theme,
) -> Figure {
    let f = &spectra.frequencies;
    let n = populations.len();
    let x = || Axis::new("frequency (Hz)").log();
    let line = |name: &str, color: usize, value: &dyn Fn(usize) -> f64| -> Vec<NamedCurveOwned> {
        let points: Vec<Point> =
            (0..f.len()).filter(|&i| f[i] > 0.0).map(|i| (f[i], value(i))).collect();
        vec![(name.to_owned(), points, color)]
    };
    let panel = |y: Axis, lines: Vec<NamedCurveOwned>, title: String| {
        let named: Vec<NamedCurve<'_>> = lines
            .iter()
            .map(|(name, points, color)| NamedCurve {
                name,
                points: points.clone(),
                color: Some(*color),
                style: Style::Line,
            })
            .collect();
        (1.0, Layout::panel(curves(x(), y, &named, theme).titled(Label::plain(title))))
    };
    let all = |f: &dyn Fn(usize) -> Vec<NamedCurveOwned>| (0..n).flat_map(f).collect::<Vec<_>>();
    let power = all(&|p| line(&populations[p], p, &|i| spectra.power[[i, p]]));
    let mut left =
        vec![panel(Axis::new("power density (Hz^2/Hz)").log(), power, "fluctuations".to_owned())];
    let coherence: Vec<NamedCurveOwned> =
        (1..n).flat_map(|p| line(&populations[p], p, &|i| spectra.coherence[[i, 0, p]])).collect();
    let mut right = Vec::new();
    if n > 1 {
        let title = format!("with {}", populations[0]);
        right.push(panel(Axis::new("coherence").range(0.0, 1.0), coherence, title));
    }
    for (a, name) in afferents.iter().enumerate().take(MOST_AFFERENTS) {
        let gain = all(&|p| line("", p, &|i| spectra.afferent_gain[[i, p, a]]));
        let phase = all(&|p| {
            let wrapped: Vec<f64> =
                (0..f.len()).map(|i| spectra.afferent_phase[[i, p, a]]).collect();
            let phase = unwrapped(&wrapped);
            line("", p, &|i| phase[i])
        });
        let title = format!("response to {name}");
        left.push(panel(Axis::new("gain (Hz/Hz)").log(), gain, title.clone()));
        right.push(panel(Axis::new("phase (degrees)"), phase, title));
    }
    let height = 58.0 * left.len() as f64;
    // Columns beside each other share the lines of their vertical axes.
    let layout = Layout::Row(vec![(1.0, Layout::Column(left)), (1.0, Layout::Column(right))]);
    Figure::new("Spectra of the mean field", Width::Page, height, layout, theme)
}

/// Phases (degrees) without the jumps of a full turn.
fn unwrapped(phases: &[f64]) -> Vec<f64> {
    let mut turns = 0.0;
    let mut last = phases.first().copied().unwrap_or(0.0);
    phases
        .iter()
        .map(|&phase| {
            turns -= ((phase - last) / 360.0).round();
            last = phase;
            phase + 360.0 * turns
        })
        .collect()
}

/// Name, points and colour of a curve.
type NamedCurveOwned = (String, Vec<Point>, usize);

/// Rates of the highest stable state (and of the lowest, where several are stable anywhere), the number of stable fixed
/// points and the slowest decay, over the two keys. `None` without two values of each key or without any stable state.
///
/// # Errors
/// [`PlotError`].
pub fn map_figure(
    map: &FixedPointMap,
    axes: [&ScanAxis; 2],
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
        Ok::<_, PlotError>(heat_map(&map, theme)?.titled(Label::plain(title)))
    };
    let several = map.stable.iter().any(|s| *s > 1.0);
    let mut panels = Vec::new();
    for (p, name) in populations.iter().enumerate() {
        let plane = |cube: &ndarray::Array3<f64>| cube.index_axis(ndarray::Axis(2), p).to_owned();
        let high = plane(&map.high);
        // One scale for both states of a population.
        let low = plane(&map.low);
        let values = || high.iter().chain(&low).copied().filter(|v| v.is_finite());
        let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
        let (shading, range) = rate_shading(least, most);
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
