//! `ntwk meanfield connectome`.

use std::time::SystemTime;

use ntwk_core::spec::fault::nearest;
use ntwk_core::{CellLibrary, Job, Model};
use ntwk_io::{Matrix, read_matrix_csv};
use ntwk_meanfield::{Coupling, Input, InputSource, SpatialMeanField};

use super::super::Failure;
use super::super::output::{make_folder, model, note, print, theme, write_figure};
use super::super::run::list_files;
use super::super::table::{Table, number};
use super::args::ConnectomeArgs;
use super::rates::predict_with_bar;
use super::{place_options, run_places, store};
use ntwk::figures::overview::FigureError;
use ntwk::studies::spatial_rates::{NodeAxis, SpatialRates, spatial_rates_figure};
use ntwk_meanfield::prediction::predict::{TRAJECTORY_INTERVAL, Theory, TheoryError};
use ntwk_meanfield::prediction::windows::ComparisonWindows;

/// A checked command line: the coupling between regions, their names, indices of population and afferent, stimuli by region.
struct Brain {
    coupling: Coupling,
    names: Vec<String>,
    source: usize,
    onto: usize,
    stimuli: Vec<(usize, f64, [f64; 2])>,
}

pub(crate) fn run(args: &ConnectomeArgs, library: &CellLibrary) -> Result<(), Failure> {
    let started = SystemTime::now();
    let model = model(&args.run, library)?;
    let options = place_options(&model, args.dt)?;
    let brain = brain(&model, args)?;
    make_folder(&args.run.out)?;
    let theory = predict_with_bar(&model, &args.run, library)?;
    let argument = |e: ntwk_meanfield::SpatialError| Failure::Argument(e.to_string());
    let regions = brain.names.len();
    let mut network =
        SpatialMeanField::new(theory.mean_field.clone(), regions).map_err(argument)?;
    network.add_to_afferent(brain.onto, brain.source, brain.coupling).map_err(argument)?;

    let write = |region: usize, t: f64, input: &mut Input| {
        theory.input.write(t, input);
        for (_, rate, times) in brain.stimuli.iter().filter(|s| s.0 == region) {
            if (times[0]..times[1]).contains(&t) {
                input.afferent_rates[brain.onto] += rate;
            }
        }
    };
    let initial = alone(&theory, &ComparisonWindows::of(&model), &args.run.terminal().job())?;
    let (trajectory, stopped) =
        run_places(&network, &initial, &write, &options, &args.run.terminal())?;
    let rates = SpatialRates::of_theory(&trajectory, network.local());

    print(table(&rates, &brain.names));
    let axis = NodeAxis {
        label: "region".to_owned(),
        positions: (1..=regions).map(|r| r as f64).collect(),
        unit: "1".to_owned(),
        names: brain.names.clone(),
    };
    let groups = [rates.group("connectome", &axis)];
    let (out, job) = (&args.run.out, args.run.terminal().job());
    let mut files = vec![store(out, "connectome", &model, &groups, &job, started)?];
    let figure =
        spatial_rates_figure("Rates of regions", &[("", &rates)], &axis, &theme(args.run.dark))
            .map_err(FigureError::from)?;
    files.extend(write_figure(out, "connectome", &figure)?);
    list_files(&files);
    theory.limitations.iter().for_each(note);
    if stopped {
        return Err(Failure::Stopped {
            reason: "interrupted".to_owned(),
            interrupted: true,
            file: out.join("connectome.h5"),
        });
    }
    Ok(())
}

/// The state in which a region settles without the others; silence where it does not settle.
fn alone(theory: &Theory, windows: &ComparisonWindows, job: &Job<'_>) -> Result<Vec<f64>, Failure> {
    let system = &theory.mean_field;
    let input = theory.input.mean(windows.stationary, TRAJECTORY_INTERVAL);
    Ok(match theory.stationary_state(windows.stationary, job)? {
        Some(point) => system.adapted_state(&point.rates, &input).map_err(TheoryError::from)?,
        None => vec![0.0; ntwk_meanfield::Dynamics::dimension(system)],
    })
}

