//! Arguments and help of the commands on morphological cells.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ntwk_core::Dimension;
use ntwk_morpho::{LocationSpec, Selection, Sites};

use super::source::SourceArgs;
use super::view::ViewArgs;
use crate::args::{parse_override, quantity};
use crate::figure_args::FigureArgs;

/// Morphological cells: from an SWC file to dendritic integration.
///
/// A cell file (TOML) has morphology, membrane, channels, synapses, electrodes and what to record;
/// see `ntwk reference --cell` and examples/dendritic-integration/cell.toml.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk morpho info cell.swc                          what was read and how, with figure
  ntwk morpho check examples/dendritic-integration/cell.toml
  ntwk morpho run examples/dendritic-integration/cell.toml --out out/cell
  ntwk morpho epsp cell.toml --synapses cluster      attenuation map of EPSPs

Locations are written \"soma\", \"tip\", \"apical tip\", \"apical at 300 um\", \"branch 3 at 0.5\", \
\"sample 120\"; selections \"apical and distance > 100 um\", \"dendrites and diameter < 1 um\", \
\"not (soma or axon)\", \"branch 3\", \"subtree 7\", \"order >= 2\". `ntwk morpho info` lists and draws the \
branches with their numbers.")]
pub(crate) struct MorphoArgs {
    #[command(subcommand)]
    pub command: MorphoCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MorphoCommand {
    Info(InfoArgs),
    Check(CellArgs),
    /// Simulate a cell as its file says: traces, spikes, figure.
    #[command(after_help = "\
Examples:
  ntwk morpho run examples/dendritic-integration/cell.toml --out out/cell
  ntwk morpho run cell.toml --set simulation.dt=0.0125 --set 'electrodes[0].amplitude=500 pA'

Writes results.h5 (recordings, spikes, compartments, synapses, cell file, provenance), traces.csv, \
run.png and run.svg into DIR.")]
    Run(StudyArgs),
    Coupled(CoupledArgs),
    /// List the built-in channels with their parameters.
    #[command(after_help = "Example:\n  ntwk morpho channels")]
    Channels,
    Electrotonic(ElectrotonicArgs),
    Impedance(ImpedanceArgs),
    Epsp(EpspArgs),
    Summation(SummationArgs),
    Sequence(SequenceArgs),
    Bap(BapArgs),
    Movie(MovieArgs),
    View(ViewArgs),
    Background(BackgroundArgs),
    Tf(MorphoTfArgs),
    Fit(FitArgs),
}

/// A cell file and changes to it.
#[derive(Debug, Args)]
pub(crate) struct CellArgs {
    /// Cell file (TOML, or JSON if it ends in .json).
    pub cell: PathBuf,
    /// Change a key of the cell file, for example --set membrane.R_i='150 Ohm cm'. May be given
    /// several times.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = parse_override)]
    pub overrides: Vec<(String, String)>,
}

/// Simulate cells joined by gap junctions, solved together.
///
/// FILE names two or more cell files and the junctions between them: [cells.NAME] with file and,
/// under set, keys of it with other values; [gap_junctions.NAME] with between = ["A: soma",
/// "B: apical at 100 um"] and conductance.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk morpho coupled examples/gap-junctions/pair.toml --out out/pair
  ntwk morpho coupled pair.toml --set gap_junctions.dendrites.conductance='2 nS' \\
      --set cells.B.set.membrane.R_i=150

The cells run as their files say, with one t_stop, dt and method. Prints the steady coupling \
coefficients between the somata. Writes results.h5 and traces.csv of every cell into DIR/CELL, and \
gap_junctions.csv (currents), coupled.png and coupled.svg into DIR.")]
pub(crate) struct CoupledArgs {
    /// File of the cells (TOML, or JSON if it ends in .json).
    pub file: PathBuf,
    /// Change a key of FILE. May be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = parse_override)]
    pub overrides: Vec<(String, String)>,
    #[command(flatten)]
    pub out: OutArgs,
}

/// Where results go.
#[derive(Debug, Args)]
pub(crate) struct OutArgs {
    /// Folder for the results; made if it does not exist.
    #[arg(short, long, value_name = "DIR", default_value = "out")]
    pub out: PathBuf,
    #[command(flatten)]
    pub figure: FigureArgs,
    /// No progress bars.
    #[arg(long, short)]
    pub quiet: bool,
}

/// Independent points on several threads.
#[derive(Debug, Args)]
pub(crate) struct ParallelArgs {
    /// Number of threads; the results do not depend on it [default: all cores]. On Ctrl-C the
    /// points computed so far are kept.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
}

/// What becomes of points that are stored.
#[derive(Debug, Args)]
pub(crate) struct ResumeArgs {
    /// Compute the points that failed again.
    #[arg(long)]
    pub retry_failed: bool,
    /// Discard stored points and compute all again.
    #[arg(long)]
    pub fresh: bool,
}

/// What is activated and where that is seen.
#[derive(Debug, Args)]
pub(crate) struct ContactArgs {
    /// Group of synapses of the cell file [default: the first].
    #[arg(long, value_name = "GROUP")]
    pub synapses: Option<String>,
    /// Where the EPSP is measured.
    #[arg(long, default_value = "soma", value_parser = location)]
    pub to: LocationSpec,
}

/// A cell file and where results go.
#[derive(Debug, Args)]
pub(crate) struct StudyArgs {
    #[command(flatten)]
    pub cell: CellArgs,
    #[command(flatten)]
    pub out: OutArgs,
}

/// Describe a morphology: what was read and how, what was repaired, area, length and branches
/// before and after; its numbered branches, listed and drawn.
///
/// FILE is an SWC, Neurolucida (.asc) or NeuroML (.nml, .xml) file, or a cell file, of which morphology and compartments are
/// described.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk morpho info cell.swc --soma-rule neuromorpho-3-point
  ntwk morpho info examples/dendritic-integration/cell.toml --out out/info

Writes info.png, info.svg, the numbered branches as branches.csv (or branches.json), branches.png and branches.svg, and, for a \
cell file, morphology.swc where SWC can express it. The numbers are those of \"branch 3\" and \"subtree 3\" in \
selections and locations.")]
pub(crate) struct InfoArgs {
    #[command(flatten)]
    pub source: SourceArgs,
    /// List every branch, however many.
    #[arg(long)]
    pub branches: bool,
    /// Write the numbered branches as branches.csv [default, unless --json is given].
    #[arg(long)]
    pub csv: bool,
    /// Write the numbered branches as branches.json.
    #[arg(long)]
    pub json: bool,
    /// List every repair and remark, however many.
    #[arg(long)]
    pub notes: bool,
    #[command(flatten)]
    pub out: OutArgs,
}

