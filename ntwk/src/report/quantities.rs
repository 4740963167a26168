//! The macroscopic quantities of a run: one list per population.

use ndarray::{Array2, Axis, Slice};
use ntwk_analysis::{
    AnalysisError, AutocorrelationTime, Bins, CurrentBalance, Estimate, Irregularity, Moments,
    PopulationRate, SpectralPeak, SpikeMask, SpikeTrains, TraceMoments, Window,
    autocorrelation_with_gaps, mean_count_correlation, mean_fano_factor, mean_rate, neuron_rates,
    sttc_matrix, synchrony_index, up_down_states,
};
use ntwk_core::model::Source;
use ntwk_core::spec::{AfferentActivity, ReceptorKind};
use ntwk_core::{Model, PopulationRecording, Recording, Spikes};
use serde::Serialize;

use crate::compare::rate_error::rate_error;
use crate::compare::{stationary_window, steps_of};
use crate::report::currents::synaptic_currents;
use ntwk_meanfield::prediction::windows::{ComparisonWindows, WindowBasis};

/// Bin of spike counts for correlations, and reach of the spike time tiling coefficient (ms).
pub const CORRELATION_BIN: f64 = 5.0;
/// Least number of bins for a variance of counts.
const LEAST_BINS: usize = 5;
/// Bin of spike counts for the Fano factor (ms).
pub const FANO_BIN: f64 = 100.0;
/// Neurons whose pairs are compared by the spike time tiling coefficient: those of lowest number that fire.
pub const TILED_NEURONS: usize = 50;
/// Least number of intervals of a neuron that counts for CV, CV2 and LV.
pub(crate) const LEAST_INTERVALS: usize = 5;
/// Part of a CV that short trains take from it, from which on a note says so.
const SHORT: f64 = 0.03;
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
    /// Its standard error, where there is one.
    pub error: Option<f64>,
    /// What it rests on.
    pub from: Basis,
}

impl Quantity {
    /// The value, its error, and what it rests on: `1.59 ± 0.03 (2042 spikes)`; "–" for a
    /// value that the data do not define.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Basis { n, of } = self.from;
        let of = if n == 1 { of.strip_suffix('s').unwrap_or(of) } else { of };
        match (self.value, self.error) {
            (None, _) => format!("– ({n} {of})"),
            (Some(value), None) => format!("{} ({n} {of})", significant(value, None)),
            (Some(value), Some(error)) => {
                let (value, error) =
                    (significant(value, Some(error)), significant(error, Some(error)));
                format!("{value} ± {error} ({n} {of})")
            }
        }
    }
}

/// A number for people: four significant digits, or, beside an error, as many as leave two of the error.
#[must_use]
pub fn significant(x: f64, error: Option<f64>) -> String {
    // Beyond that, digits are noise: a number that blew up must not fill the screen.
    if x.abs() >= 1e12 {
        return format!("{x:.3e}");
    }
    let last = match error {
        Some(error) if error > 0.0 => 1 - error.log10().floor() as i32,
        _ if x == 0.0 => return "0".to_owned(),
        _ => 3 - x.abs().log10().floor() as i32,
    };
    format!("{x:.*}", last.clamp(0, 8) as usize)
}

/// A number with its sign and so many decimals; what rounds to zero is no negative zero.
#[must_use]
pub fn signed(x: f64, decimals: usize) -> String {
    let text = format!("{x:+.decimals$}");
    if text.bytes().any(|c| (b'1'..=b'9').contains(&c)) { text } else { text.replace('-', "+") }
}

/// What a quantity rests on: a number of spikes, intervals, neurons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Basis {
    /// How many.
    pub n: u64,
    /// Of what.
    pub of: &'static str,
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
    /// Mean current `conductance x (E_rev - mean V_m)` (pA), of steps of the potential `event rate x weight x C_m`; `None` without
    /// a recorded V_m.
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
        self.quantity(name)?.value
    }

    /// A quantity by name.
    #[must_use]
    pub fn quantity(&self, name: &str) -> Option<&Quantity> {
        self.quantities.iter().find(|q| q.name == name)
    }
}

