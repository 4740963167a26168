//! `[membrane]`: passive parameters.

use super::values::SELECTION;
use crate::mesh::selection::Selection;
use ntwk_core::spec::key::Section as _;

ntwk_core::section! {
    /// Passive parameters.
    #[derive(Debug, Clone, PartialEq)]
    pub struct MembraneSpec {
        /// specific capacitance
        C_m: f64 = Quantity(SpecificCapacitance, Positive), or(1.0);
        /// axial resistivity
        R_i: f64 = Quantity(Resistivity, Positive), required;
        /// leak conductance density
        g_L: f64 = Quantity(ConductanceDensity, NonNegative), or(0.0);
        /// leak reversal potential
        E_L: f64 = Quantity(Voltage, Any), or(-70.0);
        /// parts with values of their own; the last that names a compartment holds
        regions: Vec<RegionSpec> = Tables(RegionSpec::KEYS), none;
    }
}

ntwk_core::section! {
    /// Passive parameters of a part of the cell; the last that names a compartment holds.
    #[derive(Debug, Clone, PartialEq)]
    pub struct RegionSpec {
        /// which part: a selection
        selection as "where": Selection =
            Other(SELECTION), required;
        /// specific capacitance
        C_m: Option<f64> = Quantity(SpecificCapacitance, Positive), none;
        /// axial resistivity
        R_i: Option<f64> = Quantity(Resistivity, Positive), none;
        /// leak conductance density
        g_L: Option<f64> = Quantity(ConductanceDensity, NonNegative), none;
        /// leak reversal potential
        E_L: Option<f64> = Quantity(Voltage, Any), none;
    }
}
