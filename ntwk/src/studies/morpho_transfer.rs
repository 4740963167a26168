//! The transfer function of a morphological cell: rate out against the rates of two groups of synapses, measured on the
//! cell and fitted in the form the mean field takes.

use ntwk_analysis::{AutocorrelationTime, autocorrelation};
use ntwk_core::spec::fault::Faults;
use ntwk_core::{Job, Membrane};
use ntwk_io::{ModelText, ScanArray, ScanData, ScanValues};
use ntwk_meanfield::{
    Fit, FitError, FitOptions, Moments, SIGMA_FLOOR, ScanPoint, ThresholdForm, fit,
};
use ntwk_morpho::spec::{Activity, CellSpec};
use ntwk_morpho::studies::{StudyError, impedance_map, settled};
use ntwk_morpho::{Location, Morphology, Simulation, SimulationError};

use serde_json::json;

use crate::sweep::identity::StudyIdentity;
use crate::sweep::task::{DescriptionError, PointFailure, PointQuantity, PointTask, number_axis};

/// What to scan.
#[derive(Debug, Clone)]
pub struct MorphoScan<'a> {
    /// The cell.
    pub spec: &'a CellSpec,
    /// Its morphology as read or generated.
    pub morphology: &'a Morphology,
    /// Name of the excitatory group of synapses.
    pub excitation: &'a str,
    /// Name of the inhibitory group of synapses.
    pub inhibition: &'a str,
    /// Rates per excitatory synapse (Hz).
    pub rates_excitation: &'a [f64],
    /// Rates per inhibitory synapse (Hz).
    pub rates_inhibition: &'a [f64],
    /// Channels left out where moments are measured.
    pub spiking: &'a [String],
    /// Time left out at the start (ms).
    pub transient: f64,
    /// Time measured per repetition (ms).
    pub duration: f64,
    /// Repetitions with other spikes.
    pub repetitions: u32,
    /// Threshold of a spike at the soma (mV).
    pub threshold: f64,
}

/// A point of the scan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MorphoPoint {
    /// Rate per excitatory synapse (Hz).
    pub excitation: f64,
    /// Rate per inhibitory synapse (Hz).
    pub inhibition: f64,
    /// Moments and rate, as the fit takes them.
    pub point: ScanPoint,
}

/// A scan with the membrane the theory sees.
#[derive(Debug, Clone)]
pub struct MorphoTransfer {
    /// Membrane of the point neuron that stands for the cell: g_L = 1/R_in of the soma, C_m = g_L τ with the time constant of
    /// the somatic response, E_L the resting potential; no adaptation.
    pub membrane: Membrane,
    /// Points, inhibition by inhibition.
    pub points: Vec<MorphoPoint>,
}

/// The scan as points that are stored and resumed.
///
/// Each point is run twice with the same spikes: as it is, for the rate, and without the `spiking` channels, for the moments
/// of the somatic potential (the theory takes them without spikes).
#[derive(Debug, Clone)]
pub struct MorphoTask<'a> {
    plan: MorphoScan<'a>,
    passive: CellSpec,
    membrane: Membrane,
    description: ModelText,
}

/// Why a scan failed.
#[derive(Debug, thiserror::Error)]
pub enum MorphoScanError {
    /// A group of synapses does not exist.
    #[error("there is no group of synapses \"{name}\"; there are: {}", known.join(", "))]
    Group {
        /// The name asked for.
        name: String,
        /// The groups there are.
        known: Vec<String>,
    },
    /// Excitation and inhibition are one group.
    #[error("excitation and inhibition are both \"{name}\"; they need two groups of synapses")]
    OneGroup {
        /// The group.
        name: String,
    },
    /// A channel does not exist.
    #[error("there is no channel \"{name}\"; there are: {}", known.join(", "))]
    Channel {
        /// The name asked for.
        name: String,
        /// The channels there are.
        known: Vec<String>,
    },
    /// A parameter is out of range.
    #[error("{name} = {value}: expected {expected}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// The value given.
        value: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// The cell cannot be made.
    #[error(transparent)]
    Faults(#[from] Faults),
    /// The cell has no impedance, or does not settle.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// A simulation failed.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    /// The fit cannot be done.
    #[error(transparent)]
    Fit(#[from] FitError),
}

/// Time between samples of the potential (ms).
const SAMPLING: f64 = 0.5;
/// Longest lag of the autocorrelation (ms).
const LONGEST_LAG: f64 = 300.0;

impl<'a> MorphoTask<'a> {
    /// Prepares the scan; `description` is that of the cell.
    ///
    /// # Errors
    /// [`MorphoScanError`].
    pub fn new(
        plan: MorphoScan<'a>,
        description: ModelText,
        job: &Job<'_>,
    ) -> Result<Self, MorphoScanError> {
        check(&plan)?;
        let mut passive = plan.spec.clone();
        passive.channels.retain(|c| !plan.spiking.contains(&c.name));
        let membrane = membrane(&passive, plan.morphology, job)?;
        Ok(Self { plan, passive, membrane, description })
    }

    /// The points that `data` holds.
    #[must_use]
    pub fn transfer(&self, data: &ScanData) -> MorphoTransfer {
        let at = |name: &str, k: usize| match data.get(name).map(|a| &a.values) {
            Some(ScanValues::Numbers(v)) => v.get(k).copied().unwrap_or(f64::NAN),
            _ => f64::NAN,
        };
        let points = (0..self.points()).filter(|&k| at("status", k) == 1.0).map(|k| {
            let (excitation, inhibition) = self.rates(k);
            MorphoPoint {
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
                    samples: self.plan.repetitions as usize,
                },
            }
        });
        MorphoTransfer { membrane: self.membrane, points: points.collect() }
    }

    /// Rates per excitatory and inhibitory synapse (Hz) at a point.
    fn rates(&self, index: usize) -> (f64, f64) {
        let n = self.plan.rates_excitation.len();
        (self.plan.rates_excitation[index % n], self.plan.rates_inhibition[index / n])
    }
}

/// Names of the axes of rates.
const RATE_AXES: [&str; 2] = ["inhibitory_rate", "excitatory_rate"];

impl PointTask for MorphoTask<'_> {
    fn study(&self) -> Result<StudyIdentity, DescriptionError> {
        let p = &self.plan;
        let settings = json!({
            "excitation": p.excitation,
            "inhibition": p.inhibition,
            "excitation_rates_Hz": p.rates_excitation,
            "inhibition_rates_Hz": p.rates_inhibition,
            "spiking_channels": p.spiking,
            "transient_ms": p.transient,
            "duration_ms": p.duration,
            "repetitions": p.repetitions,
            "threshold_mV": p.threshold,
        });
        let kind = "transfer function of a morphological cell";
        Ok(StudyIdentity::new(kind, self.description.clone(), &settings))
    }

