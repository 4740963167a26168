//! Arguments and help of `ntwk meanfield`.

use std::path::PathBuf;

use clap::{ArgMatches, Args, FromArgMatches, Subcommand};
use ntwk::studies::connectome::RegionStimulus;
use ntwk_core::spec::VarySpec;
use ntwk_meanfield::scan::design::ScanAxis;

use super::super::args::RunArgs;
use super::super::scan_design::parse_axis;
use super::super::sweep::parse_vary;

/// `ntwk meanfield MODEL`, or one of its commands.
#[derive(Debug)]
pub(crate) enum MeanfieldArgs {
    Rates(RunArgs),
    Study(MeanfieldCommand),
}

// By hand, because the derived arguments of a command that is optional cannot have a required MODEL beside it.
impl FromArgMatches for MeanfieldArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        if matches.subcommand_name().is_some() {
            MeanfieldCommand::from_arg_matches(matches).map(Self::Study)
        } else {
            RunArgs::from_arg_matches(matches).map(Self::Rates)
        }
    }
    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for MeanfieldArgs {
    fn augment_args(command: clap::Command) -> clap::Command {
        MeanfieldCommand::augment_subcommands(RunArgs::augment_args(command))
            .args_conflicts_with_subcommands(true)
            .subcommand_negates_reqs(true)
    }
    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum MeanfieldCommand {
    /// Nullclines, vector field, fixed points and trajectories of two rates.
    #[command(after_help = "\
Examples:
  ntwk meanfield phase-plane examples/rs-fs/model.toml --out out/plane
  ntwk meanfield phase-plane examples/four-regimes/self-sustained.toml --start 2,2 --start 40,10
  ntwk meanfield phase-plane model.toml --populations Exc,Inh --range Exc=0..20 --range Inh=0..40

The rates of further populations are held where the model settles, adaptation currents follow the rates; \
the trajectories are those of the whole system. Writes phase_plane.h5 and the figure \
phase_plane.png into DIR.")]
    PhasePlane(PhasePlaneArgs),
    /// Follow the fixed points along a key of the model: a bifurcation diagram.
    #[command(after_help = "\
Examples:
  ntwk meanfield continue examples/rs-fs/model.toml --vary 'afferents.AffExc.rate=0Hz..20Hz'
  ntwk meanfield continue examples/four-regimes/model.toml \\
            --vary 'Q_e:projections[0].weight,projections[2].weight=0.5nS..6nS:15'
  ntwk meanfield continue model.toml --vary 'populations.RecExc.cell.b=0pA..60pA'

KEY=FROM..TO is the range; with :N fixed points are sought at N values of it [default: 9], with :log at \
equal ratios; from each the branch is followed both ways, round its turns. Several keys joined by commas \
take the same value; NAME: before them names the axis. Where a key changes the cells or their synapses, \
the transfer functions are measured at nine values of it and their thresholds interpolated.

Writes bifurcation_diagram.h5 (a group per branch: parameter, rates, eigenvalues, stability), \
bifurcation_diagram.json (the bifurcations) and the figure bifurcation_diagram.png into DIR.")]
    Continue(ContinueArgs),
    /// Power spectra, coherence and frequency response around a stable state, with finite-size noise.
    #[command(after_help = "\
Examples:
  ntwk meanfield spectra examples/rs-fs/model.toml --out out/spectra
  ntwk meanfield spectra examples/rs-fs/model.toml --frequency 1..200:100 --set 'afferents.AffExc.rate=8 Hz'

The theory is linearised at the stable fixed point where the model settles, or at the one that \
--fixed-point names. The noise is that of the finite populations: its power goes with 1 / size. Writes \
spectra.h5 and the figure spectra.png into DIR.")]
    Spectra(SpectraArgs),
    /// Fixed points over two keys of the model: rates, stability, number.
    #[command(after_help = "\
Examples:
  ntwk meanfield map examples/rs-fs/model.toml --vary 'nu:afferents.AffExc.rate=2Hz..12Hz:41' \\
            --vary 'Q_i:projections[1].weight=2nS..8nS:41'

--vary as for `ntwk sweep`, given twice. The cells are measured once; keys that change them are for \
`ntwk meanfield continue`, or for `ntwk sweep --command meanfield`, which measures at every point. Writes \
fixed_point_map.h5 (arrays over labelled axes; xarray.open_dataset(..., engine=\"h5netcdf\")) and the \
figure fixed_point_map.png into DIR.")]
    Map(MapArgs),
    /// Mean fields on a ring, coupled with conduction delays: travelling waves.
    #[command(after_help = "\
Examples:
  ntwk meanfield ring examples/ring/model.toml --out out/ring
  ntwk meanfield ring examples/ring/model.toml --simulate --places 80

The populations of the model lie on a ring (space = { layout = \"ring\", length = ... }). It is cut into places of equal \
length, each a mean field; projections with rule distance_gaussian couple it to its surroundings, others to the whole ring, each after \
the delay of its distance. Currents into some neurons go to their places. Writes ring.h5 (rates over population, time and \
place) and the figure ring.png into DIR; with --simulate both have the simulated network beside it.")]
    Ring(RingArgs),
    /// Regions of a connectome, each with the network of the model, coupled with delays.
    #[command(after_help = "\
Examples:
  ntwk meanfield connectome model.toml --weights weights.csv --lengths lengths.csv --velocity 3
  ntwk meanfield connectome model.toml --weights weights.csv --coupling 0.2 --stimulate V1=5@500..600

Every region holds a copy of the network. To the rate of an afferent population (--onto) it adds COUPLING times the sum over \
the other regions of weight times the rate of their population --source, as it was LENGTH / VELOCITY ago. Entry (row X, column Y) \
of the files is the connection from region Y to region X; a first line of names names the regions. All start where the network of a region \
settles by itself. Writes connectome.h5 (rates over \
population, time and region) and the figure connectome.png into DIR.")]
    Connectome(ConnectomeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PhasePlaneArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// The two populations, horizontal axis first [default: the first two].
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    pub populations: Vec<String>,
    /// Range of the rates of a population (Hz) [default: from 0 to beyond the highest fixed point].
    #[arg(long, value_name = "NAME=LOW..HIGH", value_parser = parse_range)]
    pub range: Vec<(String, [f64; 2])>,
    /// Rates of the two populations (Hz) from which a trajectory starts; may be given several times
    /// [default: the second population active alone, and a disturbance of the state where the model settles].
    #[arg(long, value_name = "HZ,HZ", value_parser = parse_start)]
    pub start: Vec<[f64; 2]>,
}

#[derive(Debug, Args)]
pub(crate) struct ContinueArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// What varies.
    #[arg(long, value_name = "[NAME:]KEY=FROM..TO[:N][:log]", value_parser = parse_vary)]
    pub vary: VarySpec,
}

#[derive(Debug, Args)]
pub(crate) struct SpectraArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// Frequencies (Hz).
    #[arg(long, value_name = "LOW..HIGH:N[:log]", value_parser = parse_axis, default_value = "0.1..500:200:log")]
    pub frequency: ScanAxis,
    /// Number of the fixed point in the table of `ntwk meanfield MODEL` [default: where the model settles].
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub fixed_point: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct MapArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// What varies; twice.
    #[arg(long, value_name = "[NAME:]KEY=VALUES", value_parser = parse_vary, required = true)]
    pub vary: Vec<VarySpec>,
}

