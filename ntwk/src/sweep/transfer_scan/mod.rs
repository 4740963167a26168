//! The scan of a transfer function as a file that grows: measured in pieces, each stored, resumed where it ended.

mod file;

use std::path::Path;
use std::time::{Duration, Instant};

use ntwk_core::{CellLibrary, Job, Model};
use ntwk_io::model_file::WriteModelError;
use ntwk_meanfield::scan::design::{AxisError, Refinement, ScanAxis, Spacing, grid, refine};
use ntwk_meanfield::scan::fluctuations::{FluctuationAxes, FluctuationError, FluctuationPlan};
use ntwk_meanfield::scan::inputs::VarianceFactors;
use ntwk_meanfield::scan::measurement::Measurement;
use ntwk_meanfield::scan::single_cell::{SingleCellError, SingleCellPlan, SingleCellScan};
use ntwk_meanfield::{Moments, MomentsError, ScanPoint};
use serde_json::{Value, json};

use crate::run::origin::model_text;
use crate::sweep::identity::StudyIdentity;
use crate::sweep::store::{PointStatus, PointStore, StoreError, StoreOptions};
use ntwk_meanfield::prediction::laid_out::measured_scan;

/// Cells measured between two looks at the clock, per thread.
const CELLS_AT_A_TIME: u64 = 2048;

/// How the points of a scan are chosen.
#[derive(Debug, Clone, PartialEq)]
pub enum Design {
    /// As `[theory.scan]` says: mean membrane potentials across the threshold, per level of background input.
    Potentials,
    /// All combinations of presynaptic rates (Hz), one axis per class of inputs.
    Grid(Vec<ScanAxis>),
    /// A grid that is refined along the driving class where the rate changes fast.
    Adaptive(Vec<ScanAxis>, Refinement),
    /// Mean, standard deviation and autocorrelation time of the membrane potential.
    Fluctuations(FluctuationAxes),
}

/// The points of a scan.
#[derive(Debug, Clone, PartialEq)]
pub enum Points {
    /// At presynaptic rates.
    Rates(SingleCellPlan),
    /// At moments of the membrane potential.
    Fluctuations(FluctuationPlan),
}

/// What became of a point.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Not measured yet.
    Open,
    /// Measured.
    Done(Measurement),
    /// Its simulation failed.
    Failed(String),
}

/// A scan as far as it was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct TransferScan {
    /// Name of the population.
    pub population: String,
    /// The points.
    pub points: Points,
    /// What became of each.
    pub outcomes: Vec<Outcome>,
    /// Points known before.
    pub resumed: usize,
    /// Points measured now.
    pub computed: usize,
    /// Whether the user ended it before all points were known.
    pub interrupted: bool,
    /// Wall-clock time of this call.
    pub elapsed: Duration,
}

/// A scan that cannot be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferScanError {
    /// The points cannot be laid out or the cell cannot be set up.
    #[error(transparent)]
    Cell(#[from] SingleCellError),
    /// An axis of rates cannot be laid out.
    #[error("rates of {class}: {source}")]
    Axis {
        /// The class of inputs.
        class: String,
        /// Why.
        source: AxisError,
    },
    /// The fluctuations cannot be made.
    #[error(transparent)]
    Fluctuations(#[from] FluctuationError),
    /// The moments of a point are not defined.
    #[error(transparent)]
    Moments(#[from] MomentsError),
    /// Its points cannot be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The model cannot be written as text.
    #[error(transparent)]
    Model(#[from] WriteModelError),
    /// The population is not scanned.
    #[error(
        "the transfer function of population {population} is measured ([[theory.measured]]): no design chooses its points"
    )]
    Measured {
        /// The population.
        population: String,
    },
}

impl Design {
    /// Name of the design.
    fn label(&self) -> &'static str {
        match self {
            Self::Potentials => "potentials",
            Self::Grid(_) => "grid",
            Self::Adaptive(..) => "adaptive",
            Self::Fluctuations(_) => "fluctuations",
        }
    }

    /// The settings of a scan of this design, as its file holds them.
    fn describe(&self, population: &str) -> Value {
        let axis = |a: &ScanAxis| {
            let spacing = match a.spacing {
                Spacing::Linear => "linear",
                Spacing::Log => "log",
            };
            json!({ "from": a.low, "to": a.high, "points": a.points, "spacing": spacing })
        };
        let rates = |axes: &[ScanAxis]| axes.iter().map(axis).collect::<Vec<Value>>();
        let points = match self {
            Self::Potentials => Value::Null,
            Self::Grid(axes) => json!({ "rates_Hz": rates(axes) }),
            Self::Adaptive(axes, r) => json!({
                "rates_Hz": rates(axes),
                "max_step_Hz": r.max_step,
                "rate_max_Hz": r.rate_max,
                "min_distance": r.min_distance,
                "max_points": r.max_points,
            }),
            Self::Fluctuations(f) => json!({
                "mu_V_mV": axis(&f.mu_V),
                "sigma_V_mV": axis(&f.sigma_V),
                "tau_V_ms": axis(&f.tau_V),
                "tau_ratio": f.tau_ratio,
            }),
        };
        json!({ "population": population, "design": self.label(), "points": points })
    }
}

