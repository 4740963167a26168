//! What a description is of: a network, a cell, coupled cells, or a network in the keys of another program.

use ntwk_core::spec::fault::{FaultKind, Faults};
use ntwk_core::spec::tree::{Node, Value};

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
}

impl FileKind {
    /// What the keys of a description tell, if they do.
    #[must_use]
    pub fn of(root: &Node) -> Option<Self> {
        let Value::Table(entries) = &root.value else { return None };
        let has = |key: &str| entries.iter().any(|(name, _)| name == key);
        if has("populations") {
            Some(Self::Network)
        } else if has("morphology") {
            Some(Self::Cell)
        } else if has("cells") && has("gap_junctions") {
            Some(Self::CoupledCells)
        } else if entries.iter().any(|(name, _)| name.starts_with("N_"))
            && entries.iter().any(|(name, _)| name.ends_with("_Gl"))
        {
            Some(Self::Upstream)
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
        let rule = match found {
            Self::Network => {
                "this describes a network of point neurons: 'ntwk run', 'ntwk compare' and 'ntwk check' take it"
            }
            Self::Cell => {
                "this describes a morphological cell: 'ntwk morpho run' and 'ntwk morpho info' take it"
            }
            Self::CoupledCells => {
                "this describes morphological cells joined by gap junctions: 'ntwk morpho coupled' takes it"
            }
            Self::Upstream => {
                "this is a network in the keys of neural_network_dynamics: 'ntwk import FILE -o model.toml' converts it"
            }
        };
        let mut faults = Faults::default();
        let kind = FaultKind::Combination { rule: rule.to_owned() };
        faults.push("(file)", None, root.line, kind);
        Err(faults)
    }
}
