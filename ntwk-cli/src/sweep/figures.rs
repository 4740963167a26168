//! The figures of a sweep.

use std::path::Path;

use ntwk::figures::cell_sweep::cell_sweep_figure;
use ntwk::figures::sweep::{drawable, held, quantity_figure, sweep_figure};
use ntwk::sweep::cell::PLACE_AXIS;
use ntwk_core::spec::nearest::nearest;
use ntwk_io::{ScanData, ScanValues};

use crate::Failure;
use crate::figure_args::FigureArgs;
use crate::output::{make_folder, note, plotted, write_figure};
use crate::run::list_files;

/// Draws a stored scan: `quantity`, or what the command that made it draws.
pub(crate) fn plot_scan(
    data: &ScanData,
    path: &Path,
    quantities: &[String],
    (out, look): (&Path, &FigureArgs),
) -> Result<(), Failure> {
    let names = data.get("population").or_else(|| data.get(PLACE_AXIS)).map(|a| &a.values);
    let names: Vec<&str> = match names {
        Some(ScanValues::Texts(names)) => names.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    let theme = look.theme(&names)?;
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or("scan");
    let mut figures = Vec::new();
    if quantities.is_empty() {
        let figure = match data.get(PLACE_AXIS) {
            Some(_) => plotted(cell_sweep_figure(data, &theme))?,
            None => plotted(sweep_figure(data, &theme))?,
        };
        let figure = figure.ok_or_else(|| {
            let what = format!("{}: no figure of rates", path.display());
            Failure::Argument(no_figure(data, &what))
        })?;
        figures.push((stem.to_owned(), figure));
    }
    for name in quantities {
        let figure = plotted(quantity_figure(data, name, &theme))?
            .ok_or_else(|| Failure::Argument(no_quantity(data, name)))?;
        figures.push((format!("{stem}_{name}"), figure));
    }
    say_held(data);
    make_folder(out)?;
    for (name, figure) in &figures {
        list_files(&write_figure(out, name, figure)?);
    }
    Ok(())
}

/// Says at which values of other axes the figures of a scan are.
pub(super) fn say_held(data: &ScanData) {
    for (name, value, n) in held(data) {
        note(format!(
            "figures show {name} = {value} alone, the first of its {n} values; the file has all"
        ));
    }
}

/// Why there is no figure of a scan, and what there could be.
pub(super) fn no_figure(data: &ScanData, what: &str) -> String {
    let names = drawable(data);
    if names.is_empty() {
        return format!("{what}: the scan holds no numbers to draw");
    }
    format!("{what}; --quantity draws {} over keys with several values", names.join(", "))
}

pub(super) fn no_quantity(data: &ScanData, name: &str) -> String {
    let names = drawable(data);
    if names.contains(&name) {
        return format!("no figure of {name}: no key has several values");
    }
    let meant = nearest(name, names.iter().copied());
    let meant = meant.map_or_else(String::new, |n| format!("; nearest: {n}"));
    format!("no figure of {name}: the scan holds {}{meant}", names.join(", "))
}
