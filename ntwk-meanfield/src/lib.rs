//! Mean-field theory of spiking networks.
//!
//! From the synapses onto a cell to the activity of a network, in the order of the theory:
//!
//! 1. [`moments`](mod@moments): mean, standard deviation, skewness and autocorrelation time of the membrane potential under Poisson
//!    input ([`SynapseClass`], `ntwk_core::Membrane`);
//! 2. [`TransferFunction`]: the firing rate as a function of those moments; [`EffectiveThreshold`] is the fitted one;
//! 3. [`fit()`]: its coefficients from a scan of single-cell rates;
//! 4. [`MeanField`]: populations that drive each other through their transfer functions;
//! 5. [`find_fixed_points`], [`all_fixed_points`] and [`integrate`]: its stationary states and its response to inputs;
//! 6. [`SecondOrder`] and [`LinearResponse`]: finite-size fluctuations, their covariances and spectra;
//!    [`integrate_with_noise`] shows them in time;
//! 7. [`phase_plane`], [`follow`], [`bifurcation_diagram`] and [`map_fixed_points`]: nullclines, branches along a parameter with
//!    their saddle-node and Hopf bifurcations, maps over many parameters.
//!
//! [`spike_trains`](scan::spike_trains) takes trains as regular as those of cells, where the moments take Poisson trains. [`Tabulated`] interpolates measured rates. [`Siegert`] is the transfer function of the leaky integrate-and-fire neuron, [`tvb`](reference::tvb) the equations of The Virtual
//! Brain for comparison.
//!
//! ```
//! use ntwk_core::{Job, Membrane};
//! use ntwk_meanfield::*;
//! use std::sync::Arc;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let membrane = Membrane {
//!     C_m: 200.0, g_L: 10.0, E_L: -65.0, V_th: -50.0, V_reset: -65.0, t_ref: 5.0, a: 0.0, b: 0.0, tau_w: 500.0,
//! };
//! // Thresholds of regular- and fast-spiking cells, fitted to a scan with the moments of this crate (V).
//! let coefficients = [
//!     [-0.051300, 0.0066140, 0.0015179, 0.0029649],
//!     [-0.051499, 0.0030956, 0.00018195, -0.00016262],
//! ];
//! let synapse = |in_degree, weight, E_rev| SynapseClass { in_degree, weight, tau_syn: 5.0, E_rev, mixture: None, tau_rise: 0.0, short_term: None };
//! let mut populations = Vec::new();
//! for (name, size, c) in [("RS", 8000, coefficients[0]), ("FS", 2000, coefficients[1])] {
//!     populations.push(MeanFieldPopulation {
//!         name: name.to_owned(),
//!         size,
//!         membrane,
//!         transfer_function: Arc::new(EffectiveThreshold::from_volts(ThresholdForm::Linear4, &c, None)?),
//!         connections: vec![
//!             Connection { source: Source::Population(0), synapse: synapse(400.0, 1.0, 0.0) },
//!             Connection { source: Source::Population(1), synapse: synapse(100.0, 5.0, -80.0) },
//!             Connection { source: Source::Afferent(0), synapse: synapse(400.0, 1.0, 0.0) },
//!         ],
//!         adaptation: Adaptation::InTransferFunction,
//!     });
//! }
//! let system = MeanField::new(populations, vec!["drive".to_owned()], 5.0)?;
//!
//! let drive = Input { afferent_rates: vec![4.0], currents: vec![0.0, 0.0] };
//! let fixed_points = find_fixed_points(&system, &drive, &default_starts(2), &FixedPointOptions::default(), &Job::new())?;
//! let rest = fixed_points.points.iter().find(|f| f.stability == Stability::Stable).ok_or("no stable state")?;
//! assert!((rest.rates[0] - 4.76).abs() < 0.01 && (rest.rates[1] - 13.04).abs() < 0.01);
//!
//! let stimulus = |t: f64, input: &mut Input| {
//!     input.afferent_rates[0] = if (100.0..150.0).contains(&t) { 6.0 } else { 4.0 };
//! };
//! let source = FunctionInput { function: stimulus, discontinuities: vec![100.0, 150.0] };
//! let times: Vec<f64> = (0..=3000).map(|k| 0.1 * f64::from(k)).collect();
//! let response = integrate(&system, &rest.rates, &source, &times, &IntegrationOptions::default(), &Job::new())?;
//! assert!(response.component(0).fold(0.0, f64::max) > 5.5);
//! # Ok(())
//! # }
//! ```
//!
//! Units: ms, mV, pF, nS, pA; rates in Hz. Derivatives are exact: every formula is written once over [`Scalar`] and
//! evaluated in dual numbers.

