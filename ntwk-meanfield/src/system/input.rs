//! Input to a mean-field system: at one time, and as a function of time.

use serde::{Deserialize, Serialize};

/// Input at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Rate of each afferent (Hz per presynaptic neuron, >= 0).
    pub afferent_rates: Vec<f64>,
    /// Current into each cell of each population (pA).
    pub currents: Vec<f64>,
}

/// An input that does not fit the system.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InputError {
    /// The number of afferent rates or of currents is wrong.
    #[error(
        "the input has {rates} afferent rates and {currents} currents; the system has {afferents} afferents and {populations} populations"
    )]
    Shape {
        /// Rates given.
        rates: usize,
        /// Currents given.
        currents: usize,
        /// Afferents of the system.
        afferents: usize,
        /// Populations of the system.
        populations: usize,
    },
    /// A rate is negative or not finite.
    #[error("the rate of afferent {index} is {value} Hz; a finite rate >= 0 is needed")]
    Rate {
        /// Index of the afferent.
        index: usize,
        /// Rate given (Hz).
        value: f64,
    },
    /// A current is not finite.
    #[error("the current into population {index} is {value} pA; a finite current is needed")]
    Current {
        /// Index of the population.
        index: usize,
        /// Current given (pA).
        value: f64,
    },
    /// The sampling interval is out of range or there is no sample.
    #[error(
        "{samples} samples at an interval of {dt} ms; at least one and an interval > 0 ms are needed"
    )]
    Sampling {
        /// Samples given.
        samples: usize,
        /// Interval given (ms).
        dt: f64,
    },
}

impl Input {
    pub(crate) fn check(&self, afferents: usize, populations: usize) -> Result<(), InputError> {
        let (rates, currents) = (self.afferent_rates.len(), self.currents.len());
        if rates != afferents || currents != populations {
            return Err(InputError::Shape { rates, currents, afferents, populations });
        }
        let bad_rate = |x: &f64| !(*x >= 0.0 && x.is_finite());
        if let Some(index) = self.afferent_rates.iter().position(bad_rate) {
            return Err(InputError::Rate { index, value: self.afferent_rates[index] });
        }
        match self.currents.iter().position(|x| !x.is_finite()) {
            Some(index) => Err(InputError::Current { index, value: self.currents[index] }),
            None => Ok(()),
        }
    }
}

/// Input as a function of time, smooth between its discontinuities.
///
/// An integration restarts at every discontinuity, so that no stimulus can be stepped over.
pub trait InputSource {
    /// Times (ms, ascending) at which the input or its derivative jumps.
    fn discontinuities(&self) -> &[f64];

    /// Writes the input at time `t` (ms) into `input`, which has the shape of the system.
    ///
    /// At a discontinuity the value to its right is meant.
    fn write(&self, t: f64, input: &mut Input);
}

/// An input that does not change.
impl InputSource for Input {
    fn discontinuities(&self) -> &[f64] {
        &[]
    }
    fn write(&self, _t: f64, input: &mut Input) {
        input.clone_from(self);
    }
}

/// Samples at a fixed interval, each held until the next; sample `k` holds on `[k dt, (k+1) dt)`, the first also before
/// and the last also after.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledInput {
    /// Times at which the input changes; `pieces` has one more entry.
    changes: Vec<f64>,
    pieces: Vec<Input>,
}

impl SampledInput {
    /// From samples at interval `dt` (ms), the first at t = 0. Equal neighbours are merged.
    ///
    /// # Errors
    /// [`InputError::Sampling`] without samples or with an interval that is not above 0.
    pub fn new(dt: f64, samples: Vec<Input>) -> Result<Self, InputError> {
        if samples.is_empty() || !(dt > 0.0 && dt.is_finite()) {
            return Err(InputError::Sampling { samples: samples.len(), dt });
        }
        let (mut changes, mut pieces) = (Vec::new(), Vec::<Input>::new());
        for (k, sample) in samples.into_iter().enumerate() {
            if pieces.last() != Some(&sample) {
                if k > 0 {
                    changes.push(k as f64 * dt);
                }
                pieces.push(sample);
            }
        }
        Ok(Self { changes, pieces })
    }
}

impl InputSource for SampledInput {
    fn discontinuities(&self) -> &[f64] {
        &self.changes
    }
    fn write(&self, t: f64, input: &mut Input) {
        input.clone_from(&self.pieces[self.changes.partition_point(|&c| c <= t)]);
    }
}

/// Input given by a function of time.
#[derive(Debug, Clone)]
pub struct FunctionInput<F> {
    /// Writes the input at a time (ms).
    pub function: F,
    /// Times (ms, ascending) at which it or its derivative jumps.
    pub discontinuities: Vec<f64>,
}

impl<F: Fn(f64, &mut Input)> InputSource for FunctionInput<F> {
    fn discontinuities(&self) -> &[f64] {
        &self.discontinuities
    }
    fn write(&self, t: f64, input: &mut Input) {
        (self.function)(t, input);
    }
}
