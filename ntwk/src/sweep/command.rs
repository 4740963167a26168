//! What is computed at the points of a sweep.

use ntwk_core::spec::ParameterScanSpec;
use ntwk_core::spec::key::Words;
use ntwk_core::{FaultKind, Faults};

ntwk_core::words! {
    /// What is computed at a point of a sweep over keys of a network.
    pub enum NetworkCommand, what = "command of a scan" {
        /// the simulation and its macroscopic quantities
        Run = "run",
        /// the theory: fixed points
        Meanfield = "meanfield",
        /// both
        Compare = "compare",
    }
}

ntwk_core::words! {
    /// What is computed at a point of a sweep over keys of a morphological cell.
    pub enum CellCommand, what = "command of a scan" {
        /// the run and its scalars
        Morpho = "morpho",
    }
}

/// The command that a section `[scan]` names, or the first of `C` when it names none.
///
/// # Errors
/// The fault of a word that is none of `C`.
pub fn command_of<C: Words + Default>(scan: &ParameterScanSpec) -> Result<C, Faults> {
    let Some(word) = &scan.command else { return Ok(C::default()) };
    C::of(word).ok_or_else(|| {
        let words = C::WORDS.iter().map(|w| w.name);
        let mut faults = Faults::default();
        let kind = FaultKind::unknown_name(C::WHAT, word, words);
        faults.push("scan.command", Some(format!("\"{word}\"")), None, kind);
        faults
    })
}
