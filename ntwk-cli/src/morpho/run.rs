//! `ntwk morpho run`.

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use ntwk::figures::morpho::{pieces, position};
use ntwk_io::provenance::{Provenance, host_features, utc_timestamp};
use ntwk_io::{CellRun, probe_unit, write_cell_csv, write_cell_run};
use ntwk_morpho::spec::BuiltCell;
use ntwk_morpho::{Probe, Recording, Spikes};
use ntwk_plot::figures::{NamedCurve, Style, TreeColors, TreeMarker, curves, tree};
use ntwk_plot::{Axis, Figure, Layout, Panel, Theme, Width};

use super::args::StudyArgs;
use super::work::end;
use super::{cell, figure_error, title};
use crate::Failure;
use crate::output::{make_folder, print, theme, write_figure};
use crate::run::list_files;
use crate::table::{Table, number};
use crate::terminal::Terminal;

pub(crate) fn run(args: &StudyArgs) -> Result<(), Failure> {
    let (file, built) = cell(&args.cell)?;
    let folder = &args.out.out;
    make_folder(folder)?;
    let mut simulation = built.simulation()?;
    let t_stop = built.spec.simulation.t_stop;
    let started = SystemTime::now();
    let clock = Instant::now();
    let terminal = Terminal::new(Some(1), args.out.quiet);
    let outcome = terminal.run("simulation", |job| simulation.run_until(t_stop, job));
    let wall = clock.elapsed().as_secs_f64();
    let (recording, spikes) = (simulation.recording(), simulation.spikes());
    let mut files = store(folder, &file.text, &built, &recording, &spikes, (started, wall))?;
    let results = files[0].clone();
    summary("", &built, &recording, &spikes);
    print(format!(
        "simulated {} ms of {} compartments in {wall:.3} s",
        simulation.time(),
        built.cell.compartments().len()
    ));
    let theme = theme(args.out.dark);
    let figure = figure(&built, &recording, title(&file, &args.cell.cell), &theme)?;
    files.extend(write_figure(folder, "run", &figure)?);
    list_files(&files);
    // What was computed before a failure or an interruption is in the files.
    outcome?;
    end(&terminal, results)
}

/// Writes results.h5 and traces.csv of a cell that ran from `started` for so many seconds.
pub(super) fn store(
    folder: &Path,
    text: &str,
    built: &BuiltCell,
    recording: &Recording,
    spikes: &[Spikes],
    (started, wall_seconds): (SystemTime, f64),
) -> Result<Vec<PathBuf>, Failure> {
    let provenance = Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        seed: built.spec.simulation.seed,
        generator: ntwk_core::engine::random::GENERATOR.to_owned(),
        threads: 1,
        started: utc_timestamp(started),
        wall_seconds,
        host_features: host_features(),
    };
    let results = folder.join("results.h5");
    let contents = CellRun { built, text, recording, spikes, provenance: &provenance };
    write_cell_run(&results, &contents)?;
    let table = folder.join("traces.csv");
    write_cell_csv(&table, built, recording)?;
    Ok(vec![results, table])
}

/// Prints what was recorded, with `prefix` before every name.
pub(super) fn summary(prefix: &str, built: &BuiltCell, recording: &Recording, spikes: &[Spikes]) {
    let mut table = Table::new(&["recorded", "unit", "mean", "lowest", "highest", "last"]);
    for (k, (name, probe)) in built.probes.iter().enumerate() {
        let column = recording.column(k);
        let n = column.len().max(1) as f64;
        let (low, high) = column
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        let digits = if matches!(probe, Probe::Voltage(_)) { 2 } else { 6 };
        table.row(vec![
            format!("{prefix}{name}"),
            probe_unit(probe).to_owned(),
            number(column.sum() / n, digits),
            number(low, digits),
            number(high, digits),
            column.last().map_or_else(|| "–".to_owned(), |v| number(*v, digits)),
        ]);
    }
    print(table);
    for ((name, _), s) in built.detectors.iter().zip(spikes) {
        print(format!("{prefix}{name}: {} spikes above {} mV", s.times.len(), s.threshold));
    }
}

