//! How quantities are distributed over neurons and samples.

use ntwk_analysis::{SpikeTrains, Window, intervals, neuron_rates};
use ntwk_plot::figures::{Distribution, TimeSpan, histogram};
use ntwk_plot::{Figure, Label, Layout, Panel, Scale, Spacing, Theme, Width, range_of};

use super::RunView;
use crate::figures::overview::FigureError;
use crate::figures::potential::common_label;
use crate::report::currents::synaptic_currents;
use crate::report::quantities::LEAST_INTERVALS;

/// Bins of the histograms.
const BINS: usize = 40;

impl RunView<'_> {
    pub(super) fn histograms(
        &self,
        [from, to]: [f64; 2],
        theme: &Theme,
    ) -> Result<Option<Figure>, FigureError> {
        let dt = self.recording.dt;
        let window = Window::from_ms(from, to.min(self.recording.duration()), dt)?;
        let (mut rates, mut variation, mut potential) = (Vec::new(), Vec::new(), Vec::new());
        let mut traces = Vec::new();
        for p in &self.recording.populations {
            if let Some(spikes) = &p.spikes {
                rates.push((p.name.as_str(), neuron_rates(spikes, p.size, window, dt)?));
                let trains = SpikeTrains::new(spikes, p.size, Some(window))?;
                let cvs = (0..p.size)
                    .map(|i| trains.train(i))
                    .filter(|train| train.len() > LEAST_INTERVALS)
                    .filter_map(intervals::cv);
                variation.push((p.name.as_str(), cvs.collect()));
            }
            if let Some(trace) = p.trace("V_m") {
                let inside = |row: &usize| window.contains(trace.steps.step(*row));
                let rows = (0..trace.data.nrows()).filter(inside);
                let values = rows.flat_map(|row| trace.data.row(row).to_vec()).collect();
                potential.push((p.name.as_str(), values));
                traces.push(trace);
            }
        }
        let all_rates = rates.iter().flat_map(|(_, values): &(&str, Vec<f64>)| values).copied();
        let rate_bins = whole_bins(all_rates, window.seconds(dt)?);
        let panel = |all: &[(&str, Vec<f64>)], bins: usize, label: &str| -> Option<Panel> {
            let shown: Vec<Distribution<'_>> =
                all.iter().map(|(name, values)| Distribution { name, values }).collect();
            let any = shown.iter().any(|d| !d.values.is_empty());
            any.then(|| histogram(&shown, bins, label, theme))
        };
        let rows: Vec<(f64, Layout)> = [
            panel(&rates, rate_bins, "rate of a neuron (Hz)"),
            panel(&variation, BINS, "CV of the intervals of a neuron"),
            panel(&potential, BINS, &common_label(traces)),
        ]
        .into_iter()
        .flatten()
        .map(|panel| (1.0, Layout::panel(panel)))
        .collect();
        let height = 45.0 * rows.len() as f64;
        Ok((!rows.is_empty()).then(|| {
            Figure::new("Distributions", Width::Column, height, Layout::Column(rows), theme)
        }))
    }

    /// A panel per population: excitatory and inhibitory currents of all samples of the recorded neurons.
    pub(super) fn current_histograms(&self, span: TimeSpan, theme: &Theme) -> Option<Figure> {
        let colors = vec![theme.excitation, theme.inhibition];
        let theme = &Theme { palette: colors, ..theme.clone() };
        let mut rows = Vec::new();
        for (i, population) in self.recording.populations.iter().enumerate() {
            let currents = synaptic_currents(self.model, i, population);
            let inside = |current: Option<&ndarray::Array2<f64>>| -> Vec<f64> {
                let dt = self.recording.dt;
                let rows = current.into_iter().flat_map(|c| c.rows());
                rows.enumerate()
                    .filter(|(k, _)| span.contains(currents.steps.time(*k, dt)))
                    .flat_map(|(_, row)| row.to_vec())
                    .collect()
            };
            let excitation = inside(currents.excitatory.as_ref());
            let inhibition = inside(currents.inhibitory.as_ref());
            if excitation.is_empty() && inhibition.is_empty() {
                continue;
            }
            let both = [
                Distribution { name: "excitatory", values: &excitation },
                Distribution { name: "inhibitory", values: &inhibition },
            ];
            let panel = histogram(&both, BINS, "synaptic current (pA)", theme);
            rows.push((1.0, Layout::panel(panel.titled(Label::plain(population.name.as_str())))));
        }
        let height = 48.0 * rows.len() as f64;
        (!rows.is_empty()).then(|| {
            let layout = Layout::Column(rows);
            Figure::new("Distributions of currents", Width::Column, height, layout, theme)
        })
    }
}

/// Number of bins between the bounds of the histogram of `rates`, each `n / seconds` of a whole number of spikes, so
/// that every bin holds one such number: bins of other widths hold now one, now two or none. [`BINS`] where the bounds
/// are no whole numbers of spikes or too many lie between them.
pub(crate) fn whole_bins(rates: impl Iterator<Item = f64>, seconds: f64) -> usize {
    let (low, high) = range_of(rates, 0.0);
    let (low, high) = Scale::new(Spacing::Linear, low, high).bounds();
    let whole = |spikes: f64| (spikes - spikes.round()).abs() < 1e-6;
    let n = (high - low) * seconds;
    let fits = whole(n) && whole(low * seconds) && (1.0..=2.0 * BINS as f64).contains(&n.round());
    if fits { n.round() as usize } else { BINS }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_of_rates_holds_one_number_of_spikes() {
        // 1 to 29 spikes in 2.5 s are 0.4 to 11.6 Hz; the axis goes from 0 to 12 Hz, which are 30 spikes.
        let rates = |seconds: f64| (1..30).map(move |n| f64::from(n) / seconds);
        let (low, high) = range_of(rates(2.5), 0.0);
        let (low, high) = Scale::new(Spacing::Linear, low, high).bounds();
        assert_eq!(whole_bins(rates(2.5), 2.5) as f64, ((high - low) * 2.5).round());
        // Bounds between two numbers of spikes, and more numbers than bins can be seen.
        assert_eq!(whole_bins(rates(2.5), std::f64::consts::E), BINS);
        assert_eq!(whole_bins((0..1000).map(f64::from), 1.0), BINS);
    }
}
