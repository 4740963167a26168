//! `ntwk plan`: what a run will take, before it runs.

use clap::Args;
use ntwk_core::CellLibrary;
use ntwk_core::engine::connectivity::BuildError;
use ntwk_core::engine::network::memory::MemoryNeed;

use super::Failure;
use super::args::ModelArgs;
use super::output::{note, print};
use super::table::{Table, bytes, duration, number};
use ntwk::run::plan::{
    INTERCONNECTS, Interconnect, LOOK_UP_SECONDS, PlanError, RankEstimate, Resources, calibrate,
};

use super::terminal::Terminal;
use ntwk_meanfield::prediction::laid_out::scan_effort;

/// Estimate the size, memory, disk space and run time of a model before running it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk plan big-model.toml --threads 8
  ntwk plan big-model.toml --ranks 16 --threads 8       over ranks of MPI, by a model of their exchanges

The time comes from a run of some hundred milliseconds on this machine. A network of more than \
twenty million synapses, or a gigabyte of state, is measured on a part of it with the same in-degrees.")]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Number of threads [default: as many as the work is worth].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// Estimate the run over this many ranks of MPI too, each with N threads [default: 1].
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    pub ranks: Option<u32>,
    /// Seconds the calibration may run (0: no calibration, and no expected time).
    #[arg(long, value_name = "S", default_value_t = 0.5)]
    pub calibration: f64,
}

/// The rows of an estimate over ranks.
fn over_ranks(over: &RankEstimate, row: &mut impl FnMut(&str, String)) {
    let RankEstimate { ranks, threads, .. } = over;
    row(&format!("{ranks} ranks of {threads} (a model): memory of each"), bytes(over.bytes));
    row("time to build", duration(over.build_seconds));
    row("time to compute", duration(over.computing_seconds));
    row("time to look up spikes", duration(over.look_up_seconds));
    for (between, seconds) in INTERCONNECTS.iter().zip(over.exchange_seconds) {
        row(&format!("time of exchanges, {}", between.name), duration(seconds));
    }
}

/// What an estimate over ranks assumes.
fn assumptions(over: &RankEstimate) -> String {
    let of = |between: &Interconnect| {
        format!(
            "{} {:.0} µs per doubling of the ranks and {:.1} GB/s",
            between.name,
            between.latency * 1e6,
            between.bandwidth * 1e-9
        )
    };
    let plural = if over.steps_per_exchange == 1 { "" } else { "s" };
    format!(
        "over ranks: a model, not a measurement. Assumed: work that is shared evenly; {:.0} ns per spike and worker to look it up; one \
         exchange in {} step{plural}, {}; no waiting for the slowest rank",
        LOOK_UP_SECONDS * 1e9,
        over.steps_per_exchange,
        INTERCONNECTS.iter().map(of).collect::<Vec<_>>().join(", "),
    )
}

pub(crate) fn run(args: &PlanArgs, library: &CellLibrary) -> Result<(), Failure> {
    if !(args.calibration >= 0.0 && args.calibration.is_finite()) {
        return Err(Failure::Argument("--calibration must be a time >= 0 s".to_owned()));
    }
    let model = ntwk_io::read_model(&args.model.model, &args.model.overrides, library)?;
    model.notices().iter().for_each(note);
    let needs = Resources::of(&model);
    let mut table = Table::new(&["quantity", "value"]);
    let mut row = |what: &str, value: String| table.row(vec![what.to_owned(), value]);
    row("neurons", needs.neurons.to_string());
    row("synapses in target lists", number(needs.synapses, 0));
    row("steps", format!("{} of {} ms = {} ms", model.n_steps(), model.dt(), model.t_stop()));
    row("memory: state", bytes(needs.state_bytes));
    row("memory: target lists", bytes(needs.synapse_bytes));
    row("memory: further, while it is built", bytes(needs.building_bytes));
    row("disk: recorded variables", bytes(needs.sample_bytes));
    row("disk: counts per step", bytes(needs.count_bytes));
    if let Err(error) = MemoryNeed::of(&model).check() {
        note(error);
    }
    let job = Terminal::new(args.threads, true).job();
    let measured = (args.calibration > 0.0)
        .then(|| calibrate(&model, library, &job, args.calibration))
        .transpose();
    let measured = match measured {
        Err(PlanError::Network(error @ BuildError::Memory { .. })) => {
            note(format!(
                "no expected time; the part that would be measured is too large: {error}"
            ));
            None
        }
        Err(error @ PlanError::TooLarge { .. }) => {
            note(format!("no expected time: {error}"));
            None
        }
        other => other?,
    };
    if args.calibration > 0.0 {
        // What the theory does not cover has no scan.
        if let Ok(effort) = scan_effort(&model, library, &job.silent()) {
            row("theory of ntwk compare (expected)", effort.to_string());
        }
    }
    if let Some(speed) = measured {
        let plural = if speed.threads == 1 { "" } else { "s" };
        row("disk: spikes (expected)", bytes(speed.spike_bytes));
        row("time to build (expected)", duration(speed.build_seconds));
        row("time to simulate (expected)", duration(speed.simulate_seconds));
        let estimate = |ranks| RankEstimate::of(&model, &speed, ranks, args.threads.unwrap_or(1));
        let over = args.ranks.map(estimate);
        if let Some(over) = &over {
            over_ranks(over, &mut row);
        }
        print(format!(
            "{table}calibrated on {:.1} % of the neurons for {:.0} ms of simulated time, {} thread{plural}",
            100.0 * speed.fraction,
            speed.simulated_ms,
            speed.threads,
        ));
        if let Some(over) = &over {
            print(assumptions(over));
        }
    } else {
        print(table.to_string().trim_end());
    }
    Ok(())
}
