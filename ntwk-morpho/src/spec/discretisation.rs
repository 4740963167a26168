//! `[discretisation]`: how branches are cut.

use super::MembraneSpec;
use crate::Discretisation;

ntwk_core::variants! {
    /// How branches are cut.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub enum DiscretisationSpec, key = "rule", what = "rule", none {
        /// no compartment longer than this part of the length constant at that frequency (Hines and Carnevale 2001)
        DLambda = "d_lambda" {
            /// largest compartment in units of the length constant
            d_lambda: f64 = Quantity(Number, Positive), or(0.1);
            /// frequency of the length constant
            frequency: f64 = Quantity(Rate, Positive), or(100.0);
        },
        /// no compartment longer than this
        MaxLength = "max_length" {
            /// longest compartment
            max_length: f64 = Quantity(Length, Positive), required;
        },
        /// so many compartments per branch
        PerBranch = "per_branch" {
            /// number of compartments
            per_branch: u64 = Count(1, 1_000_000), required;
        },
        /// one compartment per sample of the morphology
        PerSample = "per_sample",
    }
}

impl DiscretisationSpec {
    /// The rule with the constants of the membrane.
    #[must_use]
    #[allow(non_snake_case)]
    pub fn rule(&self, membrane: &MembraneSpec) -> Discretisation {
        let (R_i, C_m) = (membrane.R_i, membrane.C_m);
        match *self {
            Self::DLambda { d_lambda, frequency } => {
                Discretisation::DLambda { d_lambda, frequency, R_i, C_m }
            }
            Self::MaxLength { max_length } => Discretisation::MaxLength(max_length),
            Self::PerBranch { per_branch } => Discretisation::PerBranch(per_branch as usize),
            Self::PerSample => Discretisation::PerSample,
        }
    }
}
