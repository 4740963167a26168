//! The figures of one stored run, each by its name.

use ntwk_analysis::{PopulationRate, PowerSpectrum, SpikeTrains, Window, intervals, neuron_rates};
use ntwk_core::{Model, Recording, Trace};
use ntwk_plot::figures::{
    Activity, Distribution, RasterLimits, RasterPopulation, Series, TimeSpan, VoltageTrace,
    activity_figure, histogram, raster, spectra, traces,
};
use ntwk_plot::{
    Axis, Figure, Label, Layout, Mark, Panel, Scale, Spacing, Stroke, Swatch, Theme, Width,
    range_of,
};

use crate::compare::steps_of;
use crate::compare::{RATE_BIN, binned_rate};
use crate::figures::overview::{FigureError, TRACES_PER_POPULATION, TheoryCurves, overview};
use crate::report::quantities::{LEAST_INTERVALS, spectrum_segment};

/// Bins of the histograms.
const BINS: usize = 40;

/// A figure of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunFigure {
    /// Everything on one page.
    Overview,
    /// Spikes of all populations.
    Raster,
    /// Population rates, binned and smoothed, with the prediction.
    Activity,
    /// Single membrane potentials with their spikes, and their mean.
    Potentials,
    /// Recorded conductances and currents, mean over neurons.
    Inputs,
    /// How rates, irregularity and membrane potentials are distributed.
    Histograms,
    /// Power spectra of the population rates.
    Spectra,
}

impl RunFigure {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Overview,
        Self::Raster,
        Self::Activity,
        Self::Potentials,
        Self::Inputs,
        Self::Histograms,
        Self::Spectra,
    ];

    /// Name of its files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Raster => "raster",
            Self::Activity => "activity",
            Self::Potentials => "potentials",
            Self::Inputs => "inputs",
            Self::Histograms => "histograms",
            Self::Spectra => "spectra",
        }
    }
}

/// What the figures show of a run.
#[derive(Debug, Clone, Copy)]
pub struct RunView<'a> {
    /// The model that ran.
    pub model: &'a Model,
    /// What it left; variables of a few neurons suffice.
    pub recording: &'a Recording,
    /// The theory, where there is one.
    pub theory: Option<&'a TheoryCurves>,
    /// Standard deviation of the Gaussian that smooths rates (ms).
    pub smoothing: f64,
    /// Part of the run (ms); `None` for all. The overview always shows all.
    pub span: Option<[f64; 2]>,
}

