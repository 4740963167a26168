//! Equations of other codes, for comparison.

pub mod quadratic;
pub mod tvb;
pub mod zerlaut_2018;
