//! Connection rules as written.

use serde::Serialize;

use super::Distribution;
use super::read::read_ids;
use crate::spec::fault::{FaultKind, nearest};
use crate::spec::tree::TableReader;
use crate::spec::units::Dimension;

/// Connection rules.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum ConnectionSpec {
    /// Every target draws the same number of sources: `in_degree`, or
    /// `floor(probability x source size)`.
    FixedInDegree {
        /// Number of sources per target.
        #[serde(skip_serializing_if = "Option::is_none")]
        in_degree: Option<u64>,
        /// Connection probability.
        #[serde(skip_serializing_if = "Option::is_none")]
        probability: Option<f64>,
        /// Whether a source may be drawn twice (default true: sources drawn with replacement).
        multapses: bool,
        /// Whether a neuron may be its own source (default false).
        autapses: bool,
    },
    /// Every source draws the same number of targets.
    FixedOutDegree {
        /// Number of targets per source.
        out_degree: u64,
        /// Whether a target may be drawn twice (default true).
        multapses: bool,
        /// Whether a neuron may be its own target (default false).
        autapses: bool,
    },
    /// A number of synapses, each between a source and a target drawn independently and evenly
    /// (so multapses occur).
    FixedTotalNumber {
        /// Number of synapses.
        number: u64,
        /// Whether a neuron may be its own source (default true, as in the networks this rule
        /// comes from: Potjans & Diesmann 2014).
        autapses: bool,
    },
    /// Every pair is connected with the same probability.
    PairwiseBernoulli {
        /// Connection probability.
        probability: f64,
        /// Whether a neuron may be its own source (default false).
        autapses: bool,
    },
    /// Probability falls with the distance `d` of the neurons as `exp(-d² / (2 sigma²))`; both
    /// populations must have the same space.
    DistanceGaussian {
        /// Width (µm), > 0.
        sigma: f64,
        /// Every pair is connected with `probability x exp(-d² / (2 sigma²))`.
        #[serde(skip_serializing_if = "Option::is_none")]
        probability: Option<f64>,
        /// Every target draws this many sources, with replacement, with odds
        /// `exp(-d² / (2 sigma²))`.
        #[serde(skip_serializing_if = "Option::is_none")]
        in_degree: Option<u64>,
        /// Whether a neuron may be its own source (default false).
        autapses: bool,
    },
    /// Every pair is connected.
    AllToAll {
        /// Whether a neuron is its own source (default false).
        autapses: bool,
    },
    /// Source `i` to target `i`; the sizes must be equal.
    OneToOne,
    /// The pairs given; weight and delay of the projection may be lists, one value per pair.
    Pairs {
        /// Source of each connection.
        sources: Vec<u64>,
        /// Target of each connection.
        targets: Vec<u64>,
    },
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
        Self::Pairs { sources, targets }
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

    /// Name of the rule in model files.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::FixedInDegree { .. } => "fixed_in_degree",
            Self::FixedOutDegree { .. } => "fixed_out_degree",
            Self::FixedTotalNumber { .. } => "fixed_total_number",
            Self::PairwiseBernoulli { .. } => "pairwise_bernoulli",
            Self::DistanceGaussian { .. } => "distance_gaussian",
            Self::AllToAll { .. } => "all_to_all",
            Self::OneToOne => "one_to_one",
            Self::Pairs { .. } => "pairs",
        }
    }
}

const RULES: [&str; 8] = [
    "fixed_in_degree",
    "fixed_out_degree",
    "fixed_total_number",
    "pairwise_bernoulli",
    "distance_gaussian",
    "all_to_all",
    "one_to_one",
    "pairs",
];