impl TransferScanError {
    /// Whether another design, file or model would help.
    #[must_use]
    pub fn is_input_fault(&self) -> bool {
        matches!(
            self,
            Self::Store(StoreError::Another { .. })
                | Self::Measured { .. }
                | Self::Axis { .. }
                | Self::Fluctuations(_)
        )
    }
}

impl Points {
    fn new(model: &Model, population: usize, design: &Design) -> Result<Self, TransferScanError> {
        let settings = &model.spec().theory.scan;
        let at_rates = |rates| SingleCellPlan::at_rates(model, population, settings, rates);
        Ok(match design {
            Design::Potentials => {
                let poisson = VarianceFactors::poisson(model);
                Self::Rates(SingleCellPlan::new(model, population, settings, &poisson)?)
            }
            Design::Grid(axes) | Design::Adaptive(axes, _) => {
                let empty = at_rates(Vec::new())?;
                for (class, axis) in axes.iter().enumerate().take(empty.classes.len()) {
                    let class = empty.class_name(class);
                    axis.values().map_err(|source| TransferScanError::Axis { class, source })?;
                }
                Self::Rates(at_rates(grid(axes).unwrap_or_default())?)
            }
            Design::Fluctuations(axes) => {
                Self::Fluctuations(FluctuationPlan::new(model, population, axes)?)
            }
        })
    }

    /// Number of points.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Rates(plan) => plan.rates.len(),
            Self::Fluctuations(plan) => plan.len(),
        }
    }

    /// Whether there is no point.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Moments of the input of a point.
    ///
    /// # Errors
    /// [`MomentsError`] where they are not defined.
    pub fn moments(&self, point: usize) -> Result<Moments, MomentsError> {
        match self {
            Self::Rates(plan) => plan.moments(point),
            Self::Fluctuations(plan) => plan.moments(point),
        }
    }

    fn measure(
        &self,
        model: &Model,
        library: &CellLibrary,
        points: &[usize],
        job: &Job<'_>,
    ) -> Result<Vec<Outcome>, SingleCellError> {
        let settings = &model.spec().theory.scan;
        let measured = match self {
            Self::Rates(plan) => plan.measure(model, settings, library, points, job),
            Self::Fluctuations(plan) => plan.measure(model, settings, library, points, job),
        }?;
        let outcome = |m: Result<_, ntwk_core::BlowUp>| match m {
            Ok(measurement) => Outcome::Done(measurement),
            Err(blow_up) => Outcome::Failed(blow_up.to_string()),
        };
        Ok(measured.into_iter().map(outcome).collect())
    }
}

impl Outcome {
    /// State of the point.
    #[must_use]
    pub fn status(&self) -> PointStatus {
        match self {
            Self::Open => PointStatus::Open,
            Self::Done(_) => PointStatus::Done,
            Self::Failed(_) => PointStatus::Failed,
        }
    }
}

impl TransferScan {
    /// The measured points: their indices, with moments and rates.
    ///
    /// # Errors
    /// [`MomentsError`] where moments are not defined.
    pub fn measured(&self) -> Result<(Vec<usize>, Vec<ScanPoint>), MomentsError> {
        let mut found = (Vec::new(), Vec::new());
        for (i, outcome) in self.outcomes.iter().enumerate() {
            if let Outcome::Done(measurement) = outcome {
                found.0.push(i);
                found.1.push(measurement.at(self.points.moments(i)?));
            }
        }
        Ok(found)
    }

    /// The measured points of a scan at presynaptic rates; `None` for a scan of fluctuations.
    ///
    /// # Errors
    /// [`MomentsError`] where moments are not defined.
    pub fn single_cell(&self) -> Result<Option<SingleCellScan>, MomentsError> {
        let Points::Rates(plan) = &self.points else { return Ok(None) };
        let (indices, points) = self.measured()?;
        let rates = indices.iter().map(|&i| plan.rates[i].clone()).collect();
        Ok(Some(SingleCellScan { plan: SingleCellPlan { rates, ..plan.clone() }, points }))
    }

    /// Points that failed, with their errors.
    pub fn failed(&self) -> impl Iterator<Item = (usize, &str)> {
        self.outcomes.iter().enumerate().filter_map(|(i, outcome)| match outcome {
            Outcome::Failed(error) => Some((i, error.as_str())),
            _ => None,
        })
    }

