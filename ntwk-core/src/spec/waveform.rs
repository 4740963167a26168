//! Waveforms of rates (Hz) and currents (pA) in time, used by simulation and theory alike.

use crate::spec::bound::Bound;
use crate::spec::fault::FaultKind;
use crate::spec::key::{KeyValue, Kind, Place};
use crate::spec::tree::{Node, TableReader, Value};
use crate::spec::units::Dimension;
use crate::spec::value::read_quantity;
use crate::variants;

/// A function of time `x(t)`; times are ms, values are in the unit of the quantity (Hz or pA).
#[derive(Debug, Clone, PartialEq)]
pub enum Waveform {
    /// `x(t) = value`.
    Constant(f64),
    /// One shape.
    Shape(Shape),
    /// Sum of waveforms.
    Sum(Vec<Waveform>),
}

variants! {
    /// The shapes a waveform is made of.
    #[derive(Debug, Clone, PartialEq)]
    pub enum Shape, key = "waveform", what = "waveform", required, check = check {
        /// piecewise constant: `baseline` before `times[0]`, then `values[i]` from `times[i]` on
        Steps = "steps" {
            /// value before the first time
            baseline: f64 = Own(Any), or(0.0);
            /// onsets (ms), increasing
            times: Vec<f64> = Quantities(Time, Any), required("a list of onsets in ms");
            /// value from each onset on
            values: Vec<f64> = OwnList, required("a list of values, one per onset");
        },
        /// `baseline + amplitude exp(-(t - center)² / (2 width²))`
        Gaussian = "gaussian" {
            /// value far from the center
            baseline: f64 = Own(Any), or(0.0);
            /// height above the baseline
            amplitude: f64 = Own(Any), required;
            /// time of the peak (ms)
            center: f64 = Quantity(Time, Any), required;
            /// standard deviation (ms)
            width: f64 = Quantity(Time, Positive), required;
        },
        /// a Gaussian with other widths before and after its peak (the stimulus of Zerlaut et al. 2018, J Comput Neurosci
        /// 44:45)
        DoubleGaussian = "double_gaussian" {
            /// value far from the center
            baseline: f64 = Own(Any), or(0.0);
            /// height above the baseline
            amplitude: f64 = Own(Any), required;
            /// time of the peak (ms)
            center: f64 = Quantity(Time, Any), required;
            /// standard deviation before the peak (ms)
            width_rise: f64 = Quantity(Time, Positive), required;
            /// standard deviation after the peak (ms)
            width_decay: f64 = Quantity(Time, Positive), required;
        },
        /// linear from `from` at `start` to `to` at `stop`; `from` before, `after` from `stop` on
        Ramp = "ramp" {
            /// value until `start`
            from: f64 = Own(Any), or(0.0);
            /// value reached at `stop`
            to: f64 = Own(Any), required;
            /// begin of the ramp (ms)
            start: f64 = Quantity(Time, Any), required;
            /// end of the ramp (ms), after `start`
            stop: f64 = Quantity(Time, Any), required;
            /// value from `stop` on; without it, `to`
            after: Option<f64> = Own(Any), none;
        },
        /// `baseline` before `onset`, then `baseline + amplitude sin(2 pi frequency (t - onset) + phase)`
        Oscillation = "oscillation" {
            /// mean value
            baseline: f64 = Own(Any), or(0.0);
            /// amplitude
            amplitude: f64 = Own(Any), required;
            /// frequency (Hz)
            frequency: f64 = Quantity(Rate, NonNegative), required;
            /// phase at the onset (rad)
            phase: f64 = Quantity(Number, Any), or(0.0);
            /// begin of the oscillation (ms)
            onset: f64 = Quantity(Time, Any), or(0.0);
        },
        /// samples `values[i]` at `start + i interval`, held until the next one; the first and the last value extend to both
        /// sides. Or `file`, a CSV with time (ms) and value
        Sampled = "sampled" {
            /// time of the first sample (ms)
            start: f64 = Quantity(Time, Any), or(0.0);
            /// time between samples (ms)
            interval: f64 = Quantity(Time, Positive), required;
            /// samples, at least one
            values: Vec<f64> = OwnList, required("a list of samples");
        },
    }
}

