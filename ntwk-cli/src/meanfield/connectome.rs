//! `ntwk meanfield connectome`.

use std::time::SystemTime;

use ntwk_core::CellLibrary;
use ntwk_io::read_matrix_csv;

use super::super::Failure;
use super::super::output::{make_folder, model, note, place, print, write_figure};
use super::super::run::list_files;
use super::super::table::{Table, number};
use super::args::ConnectomeArgs;
use super::rates::predict_with_bar;
use super::{interrupted, store};
use ntwk::figures::overview::FigureError;
use ntwk::studies::connectome::{ConnectomeOptions, connectome_of};
use ntwk::studies::spatial_rates::SpatialRates;

pub(crate) fn run(args: &ConnectomeArgs, library: &CellLibrary) -> Result<(), Failure> {
    let started = SystemTime::now();
    let model = model(&args.run, library)?;
    let mut options = ConnectomeOptions::new(read_matrix_csv(&args.weights)?);
    options.lengths = args.lengths.as_deref().map(read_matrix_csv).transpose()?;
    options.velocity = args.velocity;
    options.coupling = args.coupling;
    options.source.clone_from(&args.source);
    options.onto.clone_from(&args.onto);
    options.stimulate.clone_from(&args.stimulate);
    options.dt = args.dt;
    options.check(&model)?;
    make_folder(&args.run.out)?;
    let terminal = args.run.terminal();
    let stationary = predict_with_bar(&model, &args.run, library)?;
    let study =
        terminal.run("mean field", |job| connectome_of(&model, &stationary, &options, job))?;

    print(table(&study.rates, &study.axis.names));
    let (out, job) = (&args.run.out, terminal.job());
    let name = place(out, "connectome.h5", study.interrupted);
    let mut files = vec![store(out, &name, &model, &study.arrays(), &job, started)?];
    let figure = study.figure(&args.run.figure.theme_of(&model)?).map_err(FigureError::from)?;
    files.extend(write_figure(out, "connectome", &figure)?);
    list_files(&files);
    stationary.theory.limitations.iter().for_each(note);
    if study.interrupted { Err(interrupted(out.join(name))) } else { Ok(()) }
}

/// Final and highest rates of each region.
fn table(rates: &SpatialRates, names: &[String]) -> String {
    let mut header = vec!["region".to_owned()];
    for population in &rates.populations {
        header.push(format!("{population} at the end (Hz)"));
        header.push("highest (Hz)".to_owned());
        header.push("at (ms)".to_owned());
    }
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut table = Table::new(&header);
    for (x, name) in names.iter().enumerate() {
        let mut row = vec![name.clone()];
        for p in 0..rates.populations.len() {
            let course = |k: usize| rates.rates[[p, k, x]];
            let last = rates.times.len() - 1;
            let highest = (0..=last).max_by(|&a, &b| course(a).total_cmp(&course(b))).unwrap_or(0);
            row.push(number(course(last), 3));
            row.push(number(course(highest), 2));
            row.push(number(rates.times[highest], 0));
        }
        table.row(row);
    }
    table.to_string().trim_end().to_owned()
}
