//! Features of a single trace of the membrane potential under a step of current.

use crate::AnalysisError;

/// The step of current under which a trace was taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stimulus {
    /// Start (ms).
    pub start: f64,
    /// End (ms).
    pub end: f64,
    /// Amplitude (pA), where it is known.
    pub current: Option<f64>,
}

/// What counts as a spike and as its onset; the defaults are those of eFEL.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpikeCriteria {
    /// Potential that a spike crosses (mV).
    pub threshold: f64,
    /// Slope at the onset of a spike (mV/ms).
    pub onset_slope: f64,
    /// Successive samples that must have that slope.
    pub onset_samples: usize,
}

impl Default for SpikeCriteria {
    fn default() -> Self {
        Self { threshold: -20.0, onset_slope: 10.0, onset_samples: 3 }
    }
}

/// The shape of one spike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpikeShape {
    /// Sample of the peak.
    pub peak_index: usize,
    /// Time of the peak (ms).
    pub peak_time: f64,
    /// Potential at the peak (mV).
    pub peak: f64,
    /// Sample at which the slope first stays above the criterion, between the trough before and the peak.
    pub onset_index: Option<usize>,
    /// Potential at the onset: the voltage threshold of the spike (mV).
    pub onset: Option<f64>,
    /// Peak minus onset (mV).
    pub amplitude: Option<f64>,
    /// Time between the two crossings of the middle between onset and peak, interpolated linearly (ms).
    pub half_width: Option<f64>,
    /// Sample of the lowest potential until the next spike or the end of the stimulus.
    pub trough_index: usize,
    /// Lowest potential until the next spike or the end of the stimulus (mV).
    pub trough: f64,
    /// Trough minus baseline (mV): below zero where the spike is followed by a hyperpolarisation.
    pub ahp_depth: Option<f64>,
}

/// Features of one trace.
///
/// | here | in eFEL |
/// |---|---|
/// | `baseline` | `voltage_base`: mean over the last tenth of the time before the stimulus |
/// | `steady_state` | `steady_state_voltage_stimend`: mean over the last tenth of the stimulus |
/// | `minimum` | `minimum_voltage`: lowest potential of the stimulus |
/// | `deflection` | `voltage_deflection_vb_ssse`: steady state minus baseline |
/// | `input_resistance` | `ohmic_input_resistance_vb_ssse`: deflection over current; here of traces without spikes |
/// | `sag_amplitude`, `sag_ratio` | `sag_amplitude`, `sag_ratio1`: steady state minus minimum, and that over baseline minus minimum; for downward deflections |
/// | `adaptation_index` | `adaptation_index2`: mean of `(ISI' - ISI) / (ISI' + ISI)` over successive intervals but the first |
/// | `latency` | `time_to_first_spike`: first peak after the start of the stimulus |
/// | of a spike: `peak`, `onset`, `amplitude`, `trough`, `ahp_depth` | `peak_voltage`, `AP_begin_voltage`, `AP_amplitude`, `min_AHP_values`, `AHP_depth` |
///
/// `half_width` is `scipy.signal.peak_widths` between onset and peak. Point neurons are reset at their threshold and
/// have no spike shape: their traces yield the features of the potential only.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceFeatures {
    /// Spikes whose peak lies in the stimulus.
    pub spikes: Vec<SpikeShape>,
    /// Time of the first peak after the start of the stimulus (ms).
    pub latency: Option<f64>,
    /// Needs four spikes.
    pub adaptation_index: Option<f64>,
    /// Mean potential before the stimulus (mV).
    pub baseline: Option<f64>,
    /// Mean potential at the end of the stimulus (mV).
    pub steady_state: f64,
    /// Lowest potential during the stimulus (mV).
    pub minimum: f64,
    /// Steady state minus baseline (mV).
    pub deflection: Option<f64>,
    /// Deflection over current (MOhm), of a trace that neither spikes nor is reset during the stimulus: of another the mean potential
    /// is that of the spikes.
    pub input_resistance: Option<f64>,
    /// Steady state minus minimum, of a downward deflection without spikes (mV).
    pub sag_amplitude: Option<f64>,
    /// Sag amplitude over baseline minus minimum.
    pub sag_ratio: Option<f64>,
}

