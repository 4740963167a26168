//! A morphology projected on the plane, its membrane coloured by region or by a quantity.

use std::collections::BTreeMap;

use crate::axis::Axis;
use crate::error::PlotError;
use crate::figures::heat_map::Shading;
use crate::label::Label;
use crate::mark::{Mark, Point};
use crate::panel::{ColorBar, Panel, Swatch};
use crate::scale::Spacing;
use crate::svg::{Anchor, Stroke};
use crate::theme::Theme;

/// A piece of a branch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TreePiece {
    /// Both ends (µm).
    pub ends: [Point; 2],
    /// Diameter (µm).
    pub diameter: f64,
    /// What its colour shows: the index of its region, or the value of the quantity.
    pub value: f64,
}

/// What the colours of a tree show.
#[derive(Debug, Clone)]
pub enum TreeColors<'a> {
    /// The region: names in the order of the indices.
    Regions(Vec<&'a str>),
    /// A quantity.
    Quantity {
        /// Quantity and unit, as in [`Label::math`].
        label: &'a str,
        /// How values become colours.
        shading: Shading,
        /// Values of both ends of the bar; from the data when absent.
        range: Option<(f64, f64)>,
    },
    /// Nothing.
    Plain,
}

/// A point on the tree with a name in the key.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeMarker<'a> {
    /// Where (µm).
    pub at: Vec<Point>,
    /// What it is; empty for none in the key.
    pub name: &'a str,
    /// Index of its colour among the populations.
    pub color: usize,
    /// A small dot instead of a ring.
    pub small: bool,
}

/// Steps of the colour map and of the line width, so that equal pieces are drawn together.
const SHADES: f64 = 63.0;
const WIDTHS: f64 = 4.0;

