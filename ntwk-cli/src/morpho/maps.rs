//! `ntwk morpho impedance`, `epsp` and `bap`: quantities over the whole tree.

use std::fmt::Write;

use ntwk::figures::morpho::{over_distance, pieces, position};
use ntwk_morpho::spec::BuiltCell;
use ntwk_morpho::studies::{back_propagation, epsp_map, impedance_map};
use ntwk_morpho::{Location, Place};
use ntwk_plot::figures::{NamedCurve, Shading, Style, TreeColors, TreeMarker, curves, tree};
use ntwk_plot::{Axis, Figure, Label, Layout, Panel, Theme, Width};

use super::args::{BapArgs, EpspArgs, ImpedanceArgs};
use super::work::end;
use super::{cell, figure_error, group, locate, title};
use crate::Failure;
use crate::output::{make_folder, print, theme, write, write_figure};
use crate::run::list_files;
use crate::table::{Table, number};
use crate::terminal::Terminal;

/// A map over some compartments.
pub(super) struct Map<'a> {
    pub label: &'a str,
    pub title: &'a str,
    pub values: &'a [f64],
    pub shading: Shading,
}

/// The tree in the colours of a quantity.
pub(super) fn map_panel(
    built: &BuiltCell,
    chosen: &[usize],
    map: &Map<'_>,
    at: Option<Location>,
    theme: &Theme,
) -> Result<Panel, Failure> {
    let mut all = vec![f64::NAN; built.cell.compartments().len()];
    for (&k, &v) in chosen.iter().zip(map.values) {
        all[k] = v;
    }
    let colors = TreeColors::Quantity { label: map.label, shading: map.shading, range: None };
    let markers: Vec<TreeMarker<'_>> = at
        .iter()
        .map(|&at| TreeMarker {
            at: vec![position(&built.morphology, at)],
            name: "",
            color: 1,
            small: false,
        })
        .collect();
    let drawn = pieces(&built.morphology, built.cell.compartments(), |k| all[k]);
    let panel = tree(&drawn, &colors, &markers, theme).map_err(figure_error)?;
    Ok(panel.titled(Label::math(map.title)))
}

/// One line per compartment: where it is, then the columns.
pub(super) fn map_csv(built: &BuiltCell, chosen: &[usize], columns: &[(&str, &[f64])]) -> String {
    let mut text = "compartment,branch,x,region,path_distance_um,radius_um".to_owned();
    for (name, _) in columns {
        let _ = write!(text, ",{name}");
    }
    text.push('\n');
    for (row, &k) in chosen.iter().enumerate() {
        let c = &built.cell.compartments().as_slice()[k];
        let (branch, x, region) = (c.branch, c.x, c.region);
        let _ = write!(text, "{k},{branch},{x},{region},{},{}", c.path_distance, c.radius);
        for (_, values) in columns {
            let _ = write!(text, ",{}", values[row]);
        }
        text.push('\n');
    }
    text
}

/// Lowest, median and highest value per region.
pub(super) fn print_ranges(built: &BuiltCell, chosen: &[usize], columns: &[(&str, &[f64])]) {
    let mut table = Table::new(&["region", "quantity", "lowest", "median", "highest"]);
    for r in built.morphology.regions() {
        let rows: Vec<usize> = (0..chosen.len())
            .filter(|&i| built.cell.compartments().as_slice()[chosen[i]].region == r)
            .collect();
        for (name, values) in columns {
            let mut of: Vec<f64> = rows.iter().map(|&i| values[i]).collect();
            of.sort_by(f64::total_cmp);
            if let (Some(low), Some(high)) = (of.first(), of.last()) {
                let cells = [*low, of[of.len() / 2], *high].map(|v| number(v, 3));
                table.row([vec![r.to_string(), (*name).to_owned()], cells.to_vec()].concat());
            }
        }
    }
    print(table);
}

