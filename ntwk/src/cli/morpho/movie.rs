//! `ntwk morpho movie`.

use ntwk::morpho_figures::pieces;
use ntwk_morpho::spec::BuiltCell;
use ntwk_morpho::studies::snapshots;
use ntwk_plot::figures::{Shading, TreeColors, tree};
use ntwk_plot::{Figure, Label, Layout, Panel, Theme, Width, movie};

use super::args::MovieArgs;
use super::work::Studies;
use super::{cell, figure_error, title};
use crate::cli::Failure;
use crate::cli::output::{make_folder, theme, write, write_figure};
use crate::cli::progress::Bar;
use crate::cli::run::list_files;

/// Frames of the picture that goes with the movie.
const STILLS: usize = 6;

pub(crate) fn run(args: &MovieArgs) -> Result<(), Failure> {
    let (file, built) = cell(&args.study.cell)?;
    let out = &args.study.out;
    let to = args.to.unwrap_or(built.spec.simulation.t_stop);
    let studies = Studies::serial(out.quiet);
    let shots =
        studies.study("simulation", |work| snapshots(&built, args.from, to, args.every, work))?;
    let (low, high) = shots
        .voltages
        .iter()
        .flatten()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
    let theme = theme(out.dark);
    let name = title(&file, &args.study.cell.cell);
    let frame = |k: usize| panel(&built, shots.times[k], &shots.voltages[k], (low, high), &theme);
    let bar = Bar::new("frames", out.quiet);
    let mut figures = Vec::new();
    for k in 0..shots.times.len() {
        let layout = Layout::panel(frame(k)?);
        figures.push(Figure::new(name, Width::Column, 95.0, layout, &theme));
        bar.set((k + 1) as f64 / shots.times.len() as f64, String::new());
    }
    let bytes = movie::gif(&figures, 2.0, 8).map_err(figure_error)?;
    bar.finish();
    make_folder(&out.out)?;
    let mut files = vec![write(&out.out, "movie.gif", &bytes)?];
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
        ..Figure::new(name, Width::Page, 62.0, Layout::Row(chosen), &theme)
    };
    files.extend(write_figure(&out.out, "movie", &figure)?);
    list_files(&files);
    studies.end(out.out.join("movie.gif"))
}

fn panel(
    built: &BuiltCell,
    time: f64,
    voltages: &[f64],
    range: (f64, f64),
    theme: &Theme,
) -> Result<Panel, Failure> {
    let drawn = pieces(&built.morphology, built.cell.compartments(), |k| voltages[k]);
    let colors =
        TreeColors::Quantity { label: "V (mV)", shading: Shading::Linear, range: Some(range) };
    let panel = tree(&drawn, &colors, &[], theme).map_err(figure_error)?;
    Ok(panel.titled(Label::plain(format!("{time:.1} ms"))))
}
