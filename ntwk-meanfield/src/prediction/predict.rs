//! The theory of a model, from nothing: scan and fit every transfer function, assemble the mean
//! field, integrate it under the model's own inputs.

use std::sync::Arc;
use std::time::Instant;

use crate::dynamics::delays::{has_delays, integrate_with_delays};
use crate::scan::inputs::VarianceFactors;
use crate::scan::single_cell::SingleCellScan;
use crate::system::from_model::{ModelInput, mean_field};
use crate::system::limitation::{Limitation, limitations};
use crate::{
    AllFixedPoints, DelayDistribution, DelayedStability, DynTransferFunction, Dynamics, Fit,
    FitOptions, FixedPoint, FixedPointOptions, FixedPointStatus, Input, IntegrationOptions, Lags,
    MeanField, ScanPoint, Siegert, Stability, Tabulated, ThresholdForm, Trajectory, Weighting,
    all_fixed_points, default_starts, delayed_stability, find_fixed_points, fit, integrate,
};
use ntwk_core::spec::{SpikeTrainTheory, TransferFunctionKind};
use ntwk_core::{CellLibrary, Job, Membrane, Model};

use crate::prediction::cells_at_rates::{CellEffort, SingleCells};
use crate::prediction::error::TheoryError;
use crate::prediction::given_function::{GivenFunction, given_function};
use crate::prediction::laid_out::lay_out;
use crate::prediction::windows::ComparisonWindows;
use crate::prediction::windows::TRAJECTORY_INTERVAL;
use crate::scan::measurement::Measurement;

/// Scan and fit of one population.
#[derive(Debug, Clone)]
pub struct FittedPopulation {
    /// Name.
    pub name: String,
    /// The single-cell scan.
    pub scan: SingleCellScan,
    /// The fit; its points are those of the scan at or below the rate limit.
    pub fit: Fit,
    /// Indices of the scan's points that were fitted.
    pub fitted_points: Vec<usize>,
    /// The interpolated measurements, where the model asks for them.
    pub table: Option<Tabulated>,
    /// What stands in place of the fit where the model says so.
    pub given: Option<GivenFunction>,
}

impl FittedPopulation {
    /// The transfer function of the mean field: the table where there is one, else the fit.
    #[must_use]
    pub fn function(&self) -> Arc<dyn DynTransferFunction> {
        match (&self.given, &self.table) {
            (Some(GivenFunction::Published(threshold)), _) => Arc::new(threshold.clone()),
            (Some(GivenFunction::PublishedWithMoments(own)), _) => Arc::new(own.clone()),
            (Some(GivenFunction::Siegert), _) => Arc::new(Siegert::Coloured),
            (None, Some(table)) => Arc::new(table.clone()),
            (None, None) => Arc::new(self.fit.transfer_function.clone()),
        }
    }

    /// How a transfer function that is not that of the scan does on the scanned cells, in words; `None` for that of the scan.
    #[must_use]
    pub fn check(&self) -> Option<String> {
        let what = match self.given.as_ref()? {
            GivenFunction::Published(_) | GivenFunction::PublishedWithMoments(_) => {
                "the published coefficients"
            }
            GivenFunction::Siegert => "the Siegert formula",
        };
        let function = self.function();
        let membrane = &self.scan.plan.membrane;
        let points = || self.fitted_points.iter().map(|&i| &self.scan.points[i]);
        let n = self.fitted_points.len().max(1) as f64;
        let given = |p: &ScanPoint| function.rate_value(membrane, &p.moments);
        let mean = points().map(|p| p.rate).sum::<f64>() / n;
        let expected = points().map(given).sum::<f64>() / n;
        let square = points().map(|p| (given(p) - p.rate).powi(2)).sum::<f64>() / n;
        Some(format!(
            "{what} of {} give {expected:.2} Hz where its scanned cells fire {mean:.2} Hz on average (rms difference \
             {:.2} Hz); where they hold is not known",
            self.name,
            square.sqrt()
        ))
    }
}

/// Wall-clock seconds of the parts of a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct TheorySeconds {
    /// Single-cell scans.
    pub scan: f64,
    /// Fits.
    pub fit: f64,
    /// Dynamics.
    pub dynamics: f64,
}

/// The theory of a model.
#[derive(Debug, Clone)]
pub struct Theory {
    /// One entry per population.
    pub populations: Vec<FittedPopulation>,
    /// The mean field.
    pub mean_field: MeanField,
    /// The model's inputs.
    pub input: ModelInput,
    /// The windows in which it is compared with a simulation.
    pub windows: ComparisonWindows,
    /// Rates (Hz) from silence at t = 0 on, every [`TRAJECTORY_INTERVAL`].
    pub trajectory: Trajectory,
    /// What the regularity of spike trains does to synapses: all 1 for Poisson trains.
    pub factors: VarianceFactors,
    /// Fano factors of the spikes of every population, where the theory has them (`theory.spike_trains` measured).
    pub fano_factors: Option<Vec<f64>>,
    /// What the theory leaves out of this model.
    pub limitations: Vec<Limitation>,
    /// Time it took.
    pub seconds: TheorySeconds,
}

