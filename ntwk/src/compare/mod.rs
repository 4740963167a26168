//! Simulation beside theory: the same quantities of both, with their errors.

pub mod diagnosis;
pub mod fluctuations;
pub mod rate_distribution;
pub mod rate_error;
pub mod replay;
pub mod rhythm;
pub mod together;

use std::fmt;

use ntwk_analysis::{
    AnalysisError, Moments, PopulationRate, SpikeMask, TraceMoments, Window, mean_rate,
};
use ntwk_core::{CellLibrary, Job, Model, PopulationRecording, Recording};
use ntwk_meanfield::{Adaptation, Dynamics, FixedPoint, Moments as InputMoments, Trajectory};
use serde::Serialize;

use crate::compare::fluctuations::{predicted_sd, simulated_sd};
use crate::compare::rate_distribution::{RateDistribution, rate_distributions};
use crate::compare::rhythm::Rhythm;
use ntwk_meanfield::prediction::error::TheoryError;
use ntwk_meanfield::prediction::predict::{FittedPopulation, Theory};
use ntwk_meanfield::prediction::settled_state::SettledState;
use ntwk_meanfield::prediction::windows::ComparisonWindows;
use ntwk_meanfield::prediction::windows::TRAJECTORY_INTERVAL;

/// One quantity, simulated and predicted. Either may be missing: no cell recorded, no stable
/// fixed point.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pair {
    /// From the simulation.
    pub simulated: Option<f64>,
    /// From the theory.
    pub predicted: Option<f64>,
    /// Predicted minus simulated.
    pub difference: Option<f64>,
    /// Difference over the absolute simulated value.
    pub relative_error: Option<f64>,
}

impl Pair {
    /// A pair with its errors.
    #[must_use]
    pub fn new(simulated: Option<f64>, predicted: Option<f64>) -> Self {
        let difference = simulated.zip(predicted).map(|(s, p)| p - s);
        let relative_error =
            difference.zip(simulated).filter(|(_, s)| *s != 0.0).map(|(d, s)| d / s.abs());
        Self { simulated, predicted, difference, relative_error }
    }
}

/// Comparison of one population.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(non_snake_case)]
pub struct PopulationComparison {
    /// Name.
    pub population: String,
    /// Stationary rate (Hz); without a stable fixed point of the theory its mean rate in the stationary window.
    pub rate: Pair,
    /// Standard error of the predicted rate (Hz), where it is that of a refined state: see
    /// [`RefinedState`](ntwk_meanfield::prediction::refinement::RefinedState).
    pub rate_error: Option<f64>,
    /// Rate (Hz) of the fixed point of the transfer functions, before it is refined.
    pub fitted_rate: Option<f64>,
    /// Rate (Hz) of single cells under the input of the predicted state: a check of the prediction.
    pub cells_rate: Option<f64>,
    /// Its standard error (Hz).
    pub cells_rate_error: Option<f64>,
    /// Standard deviation in time (Hz) of the rate of the whole population, low-passed with the time constant `T` of the theory;
    /// predicted by its second order around the fixed point of the transfer functions.
    pub rate_sd: Pair,
    /// Mean membrane potential (mV) outside the refractory period; predicted is that of single cells under Poisson trains
    /// at the predicted rates.
    pub V_m_mean: Pair,
    /// Standard deviation of the same (mV), mean over cells.
    pub V_m_sd: Pair,
    /// Mean (mV) of the free membrane potential at the predicted rates: that of the moments of the theory, of a membrane
    /// that never spikes, with the stationary adaptation current.
    pub free_V_m_mean: Option<f64>,
    /// Standard deviation (mV) of the same.
    pub free_V_m_sd: Option<f64>,
    /// Highest smoothed rate in the transient window (Hz).
    pub peak: Option<Pair>,
    /// Time of that peak (ms).
    pub peak_time: Option<Pair>,
    /// Whether the predicted moments lie in the domain the transfer function was fitted on.
    pub in_domain: Option<bool>,
}

