//! Electrophysiological features of one recorded membrane potential.

use ntwk_analysis::{SpikeCriteria, SpikeShape, Stimulus, TraceFeatures};
use ntwk_plot::figures::{NamedCurve, Style, curves};
use ntwk_plot::{Axis, Figure, Layout, Theme, Width};
use serde::Serialize;

use crate::studies::StudyError;
use crate::studies::options::InvalidOptions;

/// Options of [`features`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct FeaturesOptions {
    /// Start of the step of current (ms), in the time of the trace.
    pub start: f64,
    /// Its end (ms).
    pub end: f64,
    /// Its amplitude (pA), for the input resistance.
    pub current: Option<f64>,
    /// Potential that a spike crosses (mV; default -20).
    pub spike_threshold: f64,
    /// Slope at the onset of a spike (mV/ms; default that of [`SpikeCriteria`]).
    pub onset_slope: f64,
}

impl FeaturesOptions {
    /// For a step of current from `start` to `end` (ms).
    #[must_use]
    pub fn new(start: f64, end: f64) -> Self {
        let criteria = SpikeCriteria::default();
        Self {
            start,
            end,
            current: None,
            spike_threshold: -20.0,
            onset_slope: criteria.onset_slope,
        }
    }
}

/// The features of a trace.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FeaturesStudy {
    /// The features; their times count from the first sample.
    pub features: TraceFeatures,
    /// Times of the samples (ms).
    pub times: Vec<f64>,
    /// The potential (mV).
    pub v: Vec<f64>,
    options: FeaturesOptions,
}

/// Features of the potential `v` (mV), sampled at equal steps at `times` (ms).
///
/// # Errors
/// [`StudyError::Options`] for steps that are not equal and a stimulus outside the trace, [`StudyError::Analysis`].
pub fn features(
    times: &[f64],
    v: &[f64],
    options: &FeaturesOptions,
) -> Result<FeaturesStudy, StudyError> {
    let dt = step(times)?;
    let (first, last) = (times[0], times[times.len() - 1]);
    if options.start < first || options.end > last + dt {
        let rule = format!(
            "the stimulus from {} to {} ms is not within the trace, which goes from {first} to {last} ms",
            options.start, options.end
        );
        return Err(InvalidOptions::one("", "", rule).into());
    }
    // The trace need not begin at 0: the features count from its first sample.
    let stimulus = Stimulus {
        start: options.start - first,
        end: options.end - first,
        current: options.current,
    };
    let criteria = SpikeCriteria {
        threshold: options.spike_threshold,
        onset_slope: options.onset_slope,
        ..SpikeCriteria::default()
    };
    let features = TraceFeatures::of(v, dt, stimulus, criteria)?;
    Ok(FeaturesStudy { features, times: times.to_vec(), v: v.to_vec(), options: *options })
}

/// The step of the samples (ms), which must be equal.
fn step(times: &[f64]) -> Result<f64, StudyError> {
    let [first, .., last] = times else {
        let rule = "a trace of two samples or more is needed";
        return Err(InvalidOptions::one("", "", rule).into());
    };
    let dt = (last - first) / (times.len() - 1) as f64;
    let uneven = (1..times.len()).find(|&i| (times[i] - times[i - 1] - dt).abs() > 1e-3 * dt);
    match uneven {
        None => Ok(dt),
        Some(i) => {
            let rule = format!(
                "samples {i} and {} are {} ms apart, the others {dt} ms on average; equal steps are needed",
                i + 1,
                times[i] - times[i - 1]
            );
            Err(InvalidOptions::one("", "", rule).into())
        }
    }
}

