//! Membrane currents with their published kinetics.
//!
//! Outward current is positive, i = g (V − E). Φ(x) = x/(eˣ − 1) and σ(x) = 1/(1 + e^{−x}) as in [`crate::membrane::exponential`], so
//! rates have no singularity; every linoid A (V − θ)/(1 − e^{−(V−θ)/q}) is written A q Φ(−(V−θ)/q). φ is the temperature
//! factor q10^((θ − θ_ref)/10) at the run's temperature θ. Rates are in 1/ms, potentials in mV, densities in S/cm².
//!
//! | type | current | source of the kinetics |
//! |---|---|---|
//! | [`Leak`] | leak | – |
//! | [`HodgkinHuxley`] | squid axon | Hodgkin and Huxley 1952 |
//! | [`TraubMiles`] | sodium and potassium, shifted by V_T | Traub and Miles 1991, as in Destexhe's HH2 |
//! | [`Sodium`], [`FastSodium`] | sodium | Mainen et al. 1995; Durstewitz et al. 2000 |
//! | [`Kv`], [`DelayedRectifier`], [`SlowPotassium`], [`Muscarinic`] | potassium | Mainen et al. 1995; Poirazi et al. 2003 |
//! | [`AType`] | A-type potassium, proximal and distal | Hoffman et al. 1997, Migliore et al. 1999 |
//! | [`CalciumActivated`] | calcium-activated potassium | Reuveni et al. 1993 |
//! | [`HighThresholdCalcium`], [`TCalcium`] | calcium | Reuveni et al. 1993; Destexhe and Huguenard |
//! | [`Hcn`], [`HcnPoirazi`] | hyperpolarisation-activated | Magee 1998; Poirazi et al. 2003 |
//! | [`CalciumPool`] | concentration in a shell | Destexhe, Babloyantz and Sejnowski 1993 |

mod a_type;
mod calcium;
mod calcium_activated;
mod calcium_pool;
mod hcn;
mod hodgkin_huxley;
mod leak;
mod potassium;
mod sodium;
mod traub_miles;

pub use a_type::AType;
pub use calcium::{HighThresholdCalcium, TCalcium};
pub use calcium_activated::CalciumActivated;
pub use calcium_pool::CalciumPool;
pub use hcn::{Hcn, HcnPoirazi};
pub use hodgkin_huxley::HodgkinHuxley;
pub use leak::Leak;
pub use potassium::{DelayedRectifier, Kv, Muscarinic, SlowPotassium};
pub use sodium::{FastSodium, Sodium};
pub use traub_miles::TraubMiles;

use crate::parameter_error::ParameterError;

/// The check that all channels with one density and one reversal potential share.
fn check_ohmic(g: f64, reversal: f64) -> Result<(), ParameterError> {
    ParameterError::not_negative("g", g, "S/cm2")?;
    ParameterError::finite("E", reversal, "mV")
}

/// φ = q10^((celsius − reference)/10).
fn temperature_factor(q10: f64, celsius: f64, reference: f64) -> f64 {
    q10.powf((celsius - reference) / 10.0)
}
