//! The single-cell scan: rates of independent cells under Poisson input, on the network engine.
//!
//! For a population of the model, the synapses are grouped into classes (same receptor, same
//! weight). The class that depolarises most is the *driving* class; the others are *background*.
//! For each combination of levels of the background the driving rate is solved from the moments so that
//! the mean membrane potential takes the values asked for: the threshold is then known where the
//! transfer function is steep. Other choices of points are in [`scan_design`](crate::scan::design) and
//! [`fluctuation_scan`](crate::scan::fluctuations). Each point is a group of independent cells that runs on the kernels,
//! and with the schedule, of the simulation.

use std::sync::Arc;

use ntwk_core::spec::{Named, ParameterText, PopulationSpec, ScanSpec};
use ntwk_core::{
    BlowUp, CellLibrary, CellModel, Faults, Interrupted, Job, Membrane, Model, ModelSpec,
};

use crate::moments::synapse::SynapseClass;
use crate::moments::{MomentsError, moments};
use crate::scan::inputs::{
    ClassOfInputs, VarianceFactors, adaptation_is_dynamic, classes_of_inputs,
};
use crate::scan::measurement::{Measurement, PlannedPoint, PointInput, measure};
use crate::scan::point::ScanPoint;
use crate::scan::unsupported::{Unsupported, covered_membrane};

