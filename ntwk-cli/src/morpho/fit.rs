//! `ntwk morpho fit`.

use std::fmt::Write;

use ntwk_core::Job;
use ntwk_io::read_trace_csv;
use ntwk_morpho::solver::passive::{PassiveCell, Target};
use ntwk_morpho::solver::passive_fit::{FitError, PassiveParameter, fit_passive};
use ntwk_plot::figures::{NamedCurve, Style, curves};
use ntwk_plot::{Axis, Figure, Layout, Width};
use serde::Serialize;

use super::args::FitArgs;
use super::work::end;
use super::{cell, locate, title};
use crate::Failure;
use crate::output::{make_folder, note, print, theme, write, write_figure, write_json};
use crate::run::list_files;
use crate::table::{Table, number};
use crate::terminal::Terminal;

/// One parameter of the summary.
#[derive(Serialize)]
struct Row {
    parameter: String,
    unit: &'static str,
    initial: f64,
    value: f64,
    standard_error: Option<f64>,
}

/// The fit as JSON.
#[derive(Serialize)]
struct Summary {
    parameters: Vec<Row>,
    initial_rms_mv: f64,
    rms_mv: f64,
    iterations: u64,
    converged: bool,
    termination: String,
}

pub(crate) fn run(args: &FitArgs) -> Result<(), Failure> {
    let (file, built) = cell(&args.study.cell)?;
    let out = &args.study.out;
    let at = locate(&built, &args.at)?;
    let parameters = args
        .parameters
        .iter()
        .map(|name| {
            PassiveParameter::ALL.into_iter().find(|p| p.to_string() == *name).ok_or_else(|| {
                Failure::Argument(format!(
                    "there is no passive parameter \"{name}\"; there are: C_m, R_i, g_L, E_L"
                ))
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let (times, values) = read_trace_csv(&args.trace, 1)?;
    let dt = built.spec.simulation.settings.dt;
    let target = Target { at, dt, values: resampled(&times, &values, dt)? };
    let passive = PassiveCell::new(&built.cell).map_err(FitError::from)?;
    let terminal = Terminal::new(Some(1), out.quiet);
    let job = terminal.job();
    let before = passive.response(&target, false, &job).map_err(FitError::from)?;
    let fit = terminal.run("fit", |job| {
        fit_passive(&passive, &target, &parameters, u64::from(args.iterations), job)
    })?;
    if !fit.converged {
        note(format!("stopped before a minimum was certain: {}", fit.termination));
    }
    let mut table = Table::new(&["parameter", "unit", "initial", "fitted", "standard error"]);
    for p in &fit.parameters {
        table.row(vec![
            p.parameter.to_string(),
            p.parameter.unit().to_owned(),
            format!("{:.5}", p.initial),
            format!("{:.5}", p.value),
            format!("{:.1e}", p.standard_error),
        ]);
    }
    print(table);
    print(format!(
        "rms error {} mV, before the fit {} mV, {} iterations",
        number(fit.rms, 5),
        number(fit.initial_rms, 5),
        fit.iterations
    ));
    make_folder(&out.out)?;
    let rows = fit.parameters.iter().map(|p| Row {
        parameter: p.parameter.to_string(),
        unit: p.parameter.unit(),
        initial: p.initial,
        value: p.value,
        standard_error: Some(p.standard_error).filter(|e| e.is_finite()),
    });
    let summary = Summary {
        parameters: rows.collect(),
        initial_rms_mv: fit.initial_rms,
        rms_mv: fit.rms,
        iterations: fit.iterations,
        converged: fit.converged,
        termination: fit.termination.clone(),
    };
    let after = fit.cell.response(&target, false, &Job::new()).map_err(FitError::from)?;
    let mut csv = "time_ms,recorded_mV,initial_mV,fitted_mV\n".to_owned();
    for k in 0..target.values.len() {
        let recorded = target.values[k];
        let recorded = if recorded.is_nan() { String::new() } else { recorded.to_string() };
        let _ = writeln!(csv, "{},{recorded},{},{}", k as f64 * dt, before.v[k], after.v[k]);
    }
    let mut files = vec![
        write_json(&out.out, "fit.json", &summary)?,
        write(&out.out, "fit.csv", csv.as_bytes())?,
    ];
    let theme = theme(out.dark);
    let points = |v: &[f64]| v.iter().enumerate().map(|(k, &v)| (k as f64 * dt, v)).collect();
    let line = |name, v: &[f64], color, style| NamedCurve { name, points: points(v), color, style };
    let trace = times.iter().copied().zip(values.iter().copied()).collect();
    let lines = [
        NamedCurve { name: "recorded", points: trace, color: None, style: Style::Line },
        line("before the fit", &before.v, Some(0), Style::Dashed),
        line("fitted", &after.v, Some(1), Style::Line),
    ];
    let traces = curves(Axis::new("time (ms)").unwritten(), Axis::new("V (mV)"), &lines, &theme);
    let off =
        target.values.iter().zip(&after.v).enumerate().map(|(k, (d, v))| (k as f64 * dt, d - v));
    let points = off.filter(|p| p.1.is_finite()).collect();
    let rest = [NamedCurve { name: "", points, color: Some(1), style: Style::Line }];
    let rest = curves(Axis::new("time (ms)"), Axis::new("residual (mV)"), &rest, &theme);
    let layout = Layout::Column(vec![(2.0, Layout::panel(traces)), (1.0, Layout::part(rest))]);
    let figure =
        Figure::new(title(&file, &args.study.cell.cell), Width::Column, 85.0, layout, &theme);
    files.extend(write_figure(&out.out, "fit", &figure)?);
    list_files(&files);
    end(&terminal, out.out.join("fit.json"))
}

/// The trace at the multiples of dt nearest to its samples, from 0 to its end, and NaN between: a trace that is sampled more
/// coarsely than dt must not count as more samples than it has.
fn resampled(times: &[f64], values: &[f64], dt: f64) -> Result<Vec<f64>, Failure> {
    let (first, last) = (times[0], times[times.len() - 1]);
    if first < -1e-9 {
        return Err(Failure::Argument(format!(
            "the trace starts at {first} ms; the cell rests before t = 0, so times must not be negative"
        )));
    }
    let steps = ((last + 1e-9) / dt).floor();
    if steps > 1e8 {
        return Err(Failure::Argument(format!("{steps} steps of the trace are too many")));
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
