//! What is drawn in a panel, in the coordinates of its data.

use ndarray::Array2;

use crate::color::Color;
use crate::label::Label;
use crate::svg::{Anchor, Stroke};

/// A point in data coordinates.
pub type Point = (f64, f64);

/// One element of a panel. Points that are not finite are left out; a line is broken there.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// A line through points.
    Line {
        /// Points in drawing order.
        points: Vec<Point>,
        /// How it is drawn.
        stroke: Stroke,
    },
    /// Separate line segments, all in one path.
    Segments {
        /// Both ends of each.
        segments: Vec<[Point; 2]>,
        /// How they are drawn.
        stroke: Stroke,
    },
    /// A closed area.
    Area {
        /// Its corners.
        points: Vec<Point>,
        /// Fill.
        fill: Color,
        /// Opacity of the fill in `[0, 1]`.
        opacity: f64,
        /// Outline.
        outline: Option<Stroke>,
    },
    /// The cells of a grid, each in its colour.
    Cells {
        /// Edges of the columns, ascending: one more than columns.
        x_edges: Vec<f64>,
        /// Edges of the rows, ascending: one more than rows.
        y_edges: Vec<f64>,
        /// Colours `[column x row]`; nothing is drawn for `None`.
        colors: Array2<Option<Color>>,
    },
    /// Discs, with error bars where given.
    Points {
        /// Centres.
        points: Vec<Point>,
        /// Half lengths of the vertical error bars; empty for none, else one per point.
        errors: Vec<f64>,
        /// Colour of the discs and bars.
        color: Color,
        /// Radius (points).
        radius: f64,
        /// Drawn as rings around the background.
        hollow: bool,
    },
    /// A text.
    Text {
        /// Position of its anchor.
        at: Point,
        /// Shift to the right and downwards (points), applied after the position.
        shift: (f64, f64),
        /// What it says.
        label: Label,
        /// Font size (points).
        size: f64,
        /// Colour.
        color: Color,
        /// Which end is at `at`.
        anchor: Anchor,
        /// Written upwards.
        upwards: bool,
    },
}

impl Mark {
    /// A line through `points`.
    #[must_use]
    pub fn line(points: impl IntoIterator<Item = Point>, stroke: Stroke) -> Self {
        Self::Line { points: points.into_iter().collect(), stroke }
    }

    /// The outline of bars of equal width: `values[i]` from `start + i * bin` on.
    #[must_use]
    pub fn steps(start: f64, bin: f64, values: &[f64], stroke: Stroke) -> Self {
        let edge = |i: usize| start + i as f64 * bin;
        Self::line(
            values.iter().enumerate().flat_map(|(i, &v)| [(edge(i), v), (edge(i + 1), v)]),
            stroke,
        )
    }

    /// Discs without error bars.
    #[must_use]
    pub fn discs(points: impl IntoIterator<Item = Point>, color: Color, radius: f64) -> Self {
        Self::Points {
            points: points.into_iter().collect(),
            errors: Vec::new(),
            color,
            radius,
            hollow: false,
        }
    }

    /// The points that the range of an axis has to hold.
    pub(crate) fn extent(&self) -> Vec<Point> {
        match self {
            Self::Line { points, .. } | Self::Area { points, .. } => points.clone(),
            Self::Segments { segments, .. } => segments.iter().flatten().copied().collect(),
            Self::Points { points, errors, .. } => points
                .iter()
                .enumerate()
                .flat_map(|(i, &(x, y))| {
                    let e = errors.get(i).copied().filter(|e| e.is_finite()).unwrap_or(0.0);
                    [(x, y - e), (x, y + e)]
                })
                .collect(),
            Self::Cells { x_edges, y_edges, .. } => {
                let ends = |e: &[f64]| {
                    [e.first().copied(), e.last().copied()].map(|v| v.unwrap_or(f64::NAN))
                };
                let (x, y) = (ends(x_edges), ends(y_edges));
                vec![(x[0], y[0]), (x[1], y[1])]
            }
            Self::Text { at, .. } => vec![*at],
        }
    }
}
