//! Kinds of morphological cells: the cell files that they name, and the files with the morphologies of those.

use std::path::Path;

use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::tree::{Node, Value};
use ntwk_morpho::spec::{CellSpec, MorphologySource};

use crate::file_kind::{FileKind, read_text};

use crate::model_file::{Notation, parse_tree};

/// Puts what the cell files hold in the places of their names, with the texts of the files that they name; those are relative to
/// the cell file. A fault of a cell file is said with its own keys and lines.
pub(super) fn read(root: &mut Node, folder: &Path, faults: &mut Faults) {
    let Value::Table(entries) = &mut root.value else { return };
    let Some((_, kinds)) = entries.iter_mut().find(|entry| entry.0 == "kinds") else { return };
    let Value::Table(kinds) = &mut kinds.value else { return };
    for (name, kind) in kinds {
        let Value::Table(kind) = &mut kind.value else { continue };
        let Some((_, cell)) = kind.iter_mut().find(|entry| entry.0 == "cell") else { continue };
        let Value::String(file) = &cell.value else { continue };
        let (file, line) = (file.clone(), cell.line);
        match described(&folder.join(&file)) {
            Ok((mut tree, files)) => {
                on_line(&mut tree, line);
                cell.value = tree.value;
                if !files.is_empty() && !kind.iter().any(|entry| entry.0 == "files") {
                    kind.push(("files".to_owned(), Node { value: Value::Table(files), line }));
                }
            }
            Err(problem) => {
                let key = format!("kinds.{name}.cell");
                faults.push(key, Some(format!("\"{file}\"")), line, FaultKind::File { problem });
            }
        }
    }
}

/// The tree of a cell file and the texts of the files that it names, or all that is wrong.
fn described(path: &Path) -> Result<(Node, Vec<(String, Node)>), String> {
    let text = read_text(path).map_err(|error| format!("cannot be read: {error}"))?;
    let named = |mut faults: Faults| {
        faults.file = Some(path.display().to_string());
        faults.to_string()
    };
    let mut tree = parse_tree(&text, Notation::of(path)).map_err(named)?;
    FileKind::Cell.expect(&tree).map_err(named)?;
    let mut faults = Faults::default();
    super::read_included_channels(&mut tree, path.parent().unwrap_or(Path::new("")), &mut faults);
    let spec = CellSpec::read(&tree, &mut faults);
    let spec = faults.into_result(spec).map_err(named)?;
    let file = match &spec.morphology.source {
        MorphologySource::Swc { file, .. }
        | MorphologySource::Neurolucida(file)
        | MorphologySource::Neuroml(file) => file,
        MorphologySource::Generator(..) => return Ok((tree, Vec::new())),
    };
    let beside = path.parent().unwrap_or(Path::new("")).join(file);
    // Names in the comments of old files are in other encodings than UTF-8; the numbers are not.
    let bytes = std::fs::read(&beside).map_err(|e| format!("{}: {e}", beside.display()))?;
    let text = Node::text(&String::from_utf8_lossy(&bytes));
    Ok((tree, vec![(file.clone(), text)]))
}

/// Everything stands on the line that names the file.
fn on_line(node: &mut Node, line: Option<u32>) {
    node.line = line;
    match &mut node.value {
        Value::Table(entries) => entries.iter_mut().for_each(|(_, node)| on_line(node, line)),
        Value::List(items) => items.iter_mut().for_each(|node| on_line(node, line)),
        _ => {}
    }
}