/// Quantities of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    /// Window they are taken from (ms).
    pub window_ms: [f64; 2],
    /// Why it is this one.
    pub window_basis: WindowBasis,
    /// One entry per population.
    pub populations: Vec<PopulationAnalysis>,
    /// What the reader should know: what the window is too short for.
    pub notes: Vec<String>,
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
    let (window, window_basis) = match window_ms {
        Some([from, to]) => (Window::from_ms(from, to, dt)?, WindowBasis::Asked),
        None => {
            let windows = ComparisonWindows::of(model);
            (stationary_window(windows, recording)?, windows.basis)
        }
    };
    let (mut populations, mut notes) = (Vec::new(), Vec::new());
    for (index, recorded) in recording.populations.iter().enumerate() {
        let mut list = Quantities::default();
        let error = rate_error(model, recorded, window, window_basis, dt);
        spike_quantities(&mut list, recorded, window, error, dt, &mut notes)?;
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
    let window_ms = [window.start() as f64 * dt, window.end() as f64 * dt];
    Ok(Analysis { window_ms, window_basis, populations, notes })
}

#[derive(Default)]
struct Quantities(Vec<Quantity>);

impl Quantities {
    fn add(
        &mut self,
        name: impl Into<String>,
        label: &str,
        unit: &str,
        value: Option<f64>,
        from: Basis,
    ) {
        let value = value.map(|value| Estimate { value, error: None, n: from.n });
        self.estimate(name, label, unit, value, from);
    }

    /// Adds a value with its error; where there is none, `from` says on how little it would have rested.
    fn estimate(
        &mut self,
        name: impl Into<String>,
        label: &str,
        unit: &str,
        estimate: Option<Estimate>,
        from: Basis,
    ) {
        let estimate = estimate.filter(|e| e.value.is_finite());
        self.0.push(Quantity {
            name: name.into(),
            label: label.to_owned(),
            unit: unit.to_owned(),
            value: estimate.map(|e| e.value),
            error: estimate.and_then(|e| e.error),
            from,
        });
    }
}

/// So many of something.
fn of(n: usize, of: &'static str) -> Basis {
    Basis { n: n as u64, of }
}

