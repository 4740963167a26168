//! Membrane currents with their published kinetics.
//!
//! Outward current is positive, i = g (V − E). Φ(x) = x/(eˣ − 1) and σ(x) = 1/(1 + e^{−x}) as in [`crate::exponential`], so
//! rates have no singularity. φ is the temperature factor q10^((θ − θ_ref)/10) at the run's temperature θ.

mod hodgkin_huxley;
mod leak;

pub use hodgkin_huxley::HodgkinHuxley;
pub use leak::Leak;
