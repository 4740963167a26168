//! The macroscopic quantities of a run: one list per population.

use ndarray::{Array2, Axis, Slice};
use ntwk_analysis::{
    AnalysisError, AutocorrelationTime, Bins, CurrentBalance, Irregularity, Moments,
    PopulationRate, PowerSpectrum, SpikeMask, SpikeTrains, TraceMoments, Window,
    autocorrelation_with_gaps, mean_count_correlation, mean_fano_factor, mean_rate, neuron_rates,
    sttc_matrix, synchrony_index, up_down_states,
};
use ntwk_core::model::Source;
use ntwk_core::spec::AfferentActivity;
use ntwk_core::{Model, PopulationRecording, Recording, Spikes, Trace};
use serde::Serialize;

use crate::compare::{stationary_window, steps_of};
use ntwk_meanfield::prediction::windows::ComparisonWindows;

/// Bin of spike counts for correlations, and reach of the spike time tiling coefficient (ms).
pub const CORRELATION_BIN: f64 = 5.0;
/// Bin of spike counts for the Fano factor (ms).
pub const FANO_BIN: f64 = 100.0;
/// Neurons whose pairs are compared by the spike time tiling coefficient: those of lowest number that fire.
pub const TILED_NEURONS: usize = 50;
/// Least number of intervals of a neuron that counts for CV, CV2 and LV.
const LEAST_INTERVALS: usize = 2;
/// Longest lag of the autocorrelation of V_m (ms).
const MEMORY: f64 = 200.0;
/// Longest lag between excitation and inhibition (ms).
const BALANCE_LAG: f64 = 20.0;
/// A population is up while its rate, smoothed over 10 ms, is above this fraction of its mean ...
const UP_FRACTION: f64 = 0.2;
/// ... for at least this long (ms), and down for at least this long.
const LEAST_STATE: f64 = 50.0;

/// One quantity of one population.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quantity {
    /// Identifier, for JSON and files.
    pub name: String,
    /// What it is, in words.
    pub label: String,
    /// Unit (`1` for none).
    pub unit: String,
    /// The value; `None` when the data do not define it.
    pub value: Option<f64>,
}

/// Mean input a population receives through one projection, expected from the rate of its source.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProjectionInput {
    /// Projection.
    pub projection: String,
    /// Whether the source is an afferent population.
    pub afferent: bool,
    /// Events per target neuron and second: in-degree x release probability x rate of the source (Hz).
    pub event_rate: f64,
    /// Mean conductance `event rate x weight x tau_syn` (nS).
    pub conductance: f64,
    /// Mean current `conductance x (E_rev - mean V_m)` (pA); `None` without a recorded V_m.
    pub current: Option<f64>,
}

/// Quantities of one population.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PopulationAnalysis {
    /// Name.
    pub population: String,
    /// Number of neurons.
    pub size: usize,
    /// Neurons whose variables were sampled and read.
    pub sampled_neurons: usize,
    /// The quantities, in the same order for every population of the same recording.
    pub quantities: Vec<Quantity>,
    /// Where its input comes from.
    pub inputs: Vec<ProjectionInput>,
}

impl PopulationAnalysis {
    /// The value of a quantity by name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.quantities.iter().find(|q| q.name == name)?.value
    }
}

/// Quantities of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    /// Window they are taken from (ms).
    pub window_ms: [f64; 2],
    /// One entry per population.
    pub populations: Vec<PopulationAnalysis>,
}

/// Analyses a recording of `model` in a window (ms), by default the stationary one of [`ComparisonWindows`].
///
/// # Errors
/// [`AnalysisError`] for a window outside the run.
pub fn analyze(
    model: &Model,
    recording: &Recording,
    window_ms: Option<[f64; 2]>,
) -> Result<Analysis, AnalysisError> {
    let dt = recording.dt;
    let window = match window_ms {
        Some([from, to]) => Window::from_ms(from, to, dt)?,
        None => stationary_window(ComparisonWindows::of(model), recording)?,
    };
    let mut populations = Vec::new();
    for (index, recorded) in recording.populations.iter().enumerate() {
        let mut list = Quantities::default();
        spike_quantities(&mut list, recorded, window, dt)?;
        let t_ref = model.populations().get(index).map_or(0.0, |p| p.cell.membrane().t_ref);
        let mean_potential = potential_quantities(&mut list, recorded, window, dt, t_ref)?;
        current_quantities(&mut list, model, index, recorded, window, dt)?;
        let inputs = inputs(model, recording, index, window, mean_potential)?;
        populations.push(PopulationAnalysis {
            population: recorded.name.clone(),
            size: recorded.size,
            sampled_neurons: recorded.traces.iter().map(|t| t.neurons.len()).max().unwrap_or(0),
            quantities: list.0,
            inputs,
        });
    }
    Ok(Analysis { window_ms: [window.start() as f64 * dt, window.end() as f64 * dt], populations })
}

