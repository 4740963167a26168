//! `ntwk meanfield phase-plane`.

use std::time::SystemTime;

use ntwk::studies::phase_plane::{PhasePlaneOptions, phase_plane_of};
use ntwk_core::CellLibrary;

use super::super::Failure;
use super::super::output::{make_folder, model, note, write_figure};
use super::super::run::list_files;
use super::args::PhasePlaneArgs;
use super::rates::{predict_with_bar, print_fixed_points};
use super::store;

pub(crate) fn run(args: &PhasePlaneArgs, library: &CellLibrary) -> Result<(), Failure> {
    let started = SystemTime::now();
    let model = model(&args.run, library)?;
    let mut options = PhasePlaneOptions::default();
    options.populations.clone_from(&args.populations);
    options.range.clone_from(&args.range);
    options.start.clone_from(&args.start);
    options.check(&model)?;
    make_folder(&args.run.out)?;
    let terminal = args.run.terminal();
    let stationary = predict_with_bar(&model, &args.run, library)?;
    print_fixed_points(&stationary);
    let study =
        terminal.compute("phase plane", |job| phase_plane_of(&stationary, &options, job))?;

    let (out, job) = (&args.run.out, terminal.job());
    let mut files = vec![store(out, "phase_plane.h5", &model, &study.arrays(), &job, started)?];
    files.extend(write_figure(
        out,
        "phase_plane",
        &study.figure(&args.run.figure.theme_of(&model)?),
    )?);
    list_files(&files);
    let names = &study.populations;
    if names.len() > 2 {
        let others: Vec<String> = (0..names.len())
            .filter(|p| !study.chosen.contains(p))
            .map(|p| format!("{} {:.2} Hz", names[p], study.held[p]))
            .collect();
        note(format!("held in the plane: {}", others.join(", ")));
    }
    stationary.theory.limitations.iter().for_each(note);
    Ok(())
}
