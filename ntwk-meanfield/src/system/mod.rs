//! The mean-field system: populations whose rates drive each other through their transfer functions.

pub mod from_model;
pub(crate) mod input;
pub mod limitation;
pub(crate) mod point;

use crate::dynamics::Dynamics;
use crate::moments::scalar::Scalar;
use crate::moments::synapse::SynapseClass;
use crate::moments::{self, Moments, membrane_faults};
use crate::system::input::{Input, InputError};
use crate::system::point::{Point, PointError};
use crate::transfer::transfer_function::{DynTransferFunction, Evaluable};
use ntwk_core::Membrane;
use std::sync::Arc;

/// Where the presynaptic spikes of a connection come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// A population of the system, by index.
    Population(usize),
    /// An afferent, whose rate is an input, by index.
    Afferent(usize),
}

/// One class of synapses onto a population, with its source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Connection {
    /// Origin of the presynaptic spikes.
    pub source: Source,
    /// The synapses.
    pub synapse: SynapseClass,
}

/// Where the adaptation of the cells is accounted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Adaptation {
    /// In the fitted transfer function: the single-cell scan was made with adaptation (Zerlaut et al. 2018).
    #[default]
    InTransferFunction,
    /// As a variable `W` of the system that enters the moments as the current `-W` (di Volo et al. 2019):
    /// `tau_w dW/dt = -W + tau_w b nu + a (mu_V - E_L)`. The transfer function must then be fitted to the rate at
    /// given moments *including* `-W`.
    Explicit,
}

/// A population of equal cells.
#[derive(Debug, Clone)]
pub struct MeanFieldPopulation {
    /// Name, for messages and results.
    pub name: String,
    /// Number of neurons (>= 1); only the finite-size fluctuations depend on it.
    pub size: usize,
    /// Constants of the cell.
    pub membrane: Membrane,
    /// Firing rate as a function of the moments.
    pub transfer_function: Arc<dyn DynTransferFunction>,
    /// All synapses onto a cell.
    pub connections: Vec<Connection>,
    /// Where adaptation is accounted for.
    pub adaptation: Adaptation,
}

/// One fault of a description of a system.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Fault {
    /// There is no population.
    #[error("a mean field needs at least one population")]
    NoPopulation,
    /// The time constant of the rates is out of range.
    #[error("T = {0} ms; a time > 0 ms is needed")]
    TimeConstant(f64),
    /// A constant of a cell is out of range.
    #[error("population '{population}': {name} = {value}; needed is {requirement}")]
    Membrane {
        /// Name of the population.
        population: String,
        /// Name of the constant.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is needed.
        requirement: &'static str,
    },
    /// A parameter of a synapse class is out of range.
    #[error(
        "population '{population}', connection {connection}: {name} = {value}; needed is {requirement}"
    )]
    Synapse {
        /// Name of the population.
        population: String,
        /// Index of the connection.
        connection: usize,
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is needed.
        requirement: &'static str,
    },
    /// A source does not exist.
    #[error(
        "population '{population}', connection {connection}: {source_index:?} is not one of {available}"
    )]
    Source {
        /// Name of the population.
        population: String,
        /// Index of the connection.
        connection: usize,
        /// The source asked for.
        source_index: Source,
        /// How many of its kind there are.
        available: usize,
    },
    /// A transfer function that does not suit the cell.
    #[error("population '{population}': {reason}")]
    TransferFunction {
        /// Name of the population.
        population: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A population without neurons.
    #[error("population '{0}' has no neurons")]
    Size(String),
}

/// A description that does not make a system; lists every fault.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", .faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct InvalidMeanField {
    /// All faults found.
    pub faults: Vec<Fault>,
}

/// Populations coupled through their transfer functions:
///
/// ```text
/// T dnu_m/dt     = F_m(nu, nu_aff(t), I_m(t) - W_m) - nu_m
/// tau_w dW_m/dt  = -W_m + tau_w b_m nu_m + a_m (mu_V,m - E_L)      populations with explicit adaptation
/// ```
///
/// (El Boustani and Destexhe 2009, first order; di Volo et al. 2019). The state is `[nu_1 ... nu_n, W ...]`: rates in
/// Hz, then the adaptation currents in pA of the populations that have one, in their order. `T` should be of the order
/// of the refractory or autocorrelation time; about one spike per neuron and `T` is the most the theory expects.
///
/// A presynaptic rate below zero (a stage of an integrator, a trial step of a solver) counts as zero.
#[derive(Debug, Clone)]
#[allow(non_snake_case)]
pub struct MeanField {
    populations: Vec<MeanFieldPopulation>,
    afferents: Vec<String>,
    T: f64,
    /// Index in the state of the adaptation current of each population.
    adaptation: Vec<Option<usize>>,
    dimension: usize,
}

