//! `ntwk run`: simulate.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use ntwk_core::ranks::Ranks;
use ntwk_core::spec::units::Dimension;
use ntwk_core::{CellLibrary, Job, Model, Recording};
use ntwk_io::ResultFile;
use serde::Serialize;

use super::Failure;
use super::analyze::remove_stale;
use super::args::{SimulateArgs, quantity};
use super::interruption;
use super::output::{make_folder, model, no_run, note, print, write_figure, write_json};
use super::ranks::{agree, with_ranks};
use super::table::{Table, number, optional, time};
use ntwk::figures::overview::overview;
use ntwk::report::results::overview_recording;
use ntwk::run::stream::{StreamedRun, simulate_share, simulate_to_file};
use ntwk::run::target::StreamPlan;
use ntwk_meanfield::prediction::windows::{ComparisonWindows, WindowBasis};

/// Machine-readable summary of a run.
#[derive(Serialize)]
struct Summary {
    title: Option<String>,
    version: &'static str,
    seed: u64,
    /// Of every rank.
    threads: usize,
    ranks: usize,
    synapses: u64,
    duration_ms: f64,
    seconds: Seconds,
    /// Window of the rates, as far as it was computed; none when the run stopped before it.
    stationary_window_ms: Option<[f64; 2]>,
    populations: Vec<PopulationSummary>,
}

/// Wall-clock seconds.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Seconds {
    pub build: f64,
    pub simulate: f64,
    pub write: f64,
}

impl Seconds {
    pub(crate) fn of(run: &StreamedRun) -> Self {
        Self { build: run.build_seconds, simulate: run.simulate_seconds, write: run.write_seconds }
    }
}

#[derive(Serialize)]
struct PopulationSummary {
    population: String,
    size: usize,
    spikes: u64,
    rate_hz: Option<f64>,
}

/// Arguments of `ntwk run`.
#[derive(Debug, Args)]
pub(crate) struct RunToEndArgs {
    #[command(flatten)]
    pub simulate: SimulateArgs,
    #[command(flatten)]
    pub keep: KeepArgs,

    /// Draw no overview; 'ntwk plot DIR/results.h5' does later
    #[arg(long)]
    pub no_figures: bool,
}

/// Keeping the state of a run, and going on from it.
#[derive(Debug, Default, Args)]
pub(crate) struct KeepArgs {
    /// Keep the state of the simulation every TIME of simulated time ('500 ms', '2 s'; a number is
    /// ms), when it is interrupted, and at its end, in DIR/results.checkpoint.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub checkpoint: Option<f64>,
    /// Go on from DIR/results.checkpoint: the end has the same bits as that of a run that was never
    /// interrupted. With a later simulation.t_stop, a run that has ended is prolonged.
    #[arg(long)]
    pub resume: bool,
}

fn parse_time(text: &str) -> Result<f64, String> {
    let time = quantity(text, Dimension::Time)?;
    if time > 0.0 {
        Ok(time)
    } else {
        Err("the time between checkpoints must be above 0 ms".to_owned())
    }
}

pub(crate) fn run(args: &RunToEndArgs, library: &CellLibrary) -> Result<(), Failure> {
    with_ranks(|ranks| match ranks {
        None => {
            let model = prepare(args, library, true)?;
            let run = simulate_with_bar(&model, &args.simulate, &args.keep)?;
            conclude(args, &model, run)
        }
        Some(ranks) => run_share(args, library, ranks),
    })
}

/// The model of a run, and the folder of its results where this process `writes` them.
fn prepare(args: &RunToEndArgs, library: &CellLibrary, writes: bool) -> Result<Model, Failure> {
    let args = &args.simulate.run;
    let model = model(args, library)?;
    if writes {
        make_folder(&args.out)?;
    }
    Ok(model)
}

/// The share of one of several ranks: rank 0 writes the results and prints.
fn run_share(
    args: &RunToEndArgs,
    library: &CellLibrary,
    ranks: &Arc<dyn Ranks>,
) -> Result<(), Failure> {
    let writes = ranks.rank() == 0;
    let model = agree(ranks.as_ref(), prepare(args, library, writes))?;
    let plan = plan(&args.simulate, &args.keep);
    let terminal = args.simulate.run.terminal();
    if writes {
        let simulate = |job: &Job<'_>| simulate_to_file(&model, &plan, &job.over_ranks(ranks));
        let run = terminal.run("simulation", simulate).map_err(Failure::from);
        return conclude(args, &model, agree(ranks.as_ref(), run)?);
    }
    let simulate = |job: &Job<'_>| simulate_share(&model, &plan, &job.over_ranks(ranks));
    let stopped = terminal.run("simulation", simulate).map_err(Failure::from);
    match agree(ranks.as_ref(), stopped)? {
        None => Ok(()),
        Some(_) => Err(Failure::OtherRank),
    }
}

