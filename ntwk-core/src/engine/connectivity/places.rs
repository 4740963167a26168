//! Places of the synapses of target lists.

use std::ops::Range;

/// A place for each synapse: in 16 bits where all fit, as they do wherever delays are equal and a worker has no more than 65,536
/// neurons of the target.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Places {
    Short(Vec<u16>),
    Long(Vec<u32>),
}

impl Default for Places {
    fn default() -> Self {
        Self::Short(Vec::new())
    }
}

impl Places {
    /// Zeros, for `n` synapses and places below `end`.
    pub(super) fn zeros(n: usize, end: u32) -> Self {
        match end <= 1 << 16 {
            true => Self::Short(vec![0; n]),
            false => Self::Long(vec![0; n]),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Short(places) => places.len(),
            Self::Long(places) => places.len(),
        }
    }

    /// Of one synapse.
    #[inline]
    pub(super) fn get(&self, synapse: usize) -> u32 {
        match self {
            Self::Short(places) => u32::from(places[synapse]),
            Self::Long(places) => places[synapse],
        }
    }

    /// Sets that of one synapse, which is below the end that was told.
    #[inline]
    pub(super) fn set(&mut self, synapse: usize, place: u32) {
        match self {
            Self::Short(places) => places[synapse] = place as u16,
            Self::Long(places) => places[synapse] = place,
        }
    }

    /// Those of a row.
    #[inline]
    pub(super) fn row(&self, row: Range<usize>) -> RowPlaces<'_> {
        match self {
            Self::Short(places) => RowPlaces::Short(&places[row]),
            Self::Long(places) => RowPlaces::Long(&places[row]),
        }
    }

    /// All of them in 32 bits, for sorting; `None` where they have 16.
    pub(super) fn long_mut(&mut self) -> Option<&mut [u32]> {
        match self {
            Self::Short(_) => None,
            Self::Long(places) => Some(places),
        }
    }

    /// Index of the first synapse of a row whose place is not below `place`, which ascend in it.
    pub(super) fn first_from(&self, row: Range<usize>, place: u64) -> usize {
        row.start
            + match self {
                Self::Short(places) => places[row].partition_point(|&p| u64::from(p) < place),
                Self::Long(places) => places[row].partition_point(|&p| u64::from(p) < place),
            }
    }
}

/// The places of a row.
pub(crate) enum RowPlaces<'a> {
    Short(&'a [u16]),
    Long(&'a [u32]),
}
