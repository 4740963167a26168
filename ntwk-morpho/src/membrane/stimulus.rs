//! Electrodes: current waveforms and the voltage clamp.

use crate::membrane::mechanism::ParameterError;
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// A quantity over time (ms): a current in nA, or the command of a voltage clamp in mV. Zero outside its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Waveform {
    /// Constant from `start` to `start + duration`.
    Step {
        /// Start (ms).
        start: f64,
        /// Duration (ms).
        duration: f64,
        /// Value.
        amplitude: f64,
    },
    /// Linear from `from` to `to`.
    Ramp {
        /// Start (ms).
        start: f64,
        /// Duration (ms), > 0.
        duration: f64,
        /// Value at the start.
        from: f64,
        /// Value at the end.
        to: f64,
    },
    /// amplitude · sin(2π f (t − start)).
    Sine {
        /// Start (ms).
        start: f64,
        /// Duration (ms).
        duration: f64,
        /// Amplitude.
        amplitude: f64,
        /// Frequency f (Hz).
        frequency: f64,
    },
    /// amplitude · sin(2π ∫f dt) with f rising linearly: a ZAP or chirp.
    Zap {
        /// Start (ms).
        start: f64,
        /// Duration (ms), > 0.
        duration: f64,
        /// Amplitude.
        amplitude: f64,
        /// Frequency at the start (Hz).
        from: f64,
        /// Frequency at the end (Hz).
        to: f64,
    },
    /// Samples joined by straight lines.
    Sampled {
        /// Time of the first sample (ms).
        start: f64,
        /// Time between samples (ms), > 0.
        interval: f64,
        /// Values.
        values: Vec<f64>,
    },
}

