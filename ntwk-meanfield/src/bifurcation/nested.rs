//! Fixed points by nested nullclines: the rates of some populations are solved for given ones of the others.
//!
//! With the rates of the *outer* populations given, every *inner* one is at rest at the root of `F(nu) = nu` in its own rate,
//! one after the other. Where that root is unique (the rate of an inhibitory population falls with itself) fixed points are
//! the zeros of a function of the outer rates alone: of one rate all of them can be found.

use crate::bifurcation::logarithmic::{FLOOR, Found, logarithm, rate};
use crate::system::{Adaptation, MeanField, Source};
use nalgebra::DVector;
use ntwk_core::{Interrupted, Job};

/// Values of one outer rate: below [`QUIET`], and above.
const LINE: [usize; 2] = [60, 440];
/// Rate (Hz) below which the response to excitation hardly changes.
const QUIET: f64 = 1e-5;
/// Values of each of two outer rates, and of each when these were too few.
const PLANES: [usize; 2] = [120, 260];
/// Values of an outer rate at which it is checked that inner roots are unique.
const CHECKED: usize = 16;
/// Values of an inner rate at which its roots are counted.
const COUNTED: usize = 48;
/// Bisections of a bracket at most.
const MAX_STEPS: usize = 100;

/// Which rates are given and in which order the others follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrangement {
    pub outer: Vec<usize>,
    pub inner: Vec<usize>,
}

/// Arrangements with one or two outer populations in which no inner population depends on a later one.
pub(crate) fn arrangements(system: &MeanField, outer: usize) -> Vec<Arrangement> {
    let n = system.populations().len();
    let sets: Vec<Vec<usize>> = match outer {
        1 => (0..n).map(|a| vec![a]).collect(),
        _ => (0..n).flat_map(|a| (a + 1..n).map(move |b| vec![a, b])).collect(),
    };
    let in_order = |outer: Vec<usize>| {
        let mut left: Vec<usize> = (0..n).filter(|m| !outer.contains(m)).collect();
        let mut inner = Vec::new();
        while !left.is_empty() {
            let free = |m: &usize| left.iter().all(|k| k == m || !depends(system, *m, *k));
            let next = left.iter().position(free)?;
            inner.push(left.remove(next));
        }
        Some(Arrangement { outer, inner })
    };
    sets.into_iter().filter_map(in_order).collect()
}

/// Whether the rate of `target` depends on that of `source`.
fn depends(system: &MeanField, target: usize, source: usize) -> bool {
    let population = &system.populations()[target];
    let adapts = population.adaptation == Adaptation::Explicit && population.membrane.b != 0.0;
    let acts = |s: &crate::SynapseClass| s.in_degree * s.weight != 0.0;
    (target == source && adapts)
        || population
            .connections
            .iter()
            .any(|c| c.source == Source::Population(source) && acts(&c.synapse))
}

/// A search over the outer rates.
pub(crate) struct Nested<'s, 'a> {
    found: &'s mut Found<'a>,
    arrangement: Arrangement,
    /// Whether each inner population depends on its own rate.
    own: Vec<bool>,
    /// The largest rate there can be (Hz).
    highest: f64,
    /// All rates at the last place.
    rates: DVector<f64>,
}

impl<'s, 'a> Nested<'s, 'a> {
    pub fn new(found: &'s mut Found<'a>, arrangement: Arrangement, highest: f64) -> Self {
        let own = arrangement.inner.iter().map(|m| depends(found.system, *m, *m)).collect();
        let rates = DVector::zeros(found.system.populations().len());
        Self { found, arrangement, own, highest, rates }
    }

    fn grid(&self, points: usize) -> Vec<f64> {
        evenly(logarithm(0.0), logarithm(self.highest), points)
    }

    /// `ln(F + FLOOR) - u` of population `m` at its logarithm `u`, the others as they are.
    fn lag(&mut self, m: usize, u: f64) -> f64 {
        self.rates[m] = rate(u);
        logarithm(self.found.search.rate(m, &self.rates)) - u
    }

