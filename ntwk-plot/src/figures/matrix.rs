//! A quantity of every pair of a source and a target: probabilities, weights, numbers of synapses.

use ndarray::ArrayView2;

use crate::axis::Axis;
use crate::color::Color;
use crate::error::PlotError;
use crate::figures::heat_map::{Shading, extremes, shade};
use crate::label::Label;
use crate::mark::Mark;
use crate::panel::Panel;
use crate::svg::{Anchor, Stroke};
use crate::theme::Theme;

/// Cells per side up to which every value is written into its cell.
const MOST_WRITTEN: usize = 6;

/// The matrix of a quantity: sources to the right, targets upwards, each with its name and colour; `values` is
/// `[source x target]`, NaN where there is nothing. `label` is the quantity with its unit, as in [`Label::math`]. Small
/// matrices have their values written in them.
///
/// # Errors
/// [`PlotError::Lengths`] when the shapes do not agree.
pub fn matrix(
    sources: &[(&str, Color)],
    targets: &[(&str, Color)],
    values: &ArrayView2<'_, f64>,
    label: &str,
    theme: &Theme,
) -> Result<Panel, PlotError> {
    let same = |what, left, right| {
        if left == right { Ok(()) } else { Err(PlotError::Lengths { what, left, right }) }
    };
    same("sources and rows of the matrix", sources.len(), values.nrows())?;
    same("targets and columns of the matrix", targets.len(), values.ncols())?;
    let edges = |n: usize| -> Vec<f64> { (0..=n).map(|i| i as f64).collect() };
    let (x, y) = (edges(sources.len()), edges(targets.len()));
    // Seen against 0, so that equal values are not the ends of a scale.
    let (low, high) = extremes(values, Shading::Linear);
    let range = (low.min(0.0), high.max(0.0));
    let (cells, bar) = shade(values, (&x, &y), label, Shading::Linear, range, theme);
    let mut marks = vec![cells];
    let lines = x.iter().map(|&x| [(x, 0.0), (x, targets.len() as f64)]);
    let lines = lines.chain(y.iter().map(|&y| [(0.0, y), (sources.len() as f64, y)])).collect();
    marks.push(Mark::Segments { segments: lines, stroke: Stroke::solid(theme.background, 0.7) });
    if sources.len().max(targets.len()) <= MOST_WRITTEN {
        for ((i, j), &value) in values.indexed_iter().filter(|(_, v)| v.is_finite()) {
            let dark = bar.color(value).luminance() < 0.3;
            marks.push(Mark::Text {
                at: (i as f64 + 0.5, j as f64 + 0.5),
                shift: (0.0, 0.0),
                label: Label::plain(written(value)),
                size: theme.tick_size,
                color: if dark { Color(255, 255, 255) } else { Color(26, 26, 26) },
                anchor: Anchor::Middle,
                upwards: false,
            });
        }
    }
    let axis = |what: &str, names: &[(&str, Color)]| {
        let names = names.iter().enumerate();
        let names = names.map(|(i, (name, c))| (i as f64 + 0.5, Label::plain(*name), *c)).collect();
        Axis::new(what).names_at(names)
    };
    let panel = Panel::new(
        axis("source", sources).range(0.0, sources.len().max(1) as f64),
        axis("target", targets).range(0.0, targets.len().max(1) as f64),
    );
    Ok(Panel { marks, color_bar: Some(bar), ..panel })
}

/// Three digits: a cell has room for few.
fn written(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        "0".to_owned()
    } else if (0.01..1e4).contains(&size) {
        let digits = (2 - size.log10().floor() as i32).clamp(0, 4) as usize;
        let text = format!("{value:.digits$}");
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        }
    } else {
        format!("{value:.1e}")
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn values_are_written_in_small_matrices_and_absent_pairs_stay_empty() {
        let theme = Theme::light();
        let names = [("E", theme.population(0)), ("I", theme.population(1)), ("X", theme.ink)];
        let values = array![[5.0, 2.5], [10.0, f64::NAN], [0.123, 4.0]];
        let panel = matrix(&names, &names[..2], &values.view(), "p (%)", &theme).unwrap();
        let texts: Vec<_> = panel.marks.iter().filter(|m| matches!(m, Mark::Text { .. })).collect();
        assert_eq!(texts.len(), 5);
        assert_eq!(panel.color_bar.unwrap().range, (0.0, 10.0));
        let Mark::Cells { colors, .. } = &panel.marks[0] else { panic!("no cells") };
        assert_eq!(colors[[1, 1]], Some(theme.faint));
        assert!(matrix(&names[..2], &names[..2], &values.view(), "p (%)", &theme).is_err());
        let many = ndarray::Array2::from_elem((7, 2), 1.0);
        let names: Vec<_> = (0..7).map(|i| ("P", theme.population(i))).collect();
        let panel = matrix(&names, &names[..2], &many.view(), "p (%)", &theme).unwrap();
        assert!(panel.marks.iter().all(|m| !matches!(m, Mark::Text { .. })));
    }

    #[test]
    fn numbers_are_short() {
        let all = [0.0, 5.0, 0.1234, 80.0, 1234.5, 123_456.0, 2.504].map(written);
        assert_eq!(all, ["0", "5", "0.123", "80", "1234", "1.2e5", "2.5"]);
    }
}
