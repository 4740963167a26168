//! The theory of a model, from its description: transfer functions scanned and fitted, the mean field and its states.

pub mod cells_at_rates;
pub mod departure;
pub mod error;
pub(crate) mod generation;
pub mod given_function;
pub mod lagged_gain;
pub mod laid_out;
pub mod loop_response;
pub mod open_loop;
pub mod predict;
pub mod refinement;
pub mod settled_state;
pub mod stationary;
pub mod windows;
