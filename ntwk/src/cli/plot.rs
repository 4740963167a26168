//! `ntwk plot`: the overview figure of a results file.

use ntwk_core::Model;
use ntwk_io::{ModelFileError, Notation, ResultFile, parse_tree};

use super::Failure;
use super::args::PlotArgs;
use super::output::{make_folder, theme, write_figure};
use super::run::list_files;
use ntwk::overview::overview;
use ntwk::results::stored_curves;

pub(crate) fn run(args: &PlotArgs) -> Result<(), Failure> {
    if !(args.smoothing >= 0.0 && args.smoothing.is_finite()) {
        return Err(Failure::Argument("--smoothing must be a time >= 0 ms".to_owned()));
    }
    let file = ResultFile::open(&args.results)?;
    let no_run = || {
        Failure::Argument(format!(
            "{} holds no run of ntwk (a recording and its model)",
            args.results.display()
        ))
    };
    let recording = file.recording()?.ok_or_else(no_run)?;
    let text = file.model()?.ok_or_else(no_run)?;
    let notation = if text.format == "json" { Notation::Json } else { Notation::Toml };
    let faulty = |mut faults: ntwk_core::Faults| {
        faults.file = Some(format!("{} (model)", args.results.display()));
        Failure::from(ModelFileError::from(faults))
    };
    let root = parse_tree(&text.text, notation).map_err(faulty)?;
    let model = Model::from_tree(&root, &ntwk_cells::library()).map_err(faulty)?;
    let curves = stored_curves(&file.theory()?);
    let figure = overview(&model, &recording, curves.as_ref(), args.smoothing, &theme(args.dark))?;
    make_folder(&args.out)?;
    list_files(&write_figure(&args.out, "overview", &figure)?);
    Ok(())
}