pub(crate) fn impedance(args: &ImpedanceArgs) -> Result<(), Failure> {
    let (file, built) = cell(&args.study.cell)?;
    let out = &args.study.out;
    let to = locate(&built, &args.to)?;
    let terminal = Terminal::new(Some(1), out.quiet);
    let hold = args.hold.unwrap_or(built.spec.simulation.settings.v_init);
    let map =
        terminal.run("impedances", |job| impedance_map(&built, args.frequency, hold, to, job))?;
    let all: Vec<usize> = (0..map.input.len()).collect();
    let columns: [(&str, &[f64]); 3] = [
        ("input_MOhm", &map.input),
        ("transfer_MOhm", &map.transfer),
        ("attenuation", &map.attenuation),
    ];
    print(format!("at {} Hz about {hold} mV, to {}\n", map.frequency, args.to));
    print_ranges(&built, &all, &columns);
    make_folder(&out.out)?;
    let csv = map_csv(&built, &all, &columns);
    let mut files = vec![write(&out.out, "impedance.csv", csv.as_bytes())?];
    let theme = theme(out.dark);
    let what = format!("transfer to {}", args.to);
    let input = Map {
        label: "input impedance (MΩ)",
        title: "input",
        values: &map.input,
        shading: Shading::Log,
    };
    let transfer = Map {
        label: "transfer impedance (MΩ)",
        title: &what,
        values: &map.transfer,
        shading: Shading::Linear,
    };
    let trees = Layout::Row(vec![
        (1.0, Layout::panel(map_panel(&built, &all, &input, None, &theme)?)),
        (1.0, Layout::panel(map_panel(&built, &all, &transfer, Some(to), &theme)?)),
    ]);
    let over = |values: &[f64], axis: Axis| {
        over_distance(&built.morphology, built.cell.compartments(), &all, values, axis, &theme)
    };
    let below = Layout::Row(vec![
        (1.0, Layout::panel(over(&map.input, Axis::new("input (MΩ)").log()))),
        (
            1.0,
            Layout::panel(over(&map.attenuation, Axis::new("attenuation V_{local}/V_{to}").log())),
        ),
    ]);
    let layout = Layout::Column(vec![(1.5, trees), (1.0, below)]);
    let figure =
        Figure::new(title(&file, &args.study.cell.cell), Width::Page, 160.0, layout, &theme);
    files.extend(write_figure(&out.out, "impedance", &figure)?);
    list_files(&files);
    Ok(())
}

pub(crate) fn epsp(args: &EpspArgs) -> Result<(), Failure> {
    let (file, built) = cell(&args.study.cell)?;
    let out = &args.study.out;
    let to = locate(&built, &args.contact.to)?;
    let (spec, contact) = group(&built, args.contact.synapses.as_deref())?;
    let terminal = Terminal::new(args.parallel.threads, out.quiet);
    let map = terminal
        .run("EPSPs", |job| epsp_map(&built, &args.selection, &contact, to, args.duration, job))?;
    let attenuation: Vec<f64> =
        map.local.iter().zip(&map.remote).map(|(l, r)| (l / r).abs()).collect();
    let columns: [(&str, &[f64]); 6] = [
        ("local_peak_mV", &map.local),
        ("peak_mV", &map.remote),
        ("attenuation", &attenuation),
        ("time_to_peak_ms", &map.time_to_peak),
        ("local_area_mV_ms", &map.local_area),
        ("area_mV_ms", &map.remote_area),
    ];
    print(format!(
        "one synapse of \"{}\" in each compartment, measured at {}\n",
        spec.name, args.contact.to
    ));
    print_ranges(&built, &map.compartments, &columns[..4]);
    make_folder(&out.out)?;
    let csv = map_csv(&built, &map.compartments, &columns);
    let mut files = vec![write(&out.out, "epsp.csv", csv.as_bytes())?];
    let theme = theme(out.dark);
    let remote_title = format!("peak at {}", args.contact.to);
    let local = Map {
        label: "local EPSP (mV)",
        title: "peak in place",
        values: &map.local,
        shading: Shading::Linear,
    };
    let remote = Map {
        label: "EPSP (mV)",
        title: &remote_title,
        values: &map.remote,
        shading: Shading::Linear,
    };
    let trees = Layout::Row(vec![
        (1.0, Layout::panel(map_panel(&built, &map.compartments, &local, None, &theme)?)),
        (1.0, Layout::panel(map_panel(&built, &map.compartments, &remote, Some(to), &theme)?)),
    ]);
    let over = |values: &[f64], axis: Axis| {
        let compartments = built.cell.compartments();
        over_distance(&built.morphology, compartments, &map.compartments, values, axis, &theme)
    };
    let below = Layout::Row(vec![
        (1.0, Layout::panel(over(&attenuation, Axis::new("attenuation of the peak").log()))),
        (1.0, Layout::panel(over(&map.time_to_peak, Axis::new("time to peak (ms)")))),
    ]);
    let layout = Layout::Column(vec![(1.5, trees), (1.0, below)]);
    let figure =
        Figure::new(title(&file, &args.study.cell.cell), Width::Page, 160.0, layout, &theme);
    files.extend(write_figure(&out.out, "epsp", &figure)?);
    list_files(&files);
    end(&terminal, out.out.join("epsp.csv"))
}

