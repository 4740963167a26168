//! The shapes a waveform is made of.

use std::f64::consts::TAU;

use super::span::Span;
use crate::spec::fault::FaultKind;
use crate::spec::key::TableReader;
use crate::spec::key::{Section as _, Words as _};
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
        },
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
            Self::Step { baseline, amplitude, span } => {
                if span.contains(t) {
                    baseline + amplitude
                } else {
                    *baseline
                }
            }
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
        }
    }

    /// What acts during the step from `t` to `t + dt`, see [`super::Waveform::over`].
    #[must_use]
    pub fn over(&self, t: f64, dt: f64) -> f64 {
        match self {
            Self::Step { baseline, amplitude, span } => baseline + amplitude * span.share(t, dt),
            other => other.at(t + 0.5 * dt),
        }
    }

    /// Adds the times (ms) where the value or its slope jumps.
    pub(super) fn collect_discontinuities(&self, times: &mut Vec<f64>) {
        match self {
            Self::Steps { times: onsets, .. } => times.extend(onsets),
            Self::Gaussian { center, width, .. } => bump_times(times, *center, *width, *width),
            Self::DoubleGaussian { center, width_rise, width_decay, .. } => {
                bump_times(times, *center, *width_rise, *width_decay);
            }
            Self::Step { span, .. }
            | Self::Ramp { span, .. }
            | Self::Sine { span, .. }
            | Self::Zap { span, .. } => times.extend(span.edges()),
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
