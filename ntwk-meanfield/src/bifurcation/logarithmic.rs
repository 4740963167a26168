//! Newton's method for fixed points in the logarithm of the rates, for states of any order of magnitude.

use crate::bifurcation::fixed_point::{Search, non_negative};
use crate::system::MeanField;
use crate::system::input::Input;
use nalgebra::{DMatrix, DVector};

/// Rate (Hz) added to every rate before its logarithm is taken: silence has one, and far smaller rates count as silence.
pub(crate) const FLOOR: f64 = 1e-12;
/// Newton steps from one start.
const MAX_STEPS: usize = 80;
/// Longest step in the logarithm of a rate.
const LONGEST: f64 = 2.0;
/// A relative residual below this is a fixed point.
const TOLERANCE: f64 = 1e-9;
/// Points whose rates agree to this factor in every population are the same.
const SAME: f64 = 1e-6;

/// `ln(nu + FLOOR)`.
pub(crate) fn logarithm(rate: f64) -> f64 {
    (rate + FLOOR).ln()
}

/// The rate with a given [`logarithm`].
pub(crate) fn rate(logarithm: f64) -> f64 {
    (logarithm.exp() - FLOOR).max(0.0)
}

/// Largest distance of two sets of rates in their logarithms.
pub(crate) fn distance(a: &DVector<f64>, b: &DVector<f64>) -> f64 {
    a.iter().zip(b.iter()).map(|(a, b)| (logarithm(*a) - logarithm(*b)).abs()).fold(0.0, f64::max)
}

/// Fixed points found so far, each once.
pub(crate) struct Found<'a> {
    pub system: &'a MeanField,
    pub input: &'a Input,
    /// Finds and describes.
    pub search: Search<'a>,
    /// Rates (Hz) of the points, in the order in which they were found.
    pub points: Vec<DVector<f64>>,
}

impl<'a> Found<'a> {
    pub fn new(system: &'a MeanField, input: &'a Input) -> Self {
        Self { system, input, search: Search::new(system, input), points: Vec::new() }
    }

    /// Adds the fixed point that Newton's method reaches from `start`; whether it reached one.
    pub fn seek(&mut self, start: &DVector<f64>) -> bool {
        let reached = self.newton(start);
        reached.is_some_and(|rates| {
            self.add(rates);
            true
        })
    }

    /// Adds rates that are a fixed point, unless they are known.
    pub fn add(&mut self, rates: DVector<f64>) {
        if !self.points.iter().any(|known| distance(known, &rates) < SAME) {
            self.points.push(rates);
        }
    }

    /// `ln(F + FLOOR) - ln(nu + FLOOR)`, which fills the residual of the search.
    fn relative(&mut self, rates: &DVector<f64>) -> DVector<f64> {
        self.search.residual(rates);
        self.search.residual.zip_map(rates, |r, nu| logarithm((r + nu).max(0.0)) - logarithm(nu))
    }

    /// Newton's method with steps shortened until the residual falls.
    pub fn newton(&mut self, start: &DVector<f64>) -> Option<DVector<f64>> {
        let mut rates = start.clone();
        let mut residual = self.relative(&rates);
        for _ in 0..MAX_STEPS {
            let size = residual.norm();
            if !size.is_finite() {
                return None;
            }
            let step = self.step(&rates, &residual)?;
            let shorten = (LONGEST / step.amax()).min(1.0);
            let next = (0..8).find_map(|halvings| {
                let fraction = shorten * 0.5_f64.powi(halvings);
                let trial = rates.zip_map(&step, |nu, d| rate(logarithm(nu) + fraction * d));
                let there = self.relative(&trial);
                (there.norm() < size * (1.0 - 1e-4 * fraction)).then_some((trial, there))
            });
            match next {
                Some(next) => (rates, residual) = next,
                None => break,
            }
        }
        (residual.amax() < TOLERANCE).then(|| self.polished(rates))
    }

    /// The Newton step in the logarithms.
    fn step(&mut self, rates: &DVector<f64>, residual: &DVector<f64>) -> Option<DVector<f64>> {
        self.search.linearise(rates);
        let jacobian = &self.search.jacobian;
        let n = rates.len();
        let scaled = DMatrix::from_fn(n, n, |m, k| {
            let own = f64::from(u8::from(m == k));
            let response = (rates[m] + FLOOR) * residual[m].exp();
            (jacobian[(m, k)] + own) * (rates[k] + FLOOR) / response - own
        });
        let step = scaled.lu().solve(&-residual)?;
        step.iter().all(|d| d.is_finite()).then_some(step)
    }

    /// Rates near a fixed point to the last digits: Newton steps in the rates themselves while the residual falls.
    fn polished(&mut self, mut rates: DVector<f64>) -> DVector<f64> {
        let mut size = self.relative(&rates).amax();
        for _ in 0..4 {
            self.search.residual(&rates);
            self.search.linearise(&rates);
            let Some(step) = self.search.jacobian.clone().lu().solve(&-&self.search.residual)
            else {
                break;
            };
            let trial = non_negative(&rates + step);
            let there = self.relative(&trial).amax();
            if there.is_nan() || there >= size {
                break;
            }
            (rates, size) = (trial, there);
        }
        rates
    }
}
