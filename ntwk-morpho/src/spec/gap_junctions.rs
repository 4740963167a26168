//! `[gap_junctions.NAME]` of a cell: between two of its points.

use super::values::Ends;
use crate::mesh::location_spec::LocationSpec;

ntwk_core::section! {
    /// A gap junction between two points of the cell.
    #[derive(Debug, Clone, PartialEq)]
    pub struct GapJunctionSpec {
        /// the two locations
        between: Ends<LocationSpec> = Other("two locations, [\"soma\", \"tip\"]"), required;
        /// conductance
        conductance: f64 = Quantity(CableConductance, NonNegative), required;
    }
}
