//! The shapes a waveform is made of.

use std::f64::consts::TAU;

use super::edge::{Edges, Listed, Stairs};
use super::product::{FACTORS, Factors};
use super::span::Span;
use crate::spec::fault::FaultKind;
use crate::spec::key::{KeyValue as _, Section as _, TableReader, Words as _, give_own_units};
use crate::spec::tree::{Node, Value};
use crate::spec::units::Dimension;
use crate::{variants, words};

variants! {
    /// The shapes a waveform is made of.
    #[derive(Debug, Clone, PartialEq)]
    pub enum Shape, key = "waveform", what = "waveform", required, check = check {
        /// `baseline + amplitude` from `start` to the end, `baseline` outside
        Step = "step" {
            /// value outside
            baseline: f64 = Own(Any), or(0.0);
            /// height above the baseline
            amplitude: f64 = Own(Any), required;
            /// when it is on
            span: Span = Flat(Span::KEYS), required;
            /// how it begins and ends
            edges: Edges = Flat(Edges::KEYS), required;
        },
        /// piecewise constant: `baseline` before `times[0]`, then `values[i]` from `times[i]` on
        Steps = "steps" {
            /// value before the first time
            baseline: f64 = Own(Any), or(0.0);
            /// onsets (ms), increasing
            times: Vec<f64> = Quantities(Time, Any), required("a list of onsets in ms");
            /// value from each onset on
            values: Vec<f64> = OwnList, required("a list of values, one per onset");
            /// how one value follows another
            edges: Edges = Flat(Edges::KEYS), required;
        },
        /// `baseline` until `start`, then higher by `size` every `length`; `smoothing` is at most 100 times `length`
        Staircase = "staircase" {
            /// value before the first stair
            baseline: f64 = Own(Any), or(0.0);
            /// height of a stair, which may be negative
            size: f64 = Own(Any), required;
            /// time from one stair to the next (ms)
            length: f64 = Quantity(Time, Positive), required;
            /// begin of the first stair (ms)
            start: f64 = Quantity(Time, Any), or(0.0);
            /// number of stairs; without it, they go on
            count: Option<u64> = Count(1, 1_000_000), none;
            /// how one stair follows another
            edges: Edges = Flat(Edges::KEYS), required;
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
            /// how the second half follows the first
            edges: Edges = Flat(Edges::KEYS), required;
        },
        /// linear from `from` at `start` to `to` at the end; `from` before, `after` from the end on
        Ramp = "ramp" {
            /// value until `start`
            from: f64 = Own(Any), or(0.0);
            /// value reached at the end
            to: f64 = Own(Any), required;
            /// when it rises; it must end
            span: Span = Flat(Span::KEYS), required;
            /// value from the end on; without it, `to`
            after: Option<f64> = Own(Any), none;
        },
        /// `baseline + amplitude sin(2 pi frequency (t - start) + phase)` from `start` to the end, `baseline` outside
        Sine | "oscillation" = "sine" {
            /// mean value
            baseline: f64 = Own(Any), or(0.0);
            /// amplitude
            amplitude: f64 = Own(Any), required;
            /// frequency (Hz)
            frequency: f64 = Quantity(Rate, NonNegative), required;
            /// phase at `start` (rad)
            phase: f64 = Quantity(Number, Any), or(0.0);
            /// when it is on
            span: Span = Flat(Span::KEYS), required;
        },
        /// a sine whose frequency changes linearly (chirp): `baseline + amplitude sin(2 pi (from s + (to - from) s² / (2 D)))`
        /// at `s = t - start`, with D the duration; `baseline` outside
        Zap = "zap" {
            /// mean value
            baseline: f64 = Own(Any), or(0.0);
            /// amplitude
            amplitude: f64 = Own(Any), required;
            /// frequency at `start` (Hz)
            from: f64 = Quantity(Rate, NonNegative), required;
            /// frequency at the end (Hz)
            to: f64 = Quantity(Rate, NonNegative), required;
            /// when it is on; it must end
            span: Span = Flat(Span::KEYS), required;
        },
        /// samples `values[i]` at `start + i interval`; the first and the last value extend to both sides. Or `file`, a CSV
        /// with time (ms) and value
        Sampled = "sampled" {
            /// time of the first sample (ms)
            start: f64 = Quantity(Time, Any), or(0.0);
            /// time between samples (ms)
            interval: f64 = Quantity(Time, Positive), required;
            /// samples, at least one
            values: Vec<f64> = OwnList, required("a list of samples");
            /// what lies between samples:
            interpolation: Interpolation = Choice(Interpolation::WORDS), or(Interpolation::Hold);
        },
        /// the product of values and waveforms (a list of them is their sum)
        Product = "product" {
            /// what is multiplied: the first has the unit of the quantity, the others are numbers
            factors: Factors = Other(FACTORS), required;
        },
    }
}

