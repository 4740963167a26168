//! Locations on a cell written as text: `soma`, `apical tip`, `branch 3 at 0.5`, `sample 120`, `apical at 300 um`.

use crate::geometry::morphology::Morphology;
use crate::geometry::region::Region;
use crate::mesh::compartments::{Compartments, Location};
use crate::mesh::selection::region;
use ntwk_core::Dimension;
use std::fmt;
use std::str::FromStr;

/// A point of a cell as a person names it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LocationSpec {
    /// The middle of the first soma branch, of the root branch where there is none.
    Soma,
    /// The tip of the dendrite (or of one region) that is farthest from the origin along the path.
    Tip(Option<Region>),
    /// A fraction of a branch.
    Branch(Location),
    /// A sample of the SWC file, by its id.
    Sample(i64),
    /// On the way from the origin to the farthest tip of a region, at this path distance (µm).
    Path {
        /// The region, any dendrite when absent.
        region: Option<Region>,
        /// Path distance (µm).
        distance: f64,
    },
}

impl FromStr for LocationSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = "expected \"soma\", \"tip\", \"apical tip\", \"apical at 300 um\", \"branch 3 at 0.5\" or \"sample 120\"";
        let words: Vec<&str> = text.split_whitespace().collect();
        let of = |word: &str| match word {
            "dendrites" | "dendrite" => Some(None),
            word => region(word).map(Some),
        };
        let location = match words.as_slice() {
            ["soma"] => Some(LocationSpec::Soma),
            ["tip"] => Some(LocationSpec::Tip(None)),
            [word, "tip"] => of(word).map(LocationSpec::Tip),
            ["sample", id] => id.parse().ok().map(LocationSpec::Sample),
            ["branch", b, "at", x] => match (b.parse(), x.parse()) {
                (Ok(b), Ok(x)) if (0.0..=1.0).contains(&x) => {
                    Some(LocationSpec::Branch(Location::new(b, x)))
                }
                _ => None,
            },
            [word, "at", rest @ ..] if !rest.is_empty() => match of(word) {
                Some(region) => {
                    let distance =
                        Dimension::Length.parse(&rest.join(" ")).map_err(|e| e.to_string())?;
                    (distance >= 0.0 && distance.is_finite())
                        .then_some(LocationSpec::Path { region, distance })
                }
                None => None,
            },
            _ => None,
        };
        location.ok_or_else(|| expected.to_owned())
    }
}

impl fmt::Display for LocationSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LocationSpec::Soma => f.write_str("soma"),
            LocationSpec::Tip(None) => f.write_str("tip"),
            LocationSpec::Tip(Some(r)) => write!(f, "{r} tip"),
            LocationSpec::Branch(at) => write!(f, "branch {} at {}", at.branch, at.x),
            LocationSpec::Sample(id) => write!(f, "sample {id}"),
            LocationSpec::Path { region: None, distance } => {
                write!(f, "dendrites at {distance} um")
            }
            LocationSpec::Path { region: Some(r), distance } => write!(f, "{r} at {distance} um"),
        }
    }
}

impl LocationSpec {
    /// The point on a cell.
    ///
    /// # Errors
    /// Why there is no such point.
    pub fn locate(
        &self,
        morphology: &Morphology,
        compartments: &Compartments,
    ) -> Result<Location, String> {
        let keep = |region: Option<Region>| {
            move |r: Region| region.map_or(r.is_dendrite(), |wanted| r == wanted)
        };
        let tip = |region: Option<Region>| {
            morphology.farthest_tip(keep(region)).ok_or_else(|| match region {
                Some(r) => format!("the cell has no tip in the region {r}"),
                None => "the cell has no dendrite".to_owned(),
            })
        };
        match *self {
            LocationSpec::Soma => {
                let soma = morphology.branches().iter().position(|b| b.region == Region::Soma);
                Ok(Location::new(soma.unwrap_or(0), 0.5))
            }
            LocationSpec::Tip(region) => Ok(Location::new(tip(region)?, 1.0)),
            LocationSpec::Branch(at) => {
                compartments.node(at).map_err(|e| e.to_string())?;
                Ok(at)
            }
            LocationSpec::Sample(id) => compartments.location_of_sample(id).ok_or_else(|| {
                format!("there is no sample {id} (samples of a generated or simplified cell have no ids)")
            }),
            LocationSpec::Path { region, distance } => {
                let ends = morphology.path_distances();
                let last = tip(region)?;
                let mut branch = last;
                loop {
                    let [from, to] = ends[branch];
                    if distance > to {
                        return Err(format!("the path to the farthest tip ends at {to:.1} um"));
                    }
                    if distance >= from && to > from {
                        return Ok(Location::new(branch, (distance - from) / (to - from)));
                    }
                    match morphology.branches()[branch].parent {
                        Some(at) => branch = at.branch,
                        None => return Ok(Location::new(branch, 0.5)),
                    }
                }
            }
        }
    }
}