pub(crate) fn bap(args: &BapArgs) -> Result<(), Failure> {
    let (file, built) = cell(&args.study.cell)?;
    let out = &args.study.out;
    let at = locate(&built, &args.at)?;
    let terminal = Terminal::new(Some(1), out.quiet);
    // Some points on the way to the farthest tip.
    let far = built
        .morphology
        .farthest_tip(|r| r.is_dendrite())
        .map_or(0.0, |b| built.morphology.path_distances()[b][1]);
    let mut names = vec![args.at.to_string()];
    let mut points = vec![at];
    for fraction in [0.25, 0.5, 0.75, 1.0] {
        let distance = (fraction * far).floor();
        let place = Place::Path { region: None, distance };
        if let Ok(point) = built.locate(&place) {
            names.push(format!("{distance} µm"));
            points.push(point);
        }
    }
    let result = terminal.run("back-propagation", |job| {
        back_propagation(&built, at, args.amplitude, args.width, args.duration, &points, job)
    })?;
    let all: Vec<usize> = (0..result.amplitude.len()).collect();
    let columns: [(&str, &[f64]); 2] =
        [("amplitude_mV", &result.amplitude), ("delay_ms", &result.delay)];
    print_ranges(&built, &all, &columns);
    make_folder(&out.out)?;
    let csv = map_csv(&built, &all, &columns);
    let mut files = vec![write(&out.out, "bap.csv", csv.as_bytes())?];
    let theme = theme(out.dark);
    let map = Map {
        label: "peak depolarisation (mV)",
        title: "",
        values: &result.amplitude,
        shading: Shading::Linear,
    };
    let drawn = map_panel(&built, &all, &map, Some(at), &theme)?;
    let lines: Vec<NamedCurve<'_>> = names
        .iter()
        .zip(&result.traces)
        .enumerate()
        .map(|(i, (name, trace))| NamedCurve {
            name,
            points: trace.iter().enumerate().map(|(k, &v)| (k as f64 * result.dt, v)).collect(),
            color: Some(i),
            style: Style::Line,
        })
        .collect();
    let traces = curves(Axis::new("time (ms)"), Axis::new("V (mV)"), &lines, &theme);
    let over = |values: &[f64], axis: Axis| {
        over_distance(&built.morphology, built.cell.compartments(), &all, values, axis, &theme)
    };
    let right = Layout::Column(vec![
        (1.2, Layout::panel(traces)),
        (1.0, Layout::panel(over(&result.amplitude, Axis::new("amplitude (mV)")))),
        (1.0, Layout::panel(over(&result.delay, Axis::new("delay (ms)")))),
    ]);
    let layout = Layout::Row(vec![(0.9, Layout::panel(drawn)), (1.1, right)]);
    let figure =
        Figure::new(title(&file, &args.study.cell.cell), Width::Page, 140.0, layout, &theme);
    files.extend(write_figure(&out.out, "bap", &figure)?);
    list_files(&files);
    Ok(())
}
