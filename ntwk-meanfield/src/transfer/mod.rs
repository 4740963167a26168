//! Transfer functions: the firing rate of a cell as a function of the moments of its membrane potential.

pub(crate) mod domain;
pub(crate) mod effective_threshold;
pub(crate) mod fit_domain;
pub(crate) mod interpolation;
pub(crate) mod normalisation;
pub(crate) mod siegert;
mod siegert_response;
pub(crate) mod tabulated;
pub(crate) mod threshold_form;
pub(crate) mod transfer_function;
