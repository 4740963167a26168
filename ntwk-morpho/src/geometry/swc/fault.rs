//! What makes an SWC file unusable.

use super::SomaRule;
use crate::geometry::morphology::MorphologyError;
use std::fmt;

/// A column of an SWC line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Column 1, a whole number >= 0.
    Id,
    /// Column 2, the structure type, a whole number >= 0.
    Type,
    /// Column 3 (µm).
    X,
    /// Column 4 (µm).
    Y,
    /// Column 5 (µm).
    Z,
    /// Column 6 (µm).
    Radius,
    /// Column 7, the id of the parent or −1.
    Parent,
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Column::Id => "id",
            Column::Type => "type",
            Column::X => "x",
            Column::Y => "y",
            Column::Z => "z",
            Column::Radius => "radius",
            Column::Parent => "parent",
        })
    }
}

/// The form of a soma that a rule does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SomaShape {
    /// One sample.
    OneSample,
    /// A chain of samples, which is not the three-point form.
    Chain,
    /// A soma sample with several soma children, which is not the three-point form.
    Branched,
    /// Many thin samples around an outline.
    Contour,
    /// Soma samples that are not joined to each other.
    Scattered,
    /// The tree does not start in the soma.
    NotAtRoot,
}

impl fmt::Display for SomaShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SomaShape::OneSample => "a single sample",
            SomaShape::Chain => "a chain of samples that is not the three-point form",
            SomaShape::Branched => "a branching set of samples that is not the three-point form",
            SomaShape::Contour => "a contour",
            SomaShape::Scattered => "samples that are not joined",
            SomaShape::NotAtRoot => "not at the root of the tree",
        })
    }
}

/// One thing wrong with a file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SwcFault {
    /// There is no data line.
    #[error("there is no sample in the file")]
    Empty,
    /// A line does not have seven columns.
    #[error("line {line}: {found} columns, expected 7: id type x y z radius parent")]
    WrongColumnCount {
        /// Line number, from 1.
        line: usize,
        /// Number of columns found.
        found: usize,
    },
    /// A column is not a number of the kind it should be.
    #[error("line {line}, column {column}: '{text}' is not {}", expected(*.column))]
    BadNumber {
        /// Line number, from 1.
        line: usize,
        /// The column.
        column: Column,
        /// What stands there (shortened).
        text: String,
    },
    /// A coordinate or radius is infinite, not a number, or beyond 1e9 µm.
    #[error("line {line}, sample {id}, column {column}: the number is not finite or beyond 1e9 um")]
    NonFinite {
        /// Line number, from 1.
        line: usize,
        /// Sample id.
        id: i64,
        /// The column.
        column: Column,
    },
    /// Two samples have one id.
    #[error("line {line}: sample {id} was already given in line {first_line}")]
    DuplicateId {
        /// Line number, from 1.
        line: usize,
        /// Sample id.
        id: i64,
        /// Line of the first sample with this id.
        first_line: usize,
    },
    /// The parent does not exist.
    #[error(
        "line {line}, sample {id}: there is no sample {parent} to be its parent (the root has parent -1)"
    )]
    MissingParent {
        /// Line number, from 1.
        line: usize,
        /// Sample id.
        id: i64,
        /// The missing id.
        parent: i64,
    },
    /// A sample is its own parent.
    #[error("line {line}: sample {id} is its own parent")]
    SelfParent {
        /// Line number, from 1.
        line: usize,
        /// Sample id.
        id: i64,
    },
    /// Following the parents from a sample comes back to it.
    #[error("line {line}: sample {id} is on a cycle of {length} samples")]
    Cycle {
        /// Line number, from 1.
        line: usize,
        /// Id of the first sample of the cycle in file order.
        id: i64,
        /// Number of samples on it.
        length: usize,
    },
    /// A second root.
    #[error(
        "line {line}: sample {id} is another root (the first is sample {first_root}); other_trees = \"drop\" leaves the others out, \"attach\" hangs them on the root"
    )]
    MultipleRoots {
        /// Line number, from 1.
        line: usize,
        /// Sample id.
        id: i64,
        /// Id of the first root.
        first_root: i64,
    },
    /// No sample has type 1.
    #[error(
        "no sample has type 1 (soma), which the soma rule '{rule}' needs; rules 'neuron' and 'arbor' do not"
    )]
    NoSoma {
        /// The rule asked for.
        rule: SomaRule,
    },
    /// The soma rule does not take this soma.
    #[error("line {line}, sample {id}: the soma is {shape}, which the soma rule '{rule}' does not take; {}", suggestion(*.shape))]
    UnsupportedSoma {
        /// Line number of the sample where it shows, from 1.
        line: usize,
        /// Sample id.
        id: i64,
        /// What the soma is.
        shape: SomaShape,
        /// The rule asked for.
        rule: SomaRule,
    },
    /// A radius is zero or negative and no parent can lend its own.
    #[error("line {line}, sample {id}: radius {radius} um, expected > 0")]
    NonPositiveRadius {
        /// Line number, from 1.
        line: usize,
        /// Sample id.
        id: i64,
        /// The radius (µm).
        radius: f64,
    },
    /// No sample has a radius.
    #[error(
        "none of the {samples} samples has a radius > 0: the file holds no diameters; default_radius gives one to all (--default-radius \"0.5 um\")"
    )]
    NoRadii {
        /// Number of samples.
        samples: usize,
    },
    /// The samples are sound one by one, but do not make a tree with a length.
    #[error("the samples do not make a morphology: {0}")]
    Morphology(#[from] MorphologyError),
}

fn expected(column: Column) -> &'static str {
    match column {
        Column::Id | Column::Type => "a whole number >= 0",
        Column::Parent => "a whole number (an id, or -1 for the root)",
        Column::X | Column::Y | Column::Z | Column::Radius => "a number",
    }
}

fn suggestion(shape: SomaShape) -> &'static str {
    match shape {
        SomaShape::OneSample => "'neuron', 'morphio' and 'sphere' do",
        SomaShape::Contour => "'sphere' replaces it by a sphere",
        SomaShape::Chain => "'neuron', 'arbor', 'morphio' and 'sphere' do",
        SomaShape::Branched => "'neuron', 'arbor' and 'sphere' do",
        SomaShape::Scattered | SomaShape::NotAtRoot => "'neuron' and 'arbor' do",
    }
}

/// The most faults an [`SwcError`] keeps; the rest is counted.
pub const MAX_FAULTS: usize = 50;

/// Everything wrong with a file.
#[derive(Debug, Clone, PartialEq)]
pub struct SwcError {
    /// The first [`MAX_FAULTS`] faults, in file order within each kind of check. Never empty.
    pub faults: Vec<SwcFault>,
    /// Number of all faults.
    pub total: usize,
}

impl SwcError {
    pub(super) fn new() -> Self {
        SwcError { faults: Vec::new(), total: 0 }
    }

    pub(super) fn push(&mut self, fault: SwcFault) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault);
        }
        self.total += 1;
    }

    /// `Err(self)` when there is a fault.
    pub(super) fn check(self) -> Result<(), SwcError> {
        if self.total == 0 { Ok(()) } else { Err(self) }
    }
}

impl From<SwcFault> for SwcError {
    fn from(fault: SwcFault) -> Self {
        SwcError { faults: vec![fault], total: 1 }
    }
}

impl fmt::Display for SwcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.faults.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{fault}")?;
        }
        if self.total > self.faults.len() {
            write!(f, "\n... and {} more", self.total - self.faults.len())?;
        }
        Ok(())
    }
}

impl std::error::Error for SwcError {}