fn spike_quantities(
    list: &mut Quantities,
    recorded: &PopulationRecording,
    window: Window,
    error: Option<f64>,
    dt: f64,
    notes: &mut Vec<String>,
) -> Result<(), AnalysisError> {
    let value = mean_rate(&recorded.counts, recorded.size, window, dt)?;
    let inside = window.start() as usize..(window.end() as usize).min(recorded.counts.len());
    let n_spikes: u64 = recorded.counts[inside].iter().map(|&c| u64::from(c)).sum();
    let spiked = Basis { n: n_spikes, of: "spikes" };
    list.estimate("rate", "rate", "Hz", Some(Estimate { value, error, n: n_spikes }), spiked);
    if let Some(spikes) = &recorded.spikes {
        let rates = neuron_rates(spikes, recorded.size, window, dt)?;
        let neurons = of(rates.len(), "neurons");
        let silent = rates.iter().filter(|&&r| r == 0.0).count() as f64 / rates.len() as f64;
        let spread = Moments::of(rates.iter().copied()).filter(|m| m.n > 1).map(|m| m.sd);
        list.add("rate_sd", "sd of the rates of neurons", "Hz", spread, neurons);
        list.add("silent_fraction", "fraction of silent neurons", "1", Some(silent), neurons);
        let trains = SpikeTrains::new(spikes, recorded.size, Some(window))?;
        let found = Irregularity::of(&trains, LEAST_INTERVALS);
        let intervals = Basis { n: found.n_intervals, of: "intervals" };
        let firing = of(found.n_firing, "neurons that fire");
        let counted = Some(found.n_neurons as f64);
        list.add("cv_neurons", "neurons with 5 intervals or more", "1", counted, firing);
        list.estimate("cv", "CV of intervals (neurons with 5 or more)", "1", found.cv, intervals);
        if let (Some(cv), Some(short)) = (found.cv, found.cv_shortfall.filter(|s| *s > SHORT)) {
            let spikes = (found.n_intervals as f64 / found.n_neurons as f64) + 1.0;
            notes.push(format!(
                "CV of {}: {} of {} neurons that fire have {LEAST_INTERVALS} intervals or more, {spikes:.1} spikes on average: windows this \
                 short make a CV of {:.2} about {:.0} % too low (its ± contains that; CV2 and LV are not affected)",
                recorded.name,
                found.n_neurons,
                found.n_firing,
                cv.value,
                100.0 * short
            ));
        }
        list.estimate(
            "cv2",
            "CV2 of intervals (neurons with 5 or more)",
            "1",
            found.cv2,
            intervals,
        );
        list.estimate("lv", "LV of intervals (neurons with 5 or more)", "1", found.lv, intervals);
        let bins = |width: f64| Bins::new(window, steps_of(width, dt)).ok();
        let fano = bins(FANO_BIN).filter(|b| b.len() >= LEAST_BINS);
        let n = fano.map_or(0, |b| b.len());
        let fano = fano.and_then(|b| mean_fano_factor(&trains, b));
        list.estimate("fano", "Fano factor of counts in 100 ms", "1", fano, of(n, "bins"));
        let correlation = bins(CORRELATION_BIN).filter(|b| b.len() >= LEAST_BINS);
        let n = correlation.map_or(0, |b| b.len());
        let correlation = correlation.and_then(|b| mean_count_correlation(&trains, b));
        let label = "mean correlation of counts in 5 ms";
        list.add("correlation", label, "1", correlation, of(n, "bins"));
        let tiling = {
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
        };
        let (n, tiling) = tiling.map_or((0, None), |(n, mean)| (n, Some(mean)));
        list.add("sttc", "mean spike time tiling coefficient (5 ms)", "1", tiling, of(n, "pairs"));
    }
    let bin = steps_of(crate::compare::RATE_BIN, dt);
    if let Ok(rate) = PopulationRate::from_counts(&recorded.counts, recorded.size, window, bin, dt)
    {
        let binned = of(rate.values.len(), "bins");
        let fluctuation = Moments::of(rate.values.iter().copied()).map(|m| m.sd);
        let label = "sd of the population rate (1 ms bins)";
        list.add("population_rate_sd", label, "Hz", fluctuation, binned);
        let rhythm = SpectralPeak::of(&rate.values, rate.bin, |_, _| true);
        let label = "peak of the spectrum of the population rate";
        let frequency = rhythm.as_ref().map(|r| r.frequency);
        list.add("peak_frequency", label, "Hz", frequency, binned);
        let n = of(rhythm.as_ref().map_or(0, |r| r.spectrum.segments), "segments");
        let resolution = rhythm.map(|r| r.resolution);
        list.add("peak_resolution", "resolution of that spectrum", "Hz", resolution, n);
        let smooth = rate.smoothed(10.0)?;
        let mean = smooth.values.iter().sum::<f64>() / smooth.values.len() as f64;
        let states = up_down_states(&smooth, UP_FRACTION * mean, LEAST_STATE, LEAST_STATE);
        let up: f64 = states.iter().filter(|s| s.up).map(|s| s.end - s.start).sum();
        let all: f64 = states.iter().map(|s| s.end - s.start).sum();
        let fraction = (mean > 0.0 && all > 0.0).then(|| up / all);
        let n = of(states.len(), "states");
        list.add("up_fraction", "fraction of time in an up state", "1", fraction, n);
    }
    Ok(())
}

