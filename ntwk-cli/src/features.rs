//! `ntwk features`: electrophysiological features of a single trace.

use std::path::PathBuf;

use clap::Args;
use ntwk_analysis::{SpikeCriteria, Stimulus, TraceFeatures};
use ntwk_core::spec::units::Dimension;
use ntwk_io::read_trace_csv;
use ntwk_plot::figures::{NamedCurve, Style, curves};
use ntwk_plot::{Axis, Figure, Layout, Width};
use serde::Serialize;

use super::Failure;
use super::args::quantity;
use super::output::{make_folder, print, theme, write_figure, write_json};
use super::run::list_files;
use super::table::{Table, number, optional};

/// Features of a recorded membrane potential: spikes (threshold, width, after-hyperpolarisation), adaptation, input resistance, sag.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk features out/run/traces.csv --start 100 --end 600 --current '200 pA'
  ntwk features recording.csv --column 3 --start '0.1 s' --end '0.6 s' --spike-threshold '-10 mV'

TRACE has the time (ms) in its first column and potentials (mV) in the others, sampled at equal steps; \
`ntwk morpho run` and `ntwk cells pulse` write such files, and most recording programs can. The \
definitions are those of eFEL (docs: ntwk_analysis::TraceFeatures has the list). Point neurons have no \
spike shape: they are reset at their threshold.

Writes features.json, features.png and features.svg into DIR.")]
pub(crate) struct FeaturesArgs {
    /// Trace (CSV).
    pub trace: PathBuf,
    /// Column of the potential; 1 is the one after time.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub column: u16,
    /// Start of the step of current (a number is ms).
    #[arg(long, value_name = "TIME", value_parser = parse_time, allow_hyphen_values = true)]
    pub start: f64,
    /// End of the step of current (a number is ms).
    #[arg(long, value_name = "TIME", value_parser = parse_time, allow_hyphen_values = true)]
    pub end: f64,
    /// Its amplitude (a number is pA), for the input resistance.
    #[arg(long, value_name = "CURRENT", value_parser = parse_current, allow_hyphen_values = true)]
    pub current: Option<f64>,
    /// Potential that a spike crosses (a number is mV).
    #[arg(long, value_name = "POTENTIAL", value_parser = parse_potential, default_value = "-20 mV",
          allow_hyphen_values = true)]
    pub spike_threshold: f64,
    /// Slope at the onset of a spike (mV/ms).
    #[arg(long, value_name = "MV_PER_MS", default_value_t = SpikeCriteria::default().onset_slope)]
    pub onset_slope: f64,
    /// Folder for the results.
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub out: PathBuf,
    /// Dark background.
    #[arg(long)]
    pub dark: bool,
}

fn parse_time(text: &str) -> Result<f64, String> {
    quantity(text, Dimension::Time)
}

fn parse_current(text: &str) -> Result<f64, String> {
    quantity(text, Dimension::Current)
}

fn parse_potential(text: &str) -> Result<f64, String> {
    quantity(text, Dimension::Voltage)
}

pub(crate) fn run(args: &FeaturesArgs) -> Result<(), Failure> {
    let (times, v) = read_trace_csv(&args.trace, usize::from(args.column))?;
    let dt = step(&times, args)?;
    let last = times[times.len() - 1];
    if args.start < times[0] || args.end > last + dt {
        return Err(Failure::Argument(format!(
            "the stimulus from {} to {} ms is not within {}, which goes from {} to {last} ms",
            args.start,
            args.end,
            args.trace.display(),
            times[0],
        )));
    }
    // The trace need not begin at 0: the features count from its first sample.
    let stimulus =
        Stimulus { start: args.start - times[0], end: args.end - times[0], current: args.current };
    let criteria = SpikeCriteria {
        threshold: args.spike_threshold,
        onset_slope: args.onset_slope,
        ..SpikeCriteria::default()
    };
    let features = TraceFeatures::of(&v, dt, stimulus, criteria)?;
    make_folder(&args.out)?;
    print(spikes_table(&features, times[0]));
    print(trace_table(&features));
    let mut files =
        vec![write_json(&args.out, "features.json", &Written::of(&features, times[0]))?];
    files.extend(write_figure(&args.out, "features", &figure(args, &times, &v, &features))?);
    list_files(&files);
    Ok(())
}

/// The step of the samples, which must be equal.
fn step(times: &[f64], args: &FeaturesArgs) -> Result<f64, Failure> {
    let dt = (times[times.len() - 1] - times[0]) / (times.len() - 1) as f64;
    let uneven = (1..times.len()).find(|&i| (times[i] - times[i - 1] - dt).abs() > 1e-3 * dt);
    match uneven {
        None => Ok(dt),
        Some(i) => Err(Failure::Argument(format!(
            "{}: samples {} and {} are {} ms apart, the others {dt} ms on average; equal steps are needed",
            args.trace.display(),
            i,
            i + 1,
            times[i] - times[i - 1]
        ))),
    }
}

