//! `ntwk meanfield continue`.

use std::time::SystemTime;

use ntwk_core::CellLibrary;
use ntwk_core::spec::{RangeSpacing, VaryValues};
use ntwk_meanfield::{Bifurcation, BifurcationDiagram, BranchEnd, BranchPoint};
use serde::Serialize;

use super::super::Failure;
use super::super::output::{make_folder, model, note, print, theme, write_figure, write_json};
use super::super::run::list_files;
use super::super::table::{Table, number};
use super::args::ContinueArgs;
use super::{family, store, with_vary};
use ntwk::studies::theory_figures::bifurcation_figure;
use ntwk::studies::theory_studies::{bifurcation_name, branch_groups, end_in_words};
use ntwk::sweep::points::ScanAxis;

/// Values of the key at which fixed points are sought when the command line says nothing.
const SOUGHT: u64 = 9;

/// A bifurcation in the summary.
#[derive(Debug, Serialize)]
struct FoundBifurcation {
    branch: usize,
    kind: &'static str,
    parameter: f64,
    rates_hz: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_hz: Option<f64>,
}

/// A branch in the summary.
#[derive(Debug, Serialize)]
struct FoundBranch {
    points: usize,
    stable_points: usize,
    ends: [String; 2],
}

#[derive(Debug, Serialize)]
struct Summary<'a> {
    keys: &'a [String],
    unit: &'a str,
    populations: &'a [String],
    bifurcations: Vec<FoundBifurcation>,
    branches: Vec<FoundBranch>,
}

pub(crate) fn run(args: &ContinueArgs, library: &CellLibrary) -> Result<(), Failure> {
    let started = SystemTime::now();
    let model = model(&args.run, library)?;
    let logarithmic =
        matches!(args.vary.values, VaryValues::Range { spacing: RangeSpacing::Log, .. });
    let vary = std::slice::from_ref(&args.vary);
    let (model, scan) = with_vary(&model, vary, Some(SOUGHT), library)?;
    let family = family(&model, &scan, library, &args.run)?;
    family.check_smooth()?;
    make_folder(&args.run.out)?;
    let diagram = family.bifurcation_diagram(logarithmic, &args.run.terminal().job())?;
    let axis = &family.axes()[0];
    let names: Vec<String> = model.populations().iter().map(|p| p.name.clone()).collect();

    let summary = summary(&diagram, axis, &names);
    print(table(&summary, axis));
    let groups = branch_groups(&diagram, axis, &names);
    let (out, job) = (&args.run.out, args.run.terminal().job());
    let mut files = vec![
        store(out, "bifurcation_diagram", &model, &groups, &job, started)?,
        write_json(out, "bifurcation_diagram.json", &summary)?,
    ];
    let figure = bifurcation_figure(&diagram, axis, logarithmic, &names, &theme(args.run.dark));
    files.extend(write_figure(out, "bifurcation_diagram", &figure)?);
    list_files(&files);
    let lost: usize = diagram.sought.iter().map(|s| s.failed).sum();
    if diagram.branches.is_empty() {
        note(format!("no fixed point was found ({lost} searches failed)"));
    }
    for (number, branch) in diagram.branches.iter().enumerate() {
        for end in &branch.ends {
            if !matches!(end, BranchEnd::Range | BranchEnd::Closed) {
                note(format!("branch {} ends: {}", number + 1, end_in_words(end)));
            }
        }
    }
    ntwk_meanfield::system::limitation::limitations(&model).iter().for_each(note);
    Ok(())
}

fn summary<'a>(
    diagram: &BifurcationDiagram,
    axis: &'a ScanAxis,
    populations: &'a [String],
) -> Summary<'a> {
    let mut bifurcations = Vec::new();
    let mut branches = Vec::new();
    for (number, branch) in diagram.branches.iter().enumerate() {
        for (kind, _, point) in &branch.bifurcations {
            bifurcations.push(FoundBifurcation {
                branch: number + 1,
                kind: bifurcation_name(*kind),
                parameter: point.parameter,
                rates_hz: point.fixed_point.rates.clone(),
                frequency_hz: match kind {
                    Bifurcation::Hopf { frequency } => Some(*frequency),
                    Bifurcation::SaddleNode | Bifurcation::Crossing => None,
                },
            });
        }
        branches.push(FoundBranch {
            points: branch.points.len(),
            stable_points: branch.points.iter().filter(|p| BranchPoint::is_stable(p)).count(),
            ends: [0, 1].map(|k| end_in_words(&branch.ends[k])),
        });
    }
    Summary { keys: &axis.keys, unit: &axis.unit, populations, bifurcations, branches }
}

fn table(summary: &Summary<'_>, axis: &ScanAxis) -> String {
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
