//! Values that are the same for all or drawn one by one: weights, delays, initial conditions.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::ParameterText;
use crate::spec::bound::Bound;
use crate::spec::fault::FaultKind;
use crate::spec::key::{KeyValue, Kind, Place};
use crate::spec::tree::{Node, Value};
use crate::spec::units::{Dimension, QuantityError};
use crate::spec::value::read_quantities;
use crate::variants;

/// A value, or the distribution it is drawn from.
///
/// `T` is a number in the documented unit, or [`ParameterText`] where the unit is known only later.
#[derive(Debug, Clone, PartialEq)]
pub enum Distribution<T = f64> {
    /// The same value for all.
    Constant(T),
    /// Drawn independently for each.
    Drawn(DistributionShape<T>),
    /// Given for each: the connections of the rule `pairs`, in their order.
    Listed(Vec<T>),
}

variants! {
    /// The shapes a value may be drawn from.
    #[derive(Debug, Clone, PartialEq)]
    pub enum DistributionShape<T = f64>, key = "distribution", what = "distribution", required {
        /// normal with mean and standard deviation
        Normal = "normal" {
            /// mean
            mean: T = Own(Any), required;
            /// standard deviation, >= 0
            sd: T = Own(Any), required;
        },
        /// lognormal with the mean and standard deviation of the value itself (not of its logarithm)
        Lognormal = "lognormal" {
            /// mean, > 0
            mean: T = Own(Any), required;
            /// standard deviation, >= 0
            sd: T = Own(Any), required;
        },
        /// uniform between two bounds
        Uniform = "uniform" {
            /// lower bound
            low: T = Own(Any), required;
            /// upper bound, at least `low`
            high: T = Own(Any), required;
        },
    }
}

impl From<f64> for Distribution {
    fn from(value: f64) -> Self {
        Self::Constant(value)
    }
}

impl PartialEq<f64> for Distribution {
    fn eq(&self, other: &f64) -> bool {
        self.constant() == Some(*other)
    }
}

impl Distribution {
    /// The value when it is the same for all.
    #[must_use]
    pub fn constant(&self) -> Option<f64> {
        match self {
            Self::Constant(x) => Some(*x),
            Self::Drawn(_) | Self::Listed(_) => None,
        }
    }