/// The tree, as wide as it is, with a scale bar.
///
/// Lines are as wide as their diameter on a compressed scale, so that the thinnest stay visible.
///
/// # Errors
/// [`PlotError::Value`] when no piece has finite ends.
pub fn tree(
    pieces: &[TreePiece],
    colors: &TreeColors<'_>,
    markers: &[TreeMarker<'_>],
    theme: &Theme,
) -> Result<Panel, PlotError> {
    let points = || {
        let marked = markers.iter().flat_map(|m| m.at.iter().copied());
        let all = pieces.iter().flat_map(|p| p.ends).chain(marked);
        all.filter(|p| p.0.is_finite() && p.1.is_finite())
    };
    let fold = |f: fn(f64, f64) -> f64, start, of: fn(&Point) -> f64| {
        points().map(|p| of(&p)).fold(start, f)
    };
    let (left, right) =
        (fold(f64::min, f64::INFINITY, |p| p.0), fold(f64::max, f64::NEG_INFINITY, |p| p.0));
    let (low, high) =
        (fold(f64::min, f64::INFINITY, |p| p.1), fold(f64::max, f64::NEG_INFINITY, |p| p.1));
    if left > right {
        return Err(PlotError::Value {
            name: "pieces of the tree",
            value: pieces.len() as f64,
            expected: "at least one with finite ends",
        });
    }
    let (bar, color) = coloring(pieces, colors, theme);
    // Thick pieces first, so that thin ones are not hidden.
    let mut groups: BTreeMap<(i64, [u8; 3]), Vec<[Point; 2]>> = BTreeMap::new();
    for p in pieces {
        let width = (WIDTHS * p.diameter.max(0.0).sqrt()).round().min(20.0) as i64;
        let c = color(p.value);
        groups.entry((-width, [c.0, c.1, c.2])).or_default().push(p.ends);
    }
    let mut marks: Vec<Mark> = groups
        .into_iter()
        .map(|((width, [r, g, b]), segments)| {
            let width = (0.75 * -width as f64 / WIDTHS).max(0.45);
            let stroke = Stroke::solid(crate::Color(r, g, b), width);
            Mark::Segments { segments, stroke }
        })
        .collect();
    let mut key = Vec::new();
    if let TreeColors::Regions(names) = colors {
        for (i, name) in names.iter().enumerate() {
            key.push((Swatch::Patch(theme.population(i)), Label::plain(*name)));
        }
    }
    for m in markers {
        let c = theme.population(m.color);
        marks.push(Mark::Points {
            points: m.at.clone(),
            errors: Vec::new(),
            color: c,
            radius: if m.small { 0.9 } else { 2.0 },
            hollow: false,
        });
        if !m.name.is_empty() {
            key.push((Swatch::Disc(c), Label::plain(m.name)));
        }
    }
    let length = bar_length(0.4 * (right - left).max(high - low));
    let (height, span) = (high - low, (right - left).max(1e-9));
    let foot = low - 0.05 * height.max(0.3 * span);
    marks.push(Mark::line([(left, foot), (left + length, foot)], Stroke::solid(theme.ink, 1.0)));
    marks.push(Mark::Text {
        at: (left, foot),
        shift: (0.0, theme.tick_size + 2.0),
        label: Label::plain(format!("{length} µm")),
        size: theme.tick_size,
        color: theme.ink,
        anchor: Anchor::Start,
        upwards: false,
    });
    let pad = 0.04 * span.max(height);
    let below = 0.09 * height.max(0.3 * span);
    // An empty name keeps room for the letter of the panel.
    let room = vec![(high, Label::plain("        "), theme.ink)];
    let panel = Panel::new(
        Axis::none().range(left - pad, (right + pad).max(left + length + pad)),
        Axis::new("").range(foot - below, high + pad).names_at(room),
    );
    Ok(Panel { marks, key, color_bar: bar, equal_aspect: true, ..panel })
}

type Coloring<'a> = Box<dyn Fn(f64) -> crate::Color + 'a>;

fn coloring<'a>(
    pieces: &[TreePiece],
    colors: &TreeColors<'_>,
    theme: &'a Theme,
) -> (Option<ColorBar>, Coloring<'a>) {
    match colors {
        TreeColors::Plain => (None, Box::new(|_| theme.muted)),
        TreeColors::Regions(_) => {
            (None, Box::new(|v| if v >= 0.0 { theme.population(v as usize) } else { theme.muted }))
        }
        TreeColors::Quantity { label, shading, range } => {
            let usable = |v: &f64| v.is_finite() && (*shading != Shading::Log || *v > 0.0);
            let (low, high) = range.unwrap_or_else(|| {
                pieces
                    .iter()
                    .map(|p| p.value)
                    .filter(usable)
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)))
            });
            let (map, shades, spacing, range) = match shading {
                Shading::Signed => {
                    let most = low.abs().max(high.abs());
                    (crate::Colormap::Diverging, (0.0, 1.0), Spacing::Linear, (-most, most))
                }
                Shading::Log => (theme.colormap, theme.shades, Spacing::Log, (low, high)),
                Shading::Linear => (theme.colormap, theme.shades, Spacing::Linear, (low, high)),
            };
            let bar = ColorBar { map, shades, range, label: Label::math(label), spacing };
            let (scale, shade, faint) = (bar.scale(), bar.clone(), theme.faint);
            let color = move |v: f64| {
                scale
                    .position(v)
                    .map_or(faint, |p| shade.shade((p.clamp(0.0, 1.0) * SHADES).round() / SHADES))
            };
            (Some(bar), Box::new(color))
        }
    }
}

/// 1, 2 or 5 times a power of ten, at most `length`.
fn bar_length(length: f64) -> f64 {
    let decade = 10f64.powf(length.max(1e-3).log10().floor());
    [5.0, 2.0, 1.0].into_iter().map(|m| m * decade).find(|l| *l <= length).unwrap_or(decade)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_pieces_are_drawn_together() {
        let piece = |x: f64, value: f64| TreePiece {
            ends: [(x, 0.0), (x + 1.0, 2.0)],
            diameter: 1.0,
            value,
        };
        let pieces = [piece(0.0, 1.0), piece(1.0, 1.0), piece(2.0, 3.0), piece(3.0, f64::NAN)];
        let colors =
            TreeColors::Quantity { label: "R (MΩ)", shading: Shading::Linear, range: None };
        let theme = Theme::light();
        let panel = tree(&pieces, &colors, &[], &theme).unwrap();
        // Three colours, the scale bar and its text.
        assert_eq!(panel.marks.len(), 5);
        assert_eq!(panel.color_bar.unwrap().range, (1.0, 3.0));
        assert!(tree(&[], &TreeColors::Plain, &[], &theme).is_err());
        assert_eq!((bar_length(130.0), bar_length(70.0), bar_length(30.0)), (100.0, 50.0, 20.0));
    }
}
