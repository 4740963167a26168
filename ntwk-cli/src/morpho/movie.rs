//! `ntwk morpho movie`.

use ntwk::figures::morpho::pieces;
use ntwk_io::Column;
use ntwk_morpho::spec::BuiltCell;
use ntwk_morpho::studies::snapshots;
use ntwk_plot::figures::{Shading, TreeColors, tree};
use ntwk_plot::{Figure, Label, Layout, Panel, Theme, Width, movie};

use super::args::MovieArgs;
use super::work::end;
use super::{cell, figure_error, title};
use crate::Failure;
use crate::output::{PNG_SCALE, make_folder, theme, write, write_csv, write_figure};
use crate::run::list_files;
use crate::terminal::Terminal;

/// Dots per point of the GIF: readable beside a page of text, and not so large that it is slow to load.
const GIF_SCALE: f64 = 3.0;
/// Frames of the picture that goes with the movie.
const STILLS: usize = 6;

pub(crate) fn run(args: &MovieArgs) -> Result<(), Failure> {
    let (file, built) = cell(&args.study.cell)?;
    let out = &args.study.out;
    let to = args.to.unwrap_or(built.spec.simulation.t_stop);
    if to > built.spec.simulation.t_stop + 1e-9 {
        let message = format!(
            "the cell runs until simulation.t_stop = {} ms; --to {to} needs --set simulation.t_stop='{to} ms'",
            built.spec.simulation.t_stop
        );
        return Err(Failure::Argument(message));
    }
    let terminal = Terminal::new(Some(1), out.quiet);
    let shots =
        terminal.run("simulation", |job| snapshots(&built, args.from, to, args.every, job))?;
    let (low, high) = shots
        .voltages
        .iter()
        .flatten()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
    let theme = theme(out.dark);
    let name = title(&file, &args.study.cell.cell);
    // As many decimals as tell the frames apart.
    let exact = |d: &usize| {
        let scaled = args.every * 10f64.powi(*d as i32);
        (scaled - scaled.round()).abs() < 1e-6
    };
    let decimals = (1..4).find(exact).unwrap_or(4);
    let frame = |k: usize| {
        let time = format!("t = {:.decimals$} ms", shots.times[k]);
        panel(&built, &time, &shots.voltages[k], (low, high), &theme)
    };
    let mut figures = Vec::new();
    for k in 0..shots.times.len() {
        let layout = Layout::panel(frame(k)?);
        figures.push(Figure::new(name, Width::Column, 95.0, layout, &theme));
    }
    // Hundredths of a second, in which a GIF counts.
    let bytes =
        movie::gif(&figures, GIF_SCALE, (args.frame_time + 5) / 10).map_err(figure_error)?;
    make_folder(&out.out)?;
    let mut files = vec![write(&out.out, "movie.gif", &bytes)?];
    if args.frames {
        let folder = out.out.join("frames");
        make_folder(&folder)?;
        for (k, figure) in figures.iter().enumerate() {
            let png = figure.to_png(PNG_SCALE).map_err(figure_error)?;
            write(&folder, &format!("frame_{k:04}.png"), &png)?;
        }
        let columns = vec![
            Column::new("frame", 0..figures.len()),
            Column::new("time_ms", shots.times.iter().take(figures.len()).copied()),
        ];
        files.push(write_csv(&folder, "times.csv", columns)?);
    }
    let n = shots.times.len();
    let stills = STILLS.min(n);
    let mut chosen = Vec::new();
    for i in 0..stills {
        let k = if stills > 1 { i * (n - 1) / (stills - 1) } else { 0 };
        let mut still = frame(k)?;
        if i + 1 < stills {
            still.color_bar = None;
        }
        chosen.push((1.0, Layout::panel(still)));
    }
    // The times name the frames.
    let figure = Figure {
        letters: false,
        ..Figure::new(name, Width::Page, 56.0, Layout::Row(chosen), &theme)
    };
    files.extend(write_figure(&out.out, "movie", &figure)?);
    list_files(&files);
    end(&terminal, out.out.join("movie.gif"))
}

fn panel(
    built: &BuiltCell,
    time: &str,
    voltages: &[f64],
    range: (f64, f64),
    theme: &Theme,
) -> Result<Panel, Failure> {
    let drawn = pieces(&built.morphology, built.cell.compartments(), |k| voltages[k]);
    let colors =
        TreeColors::Quantity { label: "V (mV)", shading: Shading::Linear, range: Some(range) };
    let panel = tree(&drawn, &colors, &[], theme).map_err(figure_error)?;
    Ok(panel.titled(Label::plain(time)))
}
