//! Waveforms of rates (Hz) and currents (pA) in time, used by simulation and theory alike.

use serde::Serialize;

use crate::spec::fault::{FaultKind, Faults};
use crate::spec::tree::{Node, TableReader, Value, read_quantity, wrong_type};
use crate::spec::units::Dimension;

/// A function of time `x(t)`; times are ms, values are in the unit of the quantity (Hz or pA).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Waveform {
    /// `x(t) = value`.
    Constant(f64),
    /// One shape.
    Shape(Shape),
    /// Sum of waveforms.
    Sum(Vec<Waveform>),
}

/// The shapes a waveform is made of.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "waveform", rename_all = "snake_case")]
pub enum Shape {
    /// Piecewise constant: `baseline` before `times[0]`, then `values[i]` from `times[i]` on.
    Steps {
        /// Value before the first time.
        baseline: f64,
        /// Onsets (ms), increasing.
        times: Vec<f64>,
        /// Value from each onset on.
        values: Vec<f64>,
    },
    /// `baseline + amplitude exp(-(t - center)² / (2 width²))`.
    Gaussian {
        /// Value far from the center.
        baseline: f64,
        /// Height above the baseline.
        amplitude: f64,
        /// Time of the peak (ms).
        center: f64,
        /// Standard deviation (ms), > 0.
        width: f64,
    },
    /// A Gaussian whose width is `width_rise` before the center and `width_decay` after it
    /// (the stimulus of Zerlaut et al. 2018, J Comput Neurosci 44:45).
    DoubleGaussian {
        /// Value far from the center.
        baseline: f64,
        /// Height above the baseline.
        amplitude: f64,
        /// Time of the peak (ms).
        center: f64,
        /// Standard deviation before the peak (ms), > 0.
        width_rise: f64,
        /// Standard deviation after the peak (ms), > 0.
        width_decay: f64,
    },
    /// Linear from `from` at `start` to `to` at `stop`; `from` before, `after` from `stop` on.
    Ramp {
        /// Value until `start`.
        from: f64,
        /// Value reached at `stop`.
        to: f64,
        /// Begin of the ramp (ms).
        start: f64,
        /// End of the ramp (ms), > `start`.
        stop: f64,
        /// Value from `stop` on; the default is `to`.
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<f64>,
    },
    /// `baseline` before `onset`, then `baseline + amplitude sin(2 pi frequency (t - onset) + phase)`.
    Oscillation {
        /// Mean value.
        baseline: f64,
        /// Amplitude.
        amplitude: f64,
        /// Frequency (Hz), >= 0.
        frequency: f64,
        /// Phase at the onset (rad).
        phase: f64,
        /// Begin of the oscillation (ms).
        onset: f64,
    },
    /// Samples `values[i]` at `start + i interval`, held until the next one; the first and the
    /// last value extend to both sides.
    Sampled {
        /// Time of the first sample (ms).
        start: f64,
        /// Time between samples (ms), > 0.
        interval: f64,
        /// Samples, at least one.
        values: Vec<f64>,
    },
}

