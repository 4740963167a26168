//! `ntwk plan`: what a run will take, before it runs.

use clap::Args;
use ntwk_core::CellLibrary;
use ntwk_core::engine::connectivity::BuildError;
use ntwk_core::engine::network::memory::MemoryNeed;

use super::Failure;
use super::args::ModelArgs;
use super::output::{note, print};
use super::table::{Table, bytes, duration, number};
use ntwk::run::plan::{PlanError, Resources, calibrate};

use super::terminal::Terminal;
use ntwk_meanfield::prediction::laid_out::scan_effort;

/// Estimate the size, memory, disk space and run time of a model before running it.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  ntwk plan big-model.toml --threads 8

The time comes from a run of some hundred milliseconds on this machine. A network of more than \
twenty million synapses, or a gigabyte of state, is measured on a part of it with the same in-degrees.")]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Number of threads [default: as many as the work is worth].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// Seconds the calibration may run (0: no calibration, and no expected time).
    #[arg(long, value_name = "S", default_value_t = 0.5)]
    pub calibration: f64,
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
        print(format!(
            "{table}calibrated on {:.1} % of the neurons for {:.0} ms of simulated time, {} thread{plural}",
            100.0 * speed.fraction,
            speed.simulated_ms,
            speed.threads,
        ));
    } else {
        print(table.to_string().trim_end());
    }
    Ok(())
}
