//! Two variables against each other: flow, nullclines, trajectories, fixed points.

use crate::axis::Axis;
use crate::color::Color;
use crate::label::Label;
use crate::mark::{Mark, Point};
use crate::panel::{Panel, Swatch};
use crate::svg::Stroke;
use crate::theme::Theme;

/// A fixed point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FixedPoint {
    /// Where it is.
    pub at: Point,
    /// Whether it is stable: a disc, else a ring.
    pub stable: bool,
}

/// A phase plane.
#[derive(Debug, Clone, Default)]
pub struct PhasePlane<'a> {
    /// First variable with unit, as in [`Label::math`].
    pub x_label: &'a str,
    /// Second variable with unit.
    pub y_label: &'a str,
    /// Range of the first variable.
    pub x_range: (f64, f64),
    /// Range of the second variable.
    pub y_range: (f64, f64),
    /// Positions with the derivatives of both variables there; a short line shows the direction.
    pub flow: &'a [(Point, Point)],
    /// Branches on which the first variable stands still.
    pub x_nullclines: &'a [Vec<Point>],
    /// Branches on which the second variable stands still.
    pub y_nullclines: &'a [Vec<Point>],
    /// Trajectories.
    pub trajectories: &'a [Vec<Point>],
    /// Fixed points.
    pub fixed_points: &'a [FixedPoint],
}

/// The phase plane: flow in grey, nullclines in the colours of the first two populations, trajectories in ink with an
/// arrow along the way.
#[must_use]
pub fn phase_plane(plane: &PhasePlane<'_>, theme: &Theme) -> Panel {
    let (sx, sy) = (plane.x_range.1 - plane.x_range.0, plane.y_range.1 - plane.y_range.0);
    let mut panel = Panel::new(
        Axis::new(plane.x_label).range(plane.x_range.0, plane.x_range.1),
        Axis::new(plane.y_label).range(plane.y_range.0, plane.y_range.1),
    );
    // Directions as the eye sees them: lengths relative to the ranges.
    let flow: Vec<(Point, Point)> = plane
        .flow
        .iter()
        .filter_map(|&(at, (dx, dy))| {
            let (u, v) = (dx / sx, dy / sy);
            let length = u.hypot(v);
            (length.is_finite() && length > 0.0).then(|| (at, (u / length, v / length)))
        })
        .collect();
    let mut segments = Vec::new();
    for (at, direction) in flow {
        segments.extend(arrow(at, direction, 0.028, 0.011, (sx, sy)));
    }
    panel.marks.push(Mark::Segments {
        segments,
        stroke: Stroke::solid(theme.pale(theme.muted, 0.45), 0.5),
    });
    let mut add = |branches: &[Vec<Point>], stroke: Stroke, name: &str| {
        for branch in branches {
            panel.marks.push(Mark::line(branch.iter().copied(), stroke));
        }
        if !branches.is_empty() {
            panel.key.push((Swatch::Line(stroke), Label::math(name)));
        }
    };
    let name_of = |label: &str| label.split(" (").next().unwrap_or_default().to_owned();
    let (x_name, y_name) = (name_of(plane.x_label), name_of(plane.y_label));
    add(plane.x_nullclines, Stroke::solid(theme.population(0), 1.2), &format!("d{x_name}/dt = 0"));
    add(plane.y_nullclines, Stroke::solid(theme.population(1), 1.2), &format!("d{y_name}/dt = 0"));
    add(plane.trajectories, Stroke::solid(theme.ink, 0.8), "trajectory");
    for path in plane.trajectories {
        if let Some(head) = head(path, (sx, sy)) {
            panel
                .marks
                .push(Mark::Segments { segments: head, stroke: Stroke::solid(theme.ink, 0.8) });
        }
    }
    for (stable, name) in [(true, "stable"), (false, "unstable")] {
        let points: Vec<Point> =
            plane.fixed_points.iter().filter(|f| f.stable == stable).map(|f| f.at).collect();
        if !points.is_empty() {
            let color: Color = theme.ink;
            panel.key.push((
                if stable { Swatch::Disc(color) } else { Swatch::Ring(color) },
                name.into(),
            ));
            panel.marks.push(Mark::Points {
                points,
                errors: Vec::new(),
                color,
                radius: 2.2,
                hollow: !stable,
            });
        }
    }
    panel
}

/// The arrow head a third along a trajectory, where it is not hidden by a fixed point.
fn head(path: &[Point], scale: (f64, f64)) -> Option<Vec<[Point; 2]>> {
    let i = path.len() / 3;
    let (&a, &b) = (path.get(i)?, path.get(i + 1)?);
    let (u, v) = ((b.0 - a.0) / scale.0, (b.1 - a.1) / scale.1);
    let length = u.hypot(v);
    (length.is_finite() && length > 0.0)
        .then(|| arrow(b, (u / length, v / length), 0.0, 0.025, scale))
}

/// An arrow that ends `length / 2` beyond `at`, with barbs of `barb`; all relative to the ranges `scale`.
fn arrow(
    at: Point,
    (u, v): Point,
    length: f64,
    barb: f64,
    (sx, sy): (f64, f64),
) -> Vec<[Point; 2]> {
    let place = |a: f64, b: f64| (at.0 + a * sx, at.1 + b * sy);
    let half = 0.5 * length;
    let tip = place(half * u, half * v);
    let mut segments = Vec::new();
    if length > 0.0 {
        segments.push([place(-half * u, -half * v), tip]);
    }
    for side in [-0.5, 0.5] {
        let (a, b) = (half * u - barb * (u + side * v), half * v - barb * (v - side * u));
        segments.push([place(a, b), tip]);
    }
    segments
}
