//! The one place that prints, and the files of a result folder.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use ntwk::studies::table::{ColumnValues, Table};
use ntwk_core::CellLibrary;
use ntwk_io::{Column, ModelFileError, Notation, parse_tree, write_file, write_table};
use ntwk_plot::{Figure, PlotError};

use super::Failure;
use super::args::RunArgs;
use super::interruption;

/// Whether another rank speaks for this process.
static SILENT: AtomicBool = AtomicBool::new(false);

/// From here on this process prints nothing, or again what it has to say.
pub(crate) fn be_silent(silent: bool) {
    SILENT.store(silent, Ordering::Relaxed);
}

/// Whether another rank speaks for this process.
pub(crate) fn is_silent() -> bool {
    SILENT.load(Ordering::Relaxed)
}

/// Prints to standard output; a reader that went away (a closed pipe) is no error.
pub(crate) fn print(text: impl Display) {
    if !is_silent() {
        let _ = writeln!(std::io::stdout(), "{text}");
    }
}

/// Prints to standard error.
pub(crate) fn say(text: impl Display) {
    if !is_silent() {
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}

/// Notes of the command so far: what several of its parts notice is said once.
static NOTED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Prints a note to standard error, once in a command.
pub(crate) fn note(text: impl Display) {
    let text = text.to_string();
    // Poisoned only by a panic, which has ended the program.
    let mut noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
    if !noted.contains(&text) {
        say(format_args!("note: {text}"));
        noted.insert(text);
    }
}

/// Forgets which notes were printed: another command begins.
pub(crate) fn begin_notes() {
    NOTED.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// Prints a failure to standard error.
pub(crate) fn error(failure: &Failure) {
    say(failure);
}

/// Makes a folder.
pub(crate) fn make_folder(folder: &Path) -> Result<(), Failure> {
    interruption::writes_in(folder);
    std::fs::create_dir_all(folder)
        .map_err(|source| Failure::Write { file: folder.to_owned(), source })
}

/// The folder for what is made of a file: the one asked for, else that of the file.
pub(crate) fn beside(asked: Option<&Path>, file: &Path) -> PathBuf {
    let own = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    asked.or(own).unwrap_or(Path::new(".")).to_owned()
}

/// Refuses to write over the file that a command reads.
pub(crate) fn not_over(input: &Path, target: &Path) -> Result<(), Failure> {
    let same = match (input.canonicalize(), target.canonicalize()) {
        (Ok(input), Ok(target)) => input == target,
        _ => input == target,
    };
    if !same {
        return Ok(());
    }
    Err(Failure::Argument(format!(
        "{} is what is read: it would be overwritten; give another name with -o",
        input.display()
    )))
}

/// Refuses to replace a file unless that is asked for.
pub(crate) fn not_there(target: &Path, force: bool) -> Result<(), Failure> {
    if force || !target.is_file() {
        return Ok(());
    }
    Err(Failure::Argument(format!(
        "{} exists; --force replaces it, another name leaves it",
        target.display()
    )))
}

/// Writes a file whole.
pub(crate) fn write(folder: &Path, name: &str, content: &[u8]) -> Result<PathBuf, Failure> {
    let file = folder.join(name);
    write_file(&file, content)?;
    interruption::stored(&file);
    Ok(file)
}

/// Writes a page about `input`: to the file asked for, or as `name` into the folder asked for, else beside the input.
pub(crate) fn write_page(
    input: &Path,
    asked: Option<&Path>,
    name: &str,
    html: &str,
) -> Result<PathBuf, Failure> {
    let path = match asked {
        Some(folder) if folder.is_dir() => folder.join(name),
        Some(page) => page.to_owned(),
        None => input.with_file_name(name),
    };
    not_over(input, &path)?;
    let is_page = path.extension().is_some_and(|e| e == "html" || e == "htm");
    if !is_page && path.is_file() {
        return Err(Failure::Argument(format!(
            "{} exists and is no page; a page ends in .html",
            path.display()
        )));
    }
    let folder = &beside(None, &path);
    let name = path
        .file_name()
        .and_then(|n| n.to_str())
        .ok_or_else(|| Failure::Argument(format!("{} does not name a file", path.display())))?;
    make_folder(folder)?;
    write(folder, name, html.as_bytes())
}

/// Writes a table as CSV.
pub(crate) fn write_csv(
    folder: &Path,
    name: &str,
    columns: Vec<Column<'_>>,
) -> Result<PathBuf, Failure> {
    let file = folder.join(name);
    write_table(&file, columns)?;
    interruption::stored(&file);
    Ok(file)
}

/// Writes the columns of a result as CSV.
pub(crate) fn write_columns(folder: &Path, name: &str, table: &Table) -> Result<PathBuf, Failure> {
    let columns = table.columns.iter().map(|column| {
        let header = column.header();
        match &column.values {
            ColumnValues::Numbers(v) => Column::new(header, v.iter().copied()),
            ColumnValues::Sparse(v) => Column::new(header, v.iter().copied()),
            ColumnValues::Counts(v) => Column::new(header, v.iter().copied()),
            ColumnValues::Texts(v) => Column::new(header, v.iter().map(String::as_str)),
        }
    });
    write_csv(folder, name, columns.collect())
}

/// The failure of a figure as that of a command.
pub(crate) fn plotted<T>(drawn: Result<T, PlotError>) -> Result<T, Failure> {
    Ok(drawn.map_err(ntwk::figures::overview::FigureError::from)?)
}

/// The name of the file of a result: `name`, or `STEM.partial.EXTENSION` for one that stopped early where `name` is taken, so
/// that it never takes the place of a complete one.
pub(crate) fn place(folder: &Path, name: &str, stopped: bool) -> String {
    if !stopped || !folder.join(name).exists() {
        return name.to_owned();
    }
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}.partial.{extension}"),
        None => format!("{name}.partial"),
    }
}

