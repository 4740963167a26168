//! Connection rules as written.

use std::sync::Arc;

use super::Distribution;
use crate::spec::fault::FaultKind;
use crate::spec::key::TableReader;
use crate::variants;

variants! {
    /// Connection rules.
    #[derive(Debug, Clone, PartialEq)]
    pub enum ConnectionSpec, key = "rule", what = "connection rule", required, check = check {
        /// every target draws the same number of sources: `in_degree`, or `probability` times the size of the source
        FixedInDegree = "fixed_in_degree" {
            /// number of sources per target; or `probability`
            in_degree: Option<u64> = Count(0, u64::MAX), none;
            /// connection probability: the in-degree is `floor(probability x source size)`
            probability: Option<f64> = Quantity(Number, Between(0.0, 1.0)), none;
            /// whether a source may be drawn twice: sources are drawn with replacement
            multapses: bool = Flag, or(true);
            /// whether a neuron may be its own source
            autapses: bool = Flag, or(false);
        },
        /// every source draws the same number of targets
        FixedOutDegree = "fixed_out_degree" {
            /// number of targets per source
            out_degree: u64 = Count(0, u64::MAX), required("a number of targets per source");
            /// whether a target may be drawn twice
            multapses: bool = Flag, or(true);
            /// whether a neuron may be its own target
            autapses: bool = Flag, or(false);
        },
        /// a number of synapses, each between a source and a target drawn independently and evenly (so multapses occur)
        FixedTotalNumber = "fixed_total_number" {
            /// number of synapses
            number: u64 = Count(0, u64::MAX), required("a number of synapses");
            /// whether a neuron may be its own source (as in the networks this rule comes from: Potjans & Diesmann 2014)
            autapses: bool = Flag, or(true);
        },
        /// each pair with the same probability
        PairwiseBernoulli = "pairwise_bernoulli" {
            /// connection probability
            probability: f64 = Quantity(Number, Between(0.0, 1.0)), required("a number between 0 and 1");
            /// whether a neuron may be its own source
            autapses: bool = Flag, or(false);
        },
        /// with a probability that falls with the distance `d` of the neurons as `exp(-d² / (2 sigma²))`; both populations
        /// need the same space, or each a ring
        DistanceGaussian = "distance_gaussian" {
            /// width (µm)
            sigma: f64 = Quantity(Length, Positive), required;
            /// every pair is connected with `probability x exp(-d² / (2 sigma²))`; or `in_degree`
            probability: Option<f64> = Quantity(Number, Between(0.0, 1.0)), none;
            /// every target draws this many sources, one after the other, with odds `exp(-d² / (2 sigma²))`
            in_degree: Option<u64> = Count(0, u64::MAX), none;
            /// with `in_degree`: whether a source may be drawn more than once
            multapses: bool = Flag, or(true);
            /// whether a neuron may be its own source
            autapses: bool = Flag, or(false);
        },
        /// every pair is connected
        AllToAll = "all_to_all" {
            /// whether a neuron is its own source
            autapses: bool = Flag, or(false);
        },
        /// source `i` to target `i`; the sizes must be equal
        OneToOne = "one_to_one",
        /// the pairs given, or read from `file`: CSV (`source`, `target`, `weight`, `delay`, `nsyns`) or SONATA edges (`edges`:
        /// which population of them; `edge_types`: CSV with the properties of their types, by default `a_edge_types.csv` beside
        /// `a_edges.h5`); a pair with `nsyns` is that many synapses, each with its weight and delay; weight and delay of the
        /// projection may be lists, one value per pair
        Pairs = "pairs" {
            /// source of each connection
            sources: Arc<Vec<u64>> = Counts("a list of neuron indices"), required;
            /// target of each connection
            targets: Arc<Vec<u64>> = Counts("a list of neuron indices"), required;
        },
    }
}

fn check(connection: &ConnectionSpec, table: &mut TableReader<'_, '_>) {
    match connection {
        ConnectionSpec::FixedInDegree { .. } => {
            either(table, "in_degree", "a number of sources, or probability");
        }
        ConnectionSpec::DistanceGaussian { .. } => {
            either(table, "probability", "the probability at distance zero, or in_degree");
        }
        ConnectionSpec::Pairs { sources, targets }
            if sources.len() != targets.len()
                && !table.is_faulty("sources")
                && !table.is_faulty("targets") =>
        {
            let (n, wanted) = (targets.len(), sources.len());
            let rule = format!("needs as many entries ({n}) as sources ({wanted})");
            table.fault("targets", FaultKind::Combination { rule });
        }
        _ => {}
    }
}

/// Faults unless exactly one of `in_degree` and `probability` is written.
fn either(table: &mut TableReader<'_, '_>, wanted: &'static str, expected: &str) {
    match (table.peek("in_degree").is_some(), table.peek("probability").is_some()) {
        (false, false) => table.missing(wanted, expected),
        (true, true) => {
            let rule = "give either in_degree or probability".to_owned();
            table.fault("probability", FaultKind::Combination { rule });
        }
        _ => {}
    }
}

impl ConnectionSpec {
    /// Fixed in-degree with replacement and without autapses.
    #[must_use]
    pub fn fixed_in_degree(in_degree: u64) -> Self {
        Self::FixedInDegree {
            in_degree: Some(in_degree),
            probability: None,
            multapses: true,
            autapses: false,
        }
    }

    /// The pairs given.
    #[must_use]
    pub fn pairs(sources: Vec<u64>, targets: Vec<u64>) -> Self {
        Self::Pairs { sources: Arc::new(sources), targets: Arc::new(targets) }
    }

    /// What is wrong with listed weights or delays: they belong to the pairs of a connection, one to each.
    pub(crate) fn list_fault(&self, values: &Distribution) -> Option<String> {
        let Distribution::Listed(values) = values else { return None };
        match self {
            Self::Pairs { sources, .. } if sources.len() == values.len() => None,
            Self::Pairs { sources, .. } => {
                let (n, wanted) = (values.len(), sources.len());
                Some(format!("needs as many entries ({n}) as connection.sources ({wanted})"))
            }
            other => Some(format!("a list needs rule = \"pairs\", not \"{}\"", other.name())),
        }
    }
}