impl TraceFeatures {
    /// Features of the potential `v` (mV), sampled every `dt` (ms) from time 0 on.
    ///
    /// # Errors
    /// [`AnalysisError::TimeStep`] and [`AnalysisError::WindowBounds`] for times that make no sense,
    /// [`AnalysisError::OutsideRun`] for a stimulus beyond the trace, [`AnalysisError::EmptyWindow`] for one of no
    /// sample, [`AnalysisError::Parameter`] for criteria that are not finite or ask for no sample, and
    /// [`AnalysisError::NotFinite`] for a sample that is no number.
    pub fn of(
        v: &[f64],
        dt: f64,
        stimulus: Stimulus,
        criteria: SpikeCriteria,
    ) -> Result<Self, AnalysisError> {
        let (start, end) = samples(v, dt, stimulus)?;
        criteria.check()?;
        // First samples at or after the bounds of the means; a thousandth of a step forgives rounding.
        let at = |t: f64| (t / dt - 1e-3).ceil().max(0.0) as usize;
        let baseline = mean(&v[at(0.9 * stimulus.start)..start]);
        let last_tenth = at(stimulus.end - 0.1 * (stimulus.end - stimulus.start)).min(end - 1);
        let steady_state = mean(&v[last_tenth..end]).unwrap_or(v[end - 1]);
        let minimum = v[start..end].iter().copied().fold(f64::INFINITY, f64::min);
        let spikes = spikes(v, dt, (start, end), criteria, baseline);
        let deflection = baseline.map(|b| steady_state - b);
        let sag = deflection.filter(|&d| d < 0.0 && spikes.is_empty());
        let sag_amplitude = sag.map(|_| steady_state - minimum);
        // A point neuron is reset within a sample, without a spike's shape.
        let fall = (criteria.onset_slope * dt).max(LEAST_RESET);
        let is_reset = v[start..end].windows(2).any(|pair| pair[0] - pair[1] > fall);
        let passive = spikes.is_empty() && !is_reset;
        let current = stimulus.current.filter(|&i| i != 0.0 && passive);
        Ok(Self {
            latency: spikes.first().map(|s| s.peak_time - stimulus.start),
            adaptation_index: adaptation_index(&spikes),
            baseline,
            steady_state,
            minimum,
            deflection,
            // mV / pA = GOhm.
            input_resistance: deflection.zip(current).map(|(d, i)| 1e3 * d / i),
            sag_amplitude,
            sag_ratio: sag_amplitude.zip(baseline).map(|(s, b)| s / (b - minimum)),
            spikes,
        })
    }
}

impl SpikeCriteria {
    fn check(&self) -> Result<(), AnalysisError> {
        let fault = |name, value, unit, expected| {
            Err(AnalysisError::Parameter { name, value, unit, expected })
        };
        if !self.threshold.is_finite() {
            return fault("threshold", self.threshold, "mV", "finite");
        }
        if !(self.onset_slope.is_finite() && self.onset_slope > 0.0) {
            return fault("onset_slope", self.onset_slope, "mV/ms", "finite and above 0");
        }
        if self.onset_samples == 0 {
            return fault("onset_samples", 0.0, "samples", "at least 1");
        }
        Ok(())
    }
}

/// Least fall (mV) between two samples that is a reset.
const LEAST_RESET: f64 = 1.0;