words! {
    /// What lies between two samples.
    pub enum Interpolation, what = "interpolation" {
        /// each sample is held until the next one
        Hold = "hold",
        /// samples are joined by straight lines
        Linear = "linear",
    }
}

/// Widest edges of a staircase in lengths of a stair: each value sums over all stairs that overlap.
const MOST_OVERLAP: f64 = 100.0;

/// Most stairs at which an integrator restarts.
const MOST_RESTARTS: usize = 10_000;

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
        Shape::Staircase { length, edges, .. }
            if edges.smoothing.is_some_and(|width| width > MOST_OVERLAP * length) =>
        {
            let allowed = format!("at most {MOST_OVERLAP} times length ({length} ms)");
            table.fault("smoothing", FaultKind::OutOfRange { allowed });
        }
        Shape::Ramp { span, .. } | Shape::Zap { span, .. } => span.must_end(table),
        Shape::Sampled { values, .. } if values.is_empty() && !table.is_faulty("values") => {
            let allowed = "a list of at least one sample".to_owned();
            table.fault("values", FaultKind::OutOfRange { allowed });
        }
        _ => {}
    }
}

impl Shape {
    /// Value at time `t` (ms).
    #[must_use]
    pub fn at(&self, t: f64) -> f64 {
        match self {
            Self::Step { .. } | Self::Steps { .. } | Self::Staircase { .. } => self.levels(t, 0.0),
            Self::Gaussian { baseline, amplitude, center, width } => {
                baseline + amplitude * bump(t - center, *width)
            }
            Self::DoubleGaussian {
                baseline,
                amplitude,
                center,
                width_rise,
                width_decay,
                edges,
            } => {
                let x = t - center;
                let passed = edges.passed(x, 0.0);
                let halves = (1.0 - passed) * bump(x, *width_rise) + passed * bump(x, *width_decay);
                baseline + amplitude * halves
            }
            Self::Ramp { from, to, span, after } => {
                if t < span.start {
                    *from
                } else if span.contains(t) {
                    from + (to - from) * (t - span.start) / span.length()
                } else {
                    after.unwrap_or(*to)
                }
            }
            Self::Sine { baseline, amplitude, frequency, phase, span } => {
                if span.contains(t) {
                    let angle = TAU * frequency * 1e-3 * (t - span.start) + phase;
                    baseline + amplitude * angle.sin()
                } else {
                    *baseline
                }
            }
            Self::Zap { baseline, amplitude, from, to, span } => {
                if span.contains(t) {
                    let s = t - span.start;
                    let change = 0.5 * (to - from) * s * s / span.length();
                    baseline + amplitude * (TAU * 1e-3 * (from * s + change)).sin()
                } else {
                    *baseline
                }
            }
            Self::Sampled { start, interval, values, interpolation } => {
                let last = values.len().saturating_sub(1);
                let value = |k: usize| values.get(k.min(last)).copied().unwrap_or(f64::NAN);
                match interpolation {
                    Interpolation::Hold => {
                        // The small term keeps t = start + i interval in sample i despite rounding.
                        let index = ((t - start) / interval + 1e-9).floor().max(0.0) as usize;
                        value(index)
                    }
                    Interpolation::Linear => {
                        let s = ((t - start) / interval).max(0.0);
                        let k = (s as usize).min(last);
                        // Beyond the last sample the next one is that sample.
                        value(k) + (value(k + 1) - value(k)) * (s - k as f64)
                    }
                }
            }
            Self::Product { factors } => factors.product(|factor| factor.at(t)),
        }
    }

