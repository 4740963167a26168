//! Morphologically detailed neurons: from a reconstruction to dendritic integration.
//!
//! The crate goes one way: [`swc`] text or a [`generators`] function gives a [`Morphology`]; a [`Discretisation`] cuts it
//! into [`Compartments`].

pub mod cell;
pub mod channel;
pub mod channels;
pub mod compartments;
pub mod discretisation;
pub mod exponential;
pub mod generators;
pub mod hines;
pub mod impedance;
pub mod mechanism;
pub mod morphology;
pub mod operations;
pub mod receptor;
pub mod region;
pub mod selection;
pub mod simulation;
pub mod stimulus;
pub mod swc;
pub mod units;

pub use cell::{Cell, CellError};
pub use compartments::{Compartment, Compartments, Location, LocationError};
pub use discretisation::{Discretisation, DiscretisationError};
pub use impedance::{Impedance, ImpedanceError};
pub use mechanism::{Mechanism, ParameterError};
pub use morphology::{Attachment, Branch, Measures, Morphology, MorphologyError, Sample};
pub use receptor::{DoubleExponential, GabaB, MagnesiumBlock, Receptor};
pub use region::Region;
pub use selection::Selection;
pub use simulation::{Method, Probe, Recording, Settings, Simulation, SimulationError, Spikes};
pub use stimulus::{VoltageClamp, Waveform};
