//! The cable equation: in time, in the linear response, and its gradients.

pub mod coupling;
pub mod electrotonic;
pub mod ensemble;
pub mod hines;
pub mod impedance;
pub mod passive;
pub mod passive_fit;
pub mod side_by_side;
pub mod simulation;
