//! Where the synapses of a study are: at one point, or spread over a part of the tree.

use std::fmt;
use std::str::FromStr;

use crate::geometry::morphology::Morphology;
use crate::mesh::compartments::{Compartments, Location};
use crate::mesh::location_spec::LocationSpec;
use crate::mesh::selection::Selection;

/// One point of a cell, or a part of its tree over which synapses are spread.
#[derive(Debug, Clone, PartialEq)]
pub enum Sites {
    /// All at one point.
    Point(LocationSpec),
    /// Spread evenly by length.
    Part(Selection),
}

impl FromStr for Sites {
    type Err = String;

    /// A location (`apical at 300 um`, `soma`) where the text is one, else a selection (`branch 3`, `subtree 7`,
    /// `basal and distance > 100 um`).
    fn from_str(text: &str) -> Result<Self, String> {
        let location = match text.parse() {
            Ok(location) => return Ok(Self::Point(location)),
            Err(location) => location,
        };
        text.parse().map(Self::Part).map_err(|selection| {
            format!(
                "neither a location ({location}) nor a selection such as \"branch 3\" ({selection})"
            )
        })
    }
}

impl fmt::Display for Sites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Point(location) => location.fmt(f),
            Self::Part(selection) => selection.fmt(f),
        }
    }
}

impl From<LocationSpec> for Sites {
    fn from(location: LocationSpec) -> Self {
        Self::Point(location)
    }
}

impl From<Selection> for Sites {
    fn from(selection: Selection) -> Self {
        Self::Part(selection)
    }
}

impl Sites {
    /// Places of `n` synapses, in the order of the compartments: `n` times the point, or in the middles of `n`
    /// stretches of the part of equal length, as near as compartments allow.
    ///
    /// # Errors
    /// Why there is no such place.
    pub fn places(
        &self,
        n: usize,
        morphology: &Morphology,
        compartments: &Compartments,
    ) -> Result<Vec<Location>, String> {
        match self {
            Self::Point(location) => Ok(vec![location.locate(morphology, compartments)?; n]),
            Self::Part(selection) => {
                let list = compartments.as_slice();
                let chosen = selection.indices(compartments);
                let length: f64 = chosen.iter().map(|&k| list[k].length).sum();
                if length == 0.0 {
                    let last = compartments.n_branches() - 1;
                    return Err(format!(
                        "no compartment meets the selection (branches are numbered 0 to {last})"
                    ));
                }
                // Site k lies in the middle of the k-th of n equal stretches, in the centre of its compartment.
                let mut places = Vec::with_capacity(n);
                let mut end = 0.0;
                for &k in &chosen {
                    end += list[k].length;
                    let until = ((end / length * n as f64 + 0.5).floor() as usize).min(n);
                    places
                        .resize(until.max(places.len()), Location::new(list[k].branch, list[k].x));
                }
                // The rounding of the sum of lengths.
                let last = chosen
                    .last()
                    .map_or(Location::new(0, 0.5), |&k| Location::new(list[k].branch, list[k].x));
                places.resize(n, last);
                Ok(places)
            }
        }
    }
}

/// An order of `n` places in which the first few, however many, lie spread over all: each next one falls into one of the
/// largest gaps (multiples of the golden ratio, modulo 1).
#[must_use]
pub fn spread_order(n: usize) -> Vec<usize> {
    let golden = (5f64.sqrt() - 1.0) / 2.0;
    let at: Vec<f64> = (0..n).map(|i| ((i as f64 + 0.5) * golden).fract()).collect();
    let mut ranked: Vec<usize> = (0..n).collect();
    ranked.sort_by(|&a, &b| at[a].total_cmp(&at[b]));
    let mut order = vec![0; n];
    for (place, &i) in ranked.iter().enumerate() {
        order[i] = place;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Discretisation;
    use crate::geometry::generators::PyramidalTree;

    #[test]
    fn a_text_is_a_location_or_a_selection() {
        let point = |t: &str| Sites::Point(t.parse().unwrap());
        for text in ["soma", "apical tip", "branch 3 at 0.5", "apical at 300 um"] {
            assert_eq!(text.parse(), Ok(point(text)), "{text}");
        }
        for text in ["branch 3", "subtree 2", "apical and distance >= 100"] {
            let part = Sites::Part(text.parse().unwrap());
            assert_eq!(text.parse(), Ok(part.clone()), "{text}");
            assert_eq!(part.to_string(), text);
        }
        let said = "branche 3".parse::<Sites>().unwrap_err();
        assert!(said.contains("did you mean \"branch\"?"), "{said}");
    }

    #[test]
    fn places_are_spread_over_the_part_in_any_number() {
        let tree = PyramidalTree::default().build(2).unwrap();
        let c = tree.compartments(&Discretisation::MaxLength(5.0)).unwrap();
        let branch = (1..c.n_branches()).find(|&b| c.of_branch(b).len() > 12).unwrap();
        let part: Sites = format!("branch {branch}").parse().unwrap();
        let places = part.places(8, &tree, &c).unwrap();
        assert_eq!(places.len(), 8);
        assert!(places.iter().all(|p| p.branch == branch));
        for (i, p) in places.iter().enumerate() {
            assert!((p.x - (i as f64 + 0.5) / 8.0).abs() < 1.0 / 8.0, "{places:?}");
        }
        // Of eight places in a row, the first three in order leave no half empty.
        let order = spread_order(8);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..8).collect::<Vec<_>>());
        assert!(order[..3].iter().any(|&k| k < 4) && order[..3].iter().any(|&k| k >= 4));
        let point: Sites = "soma".parse().unwrap();
        assert_eq!(point.places(3, &tree, &c), Ok(vec![Location::new(0, 0.5); 3]));
        let said = "branch 9999".parse::<Sites>().unwrap().places(3, &tree, &c).unwrap_err();
        assert!(said.contains("numbered 0 to"), "{said}");
    }
}
