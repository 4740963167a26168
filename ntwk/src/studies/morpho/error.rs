//! Why a study of a morphological cell could not be done.

use ntwk_core::Interrupted;
use ntwk_core::spec::fault::Faults;
use ntwk_io::CellFileError;
use ntwk_meanfield::FitError;
use ntwk_morpho::solver::passive::PassiveError;
use ntwk_morpho::solver::passive_fit::FitError as PassiveFitError;
use ntwk_morpho::studies::StudyError;
use ntwk_morpho::{CoupledError, ImpedanceError, SimulationError};

use crate::sweep::run::SweepError;
use crate::sweep::store::StoreError;

/// Why a study of a morphological cell could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MorphoError {
    /// There is no such point on the cell.
    #[error("{location}: {reason}")]
    Location {
        /// The location as written.
        location: String,
        /// Why there is none.
        reason: String,
    },
    /// The cell has no synapses.
    #[error(
        "the cell file has no [synapses.NAME]; this command needs a group that says which receptors a spike activates"
    )]
    NoSynapses,
    /// A group of synapses does not exist.
    #[error("there is no group of synapses \"{name}\"; there are: {}", known.join(", "))]
    Group {
        /// The name asked for.
        name: String,
        /// The groups there are.
        known: Vec<String>,
    },
    /// Excitation and inhibition are one group.
    #[error("excitation and inhibition are both \"{name}\"; they need two groups of synapses")]
    OneGroup {
        /// The group.
        name: String,
    },
    /// A channel does not exist.
    #[error("there is no channel \"{name}\"; there are: {}", known.join(", "))]
    Channel {
        /// The name asked for.
        name: String,
        /// The channels there are.
        known: Vec<String>,
    },
    /// No synapse has presynaptic spikes in the time that is measured.
    #[error(
        "no synapse of the cell file is active between {from} and {to} ms, which is what is measured: give a group of synapses \
         a rate, or spikes in that time"
    )]
    NoActivity {
        /// Beginning (ms).
        from: f64,
        /// End (ms).
        to: f64,
    },
    /// The description ends before the study does.
    #[error(
        "the cell runs, and its synapses are active, until simulation.t_stop = {t_stop} ms; this needs {needed} ms: \
         set simulation.t_stop to {needed} ms, or ask for less time"
    )]
    TooShort {
        /// End of the description (ms).
        t_stop: f64,
        /// End of the study (ms).
        needed: f64,
    },
    /// A parameter is out of range.
    #[error("{name} = {value}: expected {expected}")]
    Parameter {
        /// Name of the parameter.
        name: &'static str,
        /// The value given.
        value: f64,
        /// What it should be.
        expected: &'static str,
    },
    /// Several options are wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Options(Vec<MorphoError>),
    /// A recorded trace cannot be compared with the cell.
    #[error("{reason}")]
    Trace {
        /// Why.
        reason: String,
    },
    /// The description of the cell cannot be written as text.
    #[error(transparent)]
    Description(#[from] CellFileError),
    /// The cell cannot be made.
    #[error(transparent)]
    Faults(#[from] Faults),
    /// A simulation failed.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    /// A simulation of joined cells failed.
    #[error(transparent)]
    Coupled(#[from] CoupledError),
    /// The study failed on the cell.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// The passive fit failed.
    #[error(transparent)]
    PassiveFit(#[from] PassiveFitError),
    /// The effective threshold cannot be fitted.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// The points cannot be stored.
    #[error(transparent)]
    Store(#[from] SweepError),
    /// Interrupted before there was anything to keep.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl From<ImpedanceError> for MorphoError {
    fn from(error: ImpedanceError) -> Self {
        StudyError::from(error).into()
    }
}

impl From<PassiveError> for MorphoError {
    fn from(error: PassiveError) -> Self {
        PassiveFitError::from(error).into()
    }
}

impl MorphoError {
    /// Whether the study was interrupted before there was anything to keep.
    #[must_use]
    pub fn is_interruption(&self) -> bool {
        match self {
            Self::Interrupted(_) => true,
            Self::Study(error) => error.is_interruption(),
            Self::PassiveFit(PassiveFitError::Passive(PassiveError::Interrupted(_))) => true,
            _ => false,
        }
    }

    /// Whether the cell or what was asked of it is wrong, so that another input would help.
    #[must_use]
    pub fn is_input_fault(&self) -> bool {
        matches!(
            self,
            Self::Location { .. }
                | Self::NoSynapses
                | Self::Group { .. }
                | Self::OneGroup { .. }
                | Self::Channel { .. }
                | Self::NoActivity { .. }
                | Self::TooShort { .. }
                | Self::Parameter { .. }
                | Self::Options(_)
                | Self::Trace { .. }
                | Self::Description(_)
                | Self::Faults(_)
                | Self::Store(SweepError::Store(StoreError::Another { .. }))
        )
    }
}
