//! Synapses that do not change and differ in delay, of one source onto many places: one contiguous row for each source neuron.

use std::ops::Range;

use super::drawing::DrawnUnit;
use super::{BuildError, Wiring, WiringTooLarge};

/// Bits of a run that hold its delay, up to the longest that is drawn; the others hold its length.
const DELAY_BITS: u32 = 17;

/// Longest run.
const LONGEST_RUN: usize = (1 << (32 - DELAY_BITS)) - 1;

/// Sources of a bucket: so few that its rows are placed within the cache.
const BUCKET: u32 = 256;

/// Counters of (source, delay) of a bucket, beyond which its rows are sorted instead of counted.
const COUNTERS: usize = 1 << 18;

/// The rows of the synapses of one source population (or one afferent population) onto places of a worker.
///
/// A row is ordered by delay; what reaches one place with one delay from one source is ordered by the bits of the weight, so that
/// no order depends on who draws.
#[derive(Debug, Clone, Default)]
pub(crate) struct SynapseRows {
    /// Where the runs and the synapses of each source begin, and the ends.
    starts: Vec<[u32; 2]>,
    runs: Vec<DelayRun>,
    places: Vec<u16>,
    /// Of every synapse, unless they are equal.
    weights: Option<Vec<f32>>,
}

/// Synapses of one source and one delay, side by side: delay and number in one word.
#[derive(Debug, Clone, Copy)]
struct DelayRun(u32);

impl DelayRun {
    fn new(delay: u32, len: usize) -> Self {
        Self((len as u32) << DELAY_BITS | delay)
    }

    fn delay(self) -> u32 {
        self.0 & ((1 << DELAY_BITS) - 1)
    }

    fn len(self) -> usize {
        (self.0 >> DELAY_BITS) as usize
    }
}

/// A synapse as it is drawn: 12 bytes.
#[derive(Debug, Clone, Copy)]
struct DrawnSynapse {
    /// Its source in the bucket, and its delay.
    source_and_delay: u32,
    weight: f32,
    place: u16,
}

impl DrawnSynapse {
    fn source(self) -> usize {
        (self.source_and_delay >> DELAY_BITS) as usize
    }

    fn delay(self) -> u32 {
        self.source_and_delay & ((1 << DELAY_BITS) - 1)
    }
}

/// The room in which the rows of a worker are drawn: synapses by runs of sources, in the order of drawing.
#[derive(Debug)]
pub(crate) struct RowBuilder {
    buckets: Vec<Vec<DrawnSynapse>>,
    /// Of (source, delay) of a bucket.
    counters: Vec<u32>,
    /// Synapses in one set of rows up to which its room is kept for the next, which spares asking for memory again; that of
    /// more is given back bucket by bucket, as the rows grow.
    few: f64,
    shortest: u32,
    longest: u32,
}

/// One of the projections whose synapses share rows: its targets, and the place of the first of them.
pub(crate) struct RowTargets<'m> {
    pub wiring: Wiring<'m>,
    pub targets: Range<u32>,
    pub first_place: u32,
}

impl RowBuilder {
    /// For a worker with about `all` synapses in rows.
    pub(crate) fn new(all: f64) -> Self {
        // Room of 12 bytes per synapse of a third, beside the 6 of all.
        let few = all / 3.0;
        Self { buckets: Vec::new(), counters: Vec::new(), few, shortest: u32::MAX, longest: 0 }
    }

