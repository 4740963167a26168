//! Response of a mean-field system to inputs that vary in time.

pub mod delay_distribution;
pub mod delays;
pub(crate) mod dormand_prince;
pub(crate) mod effective_connectivity;
pub(crate) mod growing_oscillation;
pub(crate) mod linear_response;
pub(crate) mod noise;
pub(crate) mod second_order;

use crate::dynamics::dormand_prince::{Control, DormandPrince, Interruption, Tolerance};
use crate::system::input::{Input, InputError, InputSource};
use ntwk_core::{Interrupted, Job};

/// A vector field over a mean-field system: what [`integrate`] integrates.
pub trait Dynamics {
    /// Number of components of the state.
    fn dimension(&self) -> usize;

    /// Time constant `T` of the rates (ms), the longest step of an integration.
    fn time_constant(&self) -> f64;

    /// An input of the right shape: no afferent activity, no current.
    fn silent_input(&self) -> Input;

    /// Checks shape and values of an input.
    ///
    /// # Errors
    /// [`InputError`].
    fn check_input(&self, input: &Input) -> Result<(), InputError>;

    /// Name of a population.
    fn population(&self, index: usize) -> &str;

    /// Time derivative (per ms) of a state under an input; both have the right shape.
    fn derivative(&self, state: &[f64], input: &Input, out: &mut [f64]);

    /// Population and name of a component of the state.
    fn variable(&self, index: usize) -> (usize, &'static str);

    /// The first component whose value has no meaning, such as a rate below zero; [`integrate`] then stops.
    fn meaningless(&self, _state: &[f64]) -> Option<usize> {
        None
    }
}

/// A trajectory that could not be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DynamicsError {
    /// The initial state has the wrong length.
    #[error("the initial state has {given} components; {needed} are needed")]
    StateLength {
        /// Components given.
        given: usize,
        /// Components needed.
        needed: usize,
    },
    /// The initial state is not finite.
    #[error("component {index} of the initial state is {value}")]
    InitialState {
        /// Index of the component.
        index: usize,
        /// Its value.
        value: f64,
    },
    /// The output times are empty, not finite or not ascending.
    #[error("output times must be finite and strictly ascending, and at least one is needed")]
    Times,
    /// The tolerances or the step limit are not above 0.
    #[error("tolerances and the step limit must be finite and > 0")]
    Options,
    /// The discontinuities are not finite or not ascending.
    #[error("the discontinuities of the input must be finite and ascending")]
    Discontinuities,
    /// The input does not fit the system.
    #[error("at t = {time} ms: {error}")]
    Input {
        /// Time (ms).
        time: f64,
        /// What is wrong.
        error: InputError,
    },
    /// The solution left the range of finite numbers.
    #[error("{variable} of population '{population}' is not finite at t = {time} ms")]
    NotFinite {
        /// Name of the population.
        population: String,
        /// Name of the variable.
        variable: &'static str,
        /// Time (ms).
        time: f64,
    },
    /// The solution left the range in which it has a meaning.
    #[error(
        "{variable} of population '{population}' is {value} at t = {time} ms: the equations do not hold there"
    )]
    Meaningless {
        /// Name of the population.
        population: String,
        /// Name of the variable.
        variable: &'static str,
        /// Its value.
        value: f64,
        /// Time (ms).
        time: f64,
    },
    /// The tolerance cannot be met.
    #[error("the step size vanished at t = {time} ms; the tolerance cannot be met")]
    StepUnderflow {
        /// Time (ms).
        time: f64,
    },
    /// The number of steps allowed did not suffice.
    #[error(
        "the step limit was reached at t = {time} ms; the solution changes too fast for an explicit method"
    )]
    StepLimit {
        /// Time (ms).
        time: f64,
    },
    /// The job was interrupted.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl From<Interruption> for DynamicsError {
    fn from(interruption: Interruption) -> Self {
        match interruption {
            Interruption::StepUnderflow(time) => Self::StepUnderflow { time },
            Interruption::StepLimit(time) => Self::StepLimit { time },
        }
    }
}

/// Options of [`integrate`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IntegrationOptions {
    /// Error control.
    pub tolerance: Tolerance,
    /// Longest step (ms); `None` is the time constant `T` of the system. A feature of a smooth input that is shorter
    /// than this must be announced by a discontinuity.
    pub max_step: Option<f64>,
    /// Most steps, accepted and rejected, of the whole integration.
    pub max_steps: usize,
}

impl Default for IntegrationOptions {
    /// Default [`Tolerance`], steps up to `T`, a million of them.
    fn default() -> Self {
        Self { tolerance: Tolerance::default(), max_step: None, max_steps: 1_000_000 }
    }
}

/// States at the requested times.
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory {
    /// Output times (ms).
    pub times: Vec<f64>,
    /// States, one after the other: component `i` at time `k` is `states[k * dimension + i]`.
    pub states: Vec<f64>,
    /// Components of a state.
    pub dimension: usize,
    /// Steps accepted.
    pub steps: usize,
    /// Steps rejected by the error control.
    pub rejected: usize,
}

