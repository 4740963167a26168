//! One point of a scan: what is computed there.

use std::sync::atomic::AtomicBool;

use ntwk_analysis::AnalysisError;
use ntwk_core::connectivity::WiringTooLarge;
use ntwk_core::spec::ScanCommand;
use ntwk_core::{CellLibrary, Model};
use ntwk_meanfield::{FixedPointStatus, Stability};

use crate::analyze::analyze;
use crate::compare::{CompareError, compare};
use crate::simulate::{Stop, simulate};
use crate::theory::{Theory, TheoryError, predict};
use crate::windows::Windows;

/// A quantity at one point.
#[derive(Debug, Clone, PartialEq)]
pub struct PointQuantity {
    /// Name of the array.
    pub name: String,
    /// What it is.
    pub label: String,
    /// Unit.
    pub unit: String,
    /// One value per population, or one for the network; NaN where the data define none.
    pub values: Vec<f64>,
    /// Whether there is one value per population.
    pub per_population: bool,
}

/// A point that failed.
#[derive(Debug, thiserror::Error)]
pub enum PointError {
    /// The network cannot be built.
    #[error(transparent)]
    Network(#[from] WiringTooLarge),
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

impl PointError {
    /// Whether the user asked for it, so that the point has not failed.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        matches!(self, Self::Stopped(stop) if stop.is_interruption())
    }
}

/// Computes one point.
///
/// # Errors
/// [`PointError`].
pub fn compute(
    model: &Model,
    command: ScanCommand,
    library: &CellLibrary,
    threads: usize,
    interrupt: &AtomicBool,
) -> Result<Vec<PointQuantity>, PointError> {
    let mut quantities = Vec::new();
    let theory = match command {
        ScanCommand::Run => None,
        ScanCommand::Meanfield | ScanCommand::Compare => {
            Some(predict(model, library, threads, &mut |_, _| ())?)
        }
    };
    if command != ScanCommand::Meanfield {
        let result = simulate(model, threads, interrupt, &mut |_| ())?;
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
            let value = |p: &crate::analyze::PopulationAnalysis| p.get(&name).unwrap_or(f64::NAN);
            let values = analysis.populations.iter().map(value).collect();
            quantities.push(PointQuantity { name, label, unit, values, per_population: true });
        }
        if let Some(theory) = &theory {
            let comparison = compare(model, &result.recording, theory)?;
            let errors = comparison.populations.iter();
            let values = errors.map(|p| p.rate.relative_error.unwrap_or(f64::NAN)).collect();
            quantities.push(PointQuantity {
                name: "rate_relative_error".to_owned(),
                label: "relative error of the predicted rate".to_owned(),
                unit: "1".to_owned(),
                values,
                per_population: true,
            });
        }
    }
    if let Some(theory) = &theory {
        quantities.extend(theory_quantities(model, theory)?);
    }
    Ok(quantities)
}

/// The working point, the number of fixed points, and the rates between which the stable ones lie.
fn theory_quantities(model: &Model, theory: &Theory) -> Result<Vec<PointQuantity>, PointError> {
    let window = Windows::of(model).stationary;
    let n = theory.populations.len();
    let point = theory.working_point(window)?;
    let points = theory.fixed_points(window)?.found;
    let stable: Vec<_> = points
        .iter()
        .filter(|p| p.stability == Stability::Stable && p.status == FixedPointStatus::Converged)
        .collect();
    let each = |name: &str, label: &str, unit: &str, f: &dyn Fn(usize) -> f64| PointQuantity {
        name: name.to_owned(),
        label: label.to_owned(),
        unit: unit.to_owned(),
        values: (0..n).map(f).collect(),
        per_population: true,
    };
    let count = |name: &str, label: &str, value: usize| PointQuantity {
        name: name.to_owned(),
        label: label.to_owned(),
        unit: "1".to_owned(),
        values: vec![value as f64],
        per_population: false,
    };
    let of = |f: &dyn Fn(&ntwk_meanfield::FixedPoint) -> f64| point.as_ref().map_or(f64::NAN, f);
    let extreme = |i: usize, pick: fn(f64, f64) -> f64| {
        stable.iter().map(|p| p.rates[i]).reduce(pick).unwrap_or(f64::NAN)
    };
    Ok(vec![
        each("rate_theory", "predicted rate", "Hz", &|i| of(&|p| p.rates[i])),
        each("V_m_mean_theory", "predicted mean V_m", "mV", &|i| of(&|p| p.moments[i].mu_V)),
        each("V_m_sd_theory", "predicted sd of V_m", "mV", &|i| of(&|p| p.moments[i].sigma_V)),
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