/// What comes after a run: its file completed, its table, its figure.
fn conclude(args: &RunToEndArgs, model: &Model, run: StreamedRun) -> Result<(), Failure> {
    let RunToEndArgs { simulate: args, keep: _, no_figures } = args;
    // On a full disk there is no place for further files either, and after Ctrl-C no time.
    let leave = (run.stopped.as_ref()).is_some_and(|s| s.is_recorder() || s.is_interruption());
    let ran = Ran::of(&run);
    let timing = timing(&run);
    let ended = finish(run)?;
    if let (Some(path), false) = (&ended.file, leave) {
        show(model, args, path, &ran, ended.stopped.is_some(), !*no_figures)?;
        print(timing);
        if ended.stopped.is_none() {
            list_files(std::slice::from_ref(path));
        }
    }
    ended.result()
}

/// What is known of a run besides its file.
pub(crate) struct Ran {
    pub threads: usize,
    pub ranks: usize,
    pub synapses: u64,
    /// Simulated time (ms).
    pub duration: f64,
    pub seconds: Seconds,
}

impl Ran {
    pub(crate) fn of(run: &StreamedRun) -> Self {
        Self {
            threads: run.threads,
            ranks: run.ranks,
            synapses: run.synapses,
            duration: run.duration(),
            seconds: Seconds::of(run),
        }
    }
}

/// The table of a run without theory, and beside its file the summary and the overview; a run whose file waits under its
/// provisional name leaves those of the run before it alone.
pub(crate) fn show(
    model: &Model,
    args: &SimulateArgs,
    path: &Path,
    ran: &Ran,
    stopped: bool,
    figures: bool,
) -> Result<(), Failure> {
    let out = &args.run.out;
    interruption::stored(path);
    interruption::all_is_stored();
    let file = ResultFile::open(path)?;
    let recording = overview_recording(&file)?.ok_or_else(|| no_run(path))?;
    drop(file);

    let windows = ComparisonWindows::of(model);
    let window = reached(windows.stationary, ran.duration);
    let populations = summaries(&recording, window);
    let mut table = Table::new(&["population", "neurons", "spikes", "rate (Hz)"]);
    for p in &populations {
        table.row(vec![
            p.population.clone(),
            p.size.to_string(),
            p.spikes.to_string(),
            optional(p.rate_hz, 3),
        ]);
    }
    let mut files = Vec::new();
    if path == results(args) {
        remove_stale(out);
        let summary = Summary {
            title: model.spec().title.clone(),
            version: env!("CARGO_PKG_VERSION"),
            seed: model.seed(),
            threads: ran.threads,
            ranks: ran.ranks,
            synapses: ran.synapses,
            duration_ms: ran.duration,
            seconds: ran.seconds,
            stationary_window_ms: window,
            populations,
        };
        files.push(write_json(out, "summary.json", &summary)?);
        if figures {
            let theme = args.run.figure.theme_of(model)?;
            match overview(model, &recording, None, windows.smoothing, &theme) {
                Ok(figure) => files.extend(write_figure(out, "overview", &figure)?),
                // Of a run that stopped after a few steps there may be nothing to draw; why it stopped is
                // what the user must hear.
                Err(error) if stopped => note(format!("no overview: {error}")),
                Err(error) => return Err(error.into()),
            }
        }
    }
    match window {
        Some(window) => {
            print(format!("{table}{}", rates_between("rates", window, windows.basis)));
        }
        None => {
            let [from, _] = windows.stationary;
            print(format!(
                "{table}no rates: the run came to {} ms, their window begins at {} ms",
                time(ran.duration),
                time(from)
            ));
        }
    }
    if !files.is_empty() {
        list_files(&files);
    }
    remark_potentials(model, &recording);
    Ok(())
}

/// Notes populations whose recorded potentials are beyond sense and not clamped there.
pub(crate) fn remark_potentials(model: &Model, recording: &Recording) {
    for (population, recorded) in model.populations().iter().zip(&recording.populations) {
        if population.voltage_clamps.is_empty()
            && let Some(excursion) = recorded.excursion(recording.dt)
        {
            note(format!("V_m of {} {excursion}", population.name));
        }
    }
}

/// The part of a window (ms) that a run of this duration (ms) came to, if any.
fn reached([from, to]: [f64; 2], duration: f64) -> Option<[f64; 2]> {
    (from < duration).then_some([from, to.min(duration)])
}

/// A window shorter than this (ms) tells little of a rate.
const SHORT_WINDOW: f64 = 200.0;

/// "rates between 500 and 2500 ms", with why where that is not plain, and a warning where the window is short.
pub(crate) fn rates_between(what: &str, [from, to]: [f64; 2], basis: WindowBasis) -> String {
    let mut line = format!("{what} between {} and {} ms", number(from, 1), number(to, 1));
    let why = basis.to_string();
    if !why.is_empty() {
        line += &format!(": {why}");
    }
    line + &short_window([from, to])
}

/// A warning, behind a semicolon, where a window (ms) is short.
pub(crate) fn short_window([from, to]: [f64; 2]) -> String {
    if to - from >= SHORT_WINDOW {
        return String::new();
    }
    format!(
        "; a window of {} ms is short: a longer simulation.t_stop gives better statistics",
        number(to - from, 1)
    )
}