fn check(shape: &Shape, table: &mut TableReader<'_, '_>) {
    match shape {
        Shape::Steps { times, values, .. } => {
            if table.is_faulty("times") || table.is_faulty("values") {
                return;
            }
            let (n, wanted) = (values.len(), times.len());
            if n != wanted || wanted == 0 {
                let rule = format!("needs as many values ({n}) as times ({wanted}), at least one");
                table.fault("values", FaultKind::Combination { rule });
            } else if times.windows(2).any(|w| w[1] <= w[0]) {
                let rule = "the onsets must increase".to_owned();
                table.fault("times", FaultKind::Combination { rule });
            }
        }
        Shape::Ramp { start, stop, .. } if stop <= start => {
            table.fault("stop", FaultKind::OutOfRange { allowed: format!("> start ({start} ms)") });
        }
        Shape::Sampled { values, .. } if values.is_empty() && !table.is_faulty("values") => {
            let allowed = "a list of at least one sample".to_owned();
            table.fault("values", FaultKind::OutOfRange { allowed });
        }
        _ => {}
    }
}

impl Waveform {
    /// Value at time `t` (ms).
    #[must_use]
    pub fn at(&self, t: f64) -> f64 {
        match self {
            Self::Constant(x) => *x,
            Self::Shape(shape) => shape.at(t),
            Self::Sum(parts) => parts.iter().map(|p| p.at(t)).sum(),
        }
    }

    /// Times (ms) where the value or its slope jumps, sorted and without repetition.
    ///
    /// An integrator with an adaptive step must restart there, or it may step over a stimulus.
    /// The peak of a Gaussian is listed too, so that no step spans a whole bump.
    #[must_use]
    pub fn discontinuities(&self) -> Vec<f64> {
        let mut times = Vec::new();
        self.collect_discontinuities(&mut times);
        times.sort_by(f64::total_cmp);
        times.dedup();
        times
    }

    fn collect_discontinuities(&self, times: &mut Vec<f64>) {
        match self {
            Self::Constant(_) => {}
            Self::Sum(parts) => parts.iter().for_each(|p| p.collect_discontinuities(times)),
            Self::Shape(shape) => match shape {
                Shape::Steps { times: onsets, .. } => times.extend(onsets),
                Shape::Gaussian { center, width, .. } => bump_times(times, *center, *width, *width),
                Shape::DoubleGaussian { center, width_rise, width_decay, .. } => {
                    bump_times(times, *center, *width_rise, *width_decay);
                }
                Shape::Ramp { start, stop, .. } => times.extend([start, stop]),
                Shape::Oscillation { onset, .. } => times.push(*onset),
                Shape::Sampled { start, interval, values } => {
                    times.extend((1..values.len()).map(|i| start + i as f64 * interval));
                }
            },
        }
    }

    /// The one value of a waveform that does not change, if it does not.
    #[must_use]
    pub fn constant(&self) -> Option<f64> {
        match self {
            Self::Constant(x) => Some(*x),
            Self::Sum(parts) => parts.iter().map(Self::constant).sum(),
            Self::Shape(_) => None,
        }
    }
}

/// A quantity, a table with the key `waveform`, or a list of these to be summed.
impl KeyValue for Waveform {
    fn read(mut place: Place<'_, '_>, kind: &Kind) -> Self {
        if let Kind::Waveform(dimension) = *kind {
            place.own = Some(dimension);
        }
        let (node, own) = (place.node, place.own);
        match &node.value {
            Value::Integer(_) | Value::Float(_) | Value::String(_) => {
                Self::Constant(read_quantity(&mut place, own, Bound::Any))
            }
            Value::List(parts) if !parts.is_empty() => Self::Sum(
                parts
                    .iter()
                    .enumerate()
                    .map(|(i, part)| Self::read(place.item(i, part), &Kind::Own(Bound::Any)))
                    .collect(),
            ),
            Value::Table(_) => Self::Shape(Shape::read(place, kind)),
            _ => {
                let unit = own.map_or("", Dimension::unit);
                place.wrong_type(&format!("a number in {unit} or a waveform table"));
                Self::nothing()
            }
        }
    }

    fn nothing() -> Self {
        Self::Constant(f64::NAN)
    }

    fn write(&self) -> Option<Node> {
        match self {
            Self::Constant(x) => x.write(),
            Self::Shape(shape) => shape.write(),
            Self::Sum(parts) => {
                Some(Node::new(Value::List(parts.iter().filter_map(KeyValue::write).collect())))
            }
        }
    }
}

