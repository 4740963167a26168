//! The transfer function of a morphological cell: rate out against the rates of two groups of synapses, measured on the
//! cell and fitted in the form the mean field takes.

use std::path::Path;

use ndarray::Array2;
use ntwk_analysis::{AutocorrelationTime, autocorrelation};
use ntwk_core::{Job, Membrane};
use ntwk_io::{ScanArray, ScanData, ScanValues};
use ntwk_meanfield::{
    Fit, FitError, FitOptions, Moments, SIGMA_FLOOR, ScanPoint, ThresholdForm, fit,
};
use ntwk_morpho::spec::{Activity, CellSpec};
use ntwk_morpho::studies::{StudyError, impedance_map, settled};
use ntwk_morpho::{Location, Morphology, Simulation, SimulationError};
use ntwk_plot::figures::{TransferData, transfer as transfer_panel};
use ntwk_plot::{Figure, Layout, PlotError, Theme, Width};
use serde::Serialize;
use serde_json::json;

use super::checks::Checks;
use super::{MorphoCell, MorphoError};
use crate::studies::table::{ColumnValues, Table};
use crate::sweep::identity::StudyIdentity;
use crate::sweep::run::{SweepOutcome, run_points};
use crate::sweep::store::{PointStatus, StoreOptions};
use crate::sweep::task::{DescriptionError, PointFailure, PointQuantity, PointTask, number_axis};

/// What is measured.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TransferOptions {
    /// Excitatory group of synapses; `excitation` by default.
    pub excitation: String,
    /// Inhibitory group of synapses; `inhibition` by default.
    pub inhibition: String,
    /// Rates per excitatory synapse (Hz); 0.5, 1, 1.5, 2, 2.5, 3, 4 by default.
    pub rates_excitation: Vec<f64>,
    /// Rates per inhibitory synapse (Hz); 1, 4, 8 by default.
    pub rates_inhibition: Vec<f64>,
    /// Channels that make spikes, left out where moments are measured; all but leak by default.
    pub spiking: Option<Vec<String>>,
    /// Initial transient to discard (ms); 300 by default.
    pub transient: f64,
    /// Time measured per repetition (ms); 2000 by default.
    pub duration: f64,
    /// Repetitions with other spikes; 2 by default.
    pub repetitions: u32,
    /// Threshold of a spike at the soma (mV); −10 by default.
    pub threshold: f64,
    /// Terms of the effective threshold that is fitted; four by default.
    pub form: ThresholdForm,
}

impl Default for TransferOptions {
    fn default() -> Self {
        Self {
            excitation: "excitation".to_owned(),
            inhibition: "inhibition".to_owned(),
            rates_excitation: vec![0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0],
            rates_inhibition: vec![1.0, 4.0, 8.0],
            spiking: None,
            transient: 300.0,
            duration: 2000.0,
            repetitions: 2,
            threshold: -10.0,
            form: ThresholdForm::Linear4,
        }
    }
}

/// A point of the transfer function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransferPoint {
    /// Rate per excitatory synapse (Hz).
    pub excitation: f64,
    /// Rate per inhibitory synapse (Hz).
    pub inhibition: f64,
    /// Moments and rate, as the fit takes them.
    pub point: ScanPoint,
}

/// The transfer function, as far as it was measured.
#[derive(Debug, Clone)]
pub struct TransferResult {
    cell: MorphoCell,
    options: TransferOptions,
    /// The points that are stored.
    pub runs: SweepOutcome,
    /// Membrane of the point neuron that stands for the cell: g_L = 1/R_in of the soma, C_m = g_L τ with the time constant of
    /// the somatic response, E_L the resting potential; no adaptation.
    pub membrane: Membrane,
    /// The measured points, inhibition by inhibition.
    pub points: Vec<TransferPoint>,
    /// The effective threshold fitted to all points, or why there is none; `None` unless all points are measured.
    pub fit: Option<Result<Fit, FitError>>,
}

