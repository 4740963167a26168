//! The scans of the transfer functions of a model, laid out before the first is run.

use std::fmt;
use std::time::Instant;

use ntwk_core::kernel::BLOCK;
use ntwk_core::spec::{TheoryModel, TransferFunctionKind};
use ntwk_core::{CellLibrary, Job, Model};

use crate::prediction::error::TheoryError;
use crate::prediction::given_function::given_function;
use crate::scan::design::{ScanAxis, Spacing};
use crate::scan::fluctuations::{DEFAULT_TAU_RATIO, FluctuationAxes, FluctuationPlan};
use crate::scan::inputs::VarianceFactors;
use crate::scan::single_cell::{
    SingleCellError, SingleCellPlan, SingleCellScan, points_of, run_scan, settling_time,
};
use crate::system::from_model::{FromModelError, ModelInput};
use crate::{ScanPoint, TableError, covered_membrane};

/// The scan of one population, before it is run.
pub(crate) enum LaidOut {
    /// Taken from `[[theory.measured]]`.
    Measured(SingleCellScan),
    /// Of cells that no projection drives.
    Undriven(SingleCellPlan),
    /// Of cells under their inputs.
    Driven(SingleCellPlan),
}

impl LaidOut {
    /// That of a population, with synapses at `factors`.
    fn of(
        model: &Model,
        population: usize,
        factors: &VarianceFactors,
    ) -> Result<Self, SingleCellError> {
        if let Some(measured) = measured_scan(model, population)? {
            return Ok(Self::Measured(measured));
        }
        let settings = &model.spec().theory.scan;
        match SingleCellPlan::new(model, population, settings, factors) {
            Err(SingleCellError::NoInput { .. }) => {
                SingleCellPlan::at_rates(model, population, settings, Vec::new())
                    .map(Self::Undriven)
            }
            plan => plan.map(Self::Driven),
        }
    }

    /// Classes of inputs of the population.
    fn classes(&self) -> usize {
        match self {
            Self::Measured(scan) => scan.plan.classes.len(),
            Self::Undriven(plan) | Self::Driven(plan) => plan.classes.len(),
        }
    }

    /// Runs it on the engine.
    pub fn run(
        self,
        model: &Model,
        library: &CellLibrary,
        job: &Job<'_>,
    ) -> Result<SingleCellScan, SingleCellError> {
        match self {
            Self::Measured(scan) => Ok(scan),
            Self::Undriven(plan) => {
                let points = threshold_points(model, plan.population, library, job)?;
                Ok(SingleCellScan { plan, points })
            }
            Self::Driven(plan) => run_scan(model, &plan, &model.spec().theory.scan, library, job),
        }
    }
}

/// The scans of all populations, before the first is run.
///
/// # Errors
/// [`TheoryError`]: the first reason for which the theory does not cover the model.
pub(crate) fn lay_out(
    model: &Model,
    factors: &VarianceFactors,
) -> Result<Vec<LaidOut>, TheoryError> {
    let theory = &model.spec().theory;
    if theory.model == TheoryModel::MontbrioPazoRoxin {
        return Err(TheoryError::NoTransferFunctions);
    }
    ModelInput::new(model)?;
    let tabulated = theory.transfer_function == TransferFunctionKind::Tabulated;
    let mut all = Vec::new();
    for (index, population) in model.populations().iter().enumerate() {
        covered_membrane(model, index).map_err(FromModelError::from)?;
        given_function(model, index)?;
        let scan = LaidOut::of(model, index, factors)?;
        let classes = scan.classes();
        if tabulated && classes != 2 && !matches!(scan, LaidOut::Measured(_)) {
            let source = TableError::Classes { classes };
            return Err(TheoryError::Table { population: population.name.clone(), source });
        }
        all.push(scan);
    }
    Ok(all)
}

/// What the scans of a theory take.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanEffort {
    /// Points of every population that is scanned.
    pub points: Vec<(String, usize)>,
    /// Expected time (s) of one pass over all of them.
    pub seconds: f64,
}

/// `N points of single cells (E: n, I: m), about S s`.
impl fmt::Display for ScanEffort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: usize = self.points.iter().map(|p| p.1).sum();
        let each: Vec<String> = self.points.iter().map(|(p, n)| format!("{p}: {n}")).collect();
        let seconds = self.seconds;
        write!(f, "{all} points of single cells ({}), about {seconds:.1} s", each.join(", "))
    }
}

/// Time (ms) for which points are tried.
const TRIED: f64 = 100.0;