    /// Mean of the written distribution; [`moments_within`](Self::moments_within) has that of values drawn again.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Self::Constant(x) => *x,
            Self::Drawn(
                DistributionShape::Normal { mean, .. } | DistributionShape::Lognormal { mean, .. },
            ) => *mean,
            Self::Drawn(DistributionShape::Uniform { low, high }) => 0.5 * (low + high),
            Self::Listed(values) => values.iter().sum::<f64>() / values.len().max(1) as f64,
        }
    }

    /// Standard deviation of the written distribution.
    #[must_use]
    pub fn sd(&self) -> f64 {
        match self {
            Self::Constant(_) => 0.0,
            Self::Drawn(
                DistributionShape::Normal { sd, .. } | DistributionShape::Lognormal { sd, .. },
            ) => *sd,
            Self::Drawn(DistributionShape::Uniform { low, high }) => (high - low) / 12f64.sqrt(),
            Self::Listed(values) => {
                let mean = self.mean();
                let squares = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
                (squares / values.len().max(1) as f64).sqrt()
            }
        }
    }

    /// Mean and standard deviation of values that are drawn again until they lie in `[low, high]`, as weights and delays are.
    ///
    /// Normal, with `z = (x - mean)/sd`, density `phi` and distribution function `Phi` of the standard normal
    /// (Johnson, Kotz & Balakrishnan 1994, Continuous Univariate Distributions 1, eq. 13.134):
    ///
    /// ```text
    /// mean' = mean + sd d,    sd'² = sd² (1 + e - d²)
    /// d = (phi(z_low) - phi(z_high)) / P,    e = (z_low phi(z_low) - z_high phi(z_high)) / P,    P = Phi(z_high) - Phi(z_low)
    /// ```
    ///
    /// Lognormal values of logarithmic mean `m` and deviation `s` have `E[x^k] = exp(k m + k² s²/2) P_k / P_0`, where `P_k` is
    /// the probability of the range with `m + k s²` for `m`. The written moments where the range has no probability; constant
    /// and listed values are not drawn.
    #[must_use]
    pub fn moments_within(&self, low: f64, high: f64) -> [f64; 2] {
        let written = [self.mean(), self.sd()];
        // Phi from the nearer tail, which keeps the digits of small probabilities.
        let probability = |a: f64, b: f64| {
            let tail = |z: f64| 0.5 * libm::erfc(z * FRAC_1_SQRT_2);
            if a > 0.0 { tail(a) - tail(b) } else { tail(-b) - tail(-a) }
        };
        let found = match *self {
            Self::Constant(_) | Self::Listed(_) => return written,
            Self::Drawn(DistributionShape::Uniform { low: from, high: to }) => {
                let (from, to) = (from.max(low), to.min(high));
                [0.5 * (from + to), (to - from) / 12f64.sqrt()]
            }
            Self::Drawn(DistributionShape::Normal { mean, sd }) => {
                let z = [(low - mean) / sd, (high - mean) / sd];
                let density = z.map(|z| (-0.5 * z * z).exp() / (2.0 * PI).sqrt());
                let moment = [0, 1].map(|i| if z[i].is_finite() { z[i] * density[i] } else { 0.0 });
                let p = probability(z[0], z[1]);
                let (d, e) = ((density[0] - density[1]) / p, (moment[0] - moment[1]) / p);
                [mean + sd * d, sd * (1.0 + e - d * d).max(0.0).sqrt()]
            }
            Self::Drawn(DistributionShape::Lognormal { mean, sd }) => {
                let variance = (sd / mean).powi(2).ln_1p();
                let (m, s) = (mean.ln() - 0.5 * variance, variance.sqrt());
                let of = |k: f64| {
                    let z = |x: f64| (x.max(0.0).ln() - m - k * variance) / s;
                    (k * m + 0.5 * k * k * variance).exp() * probability(z(low), z(high))
                };
                let first = of(1.0) / of(0.0);
                [first, (of(2.0) / of(0.0) - first * first).max(0.0).sqrt()]
            }
        };
        let sensible = found.iter().all(|x| x.is_finite()) && (low..=high).contains(&found[0]);
        if sensible && written[1] > 0.0 && found[1] >= 0.0 { found } else { written }
    }

    /// The distribution of `factor` (> 0) times the value.
    #[must_use]
    pub fn times(&self, factor: f64) -> Self {
        match self {
            Self::Constant(x) => Self::Constant(factor * x),
            Self::Listed(values) => Self::Listed(values.iter().map(|x| factor * x).collect()),
            Self::Drawn(shape) => Self::Drawn(match *shape {
                DistributionShape::Normal { mean, sd } => {
                    DistributionShape::Normal { mean: factor * mean, sd: factor * sd }
                }
                DistributionShape::Lognormal { mean, sd } => {
                    DistributionShape::Lognormal { mean: factor * mean, sd: factor * sd }
                }
                DistributionShape::Uniform { low, high } => {
                    DistributionShape::Uniform { low: factor * low, high: factor * high }
                }
            }),
        }
    }

    /// The rule that is broken, if the numbers make no distribution.
    #[must_use]
    pub fn broken_rule(&self) -> Option<String> {
        let finite = |xs: [f64; 2]| xs.iter().all(|x| x.is_finite());
        match *self {
            Self::Listed(ref values) => {
                let bad = values.iter().find(|x| !x.is_finite());
                bad.map(|x| format!("must be finite; the list has {x}"))
            }
            Self::Constant(x) if !x.is_finite() => Some("must be finite".to_owned()),
            Self::Constant(_) => None,
            Self::Drawn(
                DistributionShape::Normal { mean, sd } | DistributionShape::Lognormal { mean, sd },
            ) if !finite([mean, sd]) || sd < 0.0 => {
                Some(format!("needs a finite mean ({mean}) and sd >= 0 ({sd})"))
            }
            Self::Drawn(DistributionShape::Lognormal { mean, .. }) if mean <= 0.0 => {
                Some(format!("a lognormal value needs a mean > 0, not {mean}"))
            }
            Self::Drawn(DistributionShape::Uniform { low, high })
                if !finite([low, high]) || high < low =>
            {
                Some(format!("needs low ({low}) <= high ({high})"))
            }
            Self::Drawn(_) => None,
        }
    }

    /// Draws one value; of listed values any.
    pub(crate) fn draw(&self, rng: &mut impl Rng) -> f64 {
        match *self {
            Self::Constant(x) => x,
            Self::Listed(ref values) => {
                let at = crate::engine::random::unit(rng.next_u64()) * values.len() as f64;
                values.get(at as usize).copied().unwrap_or_else(|| self.mean())
            }
            Self::Drawn(DistributionShape::Normal { mean, sd }) => {
                mean + sd * rng.sample::<f64, _>(StandardNormal)
            }
            Self::Drawn(DistributionShape::Lognormal { mean, sd }) => {
                let variance = (sd / mean).powi(2).ln_1p();
                let z: f64 = rng.sample(StandardNormal);
                mean * (variance.sqrt() * z - 0.5 * variance).exp()
            }
            Self::Drawn(DistributionShape::Uniform { low, high }) => {
                low + (high - low) * crate::engine::random::unit(rng.next_u64())
            }
        }
    }

    /// Draws one value that satisfies `allowed`, redrawing up to a thousand times; then the mean.
    pub(crate) fn draw_within(&self, rng: &mut impl Rng, allowed: impl Fn(f64) -> bool) -> f64 {
        (0..1000).map(|_| self.draw(rng)).find(|&x| allowed(x)).unwrap_or_else(|| self.mean())
    }

    /// Draws `n` values as [`draw_within`](Self::draw_within) does one, and calls `take` with each.
    pub(crate) fn draw_many_within(
        &self,
        rng: &mut impl Rng,
        n: usize,
        allowed: impl Fn(f64) -> bool,
        mut take: impl FnMut(f64),
    ) {
        let &Self::Drawn(DistributionShape::Normal { mean, sd }) = self else {
            return (0..n).for_each(|_| take(self.draw_within(rng, &allowed)));
        };
        // The usual shape in a loop of its own.
        for _ in 0..n {
            let mut draws = (0..1000).map(|_| mean + sd * rng.sample::<f64, _>(StandardNormal));
            take(draws.find(|&x| allowed(x)).unwrap_or(mean));
        }
    }

    /// The mean, or the least of listed values.
    #[must_use]
    pub fn least(&self) -> f64 {
        match self {
            Self::Listed(values) => values.iter().copied().fold(f64::INFINITY, f64::min),
            other => other.mean(),
        }
    }

    /// Reads a quantity of `dimension`, a table with the key `distribution`, or a list of quantities.
    pub(super) fn read_in(place: &mut Place<'_, '_>, dimension: Option<Dimension>) -> Self {
        let before = place.faults.list.len();
        place.own = dimension;
        let distribution = match &place.node.value {
            Value::List(_) | Value::Numbers(_) | Value::Counts(_) => {
                read_quantities(place, dimension, Bound::Any, "a list")
                    .map_or_else(Self::nothing, Self::Listed)
            }
            _ => read_shape(place, &Kind::Own(Bound::Any)),
        };
        if place.faults.list.len() > before {
            return Self::nothing();
        }
        if let Some(rule) = distribution.broken_rule().filter(|_| dimension.is_some()) {
            place.fault(FaultKind::Combination { rule });
            return Self::nothing();
        }
        distribution
    }
}

