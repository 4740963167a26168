//! `ntwk run`: simulate.

use std::path::PathBuf;
use std::time::SystemTime;

use ntwk_core::Model;
use ntwk_io::provenance::{host_features, utc_timestamp};
use ntwk_io::{
    ModelText, Notation, Provenance, RunContents, TheoryGroup, WriteOptions, write_model, write_run,
};
use serde::Serialize;

use super::Failure;
use super::args::RunArgs;
use super::output::{make_folder, model, note, print, theme, write_figure, write_json};
use super::progress::{Bar, interrupt_flag};
use super::table::{Table, number};
use ntwk::overview::overview;
use ntwk::simulate::{RunResult, simulate};
use ntwk::windows::Windows;

/// Machine-readable summary of a run.
#[derive(Serialize)]
struct Summary {
    title: Option<String>,
    version: &'static str,
    seed: u64,
    threads: usize,
    synapses: u64,
    duration_ms: f64,
    seconds: Seconds,
    stationary_window_ms: [f64; 2],
    populations: Vec<PopulationSummary>,
}

/// Wall-clock seconds.
#[derive(Serialize)]
pub(crate) struct Seconds {
    pub build: f64,
    pub simulate: f64,
}

#[derive(Serialize)]
struct PopulationSummary {
    population: String,
    size: usize,
    spikes: u64,
    rate_hz: f64,
}

pub(crate) fn run(args: &RunArgs) -> Result<(), Failure> {
    let model = model(args)?;
    make_folder(&args.out)?;
    let (result, started) = simulate_with_bar(&model, args)?;
    let results = write_results(&model, &result, started, &[], args)?;

    let windows = Windows::of(&model);
    let dt = result.recording.dt;
    let window = windows.stationary;
    let mut table = Table::new(&["population", "neurons", "spikes", "rate (Hz)"]);
    let mut populations = Vec::new();
    for population in &result.recording.populations {
        let steps = |t: f64| ((t / dt).round() as usize).min(population.counts.len());
        let counted = &population.counts[steps(window[0])..steps(window[1])];
        let seconds = counted.len() as f64 * dt * 1e-3;
        let in_window: u64 = counted.iter().map(|&c| u64::from(c)).sum();
        let rate =
            if seconds > 0.0 { in_window as f64 / seconds / population.size as f64 } else { 0.0 };
        let spikes: u64 = population.counts.iter().map(|&c| u64::from(c)).sum();
        table.row(vec![
            population.name.clone(),
            population.size.to_string(),
            spikes.to_string(),
            number(rate, 3),
        ]);
        populations.push(PopulationSummary {
            population: population.name.clone(),
            size: population.size,
            spikes,
            rate_hz: rate,
        });
    }
    let summary = Summary {
        title: model.spec().title.clone(),
        version: env!("CARGO_PKG_VERSION"),
        seed: model.seed(),
        threads: result.threads,
        synapses: result.synapses,
        duration_ms: result.recording.duration(),
        seconds: Seconds { build: result.build_seconds, simulate: result.simulate_seconds },
        stationary_window_ms: window,
        populations,
    };
    let mut files = vec![results, write_json(&args.out, "summary.json", &summary)?];
    let theme = theme(args.dark);
    match overview(&model, &result.recording, None, windows.smoothing, &theme) {
        Ok(figure) => files.extend(write_figure(&args.out, "overview", &figure)?),
        // Of a run that stopped after a few steps there may be nothing to draw; why it stopped is
        // what the user must hear.
        Err(error) if result.stopped.is_some() => note(error),
        Err(error) => return Err(error.into()),
    }

    print(format!("{table}rates between {} and {} ms", window[0], window[1]));
    print(timing(&result));
    list_files(&files);
    finish(result, args)
}

/// Simulates with a progress bar; returns the result and when it started.
pub(crate) fn simulate_with_bar(
    model: &Model,
    args: &RunArgs,
) -> Result<(RunResult, SystemTime), Failure> {
    let started = SystemTime::now();
    let bar = Bar::new("simulation", args.quiet);
    let interrupt = interrupt_flag();
    let result = simulate(model, args.threads(), &interrupt, &mut |progress| {
        let remark =
            format!("{:.0} ms, {:.2}x real time", progress.time, progress.real_time_factor());
        bar.set(progress.fraction(), remark);
    });
    bar.finish();
    Ok((result?, started))
}

/// Writes `results.h5`.
pub(crate) fn write_results(
    model: &Model,
    result: &RunResult,
    started: SystemTime,
    theory: &[TheoryGroup],
    args: &RunArgs,
) -> Result<PathBuf, Failure> {
    let text =
        ModelText { format: "toml".to_owned(), text: write_model(model.spec(), Notation::Toml)? };
    let provenance = Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: model.seed(),
        generator: ntwk_core::random::GENERATOR.to_owned(),
        threads: result.threads as u32,
        started: utc_timestamp(started),
        wall_seconds: result.build_seconds + result.simulate_seconds,
        host_features: host_features(),
    };
    let file = args.out.join("results.h5");
    let contents = RunContents {
        recording: Some(&result.recording),
        model: Some(&text),
        provenance: Some(&provenance),
        theory,
    };
    write_run(&file, &contents, &WriteOptions::default())?;
    Ok(file)
}

/// One line on how long a run took.
pub(crate) fn timing(result: &RunResult) -> String {
    let biological = result.recording.duration() * 1e-3;
    format!(
        "built in {:.3} s ({} synapses), simulated {biological} s in {:.3} s ({:.2}x real time, {} thread{})",
        result.build_seconds,
        result.synapses,
        result.simulate_seconds,
        result.simulate_seconds / biological.max(f64::MIN_POSITIVE),
        result.threads,
        if result.threads == 1 { "" } else { "s" },
    )
}

/// Lists what was written.
pub(crate) fn list_files(files: &[PathBuf]) {
    let names: Vec<String> = files.iter().map(|f| f.display().to_string()).collect();
    print(format!("wrote {}", names.join(", ")));
}

/// Turns a run that stopped early into a failure, after its files are written.
pub(crate) fn finish(result: RunResult, args: &RunArgs) -> Result<(), Failure> {
    match result.stopped {
        None => Ok(()),
        Some(stop) => Err(Failure::Stopped { stop, folder: args.out.clone() }),
    }
}