/// A fitted transfer function in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TransferSummary {
    /// Terms of the effective threshold.
    pub form: ThresholdForm,
    /// Its coefficients (mV).
    pub coefficients_mv: Vec<f64>,
    /// Their standard errors (mV).
    pub standard_errors_mv: Vec<f64>,
    /// Share of the variance of the rates that is explained.
    pub r_squared: f64,
    /// Root of the mean squared error of the rates (Hz).
    pub rms_error_hz: f64,
    /// Number of points.
    pub points: usize,
    /// Leak conductance of the point neuron that stands for the cell (nS).
    pub effective_g_l_ns: f64,
    /// Its capacitance (pF).
    pub effective_c_m_pf: f64,
    /// Its resting potential (mV).
    pub effective_e_l_mv: f64,
}

/// Time between samples of the potential (ms).
const SAMPLING: f64 = 0.5;
/// Longest lag of the autocorrelation (ms).
const LONGEST_LAG: f64 = 300.0;

/// Measures the rate of the cell under Poisson trains of all combinations of rates, and the moments of the somatic potential
/// with the `spiking` channels left out (the theory takes them without spikes), with the same spikes. Each point is stored in
/// the file `path` when it is known.
///
/// # Errors
/// [`MorphoError`].
pub fn transfer(
    cell: &MorphoCell,
    options: &TransferOptions,
    path: &Path,
    store: StoreOptions,
    job: &Job<'_>,
) -> Result<TransferResult, MorphoError> {
    let spec = &cell.file().spec;
    check(spec, options)?;
    let mut passive = spec.clone();
    let spiking = spiking(spec, options);
    passive.channels.retain(|name, _| !spiking.contains(name));
    let membrane = membrane(&passive, &cell.file().morphology, job)?;
    let task = Points { cell: cell.clone(), options: options.clone(), passive, membrane };
    let runs = run_points(&task, path, store, job)?;
    let points = task.measured(&runs.data);
    let fit = (points.len() == runs.points).then(|| {
        let points: Vec<ScanPoint> = points.iter().map(|p| p.point).collect();
        fit(options.form, &membrane, &points, &FitOptions::default())
    });
    Ok(TransferResult { cell: cell.clone(), options: task.options, runs, membrane, points, fit })
}

impl TransferResult {
    /// One row per measured point.
    #[must_use]
    pub fn table(&self) -> Table {
        let of = |f: fn(&TransferPoint) -> f64| self.points.iter().map(f).collect::<Vec<f64>>();
        let samples = self.points.iter().map(|p| p.point.samples as u64).collect();
        let TransferOptions { excitation, inhibition, .. } = &self.options;
        Table::default()
            .numbers(&format!("rate_{excitation}"), "Hz", &of(|p| p.excitation))
            .numbers(&format!("rate_{inhibition}"), "Hz", &of(|p| p.inhibition))
            .numbers("mu_V", "mV", &of(|p| p.point.moments.mu_V))
            .numbers("sigma_V", "mV", &of(|p| p.point.moments.sigma_V))
            .numbers("tau_V", "ms", &of(|p| p.point.moments.tau_V))
            .numbers("rate", "Hz", &of(|p| p.point.rate))
            .numbers("standard_error", "Hz", &of(|p| p.point.standard_error))
            .with("neurons", "", ColumnValues::Counts(samples))
    }

    /// The fit in numbers; `None` without one.
    #[must_use]
    pub fn summary(&self) -> Option<TransferSummary> {
        let fit = self.fitted()?;
        Some(TransferSummary {
            form: fit.transfer_function.form(),
            coefficients_mv: fit.transfer_function.coefficients().to_vec(),
            standard_errors_mv: fit.standard_errors.clone(),
            r_squared: fit.quality.r_squared,
            rms_error_hz: fit.quality.mean_squared_error.sqrt(),
            points: self.points.len(),
            effective_g_l_ns: self.membrane.g_L,
            effective_c_m_pf: self.membrane.C_m,
            effective_e_l_mv: self.membrane.E_L,
        })
    }

    fn fitted(&self) -> Option<&Fit> {
        self.fit.as_ref()?.as_ref().ok()
    }

