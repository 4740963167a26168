//! Current pulses.

use ndarray::ArrayView1;
use ntwk_core::spec::RecordSpec;
use ntwk_core::spec::waveform::{Edges, Shape};
use ntwk_core::{CellLibrary, Model, Recording, Waveform};

use super::{Bench, POPULATION, ProtocolError, require, run, spike_times};

/// A pulse per neuron, all at the same time:
/// `I = holding + amplitude` from `t_start` to `t_stop`, else `holding`.
#[derive(Debug, Clone, PartialEq)]
pub struct PulseProtocol {
    /// Amplitude of each neuron's pulse (pA).
    pub amplitudes: Vec<f64>,
    /// Current outside the pulse (pA).
    pub holding: f64,
    /// Begin of the pulse (ms), >= 0.
    pub t_start: f64,
    /// End of the pulse (ms), > `t_start`.
    pub t_stop: f64,
    /// Duration of the run (ms), >= `t_stop`.
    pub duration: f64,
}

impl PulseProtocol {
    /// Pulses of -1/2, 3/4 and 3/2 of `scale` (pA; see [`Bench::current_scale`]) from 100 to 500 ms, until 700 ms.
    #[must_use]
    pub fn around(scale: f64) -> Self {
        let (t_start, t_stop) = (100.0, 500.0);
        Self {
            amplitudes: vec![-0.5 * scale, 0.75 * scale, 1.5 * scale],
            holding: 0.0,
            t_start,
            t_stop,
            duration: Self::default_duration(t_start, t_stop),
        }
    }

    /// Half a pulse more than its end (ms).
    #[must_use]
    pub fn default_duration(t_start: f64, t_stop: f64) -> f64 {
        t_stop + 0.5 * (t_stop - t_start).max(0.0)
    }

    /// The model: one neuron per amplitude; potential and all other variables are recorded in each step.
    ///
    /// # Errors
    /// [`ProtocolError::Setting`] and [`ProtocolError::Cell`].
    pub fn model(&self, bench: &Bench, library: &CellLibrary) -> Result<Model, ProtocolError> {
        let Self { amplitudes, holding, t_start, t_stop, duration } = self;
        let n = amplitudes.len() as f64;
        require("number of pulses", n, n > 0.0, "at least 1")?;
        for &amplitude in amplitudes {
            require("amplitude (pA)", amplitude, true, "finite")?;
        }
        require("holding current (pA)", *holding, true, "finite")?;
        require("t_start (ms)", *t_start, *t_start >= 0.0, ">= 0")?;
        require("t_stop (ms)", *t_stop, t_stop > t_start, format!("after t_start ({t_start})"))?;
        let after = format!("at least t_stop ({t_stop})");
        require("duration (ms)", *duration, duration >= t_stop, after)?;
        let currents: Vec<Waveform> = amplitudes.iter().map(|&a| self.current(a)).collect();
        let all = amplitudes.len() as u64;
        let mut record = RecordSpec::default();
        (record.V_m, record.cell_variables) = (all, all);
        Ok(bench.model(&currents, *duration, record, library)?)
    }

    /// The current of a neuron with this amplitude.
    #[must_use]
    pub fn current(&self, amplitude: f64) -> Waveform {
        Waveform::Shape(Shape::Steps {
            baseline: self.holding,
            times: vec![self.t_start, self.t_stop],
            values: vec![self.holding + amplitude, self.holding],
            edges: Edges::default(),
        })
    }

    /// Runs the pulses.
    ///
    /// # Errors
    /// [`ProtocolError`].
    pub fn run(
        &self,
        bench: &Bench,
        library: &CellLibrary,
    ) -> Result<(Model, Recording), ProtocolError> {
        let model = self.model(bench, library)?;
        let recording = run(&model)?;
        Ok((model, recording))
    }
}