/// Comparison of a model's simulation and theory.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Windows.
    pub windows: ComparisonWindows,
    /// One entry per population.
    pub populations: Vec<PopulationComparison>,
    /// Fano factors of the spikes of every population that the theory took, where it measured them.
    pub fano_factors: Option<Vec<f64>>,
    /// Number of fixed points the theory has for the stationary input, stable or not.
    pub fixed_points: usize,
    /// The rhythm of the simulated network, with which it is in no stationary state; `None` where it has none.
    pub rhythm: Option<Rhythm>,
    /// How rates are distributed over neurons, where cells of the theory say so.
    #[serde(skip)]
    pub rate_distributions: Option<Vec<RateDistribution>>,
    /// What the reader should know: limits of the theory for this model, missing quantities.
    pub notes: Vec<String>,
}

impl Comparison {
    /// The comparison of the population called `name`.
    #[must_use]
    pub fn population(&self, name: &str) -> Option<&PopulationComparison> {
        self.populations.iter().find(|p| p.population == name)
    }
}

/// One line per population: its rates, and the error of the predicted one.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for p in &self.populations {
            write!(f, "{}:", p.population)?;
            match p.rate.simulated {
                Some(rate) => write!(f, " {rate:.3} Hz simulated")?,
                None => write!(f, " not simulated")?,
            }
            match p.rate.predicted {
                Some(rate) => write!(f, ", {rate:.3} Hz predicted")?,
                None => write!(f, ", no prediction")?,
            }
            if let Some(error) = p.rate.relative_error {
                write!(f, " ({:+.1} %)", 100.0 * error)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// A comparison that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The recording cannot be analysed.
    #[error("the simulation cannot be analysed: {0}")]
    Analysis(#[from] AnalysisError),
    /// The theory has no answer.
    #[error(transparent)]
    Theory(#[from] TheoryError),
}

/// Bin of the rates (ms).
pub const RATE_BIN: f64 = 1.0;

/// The rate of a population in bins of [`RATE_BIN`] (or one step, if that is longer; or the whole run, if that is shorter).
///
/// # Errors
/// [`AnalysisError`] for a recording without steps or neurons.
pub fn binned_rate(
    population: &PopulationRecording,
    dt: f64,
) -> Result<PopulationRate, AnalysisError> {
    let steps = population.counts.len() as u64;
    let bin_steps = steps_of(RATE_BIN, dt).min(steps.max(1));
    let window = Window::new(0, steps)?;
    PopulationRate::from_counts(&population.counts, population.size, window, bin_steps, dt)
}

/// Whole steps of a time (ms), at least one.
pub(crate) fn steps_of(time: f64, dt: f64) -> u64 {
    (time / dt).round().max(1.0) as u64
}

/// Compares a recording of `model` with its theory.
///
/// # Errors
/// [`CompareError`].
pub fn compare(
    model: &Model,
    recording: &Recording,
    theory: &Theory,
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<Comparison, CompareError> {
    let moments = potential_moments(model, recording)?;
    compare_with(model, recording, &moments, theory, library, job)
}

/// As [`compare`], with the moments of the membrane potential at hand: `recording` needs no traces.
///
/// # Errors
/// [`CompareError`].
pub fn compare_with(
    model: &Model,
    recording: &Recording,
    potentials: &[PotentialMoments],
    theory: &Theory,
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<Comparison, CompareError> {
    let windows = ComparisonWindows::of(model);
    let dt = recording.dt;
    let stationary = stationary_window(windows, recording)?;
    let stationary_state = theory.stationary_state(windows.stationary, &job.silent())?;
    let fixed_points = theory.fixed_points(windows.stationary, &job.silent())?.points.len();

    let state = match &stationary_state {
        Some(p) => Some(SettledState::of(model, theory, p, library, job)?),
        None => None,
    };
    let changing = state.as_ref().is_some_and(|s| s.changing);

    let mut notes: Vec<String> = theory.limitations.iter().map(ToString::to_string).collect();
    if stationary_state.is_none() {
        notes.push(
            "the theory has no stable fixed point for the stationary input; its rates are means over the stationary window"
                .to_owned(),
        );
    }
    if changing {
        notes.push(
            "the inputs change within the window: predicted rates are means of the predicted time course; V_m, fixed points and cells under Poisson input are those at the mean input"
                .to_owned(),
        );
    }
    let rate_sd = match &stationary_state {
        Some(point) if !changing => predicted_sd(model, theory, point)?,
        _ => None,
    };
    let rhythm = Rhythm::of(windows, recording, stationary);
    notes.extend(rhythm.as_ref().map(Rhythm::note));
    notes.extend(theory.populations.iter().filter_map(FittedPopulation::check));
    notes.extend(theory.departures().iter().map(ToString::to_string));
    let mut populations = Vec::new();
    for (index, (recorded, population)) in
        recording.populations.iter().zip(model.populations()).enumerate()
    {
        let rate = mean_rate(&recorded.counts, recorded.size, stationary, dt)?;
        let moments =
            stationary_state.as_ref().and_then(|p| adapted_moments(theory, index, p, windows));
        let predicted_rate = match &state {
            Some(state) if !changing => Some(state.rates[index]),
            _ => mean_within(&theory.trajectory, index, windows.stationary),
        };
        let alone = state.as_ref().and_then(|s| s.cells.get(index));
        let in_domain = stationary_state.as_ref().map(|p| p.in_domain[index]);
        // What receives nothing has no fluctuations to be scanned.
        let driven = !theory.populations[index].scan.plan.classes.is_empty();
        if in_domain == Some(false) && driven {
            notes.push(format!(
                "the predicted state of {} lies outside the scan its transfer function was fitted on",
                population.name
            ));
        }
        let potential = potentials.get(index).and_then(PotentialMoments::mean_and_sd);
        if potential.is_none() {
            notes.push(format!(
                "no V_m of {} was recorded (record.V_m, record.spikes)",
                population.name
            ));
        }
        let (peak, peak_time) = match windows.transient {
            Some(window) => {
                let simulated = binned_rate(recorded, dt)?
                    .smoothed(windows.smoothing)?
                    .peak(window[0], window[1]);
                let predicted = PopulationRate {
                    start: 0.0,
                    bin: TRAJECTORY_INTERVAL,
                    values: theory.trajectory.component(index).collect(),
                };
                let predicted = predicted.smoothed(windows.smoothing)?.peak(window[0], window[1]);
                (
                    Some(Pair::new(simulated.map(|p| p.rate), predicted.map(|p| p.rate))),
                    Some(Pair::new(simulated.map(|p| p.time), predicted.map(|p| p.time))),
                )
            }
            None => (None, None),
        };
        populations.push(PopulationComparison {
            population: population.name.clone(),
            rate: Pair::new(Some(rate), predicted_rate),
            rate_error: state.as_ref().and_then(|s| s.errors.as_ref().map(|e| e[index])),
            rate_sd: Pair::new(
                simulated_sd(recorded, stationary, dt, theory.mean_field.time_constant()),
                rate_sd.as_ref().map(|sd| sd[index]),
            ),
            fitted_rate: stationary_state.as_ref().map(|p| p.rates[index]),
            cells_rate: alone.map(|c| c.rate),
            cells_rate_error: alone.map(|c| c.standard_error),
            V_m_mean: Pair::new(potential.map(|p| p.0), alone.and_then(|m| m.V_m_mean)),
            V_m_sd: Pair::new(potential.map(|p| p.1), alone.and_then(|m| m.V_m_sd)),
            free_V_m_mean: moments.map(|m| m.mu_V),
            free_V_m_sd: moments.map(|m| m.sigma_V),
            peak,
            peak_time,
            in_domain,
        });
    }
    notes.extend(state.iter().flat_map(|s| s.notes(model, theory)));
    let fano_factors = theory.fano_factors.clone();
    let rate_distributions = match &state {
        Some(state) => rate_distributions(model, recording, state)?,
        None => None,
    };
    Ok(Comparison {
        windows,
        populations,
        fano_factors,
        fixed_points,
        rhythm,
        rate_distributions,
        notes,
    })
}

/// Mean of a component of a trajectory in a window (ms); `None` for a window without a point of it.
pub(crate) fn mean_within(
    trajectory: &Trajectory,
    component: usize,
    [from, to]: [f64; 2],
) -> Option<f64> {
    let within: Vec<f64> = trajectory
        .times
        .iter()
        .zip(trajectory.component(component))
        .filter(|(t, _)| (from..to).contains(*t))
        .map(|(_, rate)| rate)
        .collect();
    (!within.is_empty()).then(|| within.iter().sum::<f64>() / within.len() as f64)
}

/// Moments of the membrane potential at a fixed point, with the adaptation current that is
/// stationary there: `W = tau_w b nu + a (mu_V - E_L)`. The transfer function contains the effect of
/// adaptation on the rate; the potential needs the current itself.
fn adapted_moments(
    theory: &Theory,
    population: usize,
    point: &FixedPoint,
    windows: ComparisonWindows,
) -> Option<InputMoments> {
    let described = &theory.mean_field.populations()[population];
    if described.adaptation == Adaptation::Explicit {
        // The fixed point has the current in its state already.
        return Some(point.moments[population]);
    }
    let membrane = described.membrane;
    let without = point.moments[population];
    let drive = 1e-3 * membrane.tau_w * membrane.b * point.rates[population]
        + membrane.a * (without.mu_V - membrane.E_L);
    // mu_V is linear in W with slope -1 / mu_G.
    let w = drive / (1.0 + membrane.a / without.mu_G);
    let mut input = theory.input.mean(windows.stationary, TRAJECTORY_INTERVAL);
    input.currents[population] -= w;
    let mut state = vec![0.0; theory.mean_field.dimension()];
    for (p, &rate) in point.rates.iter().enumerate() {
        state[p] = rate;
        if let Some(index) = theory.mean_field.adaptation_index(p) {
            state[index] = point.adaptation[p];
        }
    }
    let moments = *theory.mean_field.at(&state, &input).ok()?.moments().get(population)?;
    moments.is_finite().then_some(moments)
}

/// The stationary window in steps, within what was run.
///
/// # Errors
/// [`AnalysisError`] when nothing of it was run.
pub fn stationary_window(
    windows: ComparisonWindows,
    recording: &Recording,
) -> Result<Window, AnalysisError> {
    let [start, end] = windows.stationary.map(|t| (t / recording.dt).round() as u64);
    // In a run of one step the window is shorter than that, and is that step.
    let start = if start == end { end.saturating_sub(1) } else { start };
    Window::new(start.min(recording.n_steps), end.min(recording.n_steps))
}

/// Moments of the recorded membrane potentials of one population in the stationary window, without
/// spikes and refractory periods, per neuron.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PotentialMoments {
    /// Moments (mV) of each neuron; `None` for one that was refractory all the time.
    pub per_neuron: Vec<Option<Moments>>,
}

impl PotentialMoments {
    /// Means over neurons of mean and standard deviation (mV); `None` without any.
    #[must_use]
    pub fn mean_and_sd(&self) -> Option<(f64, f64)> {
        let known: Vec<&Moments> = self.per_neuron.iter().flatten().collect();
        let mean = |f: fn(&Moments) -> f64| {
            (!known.is_empty())
                .then(|| known.iter().map(|m| f(m)).sum::<f64>() / known.len() as f64)
        };
        mean(|m| m.mean).zip(mean(|m| m.sd))
    }

    /// Mean over neurons of the skewness; `None` without any.
    #[must_use]
    pub fn mean_skewness(&self) -> Option<f64> {
        let known: Vec<f64> = self.per_neuron.iter().flatten().filter_map(|m| m.skewness).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    }

    /// Adds further neurons of the same population.
    pub fn extend(&mut self, further: Self) {
        self.per_neuron.extend(further.per_neuron);
    }
}

/// Moments of the recorded membrane potentials of every population; empty where potentials or
/// spikes were not recorded.
///
/// # Errors
/// [`AnalysisError`].
pub fn potential_moments(
    model: &Model,
    recording: &Recording,
) -> Result<Vec<PotentialMoments>, AnalysisError> {
    let window = stationary_window(ComparisonWindows::of(model), recording)?;
    recording
        .populations
        .iter()
        .zip(model.populations())
        .map(|(recorded, population)| {
            let trace = recorded.trace_of_the_run("V_m");
            let (Some(trace), Some(spikes)) = (trace, &recorded.spikes) else {
                return Ok(PotentialMoments::default());
            };
            let t_ref_steps = (population.cell.membrane().t_ref / recording.dt).round() as u64;
            let mask = SpikeMask::refractory(t_ref_steps);
            let moments = TraceMoments::masked(trace, window, spikes, recorded.size, mask)?;
            Ok(PotentialMoments { per_neuron: moments.per_neuron })
        })
        .collect()
}
