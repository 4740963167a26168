//! Events on their way: a bin for each of the next steps, for projections whose synapses differ in delay.

use std::ops::Range;

/// Places that one [`PendingEvents`] has at most: an event holds its place in 16 bits.
pub(crate) const PLACES: usize = 1 << 16;

/// Events that a bin holds per place before they are summed, so that a burst takes no more memory than this.
const EVENTS_PER_PLACE: usize = 2;

/// Least number of events at which a bin is summed.
const FEW_EVENTS: usize = 4096;

/// What reaches each of a number of places (receptors of neurons) in each of the next steps.
///
/// A spike is sent along one contiguous row of synapses, whose runs of equal delay are appended to the bins of the steps in which
/// they arrive; a step sums its bin. Memory is read and written in order, but for the sums of one step, which stay in the cache.
/// A place sums what reaches it in a step from zero, in the order in which it was sent.
#[derive(Debug, Clone)]
pub(crate) struct PendingEvents {
    /// `[step % steps]`.
    bins: Vec<Bin>,
    places: usize,
    /// Room for the sums of a step; zero between steps.
    sums: Vec<f64>,
}

/// The events that arrive in one step.
#[derive(Debug, Clone)]
struct Bin {
    places: Vec<u16>,
    weights: EventWeights,
    /// Sums of the events before these, one for each place, where there were more than the list may hold; else empty or all zero.
    sums: Vec<f64>,
    /// Whether `sums` holds some.
    summed: bool,
}

/// Weights of events: in single precision where all come from synapses that hold them so, which loses nothing.
#[derive(Debug, Clone)]
enum EventWeights {
    Single(Vec<f32>),
    Double(Vec<f64>),
}

/// Appends, and takes no more room than for `limit` where that is enough.
fn make_room<T>(list: &mut Vec<T>, more: usize, limit: usize) {
    let needed = list.len() + more;
    if needed > list.capacity() {
        list.reserve_exact((2 * needed).min(limit.max(needed)) - list.len());
    }
}

impl Bin {
    /// Makes room for `more` events.
    #[inline]
    fn make_room(&mut self, more: usize, n_places: usize) {
        if self.places.len() + more > self.places.capacity() {
            self.grow(more, n_places);
        }
    }

    /// Takes more memory, or sums the events that there are where they are many.
    #[cold]
    fn grow(&mut self, more: usize, n_places: usize) {
        let limit = (EVENTS_PER_PLACE * n_places).max(FEW_EVENTS);
        if self.places.len() + more > limit && !self.places.is_empty() {
            self.sums.resize(n_places, 0.0);
            self.summed = true;
            add_events(&self.places, &self.weights, &mut self.sums);
            self.clear();
        }
        make_room(&mut self.places, more, limit);
        match &mut self.weights {
            EventWeights::Single(weights) => make_room(weights, more, limit),
            EventWeights::Double(weights) => make_room(weights, more, limit),
        }
    }

    fn clear(&mut self) {
        self.places.clear();
        match &mut self.weights {
            EventWeights::Single(weights) => weights.clear(),
            EventWeights::Double(weights) => weights.clear(),
        }
    }
}

/// Adds the events of a list to sums, in their order.
fn add_events(places: &[u16], weights: &EventWeights, sums: &mut [f64]) {
    match weights {
        EventWeights::Single(weights) => {
            for (&place, &weight) in places.iter().zip(weights) {
                sums[usize::from(place)] += f64::from(weight);
            }
        }
        EventWeights::Double(weights) => {
            for (&place, &weight) in places.iter().zip(weights) {
                sums[usize::from(place)] += weight;
            }
        }
    }
}

impl PendingEvents {
    /// For `places` (at most [`PLACES`]) and delays of up to `longest` steps; `single` where all weights are of single precision.
    pub(crate) fn new(places: usize, longest: u32, single: bool) -> Self {
        let weights = match single {
            true => EventWeights::Single(Vec::new()),
            false => EventWeights::Double(Vec::new()),
        };
        let bin = Bin { places: Vec::new(), weights, sums: Vec::new(), summed: false };
        Self { bins: vec![bin; longest as usize + 1], places, sums: vec![0.0; places] }
    }

    /// Steps from the present one on in which an event may arrive.
    pub(crate) fn steps(&self) -> u32 {
        self.bins.len() as u32
    }

    fn bin(&mut self, step: u32) -> &mut Bin {
        let steps = self.bins.len() as u32;
        &mut self.bins[(step % steps) as usize]
    }