impl RunView<'_> {
    /// Draws one figure; `None` when the run did not record what it shows.
    ///
    /// # Errors
    /// [`FigureError`].
    pub fn draw(&self, figure: RunFigure, theme: &Theme) -> Result<Option<Figure>, FigureError> {
        let [from, to] = self.span.unwrap_or([0.0, self.recording.duration()]);
        let span = TimeSpan::new(from, to.min(self.recording.duration()))?;
        match figure {
            RunFigure::Overview => {
                overview(self.model, self.recording, self.theory, self.smoothing, theme).map(Some)
            }
            RunFigure::Raster => self.raster(span, theme),
            RunFigure::Activity => self.activity(span, theme).map(Some),
            RunFigure::Potentials => self.potentials(span, theme),
            RunFigure::Inputs => self.inputs(span, theme),
            RunFigure::Histograms => self.histograms([from, to], theme),
            RunFigure::Spectra => self.spectra([from, to], theme),
        }
    }

    fn raster(&self, span: TimeSpan, theme: &Theme) -> Result<Option<Figure>, FigureError> {
        let spikes: Vec<RasterPopulation<'_>> = self
            .recording
            .populations
            .iter()
            .filter_map(|p| {
                Some(RasterPopulation { name: &p.name, size: p.size, spikes: p.spikes.as_ref()? })
            })
            .collect();
        if spikes.is_empty() {
            return Ok(None);
        }
        let panel = raster(&spikes, self.recording.dt, span, RasterLimits::default(), theme)?;
        Ok(Some(Figure::new("Spikes", Width::Column, 60.0, Layout::panel(panel), theme)))
    }

    /// Whether a trace has a sample in `span`.
    fn is_sampled(&self, trace: &Trace, span: TimeSpan) -> bool {
        (0..trace.data.nrows()).any(|row| span.contains(trace.steps.time(row, self.recording.dt)))
    }

    fn activity(&self, span: TimeSpan, theme: &Theme) -> Result<Figure, FigureError> {
        let populations = &self.recording.populations;
        let binned: Vec<PopulationRate> = populations
            .iter()
            .map(|p| binned_rate(p, self.recording.dt))
            .collect::<Result<_, _>>()?;
        let smoothed: Vec<PopulationRate> =
            binned.iter().map(|rate| rate.smoothed(self.smoothing)).collect::<Result<_, _>>()?;
        let mut rates = Vec::new();
        for (i, p) in populations.iter().enumerate() {
            let predicted = match self.theory.and_then(|t| Some((&t.times, t.rates.get(i)?))) {
                Some((times, rates)) => Some(Series::new(times, rates)?),
                None => None,
            };
            let (binned, smoothed) = (Some(&binned[i]), Some(&smoothed[i]));
            rates.push(Activity { name: &p.name, binned, smoothed, predicted });
        }
        Ok(activity_figure(&rates, &[], span, theme))
    }

    fn potentials(&self, span: TimeSpan, theme: &Theme) -> Result<Option<Figure>, FigureError> {
        let recorded: Vec<(usize, &Trace)> = self
            .recording
            .populations
            .iter()
            .enumerate()
            .flat_map(|(i, p)| p.traces.iter().map(move |trace| (i, trace)))
            .filter(|(_, trace)| trace.variable == "V_m" && !trace.neurons.is_empty())
            .filter(|(_, trace)| self.is_sampled(trace, span))
            .collect();
        let names: Vec<String> = recorded
            .iter()
            .flat_map(|&(i, trace)| {
                let name = &self.recording.populations[i].name;
                trace.neurons.iter().take(TRACES_PER_POPULATION).map(move |k| format!("{name} {k}"))
            })
            .collect();
        let mut name = names.iter();
        let mut voltages = Vec::new();
        for &(i, trace) in &recorded {
            let population = &self.recording.populations[i];
            for column in 0..trace.neurons.len().min(TRACES_PER_POPULATION) {
                let Some(name) = name.next() else { break };
                let (spikes, dt) = (population.spikes.as_ref(), self.recording.dt);
                voltages.push(VoltageTrace::from_trace(name, i, trace, column, spikes, dt)?);
            }
        }
        if voltages.is_empty() {
            return Ok(None);
        }
        let single = Layout::panel(traces(&voltages, span, None, theme).without_x_labels());
        let means: Vec<(String, usize, &Trace)> = recorded
            .iter()
            .map(|&(i, trace)| (of_group(&self.recording.populations[i].name, trace), i, trace))
            .collect();
        let mean = mean_curves(&means, self.recording.dt, span, "mean V_m (mV)", theme);
        let layout = Layout::Column(vec![(2.0, single), (1.0, Layout::panel(mean))]);
        Ok(Some(Figure::new("Membrane potentials", Width::Column, 95.0, layout, theme)))
    }

    /// A row per population: conductances, currents; a receptor keeps its colour.
    fn inputs(&self, span: TimeSpan, theme: &Theme) -> Result<Option<Figure>, FigureError> {
        let receptors = self.model.receptors();
        let mut rows = Vec::new();
        for population in &self.recording.populations {
            let mut row = Vec::new();
            for (prefix, label) in [("g_", "mean conductance (nS)"), ("I_", "mean current (pA)")] {
                let found: Vec<(String, usize, &Trace)> = population
                    .traces
                    .iter()
                    .filter(|t| !t.neurons.is_empty() && self.is_sampled(t, span))
                    .filter_map(|t| {
                        let name = t.variable.strip_prefix(prefix)?;
                        let receptor = receptors.iter().position(|r| r.name == name)?;
                        Some((of_group(name, t), receptor, t))
                    })
                    .collect();
                if !found.is_empty() {
                    let panel = mean_curves(&found, self.recording.dt, span, label, theme)
                        .titled(Label::plain(population.name.as_str()));
                    row.push((1.0, Layout::panel(panel)));
                }
            }
            if !row.is_empty() {
                rows.push((1.0, Layout::Row(row)));
            }
        }
        let height = 48.0 * rows.len() as f64;
        Ok((!rows.is_empty())
            .then(|| Figure::new("Inputs", Width::Page, height, Layout::Column(rows), theme)))
    }

    /// Welch's estimate from the rates in [`RATE_BIN`]s; `None` for a part of the run shorter than 64 of them, whose
    /// spectrum would be of a few points.
    fn spectra(&self, [from, to]: [f64; 2], theme: &Theme) -> Result<Option<Figure>, FigureError> {
        let dt = self.recording.dt;
        let window = Window::from_ms(from, to.min(self.recording.duration()), dt)?;
        let bin = steps_of(RATE_BIN, dt);
        let mut found = Vec::new();
        for p in &self.recording.populations {
            let Ok(rate) = PopulationRate::from_counts(&p.counts, p.size, window, bin, dt) else {
                return Ok(None);
            };
            if rate.values.len() < 64 {
                return Ok(None);
            }
            let segment = spectrum_segment(rate.values.len());
            let spectrum = PowerSpectrum::welch(&rate.values, rate.bin, segment)?;
            found.push((p.name.as_str(), spectrum));
        }
        let populations: Vec<(&str, &PowerSpectrum)> = found.iter().map(|(n, s)| (*n, s)).collect();
        let panel = spectra(&populations, "Hz", theme);
        let figure =
            Figure::new("Spectra of the rates", Width::Column, 60.0, Layout::panel(panel), theme);
        Ok((!found.is_empty()).then_some(figure))
    }

    fn histograms(
        &self,
        [from, to]: [f64; 2],
        theme: &Theme,
    ) -> Result<Option<Figure>, FigureError> {
        let dt = self.recording.dt;
        let window = Window::from_ms(from, to.min(self.recording.duration()), dt)?;
        let (mut rates, mut variation, mut potential) = (Vec::new(), Vec::new(), Vec::new());
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
            panel(&potential, BINS, "V_m (mV)"),
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
}