const SHAPES: [&str; 6] =
    ["steps", "gaussian", "double_gaussian", "ramp", "oscillation", "sampled"];

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

    /// Reads a waveform: a quantity, a table with the key `waveform`, or a list of these to be
    /// summed.
    pub fn read(
        node: &Node,
        path: &str,
        dimension: Dimension,
        faults: &mut Faults,
    ) -> Option<Self> {
        match &node.value {
            Value::Integer(_) | Value::Float(_) | Value::String(_) => {
                read_quantity(node, path, dimension, faults).map(Self::Constant)
            }
            Value::List(parts) if !parts.is_empty() => {
                let parts: Vec<Option<Self>> = parts
                    .iter()
                    .enumerate()
                    .map(|(i, part)| Self::read(part, &format!("{path}[{i}]"), dimension, faults))
                    .collect();
                parts.into_iter().collect::<Option<Vec<_>>>().map(Self::Sum)
            }
            Value::Table(_) => Shape::read(node, path, dimension, faults).map(Self::Shape),
            _ => {
                let expected = format!("a number in {} or a waveform table", dimension.unit());
                wrong_type(faults, path, node, &expected);
                None
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
                values[index.min(values.len() - 1)]
            }
        }
    }

    fn read(node: &Node, path: &str, dimension: Dimension, faults: &mut Faults) -> Option<Self> {
        let mut table = TableReader::new(node, path, faults)?;
        let name = table.required_text("waveform", &format!("one of {}", SHAPES.join(", ")));
        let Some(name) = name else {
            // Without the shape, the other keys cannot be judged.
            return None;
        };
        let positive = |table: &mut TableReader<'_, '_>, key: &'static str| {
            let value = table.required_quantity(key, Dimension::Time)?;
            if value > 0.0 {
                Some(value)
            } else {
                table.fault(key, FaultKind::OutOfRange { allowed: "> 0 ms".to_owned() });
                None
            }
        };
        let shape = match name.as_str() {
            "steps" => {
                let baseline = table.quantity("baseline", dimension).unwrap_or(0.0);
                let times = table
                    .required("times", "a list of onsets in ms")
                    .and_then(|_| table.quantities("times", Dimension::Time));
                let values = table
                    .required("values", "a list of values, one per onset")
                    .and_then(|_| table.quantities("values", dimension));
                let (times, values) = (times?, values?);
                if times.len() != values.len() || times.is_empty() {
                    let rule = format!(
                        "needs as many values ({}) as times ({}), at least one",
                        values.len(),
                        times.len()
                    );
                    table.fault("values", FaultKind::Combination { rule });
                    return None;
                }
                if times.windows(2).any(|w| w[1] <= w[0]) {
                    table.fault(
                        "times",
                        FaultKind::Combination { rule: "the onsets must increase".to_owned() },
                    );
                    return None;
                }
                Some(Self::Steps { baseline, times, values })
            }
            "gaussian" => {
                let baseline = table.quantity("baseline", dimension).unwrap_or(0.0);
                let amplitude = table.required_quantity("amplitude", dimension);
                let center = table.required_quantity("center", Dimension::Time);
                let width = positive(&mut table, "width");
                (|| {
                    Some(Self::Gaussian {
                        baseline,
                        amplitude: amplitude?,
                        center: center?,
                        width: width?,
                    })
                })()
            }
            "double_gaussian" => {
                let baseline = table.quantity("baseline", dimension).unwrap_or(0.0);
                let amplitude = table.required_quantity("amplitude", dimension);
                let center = table.required_quantity("center", Dimension::Time);
                let rise = positive(&mut table, "width_rise");
                let decay = positive(&mut table, "width_decay");
                (|| {
                    Some(Self::DoubleGaussian {
                        baseline,
                        amplitude: amplitude?,
                        center: center?,
                        width_rise: rise?,
                        width_decay: decay?,
                    })
                })()
            }
            "ramp" => {
                let from = table.quantity("from", dimension).unwrap_or(0.0);
                let to = table.required_quantity("to", dimension);
                let start = table.required_quantity("start", Dimension::Time);
                let stop = table.required_quantity("stop", Dimension::Time);
                let after = table.quantity("after", dimension);
                if let (Some(start), Some(stop)) = (start, stop)
                    && stop <= start
                {
                    table.fault(
                        "stop",
                        FaultKind::OutOfRange { allowed: format!("> start ({start} ms)") },
                    );
                    return None;
                }
                (|| Some(Self::Ramp { from, to: to?, start: start?, stop: stop?, after }))()
            }
            "oscillation" => {
                let baseline = table.quantity("baseline", dimension).unwrap_or(0.0);
                let amplitude = table.required_quantity("amplitude", dimension);
                let frequency = table.required_quantity("frequency", Dimension::Rate);
                let phase = table.quantity("phase", Dimension::Number).unwrap_or(0.0);
                let onset = table.quantity("onset", Dimension::Time).unwrap_or(0.0);
                if frequency.is_some_and(|f| f < 0.0) {
                    table.fault(
                        "frequency",
                        FaultKind::OutOfRange { allowed: ">= 0 Hz".to_owned() },
                    );
                    return None;
                }
                (|| {
                    Some(Self::Oscillation {
                        baseline,
                        amplitude: amplitude?,
                        frequency: frequency?,
                        phase,
                        onset,
                    })
                })()
            }
            "sampled" => {
                let start = table.quantity("start", Dimension::Time).unwrap_or(0.0);
                let interval = positive(&mut table, "interval");
                let values = table
                    .required("values", "a list of samples")
                    .and_then(|_| table.quantities("values", dimension));
                if values.as_ref().is_some_and(Vec::is_empty) {
                    table.fault(
                        "values",
                        FaultKind::OutOfRange {
                            allowed: "a list of at least one sample".to_owned(),
                        },
                    );
                    return None;
                }
                (|| Some(Self::Sampled { start, interval: interval?, values: values? }))()
            }
            other => {
                let kind = FaultKind::UnknownName {
                    what: "waveform",
                    nearest: crate::spec::fault::nearest(other, SHAPES).map(str::to_owned),
                    valid: SHAPES.iter().map(|&s| s.to_owned()).collect(),
                };
                table.fault("waveform", kind);
                return None;
            }
        };
        table.finish();
        shape
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
