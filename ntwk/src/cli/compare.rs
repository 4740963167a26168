//! `ntwk compare`: simulate, predict, compare.

use ntwk_core::{Model, Recording};
use ntwk_io::ResultFile;
use serde::Serialize;

use super::Failure;
use super::args::SimulateArgs;
use super::meanfield::predict_with_bar;
use super::output::{make_folder, model, no_run, note, print, theme, write_figure, write_json};
use super::run::{KeepArgs, Seconds, finish, list_files, simulate_with_bar, timing};
use super::table::{Table, optional, percent};
use ntwk::compare::{Comparison, Pair, compare_with};
use ntwk::overview::{TheoryCurves, overview};
use ntwk::results::{overview_recording, stored_potentials, theory_groups};
use ntwk::stream::StreamedRun;
use ntwk::theory::{Theory, TheorySeconds};
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

pub(crate) fn run(args: &SimulateArgs) -> Result<(), Failure> {
    let model = model(&args.run)?;
    make_folder(&args.run.out)?;
    let run = simulate_with_bar(&model, args, &KeepArgs::default())?;
    if run.stopped.is_some() {
        return finish(run);
    }
    // The simulation is on the disk before the theory starts: whatever happens there, it stays.
    let (theory, recording, comparison) = match predict_and_compare(&model, &run, args) {
        Ok(all) => all,
        Err(failure) => {
            list_files(&[run.finish(&[])?]);
            return Err(failure);
        }
    };
    let timing = timing(&run);
    let (threads, seconds) =
        (run.threads, Seconds { build: run.build_seconds, simulate: run.simulate_seconds });

    let mut files = vec![run.finish(&theory_groups(&theory, Some(&comparison)))?];
    let summary = Summary {
        title: model.spec().title.as_deref(),
        version: env!("CARGO_PKG_VERSION"),
        seed: model.seed(),
        threads,
        seconds,
        theory_seconds: theory.seconds,
        comparison: &comparison,
    };
    files.push(write_json(&args.run.out, "summary.json", &summary)?);
    let figure = overview(
        &model,
        &recording,
        Some(&TheoryCurves::of(&theory)),
        Windows::of(&model).smoothing,
        &theme(args.run.dark),
    )?;
    files.extend(write_figure(&args.run.out, "overview", &figure)?);

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
    print(timing);
    print(format!(
        "theory: scans {:.3} s, fits {:.3} s, dynamics {:.4} s",
        theory.seconds.scan, theory.seconds.fit, theory.seconds.dynamics
    ));
    list_files(&files);
    comparison.notes.iter().for_each(note);
    Ok(())
}

/// The theory, what the figure shows of the run, and the comparison of both.
fn predict_and_compare(
    model: &Model,
    run: &StreamedRun,
    args: &SimulateArgs,
) -> Result<(Theory, Recording, Comparison), Failure> {
    let theory = predict_with_bar(model, &args.run)?;
    let file = ResultFile::open(run.partial_path())?;
    let recording = overview_recording(&file)?.ok_or_else(|| no_run(run.partial_path()))?;
    let potentials = stored_potentials(&file, model)?;
    let comparison = compare_with(model, &recording, &potentials, &theory)?;
    Ok((theory, recording, comparison))
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
