//! Choices of neurons as written.

use crate::spec::fault::FaultKind;
use crate::spec::key::{KeyValue, Kind, Place};
use crate::spec::tree::{Node, Value};
use crate::spec::value::read_counts;

/// What a fault expects.
pub(super) const NEURONS: &str = "a list of neuron numbers, or \"start..stop\" (stop excluded)";

/// A choice of neurons of a population.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NeuronsSpec {
    /// The neurons with these numbers.
    List(Vec<u64>),
    /// From `start` to before `end`; `"start..end"` in files.
    Range(std::ops::Range<u64>),
}

impl NeuronsSpec {
    /// The numbers, ascending and without repetition; `None` for a range without a neuron.
    #[must_use]
    pub fn numbers(&self) -> Option<Vec<u64>> {
        match self {
            Self::List(list) => {
                let mut list = list.clone();
                list.sort_unstable();
                list.dedup();
                Some(list)
            }
            Self::Range(range) => {
                let length = range.end.checked_sub(range.start)?;
                (1..=u64::from(u32::MAX)).contains(&length).then(|| range.clone().collect())
            }
        }
    }

    /// The largest number, to be compared with the size.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        match self {
            Self::List(list) => list.iter().max().copied(),
            Self::Range(range) => (range.start < range.end).then(|| range.end - 1),
        }
    }
}

/// The range that a text means; one without a neuron when it is none.
fn range_of(text: &str) -> std::ops::Range<u64> {
    let bounds = || {
        let (start, end) = text.split_once("..")?;
        Some(start.trim().parse().ok()?..end.trim().parse().ok()?)
    };
    bounds().unwrap_or_default()
}

impl KeyValue for NeuronsSpec {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        let before = place.faults.list.len();
        let neurons = match &place.node.value {
            Value::String(text) => Self::Range(range_of(text)),
            _ => Self::List(read_counts(&mut place, NEURONS).unwrap_or_default()),
        };
        if neurons.last().is_none() && place.faults.list.len() == before {
            place.fault(FaultKind::OutOfRange { allowed: NEURONS.to_owned() });
        }
        neurons
    }

    fn nothing() -> Self {
        Self::List(Vec::new())
    }

    fn write(&self) -> Option<Node> {
        match self {
            Self::List(numbers) => numbers.write(),
            Self::Range(range) => format!("{}..{}", range.start, range.end).write(),
        }
    }
}