/// Flanks and peak of a bump: three widths hold 99 % of it.
fn bump_times(times: &mut Vec<f64>, center: f64, rise: f64, decay: f64) {
    times.extend([center - 3.0 * rise, center, center + 3.0 * decay]);
}

impl Shape {
    fn at(&self, t: f64) -> f64 {
        match self {
            Self::Steps { baseline, times, values } => {
                match times.partition_point(|&onset| onset <= t) {
                    0 => *baseline,
                    n => values[n - 1],
                }
            }
            Self::Gaussian { baseline, amplitude, center, width } => {
                baseline + amplitude * bump(t - center, *width)
            }
            Self::DoubleGaussian { baseline, amplitude, center, width_rise, width_decay } => {
                let width = if t < *center { width_rise } else { width_decay };
                baseline + amplitude * bump(t - center, *width)
            }
            Self::Ramp { from, to, start, stop, after } => {
                if t < *start {
                    *from
                } else if t < *stop {
                    from + (to - from) * (t - start) / (stop - start)
                } else {
                    after.unwrap_or(*to)
                }
            }
            Self::Oscillation { baseline, amplitude, frequency, phase, onset } => {
                if t < *onset {
                    *baseline
                } else {
                    let angle = std::f64::consts::TAU * frequency * 1e-3 * (t - onset) + phase;
                    baseline + amplitude * angle.sin()
                }
            }
            Self::Sampled { start, interval, values } => {
                // The small term keeps t = start + i interval in sample i despite rounding.
                let index = ((t - start) / interval + 1e-9).floor().max(0.0) as usize;
                values.get(index).or(values.last()).copied().unwrap_or(f64::NAN)
            }
        }
    }
}

/// `exp(-x² / (2 width²))`.
fn bump(x: f64, width: f64) -> f64 {
    (-0.5 * (x / width).powi(2)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_have_their_documented_values() {
        let steps = Waveform::Shape(Shape::Steps {
            baseline: 1.0,
            times: vec![10.0, 20.0],
            values: vec![2.0, 3.0],
        });
        assert_eq!(
            [steps.at(9.9), steps.at(10.0), steps.at(19.9), steps.at(25.0)],
            [1.0, 2.0, 2.0, 3.0]
        );
        let ramp = Waveform::Shape(Shape::Ramp {
            from: 0.0,
            to: 20.0,
            start: 0.0,
            stop: 200.0,
            after: Some(0.0),
        });
        assert_eq!([ramp.at(-1.0), ramp.at(100.0), ramp.at(200.0)], [0.0, 10.0, 0.0]);
        let bump = Waveform::Shape(Shape::DoubleGaussian {
            baseline: 4.0,
            amplitude: 2.0,
            center: 100.0,
            width_rise: 10.0,
            width_decay: 20.0,
        });
        assert_eq!(bump.at(100.0), 6.0);
        assert!((bump.at(90.0) - (4.0 + 2.0 * (-0.5f64).exp())).abs() < 1e-14);
        assert!((bump.at(120.0) - (4.0 + 2.0 * (-0.5f64).exp())).abs() < 1e-14);
        let sampled = Waveform::Shape(Shape::Sampled {
            start: 0.0,
            interval: 0.1,
            values: vec![1.0, 2.0, 3.0],
        });
        assert_eq!(
            [sampled.at(-5.0), sampled.at(0.1), sampled.at(0.3), sampled.at(9.0)],
            [1.0, 2.0, 3.0, 3.0]
        );
        let sum = Waveform::Sum(vec![Waveform::Constant(1.0), steps]);
        assert_eq!(sum.at(0.0), 2.0);
        assert_eq!(sum.discontinuities(), vec![10.0, 20.0]);
        assert_eq!(sum.constant(), None);
    }

    #[test]
    fn oscillation_starts_at_its_onset() {
        let wave = Waveform::Shape(Shape::Oscillation {
            baseline: 5.0,
            amplitude: 2.0,
            frequency: 10.0,
            phase: 0.0,
            onset: 50.0,
        });
        assert_eq!(wave.at(49.0), 5.0);
        assert!((wave.at(75.0) - 7.0).abs() < 1e-12);
    }
}
