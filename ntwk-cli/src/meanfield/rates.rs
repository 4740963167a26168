//! `ntwk meanfield MODEL`: fixed points and rates in time.

use std::time::{Instant, SystemTime};

use ntwk_core::spec::TheoryModel;
use ntwk_core::{CellLibrary, Model};
use ntwk_io::{RunContents, WriteOptions, write_run};
use ntwk_meanfield::prediction::loop_response::LoopResponse;
use ntwk_meanfield::prediction::predict::FittedPopulation;
use ntwk_meanfield::prediction::settled_state::SettledState;
use ntwk_meanfield::{Completeness, Stability, is_saturated};

use super::super::Failure;
use super::super::args::RunArgs;
use super::super::interruption;
use super::super::output::{make_folder, model, note, print, write_figure};
use super::super::run::list_files;
use super::super::table::{Table, number};
use super::quadratic;
use ntwk::figures::overview::FigureError;
use ntwk::run::origin::{model_text, provenance};
use ntwk::studies::rates::{RatesOptions, rates};
use ntwk::studies::stationary::StationaryTheory;

pub(crate) fn run(args: &RunArgs, library: &CellLibrary) -> Result<(), Failure> {
    let model = model(args, library)?;
    if model.spec().theory.model == TheoryModel::MontbrioPazoRoxin {
        return quadratic::run(args, &model);
    }
    make_folder(&args.out)?;
    let (started, start) = (SystemTime::now(), Instant::now());
    let options = RatesOptions::default();
    let terminal = args.terminal();
    let study =
        terminal.compute("single-cell scans", |job| rates(&model, &options, library, job))?;
    print_fixed_points(&study.stationary);
    if let Some(settled) = &study.settled {
        print(settled_table(settled, &study.stationary.names()));
    }

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
    let checks = study.stationary.theory.populations.iter().filter_map(FittedPopulation::check);
    checks.for_each(note);
    study.stationary.theory.departures().iter().for_each(note);
    study.stationary.theory.limitations.iter().for_each(note);
    study.settled.iter().flat_map(|s| s.notes(&model, &study.stationary.theory)).for_each(note);
    study.loop_response.iter().filter_map(LoopResponse::note).for_each(note);
    Ok(())
}

/// The state where the model settles, beside the cells in it.
fn settled_table(state: &SettledState, names: &[String]) -> String {
    let header = ["settles at", "rate (Hz)", "± s.e.", "fit", "cells there", "± s.e.", "at"];
    let mut table = Table::new(&header);
    for (p, name) in names.iter().enumerate() {
        let at = state.refined.as_ref().map_or(state.rates[p], |r| r.checked_at[p]);
        let check = state.refined.as_ref().map(|r| r.check_errors[p]);
        table.row(vec![
            name.clone(),
            small_rate(state.rates[p]),
            state.errors.as_ref().map_or_else(|| "–".to_owned(), |e| small_rate(e[p])),
            small_rate(state.fitted[p]),
            small_rate(state.cells[p].rate),
            small_rate(check.unwrap_or(state.cells[p].standard_error)),
            small_rate(at),
        ]);
    }
    let gain = state.refined.as_ref().filter(|r| r.converged).map_or_else(String::new, |r| {
        format!(
            "refined in {} rounds of cells; an error of 1 % in their rates moves the state by up to {:.1} %",
            r.rounds, r.gain
        )
    });
    format!("{table}{gain}")
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

/// Prints the fixed points, numbered, one row per population, whether they are all and which input they belong to.
pub(crate) fn print_fixed_points(stationary: &StationaryTheory) {
    let names = stationary.names();
    let header =
        ["fixed point", "population", "rate (Hz)", "V_m (mV)", "sd (mV)", "index", "stability"];
    let mut table = Table::new(&header).text_from(6);
    for (i, point) in stationary.points.points.iter().enumerate() {
        let stability = match point.stability {
            Stability::Stable => "stable",
            Stability::Unstable => "unstable",
            Stability::Undetermined => "undetermined",
        };
        for (p, name) in names.iter().enumerate() {
            let population = &stationary.theory.mean_field.populations()[p];
            let remark = match (is_saturated(population, point, p), point.in_domain[p]) {
                (true, _) => " (saturated, outside the scan)",
                (false, false) => " (outside the scan)",
                (false, true) => "",
            };
            table.row(vec![
                (i + 1).to_string(),
                name.clone(),
                small_rate(point.rates[p]),
                number(point.moments[p].mu_V, 2),
                number(point.moments[p].sigma_V, 2),
                format!("{:+}", point.index),
                format!("{stability}{remark}"),
            ]);
        }
    }
    let [from, to] = stationary.windows.stationary;
    let (all, sum) = (&stationary.points, stationary.points.index_sum());
    print(format!(
        "{table}complete: {}; sum of indices {sum:+}; input: its mean between {from} and {to} ms",
        all.completeness
    ));
    for (i, (point, delayed)) in all.points.iter().zip(&stationary.delayed).enumerate() {
        let population = |p: usize| &stationary.theory.mean_field.populations()[p];
        let artefact = (0..names.len()).any(|p| is_saturated(population(p), point, p));
        if let Some([delayed, lagging]) = delayed.filter(|_| !artefact) {
            let besides = match (lagging.is_stable(), lagging.change) {
                (true, None) => String::new(),
                (true, Some((factor, hz))) => {
                    let longest = number(factor * lagging.delays[1], 1);
                    format!(
                        "; with the lags of its synapses besides, up to {longest} ms ({hz:.0} Hz)"
                    )
                }
                (false, _) => "; unstable with the lags of its synapses besides".to_owned(),
            };
            print(format!("fixed point {} is {delayed}{besides}", i + 1));
        }
    }
    if all.completeness == Completeness::Incomplete {
        let found = all.points.len();
        note(format!(
            "fixed points found: {found}, sum of indices {sum} (should be 1): at least one is missing"
        ));
    }
}

/// A rate (Hz) with four decimals, or three digits where these would be zeros.
fn small_rate(rate: f64) -> String {
    if rate > 0.0 && rate < 1e-3 { format!("{rate:.2e}") } else { number(rate, 4) }
}