fn location(text: &str) -> Result<LocationSpec, String> {
    text.parse()
}

fn sites(text: &str) -> Result<Sites, String> {
    text.parse()
}

fn selection(text: &str) -> Result<Selection, String> {
    text.parse::<Selection>().map_err(|e| e.to_string())
}

/// A number between 0.0001 and 1.
fn fraction(text: &str) -> Result<f64, String> {
    let number = text.trim().parse::<f64>().ok().filter(|x| (1e-4..=1.0).contains(x));
    number.ok_or_else(|| "expected a number between 0.0001 and 1".to_owned())
}

pub(super) fn time(text: &str) -> Result<f64, String> {
    quantity(text, Dimension::Time)
}

fn current(text: &str) -> Result<f64, String> {
    quantity(text, Dimension::CableCurrent)
}

fn rate(text: &str) -> Result<f64, String> {
    quantity(text, Dimension::Rate)
}

fn voltage(text: &str) -> Result<f64, String> {
    quantity(text, Dimension::Voltage)
}

/// Electrotonic lengths: the tree in units of its length constants, and the equivalent cable.
///
/// Channels count with their slope conductance about the holding potential. The equivalent cable has
/// at each electrotonic distance the sum of the branches' characteristic conductances; how far its
/// input resistance is from the cell's says how well it stands for the tree.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk morpho electrotonic examples/dendritic-integration/cell.toml
  ntwk morpho electrotonic cell.toml --hold '-60 mV' --step 0.02

Writes electrotonic.csv (one line per compartment: lambda, lengths), equivalent_cable.csv, \
electrotonic.png and electrotonic.svg.")]
pub(crate) struct ElectrotonicArgs {
    #[command(flatten)]
    pub study: StudyArgs,
    /// Potential about which channels are linearised [default: simulation.v_init].
    #[arg(long, value_name = "MV", value_parser = voltage, allow_hyphen_values = true)]
    pub hold: Option<f64>,
    /// Electrotonic length of a stretch of the equivalent cable.
    #[arg(long, default_value = "0.02", value_parser = fraction)]
    pub step: f64,
}

