//! Fewer samples for the same shape.

use crate::geometry::morphology::{Branch, Morphology, MorphologyError, Sample};

impl Morphology {
    /// Drops samples that lie, in position and radius, within `tolerance` (µm) of the frustum between those kept (Ramer
    /// 1972, Douglas and Peucker 1973, in the four dimensions x, y, z, r). Ends of branches stay, and so does the tree.
    ///
    /// # Errors
    /// [`MorphologyError::Parameter`] unless the tolerance is a finite number >= 0.
    pub fn simplified(&self, tolerance: f64) -> Result<Morphology, MorphologyError> {
        if !(tolerance >= 0.0 && tolerance.is_finite()) {
            return Err(MorphologyError::Parameter {
                name: "tolerance",
                value: tolerance,
                expected: "a finite number >= 0",
            });
        }
        let branches = self
            .branches()
            .iter()
            .map(|b| Branch { samples: kept(&b.samples, tolerance), ..b.clone() })
            .collect();
        Morphology::new(branches)
    }
}

fn kept(samples: &[Sample], tolerance: f64) -> Vec<Sample> {
    let mut keep = vec![false; samples.len()];
    let last = samples.len() - 1;
    (keep[0], keep[last]) = (true, true);
    let mut todo = vec![(0, last)];
    while let Some((from, to)) = todo.pop() {
        let worst = (from + 1..to)
            .map(|k| (k, deviation(&samples[from], &samples[to], &samples[k])))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((k, d)) = worst.filter(|w| w.1 > tolerance) {
            debug_assert!(d > tolerance);
            keep[k] = true;
            todo.push((from, k));
            todo.push((k, to));
        }
    }
    // A branch that starts and ends in one place needs a point between.
    if samples[0].position == samples[last].position && keep.iter().filter(|k| **k).count() == 2 {
        return samples.to_vec();
    }
    samples.iter().zip(keep).filter(|(_, k)| *k).map(|(s, _)| *s).collect()
}

/// Distance of `s` from the segment a–b in (x, y, z, r).
fn deviation(a: &Sample, b: &Sample, s: &Sample) -> f64 {
    let point = |s: &Sample| [s.position[0], s.position[1], s.position[2], s.radius];
    let (a, b, s) = (point(a), point(b), point(s));
    let along: f64 = (0..4).map(|i| (s[i] - a[i]) * (b[i] - a[i])).sum();
    let length: f64 = (0..4).map(|i| (b[i] - a[i]).powi(2)).sum();
    let t = if length > 0.0 { (along / length).clamp(0.0, 1.0) } else { 0.0 };
    (0..4).map(|i| (s[i] - a[i] - t * (b[i] - a[i])).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use crate::geometry::generators::PyramidalTree;

    #[test]
    fn keeps_the_tree_and_most_of_the_membrane() {
        let full = PyramidalTree { step: 1.0, ..PyramidalTree::default() }.build(3).unwrap();
        let (before, few) = (full.measures(), full.simplified(0.5).unwrap());
        let after = few.measures();
        assert_eq!(after.branches, before.branches);
        assert!(after.samples * 2 < before.samples, "{} {}", after.samples, before.samples);
        assert!((after.length / before.length - 1.0).abs() < 0.02);
        assert!((after.area / before.area - 1.0).abs() < 0.02);
        assert_eq!(full.simplified(0.0).unwrap().measures().length, before.length);
        assert!(full.simplified(f64::NAN).is_err());
    }
}
