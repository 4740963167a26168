//! `ntwk morpho electrotonic`.

use ntwk::figures::morpho::over_distance;
use ntwk_io::Column;
use ntwk_morpho::solver::electrotonic::EquivalentCable;
use ntwk_morpho::spec::BuiltCell;
use ntwk_morpho::{Electrotonic, Impedance, Location, Region};
use ntwk_plot::figures::{NamedCurve, Shading, Style, curves};
use ntwk_plot::{Axis, Figure, Layout, Width};

use super::args::ElectrotonicArgs;
use super::maps::{Map, map_panel, print_ranges, write_map_csv};
use super::{cell, title};
use crate::Failure;
use crate::output::{make_folder, print, theme, write_csv, write_figure};
use crate::run::list_files;
use crate::table::{Table, number};

pub(crate) fn run(args: &ElectrotonicArgs) -> Result<(), Failure> {
    let (file, built) = cell(&args.study.cell)?;
    let out = &args.study.out;
    let settings = &built.spec.simulation.settings;
    let hold = args.hold.unwrap_or(settings.v_init);
    let study = |e| Failure::from(ntwk_morpho::studies::StudyError::Impedance(e));
    let tree = Electrotonic::new(&built.cell, hold, settings.celsius).map_err(study)?;
    let cable = tree.equivalent_cable(args.step).map_err(|e| study(e.into()))?;
    let exact = Impedance::new(&built.cell, 0.0, hold, settings.celsius).map_err(study)?;
    let exact = exact.input(Location::new(0, 0.5)).map_err(study)?.re;
    let compartments = built.cell.compartments();
    let all: Vec<usize> = (0..compartments.len()).collect();
    let distance = &tree.distance[..all.len()];
    let columns: [(&str, &[f64]); 4] = [
        ("lambda_um", &tree.lambda),
        ("electrotonic_length", &tree.length),
        ("electrotonic_distance", distance),
        ("characteristic_conductance_uS", &tree.characteristic),
    ];
    print(format!("steady, about {hold} mV\n"));
    print_ranges(&built, &all, &columns[..3]);
    print(tips(&built, &tree));
    print(summary(&cable, exact));
    make_folder(&out.out)?;
    let profile = vec![
        Column::new("start", cable.stretches.iter().map(|s| s.start)),
        Column::new("length", cable.stretches.iter().map(|s| s.length)),
        Column::new(
            "characteristic_conductance_uS",
            cable.stretches.iter().map(|s| s.characteristic),
        ),
    ];
    let mut files = vec![
        write_map_csv(&out.out, "electrotonic.csv", &built, &all, &columns)?,
        write_csv(&out.out, "equivalent_cable.csv", profile)?,
    ];
    let theme = theme(out.dark);
    let map = Map {
        label: "electrotonic distance",
        title: "distance from the soma",
        values: distance,
        shading: Shading::Linear,
    };
    let drawn = map_panel(&built, &all, &map, Some(Location::new(0, 0.5)), &theme)?;
    let axis = Axis::new("electrotonic distance");
    let morphology = &built.morphology;
    let against = over_distance(morphology, compartments, &all, distance, axis, &theme);
    // Steps from stretch to stretch.
    let points = cable.stretches.iter().flat_map(|s| {
        let g = 1e3 * s.characteristic;
        [(s.start, g), (s.start + s.length, g)]
    });
    let line =
        [NamedCurve { name: "", points: points.collect(), color: Some(0), style: Style::Line }];
    let top = cable.stretches.iter().map(|s| 1e3 * s.characteristic).fold(0.0, f64::max);
    let profile = curves(
        Axis::new("electrotonic distance"),
        Axis::new("equivalent cable, G_\u{221e} (nS)").range(0.0, 1.05 * top),
        &line,
        &theme,
    );
    let right = Layout::Column(vec![(1.0, Layout::panel(against)), (1.0, Layout::panel(profile))]);
    let layout = Layout::Row(vec![(1.0, Layout::panel(drawn)), (1.0, right)]);
    let figure =
        Figure::new(title(&file, &args.study.cell.cell), Width::Page, 100.0, layout, &theme);
    files.extend(write_figure(&out.out, "electrotonic", &figure)?);
    list_files(&files);
    Ok(())
}

/// Electrotonic distance of the tips, by region.
fn tips(built: &BuiltCell, tree: &Electrotonic) -> Table {
    let mut table = Table::new(&["tips", "number", "nearest", "mean", "farthest"]);
    let compartments = built.cell.compartments();
    let children = built.morphology.children();
    for region in built.morphology.regions().into_iter().filter(|r| *r != Region::Soma) {
        let of: Vec<f64> = (0..children.len())
            .filter(|&b| children[b].is_empty() && built.morphology.branches()[b].region == region)
            .filter_map(|b| compartments.node(Location::new(b, 1.0)).ok())
            .map(|node| tree.distance[node])
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

fn summary(cable: &EquivalentCable, exact: f64) -> Table {
    let mut table = Table::new(&["equivalent cable", "value", "unit"]);
    let length = cable.stretches.last().map_or(0.0, |s| s.start + s.length);
    let rows = [
        ("electrotonic length", length, 3, ""),
        ("its input resistance with the soma", 1.0 / cable.input_conductance(), 2, "MΩ"),
        ("input resistance of the cell", exact, 2, "MΩ"),
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
