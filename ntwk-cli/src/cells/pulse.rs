//! `ntwk cells pulse`.

use clap::Args;
use ntwk::figures::cell::pulse_figure;
use ntwk_cells::protocol::{POPULATION, PulseFeatures, PulseProtocol, features};
use ntwk_core::{CellLibrary, Recording};
use ntwk_io::{Column, write_trace_csv};

use super::bench::{CellArgs, Chosen, OutArgs, current, run_to_file, time};
use crate::Failure;
use crate::output::{print, write_csv, write_figure};
use crate::run::{list_files, remark_potentials};
use crate::table::{Table, number, optional};

/// Pulses of one figure: more would be a column of slivers.
const MOST: usize = 12;

/// The response of a cell to current pulses: traces, table of features, figure.
///
/// Each amplitude has a cell of its own; all start at rest. Spikes are drawn as strokes, since the models give them no
/// shape.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk cells pulse RS
  ntwk cells pulse AdExp_a_4_b_40 --current '-100 pA,200,300' --t_start 50 --t_stop '450 ms'
  ntwk cells pulse RS_Izhikevich2003 --current 10       the I = 10 of the paper, with C_m = 1 pF
  ntwk cells pulse --model examples/rs-fs/model.toml --population RecInh --current '300 pA'

Writes results.h5 (which ntwk info, export, analyze and verify read), V_m.csv and a table for each other variable, \
features.csv, pulse.png and pulse.svg into DIR.")]
pub(super) struct PulseArgs {
    #[command(flatten)]
    cell: CellArgs,
    /// Amplitudes of the pulses, separated by commas (pA, or with a unit) [default: -1/2, 3/4 and 3/2 of the
    /// current that brings the passive cell to its threshold].
    #[arg(long, value_name = "CURRENTS", value_delimiter = ',', value_parser = current, allow_hyphen_values = true)]
    current: Vec<f64>,
    /// Current outside the pulse (pA, or with a unit).
    #[arg(long, value_name = "CURRENT", value_parser = current, allow_hyphen_values = true, default_value = "0")]
    holding: f64,
    /// Begin of the pulse (ms, or with a unit).
    #[arg(long = "t_start", alias = "t-start", value_name = "TIME", value_parser = time, default_value = "100")]
    t_start: f64,
    /// End of the pulse (ms, or with a unit).
    #[arg(long = "t_stop", alias = "t-stop", value_name = "TIME", value_parser = time, default_value = "500")]
    t_stop: f64,
    /// End of the run (ms, or with a unit) [default: half a pulse after its end].
    #[arg(long, value_name = "TIME", value_parser = time)]
    duration: Option<f64>,
    #[command(flatten)]
    out: OutArgs,
}

pub(super) fn run(args: &PulseArgs, library: &CellLibrary) -> Result<(), Failure> {
    let theme = args.out.figure.theme(&[])?;
    let chosen = args.cell.choose(library)?;
    let protocol = protocol(args, &chosen)?;
    let model = protocol.model(&chosen.bench, library)?;
    let (recording, results) = run_to_file(&model, &args.out)?;
    let folder = &args.out.out;
    let features = features(&protocol, &recording);
    let potential = recording.population(POPULATION).and_then(|p| p.trace("V_m"));
    let unit = potential.map_or("mV", |trace| trace.unit.as_str());
    let mut files = vec![results];
    files.extend(traces(folder, &recording)?);
    files.push(write_csv(folder, "features.csv", columns(&features, unit))?);
    let threshold = model.populations()[0].cell.spike_threshold();
    let title = format!("{}: current pulses", chosen.title);
    let figure = pulse_figure(&title, &protocol, &recording, threshold, &theme);
    files.extend(write_figure(folder, "pulse", &figure)?);
    print(table(&features, unit));
    print(format!(
        "pulse from {} to {} ms; {} ms with dt = {} ms",
        protocol.t_start, protocol.t_stop, protocol.duration, chosen.bench.dt
    ));
    list_files(&files);
    remark_potentials(&model, &recording);
    Ok(())
}