#[derive(Debug, Args)]
pub(crate) struct RingArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// Number of places.
    #[arg(long, value_name = "N", default_value_t = 80, value_parser = clap::value_parser!(u32).range(2..=2000))]
    pub places: u32,
    /// Step (ms) [default: a twentieth of theory.T or less].
    #[arg(long, value_name = "MS")]
    pub dt: Option<f64>,
    /// Simulate the network too and show its rates beside the theory.
    #[arg(long)]
    pub simulate: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ConnectomeArgs {
    #[command(flatten)]
    pub run: RunArgs,
    /// Weights of the connections between regions (CSV).
    #[arg(long, value_name = "FILE")]
    pub weights: PathBuf,
    /// Lengths of the connections (CSV, mm) [default: no delays].
    #[arg(long, value_name = "FILE")]
    pub lengths: Option<PathBuf>,
    /// Conduction velocity (m/s).
    #[arg(long, value_name = "M/S", default_value_t = 3.0, requires = "lengths")]
    pub velocity: f64,
    /// Factor on all weights.
    #[arg(long, value_name = "NUMBER", default_value_t = 1.0)]
    pub coupling: f64,
    /// Population that projects to the other regions [default: the first].
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Afferent population to whose rate it is added [default: the first].
    #[arg(long, value_name = "NAME")]
    pub onto: Option<String>,
    /// Adds a rate to that afferent in one region (its name, or its number from 1) for some time; may be given several times.
    #[arg(long, value_name = "REGION=HZ@FROM..TO", value_parser = parse_stimulus)]
    pub stimulate: Vec<RegionStimulus>,
    /// Step (ms) [default: a twentieth of theory.T or less].
    #[arg(long, value_name = "MS")]
    pub dt: Option<f64>,
}

fn parse_stimulus(text: &str) -> Result<RegionStimulus, String> {
    let expected = "expected REGION=HZ@FROM..TO with a finite rate and times in ms, FROM < TO";
    let (region, rest) = text.rsplit_once('=').ok_or(expected)?;
    let (rate, times) = rest.split_once('@').ok_or(expected)?;
    let (from, to) = times.split_once("..").ok_or(expected)?;
    let number = |text: &str| match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(expected.to_owned()),
    };
    let times = [number(from)?, number(to)?];
    if times[0] >= times[1] {
        return Err(expected.to_owned());
    }
    Ok(RegionStimulus { region: region.trim().to_owned(), rate: number(rate)?, times })
}

fn parse_range(text: &str) -> Result<(String, [f64; 2]), String> {
    let expected = "expected NAME=LOW..HIGH in Hz with 0 <= LOW < HIGH";
    let (name, range) = text.split_once('=').ok_or(expected)?;
    let (low, high) = range.split_once("..").ok_or(expected)?;
    let number = |text: &str| text.trim().parse::<f64>().map_err(|_| expected.to_owned());
    let range = [number(low)?, number(high)?];
    let good = range[0] >= 0.0 && range[0] < range[1] && range[1].is_finite();
    if good { Ok((name.trim().to_owned(), range)) } else { Err(expected.to_owned()) }
}

fn parse_start(text: &str) -> Result<[f64; 2], String> {
    let expected = "expected two rates in Hz, >= 0, such as 2,5";
    let (a, b) = text.split_once(',').ok_or(expected)?;
    let rate = |text: &str| match text.trim().parse::<f64>() {
        Ok(rate) if rate >= 0.0 && rate.is_finite() => Ok(rate),
        _ => Err(expected.to_owned()),
    };
    Ok([rate(a)?, rate(b)?])
}