/// Fits the transfer function of a scanned population, as [`fit_points`] does.
///
/// # Errors
/// [`TheoryError::Fit`].
pub fn fit_population(
    model: &Model,
    name: &str,
    scan: SingleCellScan,
) -> Result<FittedPopulation, TheoryError> {
    let (fit, fitted_points) = fit_points(model, name, &scan.plan.membrane, &scan.points)?;
    let given = given_function(model, scan.plan.population)?;
    Ok(FittedPopulation { name: name.to_owned(), scan, fit, fitted_points, table: None, given })
}

/// How the points of a scan weigh in a fit: by their standard error, so that the low rates, where networks work, are
/// fitted to their own precision. A silent point has none: 0.1 Hz stands for one spike in ten seconds.
#[must_use]
pub fn fit_options() -> FitOptions {
    FitOptions { weighting: Weighting::StandardError { floor: 0.1 }, ..FitOptions::default() }
}

/// Fits the model's form of the threshold to the points at or below its rate limit; also returns their indices.
///
/// # Errors
/// [`TheoryError::Fit`].
pub fn fit_points(
    model: &Model,
    name: &str,
    membrane: &Membrane,
    points: &[ScanPoint],
) -> Result<(Fit, Vec<usize>), TheoryError> {
    let theory = &model.spec().theory;
    if !points.is_empty() && points.iter().all(|p| p.rate == 0.0) {
        let potentials = || points.iter().map(|p| p.moments.mu_V);
        return Err(TheoryError::Silent {
            population: name.to_owned(),
            lowest: potentials().fold(f64::INFINITY, f64::min),
            highest: potentials().fold(f64::NEG_INFINITY, f64::max),
            above: theory.scan.above_threshold,
        });
    }
    let fitted: Vec<usize> =
        (0..points.len()).filter(|&i| points[i].rate <= theory.scan.rate_max).collect();
    let points: Vec<ScanPoint> = fitted.iter().map(|&i| points[i]).collect();
    let terms = theory.threshold_terms;
    let form = ThresholdForm::with_terms(terms as usize).ok_or(TheoryError::Terms { terms })?;
    let fit = fit(form, membrane, &points, &fit_options())
        .map_err(|source| TheoryError::Fit { population: name.to_owned(), source })?;
    Ok((fit, fitted))
}

/// Scans and fits the transfer function of every population, with synapses at `factors`; adds the time it took to `seconds`.
///
/// The stages of the job are the scans, each under the name of its population.
///
/// # Errors
/// [`TheoryError`].
pub fn fit_all(
    model: &Model,
    factors: &VarianceFactors,
    library: &CellLibrary,
    job: &Job<'_>,
    seconds: &mut TheorySeconds,
) -> Result<Vec<FittedPopulation>, TheoryError> {
    let mut populations = Vec::new();
    // Before the first scan, not after the scans of the populations in front.
    for (laid_out, population) in lay_out(model, factors)?.into_iter().zip(model.populations()) {
        let start = Instant::now();
        let scan = laid_out.run(model, library, &job.stage(&population.name))?;
        seconds.scan += start.elapsed().as_secs_f64();
        let start = Instant::now();
        let mut fitted = fit_population(model, &population.name, scan)?;
        if model.spec().theory.transfer_function == TransferFunctionKind::Tabulated {
            let table = Tabulated::from_scan(&fitted.scan).map_err(|source| {
                TheoryError::Table { population: population.name.clone(), source }
            })?;
            fitted.table = Some(table);
        }
        populations.push(fitted);
        seconds.fit += start.elapsed().as_secs_f64();
    }
    Ok(populations)
}

/// Whether the theory covers a model, before anything is computed.
///
/// # Errors
/// [`TheoryError`]: the first reason for which [`predict`] would fail at once.
pub fn check_covered(model: &Model) -> Result<(), TheoryError> {
    lay_out(model, &VarianceFactors::poisson(model)).map(drop)
}

/// Predicts the activity of `model`.
///
/// With measured spike trains the prediction with Poisson trains comes first; single cells at its stationary rates say how
/// regular their spikes are, and the transfer functions are scanned and fitted again for trains like these. Without a stable
/// stationary state the prediction with Poisson trains stays, and `limitations` says so.
///
/// The stages of the job are the scans, each under the name of its population.
///
/// # Errors
/// [`TheoryError`].
pub fn predict(model: &Model, library: &CellLibrary, job: &Job<'_>) -> Result<Theory, TheoryError> {
    let mut seconds = TheorySeconds::default();
    let poisson = VarianceFactors::poisson(model);
    let mut theory = predict_with(model, &poisson, library, job, &mut seconds)?;
    if model.spec().theory.spike_trains == SpikeTrainTheory::Measured {
        let window = ComparisonWindows::of(model).stationary;
        match theory.stationary_state(window, &job.silent())? {
            Some(point) => {
                let efforts = CellEffort::usual(model);
                let cells = SingleCells::new(model, window, library)?.measure(
                    &point.rates,
                    &poisson,
                    &efforts,
                    "0",
                    job,
                )?;
                let factors = VarianceFactors::measured(model, &point.moments, &cells);
                theory = predict_with(model, &factors, library, job, &mut seconds)?;
                let fano =
                    |c: &Measurement| c.autocovariance.as_ref().map_or(1.0, |a| a.fano_factor());
                theory.fano_factors = Some(cells.iter().map(fano).collect());
            }
            None => theory.limitations.push(Limitation::NoStateForTrains),
        }
    }
    theory.seconds = seconds;
    Ok(theory)
}