/// Reads a connection.
pub(super) fn read_connection(mut table: TableReader<'_, '_>) -> Option<ConnectionSpec> {
    let rule = table.required_text("rule", &format!("one of {}", RULES.join(", ")))?;
    let connection = match rule.as_str() {
        "fixed_in_degree" => {
            let in_degree = table.count("in_degree");
            let probability = read_probability(&mut table);
            let multapses = table.flag("multapses").unwrap_or(true);
            let autapses = table.flag("autapses").unwrap_or(false);
            either(&mut table, "in_degree", "a number of sources, or probability");
            // Without either, the fault is in the list already: the next stage must not repeat it.
            (in_degree.is_some() || probability.is_some()).then_some(
                ConnectionSpec::FixedInDegree { in_degree, probability, multapses, autapses },
            )
        }
        "fixed_out_degree" => {
            table.required("out_degree", "a number of targets per source");
            let out_degree = table.count("out_degree");
            let multapses = table.flag("multapses").unwrap_or(true);
            let autapses = table.flag("autapses").unwrap_or(false);
            out_degree.map(|out_degree| ConnectionSpec::FixedOutDegree {
                out_degree,
                multapses,
                autapses,
            })
        }
        "fixed_total_number" => {
            table.required("number", "a number of synapses");
            let number = table.count("number");
            let autapses = table.flag("autapses").unwrap_or(true);
            number.map(|number| ConnectionSpec::FixedTotalNumber { number, autapses })
        }
        "pairwise_bernoulli" => {
            table.required("probability", "a number between 0 and 1");
            let probability = read_probability(&mut table);
            let autapses = table.flag("autapses").unwrap_or(false);
            probability
                .map(|probability| ConnectionSpec::PairwiseBernoulli { probability, autapses })
        }
        "distance_gaussian" => {
            let sigma = table.required_quantity("sigma", Dimension::Length);
            if sigma.is_some_and(|s| s <= 0.0) {
                table.fault("sigma", FaultKind::OutOfRange { allowed: "> 0 um".to_owned() });
            }
            let in_degree = table.count("in_degree");
            let probability = read_probability(&mut table);
            let autapses = table.flag("autapses").unwrap_or(false);
            either(&mut table, "probability", "the probability at distance zero, or in_degree");
            (in_degree.is_some() || probability.is_some())
                .then_some(())
                .and(sigma)
                .filter(|&sigma| sigma > 0.0)
                .map(|sigma| ConnectionSpec::DistanceGaussian {
                    sigma,
                    probability,
                    in_degree,
                    autapses,
                })
        }
        "all_to_all" => {
            Some(ConnectionSpec::AllToAll { autapses: table.flag("autapses").unwrap_or(false) })
        }
        "one_to_one" => Some(ConnectionSpec::OneToOne),
        "pairs" => read_pairs(&mut table),
        other => {
            let kind = FaultKind::UnknownName {
                what: "connection rule",
                nearest: nearest(other, RULES).map(str::to_owned),
                valid: RULES.iter().map(|&r| r.to_owned()).collect(),
            };
            table.fault("rule", kind);
            return None;
        }
    };
    table.finish();
    connection
}

/// Faults unless exactly one of `in_degree` and `probability` is written.
fn either(table: &mut TableReader<'_, '_>, wanted: &'static str, expected: &str) {
    match (table.node("in_degree").is_some(), table.node("probability").is_some()) {
        (false, false) => table.missing(wanted, expected),
        (true, true) => {
            let rule = "give either in_degree or probability".to_owned();
            table.fault("probability", FaultKind::Combination { rule });
        }
        _ => {}
    }
}

fn read_pairs(table: &mut TableReader<'_, '_>) -> Option<ConnectionSpec> {
    let sources = read_ids(table, "sources");
    let targets = read_ids(table, "targets");
    let (sources, targets) = (sources?, targets?);
    if targets.len() != sources.len() {
        let (n, wanted) = (targets.len(), sources.len());
        let rule = format!("needs as many entries ({n}) as sources ({wanted})");
        table.fault("targets", FaultKind::Combination { rule });
        return None;
    }
    Some(ConnectionSpec::Pairs { sources, targets })
}

fn read_probability(table: &mut TableReader<'_, '_>) -> Option<f64> {
    let p = table.quantity("probability", Dimension::Number)?;
    if (0.0..=1.0).contains(&p) {
        Some(p)
    } else {
        table.fault("probability", FaultKind::OutOfRange { allowed: "between 0 and 1".to_owned() });
        None
    }
}