impl KeyValue for Distribution {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        let own =
            if let Kind::Distribution(dimension) = *kind { Some(dimension) } else { place.own };
        Self::read_in(&mut place, own)
    }

    fn nothing() -> Self {
        Self::Constant(f64::NAN)
    }

    fn write(&self) -> Option<Node> {
        match self {
            Self::Constant(x) => x.write(),
            Self::Drawn(shape) => shape.write(),
            Self::Listed(values) => values.write(),
        }
    }
}

/// A value or a distribution whose dimension is not known yet.
impl KeyValue for Distribution<ParameterText> {
    fn read(mut place: Place<'_, '_>, _: &Kind) -> Self {
        place.own = None;
        let item = |node: &Node| match &node.value {
            Value::Integer(n) => Some(ParameterText::Number(*n as f64)),
            Value::Float(x) => Some(ParameterText::Number(*x)),
            Value::String(text) => Some(ParameterText::Text(text.clone())),
            _ => None,
        };
        let listed = match &place.node.value {
            Value::List(items) => items.iter().map(item).collect(),
            other => match other.plain_numbers() {
                Some(numbers) => Some(numbers.iter().map(|x| ParameterText::Number(*x)).collect()),
                None => return read_shape(&mut place, &Kind::Value),
            },
        };
        match listed {
            Some(values) => Self::Listed(values),
            None => {
                place.wrong_type("a list of numbers or of texts with a unit");
                Self::nothing()
            }
        }
    }

    fn nothing() -> Self {
        Self::Constant(ParameterText::nothing())
    }

    fn write(&self) -> Option<Node> {
        match self {
            Self::Constant(x) => x.write(),
            Self::Drawn(shape) => shape.write(),
            Self::Listed(values) => {
                Some(Node::new(Value::List(values.iter().filter_map(KeyValue::write).collect())))
            }
        }
    }
}

