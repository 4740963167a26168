//! Potentials outside a cell from the currents through its membrane.
//!
//! Every compartment is a source of its transmembrane current ([`crate::Probe::Transmembrane`]). What an electrode sees is a
//! sum with constant weights, so that one matrix, electrodes by compartments, is all there is to compute ([`lead_field`]);
//! a simulation applies it while it runs. Units close without factors: nA, µm and S/m give mV.

pub mod dipole;
pub mod electrode;
pub mod four_sphere;
pub mod medium;
pub mod segment;
pub mod source;

pub use dipole::{dipole_moment, dipole_potential};
pub use electrode::{Contact, ContactShape};
pub use four_sphere::FourSpheres;
pub use medium::{Medium, Slice};
pub use segment::{Segment, segments};
pub use source::{SourceModel, lead_field, potential};