/// Map of input resistance and transfer impedance: what a current anywhere does there and at the
/// soma.
///
/// Channels count with their admittance about the holding potential (quasi-active membrane).
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk morpho impedance examples/dendritic-integration/cell.toml
  ntwk morpho impedance cell.toml --where 'branch 3 or branch 5'
  ntwk morpho impedance cell.toml --frequency '100 Hz' --to 'apical tip' --hold '-65 mV'

Writes impedance.csv (one line per compartment), impedance.png and impedance.svg.")]
pub(crate) struct ImpedanceArgs {
    #[command(flatten)]
    pub study: StudyArgs,
    /// Compartments that are asked about.
    #[arg(long = "where", value_name = "SELECTION", default_value = "all", value_parser = selection)]
    pub selection: Selection,
    /// Frequency (Hz); 0 is the steady state.
    #[arg(long, default_value = "0", value_parser = rate)]
    pub frequency: f64,
    /// Where the transfer impedance is taken to.
    #[arg(long, default_value = "soma", value_parser = location)]
    pub to: LocationSpec,
    /// Potential about which channels are linearised [default: simulation.v_init].
    #[arg(long, value_name = "MV", value_parser = voltage, allow_hyphen_values = true)]
    pub hold: Option<f64>,
}

/// Map of EPSPs: the same synapse in every compartment, one after the other; what it does there
/// and what arrives at the soma.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk morpho epsp examples/dendritic-integration/cell.toml --synapses excitation
  ntwk morpho epsp cell.toml --where 'apical and distance > 200 um' --duration '200 ms'

The synapse is one contact of a group of the cell file: its receptors with their weights. Electrodes \
and synaptic activity are left out; the cell settles for 500 ms before each EPSP. \
Writes epsp.csv (one line per compartment), epsp.png and epsp.svg.")]
pub(crate) struct EpspArgs {
    #[command(flatten)]
    pub study: StudyArgs,
    #[command(flatten)]
    pub parallel: ParallelArgs,
    #[command(flatten)]
    pub contact: ContactArgs,
    /// Compartments that get the synapse.
    #[arg(long = "where", value_name = "SELECTION", default_value = "dendrites", value_parser = selection)]
    pub selection: Selection,
    /// How long each EPSP is followed (ms).
    #[arg(long, default_value = "100", value_parser = time)]
    pub duration: f64,
}

/// Summation: EPSP against the number of synapses active together, at one place or spread over a branch; sublinear with
/// AMPA alone, supralinear with NMDA (NMDA spikes).
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk morpho summation examples/dendritic-integration/cell.toml --synapses cluster --at 'apical at 570 um' --most 25
  ntwk morpho summation cell.toml --at 'branch 3' --most 30
  ntwk morpho summation cell.toml --at 'subtree 7 and distance > 200 um'

Draws the peak at the soma against the number, beside linear summation (the peak of the sum of the \
responses to each synapse alone) and beside the same contacts \
without voltage-dependent receptors. Writes summation.csv, summation.png and summation.svg.")]
pub(crate) struct SummationArgs {
    #[command(flatten)]
    pub study: StudyArgs,
    #[command(flatten)]
    pub parallel: ParallelArgs,
    #[command(flatten)]
    pub contact: ContactArgs,
    /// Where the synapses are: a location, or a selection ("branch 3", "subtree 7") that they are spread over.
    #[arg(long, default_value = "tip", value_name = "LOCATION|SELECTION", value_parser = sites)]
    pub at: Sites,
    /// Largest number of synapses.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub most: u32,
    /// How long each EPSP is followed (ms).
    #[arg(long, default_value = "150", value_parser = time)]
    pub duration: f64,
}

/// Sequences: the synapses of a group one after the other, from the tip inwards (IN) and outwards
/// (OUT), over the interval between them (Branco, Clark and Häusser 2010).
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk morpho sequence examples/dendritic-integration/cell.toml --synapses cluster
  ntwk morpho sequence cell.toml --where 'branch 3' --number 12

