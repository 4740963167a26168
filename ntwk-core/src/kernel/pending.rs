//! Events on their way: a ring of the next steps, for projections whose synapses differ in delay.

/// What reaches each neuron of a part in each of the next steps, for one receptor.
///
/// A spike is spread over the ring when it is sent, along one contiguous stretch of its target list, and every step takes
/// what has come due. Looking for the synapses of a spike once per delay would touch scattered memory for a few each.
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

    /// Sums of the steps from `step` on, which must not be further ahead than the longest delay.
    pub(crate) fn sums(&mut self, step: u32) -> Sums<'_> {
        let start = (step % self.steps) as usize * self.len;
        Sums { sums: &mut self.ring, start }
    }

    /// Adds what is due in `step` to `events`, and makes room for the step that will lie there.
    pub(crate) fn take(&mut self, step: u32, events: &mut [f64]) {
        let first = (step % self.steps) as usize * self.len;
        let due = &mut self.ring[first..first + self.len];
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

/// Where the synapses of a projection add: one step's sums of a receptor, or a ring of them.
#[derive(Debug)]
pub(crate) struct Sums<'a> {
    sums: &'a mut [f64],
    /// What place 0 of the target lists is; modulo 2^w of the machine.
    start: usize,
}

impl<'a> Sums<'a> {
    /// The sums `events` of the step in which synapses act whose first place is `place`.
    pub(crate) fn now(events: &'a mut [f64], place: u32) -> Self {
        Self { sums: events, start: 0usize.wrapping_sub(place as usize) }
    }

    /// Adds the weight `w` of the synapse at `place`.
    #[inline]
    pub(crate) fn add(&mut self, place: u32, w: f64) {
        self.add_all([(place, w)].into_iter());
    }

    /// Adds the weights of synapses at places.
    #[inline]
    pub(crate) fn add_all(&mut self, synapses: impl Iterator<Item = (u32, f64)>) {
        // Copies that no store can change: the loop then holds them in registers.
        let (start, size) = (self.start, self.sums.len());
        let sums = &mut self.sums[..size];
        if start == 0 {
            // Nothing to wrap: always so where all synapses have one delay.
            return synapses.for_each(|(place, w)| sums[place as usize] += w);
        }
        for (place, w) in synapses {
            let ahead = start.wrapping_add(place as usize);
            sums[if ahead < size { ahead } else { ahead.wrapping_sub(size) }] += w;
        }
    }
}
