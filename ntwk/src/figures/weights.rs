//! Weights of plastic synapses in time.

use ndarray::ArrayView1;
use ntwk_core::{PopulationRecording, Recording, Trace};
use ntwk_plot::figures::{Distribution, TimeSpan, histogram};
use ntwk_plot::{Axis, Figure, Label, Layout, Mark, Panel, Stroke, Swatch, Theme, Width};

/// Single synapses that are drawn beside the mean.
const SINGLE: usize = 12;
/// Bins of the histograms.
const BINS: usize = 30;

/// Whether a variable is weights of synapses.
#[must_use]
pub fn is_weight(variable: &str) -> bool {
    variable.starts_with("weight_") || variable.starts_with("mean_weight_")
}

/// A row per trace of weights: their mean and standard deviation in time over some of them, and how they are distributed at the
/// first and at the last sample in `span`. `None` when there is none.
#[must_use]
pub fn weights_figure(recording: &Recording, span: TimeSpan, theme: &Theme) -> Option<Figure> {
    let rows: Vec<(f64, Layout)> = recording
        .populations
        .iter()
        .flat_map(|p| p.traces.iter().map(move |trace| (p, trace)))
        .filter(|(_, trace)| is_weight(&trace.variable) && trace.data.ncols() > 0)
        .filter_map(|(p, trace)| Some((1.0, row(p, trace, recording.dt, span, theme)?)))
        .collect();
    let height = 52.0 * rows.len() as f64;
    (!rows.is_empty()).then(|| {
        Figure::new("Weights of plastic synapses", Width::Page, height, Layout::Column(rows), theme)
    })
}

fn row(
    population: &PopulationRecording,
    trace: &Trace,
    dt: f64,
    span: TimeSpan,
    theme: &Theme,
) -> Option<Layout> {
    let rows: Vec<(f64, ArrayView1<'_, f64>)> = (0..trace.data.nrows())
        .map(|k| (trace.steps.time(k, dt), trace.data.row(k)))
        .filter(|(t, _)| span.contains(*t))
        .collect();
    let ((first, before), (last, after)) = (rows.first()?, rows.last()?);
    let label = format!("{} ({})", trace.variable.replace('_', " "), trace.unit);
    let mut panel = Panel::new(span.axis(), Axis::new(label.as_str()));
    let single = Stroke::solid(theme.population(1), 0.3);
    let shown = trace.data.ncols().min(SINGLE);
    // Evenly spaced ones, whatever their number.
    for i in (0..shown).map(|i| i * trace.data.ncols() / shown) {
        let points = rows.iter().map(|(t, row)| (span.on_axis(*t), row[i]));
        panel.marks.push(Mark::line(points, single));
    }
    let moments: Vec<(f64, [f64; 2])> =
        rows.iter().filter_map(|(t, row)| Some((span.on_axis(*t), moments(row)?))).collect();
    let color = theme.population(0);
    for (of_sd, width) in [(0.0, 1.2), (1.0, 0.6), (-1.0, 0.6)] {
        let points = moments.iter().map(|(t, [mean, sd])| (*t, mean + of_sd * sd));
        panel.marks.push(Mark::line(points, Stroke::solid(color, width)));
    }
    let what = if trace.sources.is_empty() { "neurons" } else { "synapses" };
    panel.key = vec![
        (Swatch::Line(Stroke::solid(color, 1.2)), Label::plain("mean ± sd")),
        (Swatch::Line(single), Label::plain(format!("{shown} of {} {what}", trace.data.ncols()))),
    ];
    let panel = panel.titled(Label::plain(format!("onto {}", population.name)));
    let at = [first, last].map(|t| format!("at {} ms", (t * 10.0).round() / 10.0));
    let values = [before.to_vec(), after.to_vec()];
    let distributions: Vec<Distribution<'_>> =
        at.iter().zip(&values).map(|(name, values)| Distribution { name, values }).collect();
    let distribution = histogram(&distributions, BINS, &label, theme);
    Some(Layout::Row(vec![(1.6, Layout::panel(panel)), (1.0, Layout::panel(distribution))]))
}

/// Mean and standard deviation of those that are numbers.
fn moments(row: &ArrayView1<'_, f64>) -> Option<[f64; 2]> {
    let finite: Vec<f64> = row.iter().copied().filter(|x| x.is_finite()).collect();
    let n = finite.len() as f64;
    let mean = finite.iter().sum::<f64>() / n;
    let variance = finite.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    (!finite.is_empty()).then(|| [mean, variance.sqrt()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_leave_out_neurons_without_a_synapse() {
        let row = ndarray::array![1.0, f64::NAN, 3.0];
        assert_eq!(moments(&row.view()), Some([2.0, 1.0]));
        assert_eq!(moments(&ndarray::array![f64::NAN].view()), None);
    }
}
