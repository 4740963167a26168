//! How a value goes from one level to the next: at once, or smoothly.

use std::f64::consts::{PI, SQRT_2};

use crate::spec::fault::FaultKind;
use crate::spec::key::TableReader;
use crate::spec::key::Words as _;
use crate::{section, words};

section! {
    /// The edges between the levels of a waveform. An edge is centred at its time, so that a smoothed pulse has the mean of a
    /// sharp one.
    #[derive(Debug, Clone, Copy, PartialEq, Default)]
    pub struct Edges, check = check {
        /// width of the edges (ms), each centred at its time; without it the value jumps
        smoothing: Option<f64> = Quantity(Time, NonNegative), none;
        /// shape of smoothed edges; without it, `"erf"`:
        edge: Option<EdgeShape> = Choice(EdgeShape::WORDS), none;
    }
}

words! {
    /// Shape of a smoothed edge.
    pub enum EdgeShape, what = "shape of edges" {
        /// a jump smoothed by a Gaussian with the standard deviation `smoothing`
        Erf = "erf",
        /// a straight line that takes the time `smoothing`
        Linear = "linear",
    }
}

fn check(edges: &Edges, table: &mut TableReader<'_, '_>) {
    if edges.edge.is_some() && edges.smoothing.is_none() && !table.is_faulty("smoothing") {
        let rule = "belongs to smoothing, which is not given".to_owned();
        table.fault("edge", FaultKind::Combination { rule });
    }
}

/// Standard deviations beyond which an edge of the error function has passed, to the last bit.
const ERF_REACH: f64 = 9.0;

/// Edges meant to lie on the grid of steps may miss it by rounding, by this part of a step.
const ROUNDING: f64 = 1e-9;

impl Edges {
    /// Edges smoothed by a Gaussian of standard deviation `sd` (ms).
    #[must_use]
    pub fn erf(sd: f64) -> Self {
        Self { smoothing: Some(sd), edge: None }
    }

    /// The width of the edges (ms), if they are smooth.
    pub(super) fn width(&self) -> Option<f64> {
        self.smoothing.filter(|&width| width > 0.0)
    }

    /// Time before and after an edge (ms) beyond which it has not begun or has passed.
    pub(super) fn reach(&self) -> f64 {
        match (self.width(), self.edge.unwrap_or_default()) {
            (None, _) => 0.0,
            (Some(sd), EdgeShape::Erf) => ERF_REACH * sd,
            (Some(width), EdgeShape::Linear) => 0.5 * width,
        }
    }

    /// The part of an edge that has passed `x` ms after its time, 0 to 1: its mean until `x + dt`, or its value for `dt = 0`.
    pub(super) fn passed(&self, x: f64, dt: f64) -> f64 {
        if x >= self.reach() {
            return 1.0;
        }
        if x + dt <= -self.reach() {
            return 0.0;
        }
        let Some(width) = self.width() else { return (x + dt) / dt };
        let edge = self.edge.unwrap_or_default();
        if dt > 0.0 {
            (integral(edge, width, x + dt) - integral(edge, width, x)) / dt
        } else {
            match edge {
                EdgeShape::Erf => normal(x / width),
                EdgeShape::Linear => x / width + 0.5,
            }
        }
    }

    /// The value at `t`, or its mean until `t + dt`, of levels that begin at increasing times, joined by these edges.
    pub(super) fn joined(&self, t: f64, dt: f64, levels: &impl Levels) -> f64 {
        let (reach, slack) = (self.reach(), ROUNDING * dt);
        let mut n = levels.begun(t - reach + slack);
        let mut value = levels.level(n);
        while let Some(time) = levels.time(n).filter(|time| time - reach < t + dt - slack) {
            value += (levels.level(n + 1) - levels.level(n)) * self.passed(t - time, dt);
            n += 1;
        }
        value
    }

    /// Adds the times (ms) where an edge at `time` begins, is steepest and ends.
    pub(super) fn collect_discontinuities(&self, time: f64, times: &mut Vec<f64>) {
        match (self.width(), self.edge.unwrap_or_default()) {
            (None, _) => times.push(time),
            (Some(sd), EdgeShape::Erf) => times.extend([time - 3.0 * sd, time, time + 3.0 * sd]),
            (Some(width), EdgeShape::Linear) => {
                times.extend([time - 0.5 * width, time + 0.5 * width]);
            }
        }
    }
}

/// Levels of a value, one after the other.
pub(super) trait Levels {
    /// Level before the first one begins (`n = 0`), or after the `n`th began.
    fn level(&self, n: usize) -> f64;
    /// Time (ms) when the one after the `n`th begins, if there is one.
    fn time(&self, n: usize) -> Option<f64>;
    /// How many have begun at `t` (ms).
    fn begun(&self, t: f64) -> usize;
}

