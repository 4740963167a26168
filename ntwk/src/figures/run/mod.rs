//! The figures of one stored run, each by its name.

mod cells;
mod distributions;
mod inputs;
mod potentials;
mod spikes;

use ntwk_core::spec::key::Words;
use ntwk_core::{Model, Recording, Trace, words};
use ntwk_plot::figures::TimeSpan;
use ntwk_plot::{Figure, Theme};

pub(crate) use distributions::whole_bins;

use crate::figures::overview::{FigureError, TheoryCurves, overview};
use crate::figures::weights::weights_figure;

words! {
    /// A figure of a run.
    pub enum RunFigure, what = "figure" {
        /// Everything on one page.
        Overview = "overview",
        /// Spikes of all populations, sub-sampled, and of the recorded afferents below them.
        Raster = "raster",
        /// Population rates, binned and smoothed, with the prediction where there is one.
        Activity = "activity",
        /// Smoothed population rates on a logarithmic axis, with the prediction.
        LogActivity = "log-activity",
        /// Spikes, and the smoothed rates of the populations over them.
        Twin = "twin",
        /// Single membrane potentials with their spikes, and their mean.
        Potentials = "potentials",
        /// Mean ± standard deviation of the membrane potentials of the recorded neurons in time, and one of them.
        PotentialBand = "potential-band",
        /// Membrane potential of single neurons with their excitatory and inhibitory currents under it.
        Cells = "cells",
        /// All currents through the membrane of single neurons: leak, exponential, adaptation, synaptic, injected.
        MembraneCurrents = "membrane-currents",
        /// Recorded conductances and currents, mean over neurons.
        Inputs = "inputs",
        /// Mean excitatory, inhibitory and leak currents of each population, with their ratio.
        Balance = "balance",
        /// Distributions of rates, CVs and membrane potentials.
        Histograms = "histograms",
        /// Distributions of the excitatory and inhibitory currents of each population.
        CurrentHistograms = "current-histograms",
        /// Power spectra of the population rates.
        Spectra = "spectra",
        /// Recorded weights of plastic synapses: in time, and their distribution at the first and the last sample.
        Weights = "weights",
    }
}

impl RunFigure {
    /// Name of its files.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.word()
    }

    /// Whether it is made of the potentials of single neurons.
    #[must_use]
    pub fn shows_potentials(self) -> bool {
        matches!(
            self,
            Self::Potentials | Self::PotentialBand | Self::Cells | Self::MembraneCurrents
        )
    }
}

words! {
    /// In which order the neurons of a population stand in a raster, from below.
    pub enum RasterOrder, what = "order of neurons" {
        /// By their number.
        Number = "number",
        /// By their number of spikes in the part shown.
        Rate = "rate",
        /// By the time of their first spike in the part shown; those without one come last.
        FirstSpike = "first-spike",
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
    /// Neurons of each population that rasters and figures of single neurons show; where there are none (or the list of the
    /// population is empty), all spikes and the first recorded neurons.
    pub neurons: &'a [Vec<u32>],
    /// Order of the neurons in rasters; the overview has them by number.
    pub order: RasterOrder,
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
            RunFigure::LogActivity => self.log_activity(span, theme).map(Some),
            RunFigure::Twin => self.twin(span, theme),
            RunFigure::Potentials => self.potentials(span, theme),
            RunFigure::PotentialBand => Ok(self.potential_band(span, theme)),
            RunFigure::Cells => self.cells(span, theme),
            RunFigure::MembraneCurrents => self.membrane_currents(span, theme),
            RunFigure::Inputs => self.inputs(span, theme),
            RunFigure::Balance => Ok(self.balance(span, theme)),
            RunFigure::Histograms => self.histograms([from, to], theme),
            RunFigure::CurrentHistograms => Ok(self.current_histograms(span, theme)),
            RunFigure::Spectra => self.spectra([from, to], theme),
            RunFigure::Weights => Ok(weights_figure(self.recording, span, theme)),
        }
    }

    /// The potential (mV) at which a population's spikes are declared at rest.
    fn threshold(&self, population: usize) -> Option<f64> {
        self.model.populations().get(population).map(|p| p.cell.spike_threshold())
    }

    /// Whether a trace has a sample in `span`.
    fn is_sampled(&self, trace: &Trace, span: TimeSpan) -> bool {
        (0..trace.data.nrows()).any(|row| span.contains(trace.steps.time(row, self.recording.dt)))
    }

    /// The chosen neurons of a population; empty when none are.
    fn chosen(&self, population: usize) -> &[u32] {
        self.neurons.get(population).map_or(&[], Vec::as_slice)
    }

    /// Columns of the chosen neurons in a trace, else of its first `most` ones.
    fn columns(&self, population: usize, trace: &Trace, most: usize) -> Vec<usize> {
        let chosen = self.chosen(population);
        if chosen.is_empty() {
            return (0..trace.neurons.len().min(most)).collect();
        }
        chosen.iter().filter_map(|id| trace.neurons.iter().position(|n| n == id)).collect()
    }
}
