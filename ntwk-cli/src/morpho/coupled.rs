//! `ntwk morpho coupled`.

use ntwk::studies::morpho::MorphoError;
use ntwk::studies::morpho::coupled::{
    CoupledMorphoCells, CoupledStopped, coupled, coupling_coefficients,
};
use ntwk_io::read_coupled;

use super::args::CoupledArgs;
use super::ending::stopped;
use super::run::{provenance, store, summary};
use crate::Failure;
use crate::output::{make_folder, note, place, print, write_columns, write_figure};
use crate::run::list_files;
use crate::table::{Table, number};
use crate::terminal::Terminal;

pub(crate) fn run(args: &CoupledArgs) -> Result<(), Failure> {
    let theme = args.out.figure.theme(&[])?;
    let cells = CoupledMorphoCells::new(read_coupled(&args.file, &args.overrides)?, &args.file);
    for (name, (_, own)) in cells.names().zip(&cells.file().files) {
        own.notices.iter().for_each(|text| note(format!("{name}: {text}")));
    }
    let folder = &args.out.out;
    make_folder(folder)?;
    let terminal = Terminal::new(Some(1), args.out.quiet);
    match terminal.run("coupling", |job| coupling_coefficients(&cells, job)) {
        Ok(rows) => print(coefficients(&cells, &rows)),
        Err(e) if e.is_interruption() => return Err(e.into()),
        Err(e) => note(format!("no coupling coefficients: {e}")),
    }
    let result = terminal.run("simulation", |job| coupled(&cells, job))?;
    if result.time == 0.0 && matches!(result.stopped, Some(CoupledStopped::Interrupted { .. })) {
        return Err(Failure::Interrupted);
    }
    let early = result.stopped.is_some();
    let mut files = Vec::new();
    for (k, name) in cells.names().enumerate() {
        let own = folder.join(name);
        make_folder(&own)?;
        let built = &cells.file().cells[k];
        let provenance = provenance(built, result.started, result.elapsed);
        files.extend(store(&own, &result.contents(k, &provenance), early)?);
        summary(&format!("{name}: "), built, &result.recordings[k], &result.spikes[k]);
    }
    let first = files[0].clone();
    files.push(write_columns(folder, &place(folder, "gap_junctions.csv", early), &result.table())?);
    print(format!(
        "simulated {} ms of {} cells in {:.3} s",
        result.time,
        result.recordings.len(),
        result.elapsed.as_secs_f64()
    ));
    files.extend(write_figure(folder, "coupled", &result.figure(&theme))?);
    list_files(&files);
    // What was computed before a failure or an interruption is in the files.
    match result.stopped {
        None => Ok(()),
        Some(CoupledStopped::Failed(e)) => Err(MorphoError::from(e).into()),
        Some(reason) => stopped(&reason, &first),
    }
}

/// V of every soma per V of the driven one, for a steady current at rest.
fn coefficients(cells: &CoupledMorphoCells, rows: &[Vec<f64>]) -> Table {
    let mut header = vec!["coupling coefficient from"];
    let to: Vec<String> = cells.names().map(|n| format!("to {n}")).collect();
    header.extend(to.iter().map(String::as_str));
    let mut table = Table::new(&header);
    for (name, row) in cells.names().zip(rows) {
        let row = row.iter().map(|x| number(*x, 4));
        table.row(std::iter::once(name.to_owned()).chain(row).collect());
    }
    table
}
