//! Afferent populations as written.

use serde::Serialize;

use super::read::{read_choice, read_ids, read_size};
use crate::spec::fault::FaultKind;
use crate::spec::tree::TableReader;
use crate::spec::units::Dimension;
use crate::spec::waveform::Waveform;

/// A population that only sends events.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AfferentSpec {
    /// Number of afferent neurons, >= 1.
    pub size: u64,
    /// How it fires.
    #[serde(flatten)]
    pub activity: AfferentActivity,
}

impl AfferentSpec {
    /// Independent Poisson trains onto each target at `rate` (Hz, a number or a waveform) per afferent neuron.
    #[must_use]
    pub fn poisson(size: u64, rate: impl Into<Waveform>) -> Self {
        let activity = AfferentActivity::Rate {
            rate: rate.into(),
            statistics: EventStatistics::Poisson,
            trains: Trains::PerTarget,
        };
        Self { size, activity }
    }
}

/// How an afferent population fires.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum AfferentActivity {
    /// At a rate.
    Rate {
        /// Rate of one afferent neuron (Hz).
        rate: Waveform,
        /// Statistics of the events.
        statistics: EventStatistics,
        /// What a train of events belongs to.
        #[serde(flatten)]
        trains: Trains,
    },
    /// Given spikes, sent along the connections of each projection.
    Spikes {
        /// The spikes.
        spikes: SpikeListSpec,
    },
}

/// What the trains of a rate-driven afferent population belong to.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(tag = "trains", rename_all = "snake_case")]
pub enum Trains {
    /// Each target neuron receives its own realisation of its in-degree's summed events: no two
    /// targets share an event. What the theory assumes.
    #[default]
    PerTarget,
    /// Each afferent neuron has one train, which reaches all its targets along the projection's
    /// connections: targets with common sources share events.
    PerSource {
        /// Correlation coefficient of the spike counts of two afferent neurons, in [0, 1): each
        /// copies the events of a common Poisson process of rate `rate / correlation` with this
        /// probability (Kuhn, Aertsen & Rotter 2003, Neural Comput 15:67, MIP).
        correlation: f64,
        /// Spikes in addition to those of the rate.
        #[serde(skip_serializing_if = "SpikeListSpec::is_empty")]
        spikes: SpikeListSpec,
    },
}

/// Spikes as two lists of equal length.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SpikeListSpec {
    /// Times (ms), >= 0, in any order; each is rounded to the nearest step.
    pub times: Vec<f64>,
    /// Afferent neuron of each spike.
    pub ids: Vec<u64>,
}

impl SpikeListSpec {
    /// Whether there is no spike.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }
}

/// Statistics of the events of a train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventStatistics {
    /// A Poisson process: a step may hold several events. What the theory assumes.
    #[default]
    Poisson,
    /// At most one event per train and step, with probability `rate of the train x dt` (capped at
    /// one): the drive of the upstream Python package, whose variance is smaller.
    AtMostOnePerStep,
}

impl EventStatistics {
    /// All kinds by name.
    pub const NAMES: [(&'static str, Self); 2] =
        [("poisson", Self::Poisson), ("at_most_one_per_step", Self::AtMostOnePerStep)];
}

const TRAINS: [(&str, bool); 2] = [("per_target", false), ("per_source", true)];

pub(super) fn read_afferent(table: &mut TableReader<'_, '_>) -> Option<AfferentSpec> {
    let size = read_size(table);
    let path = table.path_of("rate");
    let rate_node = table.node("rate");
    let rate =
        rate_node.and_then(|node| Waveform::read(node, &path, Dimension::Rate, table.faults));
    let statistics =
        read_choice(table, "statistics", "kind of event statistics", &EventStatistics::NAMES);
    let per_source = read_choice(table, "trains", "owner of a train", &TRAINS);
    let correlation = table.quantity("correlation", Dimension::Number);
    if correlation.is_some_and(|c| !(0.0..1.0).contains(&c)) {
        let allowed = "between 0 and below 1".to_owned();
        table.fault("correlation", FaultKind::OutOfRange { allowed });
    }
    let spikes_node = table.node("spikes");
    let spikes = table.table("spikes").map(read_spikes);
    let combination = |rule: &str| FaultKind::Combination { rule: rule.to_owned() };
    let activity = if rate_node.is_some() {
        if per_source != Some(true) {
            if spikes_node.is_some() {
                table.fault(
                    "spikes",
                    combination(
                        "spikes beside a rate belong to afferent neurons: they need trains = \"per_source\"",
                    ),
                );
            }
            if correlation.is_some() {
                table.fault(
                    "correlation",
                    combination(
                        "trains of different targets are independent; shared events need trains = \"per_source\"",
                    ),
                );
            }
        }
        if correlation.is_some_and(|c| c > 0.0)
            && statistics == Some(EventStatistics::AtMostOnePerStep)
        {
            table.fault("correlation", combination("correlated trains are Poisson"));
        }
        let trains = if per_source == Some(true) {
            Trains::PerSource {
                correlation: correlation.unwrap_or(0.0),
                spikes: spikes.flatten().unwrap_or_default(),
            }
        } else {
            Trains::PerTarget
        };
        let statistics = statistics.unwrap_or_default();
        rate.map(|rate| AfferentActivity::Rate { rate, statistics, trains })
    } else if spikes_node.is_some() {
        for (key, given) in [
            ("statistics", statistics.is_some()),
            ("trains", per_source.is_some()),
            ("correlation", correlation.is_some()),
        ] {
            if given {
                table.fault(key, combination("belongs to a rate; these spikes are given"));
            }
        }
        spikes.flatten().map(|spikes| AfferentActivity::Spikes { spikes })
    } else {
        table.missing("rate", "a rate in Hz or a waveform (or spikes = { times, ids })");
        None
    };
    Some(AfferentSpec { size: size?, activity: activity? })
}

fn read_spikes(mut table: TableReader<'_, '_>) -> Option<SpikeListSpec> {
    let times = table
        .required("times", "a list of times in ms")
        .and_then(|_| table.quantities("times", Dimension::Time));
    let ids = read_ids(&mut table, "ids");
    let result = match (times, ids) {
        (Some(times), Some(ids)) if times.len() == ids.len() => Some(SpikeListSpec { times, ids }),
        (Some(times), Some(ids)) => {
            let rule = format!("needs as many ids ({}) as times ({})", ids.len(), times.len());
            table.fault("ids", FaultKind::Combination { rule });
            None
        }
        _ => None,
    };
    table.finish();
    result
}