/// The tree with what is on it, and the recorded quantities over time.
fn figure(
    built: &BuiltCell,
    recording: &Recording,
    title: &str,
    theme: &Theme,
) -> Result<Figure, Failure> {
    let at = |probe: &Probe| match probe {
        Probe::Voltage(at)
        | Probe::Calcium(at)
        | Probe::Variable { at, .. }
        | Probe::Current { at, .. } => *at,
    };
    let voltages: Vec<usize> = (0..built.probes.len())
        .filter(|&k| matches!(built.probes[k].1, Probe::Voltage(_)))
        .collect();
    // Traces have the first colours, groups of synapses those after them.
    let first_group = voltages.len();
    let mut markers: Vec<TreeMarker<'_>> = built
        .synapses
        .iter()
        .enumerate()
        .map(|(i, s)| TreeMarker {
            at: s.places.iter().map(|p| position(&built.morphology, *p)).collect(),
            name: &s.name,
            color: first_group + i,
            small: true,
        })
        .collect();
    for (i, &k) in voltages.iter().enumerate() {
        let point = position(&built.morphology, at(&built.probes[k].1));
        markers.push(TreeMarker { at: vec![point], name: "", color: i, small: false });
    }
    let drawn = pieces(&built.morphology, built.cell.compartments(), |_| 0.0);
    let tree = tree(&drawn, &TreeColors::Plain, &markers, theme).map_err(figure_error)?;
    let series = |k: usize| -> Vec<(f64, f64)> {
        recording.times.iter().copied().zip(recording.column(k).iter().copied()).collect()
    };
    let mut panels = Vec::new();
    let time = || Axis::new("time (ms)").range(0.0, built.spec.simulation.t_stop);
    let traces = |of: &[usize], label: &str| {
        let line = |(i, &k): (usize, &usize)| NamedCurve {
            name: &built.probes[k].0,
            points: series(k),
            color: Some(i),
            style: Style::Line,
        };
        let lines: Vec<NamedCurve<'_>> = of.iter().enumerate().map(line).collect();
        curves(time(), Axis::new(label), &lines, theme)
    };
    if !voltages.is_empty() {
        panels.push((1.0, Layout::panel(traces(&voltages, "V (mV)"))));
    }
    if built.synapses.iter().any(|s| s.events.iter().any(|e| !e.is_empty())) {
        panels.push((0.7, Layout::panel(events(built, first_group, time(), theme))));
    }
    for unit in ["mM", "", "mA/cm2"] {
        let of: Vec<usize> =
            (0..built.probes.len()).filter(|&k| probe_unit(&built.probes[k].1) == unit).collect();
        if of.is_empty() {
            continue;
        }
        let label = match unit {
            "mM" => "Ca (mM)",
            "" => "gate",
            _ => "current (mA/cm^2)",
        };
        panels.push((0.6, Layout::panel(traces(&of, label))));
    }
    let height = 45.0 + 40.0 * panels.len() as f64;
    let layout = Layout::Row(vec![(0.8, Layout::panel(tree)), (1.2, Layout::Column(panels))]);
    Ok(Figure::new(title, Width::Page, height, layout, theme))
}

/// Presynaptic spikes, one row per synapse.
fn events(built: &BuiltCell, first_color: usize, time: Axis, theme: &Theme) -> Panel {
    let mut row = 0usize;
    let mut groups = Vec::new();
    for (i, s) in built.synapses.iter().enumerate() {
        let mut points = Vec::new();
        for times in &s.events {
            points.extend(times.iter().map(|&t| (t, row as f64)));
            row += 1;
        }
        groups.push(NamedCurve {
            name: "",
            points,
            color: Some(first_color + i),
            style: Style::Dots,
        });
    }
    let y = Axis::new("synapse").range(-0.5, row as f64 - 0.5);
    curves(time, y, &groups, theme)
}
