//! `ntwk plot`: the overview figure of a results file.

use ntwk_io::ResultFile;

use super::Failure;
use super::args::PlotArgs;
use super::output::{make_folder, no_run, stored_model, theme, write_figure};
use super::run::list_files;
use ntwk::overview::overview;
use ntwk::results::{overview_recording, stored_curves};

pub(crate) fn run(args: &PlotArgs) -> Result<(), Failure> {
    if !(args.smoothing >= 0.0 && args.smoothing.is_finite()) {
        return Err(Failure::Argument("--smoothing must be a time >= 0 ms".to_owned()));
    }
    let file = ResultFile::open(&args.results)?;
    let recording = overview_recording(&file)?.ok_or_else(|| no_run(&args.results))?;
    let model = stored_model(&file, &args.results)?.ok_or_else(|| no_run(&args.results))?;
    let curves = stored_curves(&file.theory()?);
    let figure = overview(&model, &recording, curves.as_ref(), args.smoothing, &theme(args.dark))?;
    make_folder(&args.out)?;
    list_files(&write_figure(&args.out, "overview", &figure)?);
    Ok(())
}