/// A scan that cannot be planned or run.
#[derive(Debug, thiserror::Error)]
pub enum SingleCellError {
    /// No projection drives the cell: there is no presynaptic rate to scan.
    #[error(
        "no projection onto population {population} transmits anything: there is nothing to scan"
    )]
    NoInput {
        /// The population.
        population: String,
    },
    /// The background alone keeps every mean potential out of reach.
    #[error(
        "no mean potential of the scan of population {population}, {lowest:.1} to {highest:.1} mV (V_th plus theory.scan.below_threshold and \
         above_threshold = {above} mV), is reached by its inputs: without them the cells rest at {rest:.1} mV, where the injected current \
         of {current} pA holds them; a larger theory.scan.above_threshold, or another current, is needed. 'ntwk run' simulates the model"
    )]
    NoPoint {
        /// The population.
        population: String,
        /// Lowest mean potential (mV) that is asked for.
        lowest: f64,
        /// Highest (mV).
        highest: f64,
        /// How far that is above the threshold (mV).
        above: f64,
        /// Mean potential (mV) without input.
        rest: f64,
        /// Injected current (pA).
        current: f64,
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
    /// The rates of a scan do not fit the classes of inputs.
    #[error("population {population}: {problem}")]
    Rates {
        /// The population.
        population: String,
        /// What does not fit.
        problem: String,
    },
    /// The simulation of a point failed.
    #[error("the scan of population {population} failed: {source}")]
    Simulation {
        /// The population.
        population: String,
        /// Why.
        source: BlowUp,
    },
    /// The job was interrupted.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// The cell of a population, without its adaptation where `without_adaptation` says so.
///
/// # Errors
/// [`SingleCellError::Faults`] when the cell cannot be without.
pub fn scanned_cell(
    model: &Model,
    population: usize,
    without_adaptation: bool,
    library: &CellLibrary,
) -> Result<Arc<dyn CellModel>, SingleCellError> {
    let described = &model.populations()[population];
    if !without_adaptation {
        return Ok(Arc::clone(&described.cell));
    }
    let mut cell = model.spec().populations[population].cell.clone();
    for name in ["a", "b"] {
        cell.values.retain(|(key, _)| key != name);
        cell.values.push((name.to_owned(), ParameterText::Number(0.0)));
    }
    let name = described.name.clone();
    let mut spec = ModelSpec::default();
    spec.simulation = model.spec().simulation.clone();
    spec.kinds = model.spec().kinds.clone();
    spec.populations = Named::from([(name.clone(), PopulationSpec::new(1, cell))]);
    Model::from_spec(spec, library)
        .map(|alone| Arc::clone(&alone.populations()[0].cell))
        .map_err(|faults| SingleCellError::Faults { population: name, faults })
}

/// Mean (pA) over the run of the current into the cells of a population.
///
/// A threshold depends on the moments of the membrane potential alone, and these take a current as it is at every time: one
/// scan serves a current that changes.
fn mean_current(model: &Model, population: usize) -> f64 {
    let current = &model.populations()[population].current;
    current.constant().unwrap_or_else(|| {
        let n = model.t_stop().floor().max(1.0) as usize;
        (0..n).map(|k| current.at(k as f64)).sum::<f64>() / n as f64
    })
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
    /// Index of the driving class: the one whose rate takes the mean potential to where it is asked for. `None` where no class
    /// depolarises the cell to its threshold; then the injected current does.
    pub driving: Option<usize>,
    /// Injected current (pA).
    pub current: f64,
    /// Injected current (pA) of each point, where that is the drive.
    pub currents: Option<Vec<f64>>,
    /// Whether the cells are scanned without adaptation because the mean field has it as a
    /// variable.
    pub without_adaptation: bool,
    /// Presynaptic rate (Hz) of each class, per point; the driving rate varies fastest.
    pub rates: Vec<Vec<f64>>,
}

impl SingleCellPlan {
    /// Chooses the points of the scan of population `population`, whose synapses are those of the theory at `factors`.
    ///
    /// # Errors
    /// [`SingleCellError`] when nothing depolarises the cell or no point can be reached.
    pub fn new(
        model: &Model,
        population: usize,
        settings: &ScanSpec,
        factors: &VarianceFactors,
    ) -> Result<Self, SingleCellError> {
        let mut plan = Self::without_points(model, population, settings, factors)?;
        let Self { membrane, current, driving, ref classes, .. } = plan;
        if classes.is_empty() {
            let population = model.populations()[population].name.clone();
            return Err(SingleCellError::NoInput { population });
        }
        let highest = membrane.V_th + settings.above_threshold;
        let (mut rates, mut currents) = (Vec::new(), Vec::new());
        for levels in backgrounds(classes, driving, highest, settings) {
            let n = settings.potential_points;
            for i in 0..n {
                let fraction = i as f64 / (n - 1) as f64;
                let span = settings.above_threshold - settings.below_threshold;
                let potential = membrane.V_th + settings.below_threshold + fraction * span;
                let mut point = vec![0.0; classes.len()];
                let with = |level: &Level| (level.class, level.of(settings.background_max));
                let holding = levels.iter().filter(|l| !l.depolarising).map(with);
                holding.for_each(|(class, rate)| point[class] = rate);
                let alone = balance(&membrane, classes, &point, current, potential);
                for level in levels.iter().filter(|l| l.depolarising) {
                    // By itself it takes the cell there at this rate; more leaves nothing to the driving class.
                    let enough = -alone / current_per_hertz(&classes[level.class], potential);
                    point[level.class] = level.of(settings.background_max.min(enough).max(0.0));
                }
                let balance = balance(&membrane, classes, &point, current, potential);
                match driving {
                    Some(driving) => {
                        let needed = -balance;
                        // Rounding of what the others leave.
                        let needed = if needed.abs() <= 1e-9 * alone.abs() { 0.0 } else { needed };
                        let rate = needed / current_per_hertz(&classes[driving], potential);
                        if !(rate >= 0.0 && rate.is_finite()) {
                            continue;
                        }
                        point[driving] = rate;
                    }
                    // Without noise there is no threshold to find.
                    None if point.iter().all(|r| *r == 0.0) => continue,
                    None => currents.push(current - balance),
                }
                rates.push(point);
            }
        }
        if rates.is_empty() {
            let population = model.populations()[population].name.clone();
            return Err(SingleCellError::NoPoint {
                population,
                lowest: membrane.V_th + settings.below_threshold,
                highest,
                above: settings.above_threshold,
                rest: membrane.E_L + current / membrane.g_L,
                current,
            });
        }
        plan.rates = rates;
        plan.currents = driving.is_none().then_some(currents);
        Ok(plan)
    }

    /// Injected current (pA) at a point.
    fn current_at(&self, point: usize) -> f64 {
        self.currents.as_ref().map_or(self.current, |currents| currents[point])
    }

    /// A scan at the given presynaptic rates (Hz) of Poisson trains, one per class of inputs and point.
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`SingleCellError::Rates`] for rates that do not fit the classes.
    pub fn at_rates(
        model: &Model,
        population: usize,
        settings: &ScanSpec,
        rates: Vec<Vec<f64>>,
    ) -> Result<Self, SingleCellError> {
        let plan =
            Self::without_points(model, population, settings, &VarianceFactors::poisson(model))?;
        let fault = |problem: String| SingleCellError::Rates {
            population: model.populations()[population].name.clone(),
            problem,
        };
        for point in &rates {
            if point.len() != plan.classes.len() {
                let n = plan.classes.len();
                return Err(fault(format!("{} rates for {n} classes of inputs", point.len())));
            }
            if let Some(bad) = point.iter().find(|r| !(**r >= 0.0 && r.is_finite())) {
                return Err(fault(format!(
                    "a presynaptic rate is {bad} Hz; a rate >= 0 Hz is needed"
                )));
            }
        }
        Ok(Self { rates, ..plan })
    }

    /// The scan of population `population` without its points.
    pub(crate) fn without_points(
        model: &Model,
        population: usize,
        settings: &ScanSpec,
        factors: &VarianceFactors,
    ) -> Result<Self, SingleCellError> {
        let membrane = covered_membrane(model, population)?;
        let current = mean_current(model, population);
        let classes = classes_of_inputs(model, population, factors)?;
        let highest = membrane.V_th + settings.above_threshold;
        let strength = |class: &ClassOfInputs| {
            let s = &class.synapses;
            s.in_degree * s.weight * s.area() * s.driving_force(highest)
        };
        let driving = (0..classes.len())
            .filter(|&i| strength(&classes[i]) > 0.0)
            .max_by(|&i, &j| strength(&classes[i]).total_cmp(&strength(&classes[j])));
        let without_adaptation = adaptation_is_dynamic(model, population);
        let (rates, currents) = (Vec::new(), None);
        Ok(Self {
            population,
            membrane,
            classes,
            driving,
            current,
            currents,
            without_adaptation,
            rates,
        })
    }

    /// What class `class` is called: its receptor, with the weight where that is needed to tell it from another.
    #[must_use]
    pub fn class_name(&self, class: usize) -> String {
        let ClassOfInputs { receptor, weight, unit, .. } = &self.classes[class];
        let alone = self.classes.iter().filter(|c| c.receptor == *receptor).count() == 1;
        if alone { receptor.clone() } else { format!("{receptor}@{weight}{unit}") }
    }

    /// Moments of the input of a point.
    ///
    /// # Errors
    /// [`MomentsError`] where they are not defined.
    pub fn moments(&self, point: usize) -> Result<crate::Moments, MomentsError> {
        let synapses: Vec<SynapseClass> = self.classes.iter().map(|c| c.synapses).collect();
        moments(&self.membrane, &synapses, &self.rates[point], self.current_at(point))
    }

    /// A point, ready to be measured.
    #[must_use]
    pub fn planned(&self, model: &Model, point: usize) -> PlannedPoint {
        let inputs = self.classes.iter().zip(&self.rates[point]).map(|(class, &rate)| {
            let receptor = model.projections()[class.projections[0]].receptor;
            PointInput {
                receptor,
                events: rate * class.event_degree,
                weight: class.event_weights.clone(),
            }
        });
        PlannedPoint {
            name: format!("{}-{point}", model.populations()[self.population].name),
            current: self.current_at(point),
            inputs: inputs.collect(),
        }
    }

    /// Measures some points; a point that blows up fails by itself.
    ///
    /// Deterministic in the model's seed: neither the number of threads matters nor which points are measured together.
    ///
    /// # Errors
    /// [`SingleCellError`] when the cell cannot be set up or the job is interrupted.
    pub fn measure(
        &self,
        model: &Model,
        settings: &ScanSpec,
        library: &CellLibrary,
        points: &[usize],
        job: &Job<'_>,
    ) -> Result<Vec<Result<Measurement, BlowUp>>, SingleCellError> {
        let cell = scanned_cell(model, self.population, self.without_adaptation, library)?;
        let planned: Vec<PlannedPoint> = points.iter().map(|&p| self.planned(model, p)).collect();
        let settle = settling_time(&self.membrane, self.without_adaptation, settings);
        Ok(measure(model, &*cell, model.receptors(), &planned, settings, settle, job)?)
    }
}

