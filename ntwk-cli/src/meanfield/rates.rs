//! `ntwk meanfield MODEL`: fixed points and rates in time.

use std::time::{Instant, SystemTime};

use ntwk_core::{CellLibrary, Model};
use ntwk_io::{RunContents, WriteOptions, write_run};
use ntwk_meanfield::Stability;

use super::super::Failure;
use super::super::args::RunArgs;
use super::super::interruption;
use super::super::output::{make_folder, model, note, print, write_figure};
use super::super::run::list_files;
use super::super::table::{Table, number};
use ntwk::figures::overview::FigureError;
use ntwk::run::origin::{model_text, provenance};
use ntwk::studies::rates::{RatesOptions, rates};
use ntwk::studies::stationary::StationaryTheory;

pub(crate) fn run(args: &RunArgs, library: &CellLibrary) -> Result<(), Failure> {
    let model = model(args, library)?;
    make_folder(&args.out)?;
    let (started, start) = (SystemTime::now(), Instant::now());
    let options = RatesOptions::default();
    let terminal = args.terminal();
    let study =
        terminal.compute("single-cell scans", |job| rates(&model, &options, library, job))?;
    print(fixed_points(&study.stationary));

    let text = model_text(&model)?;
    let seconds = start.elapsed().as_secs_f64();
    let origin = provenance(&model, terminal.job().thread_count(), started, seconds);
    let file = args.out.join("results.h5");
    let contents = RunContents {
        recording: None,
        model: Some(&text),
        provenance: Some(&origin),
        theory: &study.arrays(),
    };
    write_run(&file, &contents, &WriteOptions::default())?;
    interruption::stored(&file);
    let mut files = vec![file];
    let theme = args.figure.theme_of(&model)?;
    let figure = study.figure(&theme).map_err(FigureError::from)?;
    files.extend(write_figure(&args.out, "rates", &figure)?);
    files.extend(write_figure(&args.out, "fixed_points", &study.fixed_points_figure(&theme))?);
    list_files(&files);
    study.stationary.theory.limitations.iter().for_each(note);
    Ok(())
}

/// Predicts, with a progress bar per population.
pub(crate) fn predict_with_bar(
    model: &Model,
    args: &RunArgs,
    library: &CellLibrary,
) -> Result<StationaryTheory, Failure> {
    let terminal = args.terminal();
    Ok(terminal.compute("single-cell scans", |job| StationaryTheory::new(model, library, job))?)
}

/// The fixed points, numbered, one row per population, and which input they belong to.
pub(crate) fn fixed_points(stationary: &StationaryTheory) -> String {
    let names = stationary.names();
    let mut table =
        Table::new(&["fixed point", "population", "rate (Hz)", "V_m (mV)", "sd (mV)", "stability"]);
    for (i, point) in stationary.points.points.iter().enumerate() {
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
    let [from, to] = stationary.windows.stationary;
    format!("{table}input: its mean between {from} and {to} ms")
}
