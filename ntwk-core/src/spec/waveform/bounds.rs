//! Between which values a waveform lies, without looking at every time.

use super::{Shape, Waveform};

/// Part of their distance by which values with smooth edges may miss their levels by rounding.
const ROUNDING: f64 = 1e-12;

impl Waveform {
    /// Values between which the waveform lies from 0 until `until` (ms): it need not reach them. NaN where a value is none.
    #[must_use]
    pub fn bounds(&self, until: f64) -> [f64; 2] {
        match self {
            Self::Constant(x) => [*x, *x],
            Self::Shape(shape) => shape.bounds(until),
            Self::Sum(parts) => {
                // In the order in which values are summed, so that rounding does not pass the bounds.
                let bounds: Vec<[f64; 2]> = parts.iter().map(|part| part.bounds(until)).collect();
                [0, 1].map(|end| bounds.iter().map(|b| b[end]).sum())
            }
        }
    }
}

/// The least and the greatest of some values, NaN where one is.
fn hull(values: impl IntoIterator<Item = f64>) -> [f64; 2] {
    let both = values.into_iter().fold(None, |found: Option<[f64; 2]>, x| {
        let [low, high] = found.unwrap_or([x, x]);
        // min and max leave NaN out.
        let nan = x.is_nan() || low.is_nan();
        Some(if nan { [f64::NAN; 2] } else { [low.min(x), high.max(x)] })
    });
    both.unwrap_or([f64::NAN; 2])
}

fn widened([low, high]: [f64; 2]) -> [f64; 2] {
    let more = ROUNDING * (high - low);
    [low - more, high + more]
}

impl Shape {
    fn bounds(&self, until: f64) -> [f64; 2] {
        let smooth = |edges: &super::Edges, found| {
            if edges.width().is_some() { widened(found) } else { found }
        };
        match self {
            Self::Step { baseline, amplitude, .. } | Self::Gaussian { baseline, amplitude, .. } => {
                hull([*baseline, baseline + amplitude])
            }
            Self::DoubleGaussian { baseline, amplitude, edges, .. } => {
                smooth(edges, hull([*baseline, baseline + amplitude]))
            }
            Self::Steps { baseline, values, edges, .. } => {
                smooth(edges, hull([*baseline].into_iter().chain(values.iter().copied())))
            }
            Self::Staircase { baseline, size, length, start, count, edges } => {
                // All stairs that may have begun.
                let begun = ((until + edges.reach() - start) / length + 2.0).max(0.0);
                let most = count.map_or(begun, |count| begun.min(count as f64));
                smooth(edges, hull([*baseline, baseline + size * most.floor()]))
            }
            Self::Ramp { from, to, after, .. } => hull([*from, *to, after.unwrap_or(*to)]),
            Self::Sine { baseline, amplitude, .. } | Self::Zap { baseline, amplitude, .. } => {
                hull([*baseline, baseline - amplitude, baseline + amplitude])
            }
            Self::Sampled { values, .. } => hull(values.iter().copied()),
            Self::Product { factors } => {
                // From 1, as values are multiplied.
                factors.0.iter().fold([1.0, 1.0], |[a, b], factor| {
                    let [c, d] = factor.bounds(until);
                    hull([a * c, a * d, b * c, b * d])
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Edges, Factors, Interpolation, Span};
    use super::*;

    #[test]
    fn every_value_is_within_the_bounds() {
        let span = Span::between(50.0, 400.0);
        let sharp = Edges::default();
        let erf = Edges::erf(7.0);
        let step = |edges| Shape::Step { baseline: 1.0, amplitude: -3.0, span, edges };
        let sine =
            Shape::Sine { baseline: 2.0, amplitude: -2.0, frequency: 17.0, phase: 0.3, span };
        let steps = |edges| Shape::Steps {
            baseline: 1.0,
            times: vec![100.0, 105.0, 300.0],
            values: vec![7.0, -2.0, 3.0],
            edges,
        };
        let stairs = |count, edges| Shape::Staircase {
            baseline: 2.0,
            size: -0.5,
            length: 30.0,
            start: 10.0,
            count,
            edges,
        };
        let gaussian =
            Shape::Gaussian { baseline: 1.0, amplitude: 4.0, center: 200.0, width: 30.0 };
        let zap = Shape::Zap { baseline: 1.0, amplitude: 1.0, from: 1.0, to: 40.0, span };
        let double = |edges| Shape::DoubleGaussian {
            baseline: 0.0,
            amplitude: -2.0,
            center: 200.0,
            width_rise: 10.0,
            width_decay: 40.0,
            edges,
        };
        let ramp = Shape::Ramp { from: 3.0, to: -1.0, span, after: Some(9.0) };
        let sampled = |interpolation| Shape::Sampled {
            start: 20.0,
            interval: 11.0,
            values: vec![0.3, -1.0, 4.0, 0.0],
            interpolation,
        };
        let product = |shape: Shape| Shape::Product {
            factors: Factors(vec![sine.clone().into(), shape.into()]),
        };
        let shapes = [
            step(sharp),
            step(erf),
            steps(sharp),
            steps(erf),
            stairs(None, sharp),
            stairs(Some(5), erf),
            gaussian,
            zap,
            double(sharp),
            double(erf),
            ramp,
            sampled(Interpolation::Hold),
            sampled(Interpolation::Linear),
            product(step(sharp)),
            product(stairs(None, sharp)),
        ];
        let mut waves: Vec<Waveform> = shapes.into_iter().map(Waveform::from).collect();
        waves.push(Waveform::Sum(waves.clone()));
        waves.push(Waveform::Constant(-4.0));
        for wave in waves {
            let [low, high] = wave.bounds(500.0);
            let values: Vec<f64> = (0..5000).map(|k| wave.at(0.1 * f64::from(k))).collect();
            assert!(values.iter().all(|x| (low..=high).contains(x)), "{wave:?}: {low} {high}");
            // Near enough to be of use.
            let reached = values.iter().fold(0.0f64, |a, x| a.max(x.abs()));
            assert!(low.abs().max(high.abs()) <= 3.0 * reached + 2.0, "{wave:?}: {low} {high}");
        }
    }

    #[test]
    fn what_is_no_number_has_no_bounds() {
        for wave in [
            Waveform::Constant(f64::NAN),
            Waveform::Sum(vec![Waveform::Constant(1.0), Waveform::Constant(f64::NAN)]),
            Shape::Steps {
                baseline: 0.0,
                times: vec![1.0, 2.0],
                values: vec![f64::NAN, 1.0],
                edges: Edges::default(),
            }
            .into(),
        ] {
            assert!(wave.bounds(10.0)[0].is_nan(), "{wave:?}");
        }
        assert_eq!(Waveform::step(0.0, 1.0, f64::INFINITY).bounds(10.0), [0.0, f64::INFINITY]);
    }
}
