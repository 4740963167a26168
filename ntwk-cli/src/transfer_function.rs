//! `ntwk tf scan` and `ntwk tf fit`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use ntwk_core::{CellLibrary, Model};
use ntwk_io::Column;

use super::Failure;
use super::args::RunArgs;
use super::interruption;
use super::output::{make_folder, model, print, write_csv, write_figure, write_json};
use super::run::list_files;
use super::scan_design::DesignArgs;
use super::table::{Table, number};
use ntwk::figures::overview::FigureError;
use ntwk::studies::transfer_function::{TransferFitOptions, fit_scan, populations, scan_columns};
use ntwk::sweep::store::StoreOptions;
use ntwk::sweep::transfer_scan::{TransferScan, scan_to_file};
use ntwk_meanfield::Fit;

/// Transfer functions: scan the single cells, fit the effective threshold.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ntwk tf fit examples/rs-fs/model.toml --out out/tf")]
pub(crate) struct TfArgs {
    #[command(subcommand)]
    pub command: TfCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TfCommand {
    /// Measure the rates of single cells under Poisson input.
    #[command(after_help = "\
Examples:
  ntwk tf scan examples/rs-fs/model.toml --out out/scan
  ntwk tf scan examples/rs-fs/model.toml --population RecInh --design grid \\
               --rate exc=0.5..8:16:log --rate inh=0..20:5 --set theory.scan.neurons=64
  ntwk tf scan examples/rs-fs/model.toml --design adaptive --rate exc=0..12:6 --rate inh=0..30:7
  ntwk tf scan examples/rs-fs/model.toml --design fluctuations --tau 8..20:3

Writes scan_NAME.h5 (labelled arrays; xarray.open_dataset(..., engine=\"h5netcdf\")) and scan_NAME.csv per \
population. [theory.scan] of the model says how many cells a point has, for how long they are counted, \
and where the design `potentials` puts its points. The same command continues a scan that was \
interrupted or killed. Points that fail keep their error and do not stop the others.")]
    Scan(ScanTfArgs),
    /// Scan and fit: coefficients with uncertainties, quality of the fit, figures.
    #[command(after_help = "\
Examples:
  ntwk tf fit examples/rs-fs/model.toml --out out/tf
  ntwk tf fit examples/rs-fs/model.toml --design fluctuations --set theory.threshold_terms=4

Takes the scan from DIR where `ntwk tf scan` with the same design left one, and goes on with it if it is \
not complete. Writes per population transfer_function_NAME.json (coefficients in mV with standard \
errors, both steps of the fit, condition number, cross-validation, domain) and \
transfer_function_NAME.npy (coefficients in V, the form of published files), and one figure per \
population: curves, surface, residuals.")]
    Fit(FitTfArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ScanTfArgs {
    #[command(flatten)]
    pub run: RunArgs,
    #[command(flatten)]
    pub design: DesignArgs,
}

#[derive(Debug, Args)]
pub(crate) struct FitTfArgs {
    #[command(flatten)]
    pub run: RunArgs,
    #[command(flatten)]
    pub design: DesignArgs,
    /// Parts of the cross-validation: each is predicted by a fit to the others.
    #[arg(long, value_name = "K", default_value_t = 10, value_parser = clap::value_parser!(u64).range(2..=1000))]
    pub folds: u64,
}

pub(crate) fn run(args: &TfArgs, library: &CellLibrary) -> Result<(), Failure> {
    match &args.command {
        TfCommand::Scan(args) => {
            let model = model(&args.run, library)?;
            let scans = scan_all(&model, &args.run, &args.design, library)?;
            let files: Vec<PathBuf> = scans.into_iter().flat_map(|(_, files)| files).collect();
            list_files(&files);
            Ok(())
        }
        TfCommand::Fit(args) => fit(args, library),
    }
}

/// The scans of the populations asked for, each with its files.
fn scan_all(
    model: &Model,
    args: &RunArgs,
    design: &DesignArgs,
    library: &CellLibrary,
) -> Result<Vec<(TransferScan, Vec<PathBuf>)>, Failure> {
    let populations = populations(model, &design.population)?;
    make_folder(&args.out)?;
    let terminal = args.terminal();
    let mut scans = Vec::new();
    for index in populations {
        let name = &model.populations()[index].name;
        let chosen = design.options().design(model, index)?;
        let path = args.out.join(format!("scan_{name}.h5"));
        let options = StoreOptions { fresh: design.fresh, retry_failed: design.retry_failed };
        let scan = terminal.run(&format!("scan of {name}"), |job| {
            scan_to_file(model, index, &chosen, library, &path, options, job)
        })?;
        let mut failed = scan.failed();
        let first = failed.next().map(|(point, error)| format!("point {point}: {error}"));
        let failures = first.iter().count() + failed.count();
        print(format!(
            "{name}: {} points, {} known before, {} measured in {:.3} s, {failures} failed",
            scan.outcomes.len(),
            scan.resumed,
            scan.computed,
            scan.elapsed.as_secs_f64(),
        ));
        if scan.interrupted {
            let known = scan.resumed + scan.computed;
            return Err(Failure::interrupted_points(known, scan.outcomes.len(), &path));
        }
        if let Some(first) = first {
            return Err(Failure::Points { failed: failures, first });
        }
        interruption::stored(&path);
        let table = write_scan(&args.out, &scan)?;
        scans.push((scan, vec![path, table]));
    }
    Ok(scans)
}

/// Writes the points of a scan as CSV.
fn write_scan(folder: &Path, scan: &TransferScan) -> Result<PathBuf, Failure> {
    let columns = scan_columns(scan)?;
    let columns = columns.into_iter().map(|(name, values)| Column::new(name, values)).collect();
    write_csv(folder, &format!("scan_{}.csv", scan.population), columns)
}
fn fit(args: &FitTfArgs, library: &CellLibrary) -> Result<(), Failure> {
    let model = model(&args.run, library)?;
    let mut options = TransferFitOptions::default();
    options.folds = args.folds as usize;
    let mut files = Vec::new();
    let header = [
        "",
        "points",
        "terms determined",
        "R²",
        "rms (Hz)",
        "rms, unseen (Hz)",
        "condition number",
        "end",
    ];
    let mut table = Table::new(&header);
    for (scan, scan_files) in scan_all(&model, &args.run, &args.design, library)? {
        files.extend(scan_files);
        let study = interruption::dispensable(|| fit_scan(&model, &scan, &options))?;
        let (name, fit) = (&study.fitted.name, &study.fitted.fit);
        let file = format!("transfer_function_{name}.json");
        files.push(write_json(&args.run.out, &file, &study.summary())?);
        let npy = args.run.out.join(format!("transfer_function_{name}.npy"));
        ntwk_io::write_npy_vector(&npy, &study.coefficients_in_volts())?;
        files.push(npy);
        table.row(vec![
            name.clone(),
            study.fitted.fitted_points.len().to_string(),
            determined_terms(fit),
            number(fit.quality.r_squared, 5),
            number(fit.quality.mean_squared_error.sqrt(), 3),
            number(study.validation.quality.mean_squared_error.sqrt(), 3),
            format!("{:.1e}", fit.threshold_step.condition_number),
            format!("{:?}", fit.termination),
        ]);
        let figure = study.figure(&args.run.figure.theme_of(&model)?).map_err(FigureError::from)?;
        files.extend(write_figure(&args.run.out, &format!("transfer_function_{name}"), &figure)?);
    }
    print(table);
    list_files(&files);
    Ok(())
}

/// How many of the coefficients of a fit its points determine.
fn determined_terms(fit: &Fit) -> String {
    format!("{} of {}", fit.threshold_step.rank, fit.transfer_function.coefficients().len())
}