fn protocol(args: &PulseArgs, chosen: &Chosen) -> Result<PulseProtocol, Failure> {
    let n = args.current.len();
    if n > MOST {
        let rule = format!("{n} currents are given; at most {MOST} fit a figure");
        return Err(Failure::Argument(rule));
    }
    let duration = PulseProtocol::default_duration(args.t_start, args.t_stop);
    let mut protocol = PulseProtocol {
        holding: args.holding,
        t_start: args.t_start,
        t_stop: args.t_stop,
        duration: args.duration.unwrap_or(duration),
        ..PulseProtocol::around(chosen.scale)
    };
    if n > 0 {
        protocol.amplitudes.clone_from(&args.current);
    }
    Ok(protocol)
}

/// A table of samples for each recorded variable.
fn traces(
    folder: &std::path::Path,
    recording: &Recording,
) -> Result<Vec<std::path::PathBuf>, Failure> {
    let mut files = Vec::new();
    for trace in recording.population(POPULATION).map_or(&[][..], |p| &p.traces) {
        let file = folder.join(format!("{}.csv", trace.variable));
        write_trace_csv(&file, trace, recording.dt)?;
        files.push(file);
    }
    Ok(files)
}

fn table(all: &[PulseFeatures], unit: &str) -> Table {
    let in_unit = match unit {
        "" | "1" => String::new(),
        unit => format!(" ({unit})"),
    };
    let mut header = vec!["pulse (pA)".to_owned()];
    header.extend(all.iter().map(|f| f.amplitude.to_string()));
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut table = Table::new(&header);
    let mut row = |name: &str, of: &dyn Fn(&PulseFeatures) -> String| {
        table.row(std::iter::once(name.to_owned()).chain(all.iter().map(of)).collect());
    };
    let digits = if unit == "mV" { 2 } else { 4 };
    row(&format!("V_m before{in_unit}"), &|f| number(f.V_before, digits));
    row(&format!("V_m at the end{in_unit}"), &|f| number(f.V_end, digits));
    row(&format!("lowest V_m{in_unit}"), &|f| number(f.V_range.0, digits));
    row("spikes in the pulse", &|f| f.spikes.to_string());
    row("spikes after it", &|f| f.spikes_after.to_string());
    row("rate (Hz)", &|f| number(f.rate, 2));
    row("latency (ms)", &|f| optional(f.latency, 1));
    row("first interval (ms)", &|f| optional(f.intervals.map(|i| i.0), 1));
    row("last interval (ms)", &|f| optional(f.intervals.map(|i| i.1), 1));
    row("last / first", &|f| optional(f.intervals.map(|i| i.1 / i.0), 2));
    row("CV of intervals", &|f| optional(f.cv, 3));
    if unit == "mV" {
        row("input resistance (MOhm)", &|f| optional(f.resistance, 1));
    }
    row("time constant (ms)", &|f| optional(f.time_constant, 1));
    table
}

fn columns<'a>(all: &'a [PulseFeatures], unit: &str) -> Vec<Column<'a>> {
    let in_unit = match unit {
        "" | "1" => String::new(),
        unit => format!("_{unit}"),
    };
    let potential = |name: &str, of: fn(&PulseFeatures) -> f64| {
        Column::new(format!("{name}{in_unit}"), all.iter().map(of))
    };
    let mut columns = vec![
        Column::new("amplitude_pA", all.iter().map(|f| f.amplitude)),
        potential("V_before", |f| f.V_before),
        potential("V_end", |f| f.V_end),
        potential("V_lowest", |f| f.V_range.0),
        potential("V_highest", |f| f.V_range.1),
        Column::new("spikes", all.iter().map(|f| f.spikes)),
        Column::new("spikes_after", all.iter().map(|f| f.spikes_after)),
        Column::new("rate_Hz", all.iter().map(|f| f.rate)),
        Column::new("latency_ms", all.iter().map(|f| f.latency)),
        Column::new("first_interval_ms", all.iter().map(|f| f.intervals.map(|i| i.0))),
        Column::new("last_interval_ms", all.iter().map(|f| f.intervals.map(|i| i.1))),
        Column::new("cv", all.iter().map(|f| f.cv)),
    ];
    if unit == "mV" {
        columns.push(Column::new("resistance_MOhm", all.iter().map(|f| f.resistance)));
    }
    columns.push(Column::new("time_constant_ms", all.iter().map(|f| f.time_constant)));
    columns
}
