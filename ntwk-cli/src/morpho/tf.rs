//! `ntwk morpho tf`.

use ntwk::studies::morpho::transfer::{TransferOptions, transfer};

use super::args::MorphoTfArgs;
use super::cell;
use super::ending::{print_points, store_options};
use crate::Failure;
use crate::output::{make_folder, note, plotted, print, write_columns, write_figure, write_json};
use crate::run::list_files;
use crate::table::{Table, number};
use crate::terminal::Terminal;

pub(crate) fn run(args: &MorphoTfArgs) -> Result<(), Failure> {
    let cell = cell(&args.study.cell)?;
    let out = &args.study.out;
    let theme = out.figure.theme(&[])?;
    let mut options = TransferOptions::default();
    options.excitation.clone_from(&args.excitation);
    options.inhibition.clone_from(&args.inhibition);
    options.rates_excitation.clone_from(&args.rates_excitation);
    options.rates_inhibition.clone_from(&args.rates_inhibition);
    options.spiking.clone_from(&args.spiking);
    (options.transient, options.duration) = (args.transient, args.duration);
    (options.repetitions, options.threshold) = (args.repetitions, args.threshold);
    make_folder(&out.out)?;
    let stored = out.out.join("scan.h5");
    let store = store_options(&args.resume);
    let terminal = Terminal::new(args.parallel.threads, out.quiet);
    let result = terminal.run("scan", |job| transfer(&cell, &options, &stored, store, job))?;
    print_points(&result.runs);
    let mut table = Table::new(&[
        "ν_e (Hz)",
        "ν_i (Hz)",
        "μ_V (mV)",
        "σ_V (mV)",
        "τ_V (ms)",
        "rate (Hz)",
        "s.e.m.",
    ]);
    for p in &result.points {
        let (m, point) = (&p.point.moments, &p.point);
        let rates = [p.excitation, p.inhibition];
        let measured = [m.mu_V, m.sigma_V, m.tau_V, point.rate, point.standard_error];
        table.row(rates.iter().chain(&measured).map(|v| number(*v, 2)).collect());
    }
    print(table);
    let mut files =
        vec![result.runs.stored.clone(), write_columns(&out.out, "scan.csv", &result.table())?];
    let Some(figure) = plotted(result.figure(&theme))? else {
        note("no fit and no figure: the grid is not complete");
        list_files(&files);
        return Failure::of_points(&result.runs);
    };
    if let Some(Err(e)) = &result.fit {
        note(format!("no fit: {e}"));
    }
    if let Some(summary) = result.summary() {
        print(format!(
            "effective threshold, 4 terms: R² = {:.4}, rms error {:.3} Hz",
            summary.r_squared, summary.rms_error_hz
        ));
        files.push(write_json(&out.out, "transfer_function.json", &summary)?);
    }
    files.extend(write_figure(&out.out, "transfer_function", &figure)?);
    list_files(&files);
    Ok(())
}