    /// Adds events of weights of their own that arrive in `step`, at most the longest delay ahead.
    #[inline]
    pub(crate) fn add_run(&mut self, step: u32, places: &[u16], weights: &[f32]) {
        let n_places = self.places;
        let bin = self.bin(step);
        bin.make_room(places.len(), n_places);
        bin.places.extend_from_slice(places);
        match &mut bin.weights {
            EventWeights::Single(all) => all.extend_from_slice(weights),
            EventWeights::Double(all) => all.extend(weights.iter().map(|&w| f64::from(w))),
        }
    }

    /// Adds events of one weight.
    #[inline]
    pub(crate) fn add_equal(&mut self, step: u32, places: &[u16], weight: f64) {
        let n_places = self.places;
        let bin = self.bin(step);
        bin.make_room(places.len(), n_places);
        bin.places.extend_from_slice(places);
        let n = bin.places.len();
        match &mut bin.weights {
            EventWeights::Single(all) => all.resize(n, weight as f32),
            EventWeights::Double(all) => all.resize(n, weight),
        }
    }

    /// Adds one event.
    #[inline]
    pub(crate) fn add(&mut self, step: u32, place: u16, weight: f64) {
        self.add_equal(step, &[place], weight);
    }

    /// What arrives in `step` at each place, to be set to zero by whom it is given to.
    pub(crate) fn due(&mut self, step: u32) -> &mut [f64] {
        let Self { bins, sums, .. } = self;
        let steps = bins.len() as u32;
        let bin = &mut bins[(step % steps) as usize];
        if std::mem::take(&mut bin.summed) {
            add_events(&bin.places, &bin.weights, &mut bin.sums);
            bin.clear();
            return &mut bin.sums;
        }
        add_events(&bin.places, &bin.weights, sums);
        bin.clear();
        sums
    }

    /// What arrives in `step` at some places, for a checkpoint.
    pub(crate) fn state(&self, step: u32, places: Range<usize>) -> Vec<f64> {
        let bin = &self.bins[(step % self.steps()) as usize];
        let mut sums = if bin.summed { bin.sums.clone() } else { vec![0.0; self.places] };
        add_events(&bin.places, &bin.weights, &mut sums);
        sums[places].to_vec()
    }

    /// Takes up what arrives in `step` at the places from `first` on.
    pub(crate) fn restore(&mut self, step: u32, first: usize, sums: &[f64]) {
        let n_places = self.places;
        let bin = self.bin(step);
        bin.sums.resize(n_places, 0.0);
        bin.sums[first..first + sums.len()].copy_from_slice(sums);
        bin.summed = true;
    }
}

/// Where the synapses of a projection add what they send.
pub(crate) trait EventSums {
    /// Adds the weight `w` of the synapse at `place` of the target lists.
    fn add(&mut self, place: u32, w: f64);

    /// Adds the weights of synapses at places.
    #[inline]
    fn add_all(&mut self, synapses: impl Iterator<Item = (u32, f64)>) {
        synapses.for_each(|(place, w)| self.add(place, w));
    }
}

/// The sums of the step in which synapses of one delay act.
#[derive(Debug)]
pub(crate) struct SumsNow<'a> {
    sums: &'a mut [f64],
    /// Place of the first target neuron at this delay.
    first: u32,
}

impl<'a> SumsNow<'a> {
    /// The sums `events` of the step in which synapses act whose first place is `place`.
    pub(crate) fn new(events: &'a mut [f64], place: u32) -> Self {
        Self { sums: events, first: place }
    }
}

impl EventSums for SumsNow<'_> {
    #[inline]
    fn add(&mut self, place: u32, w: f64) {
        self.add_all([(place, w)].into_iter());
    }

    #[inline]
    fn add_all(&mut self, synapses: impl Iterator<Item = (u32, f64)>) {
        // Copies that no store can change: the loop then holds them in registers.
        let (first, size) = (self.first as usize, self.sums.len());
        let sums = &mut self.sums[..size];
        if first == 0 {
            // Always so where all synapses have one delay.
            return synapses.for_each(|(place, w)| sums[place as usize] += w);
        }
        synapses.for_each(|(place, w)| sums[place as usize - first] += w);
    }
}

/// The sums of the step in which synapses of one delay act, that lie at several places of their targets.
#[derive(Debug)]
pub(crate) struct SumsAtPlaces<'a, D> {
    /// Sums of the weights, the neurons of one place after those of another.
    pub sums: &'a mut [f64],
    /// Neurons of the part.
    pub len: usize,
    /// Place of the first target neuron at this delay.
    pub first: u32,
    /// The place of the cell for a synapse onto a neuron of the part.
    pub place_of: D,
}

