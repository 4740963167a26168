//! The pairs of each rule, drawn unit by unit.

use std::collections::HashSet;
use std::ops::Range;

use rand::{Rng, RngExt};
use rand_distr::Binomial;

use super::Wiring;
use super::counting_sort::counting_sort;
use crate::engine::random::{Purpose, below, stream, unit as uniform};
use crate::job::{Interrupted, Job, PIECE, pieces};
use crate::kernel::BLOCK;
use crate::model::Positions;
use crate::spec::ConnectionSpec;

/// Order in which given pairs are taken: by target and, within one, as written.
pub(super) fn written_order(
    sources: &[u64],
    targets: &[u64],
    target_size: u32,
    job: &Job<'_>,
) -> Result<Vec<usize>, Interrupted> {
    let mut order = vec![0; sources.len()];
    counting_sort(target_size, targets, job, |i, place| order[place] = i)?;
    Ok(order)
}

impl Wiring<'_> {
    /// Units that may hold synapses onto `range`: targets, sources or blocks of targets.
    pub(super) fn units(&self, range: &Range<u32>) -> Range<u64> {
        match self.projection.connection {
            ConnectionSpec::FixedOutDegree { .. } => 0..u64::from(self.source_size),
            ConnectionSpec::FixedTotalNumber { .. } => {
                let block = BLOCK as u32;
                u64::from(range.start / block)..u64::from(range.end.div_ceil(block))
            }
            ConnectionSpec::Pairs { .. } => 0..1,
            _ => u64::from(range.start)..u64::from(range.end),
        }
    }

    /// Appends the pairs (source, target) of a unit, targets ascending.
    pub(super) fn draw_unit(
        &self,
        unit: u64,
        pairs: &mut Vec<(u32, u32)>,
    ) -> Result<(), Interrupted> {
        match &self.projection.connection {
            ConnectionSpec::FixedOutDegree { out_degree, multapses, autapses } => {
                let source = unit as u32;
                let exclude = self.excludes_autapses(*autapses).then_some(source);
                let mut rng = self.rng(unit);
                let degree = *out_degree as u32;
                let size = self.target_size;
                draw_others(&mut rng, size, exclude, degree, *multapses, self.job, |target| {
                    pairs.push((source, target));
                })?;
                pairs.sort_unstable();
                Ok(())
            }
            ConnectionSpec::FixedTotalNumber { number, autapses } => {
                self.draw_block(unit, *number, *autapses, pairs)
            }
            ConnectionSpec::Pairs { sources, targets, .. } => {
                let order = written_order(sources, targets, self.target_size, self.job)?;
                for piece in order.chunks(PIECE) {
                    self.job.check()?;
                    pairs.extend(piece.iter().map(|&i| (sources[i] as u32, targets[i] as u32)));
                }
                Ok(())
            }
            _ => {
                let target = unit as u32;
                self.draw_sources(target, |source| pairs.push((source, target)))
            }
        }
    }

    fn rng(&self, unit: u64) -> impl Rng + use<> {
        stream(self.seed, Purpose::Connectivity, &self.projection.name, unit)
    }

    /// Draws the sources of one target.
    fn draw_sources(&self, target: u32, mut push: impl FnMut(u32)) -> Result<(), Interrupted> {
        let n = self.source_size;
        let excluded = |autapses: bool| self.excludes_autapses(autapses).then_some(target);
        match &self.projection.connection {
            ConnectionSpec::FixedInDegree { multapses, autapses, .. } => {
                let degree = self.projection.in_degree as u32;
                let mut rng = self.rng(u64::from(target));
                let exclude = excluded(*autapses);
                draw_others(&mut rng, n, exclude, degree, *multapses, self.job, push)?;
            }
            ConnectionSpec::PairwiseBernoulli { probability, autapses } => {
                let exclude = excluded(*autapses);
                if *probability <= 0.0 {
                    return Ok(());
                }
                let mut rng = self.rng(u64::from(target));
                // Skip to the next success: geometric gaps instead of a draw per pair.
                let log_failure = f64::ln_1p(-probability);
                let mut source = -1.0;
                loop {
                    let u = 1.0 - uniform(rng.next_u64());
                    let gap =
                        if *probability >= 1.0 { 0.0 } else { (u.ln() / log_failure).floor() };
                    source += 1.0 + gap;
                    if source >= f64::from(n) {
                        break;
                    }
                    let s = source as u32;
                    if exclude != Some(s) {
                        push(s);
                    }
                }
            }
            ConnectionSpec::DistanceGaussian {
                sigma,
                probability,
                in_degree,
                multapses,
                autapses,
            } => {
                let Some([source_space, target_space]) = self.spaces else { return Ok(()) };
                let exclude = excluded(*autapses);
                let from = Positions::new(source_space, n);
                let at = Positions::new(target_space, self.target_size).of(target);
                let mut rng = self.rng(u64::from(target));
                match in_degree {
                    Some(degree) if !multapses => {
                        // The order in which exponential waiting times with rates `exp(-d² / (2 sigma²))` end is that of drawing
                        // without replacement with these odds; in logarithms, so that none underflows.
                        let mut waiting: Vec<(f64, u32)> = (0..n)
                            .map(|s| {
                                let time = -(1.0 - uniform(rng.next_u64())).ln();
                                let d = from.distance(s, at) / sigma;
                                (time.ln() + 0.5 * d * d, s)
                            })
                            .filter(|(_, s)| exclude != Some(*s))
                            .collect();
                        waiting.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                        waiting.iter().take(*degree as usize).for_each(|&(_, s)| push(s));
                    }
                    Some(degree) => {
                        let candidates = || (0..n).filter(|&s| exclude != Some(s));
                        let sums = |smallest: f64| -> Vec<f64> {
                            let mut sum = 0.0;
                            let mut all = Vec::with_capacity(n as usize);
                            for s in 0..n {
                                if exclude != Some(s) {
                                    sum += from.gaussian_beyond(s, at, *sigma, smallest);
                                }
                                all.push(sum);
                            }
                            all
                        };
                        let whole = |sums: &[f64]| sums.last().copied().unwrap_or(0.0);
                        let mut cumulative = sums(0.0);
                        if whole(&cumulative) == 0.0 {
                            // Every weight underflows: relative to that of the nearest neurons they do not.
                            let distances = candidates().map(|s| from.distance(s, at));
                            cumulative = sums(distances.fold(f64::INFINITY, f64::min));
                        }
                        let sum = whole(&cumulative);
                        // The first with the whole sum: rounding must not lead to one behind it, which may be excluded.
                        let last = cumulative.partition_point(|&c| c < sum) as u32;
                        for _ in 0..*degree {
                            let u = uniform(rng.next_u64()) * sum;
                            let s = cumulative.partition_point(|&c| c <= u) as u32;
                            push(s.min(last));
                        }
                    }
                    None => {
                        for s in (0..n).filter(|&s| exclude != Some(s)) {
                            let p = probability.unwrap_or(0.0) * from.gaussian(s, at, *sigma);
                            if uniform(rng.next_u64()) < p {
                                push(s);
                            }
                        }
                    }
                }
            }
            ConnectionSpec::AllToAll { autapses } => {
                let exclude = excluded(*autapses);
                (0..n).filter(|&s| exclude != Some(s)).for_each(push);
            }
            ConnectionSpec::OneToOne => push(target),
            // Their units are not targets.
            ConnectionSpec::FixedOutDegree { .. }
            | ConnectionSpec::FixedTotalNumber { .. }
            | ConnectionSpec::Pairs { .. } => {}
        }
        Ok(())
    }

    /// The synapses onto a block of targets when `number` synapses fall evenly on all targets: a
    /// multinomial distribution, drawn as a chain of binomial ones, first over blocks (from a stream
    /// that all share), then over the targets of the block.
    fn draw_block(
        &self,
        block: u64,
        number: u64,
        autapses: bool,
        pairs: &mut Vec<(u32, u32)>,
    ) -> Result<(), Interrupted> {
        let first = block as u32 * BLOCK as u32;
        let last = (first + BLOCK as u32).min(self.target_size);
        let mut shared = self.rng(u64::MAX);
        let mut left = number;
        let mut mine = 0;
        for b in 0..=block as u32 {
            let start = b * BLOCK as u32;
            let size = (BLOCK as u32).min(self.target_size - start);
            mine =
                binomial(&mut shared, left, f64::from(size) / f64::from(self.target_size - start));
            left -= mine;
        }
        let mut rng = self.rng(block);
        for target in first..last {
            let k = binomial(&mut rng, mine, 1.0 / f64::from(last - target));
            mine -= k;
            let exclude = self.excludes_autapses(autapses).then_some(target);
            let mut remaining = k;
            while remaining > 0 {
                let some = remaining.min(u64::from(u32::MAX)) as u32;
                draw_others(&mut rng, self.source_size, exclude, some, true, self.job, |source| {
                    pairs.push((source, target));
                })?;
                remaining -= u64::from(some);
            }
        }
        Ok(())
    }
}

