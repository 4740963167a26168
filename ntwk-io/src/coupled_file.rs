//! Files of cells joined by gap junctions: which cell files, with what changed, and the junctions.

use std::path::{Path, PathBuf};

use ntwk_core::spec::fault::Faults;
use ntwk_core::spec::set::set;
use ntwk_morpho::GapJunction;
use ntwk_morpho::spec::{BuiltCell, CoupledSpec};

use crate::cell_file::{CellFile, CellFileError, located, read_cell_tree};
use crate::file_kind::{FileKind, read_text};
use crate::model_file::{Notation, apply_overrides, parse_tree};

/// Cells joined by gap junctions, as read.
#[derive(Debug, Clone)]
pub struct CoupledFile {
    /// The description.
    pub spec: CoupledSpec,
    /// The cells with the paths of their files, in the order of the description.
    pub files: Vec<(PathBuf, CellFile)>,
    /// The cells, built.
    pub cells: Vec<BuiltCell>,
    /// The junctions on them.
    pub junctions: Vec<GapJunction>,
}

/// Reads a file of joined cells and builds them; paths of cell files are relative to it. `overrides` are as in
/// [`read_model`](crate::read_model).
///
/// # Errors
/// [`CellFileError`]: files that cannot be read, or all faults of the first file that has some.
pub fn read_coupled(
    file: &Path,
    overrides: &[(String, String)],
) -> Result<CoupledFile, CellFileError> {
    let read = |file: &Path| {
        read_text(file).map_err(|source| CellFileError::Read { file: file.to_owned(), source })
    };
    let named = |file: &Path, mut faults: Faults| {
        faults.file = Some(file.display().to_string());
        faults
    };
    let mut tree = parse_tree(&read(file)?, Notation::of(file)).map_err(|f| named(file, f))?;
    FileKind::CoupledCells.expect(&tree).map_err(|f| named(file, f))?;
    apply_overrides(&mut tree, &[], overrides).map_err(|f| named(file, f))?;
    let spec = CoupledSpec::from_tree(&tree).map_err(|f| named(file, f))?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let (mut files, mut cells) = (Vec::new(), Vec::new());
    for (name, cell) in &spec.cells {
        let path = folder.join(&cell.file);
        let text = read(&path)?;
        let mut own = parse_tree(&text, Notation::of(&path)).map_err(|f| named(&path, f))?;
        for (key, node) in &cell.set.0 {
            if let Err(kind) = set(&mut own, &[], key, node.value.clone()) {
                let mut faults = Faults::default();
                let key = format!("cells.{name}.set.{key}");
                faults.push(key, Some(node.display()), node.line, kind);
                return Err(named(file, faults).into());
            }
        }
        let of_cell = |mut faults: Faults| {
            faults.file = Some(format!("{} (cell {name})", path.display()));
            faults
        };
        let read = read_cell_tree(text, own, &path).map_err(|e| match e {
            CellFileError::Faults(faults) => of_cell(faults).into(),
            e => e,
        })?;
        cells.push(read.build(&path).map_err(of_cell)?);
        files.push((path, read));
    }
    let junctions = spec.junctions(&cells).map_err(|f| located(f, &tree, file))?;
    Ok(CoupledFile { spec, files, cells, junctions })
}
