//! A panel: two axes, the marks between them, a key and a colour bar.

use crate::axis::Axis;
use crate::color::Color;
use crate::colormap::Colormap;
use crate::label::Label;
use crate::mark::Mark;
use crate::scale::{Scale, Spacing, range_of};
use crate::svg::Stroke;

/// How an entry of the key is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Swatch {
    /// A piece of line.
    Line(Stroke),
    /// A disc.
    Disc(Color),
    /// A ring.
    Ring(Color),
    /// A disc with an error bar.
    Bar(Color),
    /// A filled square.
    Patch(Color),
    /// Nothing: the text stands for itself, in this colour.
    Text(Color),
}

/// A colour bar to the right of a panel.
#[derive(Debug, Clone, PartialEq)]
pub struct ColorBar {
    /// The map.
    pub map: Colormap,
    /// Part of the map that is used, in `[0, 1]`: [`Theme::shades`](crate::Theme) for lines, all for areas.
    pub shades: (f64, f64),
    /// Values of the two ends.
    pub range: (f64, f64),
    /// Quantity and unit.
    pub label: Label,
    /// Spacing of the values.
    pub spacing: Spacing,
}

impl ColorBar {
    /// The colour of `value`.
    #[must_use]
    pub fn color(&self, value: f64) -> Color {
        self.shade(self.scale().position(value).unwrap_or(0.0))
    }

    /// Positions of values along the bar.
    pub(crate) fn scale(&self) -> Scale {
        Scale::new(self.spacing, self.range.0, self.range.1)
    }

    /// The colour at `t` in `[0, 1]` along the bar.
    pub(crate) fn shade(&self, t: f64) -> Color {
        let (from, to) = self.shades;
        self.map.at(from + t.clamp(0.0, 1.0) * (to - from))
    }
}

/// A vertical bar to the right of a panel that shows a length of the vertical axis.
#[derive(Debug, Clone, PartialEq)]
pub struct ScaleBar {
    /// Length in the unit of the axis.
    pub length: f64,
    /// What it says.
    pub label: Label,
}

/// A second vertical axis at the right of a panel, with what is drawn in its scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Twin {
    /// The axis.
    pub y: Axis,
    /// What is drawn over the marks of the panel, in this order.
    pub marks: Vec<Mark>,
}

/// A panel of a figure.
#[derive(Debug, Clone, Default)]
pub struct Panel {
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// What is drawn, in this order.
    pub marks: Vec<Mark>,
    /// Entries of the key above the axes.
    pub key: Vec<(Swatch, Label)>,
    /// Text above the axes, before the key.
    pub title: Label,
    /// Colour bar at the right.
    pub color_bar: Option<ColorBar>,
    /// Scale bar at the right, instead of a colour bar.
    pub scale_bar: Option<ScaleBar>,
    /// A second vertical axis at the right, in place of both bars.
    pub twin: Option<Twin>,
    /// Whether one unit is equally long on both axes.
    pub equal_aspect: bool,
}

impl Panel {
    /// An empty panel with these axes.
    #[must_use]
    pub fn new(x: Axis, y: Axis) -> Self {
        Self { x, y, ..Self::default() }
    }

    /// The same with another mark on top.
    #[must_use]
    pub fn with(mut self, mark: Mark) -> Self {
        self.marks.push(mark);
        self
    }

    /// The same with a title.
    #[must_use]
    pub fn titled(self, title: Label) -> Self {
        Self { title, ..self }
    }

    /// The same with the label and tick labels of the horizontal axis left to the panel below.
    #[must_use]
    pub fn without_x_labels(mut self) -> Self {
        self.x.written = false;
        self
    }

    /// The scales of both axes, from their ranges or else from the marks.
    pub(crate) fn scales(&self) -> (Scale, Scale) {
        (
            scale_of(&self.x, &self.marks, |p| p.0, 0.02),
            scale_of(&self.y, &self.marks, |p| p.1, 0.06),
        )
    }
}

impl Twin {
    /// The scale of the axis, from its range or else from the marks.
    pub(crate) fn scale(&self) -> Scale {
        scale_of(&self.y, &self.marks, |p| p.1, 0.06)
    }
}

/// The scale of an axis: its range, or what `marks` need with some padding.
fn scale_of(axis: &Axis, marks: &[Mark], coordinate: fn(&(f64, f64)) -> f64, pad: f64) -> Scale {
    let (low, high) = axis.range.unwrap_or_else(|| {
        let values = marks.iter().flat_map(Mark::extent).map(|p| coordinate(&p));
        if axis.spacing == Spacing::Log {
            // Padding and the start at zero are for linear axes.
            let positive: Vec<f64> = values.filter(|v| *v > 0.0 && v.is_finite()).collect();
            let low = positive.iter().copied().fold(f64::INFINITY, f64::min);
            (low, positive.iter().copied().fold(f64::NEG_INFINITY, f64::max))
        } else {
            range_of(values, pad)
        }
    });
    Scale::new(axis.spacing, low, high)
}