/// Number of successes in `n` trials of probability `p`.
fn binomial(rng: &mut impl Rng, n: u64, p: f64) -> u64 {
    if p >= 1.0 {
        return n;
    }
    Binomial::new(n, p.max(0.0)).map_or(0, |distribution| rng.sample(distribution))
}

/// Draws `degree` numbers below `n` other than `exclude`, with or without repetition.
fn draw_others(
    rng: &mut impl Rng,
    n: u32,
    exclude: Option<u32>,
    degree: u32,
    repetition: bool,
    job: &Job<'_>,
    mut push: impl FnMut(u32),
) -> Result<(), Interrupted> {
    // Among the n - 1 others: indices from the excluded one on move up.
    let candidates = n - u32::from(exclude.is_some());
    let shift = |s: u32| if exclude.is_some_and(|e| s >= e) { s + 1 } else { s };
    // Floyd's sampling of `degree` different numbers below `candidates`.
    let mut chosen = HashSet::with_capacity(if repetition { 0 } else { degree as usize });
    for piece in pieces(degree as usize) {
        job.check()?;
        if repetition {
            for _ in piece {
                push(shift(below(rng.next_u32(), candidates)));
            }
            continue;
        }
        for top in piece.map(|i| candidates - degree + i as u32) {
            let pick = below(rng.next_u32(), top + 1);
            let pick = if chosen.insert(pick) {
                pick
            } else {
                chosen.insert(top);
                top
            };
            push(shift(pick));
        }
    }
    Ok(())
}
