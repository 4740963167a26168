//! `ntwk meanfield map`.

use std::time::SystemTime;

use ntwk_core::CellLibrary;
use ntwk_io::write_scan;
use ntwk_meanfield::{FixedPointOptions, default_starts, map_fixed_points};

use super::super::Failure;
use super::super::output::{make_folder, model, note, print, theme, write_figure};
use super::super::run::list_files;
use super::args::MapArgs;
use super::{family, with_vary};
use ntwk::figures::overview::FigureError;
use ntwk::run::stream::{model_text, provenance};
use ntwk::studies::family::FamilyError;
use ntwk::studies::theory_figures::map_figure;
use ntwk::studies::theory_studies::FixedPointMap;

/// Most points of a map.
const MOST: usize = 1_000_000;

pub(crate) fn run(args: &MapArgs, library: &CellLibrary) -> Result<(), Failure> {
    let started = SystemTime::now();
    if args.vary.len() != 2 {
        let rule = format!("--vary is needed twice for a map; it was given {}", args.vary.len());
        let hint = "one key: ntwk meanfield continue; more: ntwk scan --command meanfield";
        return Err(Failure::Argument(format!("{rule} ({hint})")));
    }
    let model = model(&args.run, library)?;
    let (model, scan) = with_vary(&model, &args.vary, None, library)?;
    let family = family(&model, &scan, library, &args.run)?;
    let [first, second] = [&family.axes()[0], &family.axes()[1]];
    let values = |axis: &ntwk::sweep::points::ScanAxis| axis.numbers.clone().unwrap_or_default();
    let (x, y) = (values(first), values(second));
    let shape = [x.len(), y.len()];
    let points = x.len().saturating_mul(y.len());
    if points > MOST {
        return Err(Failure::Argument(format!("{points} points; a map holds up to {MOST}")));
    }
    make_folder(&args.run.out)?;
    let names: Vec<String> = model.populations().iter().map(|p| p.name.clone()).collect();
    let terminal = args.run.terminal();
    let results = terminal.run("fixed points", |job| {
        map_fixed_points::<FamilyError>(
            points,
            &|k| family.system(&[x[k / shape[1]], y[k % shape[1]]]),
            &default_starts(names.len()),
            &FixedPointOptions::default(),
            job,
        )
    });
    let results = results.map_err(|_| Failure::Interrupted)?;
    let map = FixedPointMap::new(shape, names.len(), &results);
    let data = map.data([first, second], &names);

    let seconds = started.elapsed().map_or(0.0, |d| d.as_secs_f64());
    let file = args.run.out.join("fixed_point_map.h5");
    write_scan(
        &file,
        &data,
        &model_text(&model)?,
        None,
        &provenance(&model, terminal.job().thread_count(), started, seconds),
    )?;
    let mut files = vec![file];
    let figure = map_figure(&map, [first, second], &names, &theme(args.run.dark))
        .map_err(FigureError::from)?;
    match figure {
        Some(figure) => files.extend(write_figure(&args.run.out, "fixed_point_map", &figure)?),
        None => note("no figure: it needs at least two values of each key and a fixed point"),
    }
    print(map.in_words());
    list_files(&files);
    if let (failed @ 1.., Some(first)) = &map.failed {
        note(format!("there is no theory at {failed} of {points} points; first: {first}"));
    }
    ntwk_meanfield::system::limitation::limitations(&model).iter().for_each(note);
    Ok(())
}
