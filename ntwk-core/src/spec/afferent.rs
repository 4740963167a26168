//! Afferent populations as written.

use super::SpikeListSpec;
use crate::spec::fault::FaultKind;
use crate::spec::key::TableReader;
use crate::spec::key::{KeyValue, Kind, Place, Section, Words};
use crate::spec::tree::Node;
use crate::spec::waveform::Waveform;
use crate::{section, words};

section! {
    /// A population that only sends events.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct AfferentSpec {
        /// number of afferent neurons
        size: u64 = Count(1, u32::MAX as u64), required("the number of neurons");
        /// how it fires
        activity: AfferentActivity = Flat(ActivityKeys::KEYS), none;
    }
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
#[derive(Debug, Clone, PartialEq)]
pub enum AfferentActivity {
    /// At a rate.
    Rate {
        /// Rate of one afferent neuron (Hz).
        rate: Waveform,
        /// Statistics of the events.
        statistics: EventStatistics,
        /// What a train of events belongs to.
        trains: Trains,
    },
    /// Given spikes, sent along the connections of each projection.
    Spikes {
        /// The spikes.
        spikes: SpikeListSpec,
    },
}

/// What the trains of a rate-driven afferent population belong to.
#[derive(Debug, Clone, PartialEq, Default)]
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
        spikes: SpikeListSpec,
    },
}

words! {
    /// Statistics of the events of a train.
    pub enum EventStatistics, what = "kind of event statistics" {
        /// a Poisson process: a step may hold several events (what the theory assumes)
        Poisson = "poisson",
        /// at most one event per train and step, with probability `rate of the train x dt` (capped at one)
        ///
        /// The drive of the upstream Python package, whose variance is smaller.
        AtMostOnePerStep = "at_most_one_per_step",
    }
}

words! {
    /// What a train of events belongs to.
    enum TrainOwner, what = "owner of a train" {
        /// no two targets share an event (what the theory assumes)
        PerTarget = "per_target",
        /// one train per afferent neuron, along the connections
        PerSource = "per_source",
    }
}

section! {
    /// The keys of an activity as they stand in a file.
    struct ActivityKeys, check = check_activity {
        /// rate of one afferent neuron (Hz), a value or a waveform; required without `spikes`
        rate: Option<Waveform> = Waveform(Rate), none;
        /// statistics of the events of a rate; without it, `"poisson"`:
        statistics: Option<EventStatistics> = Choice(EventStatistics::WORDS), none;
        /// what a train of a rate belongs to; without it, `"per_target"`:
        trains: Option<TrainOwner> = Choice(TrainOwner::WORDS), none;
        /// correlation of the counts of two afferent neurons (shared events), `per_source` only; without it, 0
        correlation: Option<f64> = Quantity(Number, Below(0.0, 1.0)), none;
        /// given spikes, alone or added to `per_source` trains; or `file` (CSV with `time_ms`, `neuron`; SONATA) and
        /// `population`, which one of the file
        spikes: Option<SpikeListSpec> = Table(SpikeListSpec::KEYS), none;
    }
}

fn check_activity(keys: &ActivityKeys, table: &mut TableReader<'_, '_>) {
    let owner_is_known = !table.is_faulty("trains");
    let mut broken = |key: &str, rule: &str| {
        table.fault(key, FaultKind::Combination { rule: rule.to_owned() });
    };
    if keys.rate.is_some() {
        if keys.trains != Some(TrainOwner::PerSource) && owner_is_known {
            if keys.spikes.is_some() {
                broken(
                    "spikes",
                    "spikes beside a rate belong to afferent neurons: they need trains = \"per_source\"",
                );
            }
            if keys.correlation.is_some() {
                broken(
                    "correlation",
                    "trains of different targets are independent; shared events need trains = \"per_source\"",
                );
            }
        }
        if keys.correlation.is_some_and(|c| c > 0.0)
            && keys.statistics == Some(EventStatistics::AtMostOnePerStep)
        {
            broken("correlation", "correlated trains are Poisson");
        }
    } else if keys.spikes.is_some() {
        for (key, given) in [
            ("statistics", keys.statistics.is_some()),
            ("trains", keys.trains.is_some()),
            ("correlation", keys.correlation.is_some()),
        ] {
            if given {
                broken(key, "belongs to a rate; these spikes are given");
            }
        }
    } else {
        table.missing("rate", "a rate in Hz or a waveform (or spikes = { times, ids })");
    }
}

impl KeyValue for AfferentActivity {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        place.table().map_or_else(Self::nothing, |mut table| Self::read_flat(&mut table))
    }

    fn nothing() -> Self {
        Self::Spikes { spikes: SpikeListSpec::nothing() }
    }

    fn write(&self) -> Option<Node> {
        let keys = match self.clone() {
            Self::Spikes { spikes } => {
                ActivityKeys { spikes: Some(spikes), ..ActivityKeys::nothing() }
            }
            Self::Rate { rate, statistics, trains } => {
                let (owner, correlation, spikes) = match trains {
                    Trains::PerTarget => (TrainOwner::PerTarget, None, None),
                    Trains::PerSource { correlation, spikes } => {
                        let spikes = Some(spikes).filter(|spikes| !spikes.is_empty());
                        (TrainOwner::PerSource, Some(correlation), spikes)
                    }
                };
                let (rate, statistics, trains) = (Some(rate), Some(statistics), Some(owner));
                ActivityKeys { rate, statistics, trains, correlation, spikes }
            }
        };
        keys.write()
    }

    fn read_flat(table: &mut TableReader<'_, '_>) -> Self {
        let keys = ActivityKeys::read_flat(table);
        let spikes = keys.spikes.unwrap_or_default();
        let Some(rate) = keys.rate else { return Self::Spikes { spikes } };
        let trains = match keys.trains {
            Some(TrainOwner::PerSource) => {
                Trains::PerSource { correlation: keys.correlation.unwrap_or(0.0), spikes }
            }
            _ => Trains::PerTarget,
        };
        Self::Rate { rate, statistics: keys.statistics.unwrap_or_default(), trains }
    }
}
