//! Connection rules: counts, independence of the partition, weights and delays.

use std::collections::HashSet;

use super::*;
use crate::model::{Positions, Source};
use crate::spec::{ConnectionSpec, DelaySpec, Distribution, DistributionShape};

fn projection(connection: ConnectionSpec, in_degree: f64, recurrent: bool) -> Projection {
    Projection {
        name: "E_E".to_owned(),
        source: if recurrent { Source::Population(0) } else { Source::Population(1) },
        target: 0,
        receptor: 0,
        weight: 1.0,
        weights: Distribution::Constant(1.0),
        delay_steps: 0,
        delays: DelaySpec::constant(0.0),
        release_probability: 1.0,
        connection,
        in_degree,
        in_degree_sd: 0.0,
        multapses: 0.0,
        plasticity: None,
        synapse: None,
    }
}

fn build(projection: &Projection, source_size: u32, targets: Range<u32>, seed: u64) -> TargetLists {
    build_onto(projection, source_size, targets.clone(), targets.end, seed)
}

fn build_onto(
    projection: &Projection,
    source_size: u32,
    targets: Range<u32>,
    target_size: u32,
    seed: u64,
) -> TargetLists {
    let spaces = Some([SpaceSpec::Ring { length: 1000.0 }; 2]);
    let job = &Job::new();
    let wiring = Wiring { projection, source_size, target_size, spaces, dt: 0.1, seed, job };
    TargetLists::build(&wiring, targets).unwrap()
}

/// Targets of `source` at `delay` steps.
fn targets(lists: &TargetLists, source: u32, delay: u32) -> Vec<u32> {
    let row = lists.row_at(source, delay);
    row.map(|i| lists.delay_and_target(lists.place_of(i)).1).collect()
}