impl Trajectory {
    /// The state at output time `k`.
    #[must_use]
    pub fn state(&self, k: usize) -> &[f64] {
        &self.states[k * self.dimension..(k + 1) * self.dimension]
    }

    /// Component `i` at every output time.
    pub fn component(&self, i: usize) -> impl Iterator<Item = f64> + '_ {
        self.states.iter().skip(i).step_by(self.dimension).copied()
    }
}

/// Integrates from `initial` at `times[0]` and returns the state at every time of `times` (ms, ascending).
///
/// Embedded Runge-Kutta 5(4), restarted at every discontinuity of the input, with dense output in between.
///
/// # Errors
/// [`DynamicsError`] for arguments of the wrong shape or range, inputs that are not valid at some time, a solution that
/// ceases to be finite, a tolerance that cannot be met, and when the job is interrupted.
pub fn integrate<D: Dynamics + ?Sized>(
    dynamics: &D,
    initial: &[f64],
    source: &(impl InputSource + ?Sized),
    times: &[f64],
    options: &IntegrationOptions,
    job: &Job<'_>,
) -> Result<Trajectory, DynamicsError> {
    let dimension = dynamics.dimension();
    let max_step = options.max_step.unwrap_or(dynamics.time_constant());
    check(dimension, initial, source, times, options.tolerance, max_step)?;

    let control = Control { tolerance: options.tolerance, max_step, max_steps: options.max_steps };
    let (start, stop) = (times[0], times[times.len() - 1]);
    let inner = source.discontinuities().iter().copied().filter(|&t| t > start && t < stop);
    let mut method = DormandPrince::new(dimension);
    let mut y = initial.to_vec();
    let mut states = Vec::with_capacity(times.len() * dimension);
    states.extend_from_slice(initial);
    let mut next = 1;
    let mut left = start;
    let mut input = dynamics.silent_input();
    for right in inner.chain([stop]) {
        // At the right end of a stretch the input is taken from within it.
        let last = right.next_down();
        let field = |t: f64, y: &[f64], out: &mut [f64]| {
            job.check()?;
            let t = t.min(last);
            source.write(t, &mut input);
            dynamics
                .check_input(&input)
                .map_err(|error| DynamicsError::Input { time: t, error })?;
            dynamics.derivative(y, &input, out);
            Ok(())
        };
        let output = |method: &DormandPrince, t0: f64, t1: f64| {
            if let Some(index) = dynamics.meaningless(method.end()) {
                let (population, variable) = dynamics.variable(index);
                let population = dynamics.population(population).to_owned();
                let value = method.end()[index];
                return Err(DynamicsError::Meaningless { population, variable, value, time: t1 });
            }
            while next < times.len() && times[next] <= t1 {
                let theta = (times[next] - t0) / (t1 - t0);
                states.extend((0..dimension).map(|i| method.at(i, theta)));
                next += 1;
            }
            Ok(())
        };
        method
            .advance(field, (left, right), &mut y, control, output)
            .map_err(|e| name_component(e, dynamics, &y, source))?;
        left = right;
    }
    Ok(Trajectory {
        times: times.to_vec(),
        states,
        dimension,
        steps: method.accepted,
        rejected: method.rejected,
    })
}

fn check(
    dimension: usize,
    initial: &[f64],
    source: &(impl InputSource + ?Sized),
    times: &[f64],
    tolerance: Tolerance,
    max_step: f64,
) -> Result<(), DynamicsError> {
    if initial.len() != dimension {
        return Err(DynamicsError::StateLength { given: initial.len(), needed: dimension });
    }
    if let Some(index) = initial.iter().position(|x| !x.is_finite()) {
        return Err(DynamicsError::InitialState { index, value: initial[index] });
    }
    let finite = |xs: &[f64]| xs.iter().all(|x| x.is_finite());
    if times.is_empty() || !finite(times) || !times.is_sorted_by(|a, b| a < b) {
        return Err(DynamicsError::Times);
    }
    if ![tolerance.relative, tolerance.absolute, max_step].iter().all(|x| *x > 0.0 && x.is_finite())
    {
        return Err(DynamicsError::Options);
    }
    if !finite(source.discontinuities()) || !source.discontinuities().is_sorted() {
        return Err(DynamicsError::Discontinuities);
    }
    Ok(())
}

/// A vanishing step is a component that blows up where the field is not finite there.
fn name_component<D: Dynamics + ?Sized>(
    error: DynamicsError,
    dynamics: &D,
    y: &[f64],
    source: &(impl InputSource + ?Sized),
) -> DynamicsError {
    let DynamicsError::StepUnderflow { time } = error else {
        return error;
    };
    let mut input = dynamics.silent_input();
    source.write(time, &mut input);
    let mut slope = vec![0.0; y.len()];
    dynamics.derivative(y, &input, &mut slope);
    match slope.iter().position(|x| !x.is_finite() || x.abs() > 1e100) {
        Some(index) => {
            let (population, variable) = dynamics.variable(index);
            let population = dynamics.population(population).to_owned();
            DynamicsError::NotFinite { population, variable, time }
        }
        None => error,
    }
}
