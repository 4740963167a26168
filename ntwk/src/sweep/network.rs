//! The sweep of a network: its points, and what is computed at one.

use ntwk_analysis::AnalysisError;
use ntwk_core::engine::connectivity::BuildError;
use ntwk_core::{CellLibrary, Job, Model};
use ntwk_io::ScanArray;
use ntwk_meanfield::{FixedPoint, FixedPointStatus, Stability};
use serde_json::Value;

use crate::compare::{CompareError, compare};
use crate::report::quantities::analyze;
use crate::run::origin::model_text;
use crate::sweep::command::NetworkCommand;
use crate::sweep::identity::{PARAMETER_SWEEP, StudyIdentity};
use crate::sweep::points::SweepPlan;
use crate::sweep::task::{DescriptionError, PointFailure, PointQuantity, PointTask, text_axis};
use ntwk_core::engine::run::{Stop, simulate};
use ntwk_meanfield::prediction::error::TheoryError;
use ntwk_meanfield::prediction::predict::{Theory, predict};
use ntwk_meanfield::prediction::settled_state::SettledState;

/// A point that failed.
#[derive(Debug, thiserror::Error)]
pub enum PointError {
    /// The network cannot be built.
    #[error(transparent)]
    Network(#[from] BuildError),
    /// The run stopped.
    #[error(transparent)]
    Stopped(Stop),
    /// The run cannot be analysed.
    #[error(transparent)]
    Analysis(#[from] AnalysisError),
    /// The theory failed.
    #[error(transparent)]
    Theory(#[from] TheoryError),
    /// The comparison failed.
    #[error(transparent)]
    Compare(#[from] CompareError),
}

impl From<PointError> for PointFailure {
    fn from(error: PointError) -> Self {
        match error {
            PointError::Stopped(stop) if stop.is_interruption() => Self::Interrupted,
            PointError::Network(BuildError::Interrupted(_))
            | PointError::Theory(TheoryError::Interrupted(_))
            | PointError::Compare(CompareError::Theory(TheoryError::Interrupted(_))) => {
                Self::Interrupted
            }
            error => Self::Failed(error.to_string()),
        }
    }
}

/// A sweep over keys of a network.
#[derive(Clone)]
pub struct NetworkSweep {
    /// The network, with the sweep as its section.
    pub model: Model,
    /// The points.
    pub plan: SweepPlan,
    /// What is computed at every point.
    pub command: NetworkCommand,
    /// Kinds and presets of cells.
    pub library: CellLibrary,
}

impl PointTask for NetworkSweep {
    fn study(&self) -> Result<StudyIdentity, DescriptionError> {
        Ok(StudyIdentity::new(PARAMETER_SWEEP, model_text(&self.model)?, &Value::Null))
    }

    fn seed(&self) -> u64 {
        self.model.seed()
    }

    fn axes(&self) -> Vec<ScanArray> {
        let populations = self.model.populations().iter().map(|p| p.name.clone()).collect();
        let mut axes = self.plan.arrays().0;
        axes.push(text_axis("population", "population", populations));
        axes
    }

    fn dimensions(&self) -> usize {
        self.plan.dimensions().len()
    }

    fn given(&self) -> Vec<ScanArray> {
        self.plan.arrays().1
    }

    fn label(&self, index: usize) -> Vec<(String, String)> {
        self.plan.overrides(index)
    }

    fn compute(&self, index: usize, job: &Job<'_>) -> Result<Vec<PointQuantity>, PointFailure> {
        let model = self.plan.model(index, &self.library);
        let model = model.map_err(|faults| PointFailure::Failed(faults.to_string()))?;
        Ok(compute(&model, self.command, &self.library, job)?)
    }
}

/// Computes one point.
///
/// # Errors
/// [`PointError`].
fn compute(
    model: &Model,
    command: NetworkCommand,
    library: &CellLibrary,
    job: &Job<'_>,
) -> Result<Vec<PointQuantity>, PointError> {
    let mut quantities = Vec::new();
    let mut compared = None;
    let theory = match command {
        NetworkCommand::Meanfield | NetworkCommand::Compare => {
            Some(predict(model, library, &job.silent())?)
        }
        NetworkCommand::Run => None,
    };
    if command != NetworkCommand::Meanfield {
        let result = simulate(model, &job.silent())?;
        if let Some(stop) = result.stopped {
            return Err(PointError::Stopped(stop));
        }
        let analysis = analyze(model, &result.recording, None)?;
        let mut names: Vec<(String, String, String)> = Vec::new();
        for q in analysis.populations.iter().flat_map(|p| &p.quantities) {
            if !names.iter().any(|n| n.0 == q.name) {
                names.push((q.name.clone(), q.label.clone(), q.unit.clone()));
            }
        }
        for (name, label, unit) in names {
            let value = |p: &crate::report::quantities::PopulationAnalysis| {
                p.get(&name).unwrap_or(f64::NAN)
            };
            let values = analysis.populations.iter().map(value).collect();
            quantities.push(PointQuantity::along("population", &name, &label, &unit, values));
        }
        if let Some(theory) = &theory {
            let comparison = compare(model, &result.recording, theory, library, job)?;
            let errors = comparison.populations.iter();
            let values = errors.map(|p| p.rate.relative_error.unwrap_or(f64::NAN)).collect();
            let label = "relative error of the predicted rate";
            let name = "rate_relative_error";
            quantities.push(PointQuantity::along("population", name, label, "1", values));
            compared = Some(comparison);
        }
    }
    if let Some(theory) = &theory {
        let point = theory.stationary_state(theory.windows.stationary, &job.silent())?;
        // The same rates as those of a comparison.
        let predicted = match (compared, &point) {
            (Some(comparison), _) => {
                let all = comparison.populations.into_iter();
                all.map(|p| [p.rate.predicted, p.rate_error]).collect()
            }
            (None, Some(point)) => {
                let state = SettledState::of(model, theory, point, library, &job.silent())?;
                let error = |p: usize| state.errors.as_ref().map(|e| e[p]);
                (0..state.rates.len()).map(|p| [Some(state.rates[p]), error(p)]).collect()
            }
            (None, None) => vec![[None; 2]; theory.populations.len()],
        };
        quantities.extend(theory_quantities(theory, point.as_ref(), &predicted, &job.silent())?);
    }
    Ok(quantities)
}

/// The stationary state (rates as `predicted`, each with its standard error), that of the transfer functions (`point`), the number
/// of fixed points, and the rates between which the stable ones lie.
fn theory_quantities(
    theory: &Theory,
    point: Option<&FixedPoint>,
    predicted: &[[Option<f64>; 2]],
    job: &Job<'_>,
) -> Result<Vec<PointQuantity>, PointError> {
    let n = theory.populations.len();
    let points = theory.fixed_points(theory.windows.stationary, job)?.points;
    let stable: Vec<_> = points
        .iter()
        .filter(|p| p.stability == Stability::Stable && p.status == FixedPointStatus::Converged)
        .collect();
    let each = |name: &str, label: &str, unit: &str, f: &dyn Fn(usize) -> f64| {
        PointQuantity::along("population", name, label, unit, (0..n).map(f).collect())
    };
    let count = |name: &str, label: &str, value: usize| {
        PointQuantity::scalar(name, label, "1", value as f64)
    };
    let of = |f: &dyn Fn(&FixedPoint) -> f64| point.map_or(f64::NAN, f);
    let known = |x: Option<f64>| x.unwrap_or(f64::NAN);
    let extreme = |i: usize, pick: fn(f64, f64) -> f64| {
        stable.iter().map(|p| p.rates[i]).reduce(pick).unwrap_or(f64::NAN)
    };
    Ok(vec![
        each("rate_theory", "predicted rate", "Hz", &|i| known(predicted[i][0])),
        each("rate_theory_error", "standard error of the predicted rate", "Hz", &|i| {
            known(predicted[i][1])
        }),
        each("rate_fitted", "rate at the fixed point of the transfer functions", "Hz", &|i| {
            of(&|p| p.rates[i])
        }),
        each("V_m_mean_theory", "predicted mean of the free V_m", "mV", &|i| {
            of(&|p| p.moments[i].mu_V)
        }),
        each("V_m_sd_theory", "predicted sd of the free V_m", "mV", &|i| {
            of(&|p| p.moments[i].sigma_V)
        }),
        each("lowest_stable_rate", "rate at the lowest stable fixed point", "Hz", &|i| {
            extreme(i, f64::min)
        }),
        each("highest_stable_rate", "rate at the highest stable fixed point", "Hz", &|i| {
            extreme(i, f64::max)
        }),
        count("fixed_points", "fixed points of the theory", points.len()),
        count("stable_fixed_points", "stable fixed points of the theory", stable.len()),
    ])
}
