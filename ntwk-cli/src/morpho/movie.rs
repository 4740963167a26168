//! `ntwk morpho movie`.

use ntwk::studies::morpho::movie::{MovieOptions, movie};
use ntwk_plot::Figure;
use ntwk_plot::movie::gif;

use super::args::MovieArgs;
use super::cell;
use super::ending::end;
use crate::Failure;
use crate::interruption::{dispensable, is_interrupted};
use crate::output::{make_folder, note, plotted, write, write_columns, write_figure};
use crate::run::list_files;
use crate::terminal::Terminal;

/// Dots per point of the GIF: readable beside a page of text, and not so large that it is slow to load.
const GIF_SCALE: f64 = 3.0;

pub(crate) fn run(args: &MovieArgs) -> Result<(), Failure> {
    let cell = cell(&args.study.cell)?;
    let out = &args.study.out;
    let theme = out.figure.theme(&[])?;
    let mut options = MovieOptions::default();
    (options.from, options.to, options.every) = (args.from, args.to, args.every);
    let terminal = Terminal::new(Some(1), out.quiet);
    let result = terminal.compute("simulation", |job| movie(&cell, &options, job))?;
    let drawn = || (0..result.frames()).map(|k| plotted(result.frame(k, &theme))).collect();
    let figures: Vec<Figure> = dispensable::<Result<_, Failure>>(drawn)?;
    // Hundredths of a second, in which a GIF counts.
    let delay = (args.frame_time + 5) / 10;
    make_folder(&out.out)?;
    let drawn = terminal.run("GIF", |job| gif(&figures, GIF_SCALE, delay, job));
    let (bytes, encoded) = plotted(drawn)?;
    if encoded < figures.len() {
        note(format!("movie.gif has the first {encoded} of {} frames", figures.len()));
    }
    let mut files = vec![write(&out.out, "movie.gif", &bytes)?];
    if args.frames {
        let folder = out.out.join("frames");
        make_folder(&folder)?;
        for (k, figure) in figures.iter().enumerate() {
            if is_interrupted() {
                note(format!("{k} of {} frames are in {}", figures.len(), folder.display()));
                break;
            }
            let png = plotted(figure.to_png(figure.theme.dpi / 72.0))?;
            write(&folder, &format!("frame_{k:04}.png"), &png)?;
        }
        files.push(write_columns(&folder, "times.csv", &result.table())?);
    }
    files.extend(write_figure(&out.out, "movie", &plotted(result.figure(&theme))?)?);
    list_files(&files);
    end(&out.out.join("movie.gif"))
}