fn all_pairs(lists: &TargetLists, sources: u32) -> Vec<(u32, u32)> {
    (0..sources)
        .flat_map(|s| lists.delays().map(move |d| (s, d)))
        .flat_map(|(s, d)| targets(lists, s, d).into_iter().map(move |t| (s, t)))
        .collect()
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
        let whole = build(&p, 100, 0..100, 3);
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
        let first = build(&p, 100, 0..37, 3);
        let second = build(&p, 100, 37..100, 3);
        for s in 0..100 {
            let mut joined = targets(&first, s, 0);
            joined.extend(targets(&second, s, 0).iter().map(|t| t + 37));
            assert_eq!(joined, targets(&whole, s, 0));
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
    let lists = build(&p, 200, 0..200, 11);
    // Out-degrees are binomial(10000 - 50, 1/199): mean 50, sd 7.05; six sd are safe.
    for s in 0..200 {
        let out = lists.row(s).len() as f64;
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
    let lists = build(&p, 500, 0..500, 5);
    // Mean 500 * 499 * 0.1 = 24950, sd 150; five sd.
    assert!((lists.len() as f64 - 24_950.0).abs() < 750.0, "{}", lists.len());
    let certain = projection(
        ConnectionSpec::PairwiseBernoulli { probability: 1.0, autapses: false },
        499.0,
        true,
    );
    assert_eq!(build(&certain, 500, 0..500, 5).len(), 500 * 499);
}

#[test]
fn explicit_rules() {
    let one = build(&projection(ConnectionSpec::OneToOne, 1.0, false), 5, 0..5, 1);
    assert_eq!(all_pairs(&one, 5), (0..5).map(|i| (i, i)).collect::<Vec<_>>());
    let all = ConnectionSpec::AllToAll { autapses: false };
    assert_eq!(build(&projection(all, 4.0, true), 5, 0..5, 1).len(), 20);
    let pairs = ConnectionSpec::pairs(vec![3, 1, 3], vec![2, 0, 2]);
    let lists = build(&projection(pairs, 0.6, false), 5, 0..5, 1);
    assert_eq!(all_pairs(&lists, 5), vec![(1, 0), (3, 2), (3, 2)]);
}

/// Every rule with drawn weights and delays: the halves of the targets make the whole.
#[test]
fn the_synapses_do_not_depend_on_the_partition() {
    let autapses = false;
    let rules = [
        ConnectionSpec::fixed_in_degree(20),
        ConnectionSpec::FixedOutDegree { out_degree: 30, multapses: true, autapses },
        ConnectionSpec::FixedOutDegree { out_degree: 30, multapses: false, autapses },
        ConnectionSpec::FixedTotalNumber { number: 20_000, autapses },
        ConnectionSpec::PairwiseBernoulli { probability: 0.1, autapses },
        ConnectionSpec::DistanceGaussian {
            sigma: 80.0,
            probability: Some(0.4),
            in_degree: None,
            multapses: true,
            autapses,
        },
        ConnectionSpec::DistanceGaussian {
            sigma: 80.0,
            probability: None,
            in_degree: Some(25),
            multapses: true,
            autapses,
        },
        ConnectionSpec::DistanceGaussian {
            sigma: 80.0,
            probability: None,
            in_degree: Some(25),
            multapses: false,
            autapses,
        },
        ConnectionSpec::pairs((0..1000).collect(), (0..1000).rev().collect()),
    ];
    let n = 1000;
    for rule in rules {
        let mut p = projection(rule, 20.0, true);
        p.weights = Distribution::Drawn(DistributionShape::Normal { mean: 1.0, sd: 0.3 });
        p.delays = DelaySpec::Drawn(Distribution::Drawn(DistributionShape::Uniform {
            low: 0.3,
            high: 2.0,
        }));
        let synapses = |range: Range<u32>| {
            let lists = build_onto(&p, n, range.clone(), n, 3);
            assert!(lists.delays().start >= 3 && lists.delays().end <= 21);
            let mut found = Vec::new();
            for source in 0..n {
                for delay in lists.delays() {
                    for i in lists.row_at(source, delay) {
                        let weight = lists.weights().unwrap()[i];
                        assert!(weight >= 0.0);
                        let (its_delay, target) = lists.delay_and_target(lists.place_of(i));
                        assert_eq!(its_delay, delay);
                        found.push((source, delay, target + range.start, weight.to_bits()));
                    }
                }
            }
            found
        };
        let whole = synapses(0..n);
        assert!(whole.len() >= 1000, "{:?}: {}", p.connection, whole.len());
        let mut joined = synapses(0..512);
        joined.extend(synapses(512..n));
        joined.sort_by_key(|s| (s.0, s.1, s.2));
        let mut sorted = whole.clone();
        sorted.sort_by_key(|s| (s.0, s.1, s.2));
        assert_eq!(joined, sorted, "{:?}", p.connection);
        assert!(
            whole.iter().all(|s| s.0 != s.2)
                || matches!(p.connection, ConnectionSpec::Pairs { .. })
        );
        if let ConnectionSpec::FixedOutDegree { out_degree, .. } = p.connection {
            for source in 0..n {
                let out = whole.iter().filter(|s| s.0 == source).count() as u64;
                assert_eq!(out, out_degree);
            }
        }
        if let ConnectionSpec::FixedTotalNumber { number, .. } = p.connection {
            assert_eq!(whole.len() as u64, number);
        }
    }
}

/// Distances of the Gaussian rule have the width asked for: on a line, the standard deviation is
/// sigma.
#[test]
fn the_gaussian_rule_has_its_width() {
    for (probability, in_degree) in [(Some(0.5), None), (None, Some(40))] {
        let rule = ConnectionSpec::DistanceGaussian {
            sigma: 60.0,
            probability,
            in_degree,
            multapses: true,
            autapses: true,
        };
        let p = projection(rule, 40.0, true);
        let n = 1000;
        let lists = build(&p, n, 0..n, 5);
        let positions = Positions::new(SpaceSpec::Ring { length: 1000.0 }, n);
        let pairs = all_pairs(&lists, n);
        let square: f64 =
            pairs.iter().map(|&(s, t)| positions.distance(s, positions.of(t)).powi(2)).sum();
        let width = (square / pairs.len() as f64).sqrt();
        // 40,000 or more distances: standard error 0.4 % of sigma.
        assert!((width - 60.0).abs() < 1.2, "{width}");
        if probability.is_some() {
            // 0.5 sqrt(2 pi) 60 per neuron of 1 µm spacing.
            let mean = pairs.len() as f64 / f64::from(n);
            assert!((mean - 75.2).abs() < 1.5, "{mean}");
        }
    }
}

#[test]
fn a_distance_delay_grows_with_distance() {
    let mut p = projection(ConnectionSpec::AllToAll { autapses: false }, 99.0, true);
    p.delays = DelaySpec::Distance { base: 0.5, velocity: 0.1 };
    let lists = build(&p, 100, 0..100, 1);
    // Neurons 0 and 50 are 500 µm apart: 0.5 ms + 5 ms = 55 steps; neighbours 10 µm: 6 steps.
    assert!(targets(&lists, 0, 55).contains(&50));
    assert_eq!(targets(&lists, 0, 6), [1, 99]);
}

/// A width so small that every weight is zero in floating-point numbers: the nearest neurons are drawn, never the neuron itself.
#[test]
fn a_tiny_width_draws_the_nearest_neurons() {
    let rule = ConnectionSpec::DistanceGaussian {
        sigma: 0.2,
        probability: None,
        in_degree: Some(5),
        multapses: true,
        autapses: false,
    };
    let p = projection(rule, 5.0, true);
    let lists = build(&p, 100, 0..100, 5);
    let pairs = all_pairs(&lists, 100);
    assert_eq!(pairs.len(), 500);
    for (source, target) in pairs {
        let apart = source.abs_diff(target);
        assert!(apart == 1 || apart == 99, "{source} to {target}");
    }
}

/// Without multapses every source is another, the neuron itself never one, and the odds of every draw are those of the distances
/// of the sources that are left.
#[test]
fn the_gaussian_rule_draws_every_source_once() {
    let rule = |multapses, in_degree| ConnectionSpec::DistanceGaussian {
        sigma: 60.0,
        probability: None,
        in_degree: Some(in_degree),
        multapses,
        autapses: false,
    };
    let n = 1000;
    let positions = Positions::new(SpaceSpec::Ring { length: 1000.0 }, n);
    let width = |multapses: bool, in_degree: u64| {
        let lists = build(&projection(rule(multapses, in_degree), 40.0, true), n, 0..n, 5);
        let pairs = all_pairs(&lists, n);
        assert_eq!(pairs.len() as u64, u64::from(n) * in_degree);
        assert!(pairs.iter().all(|(s, t)| s != t));
        if !multapses {
            let mut different = pairs.clone();
            different.sort_unstable();
            different.dedup();
            assert_eq!(different.len(), pairs.len());
        }
        let square: f64 =
            pairs.iter().map(|&(s, t)| positions.distance(s, positions.of(t)).powi(2)).sum();
        (square / pairs.len() as f64).sqrt()
    };
    // 1000 distances of first draws: standard error 2.2 % of sigma.
    assert!((width(false, 1) - 60.0).abs() < 5.0, "{}", width(false, 1));
    // NumPy's `random.choice(n, 100, p=..., replace=False)` has 64.6; with replacement it is sigma.
    assert!((width(false, 100) - 64.6).abs() < 1.0, "{}", width(false, 100));
    assert!((width(true, 100) - 60.0).abs() < 1.0, "{}", width(true, 100));
    // All others, where there are no more.
    assert_eq!(width(false, 999).round(), 289.0);
}

/// Two projections that share rows have the synapses of their target lists, in the same order for each target; few delays are
/// counted, many sorted.
#[test]
fn shared_rows_hold_the_synapses_of_the_lists() {
    for (high, own_weights) in [(2.0, true), (300.0, true), (2.0, false)] {
        let mut first = projection(
            // Many multapses with one delay.
            ConnectionSpec::FixedTotalNumber { number: 120_000, autapses: true },
            200.0,
            true,
        );
        first.delays =
            DelaySpec::Drawn(Distribution::Drawn(DistributionShape::Uniform { low: 0.3, high }));
        if own_weights {
            let normal = DistributionShape::Normal { mean: 1.0, sd: 0.3 };
            first.weights = Distribution::Drawn(normal);
        }
        let second = Projection { name: "E_I".to_owned(), ..first.clone() };
        let job = &Job::new();
        let wiring = |projection| Wiring {
            projection,
            source_size: 600,
            target_size: 600,
            spaces: None,
            dt: 0.1,
            seed: 4,
            job,
        };
        let targets = |projection, first_place| RowTargets {
            wiring: wiring(projection),
            targets: 100..500,
            first_place,
        };
        let shared = [targets(&first, 0), targets(&second, 400)];
        let shared = if own_weights { &shared[..] } else { &shared[..1] };
        let mut builder = RowBuilder::new(if high > 2.0 { 0.0 } else { 1e6 });
        // The second time in the room of the first.
        builder.build(shared).unwrap();
        let rows = builder.build(shared).unwrap();
        let mut synapses = 0;
        for (projection, first_place) in [&first, &second].into_iter().zip([0, 400]) {
            if usize::from(first_place > 0) >= shared.len() {
                continue;
            }
            let lists = TargetLists::build(&wiring(projection), 100..500).unwrap();
            synapses += lists.len();
            let mut longest = 0;
            for source in 0..600 {
                let expected: Vec<(u32, u32, Option<f32>)> = lists
                    .row(source)
                    .map(|i| {
                        let (delay, target) = lists.delay_and_target(lists.place_of(i));
                        longest = longest.max(delay);
                        (delay, target, lists.weights().map(|weights| weights[i]))
                    })
                    .collect();
                let mut found = Vec::new();
                for (delay, places, weights) in rows.runs(source) {
                    for (i, &place) in places.iter().enumerate() {
                        if (first_place..first_place + 400).contains(&u32::from(place)) {
                            let target = u32::from(place) - first_place;
                            found.push((delay, target, weights.map(|weights| weights[i])));
                        }
                    }
                }
                assert_eq!(found, expected, "{source}, delays to {high} ms");
            }
            assert!(rows.longest_delay() >= longest);
        }
        assert_eq!(rows.len(), synapses);
        assert_eq!(rows.sources(), 600);
    }
}