#[derive(Default)]
struct Quantities(Vec<Quantity>);

impl Quantities {
    fn add(&mut self, name: impl Into<String>, label: &str, unit: &str, value: Option<f64>) {
        self.0.push(Quantity {
            name: name.into(),
            label: label.to_owned(),
            unit: unit.to_owned(),
            value: value.filter(|v| v.is_finite()),
        });
    }
}

/// Samples of a segment of Welch's estimate for a signal of `n` samples: a power of two, of which four fit if they can.
pub(crate) fn spectrum_segment(n: usize) -> usize {
    let most = (n / 4).clamp(4, 1024);
    if most.is_power_of_two() { most } else { most.next_power_of_two() / 2 }
}

fn spike_quantities(
    list: &mut Quantities,
    recorded: &PopulationRecording,
    window: Window,
    dt: f64,
) -> Result<(), AnalysisError> {
    let rate = mean_rate(&recorded.counts, recorded.size, window, dt)?;
    list.add("rate", "rate", "Hz", Some(rate));
    if let Some(spikes) = &recorded.spikes {
        let rates = neuron_rates(spikes, recorded.size, window, dt)?;
        let silent = rates.iter().filter(|&&r| r == 0.0).count() as f64 / rates.len() as f64;
        let spread = Moments::of(rates.iter().copied()).map(|m| m.sd);
        list.add("rate_sd", "sd of the rates of neurons", "Hz", spread);
        list.add("silent_fraction", "fraction of silent neurons", "1", Some(silent));
        let trains = SpikeTrains::new(spikes, recorded.size, Some(window))?;
        let irregularity = Irregularity::of(&trains, LEAST_INTERVALS);
        list.add("cv", "CV of intervals", "1", irregularity.cv);
        list.add("cv2", "CV2 of intervals", "1", irregularity.cv2);
        list.add("lv", "LV of intervals", "1", irregularity.lv);
        let bins = |width: f64| Bins::new(window, steps_of(width, dt)).ok();
        let fano = bins(FANO_BIN).and_then(|b| mean_fano_factor(&trains, b));
        list.add("fano", "Fano factor of counts in 100 ms", "1", fano);
        let correlation = bins(CORRELATION_BIN).and_then(|b| mean_count_correlation(&trains, b));
        list.add("correlation", "mean correlation of counts in 5 ms", "1", correlation);
        list.add("sttc", "mean spike time tiling coefficient (5 ms)", "1", {
            // By number, not by time: the first to fire would share their first spike.
            let mut chosen: Vec<u32> = spikes
                .ids
                .iter()
                .zip(&spikes.steps)
                .filter(|(_, step)| window.contains(**step))
                .map(|(&id, _)| id)
                .collect();
            chosen.sort_unstable();
            chosen.dedup();
            chosen.truncate(TILED_NEURONS);
            let mut firing = Spikes::default();
            for (&step, id) in spikes.steps.iter().zip(&spikes.ids) {
                if let Ok(place) = chosen.binary_search(id) {
                    firing.steps.push(step);
                    firing.ids.push(place as u32);
                }
            }
            let trains = SpikeTrains::new(&firing, chosen.len().max(1), Some(window))?;
            mean_of_pairs(&sttc_matrix(&trains, window, steps_of(CORRELATION_BIN, dt)))
        });
    }
    let bin = steps_of(crate::compare::RATE_BIN, dt);
    if let Ok(rate) = PopulationRate::from_counts(&recorded.counts, recorded.size, window, bin, dt)
    {
        let fluctuation = Moments::of(rate.values.iter().copied()).map(|m| m.sd);
        list.add("population_rate_sd", "sd of the population rate (1 ms bins)", "Hz", fluctuation);
        let segment = spectrum_segment(rate.values.len());
        let rhythm = PowerSpectrum::welch(&rate.values, rate.bin, segment)
            .ok()
            .and_then(|spectrum| spectrum.peak(1.0));
        list.add("peak_frequency", "peak of the spectrum of the population rate", "Hz", rhythm);
        let smooth = rate.smoothed(10.0)?;
        let mean = smooth.values.iter().sum::<f64>() / smooth.values.len() as f64;
        let states = up_down_states(&smooth, UP_FRACTION * mean, LEAST_STATE, LEAST_STATE);
        let up: f64 = states.iter().filter(|s| s.up).map(|s| s.end - s.start).sum();
        let all: f64 = states.iter().map(|s| s.end - s.start).sum();
        list.add(
            "up_fraction",
            "fraction of time in an up state",
            "1",
            (mean > 0.0 && all > 0.0).then(|| up / all),
        );
    }
    Ok(())
}