    /// Adds the points that refine an adaptive scan; whether there were any.
    fn refine(&mut self, design: &Design) -> Result<bool, MomentsError> {
        let (Design::Adaptive(axes, refinement), Points::Rates(_)) = (design, &self.points) else {
            return Ok(false);
        };
        let mut measured = vec![None; self.outcomes.len()];
        let (indices, points) = self.measured()?;
        indices.into_iter().zip(points).for_each(|(i, p)| measured[i] = Some(p));
        let Points::Rates(plan) = &mut self.points else { return Ok(false) };
        let Some(driving) = plan.driving else { return Ok(false) };
        let more = refine(axes, driving, &plan.rates, &measured, refinement);
        let any = !more.is_empty();
        self.outcomes.extend(more.iter().map(|_| Outcome::Open));
        plan.rates.extend(more);
        Ok(any)
    }
}

/// Scans the transfer function of a population into the file `path`, going on where the file ends.
///
/// # Errors
/// [`TransferScanError`]. A point that blows up is not an error: see [`TransferScan::failed`].
pub fn scan_to_file(
    model: &Model,
    population: usize,
    design: &Design,
    library: &CellLibrary,
    path: &Path,
    options: StoreOptions,
    job: &Job<'_>,
) -> Result<TransferScan, TransferScanError> {
    let measured = measured_scan(model, population)?;
    if measured.is_some() && *design != Design::Potentials {
        let population = model.populations()[population].name.clone();
        return Err(TransferScanError::Measured { population });
    }
    let points = match &measured {
        Some(scan) => Points::Rates(scan.plan.clone()),
        None => Points::new(model, population, design)?,
    };
    let mut scan = TransferScan {
        population: model.populations()[population].name.clone(),
        outcomes: vec![Outcome::Open; points.len()],
        points,
        resumed: 0,
        computed: 0,
        interrupted: false,
        elapsed: Duration::ZERO,
    };
    let study = StudyIdentity::new(
        "transfer function scan",
        model_text(model)?,
        &design.describe(&scan.population),
    );
    let (mut store, stored) = PointStore::open(path, study, model.seed(), options, job)?;
    if let Some(data) = stored {
        file::restore(&data, &mut scan).map_err(|e| store.another(e))?;
    }
    if let Some(measured) = measured {
        let done = |p: &ScanPoint| {
            let (rate, standard_error, samples) = (p.rate, p.standard_error, p.samples);
            let measurement = Measurement {
                rate,
                standard_error,
                samples,
                V_m_mean: None,
                V_m_sd: None,
                autocovariance: None,
            };
            Outcome::Done(measurement)
        };
        scan.outcomes = measured.points.iter().map(done).collect();
    }
    scan.resumed = scan.outcomes.iter().filter(|o| **o != Outcome::Open).count();
    let start = Instant::now();
    let neurons = model.spec().theory.scan.neurons.max(1);
    let chunk = (job.thread_count() as u64 * CELLS_AT_A_TIME).div_ceil(neurons) as usize;
    let label = design.label();
    let write = |store: &mut PointStore, scan: &TransferScan| -> Result<(), TransferScanError> {
        let data = file::data(scan, label)?;
        Ok(store.write(&data, start.elapsed().as_secs_f64())?)
    };
    loop {
        let open: Vec<usize> = (0..scan.outcomes.len())
            .filter(|&i| scan.outcomes[i] == Outcome::Open)
            .take(chunk)
            .collect();
        let known = scan.outcomes.iter().filter(|o| **o != Outcome::Open).count();
        let total = scan.outcomes.len();
        let remark = format!("{known} of {total} points");
        job.report_with(known as f64 / total.max(1) as f64, &remark);
        if open.is_empty() {
            if scan.refine(design)? {
                continue;
            }
            break;
        }
        if job.is_interrupted() {
            scan.interrupted = true;
            break;
        }
        let measured = match scan.points.measure(model, library, &open, &job.silent()) {
            Err(SingleCellError::Interrupted(_)) => {
                scan.interrupted = true;
                break;
            }
            measured => measured?,
        };
        scan.computed += open.len();
        open.into_iter().zip(measured).for_each(|(i, outcome)| scan.outcomes[i] = outcome);
        // The last piece is stored below.
        let more = scan.outcomes.contains(&Outcome::Open);
        if more && store.is_due() {
            write(&mut store, &scan)?;
        }
    }
    scan.elapsed = start.elapsed();
    // A scan that was interrupted before its first point leaves what was there as it was.
    if scan.computed > 0 || (!scan.interrupted && (!store.exists() || options.fresh)) {
        write(&mut store, &scan)?;
    }
    Ok(scan)
}