fn spikes_table(features: &TraceFeatures, t0: f64) -> Table {
    let mut table = Table::new(&[
        "spike",
        "peak at (ms)",
        "peak (mV)",
        "threshold (mV)",
        "amplitude (mV)",
        "half width (ms)",
        "trough (mV)",
        "AHP depth (mV)",
    ]);
    for (k, s) in features.spikes.iter().enumerate() {
        table.row(vec![
            (k + 1).to_string(),
            number(t0 + s.peak_time, 2),
            number(s.peak, 2),
            optional(s.onset, 2),
            optional(s.amplitude, 2),
            optional(s.half_width, 3),
            number(s.trough, 2),
            optional(s.ahp_depth, 2),
        ]);
    }
    table
}

fn trace_table(features: &TraceFeatures) -> Table {
    let mut table = Table::new(&["feature", "value", "unit"]);
    for (name, value, digits, unit) in [
        ("spikes", Some(features.spikes.len() as f64), 0, ""),
        ("latency", features.latency, 2, "ms"),
        ("adaptation index", features.adaptation_index, 4, ""),
        ("baseline", features.baseline, 2, "mV"),
        ("steady state", Some(features.steady_state), 2, "mV"),
        ("minimum", Some(features.minimum), 2, "mV"),
        ("deflection", features.deflection, 2, "mV"),
        ("input resistance", features.input_resistance, 2, "MΩ"),
        ("sag amplitude", features.sag_amplitude, 2, "mV"),
        ("sag ratio", features.sag_ratio, 3, ""),
    ] {
        table.row(vec![name.to_owned(), optional(value, digits), unit.to_owned()]);
    }
    table
}

/// The JSON: units in the keys, null where a feature is not defined.
#[derive(Serialize)]
#[allow(non_snake_case)]
struct Written {
    spike_count: usize,
    latency_ms: Option<f64>,
    adaptation_index: Option<f64>,
    baseline_mV: Option<f64>,
    steady_state_mV: f64,
    minimum_mV: f64,
    deflection_mV: Option<f64>,
    input_resistance_MOhm: Option<f64>,
    sag_amplitude_mV: Option<f64>,
    sag_ratio: Option<f64>,
    spikes: Vec<WrittenSpike>,
}

#[derive(Serialize)]
#[allow(non_snake_case)]
struct WrittenSpike {
    peak_time_ms: f64,
    peak_mV: f64,
    threshold_mV: Option<f64>,
    amplitude_mV: Option<f64>,
    half_width_ms: Option<f64>,
    trough_mV: f64,
    ahp_depth_mV: Option<f64>,
}

impl Written {
    fn of(features: &TraceFeatures, t0: f64) -> Self {
        let spikes = features.spikes.iter().map(|s| WrittenSpike {
            peak_time_ms: t0 + s.peak_time,
            peak_mV: s.peak,
            threshold_mV: s.onset,
            amplitude_mV: s.amplitude,
            half_width_ms: s.half_width,
            trough_mV: s.trough,
            ahp_depth_mV: s.ahp_depth,
        });
        Self {
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
}

/// The trace with what was found on it.
fn figure(args: &FeaturesArgs, times: &[f64], v: &[f64], features: &TraceFeatures) -> Figure {
    let theme = theme(args.dark);
    let curve = |name, points, color, style| NamedCurve { name, points, color, style };
    let level = |value: f64, from: f64, to: f64| vec![(from, value), (to, value)];
    let marks = |index: fn(&ntwk_analysis::SpikeShape) -> Option<usize>| -> Vec<(f64, f64)> {
        features.spikes.iter().filter_map(index).map(|i| (times[i], v[i])).collect()
    };
    let trace = times.iter().copied().zip(v.iter().copied()).collect();
    let mut all = vec![curve("V_m", trace, None, Style::Line)];
    if let Some(baseline) = features.baseline {
        all.push(curve("baseline", level(baseline, times[0], args.start), Some(1), Style::Dashed));
    }
    let steady = level(features.steady_state, args.start, args.end);
    all.push(curve("steady state", steady, Some(2), Style::Dashed));
    if !features.spikes.is_empty() {
        all.push(curve("threshold", marks(|s| s.onset_index), Some(0), Style::Dots));
        all.push(curve("peak", marks(|s| Some(s.peak_index)), Some(3), Style::Dots));
        all.push(curve("trough", marks(|s| Some(s.trough_index)), Some(4), Style::Dots));
    }
    let panel = curves(Axis::new("time (ms)"), Axis::new("V_m (mV)"), &all, &theme);
    let title = args.trace.display().to_string();
    Figure::new(title, Width::Page, 70.0, Layout::Part(Box::new(panel)), &theme)
}