    /// Measured and fitted rates; `None` unless all points are measured.
    ///
    /// # Errors
    /// [`PlotError`] when nothing can be drawn.
    pub fn figure(&self, theme: &Theme) -> Result<Option<Figure>, PlotError> {
        if self.fit.is_none() {
            return Ok(None);
        }
        let (first, second) = (&self.options.rates_excitation, &self.options.rates_inhibition);
        let grid = |of: &dyn Fn(usize) -> f64| {
            Array2::from_shape_fn((first.len(), second.len()), |(i, j)| of(j * first.len() + i))
        };
        let rate = grid(&|k| self.points[k].point.rate);
        let error = grid(&|k| self.points[k].point.standard_error);
        let curves =
            self.fitted().map(|fit| grid(&|k| self.points[k].point.rate + fit.residuals[k]));
        let name = self.cell.title();
        let data = TransferData {
            name,
            first_name: "excitatory rate per synapse",
            first_symbol: "ν_e",
            second_name: "inhibitory rate per synapse",
            second_symbol: "ν_i",
            first,
            second,
            rate: rate.view(),
            error: Some(error.view()),
            fit: curves.as_ref().map(|c| (first.as_slice(), c.view())),
        };
        let panel = transfer_panel(&data, theme)?;
        Ok(Some(Figure::new(name, Width::Column, 70.0, Layout::panel(panel), theme)))
    }
}

/// The points of the transfer function, which are stored.
struct Points {
    cell: MorphoCell,
    options: TransferOptions,
    /// The cell without its spiking channels.
    passive: CellSpec,
    membrane: Membrane,
}

impl Points {
    /// The points that `data` holds.
    fn measured(&self, data: &ScanData) -> Vec<TransferPoint> {
        let at = |name: &str, k: usize| match data.get(name).map(|a| &a.values) {
            Some(ScanValues::Numbers(v)) => v.get(k).copied().unwrap_or(f64::NAN),
            _ => f64::NAN,
        };
        let done = |k: &usize| PointStatus::of(at("status", *k)) == PointStatus::Done;
        let point = |k: usize| {
            let (excitation, inhibition) = self.rates(k);
            TransferPoint {
                excitation,
                inhibition,
                point: ScanPoint {
                    moments: Moments {
                        mu_V: at("mu_V", k),
                        sigma_V: at("sigma_V", k),
                        gamma_V: at("gamma_V", k),
                        tau_V: at("tau_V", k),
                        tau_m: self.membrane.tau_m(),
                        mu_G: self.membrane.g_L,
                    },
                    rate: at("rate", k),
                    standard_error: at("standard_error", k),
                    samples: self.options.repetitions as usize,
                },
            }
        };
        (0..self.points()).filter(done).map(point).collect()
    }

    /// Rates per excitatory and inhibitory synapse (Hz) at a point.
    fn rates(&self, index: usize) -> (f64, f64) {
        let TransferOptions { rates_excitation: e, rates_inhibition: i, .. } = &self.options;
        (e[index % e.len()], i[index / e.len()])
    }
}

/// Names of the axes of rates.
const RATE_AXES: [&str; 2] = ["inhibitory_rate", "excitatory_rate"];

impl PointTask for Points {
    fn study(&self) -> Result<StudyIdentity, DescriptionError> {
        let o = &self.options;
        let settings = json!({
            "excitation": o.excitation,
            "inhibition": o.inhibition,
            "excitation_rates_Hz": o.rates_excitation,
            "inhibition_rates_Hz": o.rates_inhibition,
            "spiking_channels": spiking(&self.cell.file().spec, o),
            "transient_ms": o.transient,
            "duration_ms": o.duration,
            "repetitions": o.repetitions,
            "threshold_mV": o.threshold,
        });
        let kind = "transfer function of a morphological cell";
        Ok(StudyIdentity::new(kind, self.cell.description()?, &settings))
    }

    fn seed(&self) -> u64 {
        self.cell.file().spec.simulation.seed
    }

