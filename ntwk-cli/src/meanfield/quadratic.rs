//! `ntwk meanfield MODEL` with `theory.model = "montbrio_pazo_roxin"`.

use std::time::SystemTime;

use ntwk::studies::quadratic::{QuadraticStudy, is_stable, quadratic};
use ntwk_core::Model;

use super::super::Failure;
use super::super::args::RunArgs;
use super::super::output::{make_folder, note, print, write_figure};
use super::super::run::list_files;
use super::super::table::{Table, number};
use super::store;

pub(crate) fn run(args: &RunArgs, model: &Model) -> Result<(), Failure> {
    let started = SystemTime::now();
    make_folder(&args.out)?;
    let terminal = args.terminal();
    let study = terminal.compute("mean field", |job| quadratic(model, job))?;
    print(table(&study));
    let job = terminal.job();
    let mut files = vec![store(&args.out, "results.h5", model, &study.arrays(), &job, started)?];
    files.extend(write_figure(&args.out, "rates", &study.figure(&args.figure.theme_of(model)?))?);
    list_files(&files);
    note(
        "the exact mean field has its own parameters, [theory.montbrio_pazo_roxin]; cells and synapses of the model do not enter",
    );
    Ok(())
}

fn table(study: &QuadraticStudy) -> String {
    let header = ["fixed point", "rate (Hz)", "V", "eigenvalues (1/s)", "stability"];
    let mut table = Table::new(&header).text_from(3);
    for (k, point) in study.fixed_points.iter().enumerate() {
        let both = point.eigenvalues.iter().map(|z| match z.im {
            0.0 => number(1e3 * z.re, 2),
            im => format!("{} {:+.2}i", number(1e3 * z.re, 2), 1e3 * im),
        });
        let both: Vec<String> = both.collect();
        table.row(vec![
            (k + 1).to_string(),
            number(1e3 * point.r, 4),
            number(point.V, 4),
            both.join(", "),
            if is_stable(point) { "stable" } else { "unstable" }.to_owned(),
        ]);
    }
    let [from, to] = study.window;
    let end = study.states.last().map_or(f64::NAN, |x| 1e3 * x[0]);
    let last = study.times.last().copied().unwrap_or(0.0);
    format!(
        "{table}input: its mean between {from} and {to} ms; at {last} ms the rate is {} Hz",
        number(end, 4)
    )
}