/// First sample of the stimulus and the first after it.
fn samples(v: &[f64], dt: f64, stimulus: Stimulus) -> Result<(usize, usize), AnalysisError> {
    let Stimulus { start, end, .. } = stimulus;
    if !(dt.is_finite() && dt > 0.0) {
        return Err(AnalysisError::TimeStep { dt });
    }
    if !(start.is_finite() && end.is_finite() && start >= 0.0 && start < end) {
        return Err(AnalysisError::WindowBounds { start, end });
    }
    let at = |t: f64| (t / dt - 1e-3).ceil().max(0.0) as u64;
    let (first, last) = (at(start), at(end));
    let available = v.len() as u64;
    if first == last {
        return Err(AnalysisError::EmptyWindow { start: first, end: last });
    }
    if last > available {
        return Err(AnalysisError::OutsideRun { start: first, end: last, available });
    }
    if let Some(step) = v.iter().position(|x| !x.is_finite()) {
        let (variable, value) = ("V_m".to_owned(), v[step]);
        return Err(AnalysisError::NotFinite { variable, neuron: 0, step: step as u64, value });
    }
    Ok((first as usize, last as usize))
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Index of the first smallest value of `v[from..to]`; `from` for an empty range.
fn lowest(v: &[f64], from: usize, to: usize) -> usize {
    (from..to).fold(from, |best, i| if v[i] < v[best] { i } else { best })
}

fn spikes(
    v: &[f64],
    dt: f64,
    (start, end): (usize, usize),
    criteria: SpikeCriteria,
    baseline: Option<f64>,
) -> Vec<SpikeShape> {
    let above = |i: &usize| v[*i] > criteria.threshold;
    let mut peaks = Vec::new();
    let mut i = start;
    while i < end {
        // A stretch above the threshold that is also left again, with its highest sample.
        let Some(up) = (i..end).find(above) else { break };
        let Some(down) = (up..v.len()).find(|i| !above(i)) else { break };
        let peak = (up..down).fold(up, |best, i| if v[i] > v[best] { i } else { best });
        if up > start && peak < end {
            peaks.push(peak);
        }
        i = down;
    }
    let mut from = start;
    let mut shapes = Vec::with_capacity(peaks.len());
    for (k, &peak) in peaks.iter().enumerate() {
        let trough = lowest(v, peak, peaks.get(k + 1).copied().unwrap_or(end));
        let onset_index = onset(v, dt, from, peak, criteria);
        let onset = onset_index.map(|i| v[i]);
        shapes.push(SpikeShape {
            peak_index: peak,
            peak_time: peak as f64 * dt,
            peak: v[peak],
            onset_index,
            onset,
            amplitude: onset.map(|o| v[peak] - o),
            half_width: onset
                .and_then(|o| half_width(v, peak, 0.5 * (o + v[peak])))
                .map(|w| w * dt),
            trough_index: trough,
            trough: v[trough],
            ahp_depth: baseline.map(|b| v[trough] - b),
        });
        from = trough;
    }
    shapes
}

/// First sample from `from` to the peak from which on the central difference of `v` stays steep enough.
fn onset(v: &[f64], dt: f64, from: usize, peak: usize, criteria: SpikeCriteria) -> Option<usize> {
    let steep = |i: usize| {
        let (before, after) = (i.saturating_sub(1), (i + 1).min(v.len() - 1));
        v[after] - v[before] >= criteria.onset_slope * (after - before) as f64 * dt
    };
    (from..peak).find(|&i| (i..i + criteria.onset_samples).all(|k| k < v.len() && steep(k)))
}

/// Width of a peak at `height` in samples, between crossings interpolated linearly.
fn half_width(v: &[f64], peak: usize, height: f64) -> Option<f64> {
    let left = (0..peak).rev().find(|&i| v[i] <= height)?;
    let right = (peak + 1..v.len()).find(|&i| v[i] <= height)?;
    let rise = left as f64 + (height - v[left]) / (v[left + 1] - v[left]);
    let fall = right as f64 - (height - v[right]) / (v[right - 1] - v[right]);
    Some(fall - rise)
}

/// Mean relative change of successive intervals, without the first.
fn adaptation_index(spikes: &[SpikeShape]) -> Option<f64> {
    let intervals: Vec<f64> =
        spikes.windows(2).map(|pair| pair[1].peak_time - pair[0].peak_time).collect();
    let changes: Vec<f64> = intervals
        .get(1..)?
        .windows(2)
        .map(|pair| (pair[1] - pair[0]) / (pair[1] + pair[0]))
        .collect();
    mean(&changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_an_error() {
        let v = [-70.0; 100];
        let of = |start, end, current, criteria| {
            TraceFeatures::of(&v, 0.1, Stimulus { start, end, current }, criteria)
        };
        let usual = SpikeCriteria::default();
        assert!(matches!(of(5.0, 5.0, None, usual), Err(AnalysisError::WindowBounds { .. })));
        assert!(matches!(of(f64::NAN, 5.0, None, usual), Err(AnalysisError::WindowBounds { .. })));
        assert!(matches!(of(5.0, 11.0, None, usual), Err(AnalysisError::OutsideRun { .. })));
        assert!(matches!(of(5.01, 5.02, None, usual), Err(AnalysisError::EmptyWindow { .. })));
        for criteria in [
            SpikeCriteria { threshold: f64::NAN, ..usual },
            SpikeCriteria { onset_slope: 0.0, ..usual },
            SpikeCriteria { onset_samples: 0, ..usual },
        ] {
            assert!(matches!(of(1.0, 5.0, None, criteria), Err(AnalysisError::Parameter { .. })));
        }
        let mut broken = v;
        broken[7] = f64::INFINITY;
        let stimulus = Stimulus { start: 1.0, end: 5.0, current: None };
        let error = TraceFeatures::of(&broken, 0.1, stimulus, usual).unwrap_err();
        assert!(matches!(error, AnalysisError::NotFinite { step: 7, .. }));
    }

    /// A cell of 100 MOhm under 100 pA rises by 10 mV; one that is reset at 5 mV has no such deflection.
    #[test]
    fn a_trace_with_resets_has_no_input_resistance() {
        let trace = |threshold: f64| -> Vec<f64> {
            let mut v = 0.0;
            let step = |k: i32| {
                v += 0.01 * (if k < 1000 { 0.0 } else { 10.0 } - v);
                v = if v > threshold { 0.0 } else { v };
                v - 70.0
            };
            (0..5000).map(step).collect()
        };
        let resistance = |threshold: f64| {
            let stimulus = Stimulus { start: 100.0, end: 500.0, current: Some(100.0) };
            let found =
                TraceFeatures::of(&trace(threshold), 0.1, stimulus, SpikeCriteria::default());
            found.unwrap().input_resistance
        };
        assert!((resistance(20.0).unwrap() - 100.0).abs() < 1e-6);
        assert_eq!(resistance(5.0), None);
    }

    #[test]
    fn a_stimulus_from_the_first_sample_on_has_no_baseline() {
        let stimulus = Stimulus { start: 0.0, end: 5.0, current: Some(0.0) };
        let features = TraceFeatures::of(&[-70.0; 60], 0.1, stimulus, SpikeCriteria::default());
        let features = features.unwrap();
        assert_eq!((features.baseline, features.steady_state), (None, -70.0));
        assert_eq!((features.input_resistance, features.sag_ratio), (None, None));
    }
}