Writes sequence.csv, sequence.png and sequence.svg.")]
pub(crate) struct SequenceArgs {
    #[command(flatten)]
    pub study: StudyArgs,
    #[command(flatten)]
    pub parallel: ParallelArgs,
    #[command(flatten)]
    pub contact: ContactArgs,
    /// Spread so many synapses over a part of the tree, such as "branch 3", in the place of the group's own locations.
    #[arg(long = "where", value_name = "SELECTION", value_parser = selection)]
    pub selection: Option<Selection>,
    /// Number of synapses on --where.
    #[arg(long, value_name = "N", default_value_t = 9, requires = "selection", value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub number: u32,
    /// Intervals between neighbours (ms), separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "0,0.5,1,1.5,2,3,4,5,6,8,10,15", value_parser = time)]
    pub intervals: Vec<f64>,
    /// How long each EPSP is followed (ms).
    #[arg(long, default_value = "250", value_parser = time)]
    pub duration: f64,
}

/// Back-propagating action potential: amplitude and delay in every compartment after a pulse at
/// the soma.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk morpho bap examples/dendritic-integration/cell.toml --amplitude '2 nA'
  ntwk morpho bap cell.toml --where 'subtree 7'

Writes bap.csv (one line per compartment), bap.png and bap.svg.")]
pub(crate) struct BapArgs {
    #[command(flatten)]
    pub study: StudyArgs,
    /// Compartments that are asked about.
    #[arg(long = "where", value_name = "SELECTION", default_value = "all", value_parser = selection)]
    pub selection: Selection,
    /// Where the pulse is injected.
    #[arg(long, default_value = "soma", value_parser = location)]
    pub at: LocationSpec,
    /// Amplitude of the pulse, with its unit.
    #[arg(long, default_value = "2 nA", value_parser = current, allow_hyphen_values = true)]
    pub amplitude: f64,
    /// Width of the pulse (ms).
    #[arg(long, default_value = "2", value_parser = time)]
    pub width: f64,
    /// How long the cell is followed (ms).
    #[arg(long, default_value = "30", value_parser = time)]
    pub duration: f64,
}

/// Movie of the potential over the tree, as an animated GIF.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  ntwk morpho movie examples/dendritic-integration/cell.toml --from 48 --to 80 --every 0.5

  ntwk morpho movie cell.toml --every 0.25 --frame-time 40 --frames    each frame as PNG too

The cell runs as its file says. Writes movie.gif, and movie.png and movie.svg with some of the frames; with \
--frames each of them at 300 dots per inch, frames/frame_0000.png and on, with frames/times.csv. All \
frames have one scale of colours.")]
pub(crate) struct MovieArgs {
    #[command(flatten)]
    pub study: StudyArgs,
    /// Time of the first frame (ms).
    #[arg(long, default_value = "0", value_parser = time)]
    pub from: f64,
    /// Time of the last frame (ms) [default: simulation.t_stop].
    #[arg(long, value_parser = time)]
    pub to: Option<f64>,
    /// Time between frames (ms).
    #[arg(long, default_value = "1", value_parser = time)]
    pub every: f64,
    /// How long the GIF shows a frame (ms, 20 to 10000), rounded to 10 ms, its unit of time.
    #[arg(long, default_value_t = 80, value_parser = clap::value_parser!(u16).range(20..=10_000))]
    pub frame_time: u16,
    /// Write every frame as PNG too.
    #[arg(long)]
    pub frames: bool,
}

/// Background synaptic activity: the state it puts the cell in (mean and fluctuations of V, input
/// resistance, time constant) and what that does to an EPSP.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ntwk morpho background examples/dendritic-integration/cell.toml --synapses cluster --at 'apical at 300 um'
  ntwk morpho background cell.toml --at 'branch 3' --number 5

