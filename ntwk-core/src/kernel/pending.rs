//! Events on their way: a ring of the next steps, for projections whose synapses differ in delay.

/// What reaches each neuron of a part in each of the next steps, for one receptor.
///
/// A spike is spread over the ring when it is sent, along one contiguous stretch of its target list, and every step takes
/// what has come due. Looking at the rows of a spike once per delay would touch scattered memory for a few synapses each.
#[derive(Debug, Clone)]
pub(crate) struct PendingEvents {
    /// `[step % steps][neuron]`.
    ring: Vec<f64>,
    steps: u32,
    len: usize,
}

impl PendingEvents {
    /// A ring for `len` neurons and delays of up to `longest` steps.
    pub(crate) fn new(len: usize, longest: u32) -> Self {
        let steps = longest + 1;
        Self { ring: vec![0.0; len * steps as usize], steps, len }
    }

    /// Longest delay in steps.
    pub(crate) fn longest(&self) -> u32 {
        self.steps - 1
    }

    /// Place of `step` in the ring; it must not be further ahead than the longest delay.
    #[inline]
    pub(crate) fn place(&self, step: u32) -> u32 {
        step % self.steps
    }

    /// Place of the step after the one at `place`.
    #[inline]
    pub(crate) fn next(&self, place: u32) -> u32 {
        if place + 1 == self.steps { 0 } else { place + 1 }
    }

    /// Sums of the neurons at `place`.
    #[inline]
    pub(crate) fn at(&mut self, place: u32) -> &mut [f64] {
        let first = place as usize * self.len;
        &mut self.ring[first..first + self.len]
    }

    /// Adds what is due in `step` to `events`, and makes room for the step that will lie there.
    pub(crate) fn take(&mut self, step: u32, events: &mut [f64]) {
        let due = self.at(self.place(step));
        for (event, due) in events.iter_mut().zip(due) {
            *event += std::mem::take(due);
        }
    }

    /// What is on its way.
    pub(crate) fn state(&self) -> &[f64] {
        &self.ring
    }

    /// Takes up a state; `false` when it is of another ring.
    pub(crate) fn restore(&mut self, ring: &[f64]) -> bool {
        let fits = ring.len() == self.ring.len();
        if fits {
            self.ring.copy_from_slice(ring);
        }
        fits
    }
}
