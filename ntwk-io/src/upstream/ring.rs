//! The ring of the package: connections whose probability falls with the distance of the neurons' numbers.
//!
//! The package takes the numbers of neurons as places, with odds `exp(-(d / SpatialDecay)²)` for the distance `d` in numbers
//! and delays `Delay d`, along the ring of the source. Here a number is a micrometre, and every population lies on a ring of
//! its own length.

use ntwk_core::spec::{ConnectionSpec, DelaySpec, ModelSpec, ProjectionSpec, SpaceSpec};

use super::dictionary::Dictionary;

/// What a pair of populations says about its ring.
#[derive(Clone, Copy)]
pub(super) struct Ring {
    /// Distance in numbers of the source.
    decay: f64,
    /// Delay per number of the source (ms).
    delay: f64,
}

impl Ring {
    /// The ring of a pair, if it has one. Afferent events know no places.
    pub(super) fn read(
        dictionary: &mut Dictionary<'_>,
        source: &str,
        target: &str,
        is_afferent: bool,
    ) -> Option<Self> {
        let [decay_key, delay_key] =
            ["SpatialDecay", "Delay"].map(|word| format!("{word}_{source}_{target}"));
        let (decay, delay) = (dictionary.number(&decay_key), dictionary.number(&delay_key));
        for (key, value) in [(&decay_key, decay), (&delay_key, delay)] {
            if let (Some(value), true) = (value, is_afferent) {
                dictionary.note(format!(
                    "{key} = {value}: without effect, as in the package, whose afferent events have no place on the ring"
                ));
            }
        }
        if is_afferent {
            return None;
        }
        if let (None, Some(delay)) = (decay, delay) {
            dictionary.note(format!(
                "{delay_key} = {delay}: left out; the package reads it beside {decay_key} alone"
            ));
        }
        let ring = Self { decay: decay?, delay: delay.unwrap_or(0.0) };
        for (key, value, least, allowed) in [
            (decay_key, ring.decay, f64::MIN_POSITIVE, "> 0"),
            (delay_key, ring.delay, 0.0, ">= 0"),
        ] {
            if value < least {
                dictionary.broken(&key, format!("must be {allowed}"));
            }
        }
        Some(ring)
    }

    /// Places the populations of a projection and its synapses on the ring.
    pub(super) fn place(
        self,
        dictionary: &mut Dictionary<'_>,
        spec: &mut ModelSpec,
        projection: &mut ProjectionSpec,
        probability: f64,
    ) {
        let target = &projection.target[0];
        let size = |name: &String| spec.populations.get(name).map(|p| p.size as f64);
        let (Some(n), Some(n_target)) = (size(&projection.source), size(target)) else { return };
        if n != n_target {
            dictionary.note(format!(
                "SpatialDecay_{}_{target}: as in the package, which compares the numbers of neurons, populations of \
                 different size ({n} and {n_target}) lie side by side only in part; for rings of one length give both \
                 populations the same space.length, and set sigma and velocity",
                projection.source
            ));
        }
        dictionary.note(
            "SpatialDecay_*: populations lie on a ring, as with with_ring_geometry = True in the package's scripts"
                .to_owned(),
        );
        for name in [&projection.source, target] {
            if let Some(population) = spec.populations.get_mut(name) {
                population.space = Some(SpaceSpec::Ring { length: population.size as f64 });
            }
        }
        projection.connection = ConnectionSpec::DistanceGaussian {
            sigma: self.decay / std::f64::consts::SQRT_2,
            probability: None,
            in_degree: Some((probability * n).max(0.0) as u64),
            multapses: false,
            autapses: false,
        };
        if self.delay > 0.0 {
            // 1 µm/ms is 1e-3 m/s.
            let velocity = 1e-3 / self.delay;
            projection.delay = DelaySpec::Distance { base: 0.0, velocity };
        }
    }
}