    /// Draws the synapses of `projections`, which have one source and each places of their own, all with weights of their own or
    /// one projection with equal ones.
    pub(crate) fn build(
        &mut self,
        projections: &[RowTargets<'_>],
    ) -> Result<SynapseRows, BuildError> {
        let Some(first) = projections.first() else { return Ok(SynapseRows::default()) };
        let (sources, job) = (first.wiring.source_size, first.wiring.job);
        let own_weights = first.wiring.projection.weights.constant().is_none();
        let expected = projections.iter().map(RowTargets::expected).sum::<f64>();
        let used = sources.div_ceil(BUCKET) as usize;
        self.make_room(used, expected * f64::from(BUCKET) / f64::from(sources.max(1)));
        for RowTargets { wiring, targets, first_place } in projections {
            wiring.draw(targets.clone(), |unit| self.put(unit, targets.start, *first_place))?;
        }
        let n: usize = self.buckets[..used].iter().map(Vec::len).sum();
        if n >= u32::MAX as usize {
            let projection = first.wiring.projection.name.clone();
            return Err(WiringTooLarge::Synapses { projection }.into());
        }
        if n == 0 {
            return Ok(SynapseRows::default());
        }
        let mut rows = SynapseRows {
            starts: Vec::with_capacity(sources as usize + 1),
            runs: Vec::new(),
            places: vec![0; n],
            weights: own_weights.then(|| vec![0.0; n]),
        };
        rows.starts.push([0; 2]);
        for b in 0..used {
            job.check()?;
            let sources = BUCKET.min(sources - b as u32 * BUCKET) as usize;
            let mut bucket = std::mem::take(&mut self.buckets[b]);
            self.append(&mut rows, &mut bucket, sources);
            if expected <= self.few {
                bucket.clear();
                self.buckets[b] = bucket;
            }
        }
        rows.runs.shrink_to_fit();
        Ok(rows)
    }

    /// Empties the first `used` buckets, with room for `expected` synapses in each.
    fn make_room(&mut self, used: usize, expected: f64) {
        // Millions of buckets with next to nothing in them take no room before it is needed.
        let room = if expected < 16.0 { 0 } else { (1.02 * expected + 64.0).min(1e9) as usize };
        if self.buckets.len() < used {
            self.buckets.resize_with(used, Vec::new);
        }
        for bucket in &mut self.buckets[..used] {
            bucket.clear();
            if bucket.capacity() < room {
                // Not both at a time.
                *bucket = Vec::new();
                bucket.reserve_exact(room);
            }
        }
        (self.shortest, self.longest) = (u32::MAX, 0);
    }

    /// Puts the synapses of a unit into the buckets of their sources.
    #[inline]
    fn put(&mut self, unit: &DrawnUnit, first_target: u32, first_place: u32) {
        let Self { buckets, shortest, longest, .. } = self;
        for &delay in &unit.delays {
            (*shortest, *longest) = (delay.min(*shortest), delay.max(*longest));
        }
        let mut push = |&(source, target): &(u32, u32), delay: u32, weight: f32| {
            buckets[(source / BUCKET) as usize].push(DrawnSynapse {
                source_and_delay: (source % BUCKET) << DELAY_BITS | delay,
                weight,
                place: (first_place + (target - first_target)) as u16,
            });
        };
        let pairs = unit.pairs.iter().zip(&unit.delays);
        if unit.weights.is_empty() {
            pairs.for_each(|(pair, &delay)| push(pair, delay, 0.0));
        } else {
            let synapses = pairs.zip(&unit.weights);
            synapses.for_each(|((pair, &delay), &weight)| push(pair, delay, weight));
        }
    }

    /// Appends the rows of the next `sources` sources, whose synapses are `drawn`.
    fn append(&mut self, rows: &mut SynapseRows, drawn: &mut [DrawnSynapse], sources: usize) {
        let Self { counters, shortest, longest, .. } = self;
        let delays = (*longest + 1).saturating_sub(*shortest) as usize;
        let first = rows.starts.len() - 1;
        let mut at = rows.starts[first][1];
        if sources * delays > COUNTERS {
            // So many delays that most runs are short. The order of drawing is kept within a run.
            drawn.sort_by_key(|synapse| synapse.source_and_delay);
            let mut rest = &*drawn;
            for source in 0..sources {
                let (row, after) = rest.split_at(rest.partition_point(|s| s.source() <= source));
                for run in row.chunk_by(|a, b| a.delay() == b.delay()) {
                    rows.push_runs(run[0].delay(), run.len());
                }
                for s in row {
                    rows.set(at as usize, s);
                    at += 1;
                }
                rest = after;
                rows.starts.push([rows.runs.len() as u32, at]);
            }
        } else {
            let bin = |s: &DrawnSynapse| s.source() * delays + (s.delay() - *shortest) as usize;
            counters.clear();
            counters.resize(sources * delays, 0);
            drawn.iter().for_each(|s| counters[bin(s)] += 1);
            for source in 0..sources {
                let row = &mut counters[source * delays..(source + 1) * delays];
                for (delay, counter) in (*shortest..).zip(row) {
                    let n = std::mem::replace(counter, at);
                    at += n;
                    rows.push_runs(delay, n as usize);
                }
                rows.starts.push([rows.runs.len() as u32, at]);
            }
            for s in &*drawn {
                let next = &mut counters[bin(s)];
                rows.set(*next as usize, s);
                *next += 1;
            }
        }
        rows.order_multapses(first);
    }
}

impl RowTargets<'_> {
    /// About how many synapses there are.
    fn expected(&self) -> f64 {
        self.wiring.projection.in_degree * f64::from(self.targets.end - self.targets.start)
    }
}

