//! The transfer function of a population: where it is scanned, and the fit to a scan.

use ntwk_core::{Membrane, Model};
use ntwk_meanfield::prediction::error::TheoryError;
use ntwk_meanfield::prediction::predict::{fit_options, fit_points};
use ntwk_meanfield::scan::design::{Refinement, ScanAxis, Spacing};
use ntwk_meanfield::scan::fluctuations::{DEFAULT_TAU_RATIO, FluctuationAxes};
use ntwk_meanfield::scan::single_cell::SingleCellPlan;
use ntwk_meanfield::{CrossValidation, EffectiveThreshold, ThresholdForm, cross_validate};
use ntwk_plot::{Figure, PlotError, Theme};
use serde::Serialize;

use crate::figures::transfer::{FittedScan, transfer_figure};
use crate::studies::StudyError;
use crate::studies::options::InvalidOptions;
use crate::sweep::transfer_scan::{Design, Points, TransferScan, TransferScanError};

/// How the points of a scan are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum DesignKind {
    /// Mean potentials across the threshold, as `[theory.scan]` says.
    #[default]
    Potentials,
    /// All combinations of presynaptic rates.
    Grid,
    /// A grid refined along the driving input where the rate changes fast.
    Adaptive,
    /// Mean, standard deviation and autocorrelation time of V_m.
    Fluctuations,
}

impl DesignKind {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Potentials => "potentials",
            Self::Grid => "grid",
            Self::Adaptive => "adaptive",
            Self::Fluctuations => "fluctuations",
        }
    }
}

/// Where a transfer function is scanned.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct DesignOptions {
    /// How the points are chosen (default: potentials).
    pub design: DesignKind,
    /// Presynaptic rates (Hz) of every class of inputs, for grid and adaptive. A class has the name of its receptor
    /// (`RECEPTOR@WEIGHTnS` where a receptor has several weights).
    pub rate: Vec<(String, ScanAxis)>,
    /// Rates of neighbours that differ by more (Hz) are refined, for adaptive (`None`: 5).
    pub max_step: Option<f64>,
    /// Most points of an adaptive scan (`None`: 1000).
    pub max_points: Option<usize>,
    /// Mean potentials (mV), for fluctuations (`None`: 9 from `V_th - 15` to `V_th + 5`).
    pub mu: Option<ScanAxis>,
    /// Standard deviations (mV), for fluctuations (`None`: 5 from 2 to 8).
    pub sigma: Option<ScanAxis>,
    /// Autocorrelation times (ms), for fluctuations (`None`: 4 from 0.4 to 1.1 of `C_m / g_L`).
    pub tau: Option<ScanAxis>,
}

impl DesignOptions {
    /// The design for a population of `model`.
    ///
    /// # Errors
    /// [`StudyError::Options`] for options of another design, rates that are not those of the classes of inputs;
    /// [`StudyError::TransferScan`] for a population that cannot be scanned.
    pub fn design(&self, model: &Model, population: usize) -> Result<Design, StudyError> {
        self.check()?;
        Ok(match self.design {
            DesignKind::Potentials => Design::Potentials,
            DesignKind::Grid => Design::Grid(self.rates(model, population)?),
            DesignKind::Adaptive => {
                let refinement = Refinement {
                    max_step: self.max_step.unwrap_or(5.0),
                    rate_max: model.spec().theory.scan.rate_max,
                    min_distance: 1e-3,
                    max_points: self.max_points.unwrap_or(1000),
                };
                Design::Adaptive(self.rates(model, population)?, refinement)
            }
            DesignKind::Fluctuations => {
                let membrane = model.populations()[population].cell.membrane();
                let axis =
                    |low, high, points| ScanAxis { low, high, points, spacing: Spacing::Linear };
                let (v, tau) = (membrane.V_th, membrane.tau_m());
                Design::Fluctuations(FluctuationAxes {
                    mu_V: self.mu.unwrap_or(axis(v - 15.0, v + 5.0, 9)),
                    sigma_V: self.sigma.unwrap_or(axis(2.0, 8.0, 5)),
                    tau_V: self.tau.unwrap_or(axis(0.4 * tau, 1.1 * tau, 4)),
                    tau_ratio: DEFAULT_TAU_RATIO,
                })
            }
        })
    }

