//! How rates are distributed over neurons: the network beside the cells whose state is predicted.

use ntwk_analysis::{Window, neuron_rates};
use ntwk_core::{Model, Recording};
use ntwk_meanfield::prediction::settled_state::SettledState;
use ntwk_meanfield::prediction::windows::ComparisonWindows;
use ntwk_plot::figures::{Distribution, histogram};
use ntwk_plot::{Figure, Label, Layout, Theme, Width};

use crate::compare::{CompareError, stationary_window};
use crate::figures::run::whole_bins;

/// Rates (Hz) of single neurons of one population, counted in windows of one length.
#[derive(Debug, Clone, PartialEq)]
pub struct RateDistribution {
    /// Population.
    pub population: String,
    /// Of every neuron of the network in the window.
    pub simulated: Vec<f64>,
    /// Of the cells under trains of cells, in as many such windows as they were counted for.
    pub predicted: Vec<f64>,
    /// Length of the window (s).
    pub seconds: f64,
}

/// The distributions of all populations in the first part of the stationary window that the cells were counted for too; `None`
/// where no cells under trains of cells say how rates differ (`theory.spike_trains = "measured"` with a refined state).
///
/// # Errors
/// [`CompareError`] for a window without steps.
pub fn rate_distributions(
    model: &Model,
    recording: &Recording,
    state: &SettledState,
) -> Result<Option<Vec<RateDistribution>>, CompareError> {
    let window = stationary_window(ComparisonWindows::of(model), recording)?;
    let Some((counted, predicted)) = state.rates_of_cells(window.seconds(recording.dt)?) else {
        return Ok(None);
    };
    let steps = (1e3 * counted / recording.dt).round() as u64;
    let window = Window::new(window.start(), window.start() + steps)?;
    let mut all = Vec::new();
    for (population, predicted) in recording.populations.iter().zip(predicted) {
        let Some(spikes) = &population.spikes else { return Ok(None) };
        all.push(RateDistribution {
            population: population.name.clone(),
            simulated: neuron_rates(spikes, population.size, window, recording.dt)?,
            predicted,
            seconds: counted,
        });
    }
    Ok(Some(all))
}

/// Simulated and predicted shares of the neurons over their rate, one panel per population.
#[must_use]
pub fn distribution_figure(all: &[RateDistribution], theme: &Theme) -> Figure {
    let mut panels = Vec::new();
    for (p, of) in all.iter().enumerate() {
        let colors = vec![theme.muted, theme.population(p)];
        let theme = &Theme { palette: colors, ..theme.clone() };
        let both = [
            Distribution { name: "simulation", values: &of.simulated },
            Distribution { name: "cells under trains of cells", values: &of.predicted },
        ];
        let rates = of.simulated.iter().chain(&of.predicted).copied();
        let bins = whole_bins(rates, of.seconds);
        let label = format!("rate of a neuron of {} (Hz)", of.population);
        let panel = histogram(&both, bins, &label, theme);
        let title = format!("in windows of {} s", of.seconds);
        panels.push((1.0, Layout::panel(panel.titled(Label::plain(title)))));
    }
    let height = 20.0 + 45.0 * panels.len() as f64;
    Figure::new("Rates of the neurons", Width::Column, height, Layout::Column(panels), theme)
}
