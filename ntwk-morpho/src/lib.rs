//! Morphologically detailed neurons: from a reconstruction to dendritic integration.
//!
//! The crate goes one way: [`swc`] text or a [`generators`] function gives a [`Morphology`].

pub mod generators;
pub mod morphology;
pub mod operations;
pub mod region;
pub mod swc;
pub mod units;

pub use morphology::{Attachment, Branch, Measures, Morphology, MorphologyError, Sample};
pub use region::Region;