impl Distribution<ParameterText> {
    /// The distribution in numbers of `dimension`.
    ///
    /// # Errors
    /// [`QuantityError`] for the first text that is not a quantity of that dimension.
    pub fn numbers(&self, dimension: Dimension) -> Result<Distribution, QuantityError> {
        let number = |text: &ParameterText| match text {
            ParameterText::Number(x) => Ok(*x),
            ParameterText::Text(text) => dimension.parse(text),
        };
        Ok(match self {
            Self::Listed(values) => {
                Distribution::Listed(values.iter().map(number).collect::<Result<_, _>>()?)
            }
            Self::Constant(x) => Distribution::Constant(number(x)?),
            Self::Drawn(shape) => Distribution::Drawn(match shape {
                DistributionShape::Normal { mean, sd } => {
                    DistributionShape::Normal { mean: number(mean)?, sd: number(sd)? }
                }
                DistributionShape::Lognormal { mean, sd } => {
                    DistributionShape::Lognormal { mean: number(mean)?, sd: number(sd)? }
                }
                DistributionShape::Uniform { low, high } => {
                    DistributionShape::Uniform { low: number(low)?, high: number(high)? }
                }
            }),
        })
    }
}

fn read_shape<T: KeyValue>(place: &mut Place<'_, '_>, kind: &Kind) -> Distribution<T> {
    let inner = Place {
        node: place.node,
        path: place.path.clone(),
        own: place.own,
        root: place.root,
        faults: place.faults,
    };
    match inner.node.value {
        Value::Table(_) => Distribution::Drawn(DistributionShape::read(inner, kind)),
        _ => Distribution::Constant(T::read(inner, kind)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::{Purpose, stream};

    #[test]
    fn samples_have_the_written_mean_and_sd() {
        let shapes = [
            DistributionShape::Normal { mean: 2.0, sd: 0.5 },
            DistributionShape::Lognormal { mean: 2.0, sd: 1.0 },
            DistributionShape::Uniform { low: -1.0, high: 3.0 },
        ];
        for shape in shapes {
            let distribution = Distribution::Drawn(shape);
            let mut rng = stream(1, Purpose::Weights, "p", 0);
            let n = 200_000;
            let xs: Vec<f64> = (0..n).map(|_| distribution.draw(&mut rng)).collect();
            let mean = xs.iter().sum::<f64>() / f64::from(n);
            let sd = (xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n)).sqrt();
            // Standard error of the mean at most 1.2 / sqrt(n) = 0.003; of the sd below 0.01.
            assert!((mean - distribution.mean()).abs() < 0.015, "{distribution:?}: {mean}");
            assert!((sd - distribution.sd()).abs() < 0.04, "{distribution:?}: {sd}");
        }
    }

    #[test]
    fn moments_of_values_drawn_again_are_those_of_what_is_drawn() {
        let shapes = [
            DistributionShape::Normal { mean: 1.0, sd: 2.0 },
            DistributionShape::Normal { mean: 0.2, sd: 0.1 },
            DistributionShape::Lognormal { mean: 1.0, sd: 2.0 },
            DistributionShape::Uniform { low: -1.0, high: 1.5 },
        ];
        for shape in shapes {
            let distribution = Distribution::Drawn(shape);
            for high in [f64::INFINITY, 2.5] {
                let mut rng = stream(1, Purpose::Weights, "p", 0);
                let n = 400_000;
                let within = |x: f64| (0.0..=high).contains(&x);
                let xs: Vec<f64> =
                    (0..n).map(|_| distribution.draw_within(&mut rng, within)).collect();
                let mean = xs.iter().sum::<f64>() / f64::from(n);
                let sd = (xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n)).sqrt();
                let [expected, expected_sd] = distribution.moments_within(0.0, high);
                // Four standard errors of the mean; the sd of the lognormal one has heavy tails.
                let error = 4.0 * sd / f64::from(n).sqrt();
                assert!((mean - expected).abs() < error, "{distribution:?}: {mean} {expected}");
                assert!(
                    (sd - expected_sd).abs() < 0.03 * sd,
                    "{distribution:?}: {sd} {expected_sd}"
                );
            }
        }
        // 1 + 2 phi(0.5)/Phi(0.5), the closed form.
        let normal = Distribution::Drawn(DistributionShape::Normal { mean: 1.0, sd: 2.0 });
        let [mean, _] = normal.moments_within(0.0, f64::INFINITY);
        assert!((mean - 2.018_320_5).abs() < 1e-6, "{mean}");
    }

    #[test]
    fn values_out_of_range_are_drawn_again() {
        let distribution = Distribution::Drawn(DistributionShape::Normal { mean: 1.0, sd: 2.0 });
        let mut rng = stream(1, Purpose::Weights, "p", 0);
        assert!((0..1000).all(|_| distribution.draw_within(&mut rng, |x| x >= 0.0) >= 0.0));
    }
}