    /// Options of another design than the one chosen are refused, not ignored.
    fn check(&self) -> Result<(), InvalidOptions> {
        use DesignKind::{Adaptive, Fluctuations, Grid};
        let uses: [(&'static str, bool, &[DesignKind]); 6] = [
            ("rate", !self.rate.is_empty(), &[Grid, Adaptive]),
            ("max_step", self.max_step.is_some(), &[Adaptive]),
            ("max_points", self.max_points.is_some(), &[Adaptive]),
            ("mu", self.mu.is_some(), &[Fluctuations]),
            ("sigma", self.sigma.is_some(), &[Fluctuations]),
            ("tau", self.tau.is_some(), &[Fluctuations]),
        ];
        let mut invalid = InvalidOptions::default();
        for (option, given, designs) in uses {
            if given && !designs.contains(&self.design) {
                let designs: Vec<&str> = designs.iter().map(|d| d.name()).collect();
                invalid.push(option, "", format!("it is for --design {}", designs.join(" and ")));
            }
        }
        if let Some(step) = self.max_step.filter(|x| !(*x > 0.0 && x.is_finite())) {
            invalid.push("max_step", step, "a finite step > 0 Hz is needed");
        }
        invalid.into_result(())
    }

    /// One axis of rates per class of inputs.
    fn rates(&self, model: &Model, population: usize) -> Result<Vec<ScanAxis>, StudyError> {
        let settings = &model.spec().theory.scan;
        let plan = SingleCellPlan::at_rates(model, population, settings, Vec::new())
            .map_err(TransferScanError::from)?;
        let names: Vec<String> = (0..plan.classes.len()).map(|c| plan.class_name(c)).collect();
        let mut invalid = InvalidOptions::default();
        for (name, _) in self.rate.iter().filter(|(name, _)| !names.contains(name)) {
            invalid.push("rate", name, "there is no such class of inputs");
        }
        for name in &names {
            match self.rate.iter().filter(|(n, _)| n == name).count() {
                1 => {}
                0 => invalid.push("rate", format!("{name}=LOW..HIGH:N"), "it is missing"),
                n => invalid.push("rate", name, format!("it is given {n} times")),
            }
        }
        if !invalid.faults.is_empty() {
            let population = &model.populations()[population].name;
            let classes = names.join(", ");
            let rule = format!("the classes of inputs of {population} are: {classes}");
            invalid.push("", "", rule);
            return Err(invalid.into());
        }
        let axis = |name: &String| self.rate.iter().find(|(n, _)| n == name).map(|r| r.1);
        Ok(names.iter().filter_map(axis).collect())
    }
}

/// Indices of the populations of `model` with these names; all where there is no name.
///
/// # Errors
/// [`InvalidOptions`] for a name that is none.
pub fn populations(model: &Model, names: &[String]) -> Result<Vec<usize>, InvalidOptions> {
    let known: Vec<&str> = model.populations().iter().map(|p| p.name.as_str()).collect();
    if names.is_empty() {
        return Ok((0..known.len()).collect());
    }
    let mut invalid = InvalidOptions::default();
    let found: Vec<usize> = names
        .iter()
        .filter_map(|name| {
            let otherwise = "the model has ";
            invalid.index("population", name, &known, "there is no population", otherwise)
        })
        .collect();
    invalid.into_result(found)
}

/// The measured points of a scan as columns with units in their names.
///
/// # Errors
/// [`StudyError`] where moments are not defined.
pub fn scan_columns(scan: &TransferScan) -> Result<Vec<(String, Vec<f64>)>, StudyError> {
    let (indices, points) = scan.measured().map_err(TransferScanError::from)?;
    let mut columns = Vec::new();
    if let Points::Rates(plan) = &scan.points {
        for (c, class) in plan.classes.iter().enumerate() {
            let name = format!("rate_{}_{}nS_Hz", class.receptor, class.synapses.weight);
            columns.push((name, indices.iter().map(|&i| plan.rates[i][c]).collect()));
        }
    }
    let mut add = |name: &str, of: &dyn Fn(&ntwk_meanfield::ScanPoint) -> f64| {
        columns.push((name.to_owned(), points.iter().map(of).collect()));
    };
    add("mu_V_mV", &|p| p.moments.mu_V);
    add("sigma_V_mV", &|p| p.moments.sigma_V);
    add("tau_V_ms", &|p| p.moments.tau_V);
    add("rate_Hz", &|p| p.rate);
    add("standard_error_Hz", &|p| p.standard_error);
    add("neurons", &|p| p.samples as f64);
    Ok(columns)
}

/// Options of [`fit_scan`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransferFitOptions {
    /// Parts of the cross-validation: each is predicted by a fit to the others (default 10).
    pub folds: usize,
}

impl Default for TransferFitOptions {
    fn default() -> Self {
        Self { folds: 10 }
    }
}

/// A fitted transfer function.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TransferFit {
    /// The scan with its fit.
    pub fitted: FittedScan,
    /// The cross-validation.
    pub validation: CrossValidation,
}