/// Rate, stationary adaptation current (0 unless asked for) and moments of one population.
pub(crate) struct Response<S> {
    pub rate: S,
    pub adaptation: S,
    pub moments: Moments<S>,
}

impl MeanField {
    /// Checks and assembles a system; `afferents` names the external rates, `T` (ms) is the time constant.
    ///
    /// # Errors
    /// [`InvalidMeanField`] with every fault found.
    #[allow(non_snake_case)]
    pub fn new(
        populations: Vec<MeanFieldPopulation>,
        afferents: Vec<String>,
        T: f64,
    ) -> Result<Self, InvalidMeanField> {
        let faults = faults(&populations, afferents.len(), T);
        if !faults.is_empty() {
            return Err(InvalidMeanField { faults });
        }
        let mut dimension = populations.len();
        let mut adaptation = Vec::with_capacity(populations.len());
        for p in &populations {
            adaptation.push((p.adaptation == Adaptation::Explicit).then_some(dimension));
            dimension += usize::from(p.adaptation == Adaptation::Explicit);
        }
        Ok(Self { populations, afferents, T, adaptation, dimension })
    }

    /// The populations.
    #[must_use]
    pub fn populations(&self) -> &[MeanFieldPopulation] {
        &self.populations
    }

    /// The names of the afferents.
    #[must_use]
    pub fn afferents(&self) -> &[String] {
        &self.afferents
    }

    /// Time constant of the rates (ms).
    #[must_use]
    pub fn time_constant(&self) -> f64 {
        self.T
    }

    /// Index in the state of the adaptation current of a population, where it has one.
    #[must_use]
    pub fn adaptation_index(&self, population: usize) -> Option<usize> {
        self.adaptation.get(population).copied().flatten()
    }

    /// An input of the right shape with every rate and current zero.
    #[must_use]
    pub fn silent_input(&self) -> Input {
        Input {
            afferent_rates: vec![0.0; self.afferents.len()],
            currents: vec![0.0; self.populations.len()],
        }
    }

    /// Whether an input has the right shape, finite numbers and no negative rate.
    ///
    /// # Errors
    /// [`InputError`] naming the first entry that is wrong.
    pub fn check_input(&self, input: &Input) -> Result<(), InputError> {
        input.check(self.afferents.len(), self.populations.len())
    }

    /// The system at a state (see the type for its layout) and an input.
    ///
    /// # Errors
    /// [`PointError`] for a state or input of the wrong shape or with numbers that are not finite.
    pub fn at<'a>(&'a self, state: &'a [f64], input: &'a Input) -> Result<Point<'a>, PointError> {
        Point::checked(self, state, input, self.dimension)
    }

    /// The state at given rates (Hz, one per population) in which every adaptation current is the one that is stationary at
    /// these rates.
    ///
    /// # Errors
    /// [`PointError`] for rates or an input that do not fit the system.
    pub fn adapted_state(&self, rates: &[f64], input: &Input) -> Result<Vec<f64>, PointError> {
        let (given, needed) = (rates.len(), self.populations.len());
        if given != needed {
            return Err(PointError::StateLength { given, needed });
        }
        if let Some(index) = rates.iter().position(|x| !x.is_finite()) {
            return Err(PointError::NotFinite { index, value: rates[index] });
        }
        self.check_input(input)?;
        let mut state = rates.to_vec();
        state.resize(self.dimension, 0.0);
        for m in 0..needed {
            if let Some(w) = self.adaptation[m] {
                let presynaptic = |s| rate(rates, input, s);
                state[w] = self.stationary_response(m, presynaptic, input.currents[m]).adaptation;
            }
        }
        Ok(state)
    }

    /// Current (pA) into a cell of a population at a state: the external one less its adaptation.
    pub(crate) fn current(&self, population: usize, state: &[f64], input: &Input) -> f64 {
        input.currents[population] - self.adaptation[population].map_or(0.0, |w| state[w])
    }

    /// Response at given presynaptic rates and current (adaptation included in the current).
    pub(crate) fn response<S: Evaluable>(
        &self,
        population: usize,
        rate: impl Fn(Source) -> S,
        current: S,
    ) -> Response<S> {
        let p = &self.populations[population];
        let moments = membrane_moments(p, &rate, current);
        Response {
            rate: S::rate(&*p.transfer_function, &p.membrane, &moments),
            adaptation: S::constant(0.0),
            moments,
        }
    }

    /// Response at the rate (Hz) that arrives through each connection, and a current (pA, adaptation included).
    pub(crate) fn response_to(
        &self,
        population: usize,
        arriving: impl Iterator<Item = f64> + Clone,
        current: f64,
    ) -> Response<f64> {
        let p = &self.populations[population];
        let inputs = p.connections.iter().map(|c| &c.synapse).zip(arriving.map(|r| r.max(0.0)));
        let moments = moments::evaluate(&p.membrane, inputs, current);
        let rate = f64::rate(&*p.transfer_function, &p.membrane, &moments);
        Response { rate, adaptation: 0.0, moments }
    }

    /// Response with the adaptation current that is stationary at the given rates.
    ///
    /// `mu_V` is linear in `W`, so that `W = (tau_w b nu + a (mu_0 - E_L)) / (1 + a / mu_G)` with `mu_0 = mu_V(W = 0)`.
    pub(crate) fn stationary_response<S: Evaluable>(
        &self,
        population: usize,
        rate: impl Fn(Source) -> S,
        current: S,
    ) -> Response<S> {
        if self.adaptation[population].is_none() {
            return self.response(population, rate, current);
        }
        let p = &self.populations[population];
        let without = membrane_moments(p, &rate, current);
        let Membrane { a, b, tau_w, E_L, .. } = p.membrane;
        let drive =
            rate(Source::Population(population)) * (1e-3 * tau_w * b) + (without.mu_V - E_L) * a;
        let w = drive / (S::constant(a) / without.mu_G + 1.0);
        Response { adaptation: w, ..self.response(population, rate, current - w) }
    }
}