/// How far up its range a class of the background is.
struct Level {
    class: usize,
    /// Whether it drives the cell towards its threshold as the driving class does.
    depolarising: bool,
    /// Which level it is, from 0, and which is the last.
    place: [u64; 2],
}

impl Level {
    /// Its rate where the highest is `highest`.
    fn of(&self, highest: f64) -> f64 {
        let [level, last] = self.place;
        if last == 0 { 0.0 } else { highest * level as f64 / last as f64 }
    }
}

/// All combinations of the levels of the background: `background_points` for the strongest class that reverses below threshold,
/// three for the others.
///
/// The highest rate of a class that holds the cell down is `background_max`. That of a depolarising one is at most what takes the
/// cell to a mean potential by itself: every class has points at every potential then, and the scan spans what they do to the
/// moments.
fn backgrounds(
    classes: &[ClassOfInputs],
    driving: Option<usize>,
    highest: f64,
    settings: &ScanSpec,
) -> Vec<Vec<Level>> {
    let mut combinations: Vec<Vec<[u64; 2]>> = vec![Vec::new()];
    let background = (0..classes.len()).filter(|c| Some(*c) != driving);
    let strength = |c: usize| current_per_hertz(&classes[c], highest);
    let background: Vec<(usize, bool)> = background.map(|c| (c, strength(c) > 0.0)).collect();
    let holding = background.iter().filter(|(_, depolarising)| !depolarising).map(|(c, _)| *c);
    let strongest = holding.min_by(|&a, &b| strength(a).total_cmp(&strength(b)));
    for &(class, _) in &background {
        let levels = match strongest == Some(class) {
            true => settings.background_points,
            false => settings.background_points.min(3),
        };
        let further = |base: Vec<[u64; 2]>| {
            (0..levels).map(move |l| [base.clone(), vec![[l, levels - 1]]].concat())
        };
        combinations = combinations.into_iter().flat_map(further).collect();
    }
    let level = |(&(class, depolarising), place): (&(usize, bool), [u64; 2])| Level {
        class,
        depolarising,
        place,
    };
    combinations.into_iter().map(|all| background.iter().zip(all).map(level).collect()).collect()
}