fn mean_of_pairs(matrix: &Array2<f64>) -> Option<f64> {
    let n = matrix.nrows();
    let pairs: Vec<f64> = (0..n)
        .flat_map(|i| (0..i).map(move |j| (i, j)))
        .map(|at| matrix[at])
        .filter(|v| v.is_finite())
        .collect();
    (!pairs.is_empty()).then(|| pairs.iter().sum::<f64>() / pairs.len() as f64)
}

fn trace<'a>(recorded: &'a PopulationRecording, variable: &str) -> Option<&'a Trace> {
    recorded.traces.iter().find(|t| t.variable == variable && !t.neurons.is_empty())
}

/// Adds what V_m tells; returns its mean.
fn potential_quantities(
    list: &mut Quantities,
    recorded: &PopulationRecording,
    window: Window,
    dt: f64,
    t_ref: f64,
) -> Result<Option<f64>, AnalysisError> {
    let (Some(trace), Some(spikes)) = (trace(recorded, "V_m"), &recorded.spikes) else {
        return Ok(None);
    };
    let mask = SpikeMask::refractory((t_ref / dt).round() as u64);
    let moments = TraceMoments::masked(trace, window, spikes, recorded.size, mask)?;
    list.add("V_m_mean", "mean V_m without spikes", "mV", moments.mean());
    list.add("V_m_sd", "sd of V_m without spikes", "mV", moments.mean_sd());
    list.add("V_m_skewness", "skewness of V_m without spikes", "1", moments.mean_skewness());
    let every = trace.every.max(1);
    let rows = (window.start().div_ceil(every) as usize)
        ..(window.end().div_ceil(every) as usize).min(trace.data.nrows());
    let interval = every as f64 * dt;
    let trains = SpikeTrains::new(spikes, recorded.size, None)?;
    let max_lag = ((MEMORY / interval) as usize).min(rows.len().saturating_sub(1));
    let mut memory = Vec::new();
    for (column, &neuron) in trace.data.columns().into_iter().zip(&trace.neurons).take(8) {
        let values: Vec<f64> = rows.clone().map(|r| column[r]).collect();
        let first = rows.start as u64 * every;
        let kept = mask.kept(trains.train(neuron as usize), first, every, values.len());
        let time = autocorrelation_with_gaps(&values, &kept, max_lag)
            .and_then(|c| AutocorrelationTime::of(&c, interval));
        memory.extend(time.map(|t| t.integral));
    }
    let mean = (!memory.is_empty()).then(|| memory.iter().sum::<f64>() / memory.len() as f64);
    list.add("V_m_tau", "autocorrelation time of V_m (integral)", "ms", mean);
    let samples = trace.data.slice_axis(Axis(0), Slice::from(rows));
    let synchrony = if trace.neurons.len() > 1 { synchrony_index(&samples) } else { None };
    list.add("V_m_synchrony", "synchrony index of V_m", "1", synchrony);
    Ok(moments.mean())
}

