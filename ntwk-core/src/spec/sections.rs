//! The settings sections of a model file: simulation, theory, compare.

use super::{AdaptationTheory, MeasuredSpec, Method, PublishedSpec, QuadraticSpec};
use crate::spec::fault::FaultKind;
use crate::spec::key::TableReader;
use crate::spec::key::{Section, Words};
use crate::spec::value::Named;
use crate::{section, words};

section! {
    /// Simulation settings.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct SimulationSpec, check = check_clock {
        /// time step (ms)
        dt: f64 = Quantity(Time, Positive), or(0.1);
        /// duration (ms)
        t_stop: f64 = Quantity(Time, Positive), required("the duration in ms");
        /// seed of every random stream: same model, same seed, same bits
        seed: u64 = Count(0, u64::MAX), or(1);
        /// numerical method:
        method: Method = Choice(Method::WORDS), or(Method::Euler);
    }
}

/// Most steps of a run.
pub const MOST_STEPS: f64 = 4_294_967_294.0;

impl Default for SimulationSpec {
    fn default() -> Self {
        Self { dt: 0.1, t_stop: 1000.0, seed: 1, method: Method::Euler }
    }
}

fn check_clock(simulation: &SimulationSpec, table: &mut TableReader<'_, '_>) {
    let &SimulationSpec { dt, t_stop, .. } = simulation;
    if t_stop < dt {
        let rule = format!("must be at least one step (dt = {dt} ms)");
        table.fault("t_stop", FaultKind::Combination { rule });
    } else if t_stop / dt > MOST_STEPS {
        let rule = format!("is more than {MOST_STEPS} steps of {dt} ms");
        table.fault("t_stop", FaultKind::Combination { rule });
    }
}

section! {
    /// Settings of the mean-field theory.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct TheorySpec {
        /// time constant of the rates (ms); 5 ms after El Boustani & Destexhe 2009, Zerlaut et al. 2018
        T: f64 = Quantity(Time, Positive), or(5.0);
        /// which theory gives the rates:
        model: TheoryModel = Choice(TheoryModel::WORDS), or(TheoryModel::Zerlaut);
        /// how adaptation enters:
        adaptation: AdaptationTheory = Choice(AdaptationTheory::WORDS), or(AdaptationTheory::Dynamic);
        /// what the transfer functions are made of:
        transfer_function: TransferFunctionKind =
            Choice(TransferFunctionKind::WORDS), or(TransferFunctionKind::Fitted);
        /// how regular spike trains are:
        spike_trains: SpikeTrainTheory = Choice(SpikeTrainTheory::WORDS), or(SpikeTrainTheory::Poisson);
        /// whether a source that a neuron draws twice counts twice at once: connections with multapses give the membrane potential
        /// a larger variance; `false` leaves that out, as the published mean fields do. Without it, `true`, but `false` where the
        /// theory is a published one (`model`, `coefficients`)
        multapses: Option<bool> = Flag, none;
        /// whether the weights of the synapses differ as the projection says; `false` gives all their mean
        distributed_weights: bool = Flag, or(true);
        /// whether the neurons of a population differ in the number of their synapses and the sum of their weights, as the
        /// connection rules have it, where the stationary state is refined; `false` makes them equal
        distributed_in_degrees: bool = Flag, or(true);
        /// where the stationary state is:
        stationary_state: StationaryTheory =
            Choice(StationaryTheory::WORDS), or(StationaryTheory::Refined);
        /// number of terms of the effective threshold
        threshold_terms: u64 = OneOf(&[4, 5, 10, 11]), or(10);
        /// the single-cell scan the transfer functions are fitted to
        scan: ScanSpec = Table(ScanSpec::KEYS), or(ScanSpec::default());
        /// transfer functions measured elsewhere, such as on a [morphological cell](../../examples/morpho-transfer/README.md)
        measured: Vec<MeasuredSpec> = Tables(MeasuredSpec::KEYS), none;
        /// the theory of single populations, such as published transfer functions, by the name of the population
        populations: Named<PublishedSpec> = Named(PublishedSpec::KEYS), none;
        /// parameters of the mean field of `model = "montbrio_pazo_roxin"`
        montbrio_pazo_roxin: Option<QuadraticSpec> = Table(QuadraticSpec::KEYS), none;
    }
}

words! {
    /// Which theory gives the rate of a cell from the moments of its membrane potential.
    pub enum TheoryModel, what = "theory" {
        /// the semi-analytical transfer function with an effective threshold (Zerlaut et al. 2016, 2018)
        Zerlaut = "zerlaut",
        /// the rate of leaky integrate-and-fire cells in the diffusion approximation (Siegert 1951; Brunel 2000), with filtering
        /// by synapses to first order in the root of tau_syn / tau_m (Fourcaud & Brunel 2002); cells of model LIF only
        Siegert = "siegert",
        /// the exact mean field of infinitely many quadratic integrate-and-fire neurons, all coupled to all (Montbrió, Pazó &
        /// Roxin 2015), with parameters of its own (`[theory.montbrio_pazo_roxin]`): `ntwk meanfield FILE` alone, for a model with
        /// one population, whose cells and synapses it does not take
        MontbrioPazoRoxin = "montbrio_pazo_roxin",
    }
}

