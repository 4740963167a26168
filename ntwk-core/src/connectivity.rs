//! From connection rules to target lists.
//!
//! A worker owns a run of target neurons and builds, for each projection, the synapses onto them
//! in compressed rows: one row per source neuron, targets ascending. The sources of a target come
//! from that target's own random stream, so the synapses are the same for any partition.

use std::collections::HashSet;
use std::ops::Range;

use rand_chacha::rand_core::Rng;

use crate::model::{Projection, Source};
use crate::random::{Purpose, below, stream, unit};
use crate::spec::ConnectionSpec;

/// Synapses of one projection onto a run of target neurons, by source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TargetLists {
    /// `offsets[s]..offsets[s + 1]` are the synapses of source `s` in `targets`.
    offsets: Vec<u32>,
    /// Target neurons, counted from the first of the run; ascending within a row.
    targets: Vec<u32>,
}

/// More synapses than the 32-bit index of one worker's projection can hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("projection {projection} has more than {limit} synapses for one thread; use more threads", limit = u32::MAX)]
pub struct TooManySynapses {
    /// Name of the projection.
    pub projection: String,
}

impl TargetLists {
    /// Targets of source `source`.
    #[inline]
    #[must_use]
    pub fn of(&self, source: usize) -> &[u32] {
        &self.targets[self.offsets[source] as usize..self.offsets[source + 1] as usize]
    }

    /// Number of synapses.
    #[must_use]
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there is no synapse.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Builds the synapses of `projection` onto the target neurons `targets`.
    ///
    /// # Errors
    /// [`TooManySynapses`] beyond 2^32 synapses.
    pub fn build(
        projection: &Projection,
        source_size: u32,
        targets: Range<u32>,
        seed: u64,
    ) -> Result<Self, TooManySynapses> {
        let expected = projection.in_degree * f64::from(targets.end - targets.start);
        let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(expected as usize + 16);
        let first = targets.start;
        if let ConnectionSpec::Pairs { sources, targets: written } = &projection.connection {
            // Order of the file, made canonical: by target and, within one, as written.
            for (&source, &target) in sources.iter().zip(written) {
                let target = target as u32;
                if targets.contains(&target) {
                    pairs.push((source as u32, target - first));
                }
            }
            pairs.sort_by_key(|pair| pair.1);
        } else {
            let mut drawn = Vec::new();
            for target in targets {
                drawn.clear();
                draw_sources(projection, source_size, target, seed, &mut drawn);
                pairs.extend(drawn.iter().map(|&source| (source, target - first)));
            }
        }
        if pairs.len() >= u32::MAX as usize {
            return Err(TooManySynapses { projection: projection.name.clone() });
        }
        Ok(Self::from_pairs(&pairs, source_size as usize))
    }

    /// Counting sort by source; keeps the order of targets.
    fn from_pairs(pairs: &[(u32, u32)], source_size: usize) -> Self {
        let mut offsets = vec![0u32; source_size + 1];
        for &(source, _) in pairs {
            offsets[source as usize + 1] += 1;
        }
        for s in 0..source_size {
            offsets[s + 1] += offsets[s];
        }
        let mut next = offsets.clone();
        let mut targets = vec![0; pairs.len()];
        for &(source, target) in pairs {
            let slot = &mut next[source as usize];
            targets[*slot as usize] = target;
            *slot += 1;
        }
        Self { offsets, targets }
    }
}