/// Spikes of every population, and rates in a window (ms).
fn summaries(recording: &Recording, window: Option<[f64; 2]>) -> Vec<PopulationSummary> {
    let dt = recording.dt;
    recording
        .populations
        .iter()
        .map(|population| {
            let steps = |t: f64| ((t / dt).round() as usize).min(population.counts.len());
            let rate_hz = window.and_then(|[from, to]| {
                let counted = &population.counts[steps(from)..steps(to)];
                let seconds = counted.len() as f64 * dt * 1e-3;
                let in_window: u64 = counted.iter().map(|&c| u64::from(c)).sum();
                (seconds > 0.0).then(|| in_window as f64 / seconds / population.size as f64)
            });
            PopulationSummary {
                population: population.name.clone(),
                size: population.size,
                spikes: population.counts.iter().map(|&c| u64::from(c)).sum(),
                rate_hz,
            }
        })
        .collect()
}

/// Simulates into `results.h5` with a progress bar.
pub(crate) fn simulate_with_bar(
    model: &Model,
    args: &SimulateArgs,
    keep: &KeepArgs,
) -> Result<StreamedRun, Failure> {
    let plan = plan(args, keep);
    Ok(args.run.terminal().run("simulation", |job| simulate_to_file(model, &plan, job))?)
}

/// The file of the results.
pub(crate) fn results(args: &SimulateArgs) -> PathBuf {
    args.run.out.join("results.h5")
}

/// How a run goes to `results.h5`.
pub(crate) fn plan(args: &SimulateArgs, keep: &KeepArgs) -> StreamPlan {
    StreamPlan {
        options: args.write_options(),
        checkpoint: keep.checkpoint,
        resume: keep.resume,
        ..StreamPlan::new(results(args))
    }
}

/// One line on how long a run took.
pub(crate) fn timing(run: &StreamedRun) -> String {
    let biological = (run.n_steps.saturating_sub(run.earlier_steps)) as f64 * run.dt * 1e-3;
    let earlier = match run.earlier_steps {
        0 => String::new(),
        steps => format!(" after the earlier {} s", steps as f64 * run.dt * 1e-3),
    };
    let ranks = match run.ranks {
        1 => String::new(),
        ranks => format!("{ranks} ranks of "),
    };
    format!(
        "built in {:.3} s ({} synapses), simulated {biological} s{earlier} in {:.3} s ({:.2}x real time, {ranks}{} thread{}), written in {:.3} s",
        run.build_seconds,
        run.synapses,
        run.simulate_seconds,
        run.simulate_seconds / biological.max(f64::MIN_POSITIVE),
        run.threads,
        if run.threads == 1 { "" } else { "s" },
        run.write_seconds,
    )
}

/// Lists what was written.
pub(crate) fn list_files(files: &[PathBuf]) {
    let names: Vec<String> = files.iter().map(|f| f.display().to_string()).collect();
    print(format!("wrote {}", names.join(", ")));
}

/// A run whose file is complete.
pub(crate) struct Ended {
    /// The file; none of a run that stopped before anything was computed.
    pub file: Option<PathBuf>,
    /// Why it stopped early, if it did, and whether the user asked for it.
    pub stopped: Option<(String, bool)>,
}

impl Ended {
    /// A failure that names the file, of a run that stopped early.
    pub(crate) fn result(self) -> Result<(), Failure> {
        match (self.stopped, self.file) {
            (None, _) => Ok(()),
            (Some((reason, interrupted)), Some(file)) => {
                Err(Failure::Stopped { reason, interrupted, file })
            }
            (Some((_, true)), None) => Err(Failure::Interrupted),
            (Some((reason, false)), None) => Err(Failure::Empty { reason }),
        }
    }
}

/// Completes the file of a run.
pub(crate) fn finish(run: StreamedRun) -> Result<Ended, Failure> {
    let partial = run.partial_path().to_owned();
    let stopped = run.stopped.as_ref().map(|stop| {
        // The other reasons name the time by themselves.
        let kept = if stop.is_recorder() {
            format!(", after the first {} ms", time(run.duration()))
        } else {
            String::new()
        };
        (format!("{stop}{kept}"), stop.is_interruption())
    });
    let file = match run.finish(&[]) {
        Ok(file) => {
            if stopped.is_some() && file.as_ref() == Some(&partial) {
                note("the run that was there before reached its end, or went further, and stays");
            }
            file
        }
        Err(error) if stopped.is_none() => return Err(error.into()),
        // On a full disk the file cannot be completed; it holds what came before all the same.
        Err(error) => {
            note(error);
            Some(partial)
        }
    };
    Ok(Ended { file, stopped })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_of_what_was_computed() {
        assert_eq!(reached([500.0, 1000.0], 1000.0), Some([500.0, 1000.0]));
        assert_eq!(reached([500.0, 1000.0], 700.0), Some([500.0, 700.0]));
        assert_eq!(reached([500.0, 1000.0], 500.0), None);
    }
}
