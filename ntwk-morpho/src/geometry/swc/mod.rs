//! SWC: reading a reconstruction under a stated soma rule, with a report of all that was changed.
//!
//! The format has no norm, and programs differ in what a soma is. So the rule is an argument ([`SomaRule`]), everything
//! that was repaired is listed ([`Repair`]), and everything that cannot be is a fault with line and sample
//! ([`SwcFault`]), all faults at once. No input panics.
//!
//! ```
//! use ntwk_morpho::geometry::swc::{read, SwcOptions};
//!
//! let text = b"# a soma and one dendrite\n1 1 0 0 0 8 -1\n2 3 0 8 0 1 1\n3 3 0 58 0 1 2\n";
//! let reading = read(text, &SwcOptions::default())?;
//! assert_eq!(reading.morphology.branches().len(), 2);
//! assert!(reading.report.repairs.is_empty());
//! # Ok::<(), ntwk_morpho::geometry::swc::SwcError>(())
//! ```

mod branches;
mod fault;
mod repair;
mod soma;
mod table;
mod tidy;
mod write;

pub use fault::{Column, MAX_FAULTS, SomaShape, SwcError, SwcFault};
pub use repair::{Repair, SwcReport};
pub use table::{Record, SwcTable};
pub use write::to_swc;

use crate::geometry::morphology::Morphology;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the soma samples of a file mean.
///
/// | rule | one sample | three samples, 2 and 3 one radius from 1 | chain of samples | neurites on the soma |
/// |---|---|---|---|---|
/// | `Neuron` | cylinder L = d along x | cylinder L = d of sample 1 | stacked frusta | joined to the middle without resistance, from their own first sample |
/// | `Arbor` | refused | literal segments | literal segments | a segment from the soma sample, tapering from its radius |
/// | `NeuromorphoThreePoint` | cylinder L = d along y | cylinder L = d of sample 1 | refused | as `Neuron` |
/// | `Sphere` | sphere | sphere of sample 1's radius | sphere of equal area | as `Neuron` |
///
/// A cylinder with L = d has the area π d² of the sphere. A neurite with a single sample starts at the soma's middle with
/// its own radius. A soma drawn as a contour is a fault except under `Sphere`, which takes the mean distance of the
/// contour from its centroid as the radius and says so. A file without a soma is a fault except under `Arbor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SomaRule {
    /// As NEURON 8 and 9 import SWC files.
    #[default]
    Neuron,
    /// As Arbor's native reader: a segment between every sample and its parent, without exception.
    Arbor,
    /// The three-point convention of NeuroMorpho.org, strictly.
    #[serde(rename = "neuromorpho-3-point")]
    NeuromorphoThreePoint,
    /// One sphere for any soma.
    Sphere,
}

impl fmt::Display for SomaRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SomaRule::Neuron => "neuron",
            SomaRule::Arbor => "arbor",
            SomaRule::NeuromorphoThreePoint => "neuromorpho-3-point",
            SomaRule::Sphere => "sphere",
        })
    }
}

/// What to do with a radius that is not positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ZeroRadius {
    /// Take the parent's radius and report it; at a root it is a fault.
    #[default]
    FromParent,
    /// It is a fault.
    Fault,
}

/// What to do when the file holds several trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OtherTrees {
    /// Every root after the first is a fault.
    #[default]
    Fault,
    /// Keep the tree whose root is the first soma sample (else the first tree) and report the others.
    Drop,
}

/// How to read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SwcOptions {
    /// What the soma samples mean.
    pub soma: SomaRule,
    /// What to do with a radius that is not positive.
    pub zero_radius: ZeroRadius,
    /// What to do when the file holds several trees.
    pub other_trees: OtherTrees,
}

/// A file as read: the tree, and what was done to get it.
#[derive(Debug, Clone, PartialEq)]
pub struct SwcReading {
    /// The tree.
    pub morphology: Morphology,
    /// Repairs, totals before and after, comments.
    pub report: SwcReport,
}

/// Reads SWC text (columns `id type x y z radius parent`, µm; `#` starts a comment) into a morphology.
///
/// Bytes need not be UTF-8 in comments; line ends may be LF, CR LF, CR or CR CR LF.
///
/// # Errors
/// [`SwcError`] with every fault found, each with its line and sample id.
pub fn read(text: &[u8], options: &SwcOptions) -> Result<SwcReading, SwcError> {
    SwcTable::parse(text)?.to_morphology(options)
}

impl SwcTable {
    /// Orders, repairs and joins the records into a morphology.
    ///
    /// # Errors
    /// [`SwcError`] when the records are not one tree, or the soma rule does not take their soma.
    pub fn to_morphology(&self, options: &SwcOptions) -> Result<SwcReading, SwcError> {
        let tree = tidy::Tree::from_table(self, options)?;
        branches::reading(self, tree, options)
    }
}
