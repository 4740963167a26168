//! From a morphology to compartments, and how a text names locations and selects among them.

pub mod compartments;
pub mod discretisation;
pub mod location_spec;
pub mod placement;
pub mod selection;
pub mod sites;
