//! `ntwk info`: what a file holds.

use std::path::{Path, PathBuf};

use clap::Args;
use ntwk_io::description::Entry;
use ntwk_io::{Description, Layout, ResultFile, StoredCellRun, describe, read_cell_run, read_npy};

use ntwk::sweep::status::{StoredSweep, is_in_parts, read_sweep, sweep_file};

use super::Failure;
use super::output::{note, print};
use super::stored_run::layout_of;
use super::table::{Table, bytes, number, optional, time};

/// Describe a file: results of ntwk, SONATA files of other programs, NWB, the flat HDF5 of the
/// Python package neural_network_dynamics, any other HDF5, NPY.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk info out/results.h5
  ntwk info out/results.h5 --model > model.toml      the model the file was made from
  ntwk info someone-elses-spikes.h5 --all            every dataset with shape, type and unit")]
pub(crate) struct InfoArgs {
    /// The file.
    pub file: PathBuf,
    /// List every dataset.
    #[arg(long)]
    pub all: bool,
    /// Print the stored model and nothing else.
    #[arg(long, conflicts_with = "all")]
    pub model: bool,
}

pub(crate) fn run(args: &InfoArgs) -> Result<(), Failure> {
    if args.file.extension().is_some_and(|e| e == "npy") {
        let array = read_npy(&args.file)?;
        print(format!("NumPy array of shape {:?}", array.shape()));
        return Ok(());
    }
    if args.model && (args.file.is_dir() || is_in_parts(&args.file)) {
        print(read_sweep(&sweep_file(&args.file))?.model.text.trim_end());
        return Ok(());
    }
    if args.model {
        layout_of(&args.file)?;
        let text = ResultFile::open(&args.file)?
            .model()?
            .ok_or_else(|| Failure::Argument(format!("{} holds no model", args.file.display())))?;
        print(text.text.trim_end());
        return Ok(());
    }
    if args.file.is_dir() || is_in_parts(&args.file) {
        let file = sweep_file(&args.file);
        let stored = read_sweep(&file)?;
        print(sweep_in_progress(&stored, &file));
        return Ok(());
    }
    layout_of(&args.file)?;
    let description = describe(&args.file)?;
    print(head(&description, &args.file));
    if description.layout == Layout::Cell {
        cell_run(&read_cell_run(&args.file)?);
    }
    if !description.spikes.is_empty() || !description.populations.is_empty() {
        print(populations(&description).to_string().trim_end());
    }
    let reports = reports(&description);
    if let Some(table) = reports {
        print(table.to_string().trim_end());
    }
    let theory = theory(&description);
    if !theory.is_empty() {
        print(format!("theory: {}", theory.join(", ")));
    }
    if args.all || matches!(description.layout, Layout::Flat | Layout::Scan | Layout::Unknown) {
        print(datasets(&description.entries).to_string().trim_end());
    }
    Ok(())
}

/// The arrays of a sweep that is, or was until now, in parts.
fn sweep_in_progress(stored: &StoredSweep, file: &Path) -> String {
    let mut table = Table::new(&["array", "axes", "unit"]).text_from(1);
    for array in stored.data.axes.iter().chain(&stored.data.arrays) {
        let (axes, unit) = (array.axes.join(" x "), array.unit.clone());
        table.row(vec![array.name.clone(), axes, unit]);
    }
    let folder = file.parent().unwrap_or(file).display();
    let head = "points of a sweep, in its file and parts beside it";
    format!(
        "{}: {head} (ntwk sweep status {folder})\n{}",
        file.display(),
        table.to_string().trim_end()
    )
}

fn head(d: &Description, path: &Path) -> String {
    let what = match d.layout {
        Layout::Ntwk => "results of ntwk (HDF5, SONATA layout)",
        Layout::Theory => "results of the theory of ntwk (HDF5)",
        Layout::Cell => "run of a morphological cell of ntwk (HDF5)",
        Layout::Scan => "scan of ntwk (HDF5 with labelled axes; xarray: engine=\"h5netcdf\")",
        Layout::Sonata => "SONATA file without a model",
        Layout::Flat => "flat HDF5 of neural_network_dynamics",
        Layout::Nwb => "Neurodata Without Borders 2",
        Layout::Unknown => "HDF5",
    };
    let mut lines = vec![format!("{}: {what}, {}", path.display(), bytes(d.size as f64))];
    if let (Some(dt), Some(duration)) = (d.dt, d.duration) {
        let planned = d.planned.filter(|&p| p > duration);
        let rest = planned.map_or_else(String::new, |p| format!(" of {} ms planned", time(p)));
        lines.push(format!("run: {} ms{rest}, dt {dt} ms", time(duration)));
        if let Some(reason) = &d.stopped {
            lines.push(format!("stopped: {reason}"));
        } else if planned.is_some() {
            lines.push(
                "stopped: the program was ended from outside, or is still writing".to_owned(),
            );
        }
    }
    if let Some(p) = &d.provenance {
        let ranks = match p.ranks {
            1 => String::new(),
            ranks => format!("{ranks} ranks of "),
        };
        lines.push(format!(
            "made by ntwk {} with seed {} ({}), {ranks}{} thread{}, started {}, {:.3} s, on {}",
            p.version,
            p.seed,
            p.generator,
            p.threads,
            if p.threads == 1 { "" } else { "s" },
            p.started,
            p.wall_seconds,
            p.host_features.join(" "),
        ));
    }
    if let Some(format) = &d.model_format {
        lines.push(format!("model: {format} text (ntwk info {} --model)", path.display()));
    }
    lines.join("\n")
}