    /// Brings the inner populations to rest.
    fn settle(&mut self) {
        for k in 0..self.arrangement.inner.len() {
            let m = self.arrangement.inner[k];
            if !self.own[k] {
                self.rates[m] = self.found.search.rate(m, &self.rates);
                continue;
            }
            // A response that falls with the rate brackets its root with any rate.
            let guess = logarithm(self.rates[m]);
            let there = guess + self.lag(m, guess);
            let (low, high) = (guess.min(there), guess.max(there));
            let ends = if self.lag(m, low) >= 0.0 && self.lag(m, high) <= 0.0 {
                [low, high]
            } else {
                [logarithm(0.0), logarithm(self.highest)]
            };
            let u = root(ends, &mut |u| self.lag(m, u));
            self.rates[m] = rate(u);
        }
    }

    /// Whether every inner population has one state of rest only, wherever that was looked at.
    pub fn is_unique(&mut self, job: &Job<'_>) -> Result<bool, Interrupted> {
        let values = self.grid(CHECKED);
        let counted = self.grid(COUNTED);
        let columns = match self.arrangement.outer.len() {
            1 => values.iter().map(|u| vec![*u]).collect::<Vec<_>>(),
            _ => {
                let some = || values.iter().step_by(3);
                some().flat_map(|a| some().map(|b| vec![*a, *b])).collect()
            }
        };
        for column in columns {
            job.check()?;
            self.place(&column);
            for k in 0..self.arrangement.inner.len() {
                let m = self.arrangement.inner[k];
                if !self.own[k] {
                    continue;
                }
                let settled = self.rates[m];
                let above: Vec<bool> = counted.iter().map(|u| self.lag(m, *u) > 0.0).collect();
                self.rates[m] = settled;
                if above.windows(2).filter(|w| w[0] != w[1]).count() > 1 {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Outer rates at these logarithms, and the inner populations at rest with them.
    fn place(&mut self, outer: &[f64]) {
        for (k, u) in outer.iter().enumerate() {
            self.rates[self.arrangement.outer[k]] = rate(*u);
        }
        self.settle();
    }

    /// The outer population's lag with the inner ones at rest, for one outer population.
    fn along(&mut self, u: f64) -> f64 {
        self.place(&[u]);
        let outer = self.arrangement.outer[0];
        logarithm(self.found.search.rate(outer, &self.rates)) - u
    }

    /// All zeros along one outer rate.
    pub fn line(&mut self, job: &Job<'_>) -> Result<(), Interrupted> {
        let quiet = logarithm(QUIET);
        let mut values = evenly(logarithm(0.0), quiet, LINE[0]);
        values.extend(evenly(quiet, logarithm(self.highest), LINE[1]).into_iter().skip(1));
        let mut lags = Vec::with_capacity(values.len());
        for u in &values {
            job.check()?;
            lags.push(self.along(*u));
        }
        // No rate is below silence or above the highest.
        lags[0] = lags[0].max(f64::MIN_POSITIVE);
        let last = lags.len() - 1;
        lags[last] = lags[last].min(-f64::MIN_POSITIVE);
        let mut brackets = Vec::new();
        for k in 1..values.len() {
            if (lags[k - 1] > 0.0) != (lags[k] > 0.0) {
                brackets.push([values[k - 1], values[k]]);
            } else if k < last
                && (lags[k] > 0.0) == (lags[k + 1] > 0.0)
                && lags[k].abs() < lags[k - 1].abs().min(lags[k + 1].abs())
                && let Some(between) = self.other_sign([values[k - 1], values[k + 1]], lags[k])
            {
                brackets.push([values[k - 1], between]);
                brackets.push([between, values[k + 1]]);
            }
        }
        for bracket in brackets {
            job.check()?;
            let u = root(bracket, &mut |u| self.along(u));
            self.place(&[u]);
            self.take();
        }
        Ok(())
    }

    /// Where the lag has the other sign within a stretch in which its magnitude has a minimum: golden section.
    fn other_sign(&mut self, [mut low, mut high]: [f64; 2], sign: f64) -> Option<f64> {
        const GOLDEN: f64 = 0.618_033_988_749_895;
        let mut inside = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
        let mut lags = inside.map(|u| self.along(u) * sign.signum());
        for _ in 0..40 {
            if let Some(k) = lags.iter().position(|lag| *lag < 0.0) {
                return Some(inside[k]);
            }
            if lags[0] < lags[1] {
                high = inside[1];
                (inside[1], lags[1]) = (inside[0], lags[0]);
                inside[0] = high - GOLDEN * (high - low);
                lags[0] = self.along(inside[0]) * sign.signum();
            } else {
                low = inside[0];
                (inside[0], lags[0]) = (inside[1], lags[1]);
                inside[1] = low + GOLDEN * (high - low);
                lags[1] = self.along(inside[1]) * sign.signum();
            }
        }
        None
    }

    /// Takes the present rates, refined by Newton's method; where that leads away (a corner of the transfer function), as they are.
    fn take(&mut self) {
        let here = self.rates.clone();
        let near = |a: &DVector<f64>| super::logarithmic::distance(a, &here) < 1e-3;
        match self.found.newton(&here).filter(near) {
            Some(rates) => self.found.add(rates),
            None => {
                let gap = self.found.search.residual(&here);
                if gap <= 1e-6 * (here.amax() + FLOOR) {
                    self.found.add(here);
                }
            }
        }
    }

    /// Zeros in the plane of two outer rates: Newton's method from every cell of a grid in which both lags change their sign.
    pub fn plane(&mut self, fine: bool, job: &Job<'_>) -> Result<(), Interrupted> {
        let values = self.grid(PLANES[usize::from(fine)]);
        let n = values.len();
        let outer = self.arrangement.outer.clone();
        let mut signs = vec![[false; 2]; n * n];
        let mut inner = vec![DVector::zeros(0); n * n];
        for i in 0..n {
            job.check()?;
            for j in 0..n {
                self.place(&[values[i], values[j]]);
                for (k, u) in [values[i], values[j]].into_iter().enumerate() {
                    let lag = logarithm(self.found.search.rate(outer[k], &self.rates)) - u;
                    let edge = [i, j][k];
                    signs[i * n + j][k] = edge == 0 || (edge < n - 1 && lag > 0.0);
                }
                inner[i * n + j] = self.rates.clone();
            }
        }
        for i in 0..n - 1 {
            job.check()?;
            for j in 0..n - 1 {
                let corners = [i * n + j, (i + 1) * n + j, i * n + j + 1, (i + 1) * n + j + 1];
                let changes = |k: usize| {
                    corners.iter().any(|c| signs[*c][k]) && corners.iter().any(|c| !signs[*c][k])
                };
                if !(changes(0) && changes(1)) {
                    continue;
                }
                let middle = |k: usize| 0.5 * (values[k] + values[k + 1]);
                self.place(&[middle(i), middle(j)]);
                let centre = self.rates.clone();
                if !self.found.seek(&centre) {
                    corners.iter().for_each(|c| {
                        self.found.seek(&inner[*c]);
                    });
                }
            }
        }
        Ok(())
    }
}

/// `points` values from `low` to `high`.
fn evenly(low: f64, high: f64, points: usize) -> Vec<f64> {
    (0..points).map(|k| low + (high - low) * k as f64 / (points - 1) as f64).collect()
}

/// The zero of a function between two places where its signs differ: false position (Illinois), with bisection where that is
/// slow.
fn root([mut a, mut b]: [f64; 2], f: &mut dyn FnMut(f64) -> f64) -> f64 {
    let (mut fa, mut fb) = (f(a), f(b));
    if fa == 0.0 {
        return a;
    }
    if fb == 0.0 || (fa > 0.0) == (fb > 0.0) {
        return b;
    }
    for step in 0..MAX_STEPS {
        let width = b - a;
        if width.abs() <= 1e-13 * (1.0 + a.abs().max(b.abs())) {
            break;
        }
        let between = (a * fb - b * fa) / (fb - fa);
        let within = between > a.min(b) && between < a.max(b);
        let c = if within && step % 4 != 3 { between } else { 0.5 * (a + b) };
        let fc = f(c);
        if fc == 0.0 {
            return c;
        }
        if (fc > 0.0) == (fb > 0.0) {
            fa *= 0.5;
        } else {
            (a, fa) = (b, fb);
        }
        (b, fb) = (c, fc);
    }
    b
}
