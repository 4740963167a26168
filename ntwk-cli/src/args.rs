//! Arguments and help: what commands share, and the list of commands. A command with arguments of its own has them
//! in its file.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ntwk_core::Dimension;
use ntwk_io::{Compression, Precision, WriteOptions};

use super::analyze::AnalyzeArgs;
use super::cells::CellsArgs;
use super::compare::CompareArgs;
use super::export::ExportArgs;
use super::features::FeaturesArgs;
use super::figure_args::FigureArgs;
use super::info::InfoArgs;
use super::init::InitArgs;
use super::meanfield::MeanfieldArgs;
use super::plan::PlanArgs;
use super::plot::PlotArgs;
use super::reference::ReferenceArgs;
use super::report::ReportArgs;
use super::run::RunToEndArgs;
use super::sweep::SweepArgs;
use super::terminal::Terminal;
use super::transfer_function::TfArgs;
use super::verify::VerifyArgs;

/// Spiking networks, their mean-field theory and their single cells in one place.
///
/// One model file drives the simulation, the theory and their comparison.
#[derive(Debug, Parser)]
#[command(name = "ntwk", version, max_term_width = 100)]
#[command(after_help = "\
Examples:
  ntwk compare examples/rs-fs/model.toml        simulate, predict, compare: table, figure, HDF5
  ntwk reference projections                    what can stand in a model file, with examples
  ntwk check my-model.toml                      every fault of a model, or its resolved table
  ntwk run my-model.toml --set simulation.t_stop='5 s' --threads 2

Exit codes:
  0  success
  1  the work failed (a blow-up, a full disk, a fit that cannot be done); partial results are kept
  2  the model file or the command line has faults
  130  interrupted (Ctrl-C, SIGTERM); partial results are kept")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(CheckArgs),
    /// Simulate a model: spikes, membrane potentials, rates, overview figure.
    #[command(after_help = "\
Examples:
  ntwk run examples/rs-fs/model.toml --out out/rs-fs
  ntwk run examples/rs-fs/model.toml --set 'afferents.AffExc.rate=8 Hz' --threads 1
  ntwk run big.toml --precision single --compress 4 --set record.V_m=1000 --set 'record.interval=1 ms'
  ntwk run long.toml --out out/long --checkpoint '10 s'       keep the state every 10 s
  ntwk run long.toml --out out/long --checkpoint '10 s' --resume        go on where it stopped
  mpirun -n 4 ntwk run big.toml --threads 2       over four processes, where ntwk is built with --features mpi

Writes results.h5 (spikes, recorded variables, model, provenance), summary.json, overview.png and \
overview.svg into DIR. Results go to disk while the run computes (results.partial.h5, readable at any \
moment), so memory does not grow with the duration, and a run that is killed keeps what it had.")]
    Run(RunToEndArgs),
    Compare(CompareArgs),
    /// The theory alone: fixed points with their stability and rates in time, or one of the studies below.
    #[command(after_help = "\
Examples:
  ntwk meanfield examples/rs-fs/model.toml --out out/theory
  ntwk meanfield phase-plane examples/rs-fs/model.toml
  ntwk meanfield continue examples/rs-fs/model.toml --vary 'projections[1].weight=1nS..8nS'

The transfer functions are measured on single cells and fitted first, as [theory] of the model says. With a \
MODEL and no command: writes results.h5 (fits, rates in time) and the figures rates.png and \
fixed_points.png (the response of each population to its own rate, the others at rest with it) into DIR. All \
fixed points are those of the mean input of the model's stationary window ([compare] stationary).")]
    Meanfield(MeanfieldArgs),
    Tf(TfArgs),
    Plot(PlotArgs),
    Report(ReportArgs),
    #[command(visible_alias = "scan")]
    Sweep(SweepArgs),
    Analyze(AnalyzeArgs),
    Features(FeaturesArgs),
    Info(InfoArgs),
    Export(ExportArgs),
    Verify(VerifyArgs),
    Plan(PlanArgs),
    Cells(CellsArgs),
    Init(InitArgs),
    Reference(ReferenceArgs),
    Import(ImportArgs),
    Morpho(super::morpho::MorphoArgs),
}

/// A model file and changes to it.
#[derive(Debug, Args)]
pub(crate) struct ModelArgs {
    /// Model file (TOML, or JSON if it ends in .json).
    pub model: PathBuf,
    /// Change a key of the model, for example --set populations.RecExc.size=8000 or
    /// --set 'afferents.AffExc.rate=8 Hz'. May be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = parse_override)]
    pub overrides: Vec<(String, String)>,
}