/// Writes JSON.
pub(crate) fn write_json(
    folder: &Path,
    name: &str,
    value: &impl serde::Serialize,
) -> Result<PathBuf, Failure> {
    write(
        folder,
        name,
        (serde_json::to_string_pretty(value).map_err(Failure::Summary)? + "\n").as_bytes(),
    )
}

/// Writes a figure of what is stored as PNG and SVG; none after Ctrl-C.
pub(crate) fn write_figure(
    folder: &Path,
    name: &str,
    figure: &Figure,
) -> Result<Vec<PathBuf>, Failure> {
    if interruption::is_interrupted() {
        return Ok(Vec::new());
    }
    interruption::dispensable(|| {
        let png = plotted(figure.to_png(figure.theme.dpi / 72.0))?;
        Ok(vec![
            write(folder, &format!("{name}.png"), &png)?,
            write(folder, &format!("{name}.svg"), figure.to_svg().as_bytes())?,
        ])
    })
}

/// A file that should hold a run and does not.
pub(crate) fn no_run(file: &Path) -> Failure {
    Failure::Argument(format!(
        "{} holds no run of ntwk (a recording and its model)",
        file.display()
    ))
}

/// The model stored in a result file; `None` when there is none.
pub(crate) fn stored_model(
    file: &ntwk_io::ResultFile,
    path: &Path,
    library: &CellLibrary,
) -> Result<Option<ntwk_core::Model>, Failure> {
    let Some(text) = file.model()? else { return Ok(None) };
    let notation = if text.format == "json" { Notation::Json } else { Notation::Toml };
    let faulty = |mut faults: ntwk_core::Faults| {
        faults.file = Some(format!("{} (model)", path.display()));
        Failure::from(ModelFileError::from(faults))
    };
    let root = parse_tree(&text.text, notation).map_err(faulty)?;
    Ok(Some(ntwk_core::Model::from_tree(&root, library).map_err(faulty)?))
}

/// Reads the model of a command, printing its notices.
pub(crate) fn model(args: &RunArgs, library: &CellLibrary) -> Result<ntwk_core::Model, Failure> {
    let model = ntwk_io::read_model(&args.model.model, &args.model.overrides, library)?;
    // Before anything is computed: a colour of a population that does not exist.
    args.figure.theme_of(&model)?;
    model.notices().iter().for_each(note);
    Ok(model)
}

/// Reads a cell file, printing its notices.
pub(crate) fn cell_file(
    file: &Path,
    overrides: &[(String, String)],
) -> Result<ntwk_io::CellFile, Failure> {
    let cell = ntwk_io::read_cell(file, overrides)?;
    cell.notices.iter().for_each(note);
    Ok(cell)
}