/// Fits the effective threshold, in the form that `model` asks for, to the points of a scan at or below its rate limit.
///
/// # Errors
/// [`StudyError`].
pub fn fit_scan(
    model: &Model,
    scan: &TransferScan,
    options: &TransferFitOptions,
) -> Result<TransferFit, StudyError> {
    let name = scan.population.clone();
    let (_, points) = scan.measured().map_err(TransferScanError::from)?;
    let membrane = match &scan.points {
        Points::Rates(plan) => plan.membrane,
        Points::Fluctuations(plan) => plan.membrane,
    };
    let (fit, fitted_points) = fit_points(model, &name, &membrane, &points)?;
    let used: Vec<_> = fitted_points.iter().map(|&i| points[i]).collect();
    let form = fit.transfer_function.form();
    let folds = options.folds.min(used.len());
    let validation = cross_validate(form, &membrane, &used, &fit_options(), folds)
        .map_err(|source| TheoryError::Fit { population: name.clone(), source })?;
    let single = scan.single_cell().map_err(TransferScanError::from)?;
    let fitted = FittedScan { name, membrane, points, fit, fitted_points, single };
    Ok(TransferFit { fitted, validation })
}

/// A fitted transfer function as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)] // the names are the documentation, as in the file
pub struct TransferFitSummary {
    pub population: String,
    pub form: ThresholdForm,
    pub coefficients_mv: Vec<f64>,
    pub standard_errors_mv: Vec<f64>,
    /// Row by row.
    pub covariance_mv2: Vec<Vec<f64>>,
    pub points: usize,
    pub points_above_rate_limit: usize,
    pub points_without_threshold: usize,
    pub r_squared: f64,
    pub mean_squared_error_hz2: f64,
    pub threshold_step_coefficients_mv: Vec<f64>,
    pub threshold_step_mean_squared_error_hz2: f64,
    pub threshold_step_r_squared: f64,
    pub condition_number: f64,
    pub rank: usize,
    pub termination: String,
    pub cross_validation: ValidationSummary,
    pub membrane: Membrane,
    /// With its domain.
    pub transfer_function: EffectiveThreshold,
}

/// A cross-validation as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)] // the names are the documentation, as in the file
pub struct ValidationSummary {
    pub folds: usize,
    pub mean_squared_error_hz2: f64,
    pub r_squared: f64,
    pub mean_squared_error_of_folds_hz2: Vec<f64>,
}

impl TransferFit {
    /// Coefficients with uncertainties, quality of both steps of the fit, cross-validation, domain.
    #[must_use]
    pub fn summary(&self) -> TransferFitSummary {
        let FittedScan { name, membrane, points, fit, fitted_points, .. } = &self.fitted;
        let step = &fit.threshold_step;
        TransferFitSummary {
            population: name.clone(),
            form: fit.transfer_function.form(),
            coefficients_mv: fit.transfer_function.coefficients().to_vec(),
            standard_errors_mv: fit.standard_errors.clone(),
            covariance_mv2: fit
                .covariance
                .row_iter()
                .map(|row| row.iter().copied().collect())
                .collect(),
            points: fit.points_used,
            points_above_rate_limit: points.len() - fitted_points.len(),
            points_without_threshold: fit.points_rejected.len(),
            r_squared: fit.quality.r_squared,
            mean_squared_error_hz2: fit.quality.mean_squared_error,
            threshold_step_coefficients_mv: step.coefficients.clone(),
            threshold_step_mean_squared_error_hz2: step.quality.mean_squared_error,
            threshold_step_r_squared: step.quality.r_squared,
            condition_number: step.condition_number,
            rank: step.rank,
            termination: format!("{:?}", fit.termination),
            cross_validation: ValidationSummary {
                folds: self.validation.folds.len(),
                mean_squared_error_hz2: self.validation.quality.mean_squared_error,
                r_squared: self.validation.quality.r_squared,
                mean_squared_error_of_folds_hz2: self.validation.folds.clone(),
            },
            membrane: *membrane,
            transfer_function: fit.transfer_function.clone(),
        }
    }

    /// The coefficients in V, the form of published files.
    #[must_use]
    pub fn coefficients_in_volts(&self) -> Vec<f64> {
        self.fitted.fit.transfer_function.coefficients().iter().map(|c| 1e-3 * c).collect()
    }

    /// Curves, surface and residuals.
    ///
    /// # Errors
    /// [`PlotError`].
    pub fn figure(&self, theme: &Theme) -> Result<Figure, PlotError> {
        transfer_figure(&self.fitted, theme)
    }
}
