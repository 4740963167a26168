//! What was changed or remarked while an SWC file was read.

use super::SomaRule;
use crate::geometry::morphology::Measures;
use crate::geometry::region::Region;
use std::fmt;

/// One change or remark.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // `line` is a line number from 1 and `id` a sample id throughout; the variants say the rest
pub enum Repair {
    /// A byte-order mark at the start was skipped.
    ByteOrderMark,
    /// Blank lines between the first and the last line with content were skipped.
    BlankLines { count: usize, first_line: usize },
    /// Lines that ended in more than one carriage return.
    StrayCarriageReturns { count: usize, first_line: usize },
    /// The ids do not count up by one from 1; `id` is the first that does not. Only the order matters, ids are kept.
    IdsNotConsecutive { line: usize, id: i64 },
    /// Samples that stood before their parents were moved behind them; `id` is the first.
    Reordered { count: usize, line: usize, id: i64 },
    /// A radius that was not positive was replaced by the parent's.
    Radius { line: usize, id: i64, found: f64, used: f64 },
    /// A sample in the same place as its parent with another radius was kept: an annulus of membrane, and what follows
    /// begins with the radius of the second.
    RadiusStep { line: usize, id: i64, parent: i64 },
    /// A tree that does not hold the soma was dropped.
    DroppedTree { line: usize, root: i64, samples: usize },
    /// A further tree was hung on the middle of the root without resistance, as NEURON does.
    AttachedTree { line: usize, root: i64, samples: usize },
    /// The lengths of the file (its longest side and its median radius, µm) are not those of a neuron: perhaps it is in
    /// nanometres, voxels or pixels.
    Units { extent: f64, median: f64 },
    /// The type changes within an unbranched run, which was split there.
    TypeChange { line: usize, id: i64, from: Region, to: Region },
    /// A step more than ten times the median step of the file: perhaps an interrupted tracing. Nothing was changed.
    LongStep { line: usize, id: i64, length: f64, median: f64 },
    /// A neurite had no length and was dropped; `id` is its first sample.
    DroppedNeurite { line: usize, id: i64 },
    /// The soma samples were replaced by a sphere of this radius (µm) and of the area of the samples' frusta.
    SomaToSphere { samples: usize, radius: f64 },
    /// The soma was a contour and was replaced by a sphere with the contour's mean distance from its centroid (µm).
    ContourToSphere { samples: usize, radius: f64 },
}

impl Repair {
    /// Whether nothing was changed: the file is read as it is.
    #[must_use]
    pub fn is_remark(&self) -> bool {
        matches!(
            self,
            Self::IdsNotConsecutive { .. }
                | Self::RadiusStep { .. }
                | Self::LongStep { .. }
                | Self::TypeChange { .. }
                | Self::Units { .. }
        )
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Repair::ByteOrderMark => write!(f, "skipped a byte-order mark"),
            Repair::BlankLines { count, first_line } => {
                write!(f, "skipped {count} blank lines, the first at line {first_line}")
            }
            Repair::StrayCarriageReturns { count, first_line } => {
                write!(
                    f,
                    "skipped stray carriage returns at the end of {count} lines, the first at line {first_line}"
                )
            }
            Repair::IdsNotConsecutive { line, id } => {
                write!(
                    f,
                    "line {line}: from sample {id} on, ids do not count up by one from 1 (kept as they are)"
                )
            }
            Repair::Reordered { count, line, id } => {
                write!(
                    f,
                    "line {line}: moved {count} samples behind their parents, the first is sample {id}"
                )
            }
            Repair::Radius { line, id, found, used } => {
                write!(
                    f,
                    "line {line}, sample {id}: radius {found} um replaced by the parent's {used} um"
                )
            }
            Repair::RadiusStep { line, id, parent } => {
                write!(
                    f,
                    "line {line}: sample {id} is in the same place as its parent {parent} with another radius (kept)"
                )
            }
            Repair::DroppedTree { line, root, samples } => {
                write!(
                    f,
                    "line {line}: dropped the tree of {samples} samples that starts at sample {root}"
                )
            }
            Repair::AttachedTree { line, root, samples } => {
                write!(
                    f,
                    "line {line}: hung the tree of {samples} samples that starts at sample {root} on the middle of the root, without resistance"
                )
            }
            Repair::Units { extent, median } => {
                write!(
                    f,
                    "the file spans {extent:.0} um and its median radius is {median:.3} um: perhaps it is not in um (for nanometres take scale = 0.001)"
                )
            }
            Repair::TypeChange { line, id, from, to } => {
                write!(
                    f,
                    "line {line}: split the branch at sample {id}, where its type changes from {from} to {to}"
                )
            }
            Repair::LongStep { line, id, length, median } => write!(
                f,
                "line {line}: sample {id} is {length:.3} um from its parent, more than ten times the median step of {median:.3} um (kept)"
            ),
            Repair::DroppedNeurite { line, id } => {
                write!(
                    f,
                    "line {line}: dropped the neurite that starts at sample {id}, which has no length"
                )
            }
            Repair::SomaToSphere { samples, radius } => {
                write!(
                    f,
                    "replaced the {samples} soma samples by a sphere of equal area, radius {radius:.4} um"
                )
            }
            Repair::ContourToSphere { samples, radius } => write!(
                f,
                "replaced the soma contour of {samples} samples by a sphere with its mean distance from the centroid, radius {radius:.4} um"
            ),
        }
    }
}

/// What reading a file did.
#[derive(Debug, Clone, PartialEq)]
pub struct SwcReport {
    /// The soma rule that was applied.
    pub soma: SomaRule,
    /// All repairs and remarks, in the order of the checks.
    pub repairs: Vec<Repair>,
    /// Totals of the samples as they stand in the file: every sample joined to its parent by a frustum. `branches` counts
    /// runs between branch points, tips and changes of type.
    pub before: Measures,
    /// Totals of the morphology.
    pub after: Measures,
    /// Comment lines without the `#`, in order.
    pub comments: Vec<String>,
}

impl fmt::Display for SwcReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "soma rule: {}", self.soma)?;
        for (when, m) in [("in the file", &self.before), ("as read", &self.after)] {
            writeln!(
                f,
                "{when}: {} samples, {} branches, length {:.3} um, area {:.3} um2",
                m.samples, m.branches, m.length, m.area
            )?;
        }
        for r in &self.repairs {
            writeln!(f, "{r}")?;
        }
        Ok(())
    }
}