    /// The value at `t` of a shape made of levels, or its mean until `t + dt`; NaN for any other.
    fn levels(&self, t: f64, dt: f64) -> f64 {
        match self {
            Self::Step { baseline, amplitude, span, edges } => {
                let on = match edges.width() {
                    Some(_) => edges.passed(t - span.start, dt) - edges.passed(t - span.end(), dt),
                    None if dt > 0.0 => span.share(t, dt),
                    None => f64::from(u8::from(span.contains(t))),
                };
                baseline + amplitude * on
            }
            &Self::Steps { baseline, ref times, ref values, edges } => {
                edges.joined(t, dt, &Listed { baseline, times, values })
            }
            &Self::Staircase { baseline, size, length, start, count, edges } => {
                let count = count.map_or(usize::MAX, |n| n as usize);
                edges.joined(t, dt, &Stairs { baseline, size, start, length, count })
            }
            _ => f64::NAN,
        }
    }

    /// See [`super::Waveform::envelope`].
    pub(super) fn envelope(&self, t: f64) -> f64 {
        match self {
            Self::Sine { baseline, amplitude, .. } if !self.periods(t).is_empty() => {
                baseline + amplitude.abs()
            }
            Self::Product { factors } => factors.product(|factor| factor.envelope(t)),
            other => other.at(t),
        }
    }

