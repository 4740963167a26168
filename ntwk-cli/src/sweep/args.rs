//! Arguments and help of `ntwk sweep`.

use std::path::PathBuf;

use clap::{ArgMatches, Args, FromArgMatches, Subcommand};
use ntwk::sweep::command::{CellCommand, NetworkCommand};
use ntwk::sweep::share::ShardChoice;
use ntwk_core::spec::key::Words;
use ntwk_core::spec::{Sampling, VarySpec};

use super::super::args::RunArgs;
use super::super::words::{word, words_of};
use super::vary::parse_vary;

/// `ntwk sweep MODEL`, or one of its commands.
#[derive(Debug)]
pub(crate) enum SweepArgs {
    Compute(Box<ComputeArgs>),
    Stored(StoredCommand),
}

// By hand, because the derived arguments of a command that is optional cannot have a required MODEL beside it.
impl FromArgMatches for SweepArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        if matches.subcommand_name().is_some() {
            StoredCommand::from_arg_matches(matches).map(Self::Stored)
        } else {
            ComputeArgs::from_arg_matches(matches).map(|args| Self::Compute(Box::new(args)))
        }
    }
    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for SweepArgs {
    fn augment_args(command: clap::Command) -> clap::Command {
        StoredCommand::augment_subcommands(ComputeArgs::augment_args(command))
            .args_conflicts_with_subcommands(true)
            .subcommand_negates_reqs(true)
    }
    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

/// Vary keys of a model and compute every point: simulation, theory or both; or those of a
/// morphological cell, and compute its runs. Transfer functions are scanned by `ntwk tf scan`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk sweep examples/rs-fs/model.toml --vary 'afferents.AffExc.rate=2..10:9' --repeats 3
  ntwk sweep examples/four-regimes/model.toml --vary 'Q_e:projections[0].weight,projections[2].weight=0.5nS..6nS:8:log' \\
            --vary 'nu:afferents.AffExc.rate=3,10,25' --command compare --out out/regimes
  ntwk sweep examples/dendritic-integration/cell.toml --vary 'Q:synapses.cluster.receptors.AMPA=0.2nS..1nS:9' \\
            --vary 'membrane.R_i=80,150 Ohm cm' --out out/cell
  ntwk sweep model.toml --sampling latin_hypercube --samples 200 --vary 'record.V_m=1..9' ...

KEY=FROM..TO:N[:log] are N values, KEY=A,B,C these values; FROM..TO[:log] is what random and \
latin_hypercube draw from. Several keys joined by commas take the same value; NAME: before them names \
the axis. Without --vary the section [scan] of the model says what varies.

MODEL may be a cell file, the one `ntwk morpho run` takes (--command morpho, the only one there): any of its \
keys varies, and the arrays have an axis `place` of what [record] names: spike_count, rate, first_spike, \
V_peak, V_lowest, V_mean, V_sd, V_last, V_rest, input_resistance; recorded_mean, recorded_lowest and \
recorded_highest of calcium, gates and currents.

Writes scan.h5 into DIR (arrays over labelled axes; xarray.open_dataset(..., engine=\"h5netcdf\")) and a \
figure of the rates (of a cell, also potentials and input resistance). Every point is stored when it is known: the same command continues a scan that was \
interrupted or killed. Other stored quantities are drawn by --quantity, now or later (ntwk plot DIR/scan.h5 --quantity cv). \
Points that fail keep their error and do not stop the others.

Several processes, on one machine or many, share a sweep when all get the same command, the same DIR and a share each:
  ntwk sweep model.toml --vary ... --out DIR --shard 0/4           the points 0, 4, 8, ...: one of four processes
  sbatch --array=0-99 ... ntwk sweep model.toml ... --shard auto    the job of a Slurm array, srun, mpirun: its own shard
  ntwk sweep model.toml --vary ... --out DIR --claim               what no other process has, piece by piece: uneven points
  ntwk sweep status DIR                                            points done, failed and left; who computes; time left
  ntwk sweep merge DIR                                             scan.h5 of what is there (the last process does it itself)
  ntwk sweep model.toml --vary ... --points 17,42-60 --json        these points, as JSON on standard output; no file

Each process appends its points to a file of its own in DIR/scan.parts; the one that finds all points known makes scan.h5 of \
them and removes it. Any of them may be killed and started again at any time; scan.h5 has the same bits, but for the array \
seconds. Points are numbered from 0 over the axes of scan.h5, the last axis (seed) first. SIGTERM and SIGUSR1 (Slurm: \
--signal=B:USR1@120) end a sweep after the points at hand, Ctrl-C or a second signal at once. Threads: --threads, else \
SLURM_CPUS_PER_TASK, else the cores of the machine or job. A Slurm script and recipes for mpirun, joblib and dask: examples/cluster.")]
pub(crate) struct ComputeArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// What varies; may be given several times.
    #[arg(long, value_name = "[NAME:]KEY=VALUES", value_parser = parse_vary)]
    pub vary: Vec<VarySpec>,
    /// What is computed at every point [default: as [scan] says, else run; of a cell, morpho].
    #[arg(long, value_parser = words_of([NetworkCommand::WORDS, CellCommand::WORDS]))]
    pub command: Option<String>,
    /// How points are chosen [default: grid, or as [scan] says].
    #[arg(long, value_parser = word::<Sampling>())]
    pub sampling: Option<Sampling>,
    /// Number of points that are drawn (random and latin_hypercube sampling).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub samples: Option<u64>,
    /// Repeats of every point, with the seeds that follow simulation.seed.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub repeats: Option<u64>,
    /// Also draw this quantity of the scan (cv, V_m_mean, ...; ntwk info DIR/scan.h5 lists them); may be given several times.
    #[arg(long, value_name = "NAME")]
    pub quantity: Vec<String>,
    /// Compute the points that failed again.
    #[arg(long)]
    pub retry_failed: bool,
    /// Discard the points that DIR holds and compute all.
    #[arg(long, conflicts_with_all = ["shard", "claim", "points"])]
    pub fresh: bool,
    /// Compute every N-th point, beginning with point I (from 0 to N - 1): the others are those of other processes. `auto` takes
    /// both from the job of a Slurm array, from mpirun or srun; `auto/N` also from a PBS array of N jobs.
    #[arg(long, value_name = "I/N|auto", conflicts_with_all = ["claim", "points"])]
    pub shard: Option<ShardChoice>,
    /// Compute what no other process has claimed, piece by piece, until nothing is left.
    #[arg(long, conflicts_with = "points")]
    pub claim: bool,
    /// Compute these points alone, by number: 17,42-60.
    #[arg(long, value_name = "LIST")]
    pub points: Option<String>,
    /// Print the points as JSON and store nothing.
    #[arg(long, conflicts_with_all = ["claim", "fresh", "retry_failed", "quantity"])]
    pub json: bool,
}

// What is done with a sweep that is stored, or in progress. (Its documentation would be the help of `ntwk sweep`.)
#[derive(Debug, Subcommand)]
pub(crate) enum StoredCommand {
    /// How far a sweep is: points done, failed and left, who computes and when, time left.
    #[command(after_help = "\
Examples:
  ntwk sweep status out
  ntwk sweep status out --json | jq .open")]
    Status(StatusArgs),
    /// Make scan.h5 of the parts that several processes computed.
    ///
    /// The process that finds all points known does it itself. While points are missing, what is known goes to scan.partial.h5
    /// and the parts stay; the figure is drawn by `ntwk plot DIR`.
    #[command(after_help = "\
Example:
  ntwk sweep merge out")]
    Merge(MergeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Folder of the sweep (its --out), or the file scan.h5 in it.
    #[arg(value_name = "DIR", default_value = "out")]
    pub sweep: PathBuf,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// Folder of the sweep (its --out), or the file scan.h5 in it.
    #[arg(value_name = "DIR", default_value = "out")]
    pub sweep: PathBuf,
}