/// The features with their units in the names, `None` where one is not defined; times are those of the trace.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(non_snake_case)]
pub struct FeaturesSummary {
    /// Number of spikes.
    pub spike_count: usize,
    /// Time of the first spike after the start of the step.
    pub latency_ms: Option<f64>,
    /// Adaptation index.
    pub adaptation_index: Option<f64>,
    /// Potential before the step.
    pub baseline_mV: Option<f64>,
    /// Potential at the end of the step.
    pub steady_state_mV: f64,
    /// Lowest potential in the step.
    pub minimum_mV: f64,
    /// Steady state minus baseline.
    pub deflection_mV: Option<f64>,
    /// Input resistance.
    pub input_resistance_MOhm: Option<f64>,
    /// Amplitude of the sag.
    pub sag_amplitude_mV: Option<f64>,
    /// Ratio of the sag.
    pub sag_ratio: Option<f64>,
    /// All spikes.
    pub spikes: Vec<SpikeSummary>,
}

/// A spike of a summary.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(non_snake_case)]
pub struct SpikeSummary {
    /// Time of the peak.
    pub peak_time_ms: f64,
    /// Potential at the peak.
    pub peak_mV: f64,
    /// Potential at the onset.
    pub threshold_mV: Option<f64>,
    /// Peak above the onset.
    pub amplitude_mV: Option<f64>,
    /// Width at half the amplitude.
    pub half_width_ms: Option<f64>,
    /// Lowest potential after it.
    pub trough_mV: f64,
    /// Onset minus trough.
    pub ahp_depth_mV: Option<f64>,
}

impl FeaturesStudy {
    /// The features as they are stored.
    #[must_use]
    pub fn summary(&self) -> FeaturesSummary {
        let (features, t0) = (&self.features, self.times[0]);
        let spikes = features.spikes.iter().map(|s| SpikeSummary {
            peak_time_ms: t0 + s.peak_time,
            peak_mV: s.peak,
            threshold_mV: s.onset,
            amplitude_mV: s.amplitude,
            half_width_ms: s.half_width,
            trough_mV: s.trough,
            ahp_depth_mV: s.ahp_depth,
        });
        FeaturesSummary {
            spike_count: features.spikes.len(),
            latency_ms: features.latency,
            adaptation_index: features.adaptation_index,
            baseline_mV: features.baseline,
            steady_state_mV: features.steady_state,
            minimum_mV: features.minimum,
            deflection_mV: features.deflection,
            input_resistance_MOhm: features.input_resistance,
            sag_amplitude_mV: features.sag_amplitude,
            sag_ratio: features.sag_ratio,
            spikes: spikes.collect(),
        }
    }

    /// The trace, called `title`, with what was found on it.
    #[must_use]
    pub fn figure(&self, title: &str, theme: &Theme) -> Figure {
        let (times, v, features) = (&self.times, &self.v, &self.features);
        let curve = |name, points, color, style| NamedCurve { name, points, color, style };
        let level = |value: f64, from: f64, to: f64| vec![(from, value), (to, value)];
        let marks = |index: fn(&SpikeShape) -> Option<usize>| -> Vec<(f64, f64)> {
            features.spikes.iter().filter_map(index).map(|i| (times[i], v[i])).collect()
        };
        let trace = times.iter().copied().zip(v.iter().copied()).collect();
        let mut all = vec![curve("V_m", trace, None, Style::Line)];
        if let Some(baseline) = features.baseline {
            all.push(curve(
                "baseline",
                level(baseline, times[0], self.options.start),
                Some(1),
                Style::Dashed,
            ));
        }
        let steady = level(features.steady_state, self.options.start, self.options.end);
        all.push(curve("steady state", steady, Some(2), Style::Dashed));
        if !features.spikes.is_empty() {
            all.push(curve("threshold", marks(|s| s.onset_index), Some(0), Style::Dots));
            all.push(curve("peak", marks(|s| Some(s.peak_index)), Some(3), Style::Dots));
            all.push(curve("trough", marks(|s| Some(s.trough_index)), Some(4), Style::Dots));
        }
        let panel = curves(Axis::new("time (ms)"), Axis::new("V_m (mV)"), &all, theme);
        Figure::new(title, Width::Page, 70.0, Layout::Part(Box::new(panel)), theme)
    }
}
