//! `ntwk meanfield MODEL`: fixed points and rates in time.

use std::time::{Instant, SystemTime};

use ntwk_core::{CellLibrary, Job, Model};
use ntwk_io::{RunContents, WriteOptions, write_run};
use ntwk_meanfield::{FixedPoint, FixedPoints, SelfConsistency, Stability, self_consistency};
use ntwk_plot::figures::{Activity, Afferent, Series, TimeSpan, activity_figure};

use super::super::Failure;
use super::super::args::RunArgs;
use super::super::output::{make_folder, model, note, print, theme, write_figure};
use super::super::run::list_files;
use super::super::table::{Table, number};
use ntwk::figures::overview::FigureError;
use ntwk::report::results::theory_groups;
use ntwk::run::stream::{model_text, provenance};
use ntwk::studies::theory_figures::self_consistency_figure;
use ntwk_meanfield::prediction::predict::{TRAJECTORY_INTERVAL, Theory, predict};
use ntwk_meanfield::prediction::windows::ComparisonWindows;

/// Rates at which the graphical solution is drawn.
const SOLUTION_POINTS: usize = 400;

pub(crate) fn run(args: &RunArgs, library: &CellLibrary) -> Result<(), Failure> {
    let model = model(args, library)?;
    make_folder(&args.out)?;
    let (started, start) = (SystemTime::now(), Instant::now());
    let theory = predict_with_bar(&model, args, library)?;
    let windows = ComparisonWindows::of(&model);
    let points = theory.fixed_points(windows.stationary, &args.terminal().job())?;

    print(format!(
        "{}{}",
        fixed_point_table(&points.points, &names(&theory)),
        window_line(&windows)
    ));

    let text = model_text(&model)?;
    let seconds = start.elapsed().as_secs_f64();
    let origin = provenance(&model, args.terminal().job().thread_count(), started, seconds);
    let groups = theory_groups(&theory, None);
    let file = args.out.join("results.h5");
    let contents = RunContents {
        recording: None,
        model: Some(&text),
        provenance: Some(&origin),
        theory: &groups,
    };
    write_run(&file, &contents, &WriteOptions::default())?;
    let mut files = vec![file];
    files.extend(write_figure(&args.out, "rates", &rates_figure(&model, &theory, args.dark)?)?);
    let figure = self_consistency_figure(
        &solutions(&theory, &points, &windows, &args.terminal().job())?,
        &names(&theory),
        &points,
        &theme(args.dark),
    );
    files.extend(write_figure(&args.out, "fixed_points", &figure)?);
    list_files(&files);
    theory.limitations.iter().for_each(note);
    Ok(())
}

/// The graphical solution for the fixed points of every population, over a range that has them all.
fn solutions(
    theory: &Theory,
    points: &FixedPoints,
    windows: &ComparisonWindows,
    job: &Job<'_>,
) -> Result<Vec<SelfConsistency>, Failure> {
    let input = theory.input.mean(windows.stationary, TRAJECTORY_INTERVAL);
    (0..theory.populations.len())
        .map(|p| {
            let highest = points.points.iter().map(|f| f.rates[p]).fold(0.0, f64::max);
            let range = [0.0, (2.0 * highest).max(1.0)];
            let (system, found) = (&theory.mean_field, &points.points);
            self_consistency(system, &input, p, range, SOLUTION_POINTS, found, job)
                .map_err(|e| Failure::Argument(e.to_string()))
        })
        .collect()
}

/// Names of the populations of a theory.
pub(crate) fn names(theory: &Theory) -> Vec<String> {
    theory.populations.iter().map(|p| p.name.clone()).collect()
}

/// Which input the fixed points belong to.
pub(crate) fn window_line(windows: &ComparisonWindows) -> String {
    let [from, to] = windows.stationary;
    format!("input: its mean between {from} and {to} ms")
}

/// Fixed points, numbered, one row per population.
pub(crate) fn fixed_point_table(points: &[FixedPoint], names: &[String]) -> Table {
    let mut table =
        Table::new(&["fixed point", "population", "rate (Hz)", "V_m (mV)", "sd (mV)", "stability"]);
    for (i, point) in points.iter().enumerate() {
        let stability = match point.stability {
            Stability::Stable => "stable",
            Stability::Unstable => "unstable",
            Stability::Undetermined => "undetermined",
        };
        for (p, name) in names.iter().enumerate() {
            let remark = if point.in_domain[p] { "" } else { " (outside the scan)" };
            table.row(vec![
                (i + 1).to_string(),
                name.clone(),
                number(point.rates[p], 4),
                number(point.moments[p].mu_V, 2),
                number(point.moments[p].sigma_V, 2),
                format!("{stability}{remark}"),
            ]);
        }
    }
    table
}

/// Predicts with a progress bar per population.
pub(crate) fn predict_with_bar(
    model: &Model,
    args: &RunArgs,
    library: &CellLibrary,
) -> Result<Theory, Failure> {
    Ok(args.terminal().run("single-cell scans", |job| predict(model, library, job))?)
}

fn rates_figure(
    model: &Model,
    theory: &Theory,
    dark: bool,
) -> Result<ntwk_plot::Figure, FigureError> {
    let times = &theory.trajectory.times;
    let span = TimeSpan::new(0.0, model.t_stop())?;
    let n = theory.populations.len();
    let rates: Vec<Vec<f64>> = (0..n).map(|i| theory.trajectory.component(i).collect()).collect();
    let populations = theory
        .populations
        .iter()
        .zip(&rates)
        .map(|(p, rates)| {
            let predicted = Some(Series::new(times, rates)?);
            Ok(Activity { name: &p.name, binned: None, smoothed: None, predicted })
        })
        .collect::<Result<Vec<_>, ntwk_plot::PlotError>>()?;
    let inputs: Vec<(&str, Vec<f64>)> = model
        .afferents()
        .iter()
        .filter_map(|a| match &a.activity {
            ntwk_core::spec::AfferentActivity::Rate { rate, .. } => {
                Some((a.name.as_str(), times.iter().map(|&t| rate.at(t)).collect()))
            }
            ntwk_core::spec::AfferentActivity::Spikes { .. } => None,
        })
        .collect();
    let afferents = inputs
        .iter()
        .map(|(name, values)| Ok(Afferent { name, rate: Series::new(times, values)? }))
        .collect::<Result<Vec<_>, ntwk_plot::PlotError>>()?;
    Ok(activity_figure(&populations, &afferents, span, &theme(dark)))
}