/// Listed levels.
pub(super) struct Listed<'a> {
    pub(super) baseline: f64,
    pub(super) times: &'a [f64],
    pub(super) values: &'a [f64],
}

impl Levels for Listed<'_> {
    fn level(&self, n: usize) -> f64 {
        match n {
            0 => self.baseline,
            n => self.values.get(n - 1).copied().unwrap_or(f64::NAN),
        }
    }

    fn time(&self, n: usize) -> Option<f64> {
        self.times.get(n).copied()
    }

    fn begun(&self, t: f64) -> usize {
        self.times.partition_point(|&onset| onset <= t)
    }
}

/// Levels of equal height and length.
pub(super) struct Stairs {
    pub(super) baseline: f64,
    pub(super) size: f64,
    pub(super) start: f64,
    pub(super) length: f64,
    pub(super) count: usize,
}

impl Levels for Stairs {
    fn level(&self, n: usize) -> f64 {
        self.baseline + self.size * n as f64
    }

    fn time(&self, n: usize) -> Option<f64> {
        (n < self.count).then_some(self.start + self.length * n as f64)
    }

    fn begun(&self, t: f64) -> usize {
        // The small term keeps a stair begun at its own time despite rounding.
        let n = (t - self.start) / self.length + 1.0 + ROUNDING;
        (n.floor().max(0.0) as usize).min(self.count)
    }
}

/// Integral of an edge from long before it to `x` ms after its time (ms).
fn integral(edge: EdgeShape, width: f64, x: f64) -> f64 {
    match edge {
        EdgeShape::Erf => {
            let z = x / width;
            width * (z * normal(z) + (-0.5 * z * z).exp() / (2.0 * PI).sqrt())
        }
        EdgeShape::Linear if x >= 0.5 * width => x,
        EdgeShape::Linear => (x + 0.5 * width).max(0.0).powi(2) / (2.0 * width),
    }
}

