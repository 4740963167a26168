//! Morphologically detailed neurons: from a reconstruction to dendritic integration.
//!
//! The crate goes one way:
//!
//! 1. [`swc`](geometry::swc) text or a [`generators`](geometry::generators) function gives a [`Morphology`]; [`operations`](geometry::operations) change it.
//! 2. A [`Discretisation`] cuts it into [`Compartments`]; a [`Selection`] chooses among them.
//! 3. A [`Cell`] adds membrane ([`channels`](membrane::channels) or any [`Mechanism`]), electrodes and synapses ([`receptor`](membrane::receptor)).
//! 4. [`Impedance`] answers for small signals at one frequency, a [`Simulation`] integrates in time.
//!
//! Units are those of [`units`]: µm, Ω·cm, µF/cm², S/cm², mV, ms, nA, µS, MΩ, mM, °C. The crate opens no files, prints
//! nothing and starts no threads but those that a [`ntwk_core::Job`] asks for.
//!
//! ```
//! use ntwk_morpho::membrane::channels::Leak;
//! use ntwk_morpho::geometry::generators::PyramidalTree;
//! use ntwk_morpho::{Cell, Discretisation, Impedance, Location, Region, Selection};
//!
//! let tree = PyramidalTree::default().build(1)?.without(Region::Axon)?.morphology;
//! let mut cell = Cell::new(tree.compartments(&Discretisation::d_lambda(150.0, 1.0))?, 1.0, 150.0)?;
//! cell.insert("leak", &Selection::All, Leak { g: 5e-5, E: -70.0 })?;
//! // How much a steady signal at the farthest tip loses on its way to the soma.
//! let tip = tree.farthest_tip(|r| r.is_dendrite()).map(|b| Location::new(b, 1.0)).ok_or("no dendrite")?;
//! let z = Impedance::new(&cell, 0.0, -70.0, 34.0)?;
//! assert!(z.attenuation(tip, Location::new(0, 0.5))?.re > 2.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod error;
pub mod parameter_error;
pub mod units;

pub mod extracellular;
pub mod geometry;
pub mod membrane;
pub mod mesh;
pub mod network;
pub mod solver;
pub mod spec;
pub mod studies;

pub use error::Error;
pub use geometry::morphology::{Attachment, Branch, Measures, Morphology, MorphologyError, Sample};
pub use geometry::region::Region;
pub use membrane::cell::{Cell, CellError};
pub use membrane::mechanism::Mechanism;
pub use membrane::receptor::{DoubleExponential, GabaB, MagnesiumBlock, Receptor};
pub use membrane::voltage_clamp::VoltageClamp;
pub use mesh::compartments::{Compartment, Compartments, Location, LocationError};
pub use mesh::discretisation::{Discretisation, DiscretisationError};
pub use mesh::location_spec::LocationSpec;
pub use mesh::placement::{Per, Spread};
pub use mesh::selection::Selection;
pub use mesh::sites::Sites;
pub use ntwk_core::Waveform;
pub use parameter_error::ParameterError;
pub use solver::coupling::coupled_response;
pub use solver::electrotonic::Electrotonic;
pub use solver::impedance::{Impedance, ImpedanceError};
pub use solver::simulation::{
    CoupledCells, CoupledError, FieldRecording, GapJunction, Method, Probe, Recording, Settings,
    Simulation, SimulationError, Spikes, SynapseProbe,
};

/// The example of the README is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
