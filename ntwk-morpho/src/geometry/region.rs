//! What a piece of a neuron is: the SWC structure types.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Structure type of a branch, numbered as in SWC files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// Type 0.
    Undefined,
    /// Type 1.
    Soma,
    /// Type 2.
    Axon,
    /// Type 3: dendrite, basal dendrite of a pyramidal cell.
    Basal,
    /// Type 4: apical dendrite.
    Apical,
    /// Types 5 and above, with the number of the file.
    Custom(u32),
}

impl Region {
    /// The region of an SWC structure type; negative numbers have none.
    #[must_use]
    pub fn from_swc(tag: i64) -> Option<Self> {
        Some(match tag {
            0 => Region::Undefined,
            1 => Region::Soma,
            2 => Region::Axon,
            3 => Region::Basal,
            4 => Region::Apical,
            n => Region::Custom(u32::try_from(n).ok()?),
        })
    }

    /// The SWC structure type.
    #[must_use]
    pub fn to_swc(self) -> u32 {
        match self {
            Region::Undefined => 0,
            Region::Soma => 1,
            Region::Axon => 2,
            Region::Basal => 3,
            Region::Apical => 4,
            Region::Custom(n) => n,
        }
    }

    /// Basal, apical or custom: neither soma, axon nor undefined.
    #[must_use]
    pub fn is_dendrite(self) -> bool {
        matches!(self, Region::Basal | Region::Apical | Region::Custom(_))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Region::Undefined => f.write_str("undefined"),
            Region::Soma => f.write_str("soma"),
            Region::Axon => f.write_str("axon"),
            Region::Basal => f.write_str("basal"),
            Region::Apical => f.write_str("apical"),
            Region::Custom(n) => write!(f, "custom{n}"),
        }
    }
}
