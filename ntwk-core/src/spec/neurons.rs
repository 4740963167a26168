//! Choices of neurons as written.

use std::sync::Arc;

use crate::spec::fault::FaultKind;
use crate::spec::key::plain::read_count;
use crate::spec::key::{KeyValue, Kind, Place};
use crate::spec::tree::{Node, Value};
use crate::spec::value::read_counts;

/// What a fault expects.
pub(super) const NEURONS: &str =
    "a number of neurons, a list of neuron numbers, or \"start..stop\" (stop excluded)";

/// A choice of neurons of a population.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NeuronsSpec {
    /// The first ones of the population.
    First(u64),
    /// The neurons with these numbers.
    List(Vec<u64>),
    /// From `start` to before `end`; `"start..end"` in files.
    Range(std::ops::Range<u64>),
}

impl NeuronsSpec {
    /// The numbers, ascending and without repetition; `None` where there are none, or some are not below `size`.
    #[must_use]
    pub fn numbers(&self, size: u64) -> Option<Vec<u32>> {
        self.last().filter(|&last| last < size)?;
        let mut numbers: Vec<u64> = match self {
            Self::First(n) => (0..*n).collect(),
            Self::List(list) => list.clone(),
            Self::Range(range) => range.clone().collect(),
        };
        numbers.sort_unstable();
        numbers.dedup();
        // Sizes are below 2^32.
        Some(numbers.into_iter().map(|n| n as u32).collect())
    }

    /// The largest number, to be compared with the size; `None` where there is no neuron.
    fn last(&self) -> Option<u64> {
        match self {
            Self::First(n) => n.checked_sub(1),
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
            Value::Integer(_) | Value::Float(_) => {
                Self::First(read_count(&mut place).unwrap_or_default())
            }
            Value::String(text) => Self::Range(range_of(text)),
            _ => Self::List(Arc::unwrap_or_clone(
                read_counts(&mut place, NEURONS).unwrap_or_default(),
            )),
        };
        if neurons.last().is_none() && place.faults.list.len() == before {
            let allowed = match neurons {
                Self::First(_) => "at least one neuron".to_owned(),
                _ => NEURONS.to_owned(),
            };
            place.fault(FaultKind::OutOfRange { allowed });
        }
        neurons
    }

    fn nothing() -> Self {
        Self::List(Vec::new())
    }

    fn write(&self) -> Option<Node> {
        match self {
            Self::First(n) => n.write(),
            Self::List(numbers) => numbers.write(),
            Self::Range(range) => format!("{}..{}", range.start, range.end).write(),
        }
    }
}
