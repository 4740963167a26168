//! `ntwk meanfield ring`.

use std::time::SystemTime;

use super::super::Failure;
use super::super::output::{make_folder, model, note, place, print, write_figure};
use super::super::run::list_files;
use super::super::table::{Table, number};
use super::args::RingArgs;
use super::rates::predict_with_bar;
use super::{interrupted, store};
use ntwk::figures::overview::FigureError;
use ntwk::studies::ring::{RingOptions, ring_of};
use ntwk::studies::spatial_rates::SpatialRates;
use ntwk_core::CellLibrary;

pub(crate) fn run(args: &RingArgs, library: &CellLibrary) -> Result<(), Failure> {
    let started = SystemTime::now();
    let model = model(&args.run, library)?;
    let mut options = RingOptions::default();
    options.nodes = args.places as usize;
    options.dt = args.dt;
    options.simulate = args.simulate;
    options.check(&model)?;
    make_folder(&args.run.out)?;
    let terminal = args.run.terminal();
    let stationary = predict_with_bar(&model, &args.run, library)?;
    let study = terminal.run("ring", |job| ring_of(&model, &stationary, &options, job))?;
    if let Some(stop) = &study.stopped {
        note(format!("the simulation ended early: {stop}"));
    }

    print(table(&study.theory, study.simulated.as_ref()));
    let (out, job) = (&args.run.out, terminal.job());
    let name = place(out, "ring.h5", study.interrupted);
    let mut files = vec![store(out, &name, &model, &study.arrays(), &job, started)?];
    let figure = study.figure(&args.run.figure.theme_of(&model)?).map_err(FigureError::from)?;
    files.extend(write_figure(out, "ring", &figure)?);
    list_files(&files);
    study.limitations.iter().for_each(note);
    if study.interrupted { Err(interrupted(out.join(name))) } else { Ok(()) }
}

/// Lowest, mean and highest rate of each population.
fn table(theory: &SpatialRates, simulated: Option<&SpatialRates>) -> String {
    let mut table = Table::new(&["", "mean rate (Hz)", "highest (Hz)", "at place", "at time (ms)"]);
    let mut row = |rates: &SpatialRates, what: &str| {
        for (p, name) in rates.populations.iter().enumerate() {
            let plane = rates.rates.index_axis(ndarray::Axis(0), p);
            let highest = plane
                .indexed_iter()
                .filter(|(_, v)| v.is_finite())
                .max_by(|a, b| a.1.total_cmp(b.1));
            let Some(((k, x), highest)) = highest else { continue };
            let known = plane.iter().copied().filter(|v| v.is_finite());
            let mean = known.clone().sum::<f64>() / known.count().max(1) as f64;
            table.row(vec![
                format!("{name}{what}"),
                number(mean, 3),
                number(*highest, 2),
                (x + 1).to_string(),
                number(rates.times[k], 1),
            ]);
        }
    };
    row(theory, if simulated.is_some() { ", mean field" } else { "" });
    if let Some(simulated) = simulated {
        row(simulated, ", simulated");
    }
    table.to_string().trim_end().to_owned()
}