/// Reads the files and checks every argument; all faults at once.
fn brain(model: &Model, args: &ConnectomeArgs) -> Result<Brain, Failure> {
    let weights = read_matrix_csv(&args.weights)?;
    let lengths = args.lengths.as_deref().map(read_matrix_csv).transpose()?;
    let mut faults = Vec::new();
    if !(args.velocity > 0.0 && args.velocity.is_finite()) {
        faults.push(format!("--velocity {}: a finite velocity > 0 m/s is needed", args.velocity));
    }
    if !args.coupling.is_finite() {
        faults.push(format!("--coupling {}: a finite number is needed", args.coupling));
    }
    let n = weights.rows.len();
    if n < 2 {
        faults.push(format!("{}: two regions or more are needed", args.weights.display()));
    }
    let names = match region_names(&weights, lengths.as_ref(), n) {
        Ok(names) => names,
        Err(fault) => {
            faults.push(fault);
            Vec::new()
        }
    };
    let scaled = weights.rows.iter().map(|row| row.iter().map(|w| args.coupling * w).collect());
    let scaled: Vec<Vec<f64>> = scaled.collect();
    let delays: Vec<Vec<f64>> = match &lengths {
        // mm over m/s.
        Some(m) => m.rows.iter().map(|r| r.iter().map(|l| l / args.velocity).collect()).collect(),
        None => vec![vec![0.0; n]; n],
    };
    let coupling = match Coupling::from_matrices(&scaled, &delays) {
        Ok(coupling) => Some(coupling),
        Err(e) => {
            faults.push(e.to_string());
            None
        }
    };
    let mut index = |option: &str, given: Option<&str>, known: &[&str]| {
        let Some(name) = given else {
            if known.is_empty() {
                faults.push(format!("{option}: the model has no afferent population"));
            }
            return 0;
        };
        known.iter().position(|k| *k == name).unwrap_or_else(|| {
            let hint = nearest(name, known.iter().copied())
                .map_or_else(|| known.join(", "), |near| format!("did you mean {near}?"));
            faults.push(format!("{option}: there is no {name}; {hint}"));
            0
        })
    };
    let populations: Vec<&str> = model.populations().iter().map(|p| p.name.as_str()).collect();
    let afferents: Vec<&str> = model.afferents().iter().map(|a| a.name.as_str()).collect();
    let source = index("--source", args.source.as_deref(), &populations);
    let onto = index("--onto", args.onto.as_deref(), &afferents);
    let regions: Vec<&str> = names.iter().map(String::as_str).collect();
    let stimuli = args
        .stimulate
        .iter()
        .map(|s| {
            let numbered = s.region.parse::<usize>().ok().filter(|r| (1..=n).contains(r));
            let region = match numbered {
                Some(number) => number - 1,
                None => index("--stimulate", Some(&s.region), &regions),
            };
            (region, s.rate, s.times)
        })
        .collect();
    match coupling {
        Some(coupling) if faults.is_empty() => Ok(Brain { coupling, names, source, onto, stimuli }),
        _ => Err(Failure::Argument(faults.join("\n"))),
    }
}

/// Names of the regions: those of the weights, which must be those of the lengths where both have some; else numbers.
fn region_names(
    weights: &Matrix,
    lengths: Option<&Matrix>,
    n: usize,
) -> Result<Vec<String>, String> {
    let other = lengths.and_then(|l| l.names.as_ref());
    if let (Some(a), Some(b)) = (&weights.names, other)
        && a != b
    {
        return Err("the files of weights and lengths name different regions".to_owned());
    }
    let named = weights.names.as_ref().or(other);
    match named {
        Some(names) if names.len() == n => Ok(names.clone()),
        Some(names) => Err(format!("{} names for {n} regions", names.len())),
        None => Ok((1..=n).map(|r| r.to_string()).collect()),
    }
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
