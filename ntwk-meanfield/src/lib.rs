//! Mean-field theory of spiking networks.
//!
//! From the synapses onto a cell to the activity of a network, in the order of the theory:
//!
//! 1. [`moments`]: mean, standard deviation, skewness and autocorrelation time of the membrane potential under Poisson
//!    input ([`SynapseClass`], `ntwk_core::Membrane`);
//! 2. [`TransferFunction`]: the firing rate as a function of those moments; [`EffectiveThreshold`] is the fitted one;
//! 3. [`fit()`]: its coefficients from a scan of single-cell rates;
//! 4. [`MeanField`]: populations that drive each other through their transfer functions;
//! 5. [`find_fixed_points`] and [`integrate`]: its stationary states and its response to inputs;
//! 6. [`SecondOrder`]: the same with finite-size fluctuations.
//!
//! Units: ms, mV, pF, nS, pA; rates in Hz. Derivatives are exact: every formula is written once over [`Scalar`] and
//! evaluated in dual numbers.

mod domain;
mod dormand_prince;
mod dynamics;
mod effective_threshold;
mod fit;
mod fixed_point;
pub mod from_model;
mod input;
mod least_squares;
mod moments;
mod point;
mod ridge;
mod scalar;
mod scan;
mod second_order;
mod siegert;
pub mod single_cell;
pub mod special;
mod synapse;
mod system;
mod threshold_form;
mod transfer_function;
pub mod tvb;

pub use domain::Domain;
pub use dormand_prince::Tolerance;
pub use dynamics::{Dynamics, DynamicsError, IntegrationOptions, Trajectory, integrate};
pub use effective_threshold::{EffectiveThreshold, ThresholdError, effective_threshold};
pub use fit::{Fit, FitOptions, Termination, ThresholdStep, Weighting, fit};
pub use fixed_point::{
    FixedPoint, FixedPointError, FixedPointOptions, FixedPointStatus, FixedPoints, Stability,
    default_starts, find_fixed_points,
};
pub use input::{FunctionInput, Input, InputError, InputSource, SampledInput};
pub use moments::{
    DIRECTIONS, Moments, MomentsError, SIGMA_FLOOR, current_based_sigma, mean_synaptic_current,
    moments, moments_and_gradient,
};
pub use point::{Gains, Point, PointError};
pub use ridge::{RidgeFit, fit_ridge};
pub use scalar::{Dual, HyperDual, Scalar};
pub use scan::{FitError, FitQuality, ScanPoint};
pub use second_order::{SecondOrder, SecondOrderState, SecondOrderStatus};
pub use siegert::Siegert;
pub use synapse::{Mixture, SynapseClass};
pub use system::{
    Adaptation, Connection, Fault, InvalidMeanField, MeanField, MeanFieldPopulation, Source,
};
pub use threshold_form::{MAX_TERMS, ThresholdForm, edgeworth_tail};
pub use transfer_function::{DynTransferFunction, TransferFunction};
