//! Passive parameters fitted to a recorded response.

use ntwk_core::Job;
use ntwk_morpho::LocationSpec;
use ntwk_morpho::solver::passive::{PassiveCell, Target};
use ntwk_morpho::solver::passive_fit::{PassiveFit, PassiveParameter, fit_passive};
use ntwk_plot::figures::{NamedCurve, Style, curves};
use ntwk_plot::{Axis, Figure, Layout, Theme, Width};
use serde::Serialize;

use super::checks::Checks;
use super::drawing::samples;
use super::{MorphoCell, MorphoError};
use crate::studies::table::{ColumnValues, Table};

/// What is fitted.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PassiveFitOptions {
    /// Where the trace was recorded; the soma by default.
    pub at: LocationSpec,
    /// Parameters to fit; all four by default.
    pub parameters: Vec<PassiveParameter>,
    /// Most iterations; 100 by default.
    pub iterations: u64,
}

impl Default for PassiveFitOptions {
    fn default() -> Self {
        Self { at: LocationSpec::Soma, parameters: PassiveParameter::ALL.to_vec(), iterations: 100 }
    }
}

/// A recorded trace.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedTrace {
    /// Times (ms), growing, from 0 on.
    pub times: Vec<f64>,
    /// Potential at these times (mV).
    pub values: Vec<f64>,
}

/// The fit, with the best parameters so far when it was interrupted.
#[derive(Debug, Clone)]
pub struct PassiveFitResult {
    cell: MorphoCell,
    trace: RecordedTrace,
    target: Target,
    /// Potential at the place of the trace before and after the fit (mV), one sample per step.
    pub responses: [Vec<f64>; 2],
    /// Parameters, errors, and why the fit ended.
    pub fit: PassiveFit,
}

/// A parameter of [`PassiveFitSummary`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParameterSummary {
    /// Name.
    pub parameter: String,
    /// Unit.
    pub unit: &'static str,
    /// Before the fit.
    pub initial: f64,
    /// After the fit.
    pub value: f64,
    /// Standard error, where the trace determines it.
    pub standard_error: Option<f64>,
}

/// A fit in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PassiveFitSummary {
    /// The parameters.
    pub parameters: Vec<ParameterSummary>,
    /// Root of the mean squared error before the fit (mV).
    pub initial_rms_mv: f64,
    /// Root of the mean squared error after the fit (mV).
    pub rms_mv: f64,
    /// Iterations of the minimiser.
    pub iterations: u64,
    /// Whether it stopped at a minimum.
    pub converged: bool,
    /// Why it stopped.
    pub termination: String,
}

/// Fits passive parameters of the cell, with the electrodes of its description, to a trace.
///
/// # Errors
/// [`MorphoError`]; [`MorphoError::Trace`] for a trace that begins before 0 or is too long.
pub fn fit(
    cell: &MorphoCell,
    trace: RecordedTrace,
    options: &PassiveFitOptions,
    job: &Job<'_>,
) -> Result<PassiveFitResult, MorphoError> {
    let built = cell.built();
    let dt = built.spec.simulation.settings.dt;
    let mut checks = Checks::default();
    let at = checks.take(cell.locate(&options.at));
    let values = checks.take(resampled(&trace, dt));
    let (at, values) = checks.all(at.zip(values))?;
    let target = Target { at, dt, values };
    let passive = PassiveCell::new(&built.cell)?;
    let before = passive.response(&target, false, job)?.v;
    let fit = fit_passive(&passive, &target, &options.parameters, options.iterations, job)?;
    // Of an interrupted fit too: it is one run of the cell.
    let after = fit.cell.response(&target, false, &Job::new())?.v;
    Ok(PassiveFitResult { cell: cell.clone(), trace, target, responses: [before, after], fit })
}

impl PassiveFitResult {
    /// The fit in numbers.
    #[must_use]
    pub fn summary(&self) -> PassiveFitSummary {
        let fit = &self.fit;
        let parameters = fit.parameters.iter().map(|p| ParameterSummary {
            parameter: p.parameter.to_string(),
            unit: p.parameter.unit(),
            initial: p.initial,
            value: p.value,
            standard_error: Some(p.standard_error).filter(|e| e.is_finite()),
        });
        PassiveFitSummary {
            parameters: parameters.collect(),
            initial_rms_mv: fit.initial_rms,
            rms_mv: fit.rms,
            iterations: fit.iterations,
            converged: fit.converged,
            termination: fit.termination.clone(),
        }
    }

