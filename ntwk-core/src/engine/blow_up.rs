//! A variable that left all sense.

/// The integration became unstable.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "the integration blew up: {variable} of neuron {neuron} in population {population} is {value} at t = {time} ms \
     (dt = {dt} ms); try a smaller dt, or method = \"heun\""
)]
pub struct BlowUp {
    /// Population.
    pub population: String,
    /// Neuron in the population.
    pub neuron: u32,
    /// Variable.
    pub variable: &'static str,
    /// Its value.
    pub value: f64,
    /// Start of the step in which it was seen (ms).
    pub time: f64,
    /// Time step (ms).
    pub dt: f64,
}