/// The normal distribution function.
fn normal(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::super::{Factors, Shape, Span, Waveform};
    use super::*;

    fn linear(width: f64) -> Edges {
        Edges { smoothing: Some(width), edge: Some(EdgeShape::Linear) }
    }

    fn step(edges: Edges) -> Waveform {
        Shape::Step { baseline: 1.0, amplitude: 2.0, span: Span::lasting(100.0, 200.0), edges }
            .into()
    }

    #[test]
    fn edges_are_centred_at_their_times() {
        let smooth = step(Edges::erf(10.0));
        // Half of the height at the edge, Phi(1) = 0.8413447460685429 of it a standard deviation later.
        assert!((smooth.at(100.0) - 2.0).abs() < 1e-14);
        assert!((smooth.at(110.0) - 1.0 - 1.682_689_492_137_086).abs() < 1e-14);
        assert!((smooth.at(290.0) - 1.0 - 1.682_689_492_137_086).abs() < 1e-14);
        assert_eq!([smooth.at(0.0), smooth.at(200.0), smooth.at(400.0)], [1.0, 3.0, 1.0]);
        let straight = step(linear(20.0));
        let times = [90.0, 95.0, 100.0, 110.0, 290.0, 305.0, 310.0];
        assert_eq!(times.map(|t| straight.at(t)), [1.0, 1.5, 2.0, 3.0, 3.0, 1.5, 1.0]);
        assert_eq!(straight.discontinuities(1e3), [90.0, 110.0, 290.0, 310.0]);
        assert_eq!(smooth.discontinuities(1e3), [70.0, 100.0, 130.0, 270.0, 300.0, 330.0]);
        let for_ever = Shape::Step {
            baseline: 0.0,
            amplitude: 1.0,
            span: Span::from(0.0),
            edges: Edges::erf(5.0),
        };
        assert_eq!([for_ever.at(1e6), for_ever.over(1e6, 0.1)], [1.0, 1.0]);
    }

    #[test]
    fn the_mean_over_a_step_keeps_the_charge_of_every_edge() {
        for edges in [Edges::default(), Edges::erf(7.3), linear(11.0), linear(0.004)] {
            let wave = step(edges);
            for (first, dt) in [(0.013, 0.01), (-0.4, 0.7)] {
                let n = (400.0 / dt) as u32;
                let over = |k: u32| wave.over(first + f64::from(k) * dt, dt) - 1.0;
                let charge: f64 = (0..n).map(|k| over(k) * dt).sum();
                assert!((charge - 400.0).abs() < 1e-7, "{edges:?} {dt}: {charge}");
            }
        }
        // A line from 1 to 3 over 20 ms: mean of its first half.
        assert!((step(linear(20.0)).over(90.0, 10.0) - 1.5).abs() < 1e-14);
        let steps = Shape::Steps {
            baseline: 1.0,
            times: vec![10.03, 10.05],
            values: vec![2.0, 5.0],
            edges: Edges::default(),
        };
        // 0.03 of 1, 0.02 of 2, 0.05 of 5.
        assert!((steps.over(10.0, 0.1) - (0.03 + 0.04 + 0.25) / 0.1).abs() < 1e-9);
        assert_eq!([steps.over(9.93, 0.1), steps.over(10.05, 0.1)], [1.0, 5.0]);
    }

    #[test]
    fn overlapping_edges_add_up() {
        let steps = Shape::Steps {
            baseline: 1.0,
            times: vec![10.0, 20.0],
            values: vec![2.0, 3.0],
            edges: Edges::erf(100.0),
        };
        // Phi(0.05) + Phi(-0.05) = 1.
        assert!((steps.at(15.0) - 2.0).abs() < 1e-14);
        assert!((steps.at(2e3) - 3.0).abs() < 1e-14);
        let stairs = |count, edges| Shape::Staircase {
            baseline: 0.5,
            size: 4.0,
            length: 100.0,
            start: 50.0,
            count,
            edges,
        };
        for edges in [Edges::default(), Edges::erf(30.0), linear(150.0)] {
            let times: Vec<f64> = (0..5).map(|i| 50.0 + 100.0 * f64::from(i)).collect();
            let values: Vec<f64> = (1..=5).map(|i| 0.5 + 4.0 * f64::from(i)).collect();
            let listed = Shape::Steps { baseline: 0.5, times, values, edges };
            let counted = stairs(Some(5), edges);
            for t in (-20..90).map(|k| f64::from(k) * 10.0) {
                assert!((listed.at(t) - counted.at(t)).abs() < 1e-12, "{edges:?} {t}");
                assert!(
                    (listed.over(t, 7.0) - counted.over(t, 7.0)).abs() < 1e-12,
                    "{edges:?} {t}"
                );
            }
        }
        let endless = Waveform::from(stairs(None, Edges::default()));
        assert_eq!([endless.at(49.0), endless.at(50.0), endless.at(1e5)], [0.5, 4.5, 4000.5]);
        assert_eq!(endless.discontinuities(260.0), [50.0, 150.0, 250.0]);
        assert!(Waveform::from(stairs(None, Edges::erf(1e5))).check().is_err());
    }

    /// `smooth_double_gaussian` of neural_network_dynamics blends the halves with `(1 + erf(x / 5)) / 2`.
    #[test]
    fn the_halves_of_a_double_gaussian_blend() {
        let bump = Shape::DoubleGaussian {
            baseline: 0.0,
            amplitude: 10.0,
            center: 60.0,
            width_rise: 30.0,
            width_decay: 20.0,
            edges: Edges::erf(5.0 / SQRT_2),
        };
        assert!((bump.at(60.0) - 10.0).abs() < 1e-13);
        assert!((bump.at(65.0) - 9.705_682_235_869_71).abs() < 1e-10, "{}", bump.at(65.0));
    }

    #[test]
    fn a_product_multiplies_its_factors() {
        let sine = Shape::Sine {
            baseline: 5.0,
            amplitude: -2.0,
            frequency: 10.0,
            phase: 0.0,
            span: Span::from(0.0),
        };
        let on = Shape::Step {
            baseline: 0.0,
            amplitude: 3.0,
            span: Span::lasting(100.0, 100.0),
            edges: Edges::default(),
        };
        let factors = vec![sine.clone().into(), on.into()];
        let product = Waveform::from(Shape::Product { factors: Factors(factors) });
        assert_eq!([product.at(99.0), product.at(200.0)], [0.0, 0.0]);
        assert!((product.at(125.0) - 9.0).abs() < 1e-12);
        assert_eq!([product.envelope(50.0), product.envelope(110.0)], [0.0, 21.0]);
        assert_eq!([product.period(50.0), product.period(110.0)], [None, Some(100.0)]);
        assert_eq!(product.discontinuities(1e3), [0.0, 100.0, 200.0]);
        // Half of the step is on.
        assert!((product.over(99.95, 0.1) - 0.5 * 3.0 * sine.at(100.0)).abs() < 1e-12);
        let factors = Factors(vec![Waveform::Constant(4.0), Waveform::Constant(0.5)]);
        assert_eq!(Waveform::from(Shape::Product { factors }).constant(), Some(2.0));
        assert_eq!(product.constant(), None);
        assert!(product.check().is_ok());
        assert!(Waveform::from(Shape::Product { factors: Factors(Vec::new()) }).check().is_err());
    }
}