impl Waveform {
    /// A constant value from `start` for `duration` (ms).
    #[must_use]
    pub fn step(start: f64, duration: f64, amplitude: f64) -> Self {
        Waveform::Step { start, duration, amplitude }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ParameterError`] naming the first one out of range.
    pub fn check(&self) -> Result<(), ParameterError> {
        let named = |values: &[(&'static str, f64, &'static str)]| {
            values
                .iter()
                .try_for_each(|&(name, value, unit)| ParameterError::finite(name, value, unit))
        };
        match self {
            Waveform::Step { start, duration, amplitude } => {
                named(&[("start", *start, "ms"), ("amplitude", *amplitude, "")])?;
                // An infinite step is one that stays on.
                let endless = *duration == f64::INFINITY;
                if endless {
                    Ok(())
                } else {
                    ParameterError::not_negative("duration", *duration, "ms")
                }
            }
            Waveform::Ramp { start, duration, from, to } => {
                named(&[("start", *start, "ms"), ("from", *from, ""), ("to", *to, "")])?;
                ParameterError::positive("duration", *duration, "ms")
            }
            Waveform::Sine { start, duration, amplitude, frequency } => {
                named(&[
                    ("start", *start, "ms"),
                    ("amplitude", *amplitude, ""),
                    ("frequency", *frequency, "Hz"),
                ])?;
                ParameterError::not_negative("duration", *duration, "ms")
            }
            Waveform::Zap { start, duration, amplitude, from, to } => {
                named(&[
                    ("start", *start, "ms"),
                    ("amplitude", *amplitude, ""),
                    ("from", *from, "Hz"),
                    ("to", *to, "Hz"),
                ])?;
                ParameterError::positive("duration", *duration, "ms")
            }
            Waveform::Sampled { start, interval, values } => {
                named(&[("start", *start, "ms")])?;
                values.iter().try_for_each(|&v| ParameterError::finite("values", v, ""))?;
                ParameterError::positive("interval", *interval, "ms")
            }
        }
    }

    /// The value at time `t` (ms).
    #[must_use]
    pub fn at(&self, t: f64) -> f64 {
        let inside = |start: f64, duration: f64| t >= start && t < start + duration;
        match self {
            Waveform::Step { start, duration, amplitude } if inside(*start, *duration) => {
                *amplitude
            }
            Waveform::Ramp { start, duration, from, to } if inside(*start, *duration) => {
                from + (to - from) * (t - start) / duration
            }
            Waveform::Sine { start, duration, amplitude, frequency }
                if inside(*start, *duration) =>
            {
                amplitude * (TAU * 1e-3 * frequency * (t - start)).sin()
            }
            Waveform::Zap { start, duration, amplitude, from, to } if inside(*start, *duration) => {
                let s = t - start;
                amplitude * (TAU * 1e-3 * (from * s + 0.5 * (to - from) * s * s / duration)).sin()
            }
            Waveform::Sampled { start, interval, values } if !values.is_empty() => {
                let s = (t - start) / interval;
                if s < 0.0 || s > (values.len() - 1) as f64 {
                    return 0.0;
                }
                let k = (s as usize).min(values.len().saturating_sub(2));
                let next = values.get(k + 1).copied().unwrap_or(values[k]);
                values[k] + (next - values[k]) * (s - k as f64)
            }
            _ => 0.0,
        }
    }

    /// What acts during the step from `t` to `t + dt`: the mean of a `Step`, exact wherever its edges lie; the value in
    /// the middle of the step for the rest.
    #[must_use]
    pub fn over(&self, t: f64, dt: f64) -> f64 {
        match self {
            Waveform::Step { start, duration, amplitude } => {
                let on = (t + dt).min(start + duration) - t.max(*start);
                // Edges meant to lie on the step grid may miss it by rounding.
                let share = on / dt;
                let share = if share > 1.0 - 1e-9 {
                    1.0
                } else if share < 1e-9 {
                    0.0
                } else {
                    share
                };
                amplitude * share
            }
            other => other.at(t + 0.5 * dt),
        }
    }
}

/// A voltage clamp through a series resistance: i = (V_command − V)/R_s flows into the cell while `t < until`.
///
/// With a small R_s the implicit Euler method should be used: Crank–Nicolson oscillates at a clamped node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VoltageClamp {
    /// (end of the level (ms), level (mV)) in order of time; the clamp is off after the last.
    pub levels: Vec<(f64, f64)>,
    /// Series resistance R_s (MΩ), > 0.
    pub series_resistance: f64,
}

impl VoltageClamp {
    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ParameterError`] naming the first one out of range.
    pub fn check(&self) -> Result<(), ParameterError> {
        ParameterError::positive("series_resistance", self.series_resistance, "MOhm")?;
        let mut last = f64::NEG_INFINITY;
        for &(until, level) in &self.levels {
            ParameterError::finite("level", level, "mV")?;
            if until.is_nan() || until <= last {
                let expected = "times that grow";
                return Err(ParameterError { name: "until", value: until, unit: "ms", expected });
            }
            last = until;
        }
        Ok(())
    }

    /// The command at time `t` (ms), `None` when the clamp is off.
    #[must_use]
    pub fn command(&self, t: f64) -> Option<f64> {
        self.levels.iter().find(|l| t < l.0).map(|l| l.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_between_grid_points_keeps_its_charge() {
        let w = Waveform::step(1.013, 2.5, 0.3);
        let charge: f64 = (0..1000).map(|k| w.over(f64::from(k) * 0.01, 0.01) * 0.01).sum();
        assert!((charge - 0.75).abs() < 1e-9);
        assert_eq!(w.over(1.02, 0.01), 0.3);
        assert_eq!(w.over(0.5, 0.01), 0.0);
    }

    #[test]
    fn samples_are_joined_by_lines() {
        let w = Waveform::Sampled { start: 1.0, interval: 0.5, values: vec![0.0, 1.0, -1.0] };
        assert_eq!(
            [w.at(0.9), w.at(1.25), w.at(1.5), w.at(1.75), w.at(2.0), w.at(2.1)],
            [0.0, 0.5, 1.0, 0.0, -1.0, 0.0]
        );
        assert_eq!(Waveform::Sampled { start: 0.0, interval: 1.0, values: vec![] }.at(0.0), 0.0);
    }
}
