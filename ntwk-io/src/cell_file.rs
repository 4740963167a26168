//! Descriptions of morphological cells (TOML, JSON) and SWC files.

use std::path::{Path, PathBuf};

use ntwk_core::fault::{FaultKind, Faults};
use ntwk_core::tree::Node;
use ntwk_morpho::Morphology;
use ntwk_morpho::spec::{BuiltCell, CellSpec, MorphologySource};
use ntwk_morpho::swc::{SwcError, SwcOptions, SwcReading};

use crate::model_file::{Notation, apply_overrides, parse_tree};

/// A cell file or SWC file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CellFileError {
    /// The file could not be read.
    #[error("cannot read {}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The SWC file has faults.
    #[error("{}: {source}", file.display())]
    Swc {
        /// The file.
        file: PathBuf,
        /// The faults, with lines and sample ids.
        source: SwcError,
    },
    /// The cell file has faults.
    #[error(transparent)]
    Faults(#[from] Faults),
}

/// A cell file with what came of it.
#[derive(Debug, Clone)]
pub struct CellFile {
    /// The text, as written.
    pub text: String,
    /// The tree, overrides applied.
    pub tree: Node,
    /// The description.
    pub spec: CellSpec,
    /// The SWC file and its reading, where the morphology comes from one.
    pub reading: Option<(PathBuf, SwcReading)>,
    /// The morphology as read or generated.
    pub morphology: Morphology,
}

impl CellFile {
    /// Makes the cell.
    ///
    /// # Errors
    /// All [`Faults`] with lines.
    pub fn build(&self, file: &Path) -> Result<BuiltCell, Faults> {
        self.spec.build(&self.morphology).map_err(|faults| located(faults, &self.tree, file))
    }
}

/// Gives faults their lines and file.
fn located(mut faults: Faults, tree: &Node, file: &Path) -> Faults {
    for fault in &mut faults.list {
        let (node, exact) = tree.locate(&fault.key);
        fault.line = fault.line.or(node.line);
        if exact && fault.value.is_none() {
            fault.value = Some(node.display());
        }
    }
    let mut sorted = faults.into_result(()).err().unwrap_or_default();
    sorted.file = Some(file.display().to_string());
    sorted
}

/// Reads an SWC file.
///
/// # Errors
/// [`CellFileError::Read`], [`CellFileError::Swc`] with every fault.
pub fn read_morphology(file: &Path, options: &SwcOptions) -> Result<SwcReading, CellFileError> {
    let text = std::fs::read(file)
        .map_err(|source| CellFileError::Read { file: file.to_owned(), source })?;
    ntwk_morpho::swc::read(&text, options)
        .map_err(|source| CellFileError::Swc { file: file.to_owned(), source })
}

/// Reads a cell file and its morphology; the path of an SWC file is relative to the cell file. `overrides` are as in
/// [`read_model`](crate::read_model).
///
/// # Errors
/// [`CellFileError`]: files that cannot be read, or all faults.
pub fn read_cell(file: &Path, overrides: &[(String, String)]) -> Result<CellFile, CellFileError> {
    let text = std::fs::read_to_string(file)
        .map_err(|source| CellFileError::Read { file: file.to_owned(), source })?;
    let named = |mut faults: Faults| {
        faults.file = Some(file.display().to_string());
        faults
    };
    let mut tree = parse_tree(&text, Notation::of(file)).map_err(named)?;
    apply_overrides(&mut tree, overrides).map_err(named)?;
    let spec = CellSpec::from_tree(&tree).map_err(named)?;
    let (morphology, reading) = match &spec.morphology.source {
        MorphologySource::Swc { file: swc, options } => {
            let path = file.parent().unwrap_or(Path::new("")).join(swc);
            let reading = read_morphology(&path, options)?;
            (reading.morphology.clone(), Some((path, reading)))
        }
        MorphologySource::Generator(generator, seed) => match generator.build(*seed) {
            Ok(m) => (m, None),
            Err(e) => {
                let mut faults = Faults::default();
                let kind = FaultKind::Combination { rule: e.to_string() };
                faults.push("morphology.generator", None, None, kind);
                return Err(located(faults, &tree, file).into());
            }
        },
    };
    Ok(CellFile { text, tree, spec, reading, morphology })
}
