//! Given spikes as written: two lists of equal length, or a list of times for every neuron.

use crate::section;
use crate::spec::bound::Bound;
use crate::spec::fault::FaultKind;
use crate::spec::key::{Key, KeyValue, Kind, Place, Section, TableReader};
use crate::spec::tree::{Node, Value};
use crate::spec::units::Dimension;
use crate::spec::value::read_quantities;

/// Spikes as two lists of equal length.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct SpikeListSpec {
    /// Times (ms), in any order; each is rounded to the nearest step.
    pub times: Vec<f64>,
    /// Afferent neuron of each spike.
    pub ids: Vec<u64>,
}

section! {
    /// The keys of given spikes as they stand in a file.
    struct SpikeKeys, check = check_keys {
        /// times (ms), in any order; each is rounded to the nearest step; required without `trains`
        times: Option<Vec<f64>> = Quantities(Time, NonNegative), none;
        /// afferent neuron of each spike; required without `trains`
        ids: Option<Vec<u64>> = Counts("a list of neuron indices"), none;
        /// in the place of both: a list of times (ms) for every afferent neuron, in the order of their numbers
        trains: Option<TimesOfNeurons> = Other("a list of lists of times in ms"), none;
    }
}

fn check_keys(keys: &SpikeKeys, table: &mut TableReader<'_, '_>) {
    if keys.trains.is_some() {
        for (key, given) in [("times", keys.times.is_some()), ("ids", keys.ids.is_some())] {
            if given {
                let rule = "give times and ids, or trains".to_owned();
                table.fault(key, FaultKind::Combination { rule });
            }
        }
        return;
    }
    match (&keys.times, &keys.ids) {
        (Some(times), Some(ids)) => {
            let (times, ids) = (times.len(), ids.len());
            if times != ids && !table.is_faulty("times") && !table.is_faulty("ids") {
                let rule = format!("needs as many ids ({ids}) as times ({times})");
                table.fault("ids", FaultKind::Combination { rule });
            }
        }
        (times, ids) => {
            if times.is_none() && !table.is_faulty("times") {
                table.missing("times", "a list of times in ms");
            }
            if ids.is_none() && !table.is_faulty("ids") {
                table.missing("ids", "a list of neuron indices");
            }
        }
    }
}

impl SpikeListSpec {
    /// The keys of a file.
    pub(crate) const KEYS: &'static [Key] = SpikeKeys::KEYS;

    /// Whether there is no spike.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }
}

impl KeyValue for SpikeListSpec {
    fn read(place: Place<'_, '_>, kind: &Kind) -> Self {
        let keys = SpikeKeys::read(place, kind);
        match keys.trains {
            None => {
                Self { times: keys.times.unwrap_or_default(), ids: keys.ids.unwrap_or_default() }
            }
            Some(TimesOfNeurons(trains)) => {
                let of = |(id, times): (u64, &Vec<f64>)| vec![id; times.len()];
                Self { ids: (0u64..).zip(&trains).flat_map(of).collect(), times: trains.concat() }
            }
        }
    }

    fn nothing() -> Self {
        Self::default()
    }

    fn write(&self) -> Option<Node> {
        let Self { times, ids } = self.clone();
        SpikeKeys { times: Some(times), ids: Some(ids), trains: None }.write()
    }
}

/// A list of times (ms) for every neuron.
#[derive(Debug, Clone, PartialEq)]
struct TimesOfNeurons(Vec<Vec<f64>>);

impl KeyValue for TimesOfNeurons {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        let node = place.node;
        let Value::List(items) = &node.value else {
            place.wrong_type(&kind.expected(None));
            return Self::nothing();
        };
        let mut one = |(i, item)| {
            let mut place = place.item(i, item);
            let expected = "a list of times in ms";
            read_quantities(&mut place, Some(Dimension::Time), Bound::NonNegative, expected)
        };
        Self(items.iter().enumerate().map(|item| one(item).unwrap_or_default()).collect())
    }

    fn nothing() -> Self {
        Self(Vec::new())
    }

    fn write(&self) -> Option<Node> {
        let lists = self.0.iter().map(|times| Node::new(Value::Numbers(times.clone())));
        Some(Node::new(Value::List(lists.collect())))
    }
}