    /// See [`super::Waveform::periods`].
    pub(super) fn periods(&self, t: f64) -> Vec<f64> {
        match self {
            Self::Sine { amplitude, frequency, span, .. }
                if *amplitude != 0.0 && *frequency > 0.0 && span.contains(t) =>
            {
                vec![1e3 / frequency]
            }
            Self::Product { factors } if self.envelope(t) != 0.0 => {
                factors.0.iter().flat_map(|factor| factor.periods(t)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// See [`super::Waveform::constant`].
    pub(super) fn constant(&self) -> Option<f64> {
        match self {
            Self::Product { factors } => factors.0.iter().map(super::Waveform::constant).product(),
            _ => None,
        }
    }

    /// What acts during the step from `t` to `t + dt`, see [`super::Waveform::over`].
    #[must_use]
    pub fn over(&self, t: f64, dt: f64) -> f64 {
        match self {
            Self::Step { .. } | Self::Steps { .. } | Self::Staircase { .. } => self.levels(t, dt),
            Self::Product { factors } => factors.product(|factor| factor.over(t, dt)),
            other => other.at(t + 0.5 * dt),
        }
    }

    /// The shape as a file has it whose bare numbers could not be read: quantities with the unit of `own`.
    #[must_use]
    pub fn write_in(&self, own: Dimension) -> Option<Node> {
        let mut node = self.write()?;
        give_own_units(&mut node, Self::KEYS, own);
        if let (Self::Product { factors }, Value::Table(entries)) = (self, &mut node.value)
            && let Some((_, Node { value: Value::List(items), .. })) =
                entries.iter_mut().find(|e| e.0 == "factors")
            && let (Some(item), Some(first)) = (items.first_mut(), factors.0.first())
            && let Some(written) = first.write_in(own)
        {
            *item = written;
        }
        Some(node)
    }

    /// The time (ms) in which it differs from its value before; `None` for samples and products, which have no such value.
    pub(super) fn acting(&self) -> Option<[f64; 2]> {
        // Five standard deviations hold all of a bump.
        const WIDTHS: f64 = 5.0;
        Some(match self {
            Self::Step { span, edges, .. } => {
                [span.start - edges.reach(), span.end() + edges.reach()]
            }
            Self::Ramp { span, .. } => [span.start, f64::INFINITY],
            Self::Sine { span, .. } | Self::Zap { span, .. } => [span.start, span.end()],
            Self::Steps { times, edges, .. } => [times.first()? - edges.reach(), f64::INFINITY],
            Self::Staircase { start, edges, .. } => [start - edges.reach(), f64::INFINITY],
            Self::Gaussian { center, width, .. } => {
                [center - WIDTHS * width, center + WIDTHS * width]
            }
            Self::DoubleGaussian { center, width_rise, width_decay, .. } => {
                [center - WIDTHS * width_rise, center + WIDTHS * width_decay]
            }
            Self::Sampled { .. } | Self::Product { .. } => return None,
        })
    }

    /// See [`super::Waveform::held_samples`].
    pub(super) fn held_samples(&self, t_stop: f64) -> Option<String> {
        match self {
            Self::Sampled { start, interval, values, interpolation } => {
                let intervals = match interpolation {
                    Interpolation::Hold => values.len(),
                    Interpolation::Linear => values.len().saturating_sub(1),
                };
                let end = start + intervals as f64 * interval;
                // Samples taken at every step may miss the end by rounding.
                let short = |time: f64| time > 1e-6 * interval.max(t_stop * 1e-6);
                let (first, last) = (values.first()?, values.last()?);
                let held = |what: &str, value: f64, when: String| {
                    Some(format!("the samples {what}; the value {value} is held {when}"))
                };
                if short(t_stop - end) {
                    let when = format!("from then to the end of the run ({t_stop} ms)");
                    held(&format!("end at {end} ms"), *last, when)
                } else if short(*start) {
                    held(&format!("begin at {start} ms"), *first, "until then".to_owned())
                } else {
                    None
                }
            }
            Self::Product { factors } => {
                factors.0.iter().find_map(|factor| factor.held_samples(t_stop))
            }
            _ => None,
        }
    }

    /// Adds the times (ms) until `until` where the value or its slope jumps.
    pub(super) fn collect_discontinuities(&self, until: f64, times: &mut Vec<f64>) {
        match self {
            Self::Steps { times: onsets, edges, .. } => {
                onsets.iter().for_each(|&onset| edges.collect_discontinuities(onset, times));
            }
            Self::Staircase { start, length, count, edges, .. } => {
                let count = count.map_or(MOST_RESTARTS, |n| MOST_RESTARTS.min(n as usize));
                (0..count)
                    .map(|i| start + i as f64 * length)
                    .take_while(|&time| time <= until + edges.reach())
                    .for_each(|time| edges.collect_discontinuities(time, times));
            }
            Self::Product { factors } => {
                factors.0.iter().for_each(|factor| factor.collect_discontinuities(until, times));
            }
            Self::Step { span, edges, .. } => {
                span.edges().for_each(|time| edges.collect_discontinuities(time, times));
            }
            Self::Gaussian { center, width, .. } => bump_times(times, *center, *width, *width),
            Self::DoubleGaussian { center, width_rise, width_decay, .. } => {
                bump_times(times, *center, *width_rise, *width_decay);
            }
            Self::Ramp { span, .. } | Self::Sine { span, .. } | Self::Zap { span, .. } => {
                times.extend(span.edges());
            }
            Self::Sampled { start, interval, values, interpolation } => {
                // A held value jumps at every sample but the first; the slope of a line at each.
                let first = usize::from(*interpolation == Interpolation::Hold);
                times.extend((first..values.len()).map(|i| start + i as f64 * interval));
            }
        }
    }
}

/// Flanks and peak of a bump: three widths hold 99 % of it.
fn bump_times(times: &mut Vec<f64>, center: f64, rise: f64, decay: f64) {
    times.extend([center - 3.0 * rise, center, center + 3.0 * decay]);
}

/// `exp(-x² / (2 width²))`.
fn bump(x: f64, width: f64) -> f64 {
    (-0.5 * (x / width).powi(2)).exp()
}
