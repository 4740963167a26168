//! Analysis of spike trains, sampled variables and population activity.
//!
//! Everything works on the plain arrays of [`ntwk_core::Recording`]: spikes as `(step, neuron)` pairs, counts per
//! step, traces `[sample x neuron]`. **Time is counted in integer steps**, bins are whole numbers of steps, and a
//! [`Window`] is half-open, so no spike is counted twice or lost to the rounding of a bin edge.
//!
//! ```
//! use ntwk_analysis::{Bins, SpikeTrains, Window, mean_fano_factor, mean_rate};
//! use ntwk_core::Spikes;
//!
//! // Two neurons that fire together every 10 ms for 100 ms.
//! let steps: Vec<u64> = (0..10).flat_map(|k| [100 * k, 100 * k]).collect();
//! let spikes = Spikes { ids: [0, 1].repeat(10), steps };
//! let (dt, window) = (0.1, Window::new(0, 1000)?); // ms, steps
//! let trains = SpikeTrains::new(&spikes, 2, Some(window))?;
//! let fano = mean_fano_factor(&trains, Bins::new(window, 100)?);
//! assert_eq!(fano.map(|f| f.value), Some(0.0)); // one spike in every bin
//!
//! let mut counts = vec![0; 1000]; // of the population, per step
//! spikes.steps.iter().for_each(|&step| counts[step as usize] += 1);
//! assert_eq!(mean_rate(&counts, 2, window, dt)?, 100.0); // Hz
//! # Ok::<(), ntwk_analysis::AnalysisError>(())
//! ```
//!
//! A quantity that the data do not define (the variability of a train with two spikes, the mean of no sample) is
//! `None`; a call that makes no sense (a window outside the run, a bin of no step) is an [`AnalysisError`].
//!
//! | question | item |
//! |---|---|
//! | how fast does it fire | [`mean_rate`], [`mean_rate_error`], [`neuron_rates`] |
//! | how does the activity evolve | [`PopulationRate::from_counts`], [`PopulationRate::smoothed`], [`PopulationRate::peak`] |
//! | how irregular are the trains | [`intervals::cv`], [`intervals::cv2`], [`intervals::lv`], [`Irregularity`] |
//! | how variable are counts | [`fano_factor`], [`mean_fano_factor`] |
//! | do neurons fire together | [`count_correlations`], [`mean_count_correlation`], [`sttc()`], [`synchrony_index`] |
//! | which rhythms, which memory | [`PowerSpectrum::welch`], [`SpectralPeak::of`], [`autocorrelation()`], [`AutocorrelationTime`] |
//! | does activity come in episodes | [`up_down_states`], [`bursts`] |
//! | what precedes a spike | [`SpikeTriggered::of`] |
//! | where is the membrane potential | [`TraceMoments::masked`] |
//! | how large are conductances, currents | [`TraceMoments::new`] |
//! | do excitation and inhibition cancel | [`CurrentBalance::of`] |
//! | what shape have the spikes of a trace | [`TraceFeatures::of`] |
//!
//! Units: ms, mV, pA, nS; rates in Hz.

pub mod autocorrelation;
pub mod balance;
pub mod bins;
pub mod correlation;
pub mod error;
pub mod estimate;
pub mod features;
pub mod intervals;
pub mod moments;
pub mod population_rate;
pub mod rate;
pub mod spectrum;
pub mod spike_mask;
pub mod spike_triggered;
pub mod states;
pub mod sttc;
pub mod synchrony;
pub mod trace_moments;
pub mod trains;
pub mod window;

pub use autocorrelation::{AutocorrelationTime, autocorrelation, autocorrelation_with_gaps};
pub use balance::CurrentBalance;
pub use bins::{Bins, fano_factor, mean_fano_factor};
pub use correlation::{count_correlations, mean_count_correlation};
pub use error::AnalysisError;
pub use estimate::Estimate;
pub use features::{SpikeCriteria, SpikeShape, Stimulus, TraceFeatures};
pub use intervals::Irregularity;
pub use moments::Moments;
pub use population_rate::{Peak, PopulationRate};
pub use rate::{mean_rate, mean_rate_error, neuron_rates};
pub use spectrum::{PowerSpectrum, SpectralPeak};
pub use spike_mask::SpikeMask;
pub use spike_triggered::SpikeTriggered;
pub use states::{Burst, State, bursts, up_down_states};
pub use sttc::{sttc, sttc_matrix};
pub use synchrony::synchrony_index;
pub use trace_moments::TraceMoments;
pub use trains::SpikeTrains;
pub use window::Window;

/// The example of the README is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
