//! The same quantity from several runs or theories.

use crate::axis::Axis;
use crate::figures::time::{Series, TimeSpan};
use crate::label::Label;
use crate::mark::Mark;
use crate::panel::{Panel, Swatch};
use crate::svg::Stroke;
use crate::theme::Theme;

/// One curve of an overlay.
#[derive(Debug, Clone, Copy)]
pub struct Curve<'a> {
    /// What it is.
    pub name: &'a str,
    /// The curve.
    pub series: Series<'a>,
    /// Whether it is a prediction: dashed.
    pub predicted: bool,
}

/// Curves over one another, each in its own colour; `label` names the quantity with its unit, as in [`Label::math`].
#[must_use]
pub fn overlay(curves: &[Curve<'_>], span: TimeSpan, label: &str, theme: &Theme) -> Panel {
    let mut panel = Panel::new(span.axis(), Axis::new(label));
    for (i, curve) in curves.iter().enumerate() {
        let color = theme.population(i);
        let stroke =
            if curve.predicted { Stroke::dashed(color, 1.1) } else { Stroke::solid(color, 1.1) };
        panel.marks.push(Mark::line(curve.series.points(span), stroke));
        panel.key.push((Swatch::Line(stroke), Label::plain(curve.name)));
    }
    panel
}
