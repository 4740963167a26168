//! A quantity over two others: scans, correlation and connection matrices.

use ndarray::{Array2, ArrayView2};

use crate::axis::Axis;
use crate::colormap::Colormap;
use crate::error::PlotError;
use crate::label::Label;
use crate::mark::Mark;
use crate::panel::{ColorBar, Panel};
use crate::scale::Spacing;
use crate::theme::Theme;

/// How values become colours.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Shading {
    /// From the lowest to the highest value.
    #[default]
    Linear,
    /// The same for their logarithms; values `<= 0` are not drawn.
    Log,
    /// Symmetric about 0, with a pale middle: for differences and correlations.
    Signed,
}

/// A quantity on a grid.
#[derive(Debug, Clone)]
pub struct HeatMap<'a> {
    /// First quantity with unit, as in [`Label::math`].
    pub x_label: &'a str,
    /// Second quantity with unit.
    pub y_label: &'a str,
    /// What the colours show, with unit.
    pub label: &'a str,
    /// Values of the first quantity, ascending.
    pub x: &'a [f64],
    /// Values of the second quantity, ascending.
    pub y: &'a [f64],
    /// The quantity, `[x x y]`; cells that are not finite stay grey.
    pub values: ArrayView2<'a, f64>,
    /// How it becomes a colour.
    pub shading: Shading,
    /// Values of the ends of the colours, so that several maps can be compared; those of the map itself for `None`.
    pub range: Option<(f64, f64)>,
    /// Spacing of the two axes.
    pub spacing: [Spacing; 2],
}

/// The map with its colour bar. A cell reaches half-way to its neighbours (by ratio on logarithmic axes, whose values must
/// be above 0).
///
/// Each cell takes about 25 bytes of SVG: average larger maps than a few hundred values a side before.
///
/// # Errors
/// [`PlotError::Lengths`] when the shapes do not agree.
pub fn heat_map(map: &HeatMap<'_>, theme: &Theme) -> Result<Panel, PlotError> {
    let same = |what, left, right| {
        if left == right { Ok(()) } else { Err(PlotError::Lengths { what, left, right }) }
    };
    same("values of x and rows of the map", map.x.len(), map.values.nrows())?;
    same("values of y and columns of the map", map.y.len(), map.values.ncols())?;
    let (x_edges, y_edges) = (edges(map.x, map.spacing[0]), edges(map.y, map.spacing[1]));
    let range = map.range.unwrap_or_else(|| extremes(&map.values, map.shading));
    let (marks, bar) =
        shade(&map.values, (&x_edges, &y_edges), map.label, map.shading, range, theme);
    let axis = |label: &str, edges: &[f64], spacing: Spacing| {
        let axis = match (edges.first(), edges.last()) {
            (Some(&low), Some(&high)) => Axis::new(label).range(low, high),
            _ => Axis::new(label),
        };
        if spacing == Spacing::Log { axis.log() } else { axis }
    };
    let panel = Panel::new(
        axis(map.x_label, &x_edges, map.spacing[0]),
        axis(map.y_label, &y_edges, map.spacing[1]),
    );
    Ok(Panel { marks: vec![marks], color_bar: Some(bar), ..panel })
}

fn usable(v: f64, shading: Shading) -> bool {
    v.is_finite() && (shading != Shading::Log || v > 0.0)
}

/// Lowest and highest value that can be drawn; NaN without one.
pub(crate) fn extremes(values: &ArrayView2<'_, f64>, shading: Shading) -> (f64, f64) {
    let (low, high) = values
        .iter()
        .copied()
        .filter(|&v| usable(v, shading))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low <= high { (low, high) } else { (f64::NAN, f64::NAN) }
}

/// The cells in their colours (of 128 shades, so that equal ones can be drawn together) and the bar that explains
/// them.
pub(crate) fn shade(
    values: &ArrayView2<'_, f64>,
    (x_edges, y_edges): (&[f64], &[f64]),
    label: &str,
    shading: Shading,
    (low, high): (f64, f64),
    theme: &Theme,
) -> (Mark, ColorBar) {
    let (map, spacing, range) = match shading {
        Shading::Linear => (theme.colormap, Spacing::Linear, (low, high)),
        Shading::Log => (theme.colormap, Spacing::Log, (low, high)),
        Shading::Signed => {
            let most = low.abs().max(high.abs());
            (Colormap::Diverging, Spacing::Linear, (-most, most))
        }
    };
    let bar = ColorBar { map, shades: (0.0, 1.0), range, label: Label::math(label), spacing };
    let scale = bar.scale();
    let colors = Array2::from_shape_fn(values.dim(), |at| {
        let position =
            Some(values[at]).filter(|&v| usable(v, shading)).and_then(|v| scale.position(v));
        Some(position.map_or(theme.faint, |p| bar.shade((p * 127.0).round() / 127.0)))
    });
    (Mark::Cells { x_edges: x_edges.to_vec(), y_edges: y_edges.to_vec(), colors }, bar)
}

/// Edges half-way between the values; the outer cells are as wide on both sides.
fn edges(values: &[f64], spacing: Spacing) -> Vec<f64> {
    if spacing == Spacing::Log {
        let logarithms: Vec<f64> = values.iter().map(|v| v.ln()).collect();
        return edges(&logarithms, Spacing::Linear).into_iter().map(f64::exp).collect();
    }
    let middle = |a: f64, b: f64| 0.5 * (a + b);
    match values {
        [] => Vec::new(),
        [only] => vec![only - 0.5, only + 0.5],
        [first, .., last] => {
            let inner: Vec<f64> = values.windows(2).map(|w| middle(w[0], w[1])).collect();
            let mut all = vec![2.0 * first - inner[0]];
            all.extend(&inner);
            all.push(2.0 * last - inner[inner.len() - 1]);
            all
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_surround_their_values() {
        let linear = |values: &[f64]| edges(values, Spacing::Linear);
        assert_eq!(linear(&[1.0, 2.0, 4.0]), [0.5, 1.5, 3.0, 5.0]);
        assert_eq!((linear(&[3.0]), linear(&[])), (vec![2.5, 3.5], vec![]));
        let ratios = edges(&[1.0, 4.0, 16.0], Spacing::Log);
        for (edge, expected) in ratios.iter().zip([0.5, 2.0, 8.0, 32.0]) {
            assert!((edge / expected - 1.0).abs() < 1e-14, "{ratios:?}");
        }
    }

    #[test]
    fn ends_of_the_map_are_the_ends_of_the_data() {
        let values = ndarray::array![[-1.0, 2.0], [f64::NAN, 0.5]];
        let mut map = HeatMap {
            x_label: "x",
            y_label: "y",
            label: "z",
            x: &[0.0, 1.0],
            y: &[0.0, 1.0],
            values: values.view(),
            shading: Shading::Signed,
            range: None,
            spacing: [Spacing::Linear; 2],
        };
        let theme = Theme::light();
        let range = |m: &HeatMap<'_>| heat_map(m, &theme).unwrap().color_bar.unwrap().range;
        assert_eq!(range(&map), (-2.0, 2.0));
        map.shading = Shading::Log;
        assert_eq!(range(&map), (0.5, 2.0));
        map.range = Some((0.1, 10.0));
        assert_eq!(range(&map), (0.1, 10.0));
        map.x = &[0.0];
        assert!(heat_map(&map, &theme).is_err());
    }
}