/// Adds conductances and currents by receptor, and the balance of the latter.
fn current_quantities(
    list: &mut Quantities,
    model: &Model,
    index: usize,
    recorded: &PopulationRecording,
    window: Window,
    dt: f64,
) -> Result<(), AnalysisError> {
    for trace in &recorded.traces {
        let (kind, receptor) = match trace.variable.split_at_checked(2) {
            Some(("g_", receptor)) => ("conductance", receptor),
            Some(("I_", receptor)) => ("current", receptor),
            _ => continue,
        };
        let moments = TraceMoments::new(trace, window)?;
        let label = format!("mean {kind} of {receptor}");
        list.add(format!("{}_mean", trace.variable), &label, &trace.unit, moments.mean());
        let label = format!("sd of the {kind} of {receptor}");
        list.add(format!("{}_sd", trace.variable), &label, &trace.unit, moments.mean_sd());
    }
    let Some(membrane) = model.populations().get(index).map(|p| p.cell.membrane()) else {
        return Ok(());
    };
    // A receptor is excitatory when its current depolarises at threshold.
    let currents = |excitatory: bool| -> Option<Array2<f64>> {
        model
            .receptors_of(index)
            .iter()
            .filter(|&&r| {
                let (p, q) = model.receptors()[r].kind.coefficients();
                let weight = model
                    .projections_onto(index)
                    .filter(|projection| projection.receptor == r)
                    .map(|projection| projection.weight)
                    .sum::<f64>();
                (weight * (q - p * membrane.V_th) > 0.0) == excitatory
            })
            .map(|&r| &model.receptors()[r])
            .filter_map(|r| trace(recorded, &format!("I_{}", r.name)))
            .map(|t| t.data.clone())
            .reduce(|a, b| a + b)
    };
    let (Some(excitatory), Some(inhibitory)) = (currents(true), currents(false)) else {
        return Ok(());
    };
    let every = recorded.traces.first().map_or(1, |t| t.every.max(1));
    let rows = window.start().div_ceil(every) as usize
        ..(window.end().div_ceil(every) as usize).min(excitatory.nrows());
    let interval = every as f64 * dt;
    let max_lag = ((BALANCE_LAG / interval) as usize).min(rows.len().saturating_sub(2));
    let mut each = Vec::new();
    let within = |all: &Array2<f64>| all.slice_axis(Axis(0), Slice::from(rows.clone())).to_owned();
    let (excitatory, inhibitory) = (within(&excitatory), within(&inhibitory));
    for c in 0..excitatory.ncols() {
        each.push(CurrentBalance::of(&excitatory.column(c), &inhibitory.column(c), max_lag)?);
    }
    let mean = |f: &dyn Fn(&CurrentBalance) -> Option<f64>| {
        let values: Vec<f64> = each.iter().filter_map(f).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    list.add("I_exc", "mean excitatory current", "pA", mean(&|b| Some(b.excitatory)));
    list.add("I_inh", "mean inhibitory current", "pA", mean(&|b| Some(b.inhibitory)));
    list.add("I_net", "mean net synaptic current", "pA", mean(&|b| Some(b.net)));
    list.add("imbalance", "|net| over |excitatory| + |inhibitory|", "1", mean(&|b| b.imbalance));
    list.add(
        "balance_correlation",
        "correlation of excitation and inhibition",
        "1",
        mean(&|b| b.correlation),
    );
    list.add(
        "balance_lag",
        "lag of inhibition behind excitation",
        "ms",
        mean(&|b| b.lag.map(|k| k as f64 * interval)),
    );
    Ok(())
}

/// Afferent and recurrent input of a population, expected from the rates of the sources in the window.
fn inputs(
    model: &Model,
    recording: &Recording,
    target: usize,
    window: Window,
    mean_potential: Option<f64>,
) -> Result<Vec<ProjectionInput>, AnalysisError> {
    let dt = recording.dt;
    let mut inputs = Vec::new();
    for projection in model.projections_onto(target) {
        let rate = match projection.source {
            Source::Population(i) => match recording.populations.get(i) {
                Some(p) => mean_rate(&p.counts, p.size, window, dt)?,
                None => continue,
            },
            Source::Afferent(i) => {
                let afferent = &model.afferents()[i];
                match &afferent.activity {
                    AfferentActivity::Rate { rate, .. } => {
                        let steps = window.start()..window.end();
                        let n = window.n_steps() as f64;
                        steps.map(|k| rate.at(k as f64 * dt)).sum::<f64>() / n
                    }
                    AfferentActivity::Spikes { spikes } => {
                        let (from, to) = (window.start() as f64 * dt, window.end() as f64 * dt);
                        let inside = spikes.times.iter().filter(|&&t| t >= from && t < to).count();
                        inside as f64 / f64::from(afferent.size) / window.seconds(dt)?
                    }
                }
            }
        };
        let receptor = &model.receptors()[projection.receptor];
        let event_rate = projection.in_degree * projection.release_probability * rate;
        let mean = 1e-3 * event_rate * projection.weight * receptor.area();
        let (p, q) = receptor.kind.coefficients();
        inputs.push(ProjectionInput {
            projection: projection.name.clone(),
            afferent: matches!(projection.source, Source::Afferent(_)),
            event_rate,
            conductance: p * mean,
            current: mean_potential.map(|v| mean * (q - p * v)),
        });
    }
    Ok(inputs)
}
