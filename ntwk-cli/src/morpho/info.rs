//! `ntwk morpho info`.

use ntwk::studies::morpho::MorphoCell;
use ntwk::studies::morpho::info::morphology_figure;
use ntwk_io::read_morphology;
use ntwk_morpho::geometry::swc::{OtherTrees, Repair, SwcOptions, SwcReport, to_swc};
use ntwk_morpho::{Compartments, Discretisation, Morphology, MorphologyError};

use super::args::InfoArgs;
use crate::Failure;
use crate::output::{cell_file, make_folder, plotted, print, write, write_figure};
use crate::run::list_files;
use crate::table::{Table, number};

pub(crate) fn run(args: &InfoArgs) -> Result<(), Failure> {
    let is_swc = args.file.extension().is_some_and(|e| e.eq_ignore_ascii_case("swc"));
    let mut files = Vec::new();
    let (name, morphology, compartments) = if is_swc {
        let options = SwcOptions {
            soma: args.soma_rule,
            other_trees: if args.drop_other_trees { OtherTrees::Drop } else { OtherTrees::Fault },
            ..SwcOptions::default()
        };
        let reading = read_morphology(&args.file, &options)?;
        print_report(&reading.report, args.notes);
        let morphology = reading.morphology;
        let compartments = draw_compartments(&morphology)?;
        (args.file.display().to_string(), morphology, compartments)
    } else {
        let file = cell_file(&args.file, &[])?;
        if let Some((path, reading)) = &file.reading {
            print(format!("{}", path.display()));
            print_report(&reading.report, args.notes);
        }
        let cell = MorphoCell::new(file, &args.file)?;
        let built = cell.built();
        let compartments = built.cell.compartments().clone();
        print(format!(
            "{} compartments in {} branches\n",
            compartments.len(),
            compartments.n_branches()
        ));
        make_folder(&args.out.out)?;
        match to_swc(&built.morphology) {
            Ok(text) => files.push(write(&args.out.out, "morphology.swc", text.as_bytes())?),
            Err(MorphologyError::NotExpressible { .. }) => {}
            Err(e) => return Err(Failure::Argument(e.to_string())),
        }
        (cell.title().to_owned(), built.morphology.clone(), compartments)
    };
    print(region_table(&morphology));
    let theme = args.out.figure.theme(&[])?;
    make_folder(&args.out.out)?;
    let figure = plotted(morphology_figure(&name, &morphology, &compartments, &theme))?;
    files.extend(write_figure(&args.out.out, "info", &figure)?);
    list_files(&files);
    Ok(())
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