impl SynapseRows {
    #[inline]
    fn set(&mut self, i: usize, synapse: &DrawnSynapse) {
        self.places[i] = synapse.place;
        if let Some(weights) = &mut self.weights {
            weights[i] = synapse.weight;
        }
    }

    fn push_runs(&mut self, delay: u32, mut n: usize) {
        while n > 0 {
            let len = n.min(LONGEST_RUN);
            self.runs.push(DelayRun::new(delay, len));
            n -= len;
        }
    }

    /// Orders the synapses from one source to one place with one delay by the bits of their weights, in the rows from that of
    /// `first` on. Places ascend within a run and a projection.
    fn order_multapses(&mut self, first: usize) {
        let Self { starts, runs, places, weights: Some(weights) } = self else { return };
        let mut from = starts[first][1] as usize;
        for row in starts[first..].windows(2) {
            let runs = &runs[row[0][0] as usize..row[1][0] as usize];
            for same_delay in runs.chunk_by(|a, b| a.delay() == b.delay()) {
                let run = from..from + same_delay.iter().map(|run| run.len()).sum::<usize>();
                from = run.end;
                let (places, mut weights) = (&places[run.clone()], &mut weights[run]);
                if places.windows(2).all(|pair| pair[0] != pair[1]) {
                    continue;
                }
                for same in places.chunk_by(|a, b| a == b) {
                    let (mine, rest) = weights.split_at_mut(same.len());
                    mine.sort_unstable_by_key(|weight| weight.to_bits());
                    weights = rest;
                }
            }
        }
    }

    /// Number of synapses.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// Longest delay in steps.
    pub(crate) fn longest_delay(&self) -> u32 {
        self.runs.iter().map(|run| run.delay()).max().unwrap_or(0)
    }

    /// The runs of equal delay of a source: delay, places, and weights unless they are equal.
    #[inline]
    pub(crate) fn runs(
        &self,
        source: u32,
    ) -> impl Iterator<Item = (u32, &[u16], Option<&[f32]>)> + '_ {
        // Where there are no synapses at all, nothing is kept.
        let at = |k: usize| self.starts.get(k).copied().unwrap_or_default();
        let [[first, from], [end, to]] = [at(source as usize), at(source as usize + 1)];
        let (from, to) = (from as usize, to as usize);
        let mut places = &self.places[from..to];
        let mut weights = self.weights.as_ref().map(|weights| &weights[from..to]);
        self.runs[first as usize..end as usize].iter().map(move |run| {
            let (own, rest) = places.split_at(run.len());
            places = rest;
            let own_weights = weights.map(|all| {
                let (own, rest) = all.split_at(run.len());
                weights = Some(rest);
                own
            });
            (run.delay(), own, own_weights)
        })
    }

    /// Sources with a row.
    pub(crate) fn sources(&self) -> u32 {
        self.starts.len().saturating_sub(1) as u32
    }
}
