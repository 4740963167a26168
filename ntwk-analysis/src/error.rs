//! What can be wrong with a call to the analysis.

use thiserror::Error;

/// A call that the data cannot answer.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum AnalysisError {
    /// The time step is not a finite number above zero.
    #[error("dt = {dt} ms: the time step must be finite and above 0")]
    TimeStep {
        /// The time step given (ms).
        dt: f64,
    },
    /// The window holds no step.
    #[error("window [{start}, {end}) holds no step: its end must come after its start")]
    EmptyWindow {
        /// First step.
        start: u64,
        /// One past the last step.
        end: u64,
    },
    /// The bounds of a window in milliseconds are not finite or not ordered, or before the start of the run.
    #[error(
        "window from {start} ms to {end} ms: both must be finite, the start >= 0 and the end after it"
    )]
    WindowBounds {
        /// Start given (ms).
        start: f64,
        /// End given (ms).
        end: f64,
    },
    /// The window reaches beyond the steps that were recorded.
    #[error("window [{start}, {end}) reaches beyond the {available} recorded steps")]
    OutsideRun {
        /// First step.
        start: u64,
        /// One past the last step.
        end: u64,
        /// Number of steps recorded.
        available: u64,
    },
    /// A bin of no step, or longer than the window.
    #[error(
        "a bin of {bin} steps does not fit a window of {available} steps: it must hold 1 to {available}"
    )]
    Bin {
        /// Steps per bin given.
        bin: u64,
        /// Steps of the window.
        available: u64,
    },
    /// A width, a lag or a threshold that is not usable.
    #[error("{name} = {value} {unit}: it must be {expected}")]
    Parameter {
        /// Name of the argument.
        name: &'static str,
        /// Value given.
        value: f64,
        /// Unit of the value.
        unit: &'static str,
        /// What is accepted.
        expected: &'static str,
    },
    /// Two arrays that belong together differ in length.
    #[error("{what}: lengths {left} and {right} differ")]
    Lengths {
        /// The two arrays.
        what: &'static str,
        /// Length of the first.
        left: usize,
        /// Length of the second.
        right: usize,
    },
    /// A spike of a neuron that the population does not have.
    #[error("spike of neuron {id}, but the population has {size} neurons")]
    Neuron {
        /// Index of the neuron.
        id: u32,
        /// Size of the population.
        size: usize,
    },
    /// A population without neurons, for a quantity that is a mean over them.
    #[error("the population has no neuron")]
    NoNeuron,
    /// A sample that is not a finite number.
    #[error("{variable} of neuron {neuron} is {value} at step {step}")]
    NotFinite {
        /// Variable of the trace.
        variable: String,
        /// Index of the neuron in its population.
        neuron: u32,
        /// Step of the sample.
        step: u64,
        /// The value found.
        value: f64,
    },
}
