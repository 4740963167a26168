//! `ntwk cells fi`.

use clap::Args;
use ntwk::figures::cell::fi_figure;
use ntwk_cells::protocol::{FiCurve, FiProtocol};
use ntwk_core::CellLibrary;
use ntwk_io::Column;

use super::bench::{CellArgs, OutArgs, current, run_to_file, time};
use crate::Failure;
use crate::output::{print, write_csv, write_figure};
use crate::run::list_files;
use crate::table::{Table, number, optional};

/// Rows of the printed table; fi.csv has every point.
const ROWS: usize = 12;

/// The f-I curve of a cell: stationary and initial firing rate against constant current.
///
/// The stationary rate is one over the mean interval of the spikes after --settle, the initial one is one over the first
/// interval.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk cells fi RS
  ntwk cells fi FS --from 150 --to '0.6 nA' --points 46 --duration '5 s'
  ntwk cells fi AdExp_a_4_b_40 --set 'tau_w=0.2 s'
  ntwk cells fi --model examples/rs-fs/model.toml --population RecExc

Writes results.h5 (the spikes; ntwk info, export, analyze and verify read it), fi.csv, fi.png and fi.svg into DIR.")]
pub(super) struct FiArgs {
    #[command(flatten)]
    cell: CellArgs,
    /// First current (pA, or with a unit).
    #[arg(long, value_name = "CURRENT", value_parser = current, allow_hyphen_values = true, default_value = "0")]
    from: f64,
    /// Last current (pA, or with a unit) [default: three times what brings the passive cell to its threshold].
    #[arg(long, value_name = "CURRENT", value_parser = current, allow_hyphen_values = true)]
    to: Option<f64>,
    /// Number of currents, evenly spaced.
    #[arg(long, value_name = "N", default_value_t = 31, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    points: u32,
    /// Duration of each current (ms, or with a unit).
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "2000")]
    duration: f64,
    /// Time before the stationary rate is counted (ms, or with a unit).
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "500")]
    settle: f64,
    #[command(flatten)]
    out: OutArgs,
}

pub(super) fn run(args: &FiArgs, library: &CellLibrary) -> Result<(), Failure> {
    let theme = args.out.figure.theme(&[])?;
    let chosen = args.cell.choose(library)?;
    let mut protocol = FiProtocol {
        from: args.from,
        points: args.points,
        duration: args.duration,
        settle: args.settle,
        ..FiProtocol::around(chosen.scale)
    };
    protocol.to = args.to.unwrap_or(protocol.to);
    let model = protocol.model(&chosen.bench, library)?;
    let (recording, results) = run_to_file(&model, &args.out)?;
    let curve = protocol.curve(&recording);
    let folder = &args.out.out;
    let mut files = vec![results, write_csv(folder, "fi.csv", columns(&curve))?];
    let title = format!("{}: f-I curve", chosen.title);
    files.extend(write_figure(folder, "fi", &fi_figure(&title, &curve, &recording, &theme))?);
    print(table(&curve));
    if curve.points.len() > ROWS {
        print(format!("{ROWS} of {} currents; fi.csv has all", curve.points.len()));
    }
    // A line through a curve that falls again says nothing.
    let slope = match curve.falls_after() {
        None => format!("slope above it: {} Hz/pA", optional(curve.gain(), 4)),
        Some(current) => {
            format!("the rate is highest at {} pA and falls above it", number(current, 1))
        }
    };
    print(format!("first current that fires: {} pA; {slope}", optional(curve.threshold(), 3)));
    list_files(&files);
    Ok(())
}

fn table(curve: &FiCurve) -> Table {
    let mut table = Table::new(&["I (pA)", "rate (Hz)", "initial (Hz)", "latency (ms)", "spikes"]);
    let n = curve.points.len();
    // Evenly spread over the curve, both ends among them.
    let shown = n.min(ROWS);
    for row in 0..shown {
        let p = curve.points[row * (n - 1) / (shown - 1).max(1)];
        table.row(vec![
            number(p.current, 1),
            number(p.rate, 2),
            optional(p.initial_rate, 2),
            optional(p.latency, 1),
            p.spikes.to_string(),
        ]);
    }
    table
}

fn columns(curve: &FiCurve) -> Vec<Column<'_>> {
    let points = || curve.points.iter();
    vec![
        Column::new("current_pA", points().map(|p| p.current)),
        Column::new("rate_Hz", points().map(|p| p.rate)),
        Column::new("initial_rate_Hz", points().map(|p| p.initial_rate)),
        Column::new("latency_ms", points().map(|p| p.latency)),
        Column::new("spikes", points().map(|p| p.spikes)),
    ]
}
