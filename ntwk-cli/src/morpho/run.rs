//! `ntwk morpho run`.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ntwk::run::origin::provenance_of_seed;
use ntwk::studies::morpho::run::{Stopped, run as simulate};
use ntwk_io::{CellRun, Provenance, write_cell_csv, write_cell_run};
use ntwk_morpho::spec::BuiltCell;
use ntwk_morpho::{Probe, Recording, Spikes};

use super::args::StudyArgs;
use super::cell;
use super::ending::stopped;
use crate::Failure;
use crate::interruption;
use crate::output::{make_folder, note, place, plotted, print, write_columns, write_figure};
use crate::run::list_files;
use crate::table::{Table, number};
use crate::terminal::Terminal;

pub(crate) fn run(args: &StudyArgs) -> Result<(), Failure> {
    let theme = args.out.figure.theme(&[])?;
    let cell = cell(&args.cell)?;
    let built = cell.built();
    let folder = &args.out.out;
    make_folder(folder)?;
    let terminal = Terminal::new(Some(1), args.out.quiet);
    let result = terminal.run("simulation", |job| simulate(&cell, job))?;
    let provenance = provenance(built, result.started, result.elapsed);
    if result.time == 0.0 && matches!(result.stopped, Some(Stopped::Interrupted { .. })) {
        return Err(Failure::Interrupted);
    }
    let mut files = store(folder, &result.contents(&provenance), result.stopped.is_some())?;
    let results = files[0].clone();
    summary("", built, &result.recording, &result.spikes);
    print(format!(
        "simulated {} ms of {} compartments in {:.3} s",
        result.time,
        built.cell.compartments().len(),
        result.elapsed.as_secs_f64()
    ));
    let figure = plotted(result.figure(&theme))?;
    files.extend(write_figure(folder, "run", &figure)?);
    if let Some(table) = result.outside_table() {
        files.push(write_columns(folder, "extracellular.csv", &table)?);
    }
    if let Some(figure) = plotted(result.outside_figure(&theme))? {
        files.extend(write_figure(folder, "extracellular", &figure)?);
    }
    list_files(&files);
    // What was computed before a failure or an interruption is in the files.
    match result.stopped {
        None => Ok(()),
        Some(Stopped::Failed(e)) => Err(ntwk::studies::morpho::MorphoError::from(e).into()),
        Some(reason) => stopped(&reason, &results),
    }
}

/// Where the results of a cell come from.
pub(super) fn provenance(built: &BuiltCell, started: SystemTime, elapsed: Duration) -> Provenance {
    provenance_of_seed(built.spec.simulation.seed, 1, started, elapsed.as_secs_f64())
}

/// Writes results.h5 and traces.csv of a cell.
///
/// Those of a run that stopped early have other names where there are files already.
pub(super) fn store(
    folder: &Path,
    contents: &CellRun<'_>,
    stopped: bool,
) -> Result<Vec<PathBuf>, Failure> {
    let results = folder.join(place(folder, "results.h5", stopped));
    write_cell_run(&results, contents)?;
    interruption::stored(&results);
    if interruption::is_interrupted() {
        return Ok(vec![results]);
    }
    let table = folder.join(place(folder, "traces.csv", stopped));
    interruption::dispensable(|| write_cell_csv(&table, contents.built, contents.recording))?;
    interruption::stored(&table);
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
            probe.unit().to_owned(),
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
    built.remarks(recording).iter().for_each(|remark| note(format!("{prefix}{remark}")));
}
