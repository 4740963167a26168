//! `ntwk meanfield spectra`.

use std::time::SystemTime;

use ntwk::studies::spectra::{SpectraOptions, SpectraStudy, spectra_of};
use ntwk_core::CellLibrary;

use super::super::Failure;
use super::super::output::{make_folder, model, note, print, write_figure};
use super::super::run::list_files;
use super::super::table::{Table, number};
use super::args::SpectraArgs;
use super::rates::{predict_with_bar, print_fixed_points};
use super::store;

pub(crate) fn run(args: &SpectraArgs, library: &CellLibrary) -> Result<(), Failure> {
    let started = SystemTime::now();
    let model = model(&args.run, library)?;
    let mut options = SpectraOptions::default();
    options.frequency = args.frequency;
    options.fixed_point = args.fixed_point.map(|number| number as usize);
    options.frequencies()?;
    make_folder(&args.run.out)?;
    let terminal = args.run.terminal();
    let stationary = predict_with_bar(&model, &args.run, library)?;
    print_fixed_points(&stationary);
    let study = terminal.compute("spectra", |job| spectra_of(&stationary, &options, job))?;
    print(table(&study));

    let (out, job) = (&args.run.out, terminal.job());
    let mut files = vec![store(out, "spectra.h5", &model, &study.arrays(), &job, started)?];
    files.extend(write_figure(out, "spectra", &study.figure(&args.run.figure.theme_of(&model)?))?);
    list_files(&files);
    stationary.theory.limitations.iter().for_each(note);
    Ok(())
}

fn table(study: &SpectraStudy) -> String {
    let mut table = Table::new(&["population", "rate (Hz)", "sd of the rate (Hz)", "peak (Hz)"]);
    for (p, name) in study.populations.iter().enumerate() {
        table.row(vec![
            name.clone(),
            number(study.state.rates[p], 3),
            study.rate_sd[p].map_or_else(|| "–".to_owned(), |sd| number(sd, 3)),
            study.spectra.peak(p).map_or_else(|| "–".to_owned(), |f| number(f, 1)),
        ]);
    }
    table.to_string().trim_end().to_owned()
}