    fn axes(&self) -> Vec<ScanArray> {
        let o = &self.options;
        let meaning = |group: &str| format!("rate per synapse of {group}");
        let axis = |name: &str, group: &str, rates: &[f64]| {
            number_axis(name, &meaning(group), "Hz", rates.to_vec())
        };
        vec![
            axis(RATE_AXES[0], &o.inhibition, &o.rates_inhibition),
            axis(RATE_AXES[1], &o.excitation, &o.rates_excitation),
        ]
    }

    fn dimensions(&self) -> usize {
        2
    }

    fn label(&self, index: usize) -> Vec<(String, String)> {
        let (e, i) = self.rates(index);
        vec![(RATE_AXES[0].to_owned(), i.to_string()), (RATE_AXES[1].to_owned(), e.to_string())]
    }

    fn compute(&self, index: usize, job: &Job<'_>) -> Result<Vec<PointQuantity>, PointFailure> {
        let point = point(self, self.rates(index), job).map_err(|e| {
            if e.is_interruption() {
                PointFailure::Interrupted
            } else {
                PointFailure::Failed(e.to_string())
            }
        })?;
        let m = &point.moments;
        let error = point.standard_error;
        let quantity = PointQuantity::scalar;
        Ok(vec![
            quantity("mu_V", "mean potential of the soma without spikes", "mV", m.mu_V),
            quantity("sigma_V", "its standard deviation", "mV", m.sigma_V),
            quantity("gamma_V", "its skewness", "1", m.gamma_V),
            quantity("tau_V", "its autocorrelation time", "ms", m.tau_V),
            quantity("rate", "firing rate", "Hz", point.rate),
            quantity("standard_error", "its standard error", "Hz", error),
        ])
    }
}

/// Names of the channels that are left out where moments are measured.
fn spiking(spec: &CellSpec, options: &TransferOptions) -> Vec<String> {
    let all_but_leak = || {
        let all = spec.channels.iter();
        all.filter(|(_, c)| c.model.kind() != "leak").map(|(name, _)| name.clone()).collect()
    };
    options.spiking.clone().unwrap_or_else(all_but_leak)
}

fn check(spec: &CellSpec, options: &TransferOptions) -> Result<(), MorphoError> {
    let groups: Vec<String> = spec.synapses.keys().cloned().collect();
    let mut checks = Checks::default();
    if options.excitation == options.inhibition {
        let name = options.excitation.clone();
        checks.take::<()>(Err(MorphoError::OneGroup { name }));
    }
    let mut named = vec![&options.excitation, &options.inhibition];
    named.dedup();
    for name in named.into_iter().filter(|name| !groups.contains(name)) {
        let (name, known) = (name.clone(), groups.clone());
        checks.take::<()>(Err(MorphoError::Group { name, known }));
    }
    let channels: Vec<String> = spec.channels.keys().cloned().collect();
    for name in options.spiking.iter().flatten().filter(|name| !channels.contains(name)) {
        let (name, known) = (name.clone(), channels.clone());
        checks.take::<()>(Err(MorphoError::Channel { name, known }));
    }
    checks.not_negative("transient", options.transient);
    checks.positive("duration", options.duration);
    checks.positive("repetitions", f64::from(options.repetitions));
    checks.finite("threshold", options.threshold);
    for &rate in options.rates_excitation.iter().chain(&options.rates_inhibition) {
        checks.not_negative("rate", rate);
    }
    checks.none()
}

/// The point neuron that stands for the cell.
#[allow(non_snake_case)]
fn membrane(
    passive: &CellSpec,
    morphology: &Morphology,
    job: &Job<'_>,
) -> Result<Membrane, MorphoError> {
    let built = passive.build(morphology)?;
    let soma = Location::new(0, 0.5);
    let (_, resting) = settled(&built, job)?;
    let rest = resting.voltage(soma)?;
    let index = built.cell.compartments().compartment(soma).map_err(SimulationError::from)?;
    let steady = impedance_map(&built, 0.0, rest, soma, job)?.input[index];
    // The effective time constant of the soma: where |Z| has fallen as that of one compartment would have.
    let frequency = 5.0;
    let moving = impedance_map(&built, frequency, rest, soma, job)?.input[index];
    let omega = std::f64::consts::TAU * 1e-3 * frequency;
    let tau = ((steady / moving).powi(2) - 1.0).max(1e-6).sqrt() / omega;
    let g_L = 1e3 / steady;
    Ok(Membrane {
        C_m: g_L * tau,
        g_L,
        E_L: rest,
        V_th: -50.0,
        V_reset: rest,
        t_ref: 2.0,
        a: 0.0,
        b: 0.0,
        tau_w: 100.0,
    })
}