impl<D: FnMut(u32) -> usize> EventSums for SumsAtPlaces<'_, D> {
    #[inline]
    fn add(&mut self, place: u32, w: f64) {
        let neuron = place - self.first;
        let at = (self.place_of)(neuron);
        self.sums[at * self.len + neuron as usize] += w;
    }
}

/// The bins of the steps in which synapses of different delays act, on the neurons of a part that have places in them.
#[derive(Debug)]
pub(crate) struct SumsLater<'a> {
    pub pending: &'a mut PendingEvents,
    /// Step in which the synapses of the shortest delay act.
    pub step: u32,
    /// Neurons of the part, by which places of target lists are counted.
    pub len: u32,
    /// Those of them that have places here, and the first of their places.
    pub neurons: Range<u32>,
    pub first: u32,
}

impl EventSums for SumsLater<'_> {
    #[inline]
    fn add(&mut self, place: u32, w: f64) {
        let (ahead, neuron) = (place / self.len, place % self.len);
        if self.neurons.contains(&neuron) {
            let place = self.first + (neuron - self.neurons.start);
            self.pending.add(self.step + ahead, place as u16, w);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::{Purpose, fractions};

    /// A ring of sums, one for each step and place.
    struct Ring {
        sums: Vec<Vec<f64>>,
    }

    impl Ring {
        fn add(&mut self, step: u32, place: u16, w: f64) {
            let steps = self.sums.len();
            self.sums[step as usize % steps][usize::from(place)] += w;
        }
    }

    /// Few places and many events, so that bins are summed before their step; weights whose sums depend on the order.
    #[test]
    fn bins_have_the_bits_of_a_ring_of_sums() {
        for single in [true, false] {
            for (places, events) in [(1, 3usize), (40, 30_000), (5000, 40_000)] {
                let longest = 7;
                let mut ring = Ring { sums: vec![vec![0.0; places]; longest as usize + 1] };
                let mut pending = PendingEvents::new(places, longest, single);
                let mut draws = fractions(1, Purpose::Weights, "bins");
                let mut draw = || draws.next().unwrap();
                let mut total = 0.0;
                for step in 0..40u32 {
                    let mut sent = 0;
                    while sent < events.div_ceil(8) {
                        let n = 1 + (draw() * 60.0) as usize;
                        let at = step + (draw() * f64::from(longest + 1)) as u32;
                        let run: Vec<u16> =
                            (0..n).map(|_| (draw() * places as f64) as u16).collect();
                        let weights: Vec<f32> =
                            run.iter().map(|_| (10f64.powf(9.0 * draw()) / 3.0) as f32).collect();
                        match sent % 3 {
                            0 => pending.add_run(at, &run, &weights),
                            1 => run.iter().zip(&weights).for_each(|(&place, &w)| {
                                pending.add(at, place, f64::from(w));
                            }),
                            _ => pending.add_equal(at, &run, f64::from(weights[0])),
                        }
                        for (i, &place) in run.iter().enumerate() {
                            let w = if sent % 3 == 2 { weights[0] } else { weights[i] };
                            ring.add(at, place, f64::from(w));
                        }
                        sent += n;
                    }
                    if step == 20 {
                        // As a checkpoint keeps them.
                        let mut other = PendingEvents::new(places, longest, single);
                        for due in step..step + pending.steps() {
                            let cut = places / 2;
                            for range in [0..cut, cut..places] {
                                other.restore(due, range.start, &pending.state(due, range.clone()));
                            }
                        }
                        pending = other;
                    }
                    let due = pending.due(step);
                    let expected = &mut ring.sums[step as usize % (longest as usize + 1)];
                    for (got, expected) in due.iter_mut().zip(expected) {
                        assert_eq!(got.to_bits(), expected.to_bits(), "{step}");
                        total += std::mem::take(got);
                        *expected = 0.0;
                    }
                }
                assert!(total > 0.0);
            }
        }
    }

    /// However many events a step sends, a bin holds no more than its limit.
    #[test]
    fn a_burst_takes_no_more_memory_than_the_limit() {
        let (places, run) = (3000usize, vec![7u16; 1000]);
        let mut pending = PendingEvents::new(places, 2, true);
        for _ in 0..200 {
            pending.add_run(1, &run, &[0.5; 1000]);
        }
        let limit = EVENTS_PER_PLACE * places;
        assert!(pending.bins.iter().all(|bin| bin.places.capacity() <= limit));
        assert_eq!(pending.due(1)[7], 100_000.0);
    }
}
