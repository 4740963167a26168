//! `ntwk meanfield continue`.

use std::time::SystemTime;

use ntwk::studies::continuation::{BifurcationOptions, BifurcationSummary, bifurcation_diagram};
use ntwk::sweep::points::SweepAxis;
use ntwk_core::CellLibrary;

use super::super::Failure;
use super::super::output::{make_folder, model, note, print, write_figure, write_json};
use super::super::run::list_files;
use super::super::table::{Table, number};
use super::args::ContinueArgs;
use super::store;

pub(crate) fn run(args: &ContinueArgs, library: &CellLibrary) -> Result<(), Failure> {
    let started = SystemTime::now();
    let model = model(&args.run, library)?;
    let options = BifurcationOptions::new(args.vary.clone());
    let terminal = args.run.terminal();
    let study = terminal
        .compute("single-cell scans", |job| bifurcation_diagram(&model, &options, library, job))?;

    let summary = study.summary();
    print(table(&summary, &study.axis));
    let (out, job) = (&args.run.out, terminal.job());
    make_folder(out)?;
    let mut files = vec![
        store(out, "bifurcation_diagram.h5", &study.model, &study.arrays(), &job, started)?,
        write_json(out, "bifurcation_diagram.json", &summary)?,
    ];
    files.extend(write_figure(
        out,
        "bifurcation_diagram",
        &study.figure(&args.run.figure.theme_of(&model)?),
    )?);
    list_files(&files);
    study.remarks().iter().for_each(note);
    ntwk_meanfield::system::limitation::limitations(&study.model).iter().for_each(note);
    Ok(())
}

fn table(summary: &BifurcationSummary, axis: &SweepAxis) -> String {
    if summary.bifurcations.is_empty() {
        let n = summary.branches.len();
        let stable = summary.branches.iter().filter(|b| b.stable_points == b.points).count();
        let word = if n == 1 { "branch" } else { "branches" };
        return format!("{n} {word}, {stable} stable throughout; no bifurcation");
    }
    let unit = if axis.unit.is_empty() { String::new() } else { format!(" ({})", axis.unit) };
    let mut header =
        vec!["bifurcation".to_owned(), "branch".to_owned(), format!("{}{unit}", axis.name)];
    header.extend(summary.populations.iter().map(|p| format!("{p} (Hz)")));
    header.push("frequency (Hz)".to_owned());
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut table = Table::new(&header);
    for found in &summary.bifurcations {
        let mut row =
            vec![found.kind.to_owned(), found.branch.to_string(), number(found.parameter, 4)];
        row.extend(found.rates_hz.iter().map(|r| number(*r, 3)));
        row.push(found.frequency_hz.map_or_else(|| "–".to_owned(), |f| number(f, 1)));
        table.row(row);
    }
    table.to_string().trim_end().to_owned()
}
