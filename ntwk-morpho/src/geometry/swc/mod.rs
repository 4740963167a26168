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
mod neuron;
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
    /// | rule | one sample | three samples, 2 and 3 one radius from 1 | other samples | neurites on the soma |
    /// |---|---|---|---|---|
    /// | `Neuron` | cylinder L = d along x | the same, about sample 1 | sections, branched where the samples branch | from the soma sample with their own radius, at 0 or 1 of its section; from their own first sample without resistance in the middle of a soma |
    /// | `Arbor` | refused | literal segments | literal segments | a segment from the soma sample, tapering from its radius |
    /// | `Morphio` | sphere | sphere about sample 1, whatever the radii | sphere of the area of the frusta | from their own first sample, without resistance; nothing of those with a single sample |
    /// | `NeuromorphoThreePoint` | cylinder L = d along y | cylinder L = d of sample 1 | refused | from their own first sample, without resistance |
    /// | `Sphere` | sphere | sphere of sample 1's radius | sphere of the area of the frusta | from their own first sample, without resistance |
    ///
    /// A cylinder with L = d has the area π d² of the sphere. A neurite with a single sample starts at the soma's middle with
    /// its own radius, but under `Morphio`. A soma drawn as a contour is a fault except under `Sphere`, which takes the mean
    /// distance of the contour from its centroid as the radius and says so; NEURON would make a thin cable of it. A file
    /// without a soma is a fault except under `Neuron` and `Arbor`.
    #[derive(Hash)]
    pub enum SomaRule, what = "soma rule" {
        /// as NEURON (8 and 9) imports SWC files
        Neuron = "neuron",
        /// as Arbor's native reader: a segment between every sample and its parent, without exception
        Arbor = "arbor",
        /// as MorphIO reads: a soma of its own, neurites from their own first sample
        Morphio = "morphio",
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
        /// under soma rule `neuron` as `attach`, else as `fault`
        AsRule = "as-rule",
        /// every root after the first is a fault
        Fault = "fault",
        /// hang every further root on the middle of the first root's branch, without resistance
        Attach = "attach",
        /// keep the tree whose root is the first soma sample (else the first tree) and report the others
        Drop = "drop",
    }
}

ntwk_core::section! {
    /// How to read a file.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub struct SwcOptions {
        /// what the soma samples mean:
        soma as "soma_rule": SomaRule = Choice(SomaRule::WORDS), or(SomaRule::Neuron);
        /// what to do with a radius that is not positive:
        zero_radius: ZeroRadius = Choice(ZeroRadius::WORDS), or(ZeroRadius::FromParent);
        /// what to do when the file holds several trees:
        other_trees: OtherTrees = Choice(OtherTrees::WORDS), or(OtherTrees::AsRule);
        /// radius of samples that have none (zero or below), in the place of `zero_radius`
        default_radius: Option<f64> = Quantity(Length, Positive), none;
        /// factor that makes µm of the file's numbers: 0.001 for nanometres
        scale: f64 = Quantity(Number, Positive), or(1.0);
    }
}

impl Default for SwcOptions {
    /// As NEURON reads files in µm.
    fn default() -> Self {
        SwcOptions {
            soma: SomaRule::Neuron,
            zero_radius: ZeroRadius::FromParent,
            other_trees: OtherTrees::AsRule,
            default_radius: None,
            scale: 1.0,
        }
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
