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
use ntwk_core::spec::key::Words as _;

ntwk_core::words! {
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
    #[derive(Hash)]
    pub enum SomaRule, what = "soma rule" {
        /// as NEURON 8 and 9 import SWC files
        Neuron = "neuron",
        /// as Arbor's native reader: a segment between every sample and its parent, without exception
        Arbor = "arbor",
        /// the three-point convention of NeuroMorpho.org, strictly
        NeuromorphoThreePoint = "neuromorpho-3-point",
        /// one sphere for any soma
        Sphere = "sphere",
    }
}

ntwk_core::words! {
    /// What to do with a radius that is not positive.
    pub enum ZeroRadius, what = "way with a radius of zero" {
        /// take the parent's radius and report it; at a root it is a fault
        FromParent = "from-parent",
        /// it is a fault
        Fault = "fault",
    }
}

ntwk_core::words! {
    /// What to do when the file holds several trees.
    pub enum OtherTrees, what = "way with other trees" {
        /// every root after the first is a fault
        Fault = "fault",
        /// keep the tree whose root is the first soma sample (else the first tree) and report the others
        Drop = "drop",
    }
}

ntwk_core::section! {
    /// How to read a file.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct SwcOptions {
        /// what the soma samples mean:
        soma as "soma_rule": SomaRule = Choice(SomaRule::WORDS), or(SomaRule::Neuron);
        /// what to do with a radius that is not positive:
        zero_radius: ZeroRadius = Choice(ZeroRadius::WORDS), or(ZeroRadius::FromParent);
        /// what to do when the file holds several trees:
        other_trees: OtherTrees = Choice(OtherTrees::WORDS), or(OtherTrees::Fault);
    }
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