    fn seed(&self) -> u64 {
        self.plan.spec.simulation.seed
    }

    fn axes(&self) -> Vec<ScanArray> {
        let (e, i) = (self.plan.rates_excitation, self.plan.rates_inhibition);
        let meaning = |group: &str| format!("rate per synapse of {group}");
        vec![
            number_axis(RATE_AXES[0], &meaning(self.plan.inhibition), "Hz", i.to_vec()),
            number_axis(RATE_AXES[1], &meaning(self.plan.excitation), "Hz", e.to_vec()),
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
        let (excitation, inhibition) = self.rates(index);
        let measured =
            point(&self.plan, &self.passive, excitation, inhibition, &self.membrane, job);
        let point = measured.map_err(|e| match e {
            MorphoScanError::Study(StudyError::Interrupted) => PointFailure::Interrupted,
            e => PointFailure::Failed(e.to_string()),
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

/// Fits the effective threshold to a scan.
///
/// # Errors
/// [`MorphoScanError::Fit`] when too few points determine a threshold.
pub fn fit_transfer(scan: &MorphoTransfer, form: ThresholdForm) -> Result<Fit, MorphoScanError> {
    let points: Vec<ScanPoint> = scan.points.iter().map(|p| p.point).collect();
    Ok(fit(form, &scan.membrane, &points, &FitOptions::default())?)
}

fn check(plan: &MorphoScan<'_>) -> Result<(), MorphoScanError> {
    let groups: Vec<String> = plan.spec.synapses.iter().map(|s| s.name.clone()).collect();
    for name in [plan.excitation, plan.inhibition] {
        if !groups.iter().any(|g| g == name) {
            return Err(MorphoScanError::Group { name: name.to_owned(), known: groups });
        }
    }
    if plan.excitation == plan.inhibition {
        return Err(MorphoScanError::OneGroup { name: plan.excitation.to_owned() });
    }
    let channels: Vec<String> = plan.spec.channels.iter().map(|c| c.name.clone()).collect();
    if let Some(name) = plan.spiking.iter().find(|s| !channels.contains(s)) {
        return Err(MorphoScanError::Channel { name: name.clone(), known: channels });
    }
    let positive = |name, value: f64| {
        if value > 0.0 && value.is_finite() {
            Ok(())
        } else {
            Err(MorphoScanError::Parameter { name, value, expected: "a finite number > 0" })
        }
    };
    positive("duration", plan.duration)?;
    positive("repetitions", f64::from(plan.repetitions))?;
    for &rate in plan.rates_excitation.iter().chain(plan.rates_inhibition) {
        if !(rate >= 0.0 && rate.is_finite()) {
            let (name, expected) = ("rate", "a finite number >= 0 (Hz)");
            return Err(MorphoScanError::Parameter { name, value: rate, expected });
        }
    }
    Ok(())
}

/// The point neuron that stands for the cell.
#[allow(non_snake_case)]
fn membrane(
    passive: &CellSpec,
    morphology: &Morphology,
    job: &Job<'_>,
) -> Result<Membrane, MorphoScanError> {
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
fn run(s: &mut Simulation, end: f64, job: &Job<'_>) -> Result<(), MorphoScanError> {
    if s.run_until(end, &job.silent())? { Ok(()) } else { Err(StudyError::Interrupted.into()) }
}

fn point(
    plan: &MorphoScan<'_>,
    passive: &CellSpec,
    excitation: f64,
    inhibition: f64,
    membrane: &Membrane,
    job: &Job<'_>,
) -> Result<ScanPoint, MorphoScanError> {
    let end = plan.transient + plan.duration;
    let prepared = |spec: &CellSpec, repetition: u32| {
        let mut spec = spec.clone();
        spec.electrodes.clear();
        spec.simulation.seed = spec.simulation.seed.wrapping_add(u64::from(repetition));
        for s in &mut spec.synapses {
            let rate = match s.name.as_str() {
                name if name == plan.excitation => excitation,
                name if name == plan.inhibition => inhibition,
                _ => 0.0,
            };
            s.activity = Activity::Poisson { rate, from: 0.0, until: Some(end) };
        }
        spec.build(plan.morphology)
    };
    let soma = Location::new(0, 0.5);
    let mut rates = Vec::new();
    let (mut mean, mut square, mut cube, mut tau, mut count) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for repetition in 0..plan.repetitions {
        let built = prepared(plan.spec, repetition)?;
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