/// The theory with synapses at `factors`.
fn predict_with(
    model: &Model,
    factors: &VarianceFactors,
    library: &CellLibrary,
    job: &Job<'_>,
    seconds: &mut TheorySeconds,
) -> Result<Theory, TheoryError> {
    let input = ModelInput::new(model)?;
    let populations = fit_all(model, factors, library, job, seconds)?;
    let start = Instant::now();
    let functions: Vec<Arc<dyn DynTransferFunction>> =
        populations.iter().map(FittedPopulation::function).collect();
    let mean_field = mean_field(model, &functions, factors)?;
    let n = (model.t_stop() / TRAJECTORY_INTERVAL).floor() as usize;
    let times: Vec<f64> = (0..=n).map(|k| k as f64 * TRAJECTORY_INTERVAL).collect();
    let silence = vec![0.0; mean_field.dimension()];
    let quiet = job.silent();
    let trajectory = if has_delays(model) && n > 0 {
        let end = n as f64 * TRAJECTORY_INTERVAL;
        integrate_with_delays(
            model,
            &mean_field,
            &silence,
            &input,
            end,
            TRAJECTORY_INTERVAL,
            &quiet,
        )?
    } else {
        integrate(&mean_field, &silence, &input, &times, &IntegrationOptions::default(), &quiet)?
    };
    seconds.dynamics += start.elapsed().as_secs_f64();
    Ok(Theory {
        populations,
        mean_field,
        input,
        windows: ComparisonWindows::of(model),
        trajectory,
        factors: factors.clone(),
        fano_factors: None,
        limitations: limitations(model),
        seconds: *seconds,
    })
}

impl Theory {
    /// All fixed points for the mean input of a window (ms).
    ///
    /// # Errors
    /// [`TheoryError`] when the input does not fit the system, and when the job is interrupted.
    pub fn fixed_points(
        &self,
        window: [f64; 2],
        job: &Job<'_>,
    ) -> Result<AllFixedPoints, TheoryError> {
        let input = self.input.mean(window, TRAJECTORY_INTERVAL);
        Ok(all_fixed_points(&self.mean_field, &input, true, job)?)
    }

    /// Stability of a fixed point that is stable without delays, with the delays of every connection of every population
    /// ([`delay_distributions`](crate::delay_distributions)); `None` for another, or where no delay is above zero.
    #[must_use]
    pub fn delayed_stability(
        &self,
        point: &FixedPoint,
        input: &Input,
        delays: &[Vec<DelayDistribution>],
        lags: Lags,
    ) -> Option<DelayedStability> {
        if point.stability != Stability::Stable {
            return None;
        }
        self.delayed_stability_at(&point.rates, input, delays, lags)
    }

    /// The same where the populations fire at `rates` (Hz), such as those of a state that cells have corrected.
    #[must_use]
    pub fn delayed_stability_at(
        &self,
        rates: &[f64],
        input: &Input,
        delays: &[Vec<DelayDistribution>],
        lags: Lags,
    ) -> Option<DelayedStability> {
        let state = self.mean_field.adapted_state(rates, input).ok()?;
        delayed_stability(&self.mean_field, &state, input, delays, lags).ok().flatten()
    }

    /// The fixed point that describes the activity in a window (ms): the stable one nearest to
    /// where the dynamics is at the window's end.
    ///
    /// # Errors
    /// [`TheoryError`] when the input does not fit the system, and when the job is interrupted.
    pub fn stationary_state(
        &self,
        window: [f64; 2],
        job: &Job<'_>,
    ) -> Result<Option<FixedPoint>, TheoryError> {
        let last = self.trajectory.times.partition_point(|&t| t < window[1]).saturating_sub(1);
        let reached = self.trajectory.state(last);
        let distance = |point: &FixedPoint| -> f64 {
            point.rates.iter().zip(reached).map(|(a, b)| (a - b).powi(2)).sum()
        };
        let input = self.input.mean(window, TRAJECTORY_INTERVAL);
        let n = self.mean_field.populations().len();
        let mut starts = default_starts(n);
        starts.push(reached[..n].iter().map(|rate| rate.max(0.0)).collect());
        let options = FixedPointOptions::default();
        let found = find_fixed_points(&self.mean_field, &input, &starts, &options, job)?.points;
        Ok(found
            .into_iter()
            .filter(|p| p.status == FixedPointStatus::Converged && p.stability == Stability::Stable)
            .min_by(|a, b| distance(a).total_cmp(&distance(b))))
    }
}
