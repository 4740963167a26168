//! `ntwk tf scan` and `ntwk tf fit`.

use std::fmt::Write;

use ntwk_meanfield::single_cell::SingleCellScan;
use ntwk_plot::figures::{surface, transfer};
use ntwk_plot::{Figure, Label, Layout, Panel, Width};
use serde::Serialize;

use super::Failure;
use super::args::{RunArgs, TfArgs, TfCommand};
use super::output::{make_folder, model, print, theme, write, write_figure, write_json};
use super::progress::Bar;
use super::run::list_files;
use super::table::{Table, number};
use ntwk::overview::{FigureError, TransferGrid};
use ntwk::theory::{FittedPopulation, TheoryError, fit_population, scan_population};

pub(crate) fn run(args: &TfArgs) -> Result<(), Failure> {
    match &args.command {
        TfCommand::Scan(args) => {
            let mut files = Vec::new();
            for (name, scan) in scan_all(args)? {
                files.push(write_scan(args, &name, &scan)?);
            }
            list_files(&files);
            Ok(())
        }
        TfCommand::Fit(args) => fit(args),
    }
}

fn scan_all(args: &RunArgs) -> Result<Vec<(String, SingleCellScan)>, Failure> {
    let model = model(args)?;
    make_folder(&args.out)?;
    let library = ntwk_cells::library();
    let mut scans = Vec::new();
    for (index, population) in model.populations().iter().enumerate() {
        let bar = Bar::new(&format!("scan of {}", population.name), args.quiet);
        let scan = scan_population(&model, index, &library, args.threads(), &mut |fraction| {
            bar.set(fraction, String::new());
        });
        bar.finish();
        scans.push((population.name.clone(), scan.map_err(TheoryError::from)?));
    }
    Ok(scans)
}

/// Writes the points of a scan as CSV.
fn write_scan(
    args: &RunArgs,
    name: &str,
    scan: &SingleCellScan,
) -> Result<std::path::PathBuf, Failure> {
    let mut text = String::new();
    for class in &scan.plan.classes {
        let _ = write!(text, "rate_{}_{}nS_Hz,", class.receptor, class.synapses.weight);
    }
    text.push_str("mu_V_mV,sigma_V_mV,tau_V_ms,rate_Hz,standard_error_Hz,neurons\n");
    for (rates, point) in scan.plan.rates.iter().zip(&scan.points) {
        for rate in rates {
            let _ = write!(text, "{rate},");
        }
        let m = &point.moments;
        let _ = writeln!(
            text,
            "{},{},{},{},{},{}",
            m.mu_V, m.sigma_V, m.tau_V, point.rate, point.standard_error, point.samples
        );
    }
    write(&args.out, &format!("scan_{name}.csv"), text.as_bytes())
}

/// A fitted transfer function as JSON.
#[derive(Serialize)]
struct FitSummary<'a> {
    population: &'a str,
    form: ntwk_meanfield::ThresholdForm,
    coefficients_mv: &'a [f64],
    standard_errors_mv: &'a [f64],
    points: usize,
    r_squared: f64,
    mean_squared_error_hz2: f64,
    threshold_step_mean_squared_error_hz2: f64,
    condition_number: f64,
    termination: String,
    transfer_function: &'a ntwk_meanfield::EffectiveThreshold,
}

fn fit(args: &RunArgs) -> Result<(), Failure> {
    let model = model(args)?;
    let mut files = Vec::new();
    let mut table =
        Table::new(&["population", "points", "R²", "rms error (Hz)", "condition number", "end"]);
    let mut panels = Vec::new();
    let theme = theme(args.dark);
    for (name, scan) in scan_all(args)? {
        files.push(write_scan(args, &name, &scan)?);
        let fitted = fit_population(&model, &name, scan)?;
        files.push(write_json(
            &args.out,
            &format!("transfer_function_{name}.json"),
            &summary(&fitted),
        )?);
        let fit = &fitted.fit;
        table.row(vec![
            name.clone(),
            fitted.fitted_points.len().to_string(),
            number(fit.quality.r_squared, 5),
            number(fit.quality.mean_squared_error.sqrt(), 3),
            format!("{:.1e}", fit.threshold_step.condition_number),
            format!("{:?}", fit.termination),
        ]);
        if let Some(grid) = TransferGrid::new(&fitted) {
            let data = grid.data();
            let curves = transfer(&data, &theme).map_err(FigureError::from)?;
            // Beside its curves the surface needs neither points nor a title.
            let shape = surface(&data, false, &theme).map_err(FigureError::from)?;
            let shape = Panel { title: Label::default(), ..shape };
            let row = Layout::Row(vec![(1.2, Layout::panel(curves)), (1.0, Layout::panel(shape))]);
            panels.push((1.0, row));
        }
    }
    print(table);
    if !panels.is_empty() {
        let height = 65.0 * panels.len() as f64;
        let title = model.spec().title.as_deref().unwrap_or("transfer functions");
        let figure = Figure::new(title, Width::Page, height, Layout::Column(panels), &theme);
        files.extend(write_figure(&args.out, "transfer_functions", &figure)?);
    }
    list_files(&files);
    Ok(())
}

fn summary(fitted: &FittedPopulation) -> FitSummary<'_> {
    let fit = &fitted.fit;
    FitSummary {
        population: &fitted.name,
        form: fit.transfer_function.form(),
        coefficients_mv: fit.transfer_function.coefficients(),
        standard_errors_mv: &fit.standard_errors,
        points: fitted.fitted_points.len(),
        r_squared: fit.quality.r_squared,
        mean_squared_error_hz2: fit.quality.mean_squared_error,
        threshold_step_mean_squared_error_hz2: fit.threshold_step.quality.mean_squared_error,
        condition_number: fit.threshold_step.condition_number,
        termination: format!("{:?}", fit.termination),
        transfer_function: &fit.transfer_function,
    }
}
