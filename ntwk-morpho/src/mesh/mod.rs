//! From a morphology to compartments.

pub mod compartments;
pub mod discretisation;
pub mod electrotonic;
pub mod error_estimate;
pub mod placement;
