//! Morphologically detailed neurons: from a reconstruction to dendritic integration.
//!
//! The crate goes one way:
//!
//! 1. [`swc`] text or a [`generators`] function gives a [`Morphology`]; [`operations`] change it.
//! 2. A [`Discretisation`] cuts it into [`Compartments`]; a [`Selection`] chooses among them.
//! 3. A [`Cell`] adds membrane ([`channels`] or any [`Mechanism`]), electrodes and synapses ([`receptor`]).
//! 4. [`Impedance`] answers for small signals at one frequency, a [`Simulation`] integrates in time.
//!
//! Units are those of [`units`]: µm, Ω·cm, µF/cm², S/cm², mV, ms, nA, µS, MΩ, mM, °C. The crate opens no files, prints
//! nothing and starts no threads but those that a [`Work`] asks for.
//!
//! ```
//! use ntwk_morpho::channels::Leak;
//! use ntwk_morpho::generators::PyramidalTree;
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

pub mod cell;
pub mod channel;
pub mod channels;
pub mod compartments;
pub mod coupling;
pub mod declared;
pub mod discretisation;
pub mod discretisation_error;
pub mod electrotonic;
pub mod ensemble;
pub mod exponential;
pub mod expression;
pub mod generators;
pub mod hines;
pub mod impedance;
pub mod mechanism;
pub mod morphology;
pub mod operations;
pub mod passive;
pub mod passive_fit;
pub mod place;
pub mod placement;
pub mod quantity;
pub mod receptor;
pub mod region;
pub mod selection;
pub mod simplify;
pub mod simulation;
pub mod spec;
pub mod stimulus;
pub mod studies;
pub mod swc;
pub mod units;
pub mod work;

pub use cell::{Cell, CellError};
pub use compartments::{Compartment, Compartments, Location, LocationError};
pub use coupling::coupled_response;
pub use discretisation::{Discretisation, DiscretisationError};
pub use electrotonic::Electrotonic;
pub use impedance::{Impedance, ImpedanceError};
pub use mechanism::{Mechanism, ParameterError};
pub use morphology::{Attachment, Branch, Measures, Morphology, MorphologyError, Sample};
pub use place::Place;
pub use placement::{Per, Spread};
pub use receptor::{DoubleExponential, GabaB, MagnesiumBlock, Receptor};
pub use region::Region;
pub use selection::Selection;
pub use simulation::{
    CoupledCells, CoupledError, GapJunction, Method, Probe, Recording, Settings, Simulation,
    SimulationError, Spikes,
};
pub use stimulus::{VoltageClamp, Waveform};
pub use work::Work;
