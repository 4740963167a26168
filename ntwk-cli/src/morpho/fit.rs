//! `ntwk morpho fit`.

use ntwk::studies::morpho::fit::{PassiveFitOptions, RecordedTrace, fit};
use ntwk_io::read_trace_csv;
use ntwk_morpho::solver::passive_fit::PassiveParameter;

use super::args::FitArgs;
use super::cell;
use super::ending::end;
use crate::Failure;
use crate::output::{make_folder, note, print, write_columns, write_figure, write_json};
use crate::run::list_files;
use crate::table::{Table, number};
use crate::terminal::Terminal;

pub(crate) fn run(args: &FitArgs) -> Result<(), Failure> {
    let cell = cell(&args.study.cell)?;
    let out = &args.study.out;
    let theme = out.figure.theme(&[])?;
    let mut options = PassiveFitOptions::default();
    (options.at, options.iterations) = (args.at, u64::from(args.iterations));
    options.parameters = args.parameters.iter().map(|n| parameter(n)).collect::<Result<_, _>>()?;
    let (times, values) = read_trace_csv(&args.trace, 1)?;
    let trace = RecordedTrace { times, values };
    let terminal = Terminal::new(Some(1), out.quiet);
    let result = terminal.run("fit", |job| fit(&cell, trace, &options, job))?;
    let found = &result.fit;
    if !found.converged {
        note(format!("stopped before a minimum was certain: {}", found.termination));
    }
    let mut table = Table::new(&["parameter", "unit", "initial", "fitted", "standard error"]);
    for p in &found.parameters {
        table.row(vec![
            p.parameter.to_string(),
            p.parameter.unit().to_owned(),
            format!("{:.5}", p.initial),
            format!("{:.5}", p.value),
            format!("{:.1e}", p.standard_error),
        ]);
    }
    print(table);
    print(format!(
        "rms error {} mV, before the fit {} mV, {} iterations",
        number(found.rms, 5),
        number(found.initial_rms, 5),
        found.iterations
    ));
    make_folder(&out.out)?;
    let mut files = vec![
        write_json(&out.out, "fit.json", &result.summary())?,
        write_columns(&out.out, "fit.csv", &result.table())?,
    ];
    files.extend(write_figure(&out.out, "fit", &result.figure(&theme))?);
    list_files(&files);
    end(&out.out.join("fit.json"))
}

fn parameter(name: &str) -> Result<PassiveParameter, Failure> {
    PassiveParameter::ALL.into_iter().find(|p| p.to_string() == name).ok_or_else(|| {
        Failure::Argument(format!(
            "there is no passive parameter \"{name}\"; there are: C_m, R_i, g_L, E_L"
        ))
    })
}
