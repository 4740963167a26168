//! How the rates of whole populations fluctuate: the simulation beside the second order of the theory.

use std::f64::consts::TAU;

use ntwk_analysis::{Moments, PopulationRate, PowerSpectrum, Window};
use ntwk_core::{Job, Model, PopulationRecording, Recording};
use ntwk_meanfield::dynamics::delays::has_delays;
use ntwk_meanfield::prediction::error::TheoryError;
use ntwk_meanfield::prediction::predict::Theory;
use ntwk_meanfield::prediction::windows::{ComparisonWindows, TRAJECTORY_INTERVAL};
use ntwk_meanfield::{FixedPoint, LinearResponse, SecondOrder, delay_distributions};
use ntwk_plot::figures::{NamedCurve, Style, curves};
use ntwk_plot::{Axis, Figure, Label, Layout, Theme, Width};

use crate::compare::{CompareError, RATE_BIN, stationary_window, steps_of};

/// Standard deviation (Hz) in time of the rate of a simulated population, low-passed as that of the theory is:
/// `T dr/dt = spikes / (N dt) - r`, with `T` in ms.
#[allow(non_snake_case)]
pub(crate) fn simulated_sd(
    population: &PopulationRecording,
    window: Window,
    dt: f64,
    T: f64,
) -> Option<f64> {
    let (counts, size) = (&population.counts, population.size);
    let rate = PopulationRate::from_counts(counts, size, window, 1, dt).ok()?;
    let n = rate.values.len();
    let mut now = rate.values.iter().sum::<f64>() / n.max(1) as f64;
    let follows = 1.0 - (-dt / T).exp();
    let passed: Vec<f64> = (rate.values.iter())
        .map(|value| {
            now += follows * (value - now);
            now
        })
        .collect();
    (n >= 2).then(|| Moments::of(passed).map(|m| m.sd))?
}

/// Standard deviations (Hz) of the rates by the second order of the theory around a stable state (El Boustani and Destexhe 2009,
/// Neural Comput 21:46), with the delays of the model; `None` where the noise has no stationary covariance.
pub(crate) fn predicted_sd(
    model: &Model,
    theory: &Theory,
    point: &FixedPoint,
) -> Result<Option<Vec<f64>>, TheoryError> {
    let system = &theory.mean_field;
    let input = theory.input.mean(theory.windows.stationary, TRAJECTORY_INTERVAL);
    let state = system.adapted_state(&point.rates, &input)?;
    if has_delays(model) {
        let delays = delay_distributions(model);
        let response = LinearResponse::with_delays(system, &state, &input, &delays)?;
        return Ok(response.standard_deviations());
    }
    let covariance = SecondOrder::new(system).linear_noise_covariance(&state, &input)?;
    let sd = |c: f64| c.max(0.0).sqrt();
    Ok(covariance.map(|c| (0..system.populations().len()).map(|p| sd(c[(p, p)])).collect()))
}

/// Power spectra of the rate of one population.
#[derive(Debug, Clone, PartialEq)]
pub struct RateSpectrum {
    /// Population.
    pub population: String,
    /// Frequencies (Hz) above 0, up to half of the bins of 1 ms.
    pub frequencies: Vec<f64>,
    /// One-sided density (Hz²/Hz) of the simulated rate, low-passed with the time constant `T` as that of the theory is: Welch's
    /// estimate of the stationary window, over `1 + (2 pi f T)²`.
    pub simulated: Vec<f64>,
    /// That of the theory: finite-size noise through the loop, twice the two-sided density of [`LinearResponse::spectrum`].
    pub predicted: Vec<f64>,
}

/// The spectra of all populations around the stationary state; `None` where the theory has no stable one.
///
/// # Errors
/// [`CompareError`] when the window is too short or the state does not fit.
pub fn rate_spectra(
    model: &Model,
    recording: &Recording,
    theory: &Theory,
    job: &Job<'_>,
) -> Result<Option<Vec<RateSpectrum>>, CompareError> {
    let windows = ComparisonWindows::of(model);
    let window = stationary_window(windows, recording)?;
    let Some(point) = theory.stationary_state(windows.stationary, &job.silent())? else {
        return Ok(None);
    };
    let input = theory.input.mean(windows.stationary, TRAJECTORY_INTERVAL);
    let system = &theory.mean_field;
    let state = system.adapted_state(&point.rates, &input).map_err(TheoryError::from)?;
    let delays = delay_distributions(model);
    let response =
        LinearResponse::with_delays(system, &state, &input, &delays).map_err(TheoryError::from)?;
    let bin = steps_of(RATE_BIN, recording.dt);
    let mut all = Vec::new();
    for (p, population) in recording.populations.iter().enumerate() {
        let (counts, size) = (&population.counts, population.size);
        let rate = PopulationRate::from_counts(counts, size, window, bin, recording.dt)?;
        let segment = PowerSpectrum::usual_segment(rate.values.len());
        let spectrum = PowerSpectrum::welch(&rate.values, rate.bin, segment)?;
        let frequencies = spectrum.frequencies[1..].to_vec();
        let density = |f: &f64| response.spectrum(*f).map(|s| 2.0 * s[(p, p)].re);
        let Some(predicted) = frequencies.iter().map(density).collect::<Option<Vec<f64>>>() else {
            return Ok(None);
        };
        let low_pass = |f: f64| 1.0 + (1e-3 * TAU * f * system.time_constant()).powi(2);
        let simulated = frequencies.iter().zip(&spectrum.density[1..]);
        let simulated = simulated.map(|(f, d)| d / low_pass(*f)).collect();
        let population = population.name.clone();
        all.push(RateSpectrum { population, frequencies, simulated, predicted });
    }
    Ok(Some(all))
}

/// Simulated spectra with those of the theory over them, one panel per population.
#[must_use]
pub fn spectra_figure(spectra: &[RateSpectrum], theme: &Theme) -> Figure {
    let panels = spectra.iter().enumerate().map(|(p, spectrum)| {
        let line = |density: &[f64]| {
            let all = spectrum.frequencies.iter().zip(density);
            all.filter(|(_, d)| **d > 0.0).map(|(f, d)| (*f, *d)).collect()
        };
        let curve =
            |name, density, color, style| NamedCurve { name, points: line(density), color, style };
        let all = [
            curve("simulation", &spectrum.simulated, None, Style::Line),
            curve("second order of the theory", &spectrum.predicted, Some(p), Style::Dashed),
        ];
        let x = Axis::new("frequency (Hz)").log();
        let mut panel = curves(x, Axis::new("power density (Hz^2/Hz)").log(), &all, theme);
        panel.title = Label::plain(spectrum.population.clone());
        if p > 0 {
            panel.key.clear();
        }
        (1.0, Layout::panel(panel))
    });
    let panels: Vec<_> = panels.collect();
    let height = 20.0 + 50.0 * panels.len() as f64;
    Figure::new("Spectra of the rates", Width::Page, height, Layout::Column(panels), theme)
}
