//! `ntwk compare`: simulate, predict, compare.

use serde::Serialize;

use super::Failure;
use super::args::RunArgs;
use super::meanfield::predict_with_bar;
use super::output::{make_folder, model, note, print, theme, write_figure, write_json};
use super::run::{Seconds, finish, list_files, simulate_with_bar, timing, write_results};
use super::table::{Table, optional, percent};
use ntwk::compare::{Comparison, Pair, compare};
use ntwk::overview::{TheoryCurves, overview};
use ntwk::results::theory_groups;
use ntwk::theory::TheorySeconds;
use ntwk::windows::Windows;

/// Machine-readable summary of a comparison.
#[derive(Serialize)]
struct Summary<'a> {
    title: Option<&'a str>,
    version: &'static str,
    seed: u64,
    threads: usize,
    seconds: Seconds,
    theory_seconds: TheorySeconds,
    comparison: &'a Comparison,
}

pub(crate) fn run(args: &RunArgs) -> Result<(), Failure> {
    let model = model(args)?;
    make_folder(&args.out)?;
    let (result, started) = simulate_with_bar(&model, args)?;
    if result.stopped.is_some() {
        let file = write_results(&model, &result, started, &[], args)?;
        list_files(&[file]);
        return finish(result, args);
    }
    // The simulation is on disk before the theory starts: nothing already computed is lost.
    write_results(&model, &result, started, &[], args)?;
    let theory = predict_with_bar(&model, args)?;
    let comparison = compare(&model, &result.recording, &theory)?;

    let groups = theory_groups(&theory, Some(&comparison));
    let mut files = vec![write_results(&model, &result, started, &groups, args)?];
    let summary = Summary {
        title: model.spec().title.as_deref(),
        version: env!("CARGO_PKG_VERSION"),
        seed: model.seed(),
        threads: result.threads,
        seconds: Seconds { build: result.build_seconds, simulate: result.simulate_seconds },
        theory_seconds: theory.seconds,
        comparison: &comparison,
    };
    files.push(write_json(&args.out, "summary.json", &summary)?);
    let figure = overview(
        &model,
        &result.recording,
        Some(&TheoryCurves::of(&theory)),
        Windows::of(&model).smoothing,
        &theme(args.dark),
    )?;
    files.extend(write_figure(&args.out, "overview", &figure)?);

    print(table(&comparison));
    for population in &theory.populations {
        let fit = &population.fit;
        print(format!(
            "transfer function of {}: {} points, R² = {:.5}, rms error {:.3} Hz",
            population.name,
            population.fitted_points.len(),
            fit.quality.r_squared,
            fit.quality.mean_squared_error.sqrt(),
        ));
    }
    print(timing(&result));
    print(format!(
        "theory: scans {:.3} s, fits {:.3} s, dynamics {:.4} s",
        theory.seconds.scan, theory.seconds.fit, theory.seconds.dynamics
    ));
    list_files(&files);
    comparison.notes.iter().for_each(note);
    Ok(())
}

/// The comparison as a table.
fn table(comparison: &Comparison) -> String {
    let mut table = Table::new(&["", "simulated", "predicted", "error"]);
    let mut row = |population: &str, quantity: &str, pair: &Pair, digits, relative: bool| {
        let error = if relative {
            percent(pair.relative_error)
        } else {
            pair.difference.map_or_else(|| "–".to_owned(), |d| format!("{d:+.digits$}"))
        };
        table.row(vec![
            format!("{population}  {quantity}"),
            optional(pair.simulated, digits),
            optional(pair.predicted, digits),
            error,
        ]);
    };
    for p in &comparison.populations {
        let name = &p.population;
        row(name, "rate (Hz)", &p.rate, 3, true);
        row(name, "V_m mean (mV)", &p.V_m_mean, 2, false);
        row(name, "V_m sd (mV)", &p.V_m_sd, 2, true);
        if let (Some(peak), Some(time)) = (&p.peak, &p.peak_time) {
            row(name, "peak rate (Hz)", peak, 2, true);
            row(name, "peak time (ms)", time, 1, false);
        }
    }
    let windows = &comparison.windows;
    let transient =
        windows.transient.map_or_else(String::new, |[a, b]| format!("; peak in {a}–{b} ms"));
    format!(
        "{table}stationary: {}–{} ms{transient}; fixed points of the theory: {}",
        windows.stationary[0], windows.stationary[1], comparison.fixed_points
    )
}