The activity is that of the synapses of the cell file. The cell runs with the same spikes three \
times: alone, with a steady test current, and with the probe EPSP every 150 ms; differences between \
the runs are exact. Each run is stored in background.h5 when it ends (V over time; labelled arrays): the \
same command continues a study that was interrupted or killed. Writes background.csv, background.png \
and background.svg.")]
pub(crate) struct BackgroundArgs {
    #[command(flatten)]
    pub study: StudyArgs,
    #[command(flatten)]
    pub parallel: ParallelArgs,
    #[command(flatten)]
    pub resume: ResumeArgs,
    /// Group whose contact probes the cell [default: the first].
    #[arg(long, value_name = "GROUP")]
    pub synapses: Option<String>,
    /// Where the probe synapses are: a location, or a selection ("branch 3", "subtree 7") that they are spread over.
    #[arg(long, default_value = "apical at 200 um", value_name = "LOCATION|SELECTION", value_parser = sites)]
    pub at: Sites,
    /// Number of probe synapses, active together.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub number: u32,
    /// Where the potential is measured.
    #[arg(long, default_value = "soma", value_parser = location)]
    pub to: LocationSpec,
    /// Test current, with its unit.
    #[arg(long, default_value = "-20 pA", value_parser = current, allow_hyphen_values = true)]
    pub current: f64,
    /// Initial transient to discard (ms).
    #[arg(long, default_value = "300", value_parser = time)]
    pub transient: f64,
    /// Time measured (ms).
    #[arg(long, default_value = "3000", value_parser = time)]
    pub duration: f64,
}

/// Transfer function of a morphological cell: rate out against the rates of two groups of
/// synapses, in the form that the mean-field theory fits.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  ntwk morpho tf examples/morpho-transfer/cell.toml --excitation excitation --inhibition inhibition \\
      --rates-excitation 0.5,1,1.5,2,3 --rates-inhibition 1,4,8

Each point is the cell under Poisson trains of these rates per synapse. Mean, standard deviation and \
autocorrelation time of the somatic potential are measured with the spike-generating channels left \
out (--spiking), as the theory takes them without spikes. Each point is stored in scan.h5 (labelled \
arrays) when it is known: the same command continues a scan that was interrupted or killed. Writes scan.csv (the columns of `ntwk tf \
scan`), transfer_function.json (coefficients, quality) and transfer_function.png/.svg.")]
pub(crate) struct MorphoTfArgs {
    #[command(flatten)]
    pub study: StudyArgs,
    #[command(flatten)]
    pub parallel: ParallelArgs,
    #[command(flatten)]
    pub resume: ResumeArgs,
    /// Excitatory group of synapses.
    #[arg(long, value_name = "GROUP", default_value = "excitation")]
    pub excitation: String,
    /// Inhibitory group of synapses.
    #[arg(long, value_name = "GROUP", default_value = "inhibition")]
    pub inhibition: String,
    /// Rates per excitatory synapse (Hz), separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "0.5,1,1.5,2,2.5,3,4", value_parser = rate)]
    pub rates_excitation: Vec<f64>,
    /// Rates per inhibitory synapse (Hz), separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "1,4,8", value_parser = rate)]
    pub rates_inhibition: Vec<f64>,
    /// Channels that make spikes, left out where moments are measured [default: all but leak].
    #[arg(long, value_delimiter = ',', value_name = "CHANNEL")]
    pub spiking: Option<Vec<String>>,
    /// Initial transient to discard (ms).
    #[arg(long, default_value = "300", value_parser = time)]
    pub transient: f64,
    /// Time measured per repetition (ms).
    #[arg(long, default_value = "2000", value_parser = time)]
    pub duration: f64,
    /// Repetitions with other spikes.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repetitions: u32,
    /// Threshold of a spike at the soma (mV).
    #[arg(long, default_value = "-10", value_parser = voltage, allow_hyphen_values = true)]
    pub threshold: f64,
}

/// Fit passive parameters (C_m, R_i, g_L, E_L) to a recorded response, with exact gradients.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  ntwk morpho fit examples/passive-fit/cell.toml --trace examples/passive-fit/trace.csv

The cell runs with the electrodes of its file; the potential at --at is compared with the trace \
(two columns: time in ms, V in mV). The gradient of the squared error is computed by the adjoint of \
the implicit step; the crate argmin minimises (L-BFGS in the logarithms of the parameters). \
Writes fit.json, fit.csv, fit.png and fit.svg.")]
pub(crate) struct FitArgs {
    #[command(flatten)]
    pub study: StudyArgs,
    /// Recorded trace (CSV).
    #[arg(long, value_name = "FILE")]
    pub trace: PathBuf,
    /// Where it was recorded.
    #[arg(long, default_value = "soma", value_parser = location)]
    pub at: LocationSpec,
    /// Parameters to fit.
    #[arg(long, value_delimiter = ',', default_value = "C_m,R_i,g_L,E_L")]
    pub parameters: Vec<String>,
    /// Most iterations.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10000))]
    pub iterations: u32,
}
