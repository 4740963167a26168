//! The single-cell scan: rates of independent cells under Poisson input, on the network engine.
//!
//! For a population of the model, the synapses are grouped into classes (same receptor, same
//! weight). The class that depolarises most is the *driving* class; the others are *background*.
//! For each combination of background rates the driving rate is solved from the moments so that
//! the mean membrane potential takes the values asked for: the threshold is then known where the
//! transfer function is steep. Each point is one small population of independent cells, all in one
//! network, so that the scan runs on the same kernels, with the same pins, as the simulation.

use ntwk_core::connectivity::TooManySynapses;
use ntwk_core::model::Projection;
use ntwk_core::spec::{
    AdaptationTheory, AfferentSpec, ConnectionSpec, Named, ParameterText, PopulationSpec,
    ProjectionSpec, RecordSpec, ScanSpec,
};
use ntwk_core::{
    CellLibrary, Faults, Membrane, Model, ModelSpec, Network, Simulation, SimulationError,
    SpikeCounter, Waveform,
};

use crate::moments::{MomentsError, moments};
use crate::scan::ScanPoint;
use crate::synapse::SynapseClass;
use crate::unsupported::{Unsupported, synapse_class};

/// Synapses onto a population that the theory cannot tell apart.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassOfInputs {
    /// Name of the receptor.
    pub receptor: String,
    /// Indices of the model's projections in this class.
    pub projections: Vec<usize>,
    /// The class; its in-degree is the sum over the projections, release probability included.
    pub synapses: SynapseClass,
}

/// Groups the projections onto population `target` into classes, in order of first appearance.
///
/// # Errors
/// [`Unsupported`] for synapses the theory does not cover.
pub fn classes_of_inputs(model: &Model, target: usize) -> Result<Vec<ClassOfInputs>, Unsupported> {
    let mut classes: Vec<ClassOfInputs> = Vec::new();
    for (index, projection) in model.projections().iter().enumerate() {
        let in_degree = effective_in_degree(projection);
        if projection.target != target || in_degree == 0.0 {
            continue;
        }
        let receptor = &model.receptors()[projection.receptor];
        let same = classes.iter_mut().find(|class| {
            class.receptor == receptor.name && class.synapses.weight == projection.weight
        });
        match same {
            Some(class) => {
                class.projections.push(index);
                class.synapses.in_degree += in_degree;
            }
            None => classes.push(ClassOfInputs {
                receptor: receptor.name.clone(),
                projections: vec![index],
                synapses: synapse_class(model, projection, in_degree)?,
            }),
        }
    }
    Ok(classes)
}

/// Whether the mean field has the adaptation of population `population` as a variable: the model
/// asks for it and the cell adapts.
#[must_use]
pub fn adaptation_is_dynamic(model: &Model, population: usize) -> bool {
    let membrane = model.populations()[population].cell.membrane();
    model.spec().theory.adaptation == AdaptationTheory::Dynamic
        && (membrane.a != 0.0 || membrane.b != 0.0)
}

/// Synapses that transmit: in-degree times release probability.
#[must_use]
pub fn effective_in_degree(projection: &Projection) -> f64 {
    projection.in_degree * projection.release_probability
}

