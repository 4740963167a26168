//! `ntwk meanfield ring`.

use std::time::SystemTime;

use ntwk_core::{CellLibrary, Model};
use ntwk_meanfield::SpatialOptions;
use ntwk_meanfield::spatial::ring::RingModel;

use super::super::Failure;
use super::super::output::{make_folder, model, note, print, theme, write_figure};
use super::super::run::list_files;
use super::super::table::{Table, number};
use super::super::terminal::Terminal;
use super::args::RingArgs;
use super::rates::predict_with_bar;
use super::{place_options, run_places, store};
use ntwk::figures::overview::FigureError;
use ntwk::studies::spatial_rates::{NodeAxis, SpatialRates, spatial_rates_figure};
use ntwk_core::engine::run::simulate;

/// Bins of the simulated rates (ms).
const BIN: f64 = 5.0;

pub(crate) fn run(args: &RingArgs, library: &CellLibrary) -> Result<(), Failure> {
    let started = SystemTime::now();
    let model = model(&args.run, library)?;
    let options = place_options(&model, args.dt)?;
    let argument = |e: &dyn std::fmt::Display| Failure::Argument(e.to_string());
    make_folder(&args.run.out)?;
    let theory = predict_with_bar(&model, &args.run, library)?;
    let local = theory.mean_field.clone();
    let ring = RingModel::new(&model, local, args.places as usize).map_err(|e| argument(&e))?;
    let (theory_rates, stopped) = ring_rates(&ring, &options, &args.run.terminal())?;
    let axis = NodeAxis {
        label: "position (mm)".to_owned(),
        positions: ring.positions().iter().map(|x| 1e-3 * x).collect(),
        unit: "mm".to_owned(),
        names: Vec::new(),
    };
    let simulated = if args.simulate && !stopped { Some(simulated(&model, args)?) } else { None };

    print(table(&theory_rates, simulated.as_ref()));
    let mut groups = vec![theory_rates.group("ring", &axis)];
    groups.extend(simulated.as_ref().map(|s| s.group("ring_simulated", &axis)));
    let (out, job) = (&args.run.out, args.run.terminal().job());
    let mut files = vec![store(out, "ring", &model, &groups, &job, started)?];
    let shown: Vec<(&str, &SpatialRates)> = match &simulated {
        Some(simulated) => vec![("simulated", simulated), ("mean field", &theory_rates)],
        None => vec![("", &theory_rates)],
    };
    let figure = spatial_rates_figure("Rates on a ring", &shown, &axis, &theme(args.run.dark))
        .map_err(FigureError::from)?;
    files.extend(write_figure(out, "ring", &figure)?);
    list_files(&files);
    // What the ring has and a single mean field has not is no limitation here.
    theory.limitations.iter().filter(|limitation| !limitation.is_of_one_place()).for_each(note);
    if stopped {
        return Err(Failure::Stopped {
            reason: "interrupted".to_owned(),
            interrupted: true,
            file: args.run.out.join("ring.h5"),
        });
    }
    Ok(())
}

fn ring_rates(
    ring: &RingModel,
    options: &SpatialOptions,
    terminal: &Terminal,
) -> Result<(SpatialRates, bool), Failure> {
    let initial = vec![0.0; ntwk_meanfield::Dynamics::dimension(ring.network.local())];
    let write = |place: usize, t: f64, input: &mut _| ring.write(place, t, input);
    let (trajectory, stopped) = run_places(&ring.network, &initial, &write, options, terminal)?;
    Ok((SpatialRates::of_theory(&trajectory, ring.network.local()), stopped))
}

fn simulated(model: &Model, args: &RingArgs) -> Result<SpatialRates, Failure> {
    let run = (args.run.terminal().run("simulation", |job| simulate(model, job)))
        .map_err(|e| Failure::Argument(e.to_string()))?;
    if let Some(stop) = run.stopped {
        note(format!("the simulation ended early: {stop}"));
    }
    Ok(SpatialRates::of_simulation(model, &run.recording, args.places as usize, BIN))
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