/// Moments of a population, with negative presynaptic rates counted as zero.
fn membrane_moments<S: Scalar>(
    p: &MeanFieldPopulation,
    rate: &impl Fn(Source) -> S,
    current: S,
) -> Moments<S> {
    let inputs =
        p.connections.iter().map(|c| (&c.synapse, rate(c.source).limited_to(0.0, f64::INFINITY)));
    moments::evaluate(&p.membrane, inputs, current)
}

/// The rate (Hz) of a source at a state.
pub(crate) fn rate(state: &[f64], input: &Input, source: Source) -> f64 {
    match source {
        Source::Population(i) => state[i],
        Source::Afferent(i) => input.afferent_rates[i],
    }
}

impl Dynamics for MeanField {
    fn dimension(&self) -> usize {
        self.dimension
    }

    fn time_constant(&self) -> f64 {
        Self::time_constant(self)
    }

    fn silent_input(&self) -> Input {
        Self::silent_input(self)
    }

    fn check_input(&self, input: &Input) -> Result<(), InputError> {
        Self::check_input(self, input)
    }

    fn population(&self, index: usize) -> &str {
        &self.populations()[index].name
    }

    fn derivative(&self, state: &[f64], input: &Input, out: &mut [f64]) {
        for (m, p) in self.populations.iter().enumerate() {
            let r = self.response(m, |s| rate(state, input, s), self.current(m, state, input));
            out[m] = (r.rate - state[m]) / self.T;
            if let Some(w) = self.adaptation[m] {
                let Membrane { a, b, tau_w, E_L, .. } = p.membrane;
                out[w] = 1e-3 * b * state[m] + (a * (r.moments.mu_V - E_L) - state[w]) / tau_w;
            }
        }
    }

    fn variable(&self, index: usize) -> (usize, &'static str) {
        match self.adaptation.iter().position(|w| *w == Some(index)) {
            Some(population) => (population, "W"),
            None => (index, "nu"),
        }
    }
}

#[allow(non_snake_case)]
fn faults(populations: &[MeanFieldPopulation], afferents: usize, T: f64) -> Vec<Fault> {
    let mut faults = Vec::new();
    if populations.is_empty() {
        faults.push(Fault::NoPopulation);
    }
    if !(T > 0.0 && T.is_finite()) {
        faults.push(Fault::TimeConstant(T));
    }
    for p in populations {
        let population = || p.name.clone();
        if p.size == 0 {
            faults.push(Fault::Size(population()));
        }
        for (name, value, requirement) in membrane_faults(&p.membrane) {
            faults.push(Fault::Membrane { population: population(), name, value, requirement });
        }
        if let Some(reason) = p.transfer_function.unusable_for(&p.membrane) {
            faults.push(Fault::TransferFunction { population: population(), reason });
        }
        for (connection, c) in p.connections.iter().enumerate() {
            for (name, value, requirement) in c.synapse.faults() {
                faults.push(Fault::Synapse {
                    population: population(),
                    connection,
                    name,
                    value,
                    requirement,
                });
            }
            let (index, available) = match c.source {
                Source::Population(i) => (i, populations.len()),
                Source::Afferent(i) => (i, afferents),
            };
            if index >= available {
                let source_index = c.source;
                faults.push(Fault::Source {
                    population: population(),
                    connection,
                    source_index,
                    available,
                });
            }
        }
    }
    faults
}
