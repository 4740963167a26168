//! Spikes grouped by neuron.

use ntwk_core::Spikes;

use crate::{AnalysisError, Window};

/// Spike steps of each neuron, ascending, in one array with offsets (compressed rows).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpikeTrains {
    /// `offsets[i]..offsets[i + 1]` are the spikes of neuron `i`; length `n_neurons + 1`.
    offsets: Vec<usize>,
    steps: Vec<u64>,
}

impl SpikeTrains {
    /// Groups `spikes` of a population of `size` neurons; only those in `window` when one is given.
    ///
    /// Spikes need not be ordered. Cost: linear in spikes and neurons when they are.
    ///
    /// # Errors
    /// [`AnalysisError::Lengths`], [`AnalysisError::Neuron`].
    pub fn new(
        spikes: &Spikes,
        size: usize,
        window: Option<Window>,
    ) -> Result<Self, AnalysisError> {
        check_spikes(spikes, size)?;
        let inside = |step: u64| window.is_none_or(|w| w.contains(step));
        let mut offsets = vec![0_usize; size + 1];
        for (&step, &id) in spikes.steps.iter().zip(&spikes.ids) {
            offsets[id as usize + 1] += usize::from(inside(step));
        }
        for i in 0..size {
            offsets[i + 1] += offsets[i];
        }
        let mut next = offsets.clone();
        let mut steps = vec![0_u64; offsets[size]];
        for (&step, &id) in spikes.steps.iter().zip(&spikes.ids) {
            if inside(step) {
                steps[next[id as usize]] = step;
                next[id as usize] += 1;
            }
        }
        for i in 0..size {
            let train = &mut steps[offsets[i]..offsets[i + 1]];
            if !train.is_sorted() {
                train.sort_unstable();
            }
        }
        Ok(Self { offsets, steps })
    }

    /// Number of neurons.
    #[must_use]
    pub fn n_neurons(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Number of spikes of all neurons.
    #[must_use]
    pub fn n_spikes(&self) -> usize {
        self.steps.len()
    }

    /// Spike steps of neuron `neuron`, ascending; empty for a neuron that does not exist.
    #[must_use]
    pub fn train(&self, neuron: usize) -> &[u64] {
        match (self.offsets.get(neuron), self.offsets.get(neuron + 1)) {
            (Some(&start), Some(&end)) => &self.steps[start..end],
            _ => &[],
        }
    }

    /// Number of spikes of each neuron.
    #[must_use]
    pub fn counts(&self) -> Vec<u32> {
        self.iter().map(|t| u32::try_from(t.len()).unwrap_or(u32::MAX)).collect()
    }

    /// The trains, neuron by neuron.
    pub fn iter(&self) -> impl Iterator<Item = &[u64]> {
        self.offsets.windows(2).map(|o| &self.steps[o[0]..o[1]])
    }
}

/// Refuses spikes whose arrays differ in length or that name a neuron `>= size`.
pub(crate) fn check_spikes(spikes: &Spikes, size: usize) -> Result<(), AnalysisError> {
    if spikes.steps.len() != spikes.ids.len() {
        return Err(AnalysisError::Lengths {
            what: "spike steps and neuron ids",
            left: spikes.steps.len(),
            right: spikes.ids.len(),
        });
    }
    match spikes.ids.iter().find(|&&id| id as usize >= size) {
        Some(&id) => Err(AnalysisError::Neuron { id, size }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trains_are_grouped_sorted_and_windowed() {
        let spikes = Spikes { steps: vec![5, 1, 9, 3, 9], ids: vec![2, 0, 2, 2, 0] };
        let all = SpikeTrains::new(&spikes, 4, None).unwrap();
        assert_eq!(all.iter().collect::<Vec<_>>(), [&[1, 9][..], &[], &[3, 5, 9], &[]]);
        let some = SpikeTrains::new(&spikes, 4, Some(Window::new(3, 9).unwrap())).unwrap();
        assert_eq!((some.train(0), some.train(2), some.train(7)), (&[][..], &[3, 5][..], &[][..]));
        assert_eq!((some.n_neurons(), some.n_spikes()), (4, 2));
    }

    #[test]
    fn inconsistent_spikes_are_refused() {
        let ragged = Spikes { steps: vec![1], ids: vec![] };
        assert!(matches!(SpikeTrains::new(&ragged, 1, None), Err(AnalysisError::Lengths { .. })));
        let foreign = Spikes { steps: vec![1], ids: vec![3] };
        assert!(matches!(
            SpikeTrains::new(&foreign, 3, None),
            Err(AnalysisError::Neuron { id: 3, size: 3 })
        ));
        assert_eq!(SpikeTrains::new(&Spikes::default(), 0, None).unwrap().n_neurons(), 0);
    }
}