words! {
    /// What the transfer functions of the mean field are made of.
    pub enum TransferFunctionKind, what = "kind of transfer function" {
        /// an effective threshold, fitted to the single-cell scan
        Fitted = "fitted",
        /// the rates of the scan themselves, interpolated
        Tabulated = "tabulated",
    }
}

words! {
    /// How regular the spike trains between populations are in the theory.
    pub enum SpikeTrainTheory, what = "kind of spike train" {
        /// Poisson trains, the assumption of the published mean fields
        Poisson = "poisson",
        /// as regular as the spikes of single cells in the stationary state that the theory predicts with Poisson trains
        ///
        /// They give a smaller variance to the membrane potential, for which transfer functions are then scanned and
        /// fitted anew. Where the stationary state is refined, its cells receive the trains of other cells.
        Measured = "measured",
    }
}

words! {
    /// Where the stationary state of the theory is.
    pub enum StationaryTheory, what = "stationary state" {
        /// where single cells under the input that the state predicts fire at its rates: the state of the transfer functions,
        /// corrected by cells
        Refined = "refined",
        /// where the transfer functions have it, as in the published mean fields
        Fitted = "fitted",
    }
}

section! {
    /// The single-cell scan of a transfer function.
    ///
    /// Inputs are chosen so that the mean membrane potential of the theory covers a range evenly for
    /// each level of background input: that is where the threshold has to be known.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct ScanSpec, check = check_scan {
        /// highest mean membrane potential visited, relative to the threshold `V_th` (mV)
        above_threshold: f64 = Quantity(Voltage, Any), or(6.0);
        /// lowest mean membrane potential visited, relative to the threshold `V_th` (mV)
        below_threshold: f64 = Quantity(Voltage, Negative), or(-14.0);
        /// number of mean potentials
        potential_points: u64 = Count(2, 1000), or(20);
        /// highest presynaptic rate of the other inputs (Hz)
        background_max: f64 = Quantity(Rate, Positive), or(40.0);
        /// number of rates of the strongest other input that holds the cell down; the others have three
        background_points: u64 = Count(1, 1000), or(10);
        /// points whose measured rate is above this (Hz) are left out of the fit
        rate_max: f64 = Quantity(Rate, Positive), or(100.0);
        /// independent neurons per point
        neurons: u64 = Count(2, 100_000), or(32);
        /// time before counting starts (ms); without it, three `tau_w`, or 200 ms without adaptation
        settle: Option<f64> = Quantity(Time, NonNegative), none;
        /// time during which spikes are counted (ms)
        duration: f64 = Quantity(Time, Positive), or(2000.0);
    }
}

fn check_scan(scan: &ScanSpec, table: &mut TableReader<'_, '_>) {
    if scan.above_threshold <= scan.below_threshold {
        let rule = format!("must be above below_threshold ({} mV)", scan.below_threshold);
        table.fault("above_threshold", FaultKind::Combination { rule });
    }
}

section! {
    /// Windows of the comparison; what is absent is chosen from the waveforms.
    #[derive(Debug, Clone, PartialEq)]
    #[non_exhaustive]
    pub struct CompareSpec {
        /// window of the stationary quantities (ms); without it, the longest stretch of constant inputs without its first
        /// 500 ms (or half); where there is none, whole periods of the slowest oscillation, or the run without its onset
        stationary: Option<[f64; 2]> = Window(Time), none;
        /// window in which the transient peak is sought (ms)
        transient: Option<[f64; 2]> = Window(Time), none;
        /// standard deviation of the Gaussian that smooths the simulated rates (ms); without it, 10 ms
        smoothing: Option<f64> = Quantity(Time, Positive), none;
    }
}

/// What each of these sections holds when a file has none of it.
macro_rules! defaults {
    ($($section:ident),+) => { $(
        impl Default for $section {
            fn default() -> Self {
                crate::spec::key::defaults()
            }
        }
    )+ };
}

defaults!(TheorySpec, ScanSpec, CompareSpec);

impl TheorySpec {
    /// Whether sources that a neuron draws twice count twice at once: as written, else unless the theory is a published one.
    #[must_use]
    pub fn counts_multapses(&self) -> bool {
        let coefficients = self.populations.values().any(|p| p.coefficients.is_some());
        let published = self.model != TheoryModel::Zerlaut || coefficients;
        self.multapses.unwrap_or(!published)
    }

    /// How the adaptation of the population called `name` enters.
    #[must_use]
    pub fn adaptation_of(&self, name: &str) -> AdaptationTheory {
        let own = self.populations.get(name).and_then(|p| p.adaptation);
        own.unwrap_or(self.adaptation)
    }
}
