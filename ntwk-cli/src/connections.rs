//! `ntwk export --connections`: the synapses of a network, and the model that reads them.

use std::path::Path;

use ntwk::run::connections::{model_with_files, realised_connections};
use ntwk_core::{CellLibrary, Model};
use ntwk_io::{FileError, Layout, Notation, write_edges, write_edges_csv, write_file, write_tree};

use super::Failure;
use super::interruption;
use super::output::{make_folder, not_over, not_there, note, print};
use super::run::list_files;
use super::stored_run::{StoredRun, layout_of, other_kind};
use super::terminal::Terminal;

/// How connections are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EdgeFormat {
    Sonata,
    Csv,
}

/// Writes the connections of a model, or of the model of a stored run, into a folder.
pub(crate) fn export(
    file: &Path,
    format: EdgeFormat,
    folder: &Path,
    force: bool,
    library: &CellLibrary,
) -> Result<(), Failure> {
    let path = folder.join("model.toml");
    not_over(file, &path)?;
    let model = model_of(file, library)?;
    if let Some(event) = model
        .spec()
        .events
        .iter()
        .find(|e| e.set.as_ref().is_some_and(|set| set.starts_with("projections")))
    {
        return Err(Failure::Argument(format!(
            "{}: the event at {} ms changes projections, which files of edges do not follow",
            file.display(),
            event.time
        )));
    }
    let terminal = Terminal::new(Some(1), true);
    let lists = realised_connections(&model, &terminal.job())?;
    if lists.is_empty() {
        return Err(Failure::Argument(format!(
            "{}: the model has no synapses; afferent trains per target need none",
            file.display()
        )));
    }
    let mut names: Vec<String> = Vec::new();
    if format == EdgeFormat::Csv {
        for (k, list) in lists.iter().enumerate() {
            let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
            let mut name =
                format!("{}.csv", list.projection.chars().map(plain).collect::<String>());
            if names.contains(&name) {
                name = format!("{k}_{name}");
            }
            names.push(name);
        }
    }
    let tree = model_with_files(&model, &lists, |k| match names.get(k) {
        Some(name) => (name.clone(), None),
        None => ("edges.h5".to_owned(), Some(lists[k].projection.clone())),
    });
    let text = write_tree(&tree, Notation::Toml)?;
    // The same again is no loss.
    if ntwk_io::read_text(&path).ok().is_none_or(|there| there != text) {
        not_there(&path, force)?;
    }
    make_folder(folder)?;
    let mut files = Vec::new();
    match format {
        EdgeFormat::Sonata => {
            files.extend(["edges.h5", "edge_types.csv"].map(|name| folder.join(name)));
            write_edges(&files[0], &files[1], &lists)?;
        }
        EdgeFormat::Csv => {
            for (name, list) in names.iter().zip(&lists) {
                let file = folder.join(name);
                write_edges_csv(&file, list)?;
                files.push(file);
            }
        }
    }
    write_file(&path, text.as_bytes())?;
    interruption::stored(&path);
    files.push(path);
    for list in &lists {
        print(format!("{}: {} synapses", list.projection, list.sources.len()));
    }
    let with_trains = model.projections().len() - lists.len();
    if with_trains > 0 {
        note(format!(
            "{with_trains} projection{} without synapses: afferent trains per target, or no pair was drawn",
            if with_trains == 1 { " is" } else { "s are" }
        ));
    }
    list_files(&files);
    Ok(())
}

/// The model of a model file, or of a stored run.
fn model_of(file: &Path, library: &CellLibrary) -> Result<Model, Failure> {
    match Layout::of(file) {
        Err(FileError::NotHdf5 { .. }) => {
            let model = ntwk_io::read_model(file, &[], library)?;
            model.notices().iter().for_each(note);
            Ok(model)
        }
        Ok(Layout::Ntwk | Layout::Theory) => Ok(StoredRun::model_of(file, library)?),
        Ok(Layout::Flat) => Err(Failure::Argument(format!(
            "{} is a run of another program and does not hold its connections",
            file.display()
        ))),
        _ => Err(other_kind(file, layout_of(file)?)),
    }
}