fn populations(d: &Description) -> Table {
    let mut table = Table::new(&["population", "neurons", "spikes", "rate of the whole run (Hz)"]);
    let spikes = |name: &str| d.spikes.iter().find(|s| s.0 == name).map(|s| s.1);
    let rest: Vec<(&str, Option<u64>)> = d
        .spikes
        .iter()
        .filter(|s| d.populations.iter().all(|p| p.name != s.0))
        .map(|s| (s.0.as_str(), None))
        .collect();
    let known = d.populations.iter().map(|p| (p.name.as_str(), Some(p.size)));
    for (name, size) in known.chain(rest) {
        let found = spikes(name);
        let rate = found
            .zip(size)
            .zip(d.duration.filter(|&t| t > 0.0))
            .map(|((n, size), t)| n as f64 / size as f64 / (1e-3 * t));
        let text = |n: Option<u64>| n.map_or_else(|| "–".to_owned(), |n| n.to_string());
        table.row(vec![name.to_owned(), text(size), text(found), optional(rate, 3)]);
    }
    table
}

/// What a run of a cell recorded, its spikes and synapses.
fn cell_run(run: &StoredCellRun) {
    let span = run.times.first().zip(run.times.last());
    if let Some((from, to)) = span {
        print(format!(
            "run: {} compartments, {} samples between {from} and {to} ms",
            run.compartments.len(),
            run.times.len()
        ));
    }
    let mut table = Table::new(&["recorded", "unit", "lowest", "highest"]);
    for (probe, values) in run.probes.iter().zip(run.values.columns()) {
        let (low, high) = values
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        table.row(vec![probe.name.clone(), probe.unit.clone(), number(low, 4), number(high, 4)]);
    }
    print(table.to_string().trim_end());
    for s in &run.spikes {
        print(format!("{}: {} spikes above {} mV", s.location, s.times.len(), s.threshold));
    }
    for s in &run.synapses {
        let events: usize = s.events.iter().map(Vec::len).sum();
        print(format!("synapses {}: {}, {events} presynaptic spikes", s.name, s.at.len()));
    }
    run.remarks.iter().for_each(note);
}

/// Frame reports with their shape; `None` when there are none.
fn reports(d: &Description) -> Option<Table> {
    let mut table = Table::new(&["report", "frames", "columns", "unit", "type", "size"]);
    let mut any = false;
    for entry in &d.entries {
        let Some(name) = entry.path.strip_prefix("/report/").and_then(|p| p.strip_suffix("/data"))
        else {
            continue;
        };
        let [frames, columns] = entry.shape[..] else { continue };
        any = true;
        let width = if entry.element_type == "f32" { 4.0 } else { 8.0 };
        table.row(vec![
            name.to_owned(),
            frames.to_string(),
            columns.to_string(),
            entry.unit.clone().unwrap_or_else(|| "–".to_owned()),
            entry.element_type.clone(),
            bytes(width * frames as f64 * columns as f64),
        ]);
    }
    any.then_some(table)
}

fn theory(d: &Description) -> Vec<String> {
    let mut names: Vec<String> = d
        .entries
        .iter()
        .filter_map(|e| e.path.strip_prefix("/theory/")?.split('/').next().map(str::to_owned))
        .collect();
    names.dedup();
    names
}

fn datasets(entries: &[Entry]) -> Table {
    let mut table = Table::new(&["dataset", "shape", "type", "unit"]);
    for e in entries {
        let shape: Vec<String> = e.shape.iter().map(|&n| number(n as f64, 0)).collect();
        table.row(vec![
            e.path.clone(),
            if shape.is_empty() { "scalar".to_owned() } else { shape.join(" x ") },
            e.element_type.clone(),
            e.unit.clone().unwrap_or_default(),
        ]);
    }
    table
}