/// What a cell did under a pulse. Times are ms after the begin of the pulse.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(non_snake_case)]
pub struct PulseFeatures {
    /// Amplitude of the pulse (pA).
    pub amplitude: f64,
    /// V_m just before the pulse (mV).
    pub V_before: f64,
    /// Mean V_m in the last tenth of the pulse (mV).
    pub V_end: f64,
    /// Lowest and highest V_m in the pulse (mV), without the shape of spikes, which the models do not have.
    pub V_range: (f64, f64),
    /// Spikes in the pulse.
    pub spikes: usize,
    /// Spikes after it.
    pub spikes_after: usize,
    /// Time of the first spike (ms).
    pub latency: Option<f64>,
    /// Spikes in the pulse over its duration (Hz).
    pub rate: f64,
    /// First and last interval between spikes of the pulse (ms).
    pub intervals: Option<(f64, f64)>,
    /// Coefficient of variation of the intervals; needs two of them.
    pub cv: Option<f64>,
    /// `(V_end - V_before) / amplitude` (MOhm), for a pulse without spikes.
    pub resistance: Option<f64>,
    /// Time to 1 - 1/e of the way from `V_before` to `V_end` (ms), for a pulse without spikes.
    pub time_constant: Option<f64>,
}

/// The features of every pulse of a run of `protocol`, in the order of its amplitudes.
///
/// Pulses that are shorter than ten samples or recordings of another protocol give no features.
#[must_use]
#[allow(non_snake_case)]
pub fn features(protocol: &PulseProtocol, recording: &Recording) -> Vec<PulseFeatures> {
    let potential = recording.population(POPULATION).and_then(|p| p.trace("V_m"));
    let Some(trace) = potential else { return Vec::new() };
    let interval = trace.steps.every as f64 * recording.dt;
    let row = |t: f64| ((t / interval).round() as usize).min(trace.data.nrows());
    let (start, stop) = (row(protocol.t_start), row(protocol.t_stop));
    if stop < start + 10 || trace.data.ncols() < protocol.amplitudes.len() {
        return Vec::new();
    }
    let spikes = spike_times(recording, protocol.amplitudes.len());
    protocol
        .amplitudes
        .iter()
        .zip(&spikes)
        .enumerate()
        .map(|(i, (&amplitude, spikes))| {
            let V = trace.data.column(i);
            of_pulse(amplitude, protocol, &V, start..stop, interval, spikes)
        })
        .collect()
}

#[allow(non_snake_case)]
fn of_pulse(
    amplitude: f64,
    protocol: &PulseProtocol,
    V: &ArrayView1<'_, f64>,
    rows: std::ops::Range<usize>,
    interval: f64,
    spikes: &[f64],
) -> PulseFeatures {
    let pulse: Vec<f64> = rows.clone().map(|r| V[r]).collect();
    let tail = &pulse[pulse.len() - pulse.len() / 10..];
    // The sample before: a method of second order sees the pulse from the end of that step on.
    let V_before = V[rows.start.saturating_sub(1)];
    let V_end = tail.iter().sum::<f64>() / tail.len() as f64;
    let V_range = pulse
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
    let inside: Vec<f64> = spikes
        .iter()
        .filter(|t| **t >= protocol.t_start && **t < protocol.t_stop)
        .map(|t| t - protocol.t_start)
        .collect();
    let between: Vec<f64> = inside.windows(2).map(|w| w[1] - w[0]).collect();
    let n = between.len() as f64;
    let mean = between.iter().sum::<f64>() / n;
    let variance = between.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let silent = spikes.is_empty();
    let change = V_end - V_before;
    let level = V_before + change * (1.0 - (-1.0f64).exp());
    let reached = pulse.iter().position(|&v| (v - V_before).abs() >= (level - V_before).abs());
    PulseFeatures {
        amplitude,
        V_before,
        V_end,
        V_range,
        spikes: inside.len(),
        spikes_after: spikes.iter().filter(|t| **t >= protocol.t_stop).count(),
        latency: inside.first().copied(),
        rate: 1e3 * inside.len() as f64 / (protocol.t_stop - protocol.t_start),
        intervals: between.first().copied().zip(between.last().copied()),
        cv: (between.len() > 1).then(|| variance.sqrt() / mean),
        resistance: (silent && amplitude != 0.0).then(|| 1e3 * change / amplitude),
        time_constant: reached
            .filter(|_| silent && change.abs() > 1e-9)
            .map(|row| row as f64 * interval),
    }
}
