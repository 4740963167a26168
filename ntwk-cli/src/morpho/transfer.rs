//! `ntwk morpho tf`.

use std::fmt::Write;

use ndarray::Array2;
use ntwk::studies::morpho_transfer::{MorphoScan, MorphoScanError, MorphoTask, fit_transfer};
use ntwk_io::{cell_text, read_cell};
use ntwk_meanfield::ThresholdForm;
use ntwk_plot::figures::{TransferData, transfer};
use ntwk_plot::{Figure, Layout, Width};
use serde::Serialize;

use super::args::MorphoTfArgs;
use super::work::points;
use super::{figure_error, title};
use crate::Failure;
use crate::output::{make_folder, note, print, theme, write, write_figure, write_json};
use crate::run::list_files;
use crate::table::{Table, number};
use crate::terminal::Terminal;

/// The fit as JSON.
#[derive(Serialize)]
struct Summary<'a> {
    form: ThresholdForm,
    coefficients_mv: &'a [f64],
    standard_errors_mv: &'a [f64],
    r_squared: f64,
    rms_error_hz: f64,
    points: usize,
    effective_g_l_ns: f64,
    effective_c_m_pf: f64,
    effective_e_l_mv: f64,
}

pub(crate) fn run(args: &MorphoTfArgs) -> Result<(), Failure> {
    let cell = &args.study.cell;
    let out = &args.study.out;
    let file = read_cell(&cell.cell, &cell.overrides)?;
    // Faults of the file are those of the file, with lines.
    file.build(&cell.cell)?;
    let spiking: Vec<String> = args.spiking.clone().unwrap_or_else(|| {
        let all = file.spec.channels.iter();
        all.filter(|c| c.mechanism.kind() != "leak").map(|c| c.name.clone()).collect()
    });
    let plan = MorphoScan {
        spec: &file.spec,
        morphology: &file.morphology,
        excitation: &args.excitation,
        inhibition: &args.inhibition,
        rates_excitation: &args.rates_excitation,
        rates_inhibition: &args.rates_inhibition,
        spiking: &spiking,
        transient: args.transient,
        duration: args.duration,
        repetitions: args.repetitions,
        threshold: args.threshold,
    };
    let terminal = Terminal::new(args.parallel.threads, out.quiet);
    let description = cell_text(&file, &cell.cell, None)?;
    let task = MorphoTask::new(plan, description, &terminal.job())?;
    make_folder(&out.out)?;
    let stored = out.out.join("scan.h5");
    let outcome = points(&terminal, "scan", &task, &stored, &args.resume)?;
    let measured = task.transfer(&outcome.data);
    let mut table = Table::new(&[
        "ν_e (Hz)",
        "ν_i (Hz)",
        "μ_V (mV)",
        "σ_V (mV)",
        "τ_V (ms)",
        "rate (Hz)",
        "s.e.m.",
    ]);
    let mut csv = format!(
        "rate_{}_Hz,rate_{}_Hz,mu_V_mV,sigma_V_mV,tau_V_ms,rate_Hz,standard_error_Hz,neurons\n",
        args.excitation, args.inhibition
    );
    for p in &measured.points {
        let m = &p.point.moments;
        let values = [
            p.excitation,
            p.inhibition,
            m.mu_V,
            m.sigma_V,
            m.tau_V,
            p.point.rate,
            p.point.standard_error,
        ];
        table.row(values.iter().map(|v| number(*v, 2)).collect());
        let values = values.map(|v| v.to_string()).join(",");
        let _ = writeln!(csv, "{values},{}", p.point.samples);
    }
    print(table);
    let mut files = vec![stored.clone(), write(&out.out, "scan.csv", csv.as_bytes())?];
    if measured.points.len() < outcome.points {
        note("no fit and no figure: the grid is not complete");
        list_files(&files);
        return Failure::of_points(&outcome, &stored);
    }
    let fitted = match fit_transfer(&measured, ThresholdForm::Linear4) {
        Ok(fit) => Some(fit),
        Err(MorphoScanError::Fit(e)) => {
            note(format!("no fit: {e}"));
            None
        }
        Err(e) => return Err(e.into()),
    };
    let (first, second) = (&args.rates_excitation, &args.rates_inhibition);
    let grid = |of: &dyn Fn(usize) -> f64| {
        Array2::from_shape_fn((first.len(), second.len()), |(i, j)| of(j * first.len() + i))
    };
    let rate = grid(&|k| measured.points[k].point.rate);
    let error = grid(&|k| measured.points[k].point.standard_error);
    let curves =
        fitted.as_ref().map(|fit| grid(&|k| measured.points[k].point.rate + fit.residuals[k]));
    if let Some(fit) = &fitted {
        print(format!(
            "effective threshold, 4 terms: R² = {:.4}, rms error {:.3} Hz",
            fit.quality.r_squared,
            fit.quality.mean_squared_error.sqrt()
        ));
        let summary = Summary {
            form: fit.transfer_function.form(),
            coefficients_mv: fit.transfer_function.coefficients(),
            standard_errors_mv: &fit.standard_errors,
            r_squared: fit.quality.r_squared,
            rms_error_hz: fit.quality.mean_squared_error.sqrt(),
            points: measured.points.len(),
            effective_g_l_ns: measured.membrane.g_L,
            effective_c_m_pf: measured.membrane.C_m,
            effective_e_l_mv: measured.membrane.E_L,
        };
        files.push(write_json(&out.out, "transfer_function.json", &summary)?);
    }
    let theme = theme(out.dark);
    let name = title(&file, &cell.cell);
    let data = TransferData {
        name,
        first_name: "excitatory rate per synapse",
        first_symbol: "ν_e",
        second_name: "inhibitory rate per synapse",
        second_symbol: "ν_i",
        first,
        second,
        rate: rate.view(),
        error: Some(error.view()),
        fit: curves.as_ref().map(|c| (first.as_slice(), c.view())),
    };
    let panel = transfer(&data, &theme).map_err(figure_error)?;
    let figure = Figure::new(name, Width::Column, 70.0, Layout::panel(panel), &theme);
    files.extend(write_figure(&out.out, "transfer_function", &figure)?);
    list_files(&files);
    Ok(())
}
