//! Equations of other codes, for comparison.

pub mod quadratic;
pub mod tvb;