/// Number of bins between the bounds of the histogram of `rates`, each `n / seconds` of a whole number of spikes, so
/// that every bin holds one such number: bins of other widths hold now one, now two or none. [`BINS`] where the bounds
/// are no whole numbers of spikes or too many lie between them.
fn whole_bins(rates: impl Iterator<Item = f64>, seconds: f64) -> usize {
    let (low, high) = range_of(rates, 0.0);
    let (low, high) = Scale::new(Spacing::Linear, low, high).bounds();
    let whole = |spikes: f64| (spikes - spikes.round()).abs() < 1e-6;
    let n = (high - low) * seconds;
    let fits = whole(n) && whole(low * seconds) && (1.0..=2.0 * BINS as f64).contains(&n.round());
    if fits { n.round() as usize } else { BINS }
}

/// A name with the group of a trace.
fn of_group(name: &str, trace: &Trace) -> String {
    match &trace.group {
        Some(group) => format!("{name} ({group})"),
        None => name.to_owned(),
    }
}

/// Means over the recorded neurons in time, each with its name and the number of its colour.
fn mean_curves(
    recorded: &[(String, usize, &Trace)],
    dt: f64,
    span: TimeSpan,
    label: &str,
    theme: &Theme,
) -> Panel {
    let mut panel = Panel::new(span.axis(), Axis::new(label));
    for (name, color, trace) in recorded {
        let rows = trace.data.rows().into_iter().enumerate();
        let points = rows
            .map(|(k, row)| (trace.steps.time(k, dt), row))
            .filter(|(t, _)| span.contains(*t))
            .filter_map(|(t, row)| Some((span.on_axis(t), row.mean()?)));
        let stroke = Stroke::solid(theme.population(*color), 0.8);
        panel.marks.push(Mark::line(points, stroke));
        panel.key.push((Swatch::Line(stroke), Label::plain(name.as_str())));
    }
    panel
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