/// What the scans of the theory of `model` take on this machine: points of each population are tried for a short time, as many as
/// fill a block of cells on every thread, as those of the scan do.
///
/// # Errors
/// [`TheoryError`] for a model that the theory does not cover.
pub fn scan_effort(
    model: &Model,
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<ScanEffort, TheoryError> {
    let settings = &model.spec().theory.scan;
    let mut few = settings.clone();
    let together = (BLOCK * job.thread_count()) as u64;
    (few.neurons, few.duration, few.settle) = (settings.neurons.min(together), TRIED, Some(0.0));
    let count = together.div_ceil(few.neurons.max(1)) as usize;
    let mut effort = ScanEffort { points: Vec::new(), seconds: 0.0 };
    for laid_out in lay_out(model, &VarianceFactors::poisson(model))? {
        let LaidOut::Driven(plan) = laid_out else { continue };
        let n = plan.rates.len();
        // Spread over the scan: its points fire at different rates.
        let count = count.min(n);
        let tried: Vec<usize> = (0..count).map(|k| (2 * k + 1) * n / (2 * count)).collect();
        let start = Instant::now();
        let _ = plan.measure(model, &few, library, &tried, job)?;
        let settle = settling_time(&plan.membrane, plan.without_adaptation, settings);
        let longer = (settle + settings.duration) / few.duration;
        let more = settings.neurons as f64 / few.neurons as f64;
        let points = n as f64 / tried.len() as f64;
        effort.seconds += start.elapsed().as_secs_f64() * points * longer * more;
        effort.points.push((model.populations()[plan.population].name.clone(), n));
    }
    Ok(effort)
}

/// Points for the threshold of a cell that no projection drives: under noise of three strengths and two correlation times, at
/// mean potentials from below to above the threshold.
fn threshold_points(
    model: &Model,
    population: usize,
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<Vec<ScanPoint>, SingleCellError> {
    let settings = &model.spec().theory.scan;
    let membrane = covered_membrane(model, population)?;
    let (lowest, highest) = (settings.below_threshold, settings.above_threshold);
    let tau_m = membrane.tau_m();
    let axis = |low, high, points| ScanAxis { low, high, points, spacing: Spacing::Linear };
    let axes = FluctuationAxes {
        mu_V: axis(membrane.V_th + lowest, membrane.V_th + highest, 12),
        sigma_V: axis(1.0, 5.0, 3),
        tau_V: axis(0.75 * tau_m, tau_m, 2),
        tau_ratio: DEFAULT_TAU_RATIO,
    };
    let fault = |problem: String| SingleCellError::Rates {
        population: model.populations()[population].name.clone(),
        problem,
    };
    let plan = FluctuationPlan::new(model, population, &axes).map_err(|e| fault(e.to_string()))?;
    let all: Vec<usize> = (0..plan.len()).collect();
    let measured = plan.measure(model, settings, library, &all, job)?;
    points_of(model, population, measured, |point| plan.moments(point))
}

/// The points of a population whose transfer function the model has from a measurement (`[[theory.measured]]`), with the
/// moments that the theory gives its point neuron at the same rates.
///
/// # Errors
/// [`SingleCellError`], [`SingleCellError::Rates`] unless every class of inputs of the population has its rates.
pub fn measured_scan(
    model: &Model,
    population: usize,
) -> Result<Option<SingleCellScan>, SingleCellError> {
    let theory = &model.spec().theory;
    let name = &model.populations()[population].name;
    let Some(measured) = theory.measured.iter().find(|m| m.population == *name) else {
        return Ok(None);
    };
    let empty = SingleCellPlan::at_rates(model, population, &theory.scan, Vec::new())?;
    let classes: Vec<String> = (0..empty.classes.len()).map(|c| empty.class_name(c)).collect();
    let given: Vec<&str> = measured.inputs.iter().map(|i| i.0.as_str()).collect();
    if given.len() != classes.len() || classes.iter().any(|c| !given.contains(&c.as_str())) {
        let problem = format!(
            "theory.measured has rates of {}; its classes of inputs are {}",
            given.join(", "),
            classes.join(", ")
        );
        return Err(SingleCellError::Rates { population: name.clone(), problem });
    }
    let of = |class: &String| measured.inputs.get(class);
    let columns: Vec<&Vec<f64>> = classes.iter().filter_map(of).collect();
    let rates = (0..measured.rate.len()).map(|k| columns.iter().map(|c| c[k]).collect()).collect();
    let plan = SingleCellPlan::at_rates(model, population, &theory.scan, rates)?;
    let points = (0..measured.rate.len())
        .map(|k| {
            Ok(ScanPoint {
                moments: plan.moments(k)?,
                rate: measured.rate[k],
                standard_error: measured.standard_error[k],
                samples: measured.cells as usize,
            })
        })
        .collect::<Result<Vec<_>, SingleCellError>>()?;
    Ok(Some(SingleCellScan { plan, points }))
}
