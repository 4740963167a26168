//! `ntwk features`: electrophysiological features of a single trace.

use std::path::PathBuf;

use clap::Args;
use ntwk::studies::features::{FeaturesOptions, features};
use ntwk_analysis::{SpikeCriteria, TraceFeatures};
use ntwk_core::spec::units::Dimension;
use ntwk_io::read_trace_csv;

use super::Failure;
use super::args::quantity;
use super::figure_args::FigureArgs;
use super::output::{beside, make_folder, print, write_figure, write_json};
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
    /// Folder for the results [default: that of TRACE].
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub figure: FigureArgs,
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
    let theme = args.figure.theme(&[])?;
    let (times, v) = read_trace_csv(&args.trace, usize::from(args.column))?;
    let mut options = FeaturesOptions::new(args.start, args.end);
    options.current = args.current;
    options.spike_threshold = args.spike_threshold;
    options.onset_slope = args.onset_slope;
    let study = features(&times, &v, &options)?;
    let out = &beside(args.out.as_deref(), &args.trace);
    make_folder(out)?;
    print(spikes_table(&study.features, times[0]));
    print(trace_table(&study.features));
    let mut files = vec![write_json(out, "features.json", &study.summary())?];
    let figure = study.figure(&args.trace.display().to_string(), &theme);
    files.extend(write_figure(out, "features", &figure)?);
    list_files(&files);
    Ok(())
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