    /// The potential over time: recorded, before and after the fit; one row per step.
    #[must_use]
    pub fn table(&self) -> Table {
        let Target { values, dt, .. } = &self.target;
        let times: Vec<f64> = (0..values.len()).map(|k| k as f64 * dt).collect();
        let recorded = values.iter().map(|v| Some(*v).filter(|v| !v.is_nan())).collect();
        Table::default()
            .numbers("time", "ms", &times)
            .with("recorded", "mV", ColumnValues::Sparse(recorded))
            .numbers("initial", "mV", &self.responses[0])
            .numbers("fitted", "mV", &self.responses[1])
    }

    /// The traces, and what the fit leaves.
    #[must_use]
    pub fn figure(&self, theme: &Theme) -> Figure {
        let Target { values, dt, .. } = &self.target;
        let [before, after] = &self.responses;
        let line = |name, v: &[f64], color, style| NamedCurve {
            name,
            points: samples(v, *dt),
            color,
            style,
        };
        let RecordedTrace { times, values: recorded } = &self.trace;
        let trace = times.iter().copied().zip(recorded.iter().copied()).collect();
        let lines = [
            NamedCurve { name: "recorded", points: trace, color: None, style: Style::Line },
            line("before the fit", before, Some(0), Style::Dashed),
            line("fitted", after, Some(1), Style::Line),
        ];
        let traces = curves(Axis::new("time (ms)").unwritten(), Axis::new("V (mV)"), &lines, theme);
        let off: Vec<f64> = values.iter().zip(after).map(|(d, v)| d - v).collect();
        let points = samples(&off, *dt).into_iter().filter(|p| p.1.is_finite()).collect();
        let rest = [NamedCurve { name: "", points, color: Some(1), style: Style::Line }];
        let rest = curves(Axis::new("time (ms)"), Axis::new("residual (mV)"), &rest, theme);
        let layout = Layout::Column(vec![(2.0, Layout::panel(traces)), (1.0, Layout::part(rest))]);
        Figure::new(self.cell.title(), Width::Column, 85.0, layout, theme)
    }
}

/// The trace at the multiples of dt nearest to its samples, from 0 to its end, and NaN between: a trace that is sampled more
/// coarsely than dt must not count as more samples than it has.
fn resampled(trace: &RecordedTrace, dt: f64) -> Result<Vec<f64>, MorphoError> {
    let RecordedTrace { times, values } = trace;
    let refused = |reason: String| Err(MorphoError::Trace { reason });
    let (Some(first), Some(last)) = (times.first(), times.last()) else {
        return refused("the trace has no sample".to_owned());
    };
    if times.len() != values.len() {
        return refused(format!("the trace has {} times and {} values", times.len(), values.len()));
    }
    if *first < -1e-9 {
        return refused(format!(
            "the trace starts at {first} ms; the cell rests before t = 0, so times must not be negative"
        ));
    }
    let steps = ((last + 1e-9) / dt).floor();
    if steps > 1e8 {
        return refused(format!("{steps} steps of the trace are too many"));
    }
    let mut sampled = vec![false; steps as usize + 1];
    for t in times {
        if let Some(s) = sampled.get_mut((t / dt).round() as usize) {
            *s = true;
        }
    }
    Ok((0..=steps as usize)
        .map(|k| {
            if !sampled[k] {
                return f64::NAN;
            }
            let t = k as f64 * dt;
            let i = times.partition_point(|x| *x < t - 1e-9).min(times.len() - 1);
            if (times[i] - t).abs() <= 1e-9 {
                return values[i];
            }
            if i == 0 {
                return f64::NAN;
            }
            let f = (t - times[i - 1]) / (times[i] - times[i - 1]);
            values[i - 1] + f * (values[i] - values[i - 1])
        })
        .collect())
}
