//! `ntwk compare`: simulate, predict, compare.

use std::path::PathBuf;

use clap::Args;
use ntwk_core::{CellLibrary, Model, Recording};
use ntwk_io::ResultFile;
use serde::Serialize;

use super::Failure;
use super::analyze::remove_stale;
use super::args::SimulateArgs;
use super::interruption::{self, INTERRUPTED};
use super::output::{make_folder, model, no_run, note, print, write_figure, write_json};
use super::run::{
    KeepArgs, Ran, Seconds, finish, list_files, plan, remark_potentials, short_window, show, timing,
};
use super::table::{Table, optional, percent};
use ntwk::compare::diagnosis::{
    PoissonCells, compared_forms, forms_figure, poisson_cells, theory_forms,
};
use ntwk::compare::fluctuations::{rate_spectra, spectra_figure};
use ntwk::compare::rate_distribution::distribution_figure;
use ntwk::compare::replay::{Replay, replay};
use ntwk::compare::together::simulate_and_predict;
use ntwk::compare::{Comparison, Pair, compare_with};
use ntwk::figures::overview::{TheoryCurves, overview};
use ntwk::report::quantities::signed;
use ntwk::report::results::{overview_recording, stored_potentials, theory_groups};
use ntwk::run::stream::StreamedRun;
use ntwk_meanfield::Fit;
use ntwk_meanfield::prediction::laid_out::scan_effort;
use ntwk_meanfield::prediction::predict::{Theory, TheorySeconds, check_covered};
use ntwk_meanfield::prediction::windows::ComparisonWindows;

/// Expected time of the theory (s), from which on it is said beforehand.
const LONG: f64 = 30.0;

/// Simulate a model, predict it from transfer functions scanned and fitted on the spot, and compare: table, figure, HDF5,
/// JSON.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk compare examples/rs-fs/model.toml --out out/rs-fs
  ntwk compare examples/rs-fs/model.toml --set theory.spike_trains=poisson
  ntwk compare examples/rs-fs/model.toml --forms --set theory.transfer_function=tabulated

The table has, per population, the stationary rate (with its statistical error), mean and standard \
deviation of V_m outside refractory periods and the transient peak, simulated and predicted, with \
errors. The predicted V_m is that of single cells under Poisson trains at the predicted rates; `free \
V_m` are mean and sd predicted for a membrane without spikes and resets. The column `Poisson cells` says \
where errors of the rates come from: single cells under independent Poisson trains at the simulated \
rates. Where these differ from the simulation, the network's trains are not independent and Poisson; \
where the prediction differs from these, the transfer function is off. With \
theory.spike_trains=measured the theory takes trains as regular as those of single cells at its rates. [compare] in the model file sets the windows. Writes results.h5, \
summary.json, overview.png and overview.svg into DIR; with --forms also forms.png and forms.svg, with --spectra spectra.png and spectra.svg, with --distributions distributions.png and distributions.svg. `rate sd in time` is that of the rate of \
the whole population, low-passed with theory.T; predicted by the second order of the theory.")]
pub(crate) struct CompareArgs {
    #[command(flatten)]
    pub simulate: SimulateArgs,
    /// Also measure what each assumption on spike trains is worth: cells under the simulated trains without their regularity,
    /// multapses, correlations.
    #[arg(long)]
    pub replay: bool,
    /// Also show the forms of the theory side by side: first order with adaptation in the transfer function and as a
    /// variable, Poisson and measured spike trains, second order.
    #[arg(long)]
    pub forms: bool,
    /// Also draw the power spectra of the rates, simulated and of the second order of the theory.
    #[arg(long)]
    pub spectra: bool,
    /// Also draw how the rates are distributed over neurons: of the network, and of the cells that say where the theory's state
    /// is (theory.spike_trains = "measured").
    #[arg(long)]
    pub distributions: bool,
}

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
    poisson_cells: &'a [PoissonCells],
}

