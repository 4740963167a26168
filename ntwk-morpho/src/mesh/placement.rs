//! Spreading synapses over a cell by density.

use crate::mesh::compartments::{Compartments, Location};
use crate::mesh::selection::Selection;
use crate::parameter_error::ParameterError;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// What a density counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Number per µm² of membrane.
    Area,
    /// Number per µm of branch.
    Length,
}

/// How numbers become whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spread {
    /// Evenly spaced: one after every ΣA/n of membrane (or of length), in the order of the compartments, the first after half of
    /// that; compartment k gets ⌊ρ A_k⌋ or one more. No randomness.
    Even,
    /// Each one falls on a compartment with probability A_k/ΣA (multinomial) and anywhere in it; a stream of its own.
    Random {
        /// Seed of the stream.
        seed: u64,
    },
}

/// The most places one call gives.
pub const MAX_PLACES: f64 = 1e7;

impl Compartments {
    /// Places for round(ρ ΣA) synapses over the selected compartments, in the order of the compartments.
    ///
    /// # Errors
    /// [`ParameterError`] when the density ρ (1/µm² or 1/µm) is negative or not finite, or asks for more than
    /// [`MAX_PLACES`] places. A selection without compartments gives no place.
    pub fn spread(
        &self,
        selection: &Selection,
        per: Per,
        density: f64,
        spread: Spread,
    ) -> Result<Vec<Location>, ParameterError> {
        let unit = if per == Per::Area { "1/um2" } else { "1/um" };
        ParameterError::not_negative("density", density, unit)?;
        let places = selection.indices(self);
        let list = self.as_slice();
        let expected: Vec<f64> = places
            .iter()
            .map(|&k| density * if per == Per::Area { list[k].area } else { list[k].length })
            .collect();
        let sum: f64 = expected.iter().sum();
        if sum > MAX_PLACES {
            let expected = "a density of at most 1e7 synapses in all";
            return Err(ParameterError { name: "density", value: density, unit, expected });
        }
        let total = sum.round() as usize;
        Ok(match spread {
            Spread::Even => {
                let step = sum / total.max(1) as f64;
                let mut found = Vec::with_capacity(total);
                let mut start = 0.0;
                for (&k, &e) in places.iter().zip(&expected) {
                    // Place j is due where the sum over the compartments reaches (j + 1/2) steps.
                    let due = |found: &[Location]| (found.len() as f64 + 0.5) * step;
                    while found.len() < total && due(&found) < start + e {
                        let c = &list[k];
                        let within = ((due(&found) - start) / e).clamp(0.0, 1.0);
                        found.push(Location::new(
                            c.branch,
                            c.x_start + within * (c.x_end - c.x_start),
                        ));
                    }
                    start += e;
                }
                found
            }
            Spread::Random { seed } => {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                let mut ends = Vec::with_capacity(expected.len());
                let mut end = 0.0;
                for e in &expected {
                    end += e;
                    ends.push(end);
                }
                let mut drawn: Vec<(usize, f64)> = (0..total)
                    .map(|_| {
                        let at = rng.random::<f64>() * end;
                        (
                            ends.partition_point(|&e| e <= at).min(places.len() - 1),
                            rng.random::<f64>(),
                        )
                    })
                    .collect();
                drawn.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
                let within = |(i, u): (usize, f64)| {
                    let c = &list[places[i]];
                    Location::new(c.branch, c.x_start + u * (c.x_end - c.x_start))
                };
                drawn.into_iter().map(within).collect()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::generators::PyramidalTree;
    use crate::{Discretisation, Region};

    fn counts(c: &Compartments, places: &[Location]) -> Vec<usize> {
        let mut n = vec![0; c.len()];
        for &p in places {
            // x = 0 is the end node of the branch, which has no area; a draw falls there with probability zero.
            n[c.node(p).unwrap()] += 1;
        }
        n
    }

    #[test]
    fn totals_and_expectations_follow_the_area() {
        let tree = PyramidalTree::default().build(4).unwrap();
        let c = tree.compartments(&Discretisation::MaxLength(20.0)).unwrap();
        let selection = Selection::Dendrites & !Selection::Region(Region::Apical);
        let area: f64 = selection.indices(&c).iter().map(|&k| c.as_slice()[k].area).sum();
        let even = c.spread(&selection, Per::Area, 0.3, Spread::Even).unwrap();
        assert_eq!(even.len(), (0.3 * area).round() as usize);
        for (k, n) in counts(&c, &even).into_iter().enumerate() {
            let mean = 0.3 * c.as_slice()[k].area;
            let in_it = c.as_slice()[k].region == Region::Basal;
            assert!(if in_it { (n as f64 - mean).abs() < 1.0 } else { n == 0 });
        }
        // Mean over seeds of a multinomial: within five standard errors.
        let mut sum = vec![0.0; c.len()];
        for seed in 0..200 {
            let places = c.spread(&selection, Per::Area, 0.3, Spread::Random { seed }).unwrap();
            assert_eq!(places.len(), even.len());
            for (s, n) in sum.iter_mut().zip(counts(&c, &places)) {
                *s += n as f64 / 200.0;
            }
        }
        for k in selection.indices(&c) {
            let mean = 0.3 * c.as_slice()[k].area;
            assert!(
                (sum[k] - mean).abs() < 5.0 * (mean / 200.0).sqrt() + 1e-3 * mean,
                "{k} {} {mean}",
                sum[k]
            );
        }
        let again = c.spread(&selection, Per::Area, 0.3, Spread::Random { seed: 3 }).unwrap();
        assert_eq!(
            again,
            c.spread(&selection, Per::Area, 0.3, Spread::Random { seed: 3 }).unwrap()
        );
        assert!(c.spread(&selection, Per::Length, -1.0, Spread::Even).is_err());
        assert!(c.spread(&selection, Per::Length, 1e9, Spread::Even).is_err());
        let none = Selection::Region(Region::Custom(9));
        assert_eq!(c.spread(&none, Per::Length, 1.0, Spread::Random { seed: 1 }).unwrap(), []);
    }
    #[test]
    fn even_places_are_as_far_apart_everywhere() {
        let tree = PyramidalTree::default().build(4).unwrap();
        for largest in [5.0, 50.0] {
            let c = tree.compartments(&Discretisation::MaxLength(largest)).unwrap();
            // One per 37 µm: less than one per short compartment, none of which is preferred to its neighbours.
            let branch: Selection = "branch 3".parse().unwrap();
            let total: f64 = branch.indices(&c).iter().map(|&k| c.as_slice()[k].length).sum();
            let n = (total / 37.0).round();
            let places = c.spread(&branch, Per::Length, 1.0 / 37.0, Spread::Even).unwrap();
            assert_eq!(places.len() as f64, n);
            for (j, place) in places.iter().enumerate() {
                assert!((place.x - (j as f64 + 0.5) / n).abs() < 1e-9, "{largest}: {places:?}");
            }
            // Many per compartment are not on top of each other either.
            let places = c.spread(&branch, Per::Length, 3.0, Spread::Even).unwrap();
            let gaps = places.windows(2).map(|p| (p[1].x - p[0].x) * total);
            assert!(gaps.clone().all(|gap| (gap - 1.0 / 3.0).abs() < 1e-3), "{largest}");
        }
    }
}
