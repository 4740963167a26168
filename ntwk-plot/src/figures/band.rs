//! Mean and standard deviation over neurons in time.

use ndarray::{ArrayView2, Axis as Along};

use crate::axis::Axis;
use crate::color::Color;
use crate::figures::time::TimeSpan;
use crate::label::Label;
use crate::mark::{Mark, Point};
use crate::panel::{Panel, Swatch};
use crate::svg::Stroke;
use crate::theme::Theme;

/// A band of mean ± standard deviation over the columns of `values` (`[samples x neurons]`, sampled at `times`, ms), the mean, and one neuron (`single`, a column) over it. `label` is the quantity with its unit, as in [`Label::math`].
///
/// The deviation is that of the neurons shown (divided by their number); of one neuron there is no band.
#[must_use]
pub fn band(
    values: &ArrayView2<'_, f64>,
    times: &[f64],
    single: Option<usize>,
    (label, color): (&str, Color),
    span: TimeSpan,
    theme: &Theme,
) -> Panel {
    let at = |k: usize| times[k];
    let n = values.nrows().min(times.len());
    let shown: Vec<usize> = (0..n).filter(|&k| span.contains(at(k))).collect();
    let moments: Vec<(f64, f64, f64)> = shown
        .iter()
        .filter_map(|&k| {
            let row = values.index_axis(Along(0), k);
            Some((span.on_axis(at(k)), row.mean()?, row.std(0.0)))
        })
        .collect();
    let mut panel = Panel::new(span.axis(), Axis::new(label));
    if values.ncols() > 1 {
        let up = moments.iter().map(|&(t, m, sd)| (t, m + sd));
        let down = moments.iter().rev().map(|&(t, m, sd)| (t, m - sd));
        let points: Vec<Point> = up.chain(down).collect();
        panel.marks.push(Mark::Area { points, fill: color, opacity: 0.25, outline: None });
        panel.key.push((Swatch::Patch(theme.pale(color, 0.75)), Label::plain("mean ± sd")));
    }
    if let Some(column) = single.filter(|&c| c < values.ncols()) {
        let stroke = Stroke::solid(theme.muted, 0.45);
        let points = shown.iter().map(|&k| (span.on_axis(at(k)), values[[k, column]]));
        panel.marks.push(Mark::line(points, stroke));
    }
    let stroke = Stroke::solid(theme.strong(color), theme.line_width);
    panel.marks.push(Mark::line(moments.iter().map(|&(t, m, _)| (t, m)), stroke));
    panel
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn the_band_is_one_deviation_wide() {
        let theme = Theme::light();
        let values = array![[-60.0, -64.0], [-50.0, -50.0], [-55.0, -65.0]];
        let span = TimeSpan::new(0.0, 2.0).unwrap();
        let label = ("V_m (mV)", theme.population(0));
        let panel = band(&values.view(), &[0.0, 1.0, 2.0], Some(1), label, span, &theme);
        let Mark::Area { points, .. } = &panel.marks[0] else { panic!("no band") };
        assert_eq!(points[..], [(0.0, -60.0), (1.0, -50.0), (1.0, -50.0), (0.0, -64.0)]);
        let Mark::Line { points, .. } = &panel.marks[1] else { panic!("no neuron") };
        assert_eq!(points[..], [(0.0, -64.0), (1.0, -50.0)]);
        let Mark::Line { points, .. } = &panel.marks[2] else { panic!("no mean") };
        assert_eq!(points[..], [(0.0, -62.0), (1.0, -50.0)]);
        let one = values.select(Along(1), &[0]);
        assert_eq!(band(&one.view(), &[0.0, 1.0, 2.0], None, label, span, &theme).marks.len(), 1);
    }
}