/// A scan that cannot be planned or run.
#[derive(Debug, thiserror::Error)]
pub enum SingleCellError {
    /// No synapse class can depolarise the cell to its threshold.
    #[error(
        "population {population} has no excitatory input (a receptor with E_rev above {highest} mV and a weight > 0): \
         there is nothing to scan"
    )]
    NoDrivingClass {
        /// The population.
        population: String,
        /// Highest mean potential of the scan (mV).
        highest: f64,
    },
    /// The background alone keeps every mean potential out of reach.
    #[error("no point of the scan of population {population} can be reached; widen [theory.scan]")]
    NoPoint {
        /// The population.
        population: String,
    },
    /// The injected current changes in time.
    #[error(
        "population {population} has an injected current I_e that changes in time; its transfer function is scanned \
         at one current: give I_e a constant value"
    )]
    VaryingCurrent {
        /// The population.
        population: String,
    },
    /// Synapses the theory does not cover.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// The moments of a point are not defined.
    #[error(transparent)]
    Moments(#[from] MomentsError),
    /// The model of the scan has faults (an override that suits the network but not the scan).
    #[error("the scan of population {population} cannot be set up: {faults}")]
    Faults {
        /// The population.
        population: String,
        /// The faults.
        faults: Faults,
    },
    /// The network of the scan cannot be built.
    #[error(transparent)]
    Network(#[from] TooManySynapses),
    /// The simulation of the scan failed.
    #[error("the scan of population {population} failed: {source}")]
    Simulation {
        /// The population.
        population: String,
        /// Why.
        source: SimulationError,
    },
}

/// The points of a scan, before it is run.
#[derive(Debug, Clone, PartialEq)]
pub struct SingleCellPlan {
    /// Index of the population in the model.
    pub population: usize,
    /// Its constants.
    pub membrane: Membrane,
    /// Classes of inputs.
    pub classes: Vec<ClassOfInputs>,
    /// Index of the driving class.
    pub driving: usize,
    /// Injected current (pA).
    pub current: f64,
    /// Whether the cells are scanned without adaptation because the mean field has it as a
    /// variable.
    pub without_adaptation: bool,
    /// Presynaptic rate (Hz) of each class, per point; the driving rate varies fastest.
    pub rates: Vec<Vec<f64>>,
}

impl SingleCellPlan {
    /// Chooses the points of the scan of population `population`.
    ///
    /// # Errors
    /// [`SingleCellError`] when nothing depolarises the cell or no point can be reached.
    pub fn new(
        model: &Model,
        population: usize,
        settings: &ScanSpec,
    ) -> Result<Self, SingleCellError> {
        let target = &model.populations()[population];
        let membrane = target.cell.membrane();
        let without_adaptation = adaptation_is_dynamic(model, population);
        let name = || target.name.clone();
        let current = target
            .current
            .constant()
            .ok_or_else(|| SingleCellError::VaryingCurrent { population: name() })?;
        let classes = classes_of_inputs(model, population)?;
        let highest = membrane.V_th + settings.above_threshold;
        let strength = |class: &ClassOfInputs| {
            let s = &class.synapses;
            s.in_degree * s.weight * s.tau_syn * (s.E_rev - highest)
        };
        let driving = (0..classes.len())
            .filter(|&i| strength(&classes[i]) > 0.0)
            .max_by(|&i, &j| strength(&classes[i]).total_cmp(&strength(&classes[j])))
            .ok_or_else(|| SingleCellError::NoDrivingClass { population: name(), highest })?;

        let mut rates = Vec::new();
        for background in backgrounds(&classes, driving, highest, settings) {
            let n = settings.potential_points;
            for i in 0..n {
                let fraction = i as f64 / (n - 1) as f64;
                let span = settings.above_threshold - settings.below_threshold;
                let potential = membrane.V_th + settings.below_threshold + fraction * span;
                let Some(rate) =
                    driving_rate(&membrane, &classes, driving, &background, current, potential)
                else {
                    continue;
                };
                let mut point = background.clone();
                point[driving] = rate;
                rates.push(point);
            }
        }
        if rates.is_empty() {
            return Err(SingleCellError::NoPoint { population: name() });
        }
        Ok(Self { population, membrane, classes, driving, current, without_adaptation, rates })
    }
}

/// All combinations of background rates: `background_points` levels for classes that reverse below
/// threshold, three for further depolarising ones.
fn backgrounds(
    classes: &[ClassOfInputs],
    driving: usize,
    highest: f64,
    settings: &ScanSpec,
) -> Vec<Vec<f64>> {
    let mut combinations = vec![vec![0.0; classes.len()]];
    for (c, class) in classes.iter().enumerate() {
        if c == driving {
            continue;
        }
        let depolarising = class.synapses.E_rev > highest;
        let levels = if depolarising {
            settings.background_points.min(3)
        } else {
            settings.background_points
        };
        let level = |l: u64| {
            if levels == 1 { 0.0 } else { settings.background_max * l as f64 / (levels - 1) as f64 }
        };
        combinations = combinations
            .into_iter()
            .flat_map(|base| {
                (0..levels).map(move |l| {
                    let mut next = base.clone();
                    next[c] = level(l);
                    next
                })
            })
            .collect();
    }
    combinations
}

/// The rate of the driving class (Hz) for which the mean membrane potential is `potential`:
/// `sum_j R_j tau_j Q_j (E_j - mu) + g_L (E_L - mu) + I = 0` solved for `R_d`. `None` if the other
/// inputs depolarise beyond it already.
fn driving_rate(
    membrane: &Membrane,
    classes: &[ClassOfInputs],
    driving: usize,
    rates: &[f64],
    current: f64,
    potential: f64,
) -> Option<f64> {
    let per_hertz = |class: &ClassOfInputs| {
        let s = &class.synapses;
        1e-3 * s.in_degree * s.tau_syn * s.weight * (s.E_rev - potential)
    };
    let mut balance = membrane.g_L * (membrane.E_L - potential) + current;
    for (c, class) in classes.iter().enumerate() {
        if c != driving {
            balance += rates[c] * per_hertz(class);
        }
    }
    let rate = -balance / per_hertz(&classes[driving]);
    (rate >= 0.0 && rate.is_finite()).then_some(rate)
}

/// A scan that has been run.
#[derive(Debug, Clone, PartialEq)]
pub struct SingleCellScan {
    /// The plan.
    pub plan: SingleCellPlan,
    /// Moments and measured rate, one per point of the plan.
    pub points: Vec<ScanPoint>,
    /// Simulated time of all cells together (s).
    pub simulated_seconds: f64,
}

/// Time the cells are left to settle (ms): three adaptation time constants, or 200 ms for cells
/// scanned without adaptation, unless the settings say otherwise.
#[must_use]
pub fn settling_time(plan: &SingleCellPlan, settings: &ScanSpec) -> f64 {
    let membrane = &plan.membrane;
    let adapting = !plan.without_adaptation && (membrane.a != 0.0 || membrane.b != 0.0);
    settings.settle.unwrap_or(if adapting { 3.0 * membrane.tau_w } else { 200.0 })
}

/// Runs a scan with `threads` threads; `progress` is called with the fraction done.
///
/// Deterministic in the model's seed; the number of threads does not matter.
///
/// # Errors
/// [`SingleCellError`] when the network of the scan cannot be set up or blows up.
pub fn run_scan(
    model: &Model,
    plan: &SingleCellPlan,
    settings: &ScanSpec,
    library: &CellLibrary,
    threads: usize,
    progress: &mut dyn FnMut(f64),
) -> Result<SingleCellScan, SingleCellError> {
    let name = || model.populations()[plan.population].name.clone();
    let settle = settling_time(plan, settings);
    let spec = scan_spec(model, plan, settings, settle);
    let scan_model = Model::from_spec(spec, library)
        .map_err(|faults| SingleCellError::Faults { population: name(), faults })?;
    let mut simulation = Simulation::new(Network::build(&scan_model, threads)?);
    let first_counted = (settle / model.dt()).round() as u64;
    let window = first_counted..u64::from(scan_model.n_steps());
    let counted_seconds = (window.end - window.start) as f64 * model.dt() * 1e-3;
    let sizes = scan_model.populations().iter().map(|p| p.size);
    let mut counter = SpikeCounter::new(window, sizes);
    let segment = (scan_model.n_steps() / 50).max(1);
    while simulation.step() < scan_model.n_steps() {
        let steps = segment.min(scan_model.n_steps() - simulation.step());
        simulation
            .advance(steps, &mut counter)
            .map_err(|source| SingleCellError::Simulation { population: name(), source })?;
        progress(f64::from(simulation.step()) / f64::from(scan_model.n_steps()));
    }

    let synapses: Vec<SynapseClass> = plan.classes.iter().map(|c| c.synapses).collect();
    let points = plan
        .rates
        .iter()
        .zip(counter.counts())
        .map(|(rates, counts)| {
            let moments = moments(&plan.membrane, &synapses, rates, plan.current)?;
            let n = counts.len() as f64;
            let measured: Vec<f64> =
                counts.iter().map(|&c| f64::from(c) / counted_seconds).collect();
            let rate = measured.iter().sum::<f64>() / n;
            let variance = measured.iter().map(|r| (r - rate).powi(2)).sum::<f64>() / (n - 1.0);
            Ok(ScanPoint {
                moments,
                rate,
                standard_error: (variance / n).sqrt(),
                samples: counts.len(),
            })
        })
        .collect::<Result<Vec<_>, MomentsError>>()?;
    let cells = (plan.rates.len() as u64 * settings.neurons) as f64;
    let simulated_seconds = cells * scan_model.t_stop() * 1e-3;
    Ok(SingleCellScan { plan: plan.clone(), points, simulated_seconds })
}

/// The network of a scan: one population of independent cells per point.
fn scan_spec(model: &Model, plan: &SingleCellPlan, settings: &ScanSpec, settle: f64) -> ModelSpec {
    let target = &model.populations()[plan.population];
    let mut cell = model.spec().populations.0[plan.population].1.cell.clone();
    if plan.without_adaptation {
        for name in ["a", "b"] {
            cell.values.retain(|(key, _)| key != name);
            cell.values.push((name.to_owned(), ParameterText::Number(0.0)));
        }
    }
    let mut spec = ModelSpec {
        simulation: model.spec().simulation.clone(),
        receptors: model.spec().receptors.clone(),
        record: RecordSpec { spikes: true, V_m: 0, ..RecordSpec::default() },
        ..ModelSpec::default()
    };
    spec.simulation.t_stop = settle + settings.duration;
    let mut populations = Vec::with_capacity(plan.rates.len());
    for (p, rates) in plan.rates.iter().enumerate() {
        let point = format!("{}-{p}", target.name);
        for (class, &rate) in plan.classes.iter().zip(rates) {
            let source = format!("{point}-{}-{}", class.receptor, class.projections[0]);
            // Events of K presynaptic neurons at this rate; K may be fractional (release).
            let rate = Waveform::Constant(rate * class.synapses.in_degree);
            spec.afferents.0.push((source.clone(), AfferentSpec::poisson(1, rate)));
            let connection = ConnectionSpec::AllToAll { autapses: false };
            let weight = class.synapses.weight;
            let mut projection =
                ProjectionSpec::new(&source, &point, &class.receptor, weight, connection);
            projection.name = Some(source);
            spec.projections.push(projection);
        }
        let current = Some(Waveform::Constant(plan.current));
        let population =
            PopulationSpec { current, ..PopulationSpec::new(settings.neurons, cell.clone()) };
        populations.push((point, population));
    }
    spec.populations = Named(populations);
    spec
}
