//! `ntwk meanfield map`.

use std::time::SystemTime;

use ntwk_core::CellLibrary;
use ntwk_io::write_scan;

use super::super::Failure;
use super::super::interruption;
use super::super::output::{make_folder, model, note, print, write_figure};
use super::super::run::list_files;
use super::args::MapArgs;
use ntwk::figures::overview::FigureError;
use ntwk::run::origin::{model_text, provenance};
use ntwk::studies::map::{MapOptions, fixed_point_map};

pub(crate) fn run(args: &MapArgs, library: &CellLibrary) -> Result<(), Failure> {
    let started = SystemTime::now();
    let [first, second] = &args.vary[..] else {
        let rule = format!("--vary is needed twice for a map; it was given {}", args.vary.len());
        let hint = "one key: ntwk meanfield continue; more: ntwk sweep --command meanfield";
        return Err(Failure::Argument(format!("{rule} ({hint})")));
    };
    let model = model(&args.run, library)?;
    let options = MapOptions::new([first.clone(), second.clone()]);
    let terminal = args.run.terminal();
    let study =
        terminal.compute("fixed points", |job| fixed_point_map(&model, &options, library, job))?;

    let seconds = started.elapsed().map_or(0.0, |d| d.as_secs_f64());
    make_folder(&args.run.out)?;
    let file = args.run.out.join("fixed_point_map.h5");
    write_scan(
        &file,
        &study.arrays(),
        &model_text(&study.model)?,
        None,
        &provenance(&study.model, terminal.job().thread_count(), started, seconds),
    )?;
    interruption::stored(&file);
    let mut files = vec![file];
    match study.figure(&args.run.figure.theme_of(&model)?).map_err(FigureError::from)? {
        Some(figure) => files.extend(write_figure(&args.run.out, "fixed_point_map", &figure)?),
        None => note("no figure: it needs at least two values of each key and a fixed point"),
    }
    print(study.map.in_words());
    list_files(&files);
    if let (failed @ 1.., Some(first)) = &study.map.failed {
        let points = study.points();
        note(format!("there is no theory at {failed} of {points} points; first: {first}"));
    }
    ntwk_meanfield::system::limitation::limitations(&study.model).iter().for_each(note);
    Ok(())
}
