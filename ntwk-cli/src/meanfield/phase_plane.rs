//! `ntwk meanfield phase-plane`.

use std::time::SystemTime;

use ntwk_core::spec::fault::nearest;
use ntwk_core::{CellLibrary, Job, Model};
use ntwk_meanfield::{Input, IntegrationOptions, MeanField, Trajectory, integrate, phase_plane};

use super::super::Failure;
use super::super::output::{make_folder, model, note, print, theme, write_figure};
use super::super::run::list_files;
use super::args::PhasePlaneArgs;
use super::rates::{fixed_point_table, names, predict_with_bar, window_line};
use super::store;
use ntwk::studies::theory_figures::phase_plane_figure;
use ntwk::studies::theory_studies::{phase_plane_group, trajectory_group};
use ntwk_meanfield::prediction::predict::{TRAJECTORY_INTERVAL, TheoryError};
use ntwk_meanfield::prediction::windows::ComparisonWindows;

/// Arrows a side.
const ARROWS: usize = 19;
/// Grid lines a side on which the nullclines are sought.
const LINES: usize = 201;
/// Smallest default range (Hz): a silent network has no scale of its own.
const SMALLEST_RANGE: f64 = 1.0;

pub(crate) fn run(args: &PhasePlaneArgs, library: &CellLibrary) -> Result<(), Failure> {
    let started = SystemTime::now();
    let model = model(&args.run, library)?;
    let chosen = populations(&model, args)?;
    make_folder(&args.run.out)?;
    let theory = predict_with_bar(&model, &args.run, library)?;
    let windows = ComparisonWindows::of(&model);
    let points = theory.fixed_points(windows.stationary, &args.run.terminal().job())?;
    let system = &theory.mean_field;
    let input = theory.input.mean(windows.stationary, TRAJECTORY_INTERVAL);
    let names = names(&theory);
    print(format!("{}{}", fixed_point_table(&points.points, &names), window_line(&windows)));

    let held = match theory.stationary_state(windows.stationary, &args.run.terminal().job())? {
        Some(point) => point.rates,
        None => points.points.first().map_or_else(|| vec![0.0; names.len()], |p| p.rates.clone()),
    };
    let ranges = chosen.map(|p| {
        let given = args.range.iter().find(|(name, _)| *name == names[p]);
        let highest = points.points.iter().map(|f| f.rates[p]).fold(0.0, f64::max);
        given.map_or([0.0, (2.0 * highest).max(SMALLEST_RANGE)], |(_, range)| *range)
    });
    let plane = phase_plane(
        system,
        &input,
        chosen,
        &held,
        ranges,
        [ARROWS, LINES],
        &args.run.terminal().job(),
    )
    .map_err(|e| Failure::Argument(e.to_string()))?;

    let starts = if args.start.is_empty() {
        let [[low, _], [_, high]] = ranges;
        vec![[low, 0.97 * high], [1.3 * held[chosen[0]], held[chosen[1]]]]
    } else {
        args.start.clone()
    };
    let trajectories = starts
        .iter()
        .map(|start| {
            let mut rates = held.clone();
            for (&p, &rate) in chosen.iter().zip(start) {
                rates[p] = rate;
            }
            course(system, &input, &rates, &args.run.terminal().job())
        })
        .collect::<Result<Vec<_>, TheoryError>>()?;

    let shown = chosen.map(|p| names[p].clone());
    let mut groups = vec![phase_plane_group(&plane, &points, &shown, &names)];
    groups.extend(trajectories.iter().enumerate().map(|(k, t)| trajectory_group(t, k, &names)));
    let file =
        store(&args.run.out, "phase_plane", &model, &groups, &args.run.terminal().job(), started)?;
    let mut files = vec![file];
    let figure = phase_plane_figure(
        &plane,
        ranges,
        chosen,
        &shown,
        &points,
        &trajectories,
        &theme(args.run.dark),
    );
    files.extend(write_figure(&args.run.out, "phase_plane", &figure)?);
    list_files(&files);
    if names.len() > 2 {
        let others: Vec<String> = (0..names.len())
            .filter(|p| !chosen.contains(p))
            .map(|p| format!("{} {:.2} Hz", names[p], held[p]))
            .collect();
        note(format!("held in the plane: {}", others.join(", ")));
    }
    theory.limitations.iter().for_each(note);
    Ok(())
}

/// The two populations of the plane; every name of the arguments is checked.
fn populations(model: &Model, args: &PhasePlaneArgs) -> Result<[usize; 2], Failure> {
    let names: Vec<&str> = model.populations().iter().map(|p| p.name.as_str()).collect();
    let mut faults = Vec::new();
    if names.len() < 2 {
        return Err(Failure::Argument(format!(
            "a phase plane needs two populations; the model has {}",
            names.join(", ")
        )));
    }
    let mut index = |option: &str, name: &str| {
        let found = names.iter().position(|n| *n == name);
        if found.is_none() {
            let hint = nearest(name, names.iter().copied()).map_or_else(
                || format!("the model has {}", names.join(", ")),
                |n| format!("did you mean {n}?"),
            );
            faults.push(format!("{option}: there is no population {name}; {hint}"));
        }
        found
    };
    let chosen: Vec<Option<usize>> = match &args.populations[..] {
        [] => vec![Some(0), Some(1)],
        given => given.iter().map(|name| index("--populations", name.trim())).collect(),
    };
    let ranged: Vec<Option<usize>> =
        args.range.iter().map(|(name, _)| index("--range", name)).collect();
    let pair = match chosen[..] {
        [Some(a), Some(b)] if a != b => Some([a, b]),
        [None, _] | [_, None] => None,
        _ => {
            faults.push("--populations: two different populations are needed".to_owned());
            None
        }
    };
    if let Some(pair) = pair {
        for p in ranged.iter().flatten().filter(|p| !pair.contains(p)) {
            faults.push(format!("--range: {} is not in the plane", names[*p]));
        }
        for p in pair {
            if ranged.iter().filter(|r| **r == Some(p)).count() > 1 {
                faults.push(format!("--range: {} has two ranges", names[p]));
            }
        }
    }
    match pair {
        Some(pair) if faults.is_empty() => Ok(pair),
        _ => Err(Failure::Argument(faults.join("\n"))),
    }
}

/// The course of the whole system from given rates, adaptation currents being those of these rates, until the slowest
/// variable has settled.
fn course(
    system: &MeanField,
    input: &Input,
    rates: &[f64],
    job: &Job<'_>,
) -> Result<Trajectory, TheoryError> {
    let slowest = system
        .populations()
        .iter()
        .enumerate()
        .filter(|(p, _)| system.adaptation_index(*p).is_some())
        .map(|(_, p)| p.membrane.tau_w)
        .fold(2.0 * system.time_constant(), f64::max);
    let interval = 0.05 * system.time_constant();
    let n = (10.0 * slowest / interval).ceil() as usize;
    let times: Vec<f64> = (0..=n).map(|k| k as f64 * interval).collect();
    let initial = system.adapted_state(rates, input)?;
    Ok(integrate(system, &initial, input, &times, &IntegrationOptions::default(), job)?)
}
