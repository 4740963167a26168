//! Named curves over one quantity.

use crate::axis::Axis;
use crate::label::Label;
use crate::mark::{Mark, Point};
use crate::panel::{Panel, Swatch};
use crate::svg::Stroke;
use crate::theme::Theme;

/// How a curve is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// A line.
    #[default]
    Line,
    /// A dashed line.
    Dashed,
    /// A line through discs.
    Discs,
    /// Small discs alone.
    Dots,
}

/// A curve with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedCurve<'a> {
    /// Name in the key; empty for none.
    pub name: &'a str,
    /// Its points.
    pub points: Vec<Point>,
    /// Index of its colour among the populations; `None` for a muted one.
    pub color: Option<usize>,
    /// How it is drawn.
    pub style: Style,
}

/// Curves on two axes; labels as in [`Label::math`].
#[must_use]
pub fn curves(x: Axis, y: Axis, all: &[NamedCurve<'_>], theme: &Theme) -> Panel {
    let mut panel = Panel::new(x, y);
    for c in all {
        let color = c.color.map_or(theme.muted, |i| theme.population(i));
        let stroke = match c.style {
            Style::Dashed => Stroke::dashed(color, theme.line_width),
            _ => Stroke::solid(color, theme.line_width),
        };
        if c.style != Style::Dots {
            panel.marks.push(Mark::line(c.points.iter().copied(), stroke));
        }
        if matches!(c.style, Style::Discs | Style::Dots) {
            let radius = if c.style == Style::Dots { 0.8 } else { 1.6 };
            panel.marks.push(Mark::discs(c.points.iter().copied(), color, radius));
        }
        if !c.name.is_empty() {
            let swatch =
                if c.style == Style::Dots { Swatch::Disc(color) } else { Swatch::Line(stroke) };
            panel.key.push((swatch, Label::math(c.name)));
        }
    }
    panel
}
