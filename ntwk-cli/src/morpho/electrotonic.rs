//! `ntwk morpho electrotonic`.

use ntwk::studies::morpho::MorphoCell;
use ntwk::studies::morpho::electrotonic::{ElectrotonicOptions, ElectrotonicResult, electrotonic};
use ntwk_morpho::{Location, Region};

use super::args::ElectrotonicArgs;
use super::cell;
use super::ranges::print_ranges;
use crate::Failure;
use crate::output::{make_folder, plotted, print, write_columns, write_figure};
use crate::run::list_files;
use crate::table::{Table, number};
use crate::terminal::Terminal;

pub(crate) fn run(args: &ElectrotonicArgs) -> Result<(), Failure> {
    let cell = cell(&args.study.cell)?;
    let out = &args.study.out;
    let theme = out.figure.theme(&[])?;
    let mut options = ElectrotonicOptions::default();
    (options.hold, options.step) = (args.hold, args.step);
    let terminal = Terminal::new(Some(1), out.quiet);
    let result = terminal.run("electrotonic", |job| electrotonic(&cell, &options, job))?;
    let table = result.table();
    print(format!("steady, about {} mV\n", result.hold));
    print_ranges(&table, &["lambda", "electrotonic_length", "electrotonic_distance"]);
    print(tips(&cell, &result));
    print(summary(&result));
    make_folder(&out.out)?;
    let mut files = vec![
        write_columns(&out.out, "electrotonic.csv", &table)?,
        write_columns(&out.out, "equivalent_cable.csv", &result.cable_table())?,
    ];
    let figure = plotted(result.figure(&theme))?;
    files.extend(write_figure(&out.out, "electrotonic", &figure)?);
    list_files(&files);
    Ok(())
}

/// Electrotonic distance of the tips, by region.
fn tips(cell: &MorphoCell, result: &ElectrotonicResult) -> Table {
    let built = cell.built();
    let mut table = Table::new(&["tips", "number", "nearest", "mean", "farthest"]);
    let compartments = built.cell.compartments();
    let children = built.morphology.children();
    for region in built.morphology.regions().into_iter().filter(|r| *r != Region::Soma) {
        let of: Vec<f64> = (0..children.len())
            .filter(|&b| children[b].is_empty() && built.morphology.branches()[b].region == region)
            .filter_map(|b| compartments.node(Location::new(b, 1.0)).ok())
            .map(|node| result.tree.distance[node])
            .collect();
        if of.is_empty() {
            continue;
        }
        let (low, high) =
            of.iter().fold((f64::INFINITY, 0.0f64), |(l, h), &x| (l.min(x), h.max(x)));
        let mean = of.iter().sum::<f64>() / of.len() as f64;
        let mut row = vec![region.to_string(), of.len().to_string()];
        row.extend([low, mean, high].map(|x| number(x, 3)));
        table.row(row);
    }
    table
}

fn summary(result: &ElectrotonicResult) -> Table {
    let cable = &result.cable;
    let mut table = Table::new(&["equivalent cable", "value", "unit"]);
    let length = cable.stretches.last().map_or(0.0, |s| s.start + s.length);
    let rows = [
        ("electrotonic length", length, 3, ""),
        ("its input resistance with the soma", 1.0 / cable.input_conductance(), 2, "MΩ"),
        ("input resistance of the cell", result.input_resistance, 2, "MΩ"),
        (
            "dendrites over soma, conductance",
            cable.dendritic_conductance() / cable.soma_conductance,
            2,
            "",
        ),
    ];
    for (name, value, digits, unit) in rows {
        table.row(vec![name.to_owned(), number(value, digits), unit.to_owned()]);
    }
    table
}