pub(crate) fn run(args: &CompareArgs, library: &CellLibrary) -> Result<(), Failure> {
    let (forms, with_replay, with_spectra) = (args.forms, args.replay, args.spectra);
    let with_distributions = args.distributions;
    let args = &args.simulate;
    let model = model(&args.run, library)?;
    // What the theory does not cover is not simulated first.
    check_covered(&model)?;
    let effort = scan_effort(&model, library, &args.run.terminal().job().silent())?;
    if effort.seconds >= LONG {
        note(format!("the theory scans {effort}"));
    }
    make_folder(&args.run.out)?;
    let plan = plan(args, &KeepArgs::default());
    let (mut run, theory) = (args.run.terminal())
        .run("simulation and theory", |job| simulate_and_predict(&model, &plan, library, job))?;
    let Some(theory) = theory else {
        return finish(run)?.result();
    };
    // The simulation is on the disk: whatever happens in the theory, it stays.
    run.publish()?;
    interruption::stored(run.partial_path());
    if !interruption::is_interrupted() {
        interruption::all_is_stored();
    }
    let compared = theory.map_err(Failure::from);
    let (theory, recording, comparison, cells) =
        match compared.and_then(|theory| compare_run(&model, &run, theory, args, library)) {
            Ok(all) => all,
            Err(failure) => {
                if failure.exit_code() == INTERRUPTED {
                    let Some(file) = run.leave()? else { return Err(failure) };
                    let reason = "interrupted in the theory; the simulation is complete".to_owned();
                    return Err(Failure::Stopped { reason, interrupted: true, file });
                }
                // What is left is a run.
                let ran = Ran::of(&run);
                if let Some(file) = run.finish(&[])? {
                    show(&model, args, &file, &ran, false, true)?;
                    list_files(&[file]);
                }
                return Err(failure);
            }
        };
    let timing = timing(&run);
    let (threads, seconds) = (run.threads, Seconds::of(&run));

    let mut files: Vec<PathBuf> =
        run.finish(&theory_groups(&theory, Some(&comparison)))?.into_iter().collect();
    remove_stale(&args.run.out);
    let summary = Summary {
        title: model.spec().title.as_deref(),
        version: env!("CARGO_PKG_VERSION"),
        seed: model.seed(),
        threads,
        seconds,
        theory_seconds: theory.seconds,
        comparison: &comparison,
        poisson_cells: &cells,
    };
    files.push(write_json(&args.run.out, "summary.json", &summary)?);
    let figure = overview(
        &model,
        &recording,
        Some(&TheoryCurves::of(&theory)),
        ComparisonWindows::of(&model).smoothing,
        &args.run.figure.theme_of(&model)?,
    )?;
    files.extend(write_figure(&args.run.out, "overview", &figure)?);

    print(table(&comparison, &cells));
    if with_replay {
        let replays = (args.run.terminal())
            .compute("replays", |job| replay(&model, &recording, library, job));
        match replays {
            Ok(replays) => print(replay_table(&comparison, &cells, &replays)),
            Err(reason) => note(format!("no replay: {reason}")),
        }
    }
    if forms {
        files.extend(show_forms(&model, &theory, &recording, args, library)?);
    }
    if with_spectra {
        match rate_spectra(&model, &recording, &theory, &args.run.terminal().job()) {
            Ok(Some(spectra)) => {
                let theme = args.run.figure.theme_of(&model)?;
                let figure = spectra_figure(&spectra, &theme);
                files.extend(write_figure(&args.run.out, "spectra", &figure)?);
            }
            Ok(None) => note("no spectra: the theory has no stable state to fluctuate around"),
            Err(reason) => note(format!("no spectra: {reason}")),
        }
    }
    if with_distributions {
        match &comparison.rate_distributions {
            Some(all) => {
                let figure = distribution_figure(all, &args.run.figure.theme_of(&model)?);
                files.extend(write_figure(&args.run.out, "distributions", &figure)?);
            }
            None => note(
                "no distributions: they take a refined state whose cells receive trains of cells (theory.spike_trains=measured)",
            ),
        }
    }
    if let Some(fano_factors) = &comparison.fano_factors {
        let each = comparison.populations.iter().zip(fano_factors);
        let each: Vec<String> = each.map(|(p, f)| format!("{} {f:.2}", p.population)).collect();
        print(format!("Fano factor of the spike trains in the theory: {}", each.join(", ")));
    }
    for population in &theory.populations {
        let fit = &population.fit;
        print(format!(
            "transfer function of {}: {} points{}, R² = {:.5}, rms error {:.3} Hz",
            population.name,
            population.fitted_points.len(),
            undetermined_terms(fit),
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
    remark_potentials(&model, &recording);
    comparison.notes.iter().for_each(note);
    Ok(())
}

/// What the figure shows of the run, and its comparison with the theory.
fn compare_run(
    model: &Model,
    run: &StreamedRun,
    theory: Theory,
    args: &SimulateArgs,
    library: &CellLibrary,
) -> Result<(Theory, Recording, Comparison, Vec<PoissonCells>), Failure> {
    let file = ResultFile::open(run.partial_path())?;
    let recording = overview_recording(&file)?.ok_or_else(|| no_run(run.partial_path()))?;
    let potentials = stored_potentials(&file, model)?;
    let (comparison, cells) = args.run.terminal().compute("single cells", |job| {
        let comparison = compare_with(model, &recording, &potentials, &theory, library, job)?;
        Ok::<_, Failure>((comparison, poisson_cells(model, &recording, library, job)?))
    })?;
    Ok((theory, recording, comparison, cells))
}

/// The table and the figure of the forms of the theory.
fn show_forms(
    model: &Model,
    theory: &Theory,
    recording: &Recording,
    args: &SimulateArgs,
    library: &CellLibrary,
) -> Result<Vec<PathBuf>, Failure> {
    let terminal = args.run.terminal();
    let forms =
        terminal.compute("forms of the theory", |job| theory_forms(model, theory, library, job))?;
    let shown = compared_forms(model, recording, &forms)?;
    let mut table = Table::new(&["", "rate (Hz)", "error", "peak (Hz)", "error"]);
    for row in &shown {
        table.row(vec![
            format!("{}  {}", row.population, row.form),
            optional(row.rate.predicted, 3),
            percent(row.rate.relative_error),
            optional(row.peak.and_then(|p| p.predicted), 2),
            percent(row.peak.and_then(|p| p.relative_error)),
        ]);
    }
    print(table);
    for form in &forms {
        if let Err(reason) = &form.trajectory {
            note(format!("{}: no prediction: {reason}", form.name));
        }
    }
    let theme = args.run.figure.theme_of(model)?;
    let figure = forms_figure(model, recording, &forms, &theme)?;
    write_figure(&args.run.out, "forms", &figure)
}

/// Rates of the replays, each with what it adds to the one before.
fn replay_table(comparison: &Comparison, cells: &[PoissonCells], replays: &[Replay]) -> String {
    let mut table = Table::new(&["replayed rate (Hz)", "rate", "± s.e.", "change", "± s.e."]);
    for (index, p) in comparison.populations.iter().enumerate() {
        let mut rows: Vec<(String, Option<f64>, Option<f64>)> = replays
            .iter()
            .map(|r| (r.trains.to_string(), Some(r.rates[index]), r.errors[index]))
            .collect();
        let alone = cells.iter().find(|c| c.population == p.population);
        let error = alone.and_then(|c| c.simulated_rate_error);
        rows.push(("network".to_owned(), p.rate.simulated, error));
        let mut before: Option<(f64, Option<f64>)> = None;
        for (name, rate, error) in rows {
            let change = before.zip(rate).filter(|((b, _), _)| *b > 0.0);
            let relative = change.map(|((b, _), r)| r / b - 1.0);
            let relative_error =
                change.and_then(|((b, before), r)| Some((error? / b).hypot(before? * r / (b * b))));
            table.row(vec![
                format!("{}  {name}", p.population),
                optional(rate, 3),
                optional(error, 3),
                percent(relative),
                optional(relative_error.map(|e| 100.0 * e), 1),
            ]);
            before = rate.map(|r| (r, error));
        }
    }
    table.to_string()
}

/// What the points of a scan leave open; empty where they determine all of the fit.
fn undetermined_terms(fit: &Fit) -> String {
    let terms = fit.transfer_function.coefficients().len();
    match fit.threshold_step.rank {
        rank if rank < terms => format!(" (which determine {rank} of {terms} terms)"),
        _ => String::new(),
    }
}

/// The comparison as a table.
fn table(comparison: &Comparison, cells: &[PoissonCells]) -> String {
    let mut table =
        Table::new(&["", "simulated", "± s.e.", "Poisson cells", "predicted", "± s.e.", "error"]);
    let mut row =
        |population: &str,
         quantity: &str,
         pair: &Pair,
         (error_of_mean, cells, error_of_prediction): (Option<f64>, Option<f64>, Option<f64>),
         digits,
         relative: bool| {
            let error = if relative {
                percent(pair.relative_error)
            } else {
                pair.difference.map_or_else(|| "–".to_owned(), |d| signed(d, digits))
            };
            table.row(vec![
                format!("{population}  {quantity}"),
                optional(pair.simulated, digits),
                optional(error_of_mean, digits),
                optional(cells, digits),
                optional(pair.predicted, digits),
                optional(error_of_prediction, digits),
                error,
            ]);
        };
    for p in &comparison.populations {
        let name = &p.population;
        let alone = cells.iter().find(|c| c.population == *name);
        let rate =
            (alone.and_then(|c| c.simulated_rate_error), alone.map(|c| c.rate), p.rate_error);
        row(name, "rate (Hz)", &p.rate, rate, 3, true);
        row(name, "rate sd in time (Hz)", &p.rate_sd, (None, None, None), 3, true);
        row(
            name,
            "V_m mean (mV)",
            &p.V_m_mean,
            (None, alone.and_then(|c| c.V_m_mean), None),
            2,
            false,
        );
        row(name, "V_m sd (mV)", &p.V_m_sd, (None, alone.and_then(|c| c.V_m_sd), None), 2, true);
        let free = |predicted| Pair::new(None, predicted);
        row(name, "free V_m mean (mV)", &free(p.free_V_m_mean), (None, None, None), 2, false);
        row(name, "free V_m sd (mV)", &free(p.free_V_m_sd), (None, None, None), 2, true);
        if let (Some(peak), Some(time)) = (&p.peak, &p.peak_time) {
            row(name, "peak rate (Hz)", peak, (None, None, None), 2, true);
            row(name, "peak time (ms)", time, (None, None, None), 1, false);
        }
    }
    let windows = &comparison.windows;
    let transient =
        windows.transient.map_or_else(String::new, |[a, b]| format!("; peak in {a}–{b} ms"));
    let why = match windows.basis.to_string() {
        none if none.is_empty() => none,
        why => format!(" ({why})"),
    };
    let [from, to] = windows.stationary;
    format!(
        "{table}stationary: {from}–{to} ms{why}{transient}; fixed points of the theory: {}{}",
        comparison.fixed_points,
        short_window(windows.stationary)
    )
}