/// Current (pA) that a class gives at 1 Hz, at a potential (mV): `K tau Q D`.
fn current_per_hertz(class: &ClassOfInputs, potential: f64) -> f64 {
    let s = &class.synapses;
    1e-3 * s.in_degree * s.area() * s.weight * s.driving_force(potential)
}

/// Current (pA) into the membrane at a potential `mu` (mV), from leak, inputs at `rates` and injected current:
/// `sum_j R_j tau_j Q_j D_j(mu) + g_L (E_L - mu) + I`. It is 0 where `mu` is the mean potential.
fn balance(
    membrane: &Membrane,
    classes: &[ClassOfInputs],
    rates: &[f64],
    current: f64,
    potential: f64,
) -> f64 {
    let leak = membrane.g_L * (membrane.E_L - potential);
    let each = classes.iter().zip(rates).map(|(c, rate)| rate * current_per_hertz(c, potential));
    leak + current + each.sum::<f64>()
}

/// A scan that has been run.
#[derive(Debug, Clone, PartialEq)]
pub struct SingleCellScan {
    /// The plan.
    pub plan: SingleCellPlan,
    /// Moments and measured rate, one per point of the plan.
    pub points: Vec<ScanPoint>,
}

/// Time the cells are left to settle (ms): three adaptation time constants, or 200 ms for cells
/// scanned without adaptation, unless the settings say otherwise.
#[must_use]
pub fn settling_time(membrane: &Membrane, without_adaptation: bool, settings: &ScanSpec) -> f64 {
    let adapting = !without_adaptation && (membrane.a != 0.0 || membrane.b != 0.0);
    settings.settle.unwrap_or(if adapting { 3.0 * membrane.tau_w } else { 200.0 })
}

/// The points of a population that measurements make, with the moments of each.
pub(crate) fn points_of(
    model: &Model,
    population: usize,
    measured: Vec<Result<Measurement, BlowUp>>,
    moments: impl Fn(usize) -> Result<crate::Moments, MomentsError>,
) -> Result<Vec<ScanPoint>, SingleCellError> {
    let name = || model.populations()[population].name.clone();
    let point = |(point, measured): (usize, Result<Measurement, BlowUp>)| {
        let measured = measured
            .map_err(|source| SingleCellError::Simulation { population: name(), source })?;
        Ok(measured.at(moments(point)?))
    };
    measured.into_iter().enumerate().map(point).collect()
}

/// Runs a scan.
///
/// # Errors
/// [`SingleCellError`] when the cell cannot be set up, a point blows up, or the job is interrupted.
pub fn run_scan(
    model: &Model,
    plan: &SingleCellPlan,
    settings: &ScanSpec,
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<SingleCellScan, SingleCellError> {
    let all: Vec<usize> = (0..plan.rates.len()).collect();
    let measured = plan.measure(model, settings, library, &all, job)?;
    let points = points_of(model, plan.population, measured, |point| plan.moments(point))?;
    Ok(SingleCellScan { plan: plan.clone(), points })
}