/// A number with a unit of the dimension; bare where that has one meaning.
pub(crate) fn quantity(text: &str, dimension: Dimension) -> Result<f64, String> {
    dimension.parse_or_bare(text).map_err(|error| error.to_string())
}

pub(crate) fn parse_override(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() && !value.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("expected KEY=VALUE, for example simulation.seed=4".to_owned()),
    }
}

/// Check a model: every fault with file, line, key and value, or the resolved parameter table.
///
/// The table has units and derived quantities: membrane time constants, in-degrees, numbers of
/// synapses, memory.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  ntwk check examples/rs-fs/model.toml

What can stand in a model file: ntwk reference")]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub model: ModelArgs,
}

/// Arguments of the commands that compute.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Folder for the results; made if it does not exist.
    #[arg(short, long, value_name = "DIR", default_value = "out")]
    pub out: PathBuf,
    /// Number of threads; the results do not depend on it [default: as many as the work is worth].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    #[command(flatten)]
    pub figure: FigureArgs,
    /// No progress bars.
    #[arg(long, short)]
    pub quiet: bool,
}

/// Arguments of the commands that simulate.
#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// Precision of recorded variables: single (SONATA's; every reader opens it) or double (every
    /// bit of the simulation).
    #[arg(long, value_enum, default_value_t = PrecisionArg::Single)]
    pub precision: PrecisionArg,
    /// Compress spikes and counts with deflate of this level, 1 (fast) to 9 (small). Recorded
    /// variables stay as they are, since they are written in place.
    #[arg(long, value_name = "LEVEL", value_parser = clap::value_parser!(u32).range(1..=9))]
    pub compress: Option<u32>,
}

impl SimulateArgs {
    /// How to write the file.
    pub(crate) fn write_options(&self) -> WriteOptions {
        WriteOptions {
            precision: match self.precision {
                PrecisionArg::Single => Precision::Single,
                PrecisionArg::Double => Precision::Double,
            },
            compression: self.compress.map_or(Compression::None, Compression::Deflate),
        }
    }
}

/// Choices of `--precision`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PrecisionArg {
    /// 4 bytes per sample.
    Single,
    /// 8 bytes per sample.
    Double,
}

impl RunArgs {
    /// How the command computes.
    pub(crate) fn terminal(&self) -> Terminal {
        Terminal::new(self.threads, self.quiet)
    }
}

/// Import a model of another program as a model file: the flat JSON of the Python package neural_network_dynamics, the configuration
/// of a SONATA network of point neurons, equations of Brian2; or a density mechanism of NEURON (.mod) as a cell file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk import RS-FS_2017.json -o model.toml --set tstop=1000 && ntwk check model.toml
  ntwk import simulation_config.json -o v1.toml && ntwk run v1.toml
  ntwk import NaTs2_t.mod -o nats2.toml && ntwk morpho run nats2.toml

Of SONATA (as bmtk's PointNet runs it with NEST): nodes and their types, edges and theirs, spikes and current \
clamps; the edges go to v1_edges.h5. A model_template or synapse without an equivalent is a fault, all at once; \
what cannot change a spike is named in a note.

Of Brian2: a JSON object with the arguments of its NeuronGroup: equations (text or lines), threshold, reset, refractory, method; \
parameters (or namespace) and initial, each value as \"10*mV\", a number or {\"value\": 10, \"unit\": \"mV\"}; per_neuron with \
\"values\"; timed_arrays with \"values\", \"unit\", \"dt_ms\"; N, name, dt_ms, t_stop_ms, about, source.

Of NEURON: one compartment with the channel, whose [kinetics] and [channels] a cell file takes ('include', 'ntwk reference --cell'): \
gates, general and kinetic equations, procedures and functions, GHK currents, calcium pools. What is left out is named with its line, \
what cannot be imported is a fault.")]
pub(crate) struct ImportArgs {
    /// The JSON file, comment keys and all; circuit_config.json or simulation_config.json of SONATA; a .mod file of NEURON.
    pub file: PathBuf,
    /// Give a key of the JSON file another value, or one that it lacks, for example --set tstop=1000 or
    /// --set F_AffExc=8. May be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = parse_override)]
    pub overrides: Vec<(String, String)>,
    /// Model file, or cell file, to write (TOML, or JSON if it ends in .json).
    #[arg(short, long, alias = "output", value_name = "FILE")]
    pub out: PathBuf,
    /// Replace the file if it exists.
    #[arg(long)]
    pub force: bool,
}
