//! What a membrane mechanism is: something that adds current and conductance to compartments.

use crate::parameter_error::ParameterError;
use nalgebra::Complex;
use std::fmt::Debug;

/// Where a mechanism is inserted.
#[derive(Debug, Clone)]
pub struct Site {
    /// Temperature (°C).
    pub celsius: f64,
    /// Factor on the mechanism's density in every place, in the order of the arrays it will see; at least as long as
    /// `n_compartments` and padded with zeros to the length of those arrays.
    pub scale: Vec<f64>,
    /// Number of compartments; entries of the arrays beyond it are padding.
    pub n_compartments: usize,
}

/// Arrays a mechanism works on, one entry per place, all of one length (a multiple of [`LANES`]).
///
/// The potential and the concentration are those of the places; what a mechanism contributes is **added** to the rest.
#[derive(Debug)]
pub struct Membrane<'a> {
    /// Potential (mV).
    pub v: &'a [f64],
    /// Calcium concentration inside (mM); a pool writes it.
    pub calcium: &'a mut [f64],
    /// Calcium current density (mA/cm², outward positive), part of `current` too.
    pub calcium_current: &'a mut [f64],
    /// Current density (mA/cm², outward positive).
    pub current: &'a mut [f64],
    /// Slope conductance ∂i/∂V at fixed state (S/cm²).
    pub conductance: &'a mut [f64],
}

/// The word for a current that no single ion carries.
pub const NONSPECIFIC: &str = "nonspecific";

/// Arrays are padded to a multiple of this many entries, so that loops need no remainder.
pub const LANES: usize = 16;

/// The parameters of a mechanism: what a user writes.
///
/// Two kinds exist in the crate: ohmic currents through gates ([`crate::membrane::channel::Kinetics`]) and the calcium pool.
pub trait Mechanism: Debug + Send + Sync {
    /// Name of the kind of mechanism, e.g. `"hodgkin_huxley"`; the default name of an instance.
    fn kind(&self) -> &str;

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ParameterError`] naming the first parameter out of range.
    fn check(&self) -> Result<(), ParameterError>;

    /// Makes the state for the places of a site.
    fn instantiate(&self, site: Site) -> Box<dyn MechanismState>;

    /// Membrane admittance (S/cm²) for small sinusoidal changes of angular frequency `omega` (1/ms) about the steady state
    /// at potential `v` (mV) and calcium `calcium` (mM), where the mechanism has one.
    fn admittance(&self, celsius: f64, v: f64, calcium: f64, omega: f64) -> Option<Complex<f64>>;

    /// Shortest time constant (ms) of its gates where spikes go, from −80 to 40 mV; none without gates.
    fn fastest(&self, celsius: f64, calcium: f64) -> Option<f64> {
        let _ = (celsius, calcium);
        None
    }

    /// Whether the mechanism reads or writes calcium.
    fn uses_calcium(&self) -> bool {
        false
    }
}

/// Potentials (mV) that a spike passes, for [`Mechanism::fastest`].
pub(crate) fn passed() -> impl Iterator<Item = f64> {
    (-16..=8).map(|k| 5.0 * f64::from(k))
}

/// The shortest time constant (ms) of rates (1/ms), if one is above 0.
pub(crate) fn shortest(rates: impl Iterator<Item = f64>) -> Option<f64> {
    let fastest = rates.filter(|r| r.is_finite()).fold(0.0, f64::max);
    (fastest > 0.0).then(|| 1.0 / fastest)
}

/// The state of a mechanism in all its places.
pub trait MechanismState: Debug + Send + Sync {
    /// Sets the state to its steady state at the potential and calcium given.
    fn initialise(&mut self, membrane: &mut Membrane<'_>);

    /// Adds current and slope conductance for the state and potential as they are.
    fn currents(&mut self, membrane: &mut Membrane<'_>);

    /// Advances the state by `dt` (ms) at constant potential.
    fn advance(&mut self, membrane: &mut Membrane<'_>, dt: f64);

    /// The ion that carries each part of the current, [`NONSPECIFIC`] where there is no single one; none without a current.
    fn ions(&self) -> Vec<&str>;

    /// Current density (mA/cm²) and slope conductance (S/cm²) of a part in all places (padding included), for the state as it
    /// is and these potentials and concentrations.
    fn part(&mut self, part: usize, v: &[f64], calcium: &[f64], values: &mut [Vec<f64>; 2]);

    /// Names of the state variables.
    fn variables(&self) -> Vec<&str>;

    /// A state variable in all places (padding included), by its index in [`MechanismState::variables`].
    fn variable(&self, index: usize) -> Option<&[f64]>;

    /// The same, to be set.
    fn variable_mut(&mut self, index: usize) -> Option<&mut [f64]>;

    /// A copy.
    fn boxed_clone(&self) -> Box<dyn MechanismState>;
}

impl Clone for Box<dyn MechanismState> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}
