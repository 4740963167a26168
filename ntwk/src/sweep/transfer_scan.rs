//! The scan of a transfer function as a file that grows: measured in pieces, each stored, resumed where it ended.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use ntwk_core::{CellLibrary, Job, Model};
use ntwk_io::model_file::WriteModelError;
use ntwk_io::{FileError, read_scan, write_scan};
use ntwk_meanfield::scan::design::{AxisError, Refinement, ScanAxis, grid, refine};
use ntwk_meanfield::scan::fluctuations::{FluctuationAxes, FluctuationError, FluctuationPlan};
use ntwk_meanfield::scan::measurement::Measurement;
use ntwk_meanfield::scan::single_cell::{SingleCellError, SingleCellPlan, SingleCellScan};
use ntwk_meanfield::scan::spike_trains::VarianceFactors;
use ntwk_meanfield::{Moments, MomentsError, ScanPoint};

use crate::run::stream::{model_text, provenance};
use ntwk_meanfield::prediction::predict::measured_scan;

/// Storing takes at most this fraction of the time.
const STORE_SHARE: u32 = 20;
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

/// How a scan is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferScanOptions {
    /// Forget what the file holds.
    pub fresh: bool,
    /// Measure failed points again.
    pub retry_failed: bool,
}

/// A scan that cannot be done.
#[derive(Debug, thiserror::Error)]
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
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
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
    /// The file holds another scan.
    #[error(
        "{} holds another scan ({difference}); choose another folder, or start anew with --fresh",
        path.display()
    )]
    Another {
        /// The file.
        path: PathBuf,
        /// What differs.
        difference: &'static str,
    },
}

impl TransferScanError {
    /// Whether another design, file or model would help.
    #[must_use]
    pub fn is_input_fault(&self) -> bool {
        matches!(
            self,
            Self::Another { .. }
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
        let more = refine(axes, plan.driving, &plan.rates, &measured, refinement);
        let any = !more.is_empty();
        self.outcomes.extend(more.iter().map(|_| Outcome::Open));
        plan.rates.extend(more);
        Ok(any)
    }
}

/// Scans the transfer function of a population into the file `path`, going on where the file ends.
///
/// The file is replaced in one step each time, so that a process that is killed leaves a whole one.
///
/// # Errors
/// [`TransferScanError`]. A point that blows up is not an error: see [`TransferScan::failed`].
pub fn scan_to_file(
    model: &Model,
    population: usize,
    design: &Design,
    library: &CellLibrary,
    path: &Path,
    options: TransferScanOptions,
    job: &Job<'_>,
) -> Result<TransferScan, TransferScanError> {
    let text = model_text(model)?;
    let label = format!("{design:?}");
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
    let another = |difference| TransferScanError::Another { path: path.to_owned(), difference };
    let origin = provenance(model, job.thread_count(), SystemTime::now(), 0.0);
    if !options.fresh && path.exists() {
        let Some((data, made_from, made)) = read_scan(path)? else {
            return Err(another("it is no scan"));
        };
        if made_from != text {
            return Err(another("the model or a setting of it differs"));
        }
        if made.version != origin.version {
            return Err(another("it was made by another version of ntwk"));
        }
        crate::sweep::transfer_scan_file::restore(&data, &label, &mut scan).map_err(another)?;
        if options.retry_failed {
            for outcome in &mut scan.outcomes {
                if matches!(outcome, Outcome::Failed(_)) {
                    *outcome = Outcome::Open;
                }
            }
        }
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
    let store = |scan: &TransferScan| -> Result<(), TransferScanError> {
        let mut origin = origin.clone();
        origin.wall_seconds = start.elapsed().as_secs_f64();
        let data = crate::sweep::transfer_scan_file::data(scan, &label)?;
        Ok(write_scan(path, &data, &text, &origin)?)
    };
    let (mut last, mut cost) = (Instant::now(), Duration::ZERO);
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
        if more && last.elapsed() >= STORE_SHARE * cost {
            let begin = Instant::now();
            store(&scan)?;
            (last, cost) = (Instant::now(), begin.elapsed());
        }
    }
    scan.elapsed = start.elapsed();
    if scan.computed > 0 || !path.exists() || options.fresh {
        store(&scan)?;
    }
    Ok(scan)
}