/// Draws the sources of one target neuron, from the target's own stream.
fn draw_sources(projection: &Projection, n: u32, target: u32, seed: u64, drawn: &mut Vec<u32>) {
    let recurrent = projection.source == Source::Population(projection.target);
    // Without autapses a neuron draws among the n - 1 others: indices from `target` on move up.
    let excluded = |autapses: bool| (recurrent && !autapses).then_some(target);
    let rng = || stream(seed, Purpose::Connectivity, &projection.name, u64::from(target));
    match &projection.connection {
        ConnectionSpec::FixedInDegree { multapses, autapses, .. } => {
            let exclude = excluded(*autapses);
            let candidates = n - u32::from(exclude.is_some());
            let shift = |s: u32| {
                if exclude.is_some_and(|e| s >= e) { s + 1 } else { s }
            };
            let degree = projection.in_degree as u32;
            let mut rng = rng();
            if *multapses {
                drawn.extend((0..degree).map(|_| shift(below(rng.next_u32(), candidates))));
            } else {
                // Floyd's sampling of `degree` different numbers below `candidates`.
                let mut chosen = HashSet::with_capacity(degree as usize);
                for top in candidates - degree..candidates {
                    let pick = below(rng.next_u32(), top + 1);
                    let pick = if chosen.insert(pick) {
                        pick
                    } else {
                        chosen.insert(top);
                        top
                    };
                    drawn.push(shift(pick));
                }
            }
        }
        ConnectionSpec::PairwiseBernoulli { probability, autapses } => {
            let exclude = excluded(*autapses);
            if *probability <= 0.0 {
                return;
            }
            let mut rng = rng();
            // Skip to the next success: geometric gaps instead of a draw per pair.
            let log_failure = f64::ln_1p(-probability);
            let mut source = -1.0;
            loop {
                let u = 1.0 - unit(rng.next_u64());
                let gap = if *probability >= 1.0 { 0.0 } else { (u.ln() / log_failure).floor() };
                source += 1.0 + gap;
                if source >= f64::from(n) {
                    break;
                }
                let s = source as u32;
                if exclude != Some(s) {
                    drawn.push(s);
                }
            }
        }
        ConnectionSpec::AllToAll { autapses } => {
            let exclude = excluded(*autapses);
            drawn.extend((0..n).filter(|&s| exclude != Some(s)));
        }
        ConnectionSpec::OneToOne => drawn.push(target),
        // Handled by the caller: the pairs are not drawn.
        ConnectionSpec::Pairs { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn projection(connection: ConnectionSpec, in_degree: f64, recurrent: bool) -> Projection {
        Projection {
            name: "E_E".to_owned(),
            source: if recurrent { Source::Population(0) } else { Source::Population(1) },
            target: 0,
            receptor: 0,
            weight: 1.0,
            delay_steps: 0,
            release_probability: 1.0,
            connection,
            in_degree,
        }
    }

    fn all_pairs(lists: &TargetLists, sources: u32) -> Vec<(u32, u32)> {
        (0..sources).flat_map(|s| lists.of(s as usize).iter().map(move |&t| (s, t))).collect()
    }

    #[test]
    fn fixed_in_degree_is_exact_and_independent_of_the_partition() {
        for multapses in [true, false] {
            let connection = ConnectionSpec::FixedInDegree {
                in_degree: Some(20),
                probability: None,
                multapses,
                autapses: false,
            };
            let p = projection(connection, 20.0, true);
            let whole = TargetLists::build(&p, 100, 0..100, 3).unwrap();
            let mut in_degree = [0; 100];
            for (s, t) in all_pairs(&whole, 100) {
                assert_ne!(s, t, "no autapse");
                in_degree[t as usize] += 1;
            }
            assert!(in_degree.iter().all(|&k| k == 20));
            if !multapses {
                let pairs = all_pairs(&whole, 100);
                let unique: HashSet<_> = pairs.iter().collect();
                assert_eq!(unique.len(), pairs.len());
            }
            let first = TargetLists::build(&p, 100, 0..37, 3).unwrap();
            let second = TargetLists::build(&p, 100, 37..100, 3).unwrap();
            for s in 0..100 {
                let joined: Vec<u32> = first
                    .of(s)
                    .iter()
                    .copied()
                    .chain(second.of(s).iter().map(|t| t + 37))
                    .collect();
                assert_eq!(joined, whole.of(s));
            }
        }
    }

    #[test]
    fn sources_are_drawn_evenly() {
        let connection = ConnectionSpec::FixedInDegree {
            in_degree: Some(50),
            probability: None,
            multapses: true,
            autapses: false,
        };
        let p = projection(connection, 50.0, true);
        let lists = TargetLists::build(&p, 200, 0..200, 11).unwrap();
        // Out-degrees are binomial(10000 - 50, 1/199): mean 50, sd 7.05; six sd are safe.
        for s in 0..200 {
            let out = lists.of(s).len() as f64;
            assert!((out - 50.0).abs() < 43.0, "source {s}: {out}");
        }
    }

    #[test]
    fn pairwise_bernoulli_has_the_right_density() {
        let p = projection(
            ConnectionSpec::PairwiseBernoulli { probability: 0.1, autapses: false },
            49.9,
            true,
        );
        let lists = TargetLists::build(&p, 500, 0..500, 5).unwrap();
        // Mean 500 * 499 * 0.1 = 24950, sd 150; five sd.
        assert!((lists.len() as f64 - 24_950.0).abs() < 750.0, "{}", lists.len());
        let certain = projection(
            ConnectionSpec::PairwiseBernoulli { probability: 1.0, autapses: false },
            499.0,
            true,
        );
        assert_eq!(TargetLists::build(&certain, 500, 0..500, 5).unwrap().len(), 500 * 499);
    }

    #[test]
    fn explicit_rules() {
        let one = TargetLists::build(&projection(ConnectionSpec::OneToOne, 1.0, false), 5, 0..5, 1)
            .unwrap();
        assert_eq!(all_pairs(&one, 5), (0..5).map(|i| (i, i)).collect::<Vec<_>>());
        let all = ConnectionSpec::AllToAll { autapses: false };
        assert_eq!(TargetLists::build(&projection(all, 4.0, true), 5, 0..5, 1).unwrap().len(), 20);
        let pairs = ConnectionSpec::Pairs { sources: vec![3, 1, 3], targets: vec![2, 0, 2] };
        let lists = TargetLists::build(&projection(pairs, 0.6, false), 5, 0..5, 1).unwrap();
        assert_eq!(all_pairs(&lists, 5), vec![(1, 0), (3, 2), (3, 2)]);
    }
}