pub mod bifurcation;
pub mod dynamics;
pub mod error;
pub mod fit;
pub mod moments;
pub mod prediction;
pub mod reference;
pub mod scan;
pub mod spatial;
pub mod system;
pub mod transfer;

pub use bifurcation::all_fixed_points::{
    AllFixedPoints, Completeness, all_fixed_points, is_saturated,
};
pub use bifurcation::bifurcation_diagram::{BifurcationDiagram, Sought, bifurcation_diagram};
pub use bifurcation::branch::{
    Bifurcation, Branch, BranchEnd, BranchPoint, ContinuationError, ContinuationOptions,
};
pub use bifurcation::continuation::{Family, follow};
pub use bifurcation::delayed::{DelayedStability, Lags, delayed_stability};
pub use bifurcation::fixed_point::{
    FixedPoint, FixedPointError, FixedPointOptions, FixedPointStatus, FixedPoints, Stability,
    default_starts, find_fixed_points,
};
pub use bifurcation::parameter_map::map_fixed_points;
pub use bifurcation::phase_plane::{PhasePlane, PhasePlaneError, phase_plane};
pub use bifurcation::self_consistency::{SelfConsistency, SelfConsistencyError, self_consistency};
pub use dynamics::delay_distribution::{DelayDistribution, delay_distributions};
pub use dynamics::dormand_prince::Tolerance;
pub use dynamics::effective_connectivity::{
    EffectiveConnectivity, Sensitivity, growing_oscillation, low_passed_deviations, poisson_noise,
};
pub use dynamics::growing_oscillation::GrowingOscillation;
pub use dynamics::linear_response::LinearResponse;
pub use dynamics::noise::{NoiseError, NoiseOptions, integrate_with_noise};
pub use dynamics::second_order::{SecondOrder, SecondOrderState, SecondOrderStatus};
pub use dynamics::{Dynamics, DynamicsError, IntegrationOptions, Trajectory, integrate};
pub use error::Error;
pub use fit::cross_validation::{CrossValidation, cross_validate};
pub use fit::problem::{FitError, FitQuality};
pub use fit::ridge::{RidgeFit, fit_ridge};
pub use fit::{Fit, FitOptions, Termination, ThresholdStep, Weighting, fit};
pub use moments::scalar::{Dual, HyperDual, Scalar};
pub use moments::short_term::ShortTermPlasticity;
pub use moments::synapse::{Mixture, SynapseClass};
pub use moments::{
    DIRECTIONS, Moments, MomentsError, SIGMA_FLOOR, current_based_sigma, mean_synaptic_current,
    moments, moments_and_gradient, potential_density,
};
pub use prediction::departure::Departure;
pub use prediction::error::TheoryError;
pub use prediction::predict::{Theory, predict};
pub use prediction::stationary::StationaryState;
pub use prediction::windows::ComparisonWindows;
pub use scan::inputs::VarianceFactors;
pub use scan::point::ScanPoint;
pub use scan::single_cell::{SingleCellError, SingleCellPlan, SingleCellScan, run_scan};
pub use scan::unsupported::{Unsupported, covered_membrane, synapse_class};
pub use spatial::coupling::{Coupling, CouplingFault, InvalidCoupling, Link};
pub use spatial::spatial_mean_field::{
    SpatialError, SpatialMeanField, SpatialOptions, SpatialTrajectory,
};
pub use system::from_model::{FromModelError, ModelInput, mean_field};
pub use system::input::{FunctionInput, Input, InputError, InputSource, SampledInput};
pub use system::limitation::{Limitation, limitations};
pub use system::point::{Gains, Point, PointError};
pub use system::{
    Adaptation, Connection, Fault, InvalidMeanField, MeanField, MeanFieldPopulation, Source,
};
pub use transfer::domain::Domain;
pub use transfer::effective_threshold::{EffectiveThreshold, ThresholdError, effective_threshold};
pub use transfer::fit_domain::FitDomain;
pub use transfer::normalisation::Normalisation;
pub use transfer::siegert::Siegert;
pub use transfer::tabulated::{TableError, Tabulated};
pub use transfer::threshold_form::{MAX_TERMS, ThresholdForm, edgeworth_tail};
pub use transfer::transfer_function::{DynTransferFunction, TransferFunction};

/// The example of the README is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