/// Runs until `end` (ms).
fn run(s: &mut Simulation, end: f64, job: &Job<'_>) -> Result<(), MorphoError> {
    if s.run_until(end, &job.silent())? { Ok(()) } else { Err(StudyError::Interrupted.into()) }
}

fn point(
    task: &Points,
    (excitation, inhibition): (f64, f64),
    job: &Job<'_>,
) -> Result<ScanPoint, MorphoError> {
    let Points { cell, options: plan, passive, membrane } = task;
    let end = plan.transient + plan.duration;
    let prepared = |spec: &CellSpec, repetition: u32| {
        let mut spec = spec.clone();
        spec.electrodes.clear();
        spec.simulation.seed = spec.simulation.seed.wrapping_add(u64::from(repetition));
        for (name, s) in &mut spec.synapses {
            let rate = match name {
                name if *name == plan.excitation => excitation,
                name if *name == plan.inhibition => inhibition,
                _ => 0.0,
            };
            s.activity = Activity::Poisson { rate, from: 0.0, until: Some(end) };
        }
        spec.build(&cell.file().morphology)
    };
    let soma = Location::new(0, 0.5);
    let mut rates = Vec::new();
    let (mut mean, mut square, mut cube, mut tau, mut count) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for repetition in 0..plan.repetitions {
        let built = prepared(&cell.file().spec, repetition)?;
        let settings = built.spec.simulation.settings;
        let mut s = Simulation::new(&built.cell, &settings)?;
        s.detect_spikes(soma, plan.threshold)?;
        run(&mut s, end, job)?;
        let spikes = s.spikes()[0].times.iter().filter(|t| **t >= plan.transient).count();
        rates.push(1e3 * spikes as f64 / plan.duration);
        let built = prepared(passive, repetition)?;
        let every = (SAMPLING / settings.dt).round().max(1.0) as u64;
        let mut s = Simulation::new(&built.cell, &settings)?;
        s.record_voltage(&[soma], every)?;
        run(&mut s, end, job)?;
        let recording = s.recording();
        let from = recording.times.partition_point(|t| *t < plan.transient);
        let v: Vec<f64> = recording.column(0).iter().skip(from).copied().collect();
        let interval = every as f64 * settings.dt;
        let n = v.len() as f64;
        let m = v.iter().sum::<f64>() / n;
        mean += m;
        let central = |p: i32| v.iter().map(|x| (x - m).powi(p)).sum::<f64>() / n;
        square += central(2);
        cube += central(3);
        let lags = (LONGEST_LAG / interval) as usize;
        let time = autocorrelation(&v, lags.min(v.len() / 3))
            .and_then(|a| AutocorrelationTime::of(&a, interval))
            .map_or(membrane.tau_m(), |t| t.integral);
        tau += if time.is_finite() && time > 0.0 { time } else { membrane.tau_m() };
        count += 1.0;
    }
    let sd = (square / count).sqrt();
    let rate = rates.iter().sum::<f64>() / count;
    let spread = rates.iter().map(|r| (r - rate).powi(2)).sum::<f64>();
    // One repetition says nothing about its error: that of a Poisson count stands in.
    let standard_error = if count > 1.5 {
        (spread / (count - 1.0) / count).sqrt()
    } else {
        (rate * 1e3 / plan.duration).sqrt()
    };
    let sigma = sd.max(SIGMA_FLOOR);
    Ok(ScanPoint {
        moments: Moments {
            mu_V: mean / count,
            sigma_V: sigma,
            gamma_V: cube / count / sigma.powi(3),
            tau_V: tau / count,
            tau_m: membrane.tau_m(),
            mu_G: membrane.g_L,
        },
        rate,
        standard_error,
        samples: plan.repetitions as usize,
    })
}