/// Number of pairs and their mean.
fn mean_of_pairs(matrix: &Array2<f64>) -> Option<(usize, f64)> {
    let n = matrix.nrows();
    let pairs: Vec<f64> = (0..n)
        .flat_map(|i| (0..i).map(move |j| (i, j)))
        .map(|at| matrix[at])
        .filter(|v| v.is_finite())
        .collect();
    (!pairs.is_empty()).then(|| (pairs.len(), pairs.iter().sum::<f64>() / pairs.len() as f64))
}

/// Adds what V_m tells; returns its mean.
fn potential_quantities(
    list: &mut Quantities,
    recorded: &PopulationRecording,
    window: Window,
    dt: f64,
    t_ref: f64,
) -> Result<Option<f64>, AnalysisError> {
    let trace = recorded.trace_of_the_run("V_m").filter(|t| !t.neurons.is_empty());
    let (Some(trace), Some(spikes)) = (trace, &recorded.spikes) else {
        return Ok(None);
    };
    let mask = SpikeMask::refractory((t_ref / dt).round() as u64);
    let moments = TraceMoments::masked(trace, window, spikes, recorded.size, mask)?;
    let over = |f: fn(&Moments) -> Option<f64>| {
        Estimate::mean(moments.per_neuron.iter().flatten().filter_map(f))
    };
    let sampled = of(moments.per_neuron.iter().flatten().count(), "neurons");
    let unit = if trace.unit.is_empty() { "1" } else { &trace.unit };
    list.estimate("V_m_mean", "mean V_m without spikes", unit, over(|m| Some(m.mean)), sampled);
    list.estimate("V_m_sd", "sd of V_m without spikes", unit, over(|m| Some(m.sd)), sampled);
    let skewness = over(|m| m.skewness);
    list.estimate("V_m_skewness", "skewness of V_m without spikes", "1", skewness, sampled);
    let every = trace.steps.every.max(1);
    let rows = trace.steps.rows(window.start()..window.end());
    let rows = rows.start..rows.end.min(trace.data.nrows());
    let interval = every as f64 * dt;
    let trains = SpikeTrains::new(spikes, recorded.size, None)?;
    let max_lag = ((MEMORY / interval) as usize).min(rows.len().saturating_sub(1));
    let mut memory = Vec::new();
    for (column, &neuron) in trace.data.columns().into_iter().zip(&trace.neurons).take(8) {
        let values: Vec<f64> = rows.clone().map(|r| column[r]).collect();
        let first = trace.steps.step(rows.start);
        let kept = mask.kept(trains.train(neuron as usize), first, every, values.len());
        let time = autocorrelation_with_gaps(&values, &kept, max_lag)
            .and_then(|c| AutocorrelationTime::of(&c, interval));
        memory.extend(time.map(|t| t.integral));
    }
    let n = of(memory.len(), "neurons");
    let label = "autocorrelation time of V_m (integral)";
    list.estimate("V_m_tau", label, "ms", Estimate::mean(memory), n);
    let samples = trace.data.slice_axis(Axis(0), Slice::from(rows));
    let synchrony = if trace.neurons.len() > 1 { synchrony_index(&samples) } else { None };
    list.add(
        "V_m_synchrony",
        "synchrony index of V_m (1/√n where independent)",
        "1",
        synchrony,
        of(trace.neurons.len(), "neurons"),
    );
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
    for (i, trace) in recorded.traces.iter().enumerate() {
        // Of several traces of a variable the one that statistics are made of.
        let first = recorded.trace_of_the_run(&trace.variable);
        if !first.is_some_and(|first| std::ptr::eq(first, &recorded.traces[i])) {
            continue;
        }
        let (kind, receptor) = match trace.variable.split_at_checked(2) {
            Some(("g_", receptor)) => ("conductance", receptor),
            Some(("I_", receptor)) => ("current", receptor),
            _ => continue,
        };
        let moments = TraceMoments::new(trace, window)?;
        let over =
            |f: fn(&Moments) -> f64| Estimate::mean(moments.per_neuron.iter().flatten().map(f));
        let (name, unit) = (&trace.variable, &trace.unit);
        let n = of(moments.per_neuron.iter().flatten().count(), "neurons");
        let label = format!("mean {kind} of {receptor}");
        list.estimate(format!("{name}_mean"), &label, unit, over(|m| m.mean), n);
        let label = format!("sd of the {kind} of {receptor}");
        list.estimate(format!("{name}_sd"), &label, unit, over(|m| m.sd), n);
    }
    let currents = synaptic_currents(model, index, recorded);
    let (Some(excitatory), Some(inhibitory), true) =
        (currents.excitatory, currents.inhibitory, currents.steps.cover_the_run())
    else {
        return Ok(());
    };
    let rows = currents.steps.rows(window.start()..window.end());
    let rows = rows.start..rows.end.min(excitatory.nrows());
    let interval = currents.steps.every.max(1) as f64 * dt;
    let max_lag = ((BALANCE_LAG / interval) as usize).min(rows.len().saturating_sub(2));
    let mut each = Vec::new();
    let within = |all: &Array2<f64>| all.slice_axis(Axis(0), Slice::from(rows.clone())).to_owned();
    let (excitatory, inhibitory) = (within(&excitatory), within(&inhibitory));
    for c in 0..excitatory.ncols() {
        each.push(CurrentBalance::of(&excitatory.column(c), &inhibitory.column(c), max_lag)?);
    }
    let mut add =
        |name: &str, label: &str, unit: &str, f: &dyn Fn(&CurrentBalance) -> Option<f64>| {
            let values: Vec<f64> = each.iter().filter_map(f).collect();
            let n = of(values.len(), "neurons");
            list.estimate(name, label, unit, Estimate::mean(values), n);
        };
    add("I_exc", "mean excitatory current", "pA", &|b| Some(b.excitatory));
    add("I_inh", "mean inhibitory current", "pA", &|b| Some(b.inhibitory));
    add("I_net", "mean net synaptic current", "pA", &|b| Some(b.net));
    add("imbalance", "|net| over |excitatory| + |inhibitory|", "1", &|b| b.imbalance);
    let label = "correlation of excitation and inhibition";
    add("balance_correlation", label, "1", &|b| b.correlation);
    let label = "lag of inhibition behind excitation";
    add("balance_lag", label, "ms", &|b| b.lag.map(|k| k as f64 * interval));
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
        let is_known = receptor.kind.decays() || receptor.kind == ReceptorKind::Delta;
        // A step of the potential is a pulse of the charge `weight x C_m`.
        let of_steps = (receptor.kind == ReceptorKind::Delta).then(|| {
            let membrane = model.populations()[target].cell.membrane();
            1e-3 * event_rate * projection.weight * membrane.C_m
        });
        inputs.push(ProjectionInput {
            projection: projection.name.clone(),
            afferent: matches!(projection.source, Source::Afferent(_)),
            event_rate,
            // What is a variable of the cell, or has equations of its own, has no mean that is known beforehand.
            conductance: if is_known { p * mean } else { f64::NAN },
            current: of_steps
                .or_else(|| mean_potential.filter(|_| is_known).map(|v| mean * (q - p * v))),
        });
    }
    Ok(inputs)
}

#[cfg(test)]
mod tests {
    use super::signed;

    #[test]
    fn what_rounds_to_zero_has_no_sign_of_its_own() {
        assert_eq!(
            [-0.04, 0.0, -0.06, 2.5].map(|x| signed(x, 1)),
            ["+0.0", "+0.0", "-0.1", "+2.5"]
        );
        assert_eq!(signed(f64::NAN, 1), "NaN");
    }
}
