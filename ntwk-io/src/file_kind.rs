//! What a description is of: a network, a cell, coupled cells, or a network in the keys of another program. And the text of
//! one, where a file that is none says what it is instead.

use std::io::{self, Read as _};
use std::path::Path;

use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::tree::{Node, Value};

use crate::description::Layout;
use crate::hdf5_reader::{SIGNATURE_BYTES, other_than_hdf5};

/// The text of a file.
///
/// # Errors
/// What the operating system says; for a file that holds no text, what it is and which commands take it, in one sentence.
pub fn read_text(path: &Path) -> io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut bytes = Vec::new();
    // Results can be larger than memory: what they are stands at their beginning.
    file.by_ref().take(SIGNATURE_BYTES).read_to_end(&mut bytes)?;
    match other_than_hdf5(&bytes) {
        None => return Err(no_text(&of_results(path))),
        Some("empty" | "a text file") => {}
        Some(found) => return Err(no_text(&format!("it is {found}; expected a text file"))),
    }
    file.read_to_end(&mut bytes)?;
    String::from_utf8(bytes).map_err(|_| no_text("it is not text in UTF-8"))
}

fn no_text(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

/// What an HDF5 file is, with the commands that take it.
fn of_results(path: &Path) -> String {
    match Layout::of(path) {
        Ok(layout) => format!("it holds {}; {}", layout.content(), layout.commands()),
        Err(_) => "it is an HDF5 file; expected a text file".to_owned(),
    }
}

/// What a file describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A network of point neurons.
    Network,
    /// A morphological cell.
    Cell,
    /// Morphological cells joined by gap junctions.
    CoupledCells,
    /// A network in the flat keys of the Python package neural_network_dynamics.
    Upstream,
    /// A configuration of SONATA.
    Sonata,
    /// Equations of Brian2.
    Brian2,
}

impl FileKind {
    /// What the keys of a description tell, if they do.
    #[must_use]
    pub fn of(root: &Node) -> Option<Self> {
        let Value::Table(entries) = &root.value else { return None };
        let has = |key: &str| entries.iter().any(|(name, _)| name == key);
        let is_table = |node: &Node| matches!(node.value, Value::Table(_));
        // A summary of a run has a list of that name.
        if entries.iter().any(|(name, node)| name == "populations" && is_table(node)) {
            Some(Self::Network)
        } else if has("morphology") {
            Some(Self::Cell)
        } else if has("cells") && has("gap_junctions") {
            Some(Self::CoupledCells)
        } else if entries.iter().any(|(name, _)| name.starts_with("N_"))
            && entries.iter().any(|(name, _)| name.ends_with("_Gl"))
        {
            Some(Self::Upstream)
        } else if has("networks") || (has("run") && (has("network") || has("manifest"))) {
            Some(Self::Sonata)
        } else if has("equations") {
            Some(Self::Brian2)
        } else {
            None
        }
    }

    /// A fault where a file describes something else than `self`, in one sentence: the faults of its keys would be many and
    /// beside the point. Files that tell nothing pass.
    ///
    /// # Errors
    /// The fault.
    pub fn expect(self, root: &Node) -> Result<(), Faults> {
        let found = match Self::of(root) {
            Some(found) if found != self => found,
            _ => return Ok(()),
        };
        let mut faults = Faults::default();
        let kind = FaultKind::Combination { rule: format!("this {}", found.commands()) };
        faults.push("(file)", None, root.line, kind);
        Err(faults)
    }

    /// What a file of this kind describes, and the commands that take it.
    #[must_use]
    pub fn commands(self) -> &'static str {
        match self {
            Self::Network => {
                "describes a network of point neurons: 'ntwk run', 'ntwk compare' and 'ntwk check' take it"
            }
            Self::Cell => {
                "describes a morphological cell: 'ntwk morpho run' and 'ntwk morpho info' take it"
            }
            Self::CoupledCells => {
                "describes morphological cells joined by gap junctions: 'ntwk morpho coupled' takes it"
            }
            Self::Brian2 => {
                "has equations of Brian2: 'ntwk import FILE -o model.toml' makes a kind of cell of them"
            }
            Self::Sonata => "is a network in SONATA: 'ntwk import FILE -o model.toml' converts it",
            Self::Upstream => {
                "is a network in the keys of neural_network_dynamics: 'ntwk import FILE -o model.toml' converts it"
            }
        }
    }
}
