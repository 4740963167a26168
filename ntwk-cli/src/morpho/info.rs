//! `ntwk morpho info`.

use ntwk::studies::morpho::branches::{branch_figure, branch_table};
use ntwk::studies::morpho::info::morphology_figure;
use ntwk::studies::table::{ColumnValues, Table as Columns};
use ntwk_morpho::geometry::swc::{Repair, SwcReport, to_swc};
use ntwk_morpho::{Compartments, Discretisation, Morphology, MorphologyError};

use super::args::InfoArgs;
use super::source::{Content, Source};
use crate::Failure;
use crate::output::{make_folder, plotted, print, write, write_columns, write_figure, write_json};
use crate::run::list_files;
use crate::table::{Table, number};

pub(crate) fn run(args: &InfoArgs) -> Result<(), Failure> {
    let (theme, folder) = (args.out.figure.theme(&[])?, &args.out.out);
    let source = Source::read(&args.source)?;
    let (name, morphology) = (source.name(), source.morphology());
    let mut files = Vec::new();
    source.remarks.iter().for_each(print);
    if let Some((path, report)) = &source.report {
        if let Some(path) = path {
            print(path.display());
        }
        print_report(report, args.notes);
    }
    let compartments = match &source.content {
        Content::Morphology(morphology) => draw_compartments(morphology)?,
        Content::Cell(cell) => {
            let compartments = cell.built().cell.compartments().clone();
            print(format!(
                "{} compartments in {} branches\n",
                compartments.len(),
                compartments.n_branches()
            ));
            make_folder(&args.out.out)?;
            match to_swc(morphology) {
                Ok(text) => files.push(write(&args.out.out, "morphology.swc", text.as_bytes())?),
                Err(MorphologyError::NotExpressible { .. }) => {}
                Err(e) => return Err(Failure::Argument(e.to_string())),
            }
            compartments
        }
    };
    print(region_table(morphology));
    make_folder(folder)?;
    let figure = plotted(morphology_figure(name, morphology, &compartments, &theme))?;
    files.extend(write_figure(folder, "info", &figure)?);
    let branches = branch_table(morphology);
    print_branches(&branches, args.branches);
    let (figure, drawn) = plotted(branch_figure(name, morphology, &theme))?;
    if drawn < branches.rows() {
        print(format!(
            "branches.png has room for the numbers of {drawn} of {} branches; the table of branches has all",
            branches.rows()
        ));
    }
    if args.csv || !args.json {
        files.push(write_columns(folder, "branches.csv", &branches)?);
    }
    if args.json {
        files.push(write_json(folder, "branches.json", &rows(&branches))?);
    }
    files.extend(write_figure(folder, "branches", &figure)?);
    list_files(&files);
    Ok(())
}

/// Branches up to which all are printed.
const FEW_BRANCHES: usize = 24;

fn print_branches(branches: &Columns, all: bool) {
    let n = branches.rows();
    if n > FEW_BRANCHES && !all {
        print(format!("{n} branches, numbered 0 to {}; --branches lists them\n", n - 1));
        return;
    }
    let shown = [
        ("branch", "branch"),
        ("region", "region"),
        ("parent", "parent"),
        ("order", "order"),
        ("length", "length (µm)"),
        ("diameter", "diameter (µm)"),
        ("from", "from soma (µm)"),
        ("to", "to (µm)"),
    ];
    let mut table = Table::new(&shown.map(|s| s.1));
    for row in 0..n {
        let cells = shown.iter().map(|(name, _)| match branches.column(name).map(|c| &c.values) {
            Some(ColumnValues::Numbers(v)) => number(v[row], 2),
            Some(ColumnValues::Sparse(v)) => {
                v[row].map_or_else(|| "–".to_owned(), |x| x.to_string())
            }
            Some(ColumnValues::Counts(v)) => v[row].to_string(),
            Some(ColumnValues::Texts(v)) => v[row].clone(),
            None => String::new(),
        });
        table.row(cells.collect());
    }
    print(table);
}

/// The rows of a table as objects of JSON.
fn rows(table: &Columns) -> Vec<serde_json::Map<String, serde_json::Value>> {
    let value = |values: &ColumnValues, row: usize| match values {
        ColumnValues::Numbers(v) => v[row].into(),
        // The number of a branch is a whole one.
        ColumnValues::Sparse(v) => match v[row] {
            Some(x) if x.fract() == 0.0 => (x as i64).into(),
            other => other.into(),
        },
        ColumnValues::Counts(v) => v[row].into(),
        ColumnValues::Texts(v) => v[row].clone().into(),
    };
    let object = |row| table.columns.iter().map(|c| (c.header(), value(&c.values, row))).collect();
    (0..table.rows()).map(object).collect()
}

/// Compartments for a drawing.
fn draw_compartments(morphology: &Morphology) -> Result<Compartments, Failure> {
    morphology
        .compartments(&Discretisation::MaxLength(5.0))
        .or_else(|_| morphology.compartments(&Discretisation::PerBranch(1)))
        .map_err(|e| Failure::Argument(e.to_string()))
}

/// Repairs or remarks up to which each is printed.
const FEW: usize = 6;

fn print_report(report: &SwcReport, notes: bool) {
    let mut table = Table::new(&["", "samples", "branches", "length (µm)", "area (µm²)"]);
    for (when, m) in [("in the file", &report.before), ("as read", &report.after)] {
        table.row(vec![
            when.to_owned(),
            m.samples.to_string(),
            m.branches.to_string(),
            number(m.length, 2),
            number(m.area, 2),
        ]);
    }
    print(table);
    print(format!("soma rule: {}", report.soma));
    if report.repairs.is_empty() {
        print("repairs: none");
    } else {
        // What was only remarked upon fills a screen in many a good file: one line says how much there is of it.
        let (kept, changed): (Vec<&Repair>, Vec<&Repair>) =
            report.repairs.iter().partition(|r| r.is_remark());
        for (what, list) in [("repairs", changed), ("remarks (nothing was changed)", kept)] {
            let shown = if notes || list.len() <= FEW { list.len() } else { 1 };
            if list.is_empty() {
                continue;
            }
            let hint = if shown < list.len() { "; --notes lists them, the first:" } else { "" };
            print(format!("{what}: {}{hint}", list.len()));
            for repair in &list[..shown] {
                print(format!("  {repair}"));
            }
        }
    }
    print("");
}

fn region_table(morphology: &Morphology) -> Table {
    let mut table = Table::new(&[
        "region",
        "branches",
        "length (µm)",
        "area (µm²)",
        "mean diameter (µm)",
        "tips",
        "farthest (µm)",
    ]);
    let children = morphology.children();
    let ends = morphology.path_distances();
    for r in morphology.regions() {
        let m = morphology.measures_of(r);
        let of: Vec<usize> =
            (0..ends.len()).filter(|&b| morphology.branches()[b].region == r).collect();
        let tips = of.iter().filter(|&&b| children[b].is_empty()).count();
        let far = of.iter().map(|&b| ends[b][1]).fold(0.0, f64::max);
        table.row(vec![
            r.to_string(),
            m.branches.to_string(),
            number(m.length, 1),
            number(m.area, 1),
            number(m.area / (std::f64::consts::PI * m.length), 2),
            tips.to_string(),
            number(far, 1),
        ]);
    }
    table
}
