//! Why a simulation cannot start or go on.

use crate::mesh::compartments::LocationError;
use crate::parameter_error::ParameterError;

/// Why a simulation cannot start or go on.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SimulationError {
    /// A setting is out of range.
    #[error("settings: {0}")]
    Setting(#[from] ParameterError),
    /// There is no such place.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// There is no mechanism of this name.
    #[error("there is no mechanism '{name}'; there are: {}", known.join(", "))]
    UnknownMechanism {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// The mechanism has no such variable.
    #[error("mechanism '{mechanism}' has no variable '{variable}'; it has: {}", known.join(", "))]
    UnknownVariable {
        /// The mechanism.
        mechanism: String,
        /// The variable asked for.
        variable: String,
        /// The variables it has.
        known: Vec<String>,
    },
    /// The mechanism is not in this compartment.
    #[error("mechanism '{mechanism}' is not in compartment {compartment}")]
    NotInserted {
        /// The mechanism.
        mechanism: String,
        /// The compartment (or, beyond their number, a node without membrane).
        compartment: usize,
    },
    /// No current is carried by this ion.
    #[error("'{of}' has no current of '{ion}'; there are: {}", known.join(", "))]
    UnknownIon {
        /// The mechanism, `"membrane"` for all.
        of: String,
        /// The ion asked for.
        ion: String,
        /// The ions there are.
        known: Vec<String>,
    },
    /// There is no such electrode.
    #[error("there is no electrode {electrode}; there are {count}")]
    UnknownElectrode {
        /// The electrode asked for.
        electrode: usize,
        /// Number of electrodes.
        count: usize,
    },
    /// There are no synapses of this name.
    #[error("there are no synapses '{name}'; there are: {}", known.join(", "))]
    UnknownSynapses {
        /// The group or group.receptor asked for.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// Nothing can be added to a recording that has begun.
    #[error("what to record must be said before the simulation runs")]
    AlreadyRunning,
    /// A number became infinite or not a number.
    #[error(
        "at t = {time} ms the {variable} of node {node} (branch {branch}) is not finite; first found in: {mechanism}"
    )]
    NonFinite {
        /// Time (ms) of the step's start.
        time: f64,
        /// Node; below the number of compartments it is a compartment.
        node: usize,
        /// Branch of the node.
        branch: usize,
        /// Mechanism whose state or current is not finite, `"membrane"` if it is none alone.
        mechanism: String,
        /// What is not finite.
        variable: String,
    },
    /// A pivot is not positive: the slope conductance is too negative for this dt.
    #[error(
        "at t = {time} ms the equations of node {node} have no positive pivot: a negative slope conductance is too large for dt; take a smaller dt"
    )]
    Pivot {
        /// Time (ms) of the step's start.
        time: f64,
        /// Node.
        node: usize,
    },
}
